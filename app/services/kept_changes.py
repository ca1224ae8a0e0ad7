"""What applied files say of later days: kept for their day, and done then in the name of whoever applied them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language, UtcDateTime
from app.models.hr_import import HrImport, HrKeptChange, ImportSubject
from app.models.person import Person
from app.models.service_client import Scope, ServiceClient, ServiceClientState
from app.services import wall
from app.services.content_hash import content_hash
from app.services.import_rows import PersonRow, UnitRow
from app.services.people_plan import KeptPerson
from app.services.unit_timelines import KeptUnit
from app.services.work import Work

Content = dict[str, Any]
Day = tuple[str, str]
"""An external id and a day, YYYY-MM-DD."""
AT_ONCE = 500

_LET_IN = sa.or_(
    col(HrKeptChange.service_client_id).is_(None),
    sa.exists().where(
        col(ServiceClient.id) == col(HrKeptChange.service_client_id),
        col(ServiceClient.state) == ServiceClientState.ACTIVE,
        col(ServiceClient.expires_at) > sa.bindparam("now", type_=UtcDateTime),
        sa.bindparam("scope", type_=sa.Text) == sa.any_(col(ServiceClient.scopes)),
    ),
)
_KEPT = sa.select(
    col(HrKeptChange.external_id), col(HrKeptChange.effective_on), col(HrKeptChange.content), _LET_IN
).where(
    col(HrKeptChange.organisation_id) == sa.bindparam("organisation_id"),
    col(HrKeptChange.subject) == sa.bindparam("subject", type_=HrKeptChange.__table__.c.subject.type),  # type: ignore[attr-defined]
)
WRITES = {ImportSubject.PEOPLE: Scope.PEOPLE_WRITE, ImportSubject.UNITS: Scope.UNITS_WRITE}
"""The scope that a service client needs for what it left to be done."""


async def present(work: Work, organisation_id: UUID, subject: ImportSubject) -> dict[Day, Content]:
    """What is kept already. What a client has left that is let in no more counts as nothing: it can be said again."""
    given = {"organisation_id": organisation_id, "subject": subject, "now": work.now, "scope": WRITES[subject].value}
    # No service client is shown another; whether what it left would be done is all that is asked.
    async with wall.beyond(work.session):
        found = (await work.session.execute(_KEPT, given)).all()
    return {(key, day.isoformat()): content if let_in else {} for key, day, content, let_in in found}


def of_people(kept: Iterable[KeptPerson]) -> dict[Day, Content]:
    return {
        (each.external_id, each.day.isoformat()): {
            "active": each.active,
            "name": each.name,
            "email": each.email,
            "language": None if each.language is None else each.language.value,
            "unit": each.unit,
        }
        for each in kept
    }


def of_units(kept: Iterable[KeptUnit]) -> dict[Day, Content]:
    return {
        (each.key, each.day.isoformat()): {
            "name": each.name,
            "parent": each.parent,
            "last": None if each.last is None else each.last.isoformat(),
            "headcount": each.headcount,
            "mergedInto": each.merged_into,
        }
        for each in kept
    }


def person_row(number: int, external_id: str, day: date, content: Content) -> PersonRow:
    language = None if content["language"] is None else Language(content["language"])
    return PersonRow(
        number, external_id, content["name"], content["email"], language, content["unit"], content["active"], day
    )


def unit_row(number: int, external_id: str, day: date, content: Content) -> UnitRow:
    last = None if content["last"] is None else date.fromisoformat(content["last"])
    return UnitRow(
        number,
        external_id,
        content["name"],
        None if content["name"] is None else (content["parent"] or ""),
        content["headcount"],
        says_headcount=True,
        effective_on=day,
        last_day=last,
        merged_into=content["mergedInto"],
    )


def difference(
    there: Mapping[Day, Content], said: Mapping[Day, Content], *, whole: bool
) -> tuple[dict[Day, Content], list[Day]]:
    """What is new or another, and what is withdrawn: a file that is everybody takes back what it does not repeat."""
    new = {day: content for day, content in said.items() if there.get(day) != content}
    return new, [day for day in there if whole and day not in said]


def basis(there: Mapping[Day, Content], days: Iterable[Day] | None) -> str:
    """A hash of what is kept of these days, or of all: whoever reviewed a plan saw what it replaces, and no other."""
    asked = sorted(there if days is None else days)
    kept = [{"externalId": key, "day": day, "content": there.get((key, day))} for key, day in asked]
    return content_hash(kept)


async def store(
    work: Work,
    hr_import: HrImport,
    new: Sequence[tuple[Day, Content]],
    withdrawn: Sequence[Day],
    people: Mapping[str, UUID],
) -> None:
    """Keep what is new instead of what was said before of the same day. `people`: those that are here already."""
    gone = [day for day, _ in new] + list(withdrawn)
    if gone:
        await work.session.execute(
            _DELETE,
            {
                "organisation_id": hr_import.organisation_id,
                "subject": hr_import.subject,
                "external_ids": [external_id for external_id, _ in gone],
                "days": [date.fromisoformat(day) for _, day in gone],
            },
        )
    for start in range(0, len(new), AT_ONCE):
        work.session.add_all(
            HrKeptChange(
                organisation_id=hr_import.organisation_id,
                hr_import_id=hr_import.id,
                subject=hr_import.subject,
                external_id=external_id,
                effective_on=date.fromisoformat(day),
                content=content,
                person_id=people.get(external_id) if hr_import.subject is ImportSubject.PEOPLE else None,
                service_client_id=work.actor.service_client_id,
            )
            for (external_id, day), content in new[start : start + AT_ONCE]
        )
        await work.session.flush()


async def know_people(work: Work, organisation_id: UUID) -> None:
    """Tie what is kept to people who were not here when it was planned, so that it goes with their erasure."""
    async with wall.beyond(work.session):  # whoever syncs need not be let to read people
        await work.session.execute(_KNOW, {"its_organisation": organisation_id})


_KNOW = (
    sa.update(HrKeptChange)
    .where(
        col(HrKeptChange.organisation_id) == sa.bindparam("its_organisation", type_=sa.Uuid),
        col(HrKeptChange.subject) == ImportSubject.PEOPLE,
        col(HrKeptChange.person_id).is_(None),
        col(Person.organisation_id) == col(HrKeptChange.organisation_id),
        col(Person.external_id) == col(HrKeptChange.external_id),
    )
    .values(person_id=col(Person.id))
    .execution_options(synchronize_session=False)
)
_DELETE = (
    sa.delete(HrKeptChange)
    .where(
        col(HrKeptChange.organisation_id) == sa.bindparam("organisation_id"),
        col(HrKeptChange.subject) == sa.bindparam("subject", type_=HrKeptChange.__table__.c.subject.type),  # type: ignore[attr-defined]
        sa.tuple_(col(HrKeptChange.external_id), col(HrKeptChange.effective_on)).in_(
            sa.select(
                sa.func.unnest(sa.bindparam("external_ids", type_=sa.ARRAY(sa.Text))),
                sa.func.unnest(sa.bindparam("days", type_=sa.ARRAY(sa.Date))),
            )
        ),
    )
    .execution_options(synchronize_session=False)
)
