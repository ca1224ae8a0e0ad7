"""People as SCIM's users: found by filters, taken in, changed and removed by the one way of syncing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.models.columns import Language
from app.models.person import Person
from app.models.unit import UnitPlacement
from app.services import people, policy, syncing
from app.services.errors import Code, Refusal
from app.services.scim_filters import Attributes, Many, Searched, page_of
from app.services.syncing import Syncing
from app.services.work import Work, find

_MANAGER = aliased(Person, name="manager")
_UNIT = aliased(UnitPlacement, name="unit")
USER_NAME = sa.func.coalesce(col(Person.user_name), col(Person.email))
CHANGED_AT = sa.func.coalesce(col(Person.changed_at), col(Person.created_at))
_JOINED = sa.outerjoin(
    Person, _UNIT, sa.and_(col(_UNIT.unit_id) == col(Person.unit_id), col(_UNIT.valid_to).is_(None))
).outerjoin(_MANAGER, sa.and_(col(_MANAGER.id) == col(Person.manager_id), col(_MANAGER.removed_at).is_(None)))
_HERE = sa.and_(
    col(Person.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid), col(Person.removed_at).is_(None)
)
_true = sa.literal_column("true", sa.Boolean)

ATTRIBUTES: Attributes = {
    "id": Searched(col(Person.id), exact=True),
    "externalid": Searched(col(Person.external_id), exact=True),
    "username": Searched(col(Person.user_name_key), lowered=True),
    "displayname": Searched(col(Person.name)),
    "name.givenname": Searched(col(Person.given_name)),
    "name.familyname": Searched(col(Person.family_name)),
    "active": Searched(col(Person.active)),
    "emails": Many(
        None,
        sa.true(),
        {
            "value": Searched(col(Person.email)),
            "type": Searched(sa.literal_column("'work'", sa.String)),
            "primary": Searched(_true),
        },
    ),
    "groups": Many(
        None,
        col(_UNIT.unit_id).is_not(None),
        {"value": Searched(col(_UNIT.unit_id), exact=True), "display": Searched(col(_UNIT.name))},
    ),
    "employeenumber": Searched(col(Person.employee_number)),
    "department": Searched(col(Person.department)),
    "manager.value": Searched(col(Person.manager_id), exact=True),
    "meta.created": Searched(col(Person.created_at)),
    "meta.lastmodified": Searched(CHANGED_AT),
    "meta.resourcetype": Searched(sa.literal_column("'User'", sa.String), exact=True),
}
_COLUMNS: tuple[Any, ...] = (
    Person,
    USER_NAME.label("user_name"),
    CHANGED_AT.label("changed_at"),
    col(_UNIT.unit_id).label("group_id"),
    col(_UNIT.name).label("group_name"),
    col(_MANAGER.id).label("manager_id"),
)


@dataclass(frozen=True)
class UserTold:
    """What a client says of somebody. The address counts once only: when they are taken in."""

    user_name: str
    name: str
    email: str
    active: bool
    external_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    department: str | None = None
    employee_number: str | None = None
    manager: str | None = None
    language: Language | None = None


def _reading() -> sa.Select[Any]:
    return sa.select(*_COLUMNS).select_from(_JOINED).where(_HERE, policy.visible(Person))


def searching(condition: sa.ColumnElement[bool] | None) -> sa.Select[Any]:
    """The users that a filter leaves; executed with the actor's parameters and `organisation_id`."""
    return _reading() if condition is None else _reading().where(condition)


async def read(work: Work, organisation_id: UUID, person_id: UUID) -> Any:
    query = _reading().where(col(Person.id) == person_id).execution_options(populate_existing=True)
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
    query = searching(condition)
    return await page_of(work, query, col(Person.id), organisation_id, order, start, count, descending=descending)


