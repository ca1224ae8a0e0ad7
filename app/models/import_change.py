"""What an import's plan would do, thing by thing: kept while the plan is, and read page by page."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Output, Row
from app.models.bounds import Few, Phrase, Text, Word
from app.models.columns import Id, enum_column


class PlannedStep(StrEnum):
    """In this order a plan is read.

    `kept`: what is said of a later day, kept for it. `withdrawn`: what an earlier file said of a later day, and this
    one takes back. `missing`: here and active, and not in the file; nothing happens by that alone.
    """

    CREATE = "create"
    CHANGE = "change"
    MOVE = "move"
    DEACTIVATE = "deactivate"
    RETURN = "return"
    CLOSE = "close"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"


class HrImportPortion(Row, table=True):
    """Some hundred things of one kind in a plan, in the plan's order: whoever reads a page unpacks one or two of them.

    It names people, and goes when the plan is applied, has failed or has lapsed.
    """

    organisation_id: UUID = Column(foreign_key="organisation.id")
    hr_import_id: UUID = Column(foreign_key="hr_import.id")
    step: PlannedStep = Column(sa_column=enum_column(PlannedStep))
    place: int
    """Of its first thing in the whole plan, from 0."""
    size: int
    content: bytes
    """Packed JSON (services/plan_content.py)."""

    __table_args__ = (sa.Index("uq_hr_import_portion_place", "hr_import_id", "place", unique=True),)


# --- On the wire -----------------------------------------------------------------------------------


class ImportFieldChange(Output):
    """One thing about a person or a unit that becomes another. Both values are texts; null is none."""

    field: Word = Field(
        description="People: `name`, `email`, `language`, `unit`, `active`. Units: `name`, `parent`, `headcount`, "
        "`firstDay`, `lastDay`, `mergedInto`.",
        json_schema_extra={"example": "unit"},
    )
    before: Text | None = Field(
        description="As it is now. A person's unit is an id; a unit's parent, and what it is merged into, are external "
        "ids (`#` and the id for a unit that has none).",
        json_schema_extra={"example": "0199c2f2-7c1e-7b3a-9d43-6f1b2a3c4d5e"},
    )
    after: Text | None = Field(
        description="As it would become; null: none.",
        json_schema_extra={"example": "0199c2f2-7c1e-7b3a-9d43-6f1b2a3c4d5f"},
    )
    before_name: Phrase | None = Field(
        default=None,
        description="Of a unit: what it is called, if the caller may read it.",
        json_schema_extra={"example": "Kansliet"},
    )
    after_name: Phrase | None = Field(
        description="Of a unit: what it is called, if the caller may read it.",
        default=None,
        json_schema_extra={"example": "Fältenheten"},
    )


class ImportChangeItem(Output):
    """A person or a unit in a plan, and what becomes of it."""

    change: PlannedStep
    external_id: Phrase | None = Field(
        description="Null: the HR system does not know them.", json_schema_extra={"example": "A-4711"}
    )
    subject_id: Id | None = Field(description="The person or the unit; null: not here yet.")
    name: Phrase | None = Field(
        description="What they are called now, or will be.", json_schema_extra={"example": "Åsa Lindqvist"}
    )
    effective_on: date | None = Field(
        description="The day from which it holds, where that is another than the day on which it is applied.",
        json_schema_extra={"example": "2026-11-23"},
    )
    stale: bool = Field(
        description="Something about it has changed since it was planned: the plan will be refused (`planStale`).",
        json_schema_extra={"example": False},
    )
    fields: Few[ImportFieldChange] = Field(description="What becomes another.")
