"""Units as SCIM's groups: an open unit, and as its members the people who work in it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from app.models.person import Person
from app.models.unit import Unit, UnitCreate, UnitPlacement, UnitUpdate
from app.services import policy, scim_users, syncing, units
from app.services.errors import Code, Refusal
from app.services.scim_filters import Attributes, Many, Searched, page_of
from app.services.work import Work

_CHANGED_AT = sa.func.coalesce(col(Unit.changed_at), col(Unit.created_at))
_MEMBER = sa.and_(
    col(Person.unit_id) == col(Unit.id),
    col(Person.organisation_id) == col(Unit.organisation_id),
    col(Person.removed_at).is_(None),
    col(Person.erased_at).is_(None),
)
ATTRIBUTES: Attributes = {
    "id": Searched(col(Unit.id), exact=True),
    "externalid": Searched(col(Unit.external_id), exact=True),
    "displayname": Searched(col(UnitPlacement.name)),
    "members": Many(
        Person.__table__,  # type: ignore[attr-defined]
        _MEMBER,
        {
            "value": Searched(col(Person.id), exact=True),
            "type": Searched(sa.literal_column("'User'", sa.String)),
        },
    ),
    "meta.created": Searched(col(Unit.created_at)),
    "meta.lastmodified": Searched(_CHANGED_AT),
    "meta.resourcetype": Searched(sa.literal_column("'Group'", sa.String), exact=True),
}
# A group is another one when its members are others, whoever moved them.
_IDS = sa.func.string_agg(sa.cast(col(Person.id), sa.Text), aggregate_order_by(sa.literal_column("''"), col(Person.id)))
_HASH = sa.func.sha256(sa.func.convert_to(sa.func.coalesce(_IDS, ""), "UTF8"))
_DIGEST = sa.select(sa.func.left(sa.func.encode(_HASH, "hex"), 16)).where(_MEMBER).correlate(Unit).scalar_subquery()
_GROUPS = (
    sa.select(Unit, col(UnitPlacement.name).label("name"), _CHANGED_AT.label("changed_at"), _DIGEST.label("digest"))
    .select_from(sa.join(Unit, UnitPlacement, col(UnitPlacement.unit_id) == col(Unit.id)))
    .where(
        col(Unit.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
        col(Unit.valid_to).is_(None),
        col(UnitPlacement.valid_to).is_(None),
        policy.visible(Unit),
    )
)
_MEMBERS = (
    sa.select(col(Person.unit_id), col(Person.id))
    .where(
        col(Person.unit_id).in_(sa.bindparam("unit_ids", expanding=True)),
        col(Person.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
        col(Person.removed_at).is_(None),
        policy.visible(Person),
    )
    .order_by(col(Person.id))
)
Members = dict[UUID, list[UUID]]


async def members_of(work: Work, organisation_id: UUID, unit_ids: Sequence[UUID]) -> Members:
    """By unit, as far as the client may see people."""
    found: Members = {unit_id: [] for unit_id in unit_ids}
    if unit_ids:
        given = work.actor.held | {"organisation_id": organisation_id, "unit_ids": list(unit_ids)}
        for unit_id, person_id in (await work.session.execute(_MEMBERS, given)).all():
            if unit_id is not None:
                found[unit_id].append(person_id)
    return found


async def read(work: Work, organisation_id: UUID, unit_id: UUID) -> sa.Row[Any]:
    query = _GROUPS.where(col(Unit.id) == unit_id).execution_options(populate_existing=True)
    found = await work.session.execute(query, work.actor.held | {"organisation_id": organisation_id})
    if (row := found.one_or_none()) is None:
        raise Refusal(Code.NOT_FOUND)
    return row


async def search(
    work: Work,
    organisation_id: UUID,
    condition: sa.ColumnElement[bool] | None,
    order: Sequence[sa.ColumnElement[Any]],
    start: int,
    count: int,
    *,
    descending: bool,
) -> tuple[int, Sequence[sa.Row[Any]]]:
    """See `page_of`."""
    query = _GROUPS if condition is None else _GROUPS.where(condition)
    return await page_of(work, query, col(Unit.id), organisation_id, order, start, count, descending=descending)


async def create(
    work: Work, organisation_id: UUID, name: str, external_id: str | None, member_ids: Sequence[UUID]
) -> UUID:
    """A unit at the top of the tree: where it belongs is said by the unit tree, which SCIM does not know."""
    syncing.check_content({"department": name, "external_id": external_id})
    known = {} if external_id is None else {"externalId": external_id}
    made = await units.create(work, organisation_id, UnitCreate.model_validate({"name": name, **known}))
    if member_ids:
        sync = await syncing.begin(work, organisation_id)
        await scim_users.move(work, sync, member_ids, made.id)
        await sync.settle()
    return made.id


async def update(
    work: Work,
    organisation_id: UUID,
    unit_id: UUID,
    version: str | None,
    name: str,
    external_id: str | None,
    member_ids: frozenset[UUID] | None,
) -> None:
    """`member_ids` None: as they are. Whoever is a member no more works in no unit."""
    row = await _held(work, organisation_id, unit_id, version)
    data = UnitUpdate.model_validate({"name": name, "externalId": external_id})
    await units.update(work, unit_id, row[0].version, data)
    if member_ids is None:
        return
    before = set((await members_of(work, organisation_id, [unit_id]))[unit_id])
    if before == member_ids:
        return
    sync = await syncing.begin(work, organisation_id)
    await scim_users.move(work, sync, sorted(member_ids - before), unit_id)
    await scim_users.move(work, sync, sorted(before - member_ids), None)
    await sync.settle()


async def close(work: Work, organisation_id: UUID, unit_id: UUID, version: str | None) -> None:
    """The unit's last day is today; its people work in no unit. One with open units below stays."""
    row = await _held(work, organisation_id, unit_id, version)
    before = (await members_of(work, organisation_id, [unit_id]))[unit_id]
    if before:
        sync = await syncing.begin(work, organisation_id)
        await scim_users.move(work, sync, before, None)
        await sync.settle()
    await units.update(work, unit_id, row[0].version, UnitUpdate.model_validate({"validTo": work.today.isoformat()}))


async def _held(work: Work, organisation_id: UUID, unit_id: UUID, version: str | None) -> sa.Row[Any]:
    """As it is now, and stays: the tree, and who works where, change one request at a time."""
    await units.hold_tree(work, organisation_id)
    row = await read(work, organisation_id, unit_id)
    if version is not None and version != version_of(row):
        raise Refusal(Code.STALE_VERSION)
    return row


def version_of(row: sa.Row[Any]) -> str:
    """A group's version: the unit's own, and who its members are."""
    return f'W/"{row[0].version}-{row.digest}"'
