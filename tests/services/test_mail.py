"""What mails say, and that nothing in a name or a title becomes anything else than text."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from app.models.columns import Language
from app.services import mail
from app.services.mail import WORDS, Survey, link_to, message, sender_of
from app.settings import Settings
from app.smtp import server_at
from tests.mail_server import mail_server, text_of
from tests.test_outbound import certificate_for

SURVEY = Survey("Lärklimatet hösten 2026", "Havs- och vattenmyndigheten", datetime(2026, 11, 27, 15, 30, tzinfo=UTC))
LINK = link_to("https://enkat.example.se/", "k" * 43)


def a_mail(survey: Survey = SURVEY, **more: Any) -> EmailMessage:
    """As a mail program reads it, from the bytes that are sent."""
    about: dict[str, Any] = {
        "to": "åsa@example.se",
        "sender": "Enkäter <enkat@example.se>",
        "language": Language.SWEDISH,
        "reminder": False,
        "sent_at": datetime(2026, 11, 23, 13, 59, 59, tzinfo=UTC),
        "seed": b"1",
    }
    made = message(survey, LINK, **about | more)
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_an_invitation_in_swedish() -> None:
    read = a_mail()
    assert read["Subject"] == "Inbjudan att svara: Lärklimatet hösten 2026"
    assert text_of(read) == (
        "Hej!\n\n"
        "Arbetsgivaren och facket på Havs- och vattenmyndigheten vill gemensamt veta hur du ser på lärandet i arbetet. "
        "Därför bjuder de in dig att svara på enkäten ”Lärklimatet hösten 2026”.\n\n"
        f"Svara på enkäten:\n{LINK}\n\n"
        "Du kan svara till och med fredag 27 november 2026 klockan 16.30.\n\n"
        "Det är frivilligt att svara. Ingen får se vem som har svarat eller vad någon enskild har svarat; "
        "resultaten visas bara för grupper som är tillräckligt stora.\n\n"
        "Länken är din och kan användas en gång. Skicka den inte vidare.\n\n"
        "Det här meddelandet har skickats automatiskt och går inte att svara på.\n"
    )


@pytest.mark.parametrize("reminder", [False, True])
@pytest.mark.parametrize("language", list(Language))
def test_the_headers_tell_no_more_than_they_must(language: Language, reminder: bool) -> None:
    read = a_mail(language=language, reminder=reminder)
    assert set(read.keys()) == {
        *{"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"},
        *{"MIME-Version", "Content-Type"},
    }
    assert read["Date"] == "Mon, 23 Nov 2026 13:00:00 +0000"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Content-Language"] == language.value
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.se>", read["Message-ID"])
    assert a_mail(seed=b"1")["Message-ID"] == read["Message-ID"] != a_mail(seed=b"2")["Message-ID"]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", list(Language))
def test_the_html_says_the_same_and_loads_nothing(language: Language) -> None:
    read = a_mail(language=language, reminder=True)
    seen = _Seen()
    seen.feed(text_of(read, "html"))
    assert {tag for tag, _ in seen.tags} == {"html", "head", "meta", "title", "body", "h1", "p", "strong", "a"}
    assert dict(seen.tags)["html"] == {"lang": language.value}
    assert [about["href"] for tag, about in seen.tags if tag == "a"] == [LINK]
    for paragraph in text_of(read).strip().split("\n\n"):
        for line in paragraph.split("\n"):
            assert line.removesuffix(":") in seen.text


@pytest.mark.parametrize(
    "title",
    [
        "Enkät\r\nBcc: alla@example.se",
        "Enkät\nX: y\n\nHej",
        "a\u2028b",
        "<script>alert(1)</script>",
        '"&{title}{0}',
        "x" * 200,
    ],
)
def test_a_title_is_text_and_nothing_else(title: str) -> None:
    read = a_mail(Survey(title, '<b onclick="x">', SURVEY.closes_at))
    assert set(read.keys()) >= {"Subject"}
    assert read["Bcc"] is None
    assert read["X"] is None
    assert read["Subject"] == "Inbjudan att svara: " + " ".join(title.split())
    html = text_of(read, "html")
    assert "<script" not in html
    assert "<b onclick" not in html
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    ("to", "addressed"),
    [
        ("eva@example.se", "eva@example.se"),
        ("lars@sjöfart.example", "lars@xn--sjfart-xxa.example"),
        ("Åsa.Öberg@sjöfart.example", "Åsa.Öberg@sjöfart.example"),
    ],
)
async def test_it_reaches_addresses_with_swedish_letters(to: str, addressed: str) -> None:
    async with mail_server() as server:
        about: dict[str, Any] = {"language": Language.SWEDISH, "reminder": False, "sent_at": SURVEY.closes_at}
        made = message(SURVEY, LINK, to=to, sender="e@example.se", seed=b"", **about)
        await server_at(server.url).send(made)
        assert server.recipients == [addressed]
        assert LINK in text_of(server.mails[0][1])


async def test_what_the_server_says_is_later_or_never() -> None:
    about: dict[str, Any] = {"language": Language.SWEDISH, "reminder": False, "sent_at": SURVEY.closes_at}

    def to(address: str) -> EmailMessage:
        return message(SURVEY, LINK, to=address, sender="e@example.se", seed=b"", **about)

    async with mail_server(utf8=False) as server:
        post = server_at(server.url)
        with pytest.raises(mail.MailRefused):
            await post.send(to("åsa@example.se"))  # this server has no SMTPUTF8
        for reply, kind in (("550 5.1.1 <eva@example.se> unknown", mail.MailRefused), ("450 later", mail.MailAway)):
            server.refusals["eva@example.se"] = reply
            with pytest.raises(kind) as told:
                await post.send(to("eva@example.se"))
            assert "eva" not in f"{told.value!r} {told.value.__cause__!r}"
            assert told.value.__suppress_context__
        # A password is not sent where STARTTLS is missing.
        with pytest.raises(mail.MailAway):
            await server_at(server.url.replace("//", "//user:secret@")).send(to("lars@example.se"))
        assert server.mails == []
    with pytest.raises(mail.MailAway, match="SMTPConnectError"):
        await post.send(to("lars@example.se"))


async def test_what_the_server_says_after_it_has_the_mail_changes_nothing() -> None:
    """Or the mail would be sent again."""
    about: dict[str, Any] = {"language": Language.SWEDISH, "reminder": False, "sent_at": SURVEY.closes_at}
    made = message(SURVEY, LINK, to="eva@example.se", sender="e@example.se", seed=b"", **about)
    async with mail_server() as server:
        server.rude = True
        await server_at(server.url).send(made)
        assert server.recipients == ["eva@example.se"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
async def test_a_mail_servers_certificate_must_be_trusted_and_name_it(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TLS from the first byte, and where the server offers STARTTLS."""
    about: dict[str, Any] = {"language": Language.SWEDISH, "reminder": False, "sent_at": SURVEY.closes_at}
    made = message(SURVEY, LINK, to="eva@example.se", sender="e@example.se", seed=b"", **about)
    context = certificate_for("localhost", tmp_path)
    at_once, later = (context, None) if scheme == "smtps" else (None, context)
    async with mail_server(tls=at_once, starttls=later) as server:
        with pytest.raises(mail.MailAway):
            await server_at(f"{scheme}://localhost:{server.port}").send(made)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with pytest.raises(mail.MailAway):
            await server_at(f"{scheme}://127.0.0.1:{server.port}").send(made)
        assert server.mails == []
        await server_at(f"{scheme}://localhost:{server.port}").send(made)
        assert server.recipients == ["eva@example.se"]


