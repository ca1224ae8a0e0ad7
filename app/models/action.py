"""An agreed next step: what, which function owns it, when, how it went and what it gave."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.bounds import Tally
from app.models.columns import DateOnly, Id, Line, Moment, Paragraphs, UtcDateTime, enum_column


class ActionState(StrEnum):
    """How far an agreed step has come."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"
    EFFECT_CHECKED = "effectChecked"


class Action(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    session_record_id: UUID = Column(foreign_key="session_record.id")
    dialogue_session_id: UUID = Column(foreign_key="dialogue_session.id")
    question_id: str | None = None
    what: str
    owner_function: str
    due_on: date
    agreed: bool = False
    """Whether the record it stands in is final. Until then it is seen by those who see that record."""
    state: ActionState = Column(default=ActionState.OPEN, sa_column=enum_column(ActionState))
    settled_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    reason: str | None = None
    effect: str | None = None

    __table_args__ = (
        sa.Index("ix_action_working_group_id_due_on_id", "working_group_id", "due_on", "id"),
        sa.Index("ix_action_session_record_id", "session_record_id", "id"),
    )


What = Annotated[Paragraphs, Field(json_schema_extra={"example": "Avsätta en timme i veckan för handledning."})]
OwnerFunction = Annotated[
    Line,
    Field(
        description="The function or group that owns the step, never a person.",
        json_schema_extra={"example": "Enhetschef"},
    ),
]
QuestionRef = Annotated[
    str,
    Field(
        pattern="^q[0-9]{1,3}$",
        max_length=4,
        description="The template question it answers.",
        json_schema_extra={"example": "q5"},
    ),
]
Effect = Annotated[Paragraphs, Field(json_schema_extra={"example": "Nya kollegor vågar fråga tidigare."})]
Reason = Annotated[Paragraphs, Field(json_schema_extra={"example": "Uppdraget har flyttats."})]


class ActionCreate(Input):
    """A next step agreed in the session."""

    what: What
    owner_function: OwnerFunction
    due_on: DateOnly
    question_id: LeftOut[QuestionRef] = absent()


class ActionUpdate(Input):
    """Merge patch. While the record is not final this is an edit of the record too."""

    what: What = absent()
    owner_function: OwnerFunction = absent()
    due_on: DateOnly = absent()


ActionStep = TypeAliasType(
    "ActionStep",
    Annotated[
        Literal["done", "dropped", "effectChecked"],
        Field(description="What becomes of an agreed step."),
    ],
)


class ActionTransition(Input):
    """How the step went: done, dropped (with a reason), or its effect checked."""

    to: ActionStep
    reason: LeftOut[Reason] = absent(description="Needed when a step is dropped, welcome when it is done.")
    effect: LeftOut[Effect] = absent(description="Needed when the effect is checked.")


class ActionInRecord(Output):
    """A step as the record holds it."""

    id: Id
    question_id: QuestionRef | None
    what: What
    owner_function: OwnerFunction
    due_on: DateOnly


class ActionItem(ActionInRecord):
    """A step in the group's list."""

    session_record_id: Id
    state: ActionState
    overdue: bool = Field(json_schema_extra={"example": False})


class ActionRead(Resource):
    """An agreed next step."""

    working_group_id: Id
    session_record_id: Id
    question_id: QuestionRef | None
    what: What
    owner_function: OwnerFunction
    due_on: DateOnly
    state: ActionState
    overdue: bool = Field(description="Open after its due day.", json_schema_extra={"example": False})
    times_carried_over: Tally = Field(
        description="How many sessions the group held after the step was agreed, until it was settled.",
        json_schema_extra={"example": 1},
    )
    reason: Reason | None = Field(description="Why it was dropped, or how it went; null: nothing is said.")
    effect: Effect | None = Field(description="What it gave; null until its effect is checked.")
    created_at: Moment
    settled_at: Moment | None = Field(description="When it was done or dropped; null while it is open.")
