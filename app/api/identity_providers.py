"""Identity providers over HTTP, and what people choose among to sign in."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Creating, Formed, Reading, Version, Writing, database_of, vault_of
from app.api.operations import router_of
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import Id
from app.models.email_domain import DomainName
from app.models.identity_provider import (
    IdentityProviderCreate,
    IdentityProviderItem,
    IdentityProviderRead,
    IdentityProviderUpdate,
    SignInChoices,
)
from app.services import identity_providers
from app.services.relying_party import RelyingParty
from app.services.wall import ENTRANCE
from app.services.work import Work

router = router_of("identity-providers")

IdentityProviderId = Annotated[Id, Path(alias="identityProviderId", description="The identity provider.")]


def _answer(call: Reading | Writing, provider: IdentityProviderRead, status: int = 200) -> Response:
    return single(call.request, provider, f"/identity-providers/{provider.id}", status=status)


def _return_address(call: Reading | Writing) -> str:
    party: RelyingParty = call.request.app.state.relying_party
    return party.return_address


@router.get(
    "/auth/sign-in-choices",
    summary="Read the ways to sign in",
    openapi_extra={"security": []},
)
async def read_sign_in_choices(
    request: Request,
    _formed: Formed,
    domain: Annotated[
        DomainName | None,
        Query(description="What stands after @ in an e-mail address. Never send the address itself."),
    ] = None,
) -> SignInChoices:
    """The identity providers to show on a page to sign in, by name: of an e-mail domain, or those shown to everybody.

    Where an e-mail domain has a provider, its people have no passwords here.
    """
    return await identity_providers.choices(partial(database_of(request).read, ENTRANCE), domain)


@router.get("/identity-providers", response_model=page_of(IdentityProviderItem), summary="List identity providers")
async def list_identity_providers(
    call: Reading,
    sort: Annotated[NameOrder, Query(description="Order of the Swedish names.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The identity providers of the installation."""
    request = asked(page, limit, after, sort)
    found = await identity_providers.list_identity_providers(call.work, request)
    return listed(call, IdentityProviderItem, found, request)


@router.post(
    "/identity-providers", response_model=IdentityProviderRead, status_code=201, summary="Register an identity provider"
)
async def create_identity_provider(call: Creating, provider: IdentityProviderCreate) -> Response:
    """An OpenID provider that finds itself by discovery. It signs nobody in until an e-mail domain is bound to it."""
    back = _return_address(call)

    async def again(work: Work, provider_id: UUID) -> IdentityProviderRead:
        return await identity_providers.read(work, provider_id, back)

    made = await call.once(lambda: identity_providers.create(call.work, provider, vault_of(call.request), back), again)
    return _answer(call, made, 201)


@router.get(
    "/identity-providers/{identityProviderId}",
    response_model=IdentityProviderRead,
    summary="Read an identity provider",
)
async def read_identity_provider(call: Reading, provider_id: IdentityProviderId) -> Response:
    """An identity provider, without its secret."""
    return _answer(call, await identity_providers.read(call.work, provider_id, _return_address(call)))


@router.patch(
    "/identity-providers/{identityProviderId}",
    response_model=IdentityProviderRead,
    summary="Change an identity provider",
)
async def update_identity_provider(
    call: Writing, version: Version, provider_id: IdentityProviderId, provider: IdentityProviderUpdate
) -> Response:
    """Change the registration, put in a new secret, or switch it off: then all who signed in through it are out."""
    changed = await identity_providers.update(
        call.work, provider_id, version, provider, vault_of(call.request), _return_address(call)
    )
    return _answer(call, changed)
