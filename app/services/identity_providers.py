"""Identity providers: registered, changed, switched off; and what people may choose among to sign in."""

from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import swedish_order
from app.models.email_domain import EmailDomain
from app.models.identity import Identity
from app.models.identity_provider import (
    BothLanguages,
    IdentityProvider,
    IdentityProviderCreate,
    IdentityProviderRead,
    IdentityProviderUpdate,
    SignInChoice,
    SignInChoices,
)
from app.models.person import Person
from app.models.sign_in import SignIn, SignInEnd, SignInMethod
from app.services import policy, sign_ins, wall
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.sign_ins import Opener
from app.services.vault import Vault
from app.services.work import Work, admit, changed, created, differing, find, shown

SORTS: dict[str, Columns] = {"name": (swedish_order(IdentityProvider.name_sv), col(IdentityProvider.id))}
CHOICES_AT_MOST = 100
SECRETS = "identity providers' client secrets"

_ITEMS = sa.select(
    col(IdentityProvider.id),
    col(IdentityProvider.issuer),
    col(IdentityProvider.name_sv),
    col(IdentityProvider.name_en),
    col(IdentityProvider.active),
).where(policy.visible(IdentityProvider))
_CHOICES = (
    sa.select(IdentityProvider)
    .where(col(IdentityProvider.active))
    .order_by(swedish_order(IdentityProvider.name_sv), col(IdentityProvider.id))
    .limit(CHOICES_AT_MOST)
)
_LISTED = _CHOICES.where(col(IdentityProvider.listed))
_OF_DOMAIN = _CHOICES.where(
    sa.exists().where(
        col(EmailDomain.domain) == sa.bindparam("domain", type_=sa.String),
        col(EmailDomain.verified_at).is_not(None),
        col(EmailDomain.identity_provider_id) == col(IdentityProvider.id),
    )
)


async def list_identity_providers(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_identity_providers")
    return await page(work, _ITEMS, SORTS, request)


async def create(work: Work, data: IdentityProviderCreate, vault: Vault, return_address: str) -> IdentityProviderRead:
    policy.require(work.actor, "create_identity_provider")
    provider_id = new_id()
    provider = IdentityProvider(
        id=provider_id,
        client_secret_sealed=sealed(vault, data.client_secret, provider_id),
        name_sv=data.name["sv"],
        name_en=data.name["en"],
        created_at=work.now,
        **data.model_dump(exclude={"client_secret", "name"}),
    )
    await created(work, "create_identity_provider", provider)
    return _shown(work, provider, return_address)


async def read(work: Work, provider_id: UUID, return_address: str) -> IdentityProviderRead:
    return _shown(work, await find(work, IdentityProvider, provider_id), return_address)


async def update(
    work: Work,
    provider_id: UUID,
    version: int,
    data: IdentityProviderUpdate,
    vault: Vault,
    return_address: str,
) -> IdentityProviderRead:
    """Switched off, it signs out everybody who signed in through it: it may be switched off for having been broken."""
    provider = await admit(work, "update_identity_provider", IdentityProvider, provider_id, version)
    sent: dict[str, Any] = data.model_dump(exclude_unset=True)
    if "name" in sent:
        name = sent.pop("name")
        sent |= {"name_sv": name["sv"], "name_en": name["en"]}
    if "client_secret" in sent:
        sent["client_secret_sealed"] = sealed(vault, sent.pop("client_secret"), provider_id)
    if changes := differing(provider, sent):
        await changed(work, "update_identity_provider", provider, changes)
        if changes.get("active") is False:
            await sign_out_through(work, provider_id)
    return _shown(work, provider, return_address)


async def sign_out_through(work: Work, provider_id: UUID, *, organisation_id: UUID | None = None) -> None:
    """End what people signed in to through the provider: everybody, or those of one organisation."""
    which = through(provider_id)
    if organisation_id is not None:
        people = sa.select(col(Person.id)).where(col(Person.organisation_id) == organisation_id)
        which = sa.and_(which, col(SignIn.person_id).in_(people))
    async with wall.beyond(work.session):  # an administrator sees nobody's accounts and sign-ins
        await sign_ins.end(work.session, which, SignInEnd.IDENTITY_PROVIDER_ENDED, work.now)


def through(provider_id: UUID) -> sa.ColumnElement[bool]:
    """Sign-ins of people known to the provider that an identity provider vouched for."""
    known = sa.select(col(Identity.person_id)).where(col(Identity.identity_provider_id) == provider_id)
    return sa.and_(col(SignIn.person_id).in_(known), col(SignIn.method) == SignInMethod.IDENTITY_PROVIDER)


def sealed(vault: Vault, client_secret: str, provider_id: UUID) -> bytes:
    return vault.seal(SECRETS, str(provider_id), client_secret.encode())


def secret_of(provider: IdentityProvider, vault: Vault) -> str:
    """Raises `BoxClosed` when the token secret has been changed since."""
    return vault.open(SECRETS, str(provider.id), provider.client_secret_sealed).decode()


def name_of(provider: IdentityProvider) -> BothLanguages:
    return cast("BothLanguages", {"sv": provider.name_sv, "en": provider.name_en})


async def choices(read_session: Opener, domain: str | None) -> SignInChoices:
    """Those that everybody is shown, or those of whoever has verified the domain; names alone."""
    async with read_session() as session:
        found = (
            await session.execute(_LISTED) if domain is None else await session.execute(_OF_DOMAIN, {"domain": domain})
        )
        providers = found.scalars().all()
    return SignInChoices(identity_providers=[SignInChoice(id=each.id, name=name_of(each)) for each in providers])


def _shown(work: Work, provider: IdentityProvider, return_address: str) -> IdentityProviderRead:
    return shown(work, IdentityProviderRead, provider, name=name_of(provider), return_address=return_address)