async def create(work: Work, organisation_id: UUID, told: UserTold) -> UUID:
    """Somebody new; or somebody who had been removed and is back, known by the address."""
    sync = await syncing.begin(work, organisation_id)
    fields = await _fields(work, organisation_id, told, None)
    removed = (
        sa.select(Person)
        .where(
            col(Person.organisation_id) == organisation_id,
            col(Person.removed_at).is_not(None),
            col(Person.erased_at).is_(None),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    same = removed.where(sa.func.lower(col(Person.email)) == sa.func.lower(told.email))
    back = (await work.session.execute(same)).scalar_one_or_none()
    await _free(work, sync, removed, told, back)
    if back is not None:
        sync.give_back(back, {**fields, "active": told.active})
        person = back
    else:
        language = told.language or Language.SWEDISH
        person = sync.take_in({**fields, "email": told.email, "active": told.active, "language": language})
    await sync.settle()
    return person.id


async def _free(work: Work, sync: Syncing, removed: Any, told: UserTold, back: Person | None) -> None:
    """What somebody who has been removed was called is another's now (RFC 7644, 3.6)."""
    key = sa.func.lower(told.user_name)
    taken = sa.or_(
        col(Person.external_id) == told.external_id,
        sa.and_(col(Person.user_name).is_not(None), col(Person.user_name_key) == key),
    )
    for person in (await work.session.execute(removed.where(taken))).scalars():
        if back is None or person.id != back.id:
            sync.change(person, {"external_id": None, "user_name": None})
    await work.session.flush()


async def update(work: Work, organisation_id: UUID, person_id: UUID, version: int | None, told: UserTold) -> None:
    sync, person = await _held(work, organisation_id, person_id, version, leaves=not told.active)
    sync.change(person, {**await _fields(work, organisation_id, told, person), "active": told.active})
    await sync.settle()


async def remove(work: Work, organisation_id: UUID, person_id: UUID, version: int | None) -> None:
    sync, person = await _held(work, organisation_id, person_id, version, leaves=True)
    led = (
        sa.select(Person)
        .where(col(Person.manager_id) == person.id, _HERE, policy.visible(Person))
        .order_by(col(Person.id))
        .with_for_update(of=Person, key_share=True)
        .execution_options(populate_existing=True)
    )
    given = work.actor.held | {"organisation_id": organisation_id}
    for other in (await work.session.execute(led, given)).scalars():
        sync.change(other, {"manager_id": None})
    sync.remove(person)
    await sync.settle()


async def _held(
    work: Work, organisation_id: UUID, person_id: UUID, version: int | None, *, leaves: bool
) -> tuple[Syncing, Person]:
    """The organisation first, like everybody who syncs, then the person as they are now."""
    sync = await syncing.begin(work, organisation_id)
    if leaves:
        await syncing.hold_mandates(work, [person_id])
    person = await find(work, Person, person_id, lock=True)
    if person.organisation_id != organisation_id or person.removed_at is not None:
        raise Refusal(Code.NOT_FOUND)
    if version is not None and person.version != version:
        raise Refusal(Code.STALE_VERSION)
    return sync, person


async def _fields(work: Work, organisation_id: UUID, told: UserTold, person: Person | None) -> dict[str, Any]:
    email = told.email if person is None else person.email
    same = told.user_name.lower() == email.lower()
    fields = {
        "user_name": None if same else told.user_name,
        "name": told.name,
        "external_id": told.external_id,
        "given_name": told.given_name,
        "family_name": told.family_name,
        "department": told.department,
        "employee_number": told.employee_number,
    }
    manager_id = await _manager(work, organisation_id, told.manager)
    if person is not None and manager_id is not None and manager_id == person.id:
        raise Refusal(Code.UNKNOWN_PERSON, "/manager")
    return fields | {"manager_id": manager_id}


async def _manager(work: Work, organisation_id: UUID, told: str | None) -> UUID | None:
    if told is None:
        return None
    try:
        manager_id = UUID(told)
    except ValueError:
        raise Refusal(Code.UNKNOWN_PERSON, "/manager") from None
    there = sa.select(col(Person.id)).where(
        col(Person.id) == manager_id, col(Person.organisation_id) == organisation_id, col(Person.removed_at).is_(None)
    )
    if (await work.session.execute(there)).first() is None:
        raise Refusal(Code.UNKNOWN_PERSON, "/manager")
    return manager_id


async def move(work: Work, sync: Syncing, person_ids: Sequence[UUID], unit_id: UUID | None) -> None:
    """Those people work in that unit from now on, or in none. All of them must be here."""
    if unit_id is not None and person_ids:
        await people.check_unit(work, sync.organisation.id, unit_id)
    query = (
        sa.select(Person)
        .where(col(Person.id).in_(person_ids), _HERE, policy.visible(Person))
        .order_by(col(Person.id))
        .with_for_update(of=Person, key_share=True)
        .execution_options(populate_existing=True)
    )
    given = work.actor.held | {"organisation_id": sync.organisation.id}
    found = (await work.session.execute(query, given)).scalars().all()
    if len(found) != len(set(person_ids)):
        raise Refusal(Code.UNKNOWN_PERSON, "/members")
    for person in found:
        sync.change(person, {"unit_id": unit_id})
