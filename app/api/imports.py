"""Imports over HTTP: a file is sent, its plan is read, and exactly that plan is applied."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single, tagged
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.negotiation import CSV, JSON, XLSX, sent_type
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, ByPlace, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.hr_import import ImportApplication, ImportItem, ImportMode, ImportRead, ImportState, ImportSubject
from app.models.import_change import ImportChangeItem, PlannedStep
from app.models.import_mapping import ImportMappingInput, ImportMappingRead
from app.services import import_applications, import_changes, import_mappings, imports
from app.services.table_files import MOST_BYTES, FileFormat

router = router_of("imports")

ImportId = Annotated[Id, Path(alias="importId", description="The import.")]
FORMATS = {CSV: FileFormat.CSV, XLSX: FileFormat.XLSX, JSON: FileFormat.JSON}
_PEOPLE = [{"externalId": "A-4711", "name": "Åsa Lindqvist", "email": "asa.lindqvist@havochvatten.example"}]
_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file, at most 16 MiB and 100,000 rows: CSV in UTF-8 or Windows-1252 with `;` or `,`, the "
        "first sheet of an XLSX workbook, or a JSON list of flat objects. The first row names the columns.",
        "content": {
            CSV: {
                "schema": {"type": "string", "maxLength": MOST_BYTES},
                "example": "externalId;name;email\nA-4711;Åsa Lindqvist;asa.lindqvist@havochvatten.example\n",
            },
            XLSX: {"schema": {"type": "string", "format": "binary", "maxLength": MOST_BYTES}},
            JSON: {"schema": {"$ref": "#/components/schemas/ImportRows"}, "example": _PEOPLE},
        },
    }
}


def _answer(call: Call, hr_import: ImportRead, status: int = 200) -> Response:
    return single(call.request, hr_import, f"/imports/{hr_import.id}", status=status)


@router.get(
    "/organisations/{organisationId}/imports",
    response_model=page_of(ImportItem),
    summary="List an organisation's imports",
)
async def list_imports(
    call: Reading,
    organisation_id: OrganisationId,
    sort: ByCreation = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Files that were planned or applied, and whole trees that were put in place."""
    request = asked(page, limit, after, sort)
    return listed(call, ImportItem, await imports.list_of_organisation(call.work, organisation_id, request), request)


@router.post(
    "/organisations/{organisationId}/imports",
    response_model=ImportRead,
    status_code=201,
    summary="Plan an import",
    openapi_extra=_FILE,
)
async def create_import(
    call: Creating,
    organisation_id: OrganisationId,
    subject: Annotated[ImportSubject, Query(description="What the file is about.")] = ImportSubject.PEOPLE,
    mode: Annotated[
        ImportMode,
        Query(
            description="`snapshot`: the file is everybody, and whoever it does not name has left. `delta`: it is "
            "what has changed."
        ),
    ] = ImportMode.DELTA,
) -> Response:
    """What a file would change, row by row checked. Nothing changes yet: apply the plan by its hash (`apply_import`).

    People are known by `externalId`, or once by the e-mail address they have here already; no address is ever changed
    by a file. Fields of people: `externalId`, `name` (or `givenName` and `familyName`), `email`, `language`,
    `unitExternalId`, `active`, `effectiveOn`; of units: `externalId`, `name`, `parentExternalId`, `headcount`,
    `effectiveOn`, `lastDay`, `mergedIntoExternalId`. Columns of other names are mapped or left out by
    `replace_import_mapping`, and refused otherwise. Rows of people with an error are left as they are; a tree with an
    error anywhere cannot be applied. Anything that looks like union membership is refused and counted.
    """
    content = await call.request.body()
    form = FORMATS[sent_type(call.request)]
    made = await call.once(
        lambda: imports.create(call.work, organisation_id, subject, mode, content, form), imports.read
    )
    return _answer(call, made, 201)


@router.get("/imports/{importId}", response_model=ImportRead, summary="Read an import")
async def read_import(call: Reading, import_id: ImportId) -> Response:
    """The plan, or the report once it is applied: seen, created, changed, deactivated, refused, and who is here but
    not in the file."""
    return _answer(call, await imports.read(call.work, import_id))


@router.get(
    "/imports/{importId}/changes",
    response_model=page_of(ImportChangeItem),
    summary="List what an import's plan would do",
)
async def list_import_changes(
    call: Reading,
    import_id: ImportId,
    change: Annotated[PlannedStep | None, Query(description="Only those of this kind.")] = None,
    sort: ByPlace = "position",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Everything that would happen, kind by kind, with what each person or unit is now and would become: to be reviewed
    before it is applied. Then what is kept for later days, and who is here but not in the file. 410 once the plan is
    applied or has lapsed: it names people, and is not kept."""
    request = asked(page, limit, after, sort)
    return listed(
        call, ImportChangeItem, await import_changes.list_of_import(call.work, import_id, change, request), request
    )


@router.post(
    "/imports/{importId}/applications",
    response_model=ImportRead,
    status_code=201,
    responses={202: {"model": ImportRead}},
    summary="Apply an import's plan",
)
async def apply_import(
    call: Creating, version: Version, import_id: ImportId, application: ImportApplication
) -> Response:
    """Exactly the plan that was reviewed, all of it or nothing. It is refused when what it changes is no longer as it
    was planned on, and when more people would leave, or a service client would close more units, than the
    organisation's brake lets through: a system administrator releases them first (`create_deactivation_release`).

    A plan of more than 1,000 changes is answered 202: the import is `applying`, and read again until it is `applied`.
    What is refused then is in `failureCode`.
    """
    made = await call.once(lambda: import_applications.apply(call.work, import_id, version, application), imports.read)
    return _answer(call, made, 202 if made.state is ImportState.APPLYING else 201)


def _mapping(call: Call, mapping: ImportMappingRead) -> Response:
    path = f"/organisations/{mapping.organisation_id}/import-mapping"
    return tagged(call.request, mapping, mapping.version, path)


@router.get(
    "/organisations/{organisationId}/import-mapping",
    response_model=ImportMappingRead,
    summary="Read what the columns of files mean",
)
async def read_import_mapping(call: Reading, organisation_id: OrganisationId) -> Response:
    """The organisation's own column names, beside those the service knows; version 0 before there are any."""
    return _mapping(call, await import_mappings.read(call.work, organisation_id))


@router.put(
    "/organisations/{organisationId}/import-mapping",
    response_model=ImportMappingRead,
    summary="Say what the columns of files mean",
)
async def replace_import_mapping(
    call: Writing, version: Version, organisation_id: OrganisationId, mapping: ImportMappingInput
) -> Response:
    """For every import from now on. Columns of union membership can be neither mapped nor left out."""
    return _mapping(call, await import_mappings.replace(call.work, organisation_id, version, mapping))