def test_every_text_is_there_in_every_language() -> None:
    assert set(WORDS) == set(Language)
    fields = {language: set(re.findall(r"\{\w+\}", str(words))) for language, words in WORDS.items()}
    assert fields[Language.SWEDISH] == fields[Language.ENGLISH]


@pytest.mark.parametrize("given", ["", "Enkäter", "Enkäter <>", "a@b@c", "X <a@example.se>\nBcc: b@example.se"])
def test_a_sender_must_be_an_address(given: str) -> None:
    with pytest.raises(ValueError, match=r"sender|mail_from"):
        Settings(mail_from=given)
    assert str(sender_of('"Enkäter" <enkat@example.se>')) == "Enkäter <enkat@example.se>"


@pytest.mark.parametrize(
    "given",
    ["", "mail.example.se", "http://mail.example.se", "smtp://", "smtp://mail.example.se/x", "smtp://h:99999"],
)
def test_a_mail_server_must_be_an_address(given: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - of several kinds
        Settings(smtp_url=given)  # type: ignore[arg-type]
    assert "smtp_url" in str(refused.value)
    server = server_at("smtps://lars%40example.se:p%C3%A5ss@mail.example.se")
    assert (server.user, server.password, server.port, server.tls) == ("lars@example.se", "påss", 465, True)
    assert "påss" not in repr(server)


@pytest.mark.parametrize("given", ["", "enkat.example.se", "https://enkat.example.se/#x", "javascript:alert(1)"])
def test_a_front_end_must_be_a_page(given: str) -> None:
    with pytest.raises(ValueError, match="front_end_url"):
        Settings(front_end_url=given)
