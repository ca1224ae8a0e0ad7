"""The feed of changes: what a service client may see of what has changed since its cursor, in commit order.

The database writes changes down itself (migration 0018, docs/decisions/change-feed.md) as a client would see them: a
record is created when it becomes final. Which types a client is told of is what the policy table lets it read now.
"""

import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import Table
from app.models.change import Change, ChangedType, ChangeItem, Changes
from app.models.group_reminder import GroupReminder
from app.models.person import Person
from app.models.service_client import Scope
from app.models.session_record import SessionRecord
from app.models.survey_round import SurveyRound
from app.models.unit import Unit
from app.services import policy
from app.services.agreement import READ_RULES
from app.services.conditions import Granted
from app.services.errors import Code, Refusal
from app.services.spelling import base64url, bytes_of
from app.services.sweeping import sweep_older
from app.services.tokens import TokenKey
from app.services.vault import BoxClosed, Vault
from app.services.work import Work

KEPT = timedelta(days=30)
AT_ONCE = 500
SWEPT_AFTER = KEPT + timedelta(days=1)
"""A day later than a cursor to it expires: clocks differ."""
KINDS: dict[ChangedType, type[Table]] = {
    ChangedType.UNIT: Unit,
    ChangedType.PERSON: Person,
    ChangedType.SESSION_RECORD: SessionRecord,
    ChangedType.SURVEY_ROUND: SurveyRound,
    ChangedType.GROUP_REMINDER: GroupReminder,
}
_SHAPE = struct.Struct(">BqqH")
_FORM = 1
PURPOSE = "cursors of changes"
# Cursors given before they were sealed count for 30 days too.
_OPEN_BYTES, _PROOF_BYTES = _SHAPE.size + 16, 16

_OF_ORGANISATION = col(Change.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid)
_NEWEST = sa.select(sa.func.max(col(Change.position))).where(_OF_ORGANISATION)
_ITEMS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        col(Change.position),
        col(Change.subject_type).label("type"),
        col(Change.subject_id).label("id"),
        col(Change.kind).label("change"),
        col(Change.happened_at),
    )
    .where(
        _OF_ORGANISATION,
        col(Change.position) > sa.bindparam("position", type_=sa.BigInteger),
        sa.type_coerce(col(Change.subject_type), sa.Text) == sa.any_(sa.bindparam("types", type_=sa.ARRAY(sa.Text))),
    )
    .order_by(col(Change.position))
    .limit(AT_ONCE + 1)
)


@dataclass(frozen=True)
class Place:
    """Up to where a client has been told, when that was the newest, and of which types."""

    position: int
    moment: datetime
    types: frozenset[ChangedType]


def types_of(scopes: frozenset[Scope]) -> frozenset[ChangedType]:
    """The types of which somebody with these scopes may read some, by the table that decides the reading itself."""
    return frozenset(
        kind
        for kind, row_type in KINDS.items()
        if any(
            isinstance(condition, Granted) and condition.scope in scopes
            for who in READ_RULES[row_type].who
            for condition in who.conditions
        )
    )


async def read(work: Work, vault: Vault, key: TokenKey, cursor: str | None) -> Changes:
    """What has changed since the cursor; without one, nothing yet, and a cursor from which to go on."""
    policy.require(work.actor, "read_changes")
    organisation_id, types = work.actor.organisation_id, types_of(work.actor.scopes)
    connection = await work.session.connection()
    given: dict[str, Any] = {"organisation_id": organisation_id, "types": sorted(types)}
    newest = (await connection.execute(_NEWEST, given)).scalar_one()
    if cursor is None:
        return _answer(work, vault, [], Place(newest or 0, work.now, types), more=False)
    place = _opened(work, vault, key, cursor)
    if place.moment < work.now - KEPT or (newest is not None and newest < place.position):
        # The second is so when the database has been put back to an earlier state.
        raise Refusal(Code.CURSOR_EXPIRED)
    if types - place.types:
        raise Refusal(Code.SIGHT_HAS_CHANGED)
    found = (await connection.execute(_ITEMS, given | {"position": place.position})).all()
    rows, more = found[:AT_ONCE], len(found) > AT_ONCE
    # Read after `newest`: what came meanwhile is told, and the cursor stands behind it.
    position = max([place.position, newest or 0, *(row.position for row in rows)]) if not more else rows[-1].position
    moment = rows[-1].happened_at if more else work.now
    items = [ChangeItem(type=row.type, id=row.id, change=row.change, happened_at=row.happened_at) for row in rows]
    return _answer(work, vault, items, Place(position, min(moment, work.now), types), more=more)


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Forget what no cursor leads to any more; whether there may be more of it."""
    return await sweep_older(session, col(Change.position), col(Change.happened_at), now - SWEPT_AFTER)


# --- Cursors ---------------------------------------------------------------------------------------


def _answer(work: Work, vault: Vault, items: list[ChangeItem], place: Place, *, more: bool) -> Changes:
    return Changes(items=items, cursor=_written(vault, work.actor.service_client_id, place), more=more)


def _written(vault: Vault, client_id: UUID | None, place: Place) -> str:
    """Sealed, and never twice the same: its place counts what the client may not see, too, as it happens."""
    types = sum(1 << number for number, each in enumerate(ChangedType) if each in place.types)
    plain = _SHAPE.pack(_FORM, place.position, int(place.moment.timestamp()), types)
    return base64url(vault.seal(PURPOSE, str(client_id), plain))


def _opened(work: Work, vault: Vault, key: TokenKey, cursor: str) -> Place:
    """Only what was given to this very client is read at all."""
    client_id = work.actor.service_client_id
    try:
        given = bytes_of(cursor)
        if base64url(given) != cursor:
            raise ValueError
        if len(given) == _OPEN_BYTES:
            plain = _proven(key, client_id, given)
        else:
            plain = vault.open(PURPOSE, str(client_id), given)
        form, position, seconds, types = _SHAPE.unpack(plain)
        if form != _FORM:
            raise ValueError
    except (BoxClosed, ValueError, struct.error):
        raise Refusal(Code.CURSOR_INVALID, "/query/cursor") from None
    known = frozenset(each for number, each in enumerate(ChangedType) if types >> number & 1)
    return Place(position, datetime.fromtimestamp(seconds, UTC), known)


def _proven(key: TokenKey, client_id: UUID | None, given: bytes) -> bytes:
    plain, proof = given[: _SHAPE.size], given[_SHAPE.size :]
    expected = key.pseudonym("changes", f"{client_id} {plain.hex()}")[:_PROOF_BYTES]
    if not hmac.compare_digest(proof, expected):
        raise ValueError
    return plain
