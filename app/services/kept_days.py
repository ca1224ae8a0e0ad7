"""What was kept for a day is done when the day has come, in the name of whoever applied it.

What does not fit any more, since people and units have changed meanwhile, is dropped and counted; the rest is done. So
is what a service client had kept that has ended, or may not do such a thing any more. What waits is counted as held:
for the brake, or because the client has expired and may be renewed.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.hr_import import HrImport, HrKeptChange, ImportSubject
from app.models.organisation import Organisation, OrganisationState
from app.models.person import Role
from app.models.service_client import ServiceClient, ServiceClientState
from app.services import actors, kept_changes, people_syncing, syncing, unit_syncing
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.people_plan import PersonChange, plan_people
from app.services.unit_rows import wanted_units
from app.services.unit_timelines import TreePlan, plan_tree
from app.services.work import Work

Due = tuple[UUID, ImportSubject]

CLIENT_ENDED = "clientEnded"
CLIENT_WITHOUT_SCOPE = "clientWithoutScope"

_ADMINISTRATOR = Actor(person_id=None, roles=frozenset({Role.SYSTEM_ADMINISTRATOR}))
"""The service itself, for an administrator: nothing is kept of which one it was."""
_IS_DUE = col(HrKeptChange.effective_on) <= sa.bindparam("today", type_=sa.Date)
_DUE = (
    sa.select(col(HrKeptChange.organisation_id), col(HrKeptChange.subject))
    .join(Organisation, col(Organisation.id) == col(HrKeptChange.organisation_id))
    .where(_IS_DUE, col(Organisation.state) == OrganisationState.ACTIVE)
    .distinct()
)
_KEPT = (
    sa.select(HrKeptChange, ServiceClient)
    .outerjoin(ServiceClient, col(ServiceClient.id) == col(HrKeptChange.service_client_id))
    .where(
        col(HrKeptChange.organisation_id) == sa.bindparam("organisation_id"),
        col(HrKeptChange.subject) == sa.bindparam("subject", type_=HrKeptChange.__table__.c.subject.type),  # type: ignore[attr-defined]
        _IS_DUE,
    )
    .order_by(col(HrKeptChange.effective_on), col(HrKeptChange.external_id))
)


@dataclass
class _Kept:
    """What is due, day by day, and why some of it is dropped."""

    rows: list[HrKeptChange] = field(default_factory=list)
    said_by: dict[UUID | None, Actor] = field(default_factory=dict)
    """Actors by the id of the service client, of those in whose name anything is done."""
    dropped: dict[UUID, str] = field(default_factory=dict)
    """Reasons by the ids of the rows."""
    held: Counter[UUID] = field(default_factory=Counter)
    """What waits, by the ids of the imports. It is no row here."""


async def due(session: AsyncSession, now: datetime) -> list[Due]:
    """For which organisations, and of which subject, something is to be done. Units stand first: people move there."""
    found = (await session.execute(_DUE, {"today": swedish_day(now)})).all()
    return sorted(
        ((organisation_id, subject) for organisation_id, subject in found),
        key=lambda each: (str(each[0]), each[1] is not ImportSubject.UNITS),
    )


async def carry_out(
    session: AsyncSession, organisation_id: UUID, subject: ImportSubject, now: datetime
) -> Mapping[str, int]:
    """All that is due, in this transaction: how much of it was dropped, by reason.

    Each day by itself, as if it had been done then. A `Refusal` with `DEACTIVATION_BRAKE` or `UNIT_BRAKE` leaves all
    of it to wait for its release (see `hold`); one with `PLAN_STALE`, to be tried again.
    """
    holding = sa.select(Organisation).where(col(Organisation.id) == organisation_id).with_for_update(key_share=True)
    organisation = (await session.execute(holding)).scalar_one()
    work = Work(session, _anybody(organisation_id), now)
    kept = await _read(work, organisation_id, subject)
    do = _people if subject is ImportSubject.PEOPLE else _units
    todo = [each for each in kept.rows if each.id not in kept.dropped]
    for _, of_a_day in groupby(todo, key=lambda each: each.effective_on):
        rows = list(of_a_day)
        refused = await do(work, organisation, rows, kept.said_by)
        kept.dropped |= {rows[place].id: reason for place, reason in refused.items()}
    await _counted(session, kept)
    done = {"ids": [each.id for each in kept.rows]}
    await session.execute(_DELETE, done, execution_options={"synchronize_session": False})
    return Counter(kept.dropped.values())


_DELETE = sa.delete(HrKeptChange).where(col(HrKeptChange.id) == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid))))


_WAITS_NO_MORE = sa.text(
    "UPDATE hr_import SET version = version + 1, report = jsonb_set(report, '{counts,keptHeld}', '0') WHERE id IN ("
    "SELECT id FROM hr_import AS held WHERE (report -> 'counts' ->> 'keptHeld')::int > 0 AND NOT EXISTS ("
    "SELECT FROM hr_kept_change AS kept WHERE kept.hr_import_id = held.id AND kept.effective_on <= :today"
    ") ORDER BY id FOR UPDATE SKIP LOCKED)"
).bindparams(sa.bindparam("today", type_=sa.Date))


async def let_go(session: AsyncSession, now: datetime) -> None:
    """What waited has been replaced, taken back or erased meanwhile: in the reports nothing waits any more."""
    await session.execute(_WAITS_NO_MORE, {"today": swedish_day(now)})


async def hold(session: AsyncSession, organisation_id: UUID, subject: ImportSubject, now: datetime) -> None:
    """Say in the reports how much of each import waits, all of it: the brake holds."""
    asked = {"organisation_id": organisation_id, "subject": subject, "today": swedish_day(now)}
    found = (await session.execute(_KEPT, asked)).all()
    await _counted(session, _Kept(held=Counter(each.hr_import_id for each, _ in found)))


async def _read(work: Work, organisation_id: UUID, subject: ImportSubject) -> _Kept:
    asked = {"organisation_id": organisation_id, "subject": subject, "today": work.today}
    kept = _Kept()
    for row, client in (await work.session.execute(_KEPT, asked)).all():
        if client is None:
            kept.rows.append(row)
            kept.said_by[None] = _ADMINISTRATOR
            continue
        given = actors.counting(client.scopes, consented=client.consented_at is not None, asked_for=None)
        if client.state is not ServiceClientState.ENDED and client.expires_at <= work.now:
            kept.held[row.hr_import_id] += 1
            continue
        kept.rows.append(row)
        if client.state is ServiceClientState.ENDED:
            kept.dropped[row.id] = CLIENT_ENDED
        elif kept_changes.WRITES[subject] not in given:
            kept.dropped[row.id] = CLIENT_WITHOUT_SCOPE
        else:
            kept.said_by[client.id] = Actor(
                person_id=None, organisation_id=organisation_id, service_client_id=client.id, scopes=given
            )
    return kept


async def _people(
    work: Work, organisation: Organisation, kept: Sequence[HrKeptChange], said_by: Mapping[UUID | None, Actor]
) -> dict[int, str]:
    """Do what is kept of one day; the places of what is not done, and why."""
    rows = [
        kept_changes.person_row(place, each.external_id, each.effective_on, each.content)
        for place, each in enumerate(kept)
    ]
    addresses = {row.email.lower() for row in rows if row.email is not None}
    found = await asyncio.to_thread(
        plan_people,
        await people_syncing.present(work, organisation.id),
        rows,
        await people_syncing.known_units(work, organisation.id),
        await people_syncing.taken_elsewhere(work, organisation.id, addresses),
        frozenset(),
        work.today,
        syncing.fault_in,
        deactivate_missing=False,
    )
    refused = {error.row: error.code.value for error in found.errors}
    places = {each.external_id: place for place, each in enumerate(kept)}
    by_client: dict[UUID | None, list[PersonChange]] = {}
    for change in found.changes:
        by_client.setdefault(kept[places[change.external_id]].service_client_id, []).append(change)
    for client_id, changes in by_client.items():
        work.actor = said_by[client_id]
        wrong = await people_syncing.carry_out_each(work, organisation, changes)
        refused |= {places[external_id]: code.value for external_id, code in wrong.items()}
    return refused


async def _units(
    work: Work, organisation: Organisation, kept: Sequence[HrKeptChange], said_by: Mapping[UUID | None, Actor]
) -> dict[int, str]:
    """Like `_people`. All of them are one tree, whoever has said what of it."""
    rows = [
        kept_changes.unit_row(place, each.external_id, each.effective_on, each.content)
        for place, each in enumerate(kept)
    ]
    here = await unit_syncing.present(work, organisation.id)
    refused: dict[int, str] = {}
    while True:
        wanted, errors = wanted_units([row for row in rows if row.row not in refused], here, work.today)
        plan = plan_tree(here.values(), wanted, work.today, close_missing=False)
        wrong = {each.row: each.code.value for each in errors}
        wrong |= {int(each.place): each.code.value for each in plan.errors if each.place}
        if not wrong and not plan.errors:
            break
        if not wrong:
            wrong = {row.row: plan.errors[0].code.value for row in rows if row.row not in refused}
        refused |= wrong
        if len(refused) == len(rows):
            plan = TreePlan()
            break
    names = {each.external_id: said_by[each.service_client_id] for each in kept}
    await unit_syncing.carry_out(work, organisation.id, here, plan, names)
    return refused


def _anybody(organisation_id: UUID) -> Actor:
    """Whoever may sync, before it is known who has: nothing is done by them."""
    return Actor(person_id=None, organisation_id=organisation_id)


async def _counted(session: AsyncSession, kept: _Kept) -> None:
    """Written in the report of each import what came of that which it had left for this day."""
    came = Counter(each.hr_import_id for each in kept.rows)
    wrong = Counter(each.hr_import_id for each in kept.rows if each.id in kept.dropped)
    for import_id in sorted({*came, *kept.held}):
        row = (
            await session.execute(sa.select(HrImport).where(col(HrImport.id) == import_id).with_for_update())
        ).scalar_one()
        counts = row.report["counts"]
        now = counts | {
            "keptApplied": counts["keptApplied"] + came[import_id] - wrong[import_id],
            "keptRefused": counts["keptRefused"] + wrong[import_id],
            "keptHeld": kept.held[import_id],
        }
        if now != counts:
            row.report = row.report | {"counts": now}
            row.version += 1
            session.add(row)
    await session.flush()
