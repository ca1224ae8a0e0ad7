"""What was kept for a day is done when the day has come, in the name of whoever applied it.

What does not fit any more, since people and units have changed meanwhile, is dropped and counted; the rest is done.
What waits is counted as held: for the brake, or because whoever applied it is let in no more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.hr_import import HrImport, HrKeptChange, ImportSubject
from app.models.organisation import Organisation, OrganisationState
from app.models.person import Role
from app.services import actors, kept_changes, people_syncing, policy, unit_syncing
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.errors import Refusal
from app.services.imports import SUBJECT_OPERATION
from app.services.people_plan import plan_people
from app.services.syncing import Syncing
from app.services.unit_rows import wanted_units
from app.services.unit_timelines import TreePlan, plan_tree
from app.services.work import Work

Due = tuple[UUID, ImportSubject]

_DUE = (
    sa.select(col(HrKeptChange.organisation_id), col(HrKeptChange.subject))
    .join(Organisation, col(Organisation.id) == col(HrKeptChange.organisation_id))
    .where(
        col(HrKeptChange.effective_on) <= sa.bindparam("today", type_=sa.Date),
        col(Organisation.state) == OrganisationState.ACTIVE,
    )
    .distinct()
)
_KEPT = (
    sa.select(HrKeptChange)
    .where(
        col(HrKeptChange.organisation_id) == sa.bindparam("organisation_id"),
        col(HrKeptChange.subject) == sa.bindparam("subject", type_=HrKeptChange.__table__.c.subject.type),  # type: ignore[attr-defined]
        col(HrKeptChange.effective_on) <= sa.bindparam("today", type_=sa.Date),
    )
    .order_by(col(HrKeptChange.effective_on), col(HrKeptChange.external_id))
)


async def due(session: AsyncSession, now: datetime) -> list[Due]:
    """For which organisations, and of which subject, something is to be done. Units stand first: people move there."""
    found = (await session.execute(_DUE, {"today": swedish_day(now)})).all()
    return sorted(
        ((organisation_id, subject) for organisation_id, subject in found),
        key=lambda each: (str(each[0]), each[1] is not ImportSubject.UNITS),
    )


async def carry_out(session: AsyncSession, organisation_id: UUID, subject: ImportSubject, now: datetime) -> None:
    """All that is due, in this transaction. A `Refusal` with `DEACTIVATION_BRAKE` leaves it to wait (see `hold`)."""
    holding = sa.select(Organisation).where(col(Organisation.id) == organisation_id).with_for_update(key_share=True)
    organisation = (await session.execute(holding)).scalar_one()
    work = Work(session, _anybody(organisation_id), now)
    asked = {"organisation_id": organisation_id, "subject": subject, "today": work.today}
    due_now = (await session.execute(_KEPT, asked)).scalars().all()
    actors_by_client = await _let_in(work, organisation, subject, {each.service_client_id for each in due_now})
    kept = [each for each in due_now if each.service_client_id in actors_by_client]
    held = Counter(each.hr_import_id for each in due_now if each.service_client_id not in actors_by_client)
    imports = [each.hr_import_id for each in kept]
    if kept:
        work.actor = actors_by_client[kept[-1].service_client_id]
    done = [each.id for each in kept]
    refused: set[int]
    if subject is ImportSubject.PEOPLE:
        refused = await _people(work, organisation, kept)
    else:
        refused = await _units(work, organisation, kept)
    await _counted(session, imports, refused, held)
    await session.execute(
        sa.delete(HrKeptChange)
        .where(col(HrKeptChange.id) == sa.any_(sa.bindparam("done", type_=sa.ARRAY(sa.Uuid))))
        .execution_options(synchronize_session=False),
        {"done": done},
    )


async def hold(session: AsyncSession, organisation_id: UUID, subject: ImportSubject, now: datetime) -> None:
    """Say in the reports how much of each import waits, all of it: the brake holds."""
    asked = {"organisation_id": organisation_id, "subject": subject, "today": swedish_day(now)}
    kept = (await session.execute(_KEPT, asked)).scalars()
    await _counted(session, [], set(), Counter(each.hr_import_id for each in kept))


async def _people(work: Work, organisation: Organisation, kept: Sequence[HrKeptChange]) -> set[int]:
    rows = [
        kept_changes.person_row(place, each.external_id, each.effective_on, each.content)
        for place, each in enumerate(kept)
    ]
    present = await people_syncing.present(work, organisation.id)
    addresses = {row.email.lower() for row in rows if row.email is not None}
    found = plan_people(
        present,
        rows,
        await people_syncing.open_units(work, organisation.id),
        await people_syncing.taken_elsewhere(work, organisation.id, addresses),
        frozenset(),
        work.today,
        deactivate_missing=False,
    )
    await people_syncing.carry_out(work, Syncing(work, organisation), found.changes)
    return {each.row for each in found.errors}


async def _units(work: Work, organisation: Organisation, kept: Sequence[HrKeptChange]) -> set[int]:
    rows = [
        kept_changes.unit_row(place, each.external_id, each.effective_on, each.content)
        for place, each in enumerate(kept)
    ]
    here = await unit_syncing.present(work, organisation.id)
    refused: set[int] = set()
    while True:
        wanted, errors = wanted_units([row for row in rows if row.row not in refused], here, work.today)
        plan = plan_tree(here.values(), wanted, work.today, close_missing=False)
        wrong = {each.row for each in errors} | {int(each.place) for each in plan.errors if each.place}
        if not wrong and not plan.errors:
            break
        if not wrong:
            plan, refused = TreePlan(), {row.row for row in rows}
            break
        # All of what is said of a unit falls together.
        keys = {rows[place].external_id for place in wrong}
        refused |= {row.row for row in rows if row.external_id in keys}
    await unit_syncing.carry_out(work, organisation.id, here, plan)
    return refused


def _anybody(organisation_id: UUID) -> Actor:
    """Whoever may sync, before it is known who has: nothing is done by them."""
    return Actor(person_id=None, organisation_id=organisation_id)


async def _let_in(
    work: Work, organisation: Organisation, subject: ImportSubject, client_ids: set[UUID | None]
) -> dict[UUID | None, Actor]:
    """In whose name it is done, by service client: none that has ended, or may do such things no more.

    Without a client an administrator applied it; the service itself does it then.
    """
    found: dict[UUID | None, Actor] = {None: Actor(person_id=None, roles=frozenset({Role.SYSTEM_ADMINISTRATOR}))}
    for client_id in client_ids - {None}:
        assert client_id is not None  # noqa: S101 - for the type checker
        try:
            actor = await actors.client_at_work(work.session, client_id, work.now)
        except Refusal:
            continue
        if policy.may_ever(actor, SUBJECT_OPERATION[subject], organisation):
            found[client_id] = actor
    return found


async def _counted(session: AsyncSession, imports: Sequence[UUID], refused: set[int], held: Mapping[UUID, int]) -> None:
    """Written in the report of each import what came of that which it had left for this day."""
    came = Counter(imports)
    for import_id in sorted({*came, *held}):
        wrong = sum(imports[place] == import_id for place in refused)
        row = (
            await session.execute(sa.select(HrImport).where(col(HrImport.id) == import_id).with_for_update())
        ).scalar_one()
        counts = row.report["counts"]
        now = counts | {
            "keptApplied": counts["keptApplied"] + came[import_id] - wrong,
            "keptRefused": counts["keptRefused"] + wrong,
            "keptHeld": held.get(import_id, 0),
        }
        if now == {"keptHeld": 0} | counts:
            continue  # it was said before: every turn would be another version
        row.report = row.report | {"counts": now}
        row.version += 1
        session.add(row)
    await session.flush()
