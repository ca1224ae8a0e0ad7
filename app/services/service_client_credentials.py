"""A service client's secrets: shown once, at most two at a time so that one can follow the other without a gap."""

import secrets
from uuid import UUID

from app.models.service_client import ServiceClient
from app.models.service_client_credential import (
    SECRET_PREFIX,
    ServiceClientCredential,
    ServiceClientCredentialCreate,
    ServiceClientCredentialRead,
)
from app.services.errors import Code, Refusal
from app.services.service_clients import check_expiry, credentials_of
from app.services.sign_ins import digest
from app.services.work import Work, admit, created, find, removed, shown

SECRET_BYTES = 32
LIVE_AT_MOST = 2


async def create(work: Work, client_id: UUID, data: ServiceClientCredentialCreate) -> ServiceClientCredentialRead:
    """The only answer that holds the secret. Those that have expired make way."""
    client = await admit(work, "create_service_client_credential", ServiceClient, client_id)
    expires_at = data.expires_at or client.expires_at
    check_expiry(work, expires_at, client.expires_at)
    live = 0
    for earlier in await credentials_of(work, client.id):
        if earlier.expires_at <= work.now:
            await removed(work, "create_service_client_credential", earlier)
        else:
            live += 1
    if live >= LIVE_AT_MOST:
        raise Refusal(Code.TWO_SECRETS_LIVE)
    value = SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    credential = ServiceClientCredential(
        organisation_id=client.organisation_id,
        service_client_id=client.id,
        secret_hash=digest(value),
        expires_at=expires_at,
        created_at=work.now,
    )
    await created(work, "create_service_client_credential", credential)
    return shown(work, ServiceClientCredentialRead, credential, secret=value)


async def read(work: Work, credential_id: UUID) -> ServiceClientCredentialRead:
    return shown(
        work, ServiceClientCredentialRead, await find(work, ServiceClientCredential, credential_id), secret=None
    )


async def delete(work: Work, credential_id: UUID, version: int) -> None:
    """From this moment nobody gets in by it, nor by a token that was got with it."""
    # The client first, as everybody who holds both.
    client_id = (await find(work, ServiceClientCredential, credential_id)).service_client_id
    await find(work, ServiceClient, client_id, lock=True)
    credential = await admit(work, "delete_service_client_credential", ServiceClientCredential, credential_id, version)
    await removed(work, "delete_service_client_credential", credential)
