"""The feed of changes over HTTP."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Response

from app.api.answers import PRIVATE, base_url
from app.api.dependencies import Reading, vault_of
from app.api.operations import BASE, router_of
from app.models.base import Link
from app.models.change import Changes
from app.services import changes
from app.services.tokens import TokenKey

router = router_of("changes")

GivenCursor = Annotated[
    str | None, Query(max_length=200, description="From the answer before; left out: from now on. Not made by hand.")
]


@router.get("/changes", response_model=Changes, summary="Read what has changed")
async def read_changes(call: Reading, cursor: GivenCursor = None) -> Response:
    """Which things have been created, updated or removed since the cursor, in the order in which that was committed,
    of the types that the client's scopes and the parties' consent let it read. A thing that the client may see only
    later, such as a record when it becomes final, is created then. Whoever has left, or was deleted by SCIM, is updated
    (`active` is false); removed is who was erased. To begin: get a cursor here, then read the lists,
    then ask here with the cursor. One that is older than 30 days, or from when the client saw fewer types, is answered
    with 410: begin again in the same way."""
    key: TokenKey = call.request.app.state.token_key
    found = await changes.read(call.work, vault_of(call.request), key, cursor)
    here = f"{base_url(call.request)}{BASE}/changes"
    asked = here if cursor is None else f"{here}?cursor={quote(cursor)}"
    found.links = [
        Link(href=asked, rel="self", method="GET"),
        Link(href=f"{here}?cursor={found.cursor}", rel="next", method="GET"),
    ]
    headers = {"Cache-Control": PRIVATE, "Vary": "Accept-Language, Authorization"}
    return Response(found.model_dump_json(by_alias=True), 200, headers, "application/json")
