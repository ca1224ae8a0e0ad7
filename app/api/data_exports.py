"""A person's own data over HTTP."""

from fastapi import Response

from app.api.answers import tagged
from app.api.dependencies import Writing
from app.api.operations import router_of
from app.api.people import PersonId
from app.models.data_export import DataExportRead
from app.services import data_exports

router = router_of("people")


@router.get(
    "/people/{personId}/data-export", response_model=DataExportRead, summary="Read all that is stored about you"
)
async def read_data_export(call: Writing, person_id: PersonId) -> Response:
    """Everything that is stored about you, by kind, with what it is kept for and by which right. It is yours alone."""
    # In one transaction, for the service steps out of what the person sees otherwise.
    export = await data_exports.read(call.work, person_id)
    return tagged(call.request, export, export.version, f"/people/{person_id}/data-export")
