"""What the columns of an organisation's own files mean."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column

from app.models.base import Input, Linked, Output, Row
from app.models.columns import Id, Line, json_column

COLUMNS_AT_MOST = 64

ColumnName = Annotated[Line, Field(json_schema_extra={"example": "Anst.nr"})]
FieldName = Annotated[str, Field(max_length=40, json_schema_extra={"example": "externalId"})]


class ColumnMapping(Input):
    """Of files about people, or of files about units."""

    columns: dict[ColumnName, FieldName] = Field(
        default_factory=dict,
        max_length=COLUMNS_AT_MOST,
        description="The field that each column fills.",
        json_schema_extra={"example": {"Anst.nr": "externalId"}},
    )
    ignored_columns: list[ColumnName] = Field(
        default_factory=list,
        max_length=COLUMNS_AT_MOST,
        description="Columns that are not read. A column that is neither known nor named here is refused.",
        json_schema_extra={"example": ["Kostnadsställe"]},
    )


class ImportMapping(Row, table=True):
    organisation_id: UUID = Column(foreign_key="organisation.id")
    version: int = 1
    people: dict[str, Any] = Column(sa_column=json_column(dict[str, Any]))
    """A `ColumnMapping`, like the other."""
    units: dict[str, Any] = Column(sa_column=json_column(dict[str, Any]))

    __table_args__ = (sa.Index("uq_import_mapping_organisation_id", "organisation_id", unique=True),)


class ImportMappingInput(Input):
    """All of it: what is not sent is not mapped any more."""

    people: ColumnMapping = Field(default_factory=ColumnMapping)
    units: ColumnMapping = Field(default_factory=ColumnMapping)


class ImportMappingRead(Linked, Output):
    """What the columns of the organisation's files mean, beside the names the service knows. Version 0: nothing yet."""

    organisation_id: Id
    people: ColumnMapping
    units: ColumnMapping
