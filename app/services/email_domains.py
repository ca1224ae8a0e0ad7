"""E-mail domains: claimed by an organisation, verified by DNS, bound to the provider that signs its people in."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.email_domain import (
    CHALLENGE_HOST,
    BoundProvider,
    DnsRecord,
    EmailDomain,
    EmailDomainCreate,
    EmailDomainRead,
    EmailDomainUpdate,
)
from app.models.identity_provider import IdentityProvider
from app.models.organisation import Organisation
from app.services import identity_providers, policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, find, removed, shown

LookUp = Callable[[str], Awaitable[list[str]]]
"""The texts that DNS holds under a name. Raises `NameServiceAway`."""

SORTS: dict[str, Columns] = {"domain": (sa.collate(col(EmailDomain.domain), "C"), col(EmailDomain.id))}

_ITEMS = sa.select(col(EmailDomain.id), col(EmailDomain.domain), col(EmailDomain.verified_at)).where(
    col(EmailDomain.organisation_id) == sa.bindparam("organisation_id"), policy.visible(EmailDomain)
)


class NameServiceAway(Exception):
    """DNS cannot be asked now; the message is one line for whoever runs this."""


async def list_email_domains(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_email_domains", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: EmailDomainCreate) -> EmailDomainRead:
    """A claim takes nothing from anybody: others may claim the same domain until somebody has proved it."""
    await admit(work, "create_email_domain", Organisation, organisation_id)
    email_domain = EmailDomain(
        organisation_id=organisation_id,
        domain=data.domain,
        challenge=secrets.token_urlsafe(32),
        created_at=work.now,
    )
    await created(work, "create_email_domain", email_domain)
    return await _shown(work, email_domain)


async def read(work: Work, email_domain_id: UUID) -> EmailDomainRead:
    return await _shown(work, await find(work, EmailDomain, email_domain_id))


async def verify(work: Work, email_domain_id: UUID, version: int, look_up: LookUp) -> EmailDomainRead:
    """Ask DNS whether the domain is the organisation's. It is answered within seconds, and by administrators alone."""
    email_domain = await admit(work, "verify_email_domain", EmailDomain, email_domain_id, version)
    record = _record(email_domain)
    try:
        texts = await look_up(record.name)
    except NameServiceAway:
        raise Refusal(Code.NAME_SERVICE_AWAY, retry_after=30) from None
    if not any(hmac.compare_digest(text.encode("utf-8", "replace"), record.value.encode()) for text in texts):
        raise Refusal(Code.DOMAIN_NOT_PROVED)
    await changed(work, "verify_email_domain", email_domain, {"verified_at": work.now})
    return await _shown(work, email_domain)


async def update(work: Work, email_domain_id: UUID, version: int, data: EmailDomainUpdate) -> EmailDomainRead:
    """Bind the domain to a provider or to none. Those whom the former provider signed in are signed out."""
    email_domain = await admit(work, "update_email_domain", EmailDomain, email_domain_id, version)
    before = email_domain.identity_provider_id
    if "identity_provider_id" in data.model_fields_set and data.identity_provider_id != before:
        after = data.identity_provider_id
        if after is not None:
            await _check_provider(work, after)
        await changed(work, "update_email_domain", email_domain, {"identity_provider_id": after})
        await _sign_out(work, email_domain.organisation_id, before)
    return await _shown(work, email_domain)


async def delete(work: Work, email_domain_id: UUID, version: int) -> None:
    """Give the domain up: from now on another organisation may prove it."""
    email_domain = await admit(work, "delete_email_domain", EmailDomain, email_domain_id, version)
    await removed(work, "delete_email_domain", email_domain)
    await _sign_out(work, email_domain.organisation_id, email_domain.identity_provider_id)


async def _check_provider(work: Work, provider_id: UUID) -> None:
    provider = await work.session.get(IdentityProvider, provider_id)
    if provider is None or not provider.active:
        raise Refusal(Code.UNKNOWN_IDENTITY_PROVIDER, "/identityProviderId")


async def _sign_out(work: Work, organisation_id: UUID, provider_id: UUID | None) -> None:
    if provider_id is None:
        return
    another = sa.select(col(EmailDomain.id)).where(
        col(EmailDomain.organisation_id) == organisation_id, col(EmailDomain.identity_provider_id) == provider_id
    )
    if (await work.session.execute(another.limit(1))).first() is None:
        await identity_providers.sign_out_through(work, provider_id, organisation_id=organisation_id)


def _record(email_domain: EmailDomain) -> DnsRecord:
    return DnsRecord(
        name=f"{CHALLENGE_HOST}.{email_domain.domain}", type="TXT", value=f"larande={email_domain.challenge}"
    )


async def _shown(work: Work, email_domain: EmailDomain) -> EmailDomainRead:
    bound = None
    if email_domain.identity_provider_id is not None:
        provider = await work.session.get_one(IdentityProvider, email_domain.identity_provider_id)
        bound = BoundProvider(id=provider.id, name=identity_providers.name_of(provider))
    return shown(work, EmailDomainRead, email_domain, dns_record=_record(email_domain), identity_provider=bound)
