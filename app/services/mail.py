"""Mails as messages that any mail program reads, and what a survey's say. No input or output.

Nothing in them tells who opened what: no images, nothing from elsewhere, no address of ours but the link. The text
comes in plain and as simple HTML that says the same.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape
from typing import Any, Protocol

from email_validator import validate_email

from app.models.columns import Language
from app.services.calendar import written_day


class MailAway(Exception):
    """The mail server cannot be reached or takes nothing now; the same mail may go later. The message says why."""


class MailRefused(Exception):
    """The mail server will never take a mail for this address."""


class Mailer(Protocol):
    """Hands a message over to a mail server. When `send` has returned, the server answers for it."""

    async def send(self, message: EmailMessage) -> None:
        """Raises `MailAway` or `MailRefused`, without words that name the address."""


@dataclass(frozen=True)
class Survey:
    """What a mail says of a survey round."""

    title: str
    organisation: str
    closes_at: datetime


@dataclass(frozen=True)
class Words:
    """The texts of one language. Placeholders in braces are filled in."""

    subject: str
    reminder_subject: str
    greeting: str
    invitation: str
    reminder: str
    call: str
    last_day: str
    privacy: str
    personal: str
    ignore: str


WORDS = {
    Language.SWEDISH: Words(
        subject="Inbjudan att svara: {title}",
        reminder_subject="Påminnelse: {title}",
        greeting="Hej!",
        invitation="Arbetsgivaren och facket på {organisation} vill gemensamt veta hur du ser på lärandet i arbetet. "
        "Därför bjuder de in dig att svara på enkäten ”{title}”.",
        reminder="Enkäten ”{title}”, från arbetsgivaren och facket gemensamt på {organisation}, är fortfarande öppen. "
        "Påminnelsen går till alla, eftersom ingen vet vem som har svarat. Har du redan svarat behöver du inte göra "
        "något.",
        call="Svara på enkäten",
        last_day="Du kan svara till och med {day} klockan {time}.",
        privacy="Det är frivilligt att svara. Ingen får se vem som har svarat eller vad någon enskild har svarat; "
        "resultaten visas bara för grupper som är tillräckligt stora.",
        personal="Länken är din och kan användas en gång. Skicka den inte vidare.",
        ignore="Det här meddelandet har skickats automatiskt och går inte att svara på.",
    ),
    Language.ENGLISH: Words(
        subject="Invitation to answer: {title}",
        reminder_subject="Reminder: {title}",
        greeting="Hello,",
        invitation="The employer and the trade unions at {organisation} want to know, together, how you see learning "
        "at work. They therefore invite you to answer the survey “{title}”.",
        reminder="The survey “{title}”, from the employer and the trade unions at {organisation} together, is still "
        "open. This reminder goes to everyone, since nobody knows who has answered. If you already have, there is "
        "nothing you need to do.",
        call="Answer the survey",
        last_day="You can answer until {day} at {time}.",
        privacy="Answering is voluntary. Nobody can see who has answered, or what any one person has answered; results "
        "are shown only for groups that are large enough.",
        personal="The link is yours and works once. Please do not pass it on.",
        ignore="This message was sent automatically; replies to it are not read.",
    ),
}


def link_to(front_end_url: str, token: str) -> str:
    """The address that opens the survey. The token is its fragment, which browsers send to no server."""
    return f"{front_end_url}#{token}"


def message(
    survey: Survey,
    link: str,
    *,
    to: str,
    sender: str,
    language: Language,
    reminder: bool,
    sent_at: datetime,
    seed: bytes,
) -> EmailMessage:
    """An invitation, or a reminder of it. From one `seed` comes one Message-ID, whatever happens in between.

    A mail that had to be sent twice, because it was not known whether the first one arrived, is then the same to mail
    programs that compare Message-IDs. The time is rounded down to the hour.
    """
    words = WORDS[language]
    day, time = written_day(survey.closes_at, language)
    about = {"title": survey.title, "organisation": survey.organisation, "day": day, "time": time}
    return letter(
        Letter(
            subject=(words.reminder_subject if reminder else words.subject).format_map(about),
            heading=survey.title,
            opening=[words.greeting, (words.reminder if reminder else words.invitation).format_map(about)],
            call=(words.call, link),
            closing=[words.last_day.format_map(about), words.privacy, words.personal, words.ignore],
        ),
        to=to,
        sender=sender,
        language=language,
        sent_at=sent_at,
        seed=seed,
    )


Call = tuple[str, str]
"""A link: what it is for, and where it leads."""


@dataclass(frozen=True)
class Section:
    """A part of a letter with a heading of its own: points, and a link."""

    heading: str
    points: Sequence[str]
    call: Call


@dataclass(frozen=True)
class Letter:
    """What a mail says: a heading, paragraphs, perhaps a link with what it is for, sections, and more paragraphs."""

    subject: str
    heading: str
    opening: Sequence[str]
    call: Call | None
    closing: Sequence[str | Call]
    sections: Sequence[Section] = ()


class _Whole(UnstructuredHeader, BaseHeader):
    """A header whose value is an address: folded or encoded, it would be none. A line may be 998 characters long."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _policy(base: Any) -> Any:
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", _Whole)
    return base.clone(header_factory=headers)


