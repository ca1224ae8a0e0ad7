"""One planned or held conversation, pinned to a template version."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.columns import Count, Id, Line, Moment, Paragraphs, UtcDateTime, enum_column, json_column


class DialogueSessionState(StrEnum):
    """Where a session is."""

    PLANNED = "planned"
    PREPARED = "prepared"
    HELD = "held"
    CANCELLED = "cancelled"


class MeetingForm(StrEnum):
    """Where a session is held: all in a room, all at a distance, or some of each."""

    ON_SITE = "onSite"
    REMOTE = "remote"
    HYBRID = "hybrid"


class AttendanceStatus(StrEnum):
    """Whether a representative took part."""

    PRESENT = "present"
    EXCUSED = "excused"
    ABSENT = "absent"


class Attendance(Output):
    """Whether one representative took part. Employees are counted, never named."""

    mandate_id: Id
    status: AttendanceStatus


class DialogueSession(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    dialogue_template_id: UUID = Column(foreign_key="dialogue_template.id")
    title: str
    state: DialogueSessionState = Column(
        default=DialogueSessionState.PLANNED, sa_column=enum_column(DialogueSessionState)
    )
    starts_at: datetime = Column(sa_type=UtcDateTime)
    meeting_form: MeetingForm = Column(sa_column=enum_column(MeetingForm))
    place: str | None = None
    facilitator_id: UUID = Column(foreign_key="person.id", index=True)
    facilitator_function: str
    attendances: list[Attendance] = Column(default=[], sa_column=json_column(list[Attendance]))
    employee_headcount: int | None = None
    held_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Column(default=None, sa_type=UtcDateTime)
    cancel_reason: str | None = None

    __table_args__ = (
        sa.Index("ix_dialogue_session_group", "working_group_id", "starts_at", "id"),
        sa.Index("ix_dialogue_session_organisation_id", "organisation_id"),
    )


SessionTitle = Annotated[Line, Field(json_schema_extra={"example": "Det väl utförda arbetet, första samtalet"})]
Place = Annotated[
    Line,
    Field(
        description="Room, or the address of a remote meeting.",
        json_schema_extra={"example": "Sammanträdesrummet Ålen"},
    ),
]
FacilitatorFunction = Annotated[Line, Field(json_schema_extra={"example": "Verksamhetsutvecklare"})]
Attendances = Annotated[list[Attendance], Field(max_length=100)]
StartsAt = Annotated[Moment, Field(description="Any offset is accepted; UTC is answered.")]


class AttendanceInput(Input):
    """Whether one representative took part."""

    mandate_id: Id
    status: AttendanceStatus


class DialogueSessionCreate(Input):
    """A conversation to plan. It is pinned to one published version of a template."""

    dialogue_template_id: Id
    title: LeftOut[SessionTitle] = absent(description="Left out: the template's title in Swedish.")
    starts_at: StartsAt
    meeting_form: MeetingForm = MeetingForm.ON_SITE
    place: LeftOut[Place] = absent()
    facilitator_id: Id = Field(description="Somebody in the organisation who holds no mandate in it.")
    facilitator_function: FacilitatorFunction


class DialogueSessionUpdate(Input):
    """Merge patch. Once the session is held only attendance and head-count can be corrected."""

    title: SessionTitle = absent()
    starts_at: StartsAt = absent()
    meeting_form: MeetingForm = absent()
    place: Place | None = absent()
    facilitator_id: Id = absent()
    facilitator_function: FacilitatorFunction = absent()
    attendances: Annotated[list[AttendanceInput], Field(max_length=100)] = absent()
    employee_headcount: Count | None = absent()


DialogueSessionStep = TypeAliasType(
    "DialogueSessionStep",
    Annotated[
        Literal["prepared", "held", "cancelled"],
        Field(description="What becomes of a planned session."),
    ],
)


class DialogueSessionTransition(Input):
    """The next step of the session: `prepared`, `held` or `cancelled` (with a reason)."""

    to: DialogueSessionStep = Field(json_schema_extra={"example": "cancelled"})
    reason: LeftOut[Paragraphs] = absent(
        description="Needed when a session is cancelled.",
        json_schema_extra={"example": "Flera i gruppen är sjuka."},
    )


class DialogueSessionItem(Output):
    """A session in a list."""

    id: Id
    title: SessionTitle
    state: DialogueSessionState
    starts_at: Moment
    meeting_form: MeetingForm
    dialogue_template_id: Id


class DialogueSessionRead(Resource):
    """A planned or held conversation. It is a dialogue, not a negotiation."""

    organisation_id: Id
    working_group_id: Id
    dialogue_template_id: Id
    title: SessionTitle
    state: DialogueSessionState
    legal_character: Literal["dialogue"] = Field(
        default="dialogue", description="Dialogue, never negotiation under the Co-determination Act."
    )
    starts_at: Moment
    meeting_form: MeetingForm
    place: Place | None
    facilitator_id: Id
    facilitator_function: FacilitatorFunction
    attendances: Attendances
    employee_headcount: Count | None = Field(
        description="How many employees took part beside the representatives.",
        json_schema_extra={"example": 7},
    )
    session_record_id: Id | None = Field(description="The record, once the session is held.")
    created_at: Moment
    held_at: Moment | None = Field(description="When it was noted as held; null until then.")
    cancelled_at: Moment | None = Field(description="When it was cancelled; null: it is not.")
    cancel_reason: Paragraphs | None = Field(
        description="Why it was cancelled; null: it is not.", json_schema_extra={"example": "Flera i gruppen är sjuka."}
    )
