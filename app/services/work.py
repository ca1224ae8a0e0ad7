"""One request's work: who acts, when, in which transaction; how things are found, admitted, changed and shown."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic.alias_generators import to_camel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Bundle
from sqlmodel import col

from app.models.base import Output, Resource, Table, VersionedRow
from app.models.organisation import Organisation
from app.models.person import Person
from app.services import agreement, audit, policy
from app.services.actor import Actor
from app.services.calendar import swedish_day
from app.services.conditions import OWN_ID, Around
from app.services.conflicts import refusal_for
from app.services.errors import Code, Refusal

RowT = TypeVar("RowT", bound=Table)
ResourceT = TypeVar("ResourceT", bound=Resource)

_LOOKED_AT: Bundle[Any] = Bundle("organisation", col(Organisation.id), col(Organisation.state))


@dataclass
class Work:
    session: AsyncSession
    actor: Actor
    now: datetime
    """When it is done. Whoever had to wait for a row decides at the time at which it was let in (see `find`)."""
    clock: Callable[[], datetime] | None = None
    organisations: dict[UUID | None, Any] = dataclasses.field(default_factory=dict)
    """As much as the rules look at of those that the rows found belong to, by their ids."""
    rounds_over: list[UUID] = dataclasses.field(default_factory=list)
    """Survey rounds whose keys are to go once this is committed, and not before."""

    @property
    def today(self) -> date:
        """Today in Sweden."""
        return swedish_day(self.now)


async def find(work: Work, row_type: type[RowT], row_id: UUID, *, lock: bool = False) -> RowT:
    """The row, if the actor may see it; a hidden one and a missing one are refused alike."""
    found = await work.session.execute(_finding(row_type, lock), work.actor.held | {"row_id": row_id})
    if lock and work.clock is not None:
        # A round may have opened meanwhile, and been answered.
        work.now = work.clock()
    first = found.one_or_none()
    if first is None:
        raise Refusal(Code.NOT_FOUND)
    keep_organisation(work, first)
    row: RowT = first[0]
    return row


async def find_oneself(work: Work, *, lock: bool = False) -> Person:
    """The person who acts, unless they have been erased since they were let in; a client is nobody's account."""
    if work.actor.person_id is None:
        raise Refusal(Code.NOT_YOUR_ROLE)
    try:
        return await find(work, Person, work.actor.person_id, lock=lock)
    except Refusal as refusal:
        if refusal.code is Code.NOT_FOUND:
            raise Refusal(Code.TOKEN_INVALID) from None
        raise


def selecting(row_type: type[Any]) -> sa.Select[Any]:
    """Rows with as much of their organisation as the rules of their kind look at: no statement more."""
    if row_type not in agreement.OF_AN_ORGANISATION:
        return sa.select(row_type)
    # A central template has none.
    belonging = sa.outerjoin(row_type, Organisation, col(Organisation.id) == row_type.organisation_id)  # type: ignore[attr-defined]
    return sa.select(row_type, _LOOKED_AT).select_from(belonging)


def keep_organisation(work: Work, found: sa.Row[Any]) -> None:
    """Remember what `selecting` brought: everything that this piece of work shows belongs to the same one."""
    organisation = found[0] if isinstance(found[0], Organisation) else getattr(found, "organisation", None)
    if organisation is not None:
        work.organisations[organisation.id] = organisation


@cache
def _finding(row_type: type[Any], lock: bool) -> sa.Select[Any]:
    query = selecting(row_type).where(row_type.id == sa.bindparam("row_id"), policy.visible(row_type))
    if not lock:
        return query
    # Whoever changes a thing holds its row until the end of the transaction. What was read before the
    # lock was granted may be stale, hence populate_existing. NO KEY UPDATE lets others refer to the row.
    return query.with_for_update(of=row_type, key_share=True).execution_options(populate_existing=True)


