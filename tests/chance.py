"""Anybody and anything, by chance: actors and rows that meet each other now and then."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_origin
from uuid import UUID

import sqlalchemy as sa

from app.models.approval import Approval, SubjectType
from app.models.base import Table, new_id
from app.models.central_aggregate import CentralAggregate
from app.models.columns import PydanticJSON
from app.models.deactivation_release import DeactivationRelease
from app.models.followed_guide import FollowedGuide, FollowedGuideState
from app.models.learning_log_entry import LearningLogEntry, LearningLogEntryState
from app.models.party import Party, Side
from app.models.person import Role
from app.models.retention_rule import RetainedKind, RetentionRule
from app.models.service_client import Scope
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.survey_round import SurveyRound
from app.services.actor import Actor, Seat
from app.services.conditions import OWN_ID

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# A few of each, so that what actors hold and what rows say meet by chance.
POOLS = {
    name: [new_id() for _ in range(4)]
    for name in (
        "organisation_id",
        "party_id",
        "person_id",
        "working_group_id",
        "dialogue_session_id",
        "session_record_id",
    )
}
_DECIDING = {"state", "agreed", "published", "first", "audience"}


def an_actor(chance: random.Random) -> Actor:
    """Anybody, also people whom no history of requests would make; every fourth is a service client."""

    def some(name: str) -> UUID:
        return chance.choice(POOLS[name])

    if chance.randrange(4) == 0:
        return Actor(
            person_id=None,
            organisation_id=some("organisation_id"),
            service_client_id=new_id(),
            scopes=frozenset(chance.sample(list(Scope), chance.randrange(len(Scope) + 1))),
        )
    seats = tuple(
        Seat(
            new_id(),
            some("party_id"),
            chance.choice(list(Side)),
            some("organisation_id"),
            chance.choice([None, some("working_group_id")]),
        )
        for _ in range(chance.randrange(3))
    )
    return Actor(
        person_id=some("person_id"),
        organisation_id=chance.choice([None, some("organisation_id"), some("organisation_id")]),
        roles=frozenset(chance.sample(list(Role), chance.randrange(3))),
        seats=seats,
        tables=frozenset((some("working_group_id"), some("party_id")) for _ in range(chance.randrange(4))),
        facilitated=frozenset(
            (some("dialogue_session_id"), some("working_group_id")) for _ in range(chance.randrange(3))
        ),
        met=frozenset(some("party_id") for _ in range(chance.randrange(3))),
        started=frozenset(some("working_group_id") for _ in range(chance.randrange(3))),
    )


def _value(column: Any, chance: random.Random) -> Any:
    kind = column.type
    if column.name in POOLS and not column.primary_key:
        return chance.choice([*POOLS[column.name], *([None] if column.nullable else [])])
    if isinstance(kind, sa.Enum):
        return chance.choice(list(kind.enum_class or ()))
    if isinstance(kind, sa.Boolean):
        return chance.choice([True, False])
    if isinstance(kind, sa.Uuid):
        return new_id()
    if isinstance(kind, sa.ARRAY):
        return []
    if isinstance(kind, sa.JSON | PydanticJSON):
        return {}
    return {int: 1, datetime: NOW, date: NOW.date()}.get(kind.python_type, str(new_id()))


def _is_list(row_type: type[Table], field: str) -> bool:
    return get_origin(row_type.model_fields[field].annotation) is list


def rows_of(row_type: type[Table], chance: random.Random) -> list[Table]:
    """Rows that differ in all that policy looks at."""
    own = OWN_ID.get(row_type, "")
    identities = POOLS.get(own) or [new_id() for _ in range(12)]
    rows: dict[Any, Table] = {}
    for identity in identities:
        values = {
            column.name: [] if _is_list(row_type, column.name) else _value(column, chance)
            for column in row_type.__table__.columns  # type: ignore[attr-defined]
            if column.computed is None
            and (
                column.name in _DECIDING
                or column.name in POOLS
                or column.primary_key
                or row_type.model_fields[column.name].is_required()
            )
        }
        if "id" in values:
            values["id"] = identity
        for key in row_type.__table__.primary_key.columns.keys():  # type: ignore[attr-defined]  # noqa: SIM118
            if key in POOLS:
                values[key] = chance.choice(POOLS[key])
        _keep_constraints(row_type, values, len(rows))
        row = row_type(**values)
        rows[tuple(values[key] for key in row_type.__table__.primary_key.columns.keys())] = row  # type: ignore[attr-defined]  # noqa: SIM118
    return list(rows.values())


def _keep_constraints(row_type: type[Table], values: dict[str, Any], number: int) -> None:
    if row_type is Party:
        values["side"] = Side.UNION
    if "first" in values and number:
        values["first"] = False
    if row_type is RetentionRule:
        values["organisation_id"] = POOLS["organisation_id"][number // len(RetainedKind)]
        values["kind"] = list(RetainedKind)[number % len(RetainedKind)]
    if row_type is SessionRecord:
        values["appendix_to_id"] = new_id()
        reviewed = values["state"] in {SessionRecordState.UNDER_REVIEW, SessionRecordState.FINAL}
        values["content_hash"] = "0" * 64 if reviewed else None
        values["final_at"] = NOW if values["state"] is SessionRecordState.FINAL else None
    if row_type is LearningLogEntry:
        values["content_hash"] = None if values["state"] is LearningLogEntryState.OWN else "0" * 64
        values["shared_at"] = NOW if values["state"] is LearningLogEntryState.SHARED else None
    if row_type is FollowedGuide and number:
        values["state"] = FollowedGuideState.ENDED  # a group follows one at a time
    if row_type is CentralAggregate:
        values["starts_on"] = NOW.date() + timedelta(days=number)  # each quarter once
    if row_type is DeactivationRelease:
        values["units"] = 1  # it releases something
    if row_type is SurveyRound:
        values |= {"content": {}, "content_hash": "0" * 64}
    if row_type is Approval:
        values["voided_at"] = random.Random(str(values["subject_id"])).choice([NOW, None])  # noqa: S311
        if values["working_group_id"] is None:
            values["subject_type"] = SubjectType.SERVICE_CLIENT
