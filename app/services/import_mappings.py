"""What the columns of an organisation's own files mean, saved for every import to come."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.hr_import import ImportSubject
from app.models.import_mapping import ImportMapping, ImportMappingInput, ImportMappingRead
from app.models.organisation import Organisation
from app.services import syncing, union_data
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.import_columns import FIELDS, spelt
from app.services.work import Work, admit, changed, check_version, created

_OF_ORGANISATION = sa.select(ImportMapping).where(col(ImportMapping.organisation_id) == sa.bindparam("organisation_id"))


async def read(work: Work, organisation_id: UUID) -> ImportMappingRead:
    await admit(work, "read_import_mapping", Organisation, organisation_id)
    return _shown(organisation_id, await _find(work, organisation_id))


async def replace(work: Work, organisation_id: UUID, version: int, data: ImportMappingInput) -> ImportMappingRead:
    # This holds the organisation's row: nobody else saves one meanwhile.
    await admit(work, "replace_import_mapping", Organisation, organisation_id)
    if faults := _faults_in(data):
        raise await syncing.refusal_of(work, faults)
    mapping = await _find(work, organisation_id)
    sent: dict[str, Any] = data.model_dump(mode="json", by_alias=True)
    if mapping is None:
        if version != 0:
            raise Refusal(Code.STALE_VERSION)
        mapping = ImportMapping(organisation_id=organisation_id, **sent)
        await created(work, "replace_import_mapping", mapping)
    else:
        check_version(mapping, version)
        if (mapping.people, mapping.units) != (sent["people"], sent["units"]):
            await changed(work, "replace_import_mapping", mapping, sent)
    return _shown(organisation_id, mapping)


async def _find(work: Work, organisation_id: UUID) -> ImportMapping | None:
    found = await work.session.execute(_OF_ORGANISATION, {"organisation_id": organisation_id})
    return found.scalar_one_or_none()


def _faults_in(data: ImportMappingInput) -> list[FieldRefusal]:
    """Every field is one there is, filled by one column; and no column is one of union membership."""
    faults = []
    for subject in ImportSubject:
        mapping = getattr(data, subject.value)
        pointer = f"/{subject.value}/columns"
        if not set(mapping.columns.values()) <= set(FIELDS[subject]):
            faults.append(FieldRefusal(pointer, Code.UNKNOWN_IMPORT_FIELD))
        names = [spelt(name) for name in (*mapping.columns, *mapping.ignored_columns)]
        if len(set(names)) < len(names) or len(set(mapping.columns.values())) < len(mapping.columns):
            faults.append(FieldRefusal(pointer, Code.COLUMN_TWICE))
        if any(union_data.looks_like(name) for name in (*mapping.columns, *mapping.ignored_columns)):
            faults.append(FieldRefusal(pointer, Code.UNION_DATA_REFUSED))
    return faults


def _shown(organisation_id: UUID, mapping: ImportMapping | None) -> ImportMappingRead:
    if mapping is None:
        empty = ImportMappingInput()
        return ImportMappingRead(organisation_id=organisation_id, version=0, people=empty.people, units=empty.units)
    said = {"organisationId": organisation_id, "version": mapping.version}
    return ImportMappingRead.model_validate(said | {"people": mapping.people, "units": mapping.units})
