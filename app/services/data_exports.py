"""A person's own data: everything that is stored about them, complete and for machines to read."""

import json
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

from app.models.data_export import DataExportRead, ExportedTable
from app.models.person import Person
from app.services import queue, wall
from app.services.errors import Code, Refusal
from app.services.personal_data import PLACES, WAITING_MAIL, Place
from app.services.work import Work, admit

_SEALED = "address"
"""In a job, for the worker alone: a former address of the person's own."""


async def read(work: Work, person_id: UUID) -> DataExportRead:
    """In the order of PLACES; the queue, whose tables are a library's, comes last. Wants a transaction."""
    person = await admit(work, "read_data_export", Person, person_id)
    # Out there no wall is left. So this once it is asked directly, and not the policy alone.
    if not await wall.is_of(work.session, person.id):
        raise Refusal(Code.NOT_YOUR_ROLE)
    # What a service keeps to know somebody again by is shown to them here alone.
    async with wall.beyond(work.session):
        tables = [await _table(work, place, person.id) for place in PLACES]
        tables += [await _mails(work, entrypoint, person.id) for entrypoint in WAITING_MAIL]
    return DataExportRead(version=person.version, person_id=person.id, tables=tables)


async def _table(work: Work, place: Place, person_id: UUID) -> ExportedTable:
    found = await (await work.session.connection()).execute(_rows(place), {"person_id": person_id})
    rows: list[dict[str, Any]] = to_jsonable_python(
        [{to_camel(name): value for name, value in row.items()} for row in found.mappings()]
    )
    return ExportedTable(
        table=to_camel(place.name),
        purpose=place.purpose,
        legal_ground=place.legal_ground,
        withheld_fields=[to_camel(name) for name in place.withheld],
        rows=rows,
    )


async def _mails(work: Work, entrypoint: str, person_id: UUID) -> ExportedTable:
    jobs = [json.loads(job) for job in await queue.waiting_with(work.session, entrypoint, str(person_id).encode())]
    return ExportedTable(
        table="waitingMail",
        purpose=WAITING_MAIL[entrypoint],
        legal_ground=PLACES[0].legal_ground,
        withheld_fields=[_SEALED] if any(_SEALED in job for job in jobs) else [],
        rows=[{name: value for name, value in job.items() if name not in {"person", _SEALED}} for job in jobs],
    )


@cache
def _rows(place: Place) -> sa.Select[Any]:
    table = sa.inspect(place.row_type).local_table
    return sa.select(*place.columns).where(place.whose).order_by(*table.primary_key.columns)