async def admit(work: Work, operation: str, row_type: type[RowT], row_id: UUID, version: int | None = None) -> RowT:
    """Find the row an operation is decided on and check, in this order: sight, right, version, state."""
    rule = agreement.RULES[operation]
    if rule.on is not row_type:
        raise TypeError(f"{operation} is not decided on {row_type.__name__}")
    row = await find(work, row_type, row_id, lock=not rule.reads)
    policy.require(work.actor, operation, row)
    check_version(row, version)
    around = _around(work, row) | {kind: await _locked(work, row, kind) for kind in rule.locked}
    if (reason := policy.obstacle(work.actor, operation, row, work.now, around)) is not None:
        raise Refusal(reason)
    return row


def _around(work: Work, row: Table) -> dict[type[Table], Any]:
    """What the row belongs to, as far as it came with what was found."""
    if type(row) not in agreement.OF_AN_ORGANISATION:
        return {}
    return {Organisation: work.organisations[row.organisation_id]}  # type: ignore[attr-defined]


async def _locked(work: Work, row: Table, kind: type[Table]) -> Table:
    """What the row belongs to, held like the row itself: it stays as it is judged until the change is stored."""
    query = (
        sa.select(kind)
        .where(kind.id == getattr(row, OWN_ID[kind]))  # type: ignore[attr-defined]
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.execute(query)).scalar_one()


def check_version(row: Any, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Refusal(Code.STALE_VERSION)


async def created(work: Work, operation: str, row: Table, *, mandate_id: UUID | None = None) -> None:
    """Store a new row with its audit entry."""
    work.session.add(row)
    await store(work.session)
    work.session.add(audit.entry(work.actor, operation, row, work.now, None, mandate_id))
    await store(work.session)


async def changed(
    work: Work,
    operation: str,
    row: Table,
    changes: dict[str, Any] | None = None,
    *,
    mandate_id: UUID | None = None,
    about: Table | None = None,
) -> None:
    """Apply `changes`, count the version up and write the audit entry (about another row, if `about` says so)."""
    versioned = cast("VersionedRow", row)
    before = versioned.version
    for field, value in (changes or {}).items():
        setattr(row, field, value)
    versioned.version = before + 1
    if "changed_at" in type(row).model_fields:
        versioned.changed_at = work.now
    work.session.add(row)
    work.session.add(audit.entry(work.actor, operation, about or row, work.now, before, mandate_id))
    await store(work.session)


async def removed(work: Work, operation: str, row: Table) -> None:
    """Delete a row; the audit entry stays."""
    versioned = cast("VersionedRow", row)
    work.session.add(audit.entry(work.actor, operation, row, work.now, versioned.version, None))
    await work.session.delete(row)
    await store(work.session)


async def store(session: AsyncSession) -> None:
    """Send what is new to the database, and turn a constraint people can run into to a refusal."""
    try:
        await session.flush()
    except IntegrityError as error:
        refusal = refusal_for(error)
        if refusal is None:
            raise
        raise refusal from None


def refuse_unfit(step: Any, fits: dict[str, set[str]]) -> None:
    """Refuse what says nothing about the step asked for: ignored, it would look as if it had been taken down.

    `fits` names, for each field of the transition, the steps (`to`) that it belongs to.
    """
    for field, steps in fits.items():
        if getattr(step, field) is not None and step.to not in steps:
            raise Refusal(Code.NOT_FOR_THIS_STEP, f"/{to_camel(field)}")


def differing(row: Table, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes that change something; a patch that repeats what is there voids nothing."""
    return {field: value for field, value in changes.items() if getattr(row, field) != value}


def shown(
    work: Work, shape: type[ResourceT], row: Table, around: Around = MappingProxyType({}), **more: Any
) -> ResourceT:
    """The row as a resource: its columns of the same names, `more`, and what the actor may do with it now.

    `around` is what the row belongs to besides its organisation, where the rules of its kind ask for that.
    """
    actions = policy.allowed_actions(work.actor, row, work.now, {**_around(work, row), **around})
    return shape.model_validate(columns_for(shape, row) | {"allowed_actions": actions} | more)


def columns_for(shape: type[Output], row: Table) -> dict[str, Any]:
    """What the shape takes from the row: the columns of the same names."""
    return {field: getattr(row, field) for field in shape.model_fields if field in type(row).model_fields}
