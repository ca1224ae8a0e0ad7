"""The joint group: employer and unions who agree to talk about learning in one part of the workplace."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.approval import ApprovalSummary
from app.models.base import Input, LeftOut, Output, Resource, Table, VersionedRow, absent
from app.models.bounds import Few, Hash, Many, Phrase, Tally
from app.models.columns import SWEDISH_ORDER, DateOnly, Id, Line, Moment, Paragraphs, UtcDateTime, enum_column
from app.models.organisation import ApprovalRule, DormancyInterval
from app.models.party import Side


class WorkingGroupState(StrEnum):
    """`dormant` is never stored: a group is dormant while its interval has passed without a session."""

    FORMING = "forming"
    ACTIVE = "active"
    DORMANT = "dormant"
    CLOSED = "closed"


class WorkingGroupLevel(StrEnum):
    """For which part of the workplace a group is."""

    WORKPLACE = "workplace"
    DEPARTMENT = "department"
    ORGANISATION = "organisation"


class WorkingGroup(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    name: str
    purpose: str
    scope_unit_id: UUID = Column(foreign_key="unit.id")
    level: WorkingGroupLevel = Column(sa_column=enum_column(WorkingGroupLevel))
    approval_rule: ApprovalRule = Column(sa_column=enum_column(ApprovalRule))
    dormancy_interval_days: int
    state: WorkingGroupState = Column(default=WorkingGroupState.FORMING, sa_column=enum_column(WorkingGroupState))
    proposed_by_party_id: UUID = Column(foreign_key="party.id")
    content_hash: str = ""
    """What the parties approve when they start the group; follows every edit."""
    started_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    last_session_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    close_reason: str | None = None

    __table_args__ = (sa.Index("ix_working_group_organisation_id_name_id", "organisation_id", SWEDISH_ORDER, "id"),)


class WorkingGroupParty(Table, table=True):
    """A seat at the table. It belongs to the party, not to whoever fills it today."""

    working_group_id: UUID = Column(foreign_key="working_group.id", primary_key=True)
    party_id: UUID = Column(foreign_key="party.id", primary_key=True, index=True)


GroupName = Annotated[Line, Field(json_schema_extra={"example": "Lärgruppen på Provtagningsenheten"})]
Purpose = Annotated[
    Paragraphs,
    Field(json_schema_extra={"example": "Att tala om vad ett väl utfört arbete är och vad vi behöver lära."}),
]
PartyIds = Annotated[
    list[Id], Field(min_length=2, max_length=20, description="The employer and at least one union party.")
]


class WorkingGroupCreate(Input):
    """A proposal from one side. Nothing starts until both have approved the same content."""

    name: GroupName
    purpose: Purpose
    scope_unit_id: Id
    level: WorkingGroupLevel = WorkingGroupLevel.WORKPLACE
    approval_rule: LeftOut[ApprovalRule] = absent(
        description="Left out: the organisation's rule. Starting the group always needs every party.",
    )
    dormancy_interval_days: LeftOut[DormancyInterval] = absent(description="Left out: the organisation's interval.")
    party_ids: PartyIds


class WorkingGroupUpdate(Input):
    """Merge patch while the group is forming. Any change voids the approvals given so far."""

    name: GroupName = absent()
    purpose: Purpose = absent()
    scope_unit_id: Id = absent()
    level: WorkingGroupLevel = absent()
    approval_rule: ApprovalRule = absent()
    dormancy_interval_days: DormancyInterval = absent()
    party_ids: PartyIds = absent()


class WorkingGroupTransition(Input):
    """A party at the table ends the group; its records and actions stay."""

    to: Literal["closed"]
    reason: Annotated[Paragraphs, Field(json_schema_extra={"example": "Enheten har slagits samman."})]


class WorkingGroupSeat(Output):
    """A party at the table."""

    id: Id
    side: Side
    name: Phrase = Field(json_schema_extra={"example": "Saco-S"})


class WorkingGroupGlance(Output):
    """Where the group is in its loop, what is due, and how fresh its learning is."""

    next_session_at: Moment | None = Field(description="Null: none is planned.")
    last_session_at: Moment | None = Field(description="Null: it has not met.")
    dormant_on: DateOnly | None = Field(description="The day the group goes dormant unless it meets.")
    records_under_review: Tally = Field(json_schema_extra={"example": 1})
    open_actions: Tally = Field(json_schema_extra={"example": 3})
    overdue_actions: Tally = Field(json_schema_extra={"example": 1})
    actions_awaiting_effect_check: Tally = Field(json_schema_extra={"example": 2})


class WorkingGroupItem(Output):
    """A working group in a list."""

    id: Id
    name: GroupName
    level: WorkingGroupLevel
    scope_unit_id: Id
    state: WorkingGroupState
    last_session_at: Moment | None = Field(description="Null: it has not met.")


class WorkingGroupRead(Resource):
    """A working group with its parties, what it has agreed and what is due."""

    organisation_id: Id
    name: GroupName
    purpose: Purpose
    scope_unit_id: Id
    level: WorkingGroupLevel
    approval_rule: ApprovalRule
    dormancy_interval_days: DormancyInterval
    state: WorkingGroupState
    parties: Few[WorkingGroupSeat]
    proposed_by_party_id: Id
    content_hash: Hash = Field(description="SHA-256 of what the parties approve (RFC 8785 canonical JSON).")
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on the content as it is now.")
    glance: WorkingGroupGlance
    created_at: Moment
    started_at: Moment | None = Field(description="When both sides had agreed; null until then.")
    closed_at: Moment | None = Field(description="When it was ended; null: it is not.")
    close_reason: Paragraphs | None = Field(
        description="Why it was ended; null: it is not.", json_schema_extra={"example": "Enheten har slagits samman."}
    )


def dormant_on(started: date, last_session: date | None, interval_days: int) -> date:
    """The day a started group counts as dormant unless it meets. A session from before the start wakes nobody."""
    return max(started, last_session or started) + timedelta(days=interval_days)
