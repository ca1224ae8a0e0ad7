"""A legal hold: while it stands, nothing of what it is on is destroyed, erased or edited away."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Field as Column

from app.models.base import Input, LeftOut, Output, Resource, VersionedRow, absent
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime
from app.models.session_record import CaseNumber


class LegalHold(VersionedRow, table=True):
    """On a working group, a record or a person; on the whole organisation when it names none of them."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    held_group_id: UUID | None = Column(default=None, foreign_key="working_group.id")
    held_record_id: UUID | None = None
    """No foreign key: a hold that is lifted outlives the record."""
    held_person_id: UUID | None = Column(default=None, foreign_key="person.id")
    reason: str
    case_number: str
    lifted_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (
        sa.Index("ix_legal_hold_organisation_id_id", "organisation_id", "id"),
        sa.CheckConstraint("num_nonnulls(held_group_id, held_record_id, held_person_id) <= 1", name="one_thing"),
    )


HoldReason = Annotated[
    Paragraphs,
    Field(
        description="Why. The parties' representatives read it.",
        json_schema_extra={"example": "Begäran om utlämnande prövas i kammarrätten."},
    ),
]
HeldGroup = Annotated[Id, Field(description="A working group, with everything that belongs to it.")]
HeldRecord = Annotated[Id, Field(description="A final record, with its appendices, decisions and actions.")]
HeldPerson = Annotated[Id, Field(description="A person: what tells of them is neither erased nor destroyed.")]


class LegalHoldCreate(Input):
    """A hold on a working group, a record or a person; on the whole organisation when none of them is named."""

    held_group_id: LeftOut[HeldGroup] = absent()
    held_record_id: LeftOut[HeldRecord] = absent()
    held_person_id: LeftOut[HeldPerson] = absent()
    reason: HoldReason
    case_number: CaseNumber

    @model_validator(mode="after")
    def is_on_one_thing(self) -> "LegalHoldCreate":
        if sum(each is not None for each in (self.held_group_id, self.held_record_id, self.held_person_id)) > 1:
            raise PydanticCustomError("hold_on_two", "A hold is on one thing.")
        return self


class LegalHoldTransition(Input):
    """The hold is lifted; a new one can be set."""

    to: Literal["lifted"]


class LegalHoldItem(Output):
    """A hold in a list, standing or lifted."""

    id: Id
    held_group_id: HeldGroup | None
    held_record_id: HeldRecord | None
    held_person_id: HeldPerson | None
    reason: HoldReason
    case_number: CaseNumber
    created_at: Moment
    lifted_at: Moment | None = Field(description="When it was lifted; null while it stands.")


class LegalHoldRead(Resource):
    """A hold: while it stands, nothing of what it is on is destroyed, erased or edited away."""

    organisation_id: Id
    held_group_id: HeldGroup | None
    held_record_id: HeldRecord | None
    held_person_id: HeldPerson | None
    reason: HoldReason
    case_number: CaseNumber
    created_at: Moment
    lifted_at: Moment | None = Field(description="When it was lifted; null while it stands.")
