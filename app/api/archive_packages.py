"""Archive packages over HTTP."""

from typing import Any

from fastapi import Request, Response

from app.api.answers import PRIVATE, tagged
from app.api.api_info import VERSION
from app.api.archive_keys import archive_keys_of
from app.api.file_turns import Export
from app.api.negotiation import JSON, best_type, etag, is_none_match
from app.api.operations import router_of
from app.api.session_records import SessionRecordId
from app.models.archive_package import ArchivePackageRead
from app.models.bounds import LARGEST_FILE
from app.services import archive_packages

router = router_of("archive-packages")

ZIP = "application/zip"
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            ZIP: {
                "schema": {
                    "type": "string",
                    "maxLength": LARGEST_FILE,
                    "contentMediaType": ZIP,
                    "description": "The files, stored as they are.",
                },
                "example": "PK",
            }
        }
    }
}


@router.get(
    "/session-records/{sessionRecordId}/archive-package",
    response_model=ArchivePackageRead,
    responses=_ZIP,
    summary="Read a final record as a signed package",
)
async def read_archive_package(asking: Export, session_record_id: SessionRecordId) -> Response:
    """The final record for the archive: content, decisions, registration and readable texts, with hashes and signature.

    Asked for as `application/zip` it is the file, which `larande verify` and common tools check without this service;
    as JSON it says what is in it. Everyone who may read the record gets the same file, until it is registered anew, the
    key or the service's version changes, or what the record does not name is called something else: the organisation,
    a party, the function of somebody who decided.
    """
    request = asking.request
    async with asking.turn():
        # In one transaction, for the service steps out of what a service client sees otherwise.
        async with asking.transaction() as call:
            gathered = await archive_packages.gather(call.work, session_record_id)
        made = await archive_packages.make(gathered, archive_keys_of(request).keys().signing, VERSION)
    if best_type(request, (JSON, ZIP)) == JSON:
        return tagged(request, made.shown, made.shown.version, f"/session-records/{session_record_id}/archive-package")
    return _file(request, made, f"protokoll-{session_record_id}.zip")


def _file(request: Request, made: archive_packages.Made, name: str) -> Response:
    tag = etag(made.shown.version, made.shown.package_hash)
    headers = {"ETag": tag, "Cache-Control": PRIVATE, "Vary": "Accept, Accept-Language, Authorization"}
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(made.content, 200, headers, ZIP)
