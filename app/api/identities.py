"""One's accounts at identity providers over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import Id
from app.models.identity import IdentityItem, IdentityRead
from app.services import identities

router = router_of("me")

IdentityId = Annotated[Id, Path(alias="identityId", description="The account.")]


@router.get("/me/identities", response_model=page_of(IdentityItem), summary="List one's accounts to sign in with")
async def list_my_identities(
    call: Reading,
    sort: Annotated[NameOrder, Query(description="Order of the providers' Swedish names.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Your accounts at identity providers that are linked to you here. Nobody else sees them."""
    request = asked(page, limit, after, sort)
    return listed(call, IdentityItem, await identities.list_my_identities(call.work, request), request)


@router.get("/identities/{identityId}", response_model=IdentityRead, summary="Read one's account to sign in with")
async def read_identity(call: Reading, identity_id: IdentityId) -> Response:
    """An account of yours at an identity provider."""
    found = await identities.read(call.work, identity_id)
    return single(call.request, found, f"/identities/{found.id}")


@router.delete("/identities/{identityId}", status_code=204, summary="Unlink one's account")
async def unlink_identity(call: Writing, version: Version, identity_id: IdentityId) -> Response:
    """The account signs nobody in any more, and every sign-in through it ends. A new invitation is the way back."""
    await identities.unlink(call.work, identity_id, version)
    return nothing()
