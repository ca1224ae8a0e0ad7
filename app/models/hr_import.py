"""A file from an HR system: first what it would change, then what it has changed, and the report of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column

from app.models.approval import ContentHash
from app.models.base import Input, Output, Resource, Row, VersionedRow
from app.models.bounds import Few, Phrase, Tally, Word
from app.models.columns import Id, Moment, UtcDateTime, YesNo, enum_column, json_column

SHOWN_AT_MOST = 100
"""Errors, changes and missing people that a report names; all of them are counted."""


class ImportSubject(StrEnum):
    """What a file is about."""

    PEOPLE = "people"
    UNITS = "units"


class ImportMode(StrEnum):
    """`snapshot`: the file is everybody, and whoever it does not name has left. `delta`: it is what has changed."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"


class ImportState(StrEnum):
    """`refused`: nothing of the file can be applied (units: any error). `lapsed`: nobody applied it in time.

    `applying`: a large plan, accepted and not done yet. `failed`: accepted, and then it could not be done.
    """

    PLANNED = "planned"
    REFUSED = "refused"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    LAPSED = "lapsed"


PLAN_KEPT = (ImportState.PLANNED, ImportState.APPLYING)
"""While an import is in one of these states its plan is there to be read."""


class HrImport(VersionedRow, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    subject: ImportSubject = Column(sa_column=enum_column(ImportSubject))
    mode: ImportMode = Column(sa_column=enum_column(ImportMode))
    state: ImportState = Column(sa_column=enum_column(ImportState))
    """`lapsed` is stored by whoever sweeps; until then the time says it."""
    plan_hash: str
    plan: bytes | None = None
    """Of the program before 0020, which kept a plan in one piece. It is not applied any more, and lapses like any."""
    basis: dict[str, Any] | None = Column(default=None, sa_column=sa.Column(JSONB, nullable=True))
    """What it stands on beside the things it changes: `{"kept": hash of later days, "treeVersion": number or null}`."""
    report: dict[str, Any] = Column(sa_column=json_column(dict[str, Any]))
    """An `ImportReport`. It names rows of the file and ids, never a name or what stood in a cell."""
    failure_code: str | None = None
    """Why it was not applied when that was last tried after it had been accepted: a problem code."""
    lapses_at: datetime = Column(sa_type=UtcDateTime)
    applied_at: datetime | None = Column(default=None, sa_type=UtcDateTime)

    __table_args__ = (sa.Index("ix_hr_import_organisation_id_id", "organisation_id", "id"),)


def import_state(hr_import: HrImport, now: datetime) -> ImportState:
    """The state with time taken into account."""
    if hr_import.state is ImportState.PLANNED and hr_import.lapses_at <= now:
        return ImportState.LAPSED
    return hr_import.state


class HrKeptChange(Row, table=True):
    """What an applied file says of a later day, kept for that day."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    hr_import_id: UUID = Column(foreign_key="hr_import.id")
    subject: ImportSubject = Column(sa_column=enum_column(ImportSubject))
    external_id: str
    effective_on: date
    content: dict[str, Any] = Column(sa_column=json_column(dict[str, Any]))
    person_id: UUID | None = Column(default=None, foreign_key="person.id")
    """Whom it is about, if they are here already: it goes with their erasure."""
    service_client_id: UUID | None = Column(default=None, foreign_key="service_client.id")
    """By whom it was applied, and so in whose name it is done."""

    __table_args__ = (
        sa.Index("uq_hr_kept_change_day", "organisation_id", "subject", "external_id", "effective_on", unique=True),
        sa.Index("ix_hr_kept_change_effective_on", "effective_on"),
        sa.Index("ix_hr_kept_change_person_id", "person_id"),
    )


# --- On the wire -----------------------------------------------------------------------------------


PlanHash = Annotated[
    ContentHash, Field(description="SHA-256 of the whole plan (RFC 8785): what an application must name.")
]
Number = Annotated[Tally, Field(json_schema_extra={"example": 3})]


class ImportCounts(Output):
    """How many of each there are, whether they are listed or not."""

    seen: Number = Field(description="Rows in the file.")
    created: Number
    changed: Number = Field(description="With another name, language or number of employees; moved ones not counted.")
    moved: Number
    deactivated: Number = Field(description="People who have left, or units that are closed.")
    returned: Number
    unchanged: Number
    refused: Number = Field(description="Rows with an error.")
    missing: Number = Field(description="Here and active, and not in the file.")
    kept: Number = Field(description="Changes of a later day that were not known before, kept for that day.")
    kept_applied: Number = Field(description="Those of them whose day has come, and that were done.")
    kept_refused: Number = Field(
        description="Those of them that were not: they did not fit any more, or the client had ended or lost the scope."
    )
    kept_held: Number = Field(
        default=0,
        description="Those of them whose day has come and that wait: for a system administrator to release people or "
        "units (`create_deactivation_release`), or for a client that has expired to be renewed.",
    )


class ImportFault(Output):
    """A row that is not taken in. What stood in it is not repeated."""

    row: Number = Field(description="In the file, counted as a spreadsheet does; in JSON the first object is 1.")
    code: Word = Field(json_schema_extra={"example": "cellInvalid"})
    field: Phrase | None = Field(
        description="The field in which it is; null: the row as a whole.",
        default=None,
        json_schema_extra={"example": "email"},
    )


class ImportChange(Output):
    """One thing that the file changes."""

    change: Word = Field(
        description="`create`, `change`, `move`, `deactivate`, `return` or, of a unit, `close`.",
        json_schema_extra={"example": "move"},
    )
    external_id: Phrase = Field(json_schema_extra={"example": "A-4711"})


class ImportReport(Output):
    """What a file would change, or has changed."""

    counts: ImportCounts
    errors: Few[ImportFault] = Field(description=f"The first {SHOWN_AT_MOST}; `counts.refused` has all.")
    changes: Few[ImportChange] = Field(description=f"The first {SHOWN_AT_MOST}.")
    missing_ids: Few[Id] = Field(description=f"The first {SHOWN_AT_MOST} people or units that the file does not name.")
    brake_holds: YesNo = Field(
        description="More people would leave, or units close, than the organisation's brake lets through: a system "
        "administrator has to release them first (`create_deactivation_release`).",
        json_schema_extra={"example": False},
    )
    absent_stay: YesNo = Field(
        description="A snapshot in which some row's id could not be read deactivates nobody for being absent.",
        json_schema_extra={"example": False},
    )


class ImportItem(Output):
    """An import in a list."""

    id: Id
    subject: ImportSubject
    mode: ImportMode
    state: ImportState
    created_at: Moment
    applied_at: Moment | None = Field(description="When it was applied; null: it is not.")


class ImportRead(Resource):
    """A file from an HR system: its plan, and what came of it."""

    organisation_id: Id
    subject: ImportSubject
    mode: ImportMode
    state: ImportState
    plan_hash: PlanHash
    report: ImportReport
    created_at: Moment
    lapses_at: Moment = Field(description="Until then it can be applied.")
    applied_at: Moment | None = Field(description="When it was applied; null: it is not.")
    failure_code: Word | None = Field(
        description="Why it was not applied after it had been accepted: a problem code. `deactivationBrake` and "
        "`unitBrake`: it is planned again and can be applied once people or units are released. Any other: it has "
        "failed; send the file again.",
        json_schema_extra={"example": "planStale"},
    )


class ImportApplication(Input):
    """Apply exactly the plan that was reviewed."""

    plan_hash: PlanHash