_ASCII, _UTF8 = _policy(SMTP), _policy(SMTPUTF8)


def letter(
    said: Letter,
    *,
    to: str,
    sender: str,
    language: Language,
    sent_at: datetime,
    seed: bytes,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """The letter as a message in plain text and HTML; `message` says what `seed` is for."""
    address = _deliverable(to)
    mail = EmailMessage(policy=_ASCII if address.isascii() else _UTF8)
    mail["From"] = sender_of(sender)
    local_part, _, domain = address.rpartition("@")
    mail["To"] = Address(username=local_part, domain=domain)
    mail["Subject"] = _line(said.subject)
    mail["Date"] = format_datetime(sent_at.replace(minute=0, second=0, microsecond=0))
    mail["Message-ID"] = f"<{hashlib.sha256(seed).hexdigest()[:32]}@{sender_of(sender).domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content("\n\n".join(_plain(said)) + "\n", cte="quoted-printable")
    mail.add_alternative(_html(language, said), subtype="html", cte="quoted-printable")
    mail["Content-Language"] = language.value  # last: headers on content move to the part that has it
    return mail


def _plain(said: Letter) -> Iterator[str]:
    yield from said.opening
    if said.call is not None:
        yield _written_out(said.call)
    for section in said.sections:
        yield f"{section.heading}\n{'-' * min(len(section.heading), 60)}"
        yield "\n".join(f"* {point}" for point in section.points)
        yield _written_out(section.call)
    for each in said.closing:
        yield each if isinstance(each, str) else _written_out(each)


def _written_out(call: Call) -> str:
    words, link = call
    return f"{words}:\n{link}"


def _html(language: Language, said: Letter) -> str:
    """One column of text in the reader's own font and size, with headings and links that say where they lead."""
    body = [f"<h1>{escape(said.heading)}</h1>", *(f"<p>{escape(text)}</p>" for text in said.opening)]
    if said.call is not None:
        body += [f"<p><strong>{_anchor(said.call)}</strong></p>", f"<p>{escape(said.call[1])}</p>"]
    for section in said.sections:
        points = "".join(f"<li>{escape(point)}</li>" for point in section.points)
        body += [f"<h2>{escape(section.heading)}</h2>", f"<ul>{points}</ul>", f"<p>{_anchor(section.call)}</p>"]
    body += [f"<p>{escape(each) if isinstance(each, str) else _anchor(each)}</p>" for each in said.closing]
    lines = "\n".join(body)
    return f"""<!doctype html>
<html lang="{language.value}">
<head><meta charset="utf-8"><title>{escape(said.heading)}</title></head>
<body>
{lines}
</body>
</html>
"""


def _anchor(call: Call) -> str:
    words, link = call
    return f'<a href="{escape(link, quote=True)}">{escape(words)}</a>'


def harmless(text: str) -> str:
    """What people have written, on one line and without characters that turn what stands beside it around."""
    seen = (each for each in text if unicodedata.category(each) not in _UNSEEN)
    return " ".join("".join(" " if unicodedata.category(each) == "Cc" else each for each in seen).split())


_UNSEEN = {"Cf", "Cs", "Co", "Cn"}
"""Marks of direction, soft hyphens, joiners, and what is no character. A line break is one too, and parts words."""


def _deliverable(to: str) -> str:
    """The address as mail servers take it: the domain in ASCII where the part before the @ is, too."""
    checked = validate_email(to, check_deliverability=False, globally_deliverable=False)
    return checked.ascii_email or checked.normalized


def sender_of(written: str) -> Address:
    """`name <address>` or an address alone, as in LARANDE_MAIL_FROM; raises ValueError for anything else."""
    name, _, address = written.rpartition("<")
    address = address.removesuffix(">").strip()
    try:
        validate_email(address, check_deliverability=False, globally_deliverable=False)
        return Address(display_name=name.strip().strip('"'), addr_spec=address)
    except (ValueError, HeaderParseError):
        raise ValueError("a sender is needed, as in Enkäter <enkat@myndigheten.se>") from None


def _line(text: str) -> str:
    """One line, whatever a title holds: a line break would begin a header of its own."""
    return " ".join(text.split())
