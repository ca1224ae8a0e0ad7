"""Whether a text names somebody of the organisation, where no person's name is to stand.

What is looked for is the whole name of somebody who has, or had, an account there, in every form that Swedish gives a
name. A first name alone may be any word; a nickname, or somebody who never had an account, nobody can know of.

Refusing a name says that somebody is called so. So whoever writes is refused only the names that they may read anyhow:
their own, those they meet at their tables, and everybody's for those who speak for a whole party. Whoever has a seat at
one table alone learns of nobody else by trying. What both sides are about to share is looked through for everybody.
"""

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.mandate import Mandate
from app.models.person import Person
from app.services import policy
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.personal_numbers import has_personal_number
from app.services.work import Work

UNSEEN = "\u00ad\u200c\u200d"
"""What may stand anywhere in a word without being seen; other such characters are let in nowhere."""

# What the database does not know to be a letter matches all: whether it is the name is looked at again afterwards.
# Of tens of thousands of people: ILIKE would fold the whole text anew for each of them, and take twice as long.
_MAY_BE_IN = sa.bindparam("folded", type_=sa.String).like(
    "%" + sa.func.lower(sa.func.regexp_replace(col(Person.name), "[^0-9A-Za-z]+", "%", "g")) + "%"
)
_ALL = sa.select(col(Person.name)).where(
    col(Person.organisation_id) == sa.bindparam("organisation_id"), col(Person.name).contains(" "), _MAY_BE_IN
)
_KNOWN = _ALL.where(
    sa.or_(
        policy.visible(Person),
        col(Person.id).in_(sa.select(col(Mandate.person_id)).where(policy.visible(Mandate))),
    )
)


def in_any_form(words: Iterable[str]) -> re.Pattern[str]:
    """Names and addresses as texts have them: also in the genitive, wherever the line breaks in them, and with soft
    hyphens and joiners, which nobody sees."""
    forms = (rf"[\s{UNSEEN}]+".join(_as_written(part) for part in seen(each).split()) for each in words)
    return re.compile("|".join(rf"(?<!\w){each}[{UNSEEN}]*s?(?!\w)" for each in forms), re.IGNORECASE)


def seen(text: str) -> str:
    """What is read of a text."""
    return text.translate(dict.fromkeys(map(ord, UNSEEN)))


def _as_written(part: str) -> str:
    return f"[{UNSEEN}]*".join("[-\u2010\u2011]" if each == "-" else re.escape(each) for each in part)


async def refuse_people(work: Work, organisation_id: UUID, texts: Mapping[str, str | None]) -> None:
    """Refuse texts, by their pointers, that hold a personal number, or name somebody of whom the writer knows."""
    written = {pointer: text for pointer, text in texts.items() if text}
    if numbered := [pointer for pointer, text in written.items() if has_personal_number(text)]:
        raise Refusal(
            Code.PERSONAL_NUMBER_WRITTEN, fields=[FieldRefusal(each, Code.PERSONAL_NUMBER_WRITTEN) for each in numbered]
        )
    if naming := [pointer for pointer, text in written.items() if await _is_in(work, _KNOWN, organisation_id, text)]:
        raise Refusal(Code.PERSON_NAMED, fields=[FieldRefusal(each, Code.PERSON_NAMED) for each in naming])


async def refuse_anybody(work: Work, organisation_id: UUID, texts: Iterable[str]) -> None:
    """Refuse what is about to be shared if it names anybody of the organisation at all."""
    for text in texts:
        if await _is_in(work, _ALL, organisation_id, text):
            raise Refusal(Code.PERSON_NAMED)


async def _is_in(work: Work, names: sa.Select[str], organisation_id: UUID, text: str) -> bool:
    given = work.actor.held | {"organisation_id": organisation_id, "folded": seen(text).casefold()}
    found = (await work.session.execute(names, given)).scalars().all()
    return bool(found) and in_any_form(found).search(text) is not None
