"""A job of the queue that could not be done, kept for the system administrator: to be tried again, or given up."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.base import Input, Output, Resource, VersionedRow
from app.models.bounds import Tally, Word
from app.models.columns import Id, Moment, UtcDateTime, enum_column


class FailedJobState(StrEnum):
    """What has become of a job that could not be done."""

    FAILED = "failed"
    RETRIED = "retried"
    DISCARDED = "discarded"


class FailedJob(VersionedRow, table=True):
    entrypoint: str
    payload: bytes | None
    """What the job was put in the queue with; gone once it is settled. Nobody is shown it."""
    fault: str
    """The kind of error, as the program names it."""
    attempts: int
    state: FailedJobState = Column(default=FailedJobState.FAILED, sa_column=enum_column(FailedJobState))
    settled_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (sa.Index("ix_failed_job_created_at", "created_at"),)


# --- On the wire -----------------------------------------------------------------------------------


FailedJobStep = TypeAliasType(
    "FailedJobStep",
    Annotated[
        Literal["retried", "discarded"],
        Field(description="What becomes of a failed job."),
    ],
)


class FailedJobTransition(Input):
    """`retried` puts it back in the queue, `discarded` gives it up."""

    to: FailedJobStep


class FailedJobItem(Output):
    """A failed job in a list."""

    id: Id
    entrypoint: Word = Field(description="What was to be done.", json_schema_extra={"example": "survey_mail"})
    fault: Word = Field(description="The kind of error.", json_schema_extra={"example": "MailRefused"})
    attempts: Tally = Field(json_schema_extra={"example": 1})
    state: FailedJobState
    created_at: Moment = Field(description="When it was given up.")


class FailedJobRead(Resource):
    """A job that could not be done, without what it was about: that is nobody's to read here. Kept for 30 days."""

    entrypoint: Word = Field(description="What was to be done.", json_schema_extra={"example": "survey_mail"})
    fault: Word = Field(description="The kind of error.", json_schema_extra={"example": "MailRefused"})
    attempts: Tally = Field(json_schema_extra={"example": 1})
    state: FailedJobState
    created_at: Moment = Field(description="When it was given up.")
    settled_at: Moment | None = Field(description="When it was retried or given up; null until then.")
