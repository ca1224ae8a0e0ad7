"""To an identity provider and back: asked for, used once within ten minutes, by the browser that asked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.authorisation_request import (
    AuthorisationCodeGrant,
    AuthorisationRequest,
    AuthorisationRequestCreate,
)
from app.models.columns import UtcDateTime
from app.models.identity_provider import IdentityProvider
from app.models.person import Person
from app.models.second_factor import Proof
from app.models.sign_in import LinkKind, SignIn, SignInEnd, SignInMethod
from app.services import (
    identities,
    identity_bindings,
    identity_providers,
    invitations,
    proofs,
    provider_attempts,
    sign_ins,
)
from app.services.errors import Code, Refusal
from app.services.places import Place
from app.services.provider_turns import NoTurn
from app.services.relying_party import Client, ProviderAway, ProviderRefuses, RelyingParty, Secrets
from app.services.sign_ins import Entrance, Granted, digest, new_token
from app.services.tokens import Claims
from app.services.vault import BoxClosed, Vault

VALID = timedelta(minutes=10)
RETRY_AFTER_S = 30
RETRY_WHEN_BUSY_S = 2
SWEPT_AT_ONCE = 100
_INVITATIONS = (LinkKind.INVITATION,)

_log = structlog.get_logger("larande.identity_providers")


@dataclass(frozen=True)
class Doorway:
    """What signing in through a provider needs besides an entrance."""

    party: RelyingParty
    vault: Vault


@dataclass(frozen=True)
class SentOut:
    """Where the browser goes, and what it keeps to be known by when it comes back."""

    url: str = field(repr=False)
    browser: str = field(repr=False)


_SIGNED_IN = (
    sa.select(Person)
    .join(SignIn, col(SignIn.person_id) == col(Person.id))
    .where(
        col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid),
        col(SignIn.id) == sa.bindparam("sign_in_id", type_=sa.Uuid),
        col(SignIn.ended_at).is_(None),
        col(Person.active),
    )
)
# The person first, like everybody who changes what is theirs; in this order PostgreSQL takes the locks.
_STILL_SIGNED_IN = _SIGNED_IN.with_for_update(of=(Person, SignIn), key_share=True)
_EXPIRED = (
    sa.select(col(AuthorisationRequest.state_hash))
    .where(col(AuthorisationRequest.expires_at) <= sa.bindparam("now", type_=UtcDateTime))
    .limit(SWEPT_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(AuthorisationRequest).where(col(AuthorisationRequest.state_hash).in_(_EXPIRED))
_THIS = sa.and_(
    col(AuthorisationRequest.state_hash) == sa.bindparam("state_hash", type_=sa.LargeBinary),
    col(AuthorisationRequest.browser_hash) == sa.bindparam("browser_hash", type_=sa.LargeBinary),
    col(AuthorisationRequest.expires_at) > sa.bindparam("now", type_=UtcDateTime),
)
_PROVIDER = (
    sa.select(IdentityProvider)
    .join(AuthorisationRequest, col(AuthorisationRequest.identity_provider_id) == col(IdentityProvider.id))
    .where(_THIS, col(IdentityProvider.active))
)
_TAKE = sa.delete(AuthorisationRequest).where(_THIS).returning(AuthorisationRequest)


async def create(
    entrance: Entrance, doorway: Doorway, data: AuthorisationRequestCreate, claims: Claims | None, place: Place
) -> SentOut:
    """A way to the provider for one browser. The database holds nothing with which another could go it.

    It is counted by place before anything else is done. Whoever links an account to themselves proves who they are.
    """
    now = entrance.clock()
    secrets = Secrets(state=new_token(), browser=new_token())
    way = digest(secrets.state)
    async with entrance.write() as session:
        await provider_attempts.count_in(session, entrance.key, way, place, now)
    async with entrance.read() as session:
        provider = await session.get(IdentityProvider, data.identity_provider_id)
        person = await _to_be_linked(session, data, claims, now)
        bound = person is None or await identity_bindings.is_bound(
            session, person.organisation_id, data.identity_provider_id
        )
    if provider is None or not provider.active or not bound:
        raise Refusal(Code.UNKNOWN_IDENTITY_PROVIDER, "/identityProviderId")
    if data.link_to_me and claims is not None:
        await _prove(entrance, doorway, claims, data.password, place)
    try:
        url = await doorway.party.authorisation_url(_client(provider, doorway.vault), secrets)
    except ProviderAway as away:
        raise await _away(entrance, way, provider, away) from None
    async with entrance.write() as session:
        await session.execute(_SWEEP, {"now": now})
        linked = claims if data.link_to_me else None
        if linked is not None:
            # Held: of somebody who is being erased meanwhile no request is left.
            own = {"person_id": linked.person_id, "sign_in_id": linked.sign_in_id}
            if (await session.execute(_STILL_SIGNED_IN, own)).first() is None:
                raise Refusal(Code.TOKEN_INVALID)
        session.add(
            AuthorisationRequest(
                state_hash=way,
                browser_hash=digest(secrets.browser),
                identity_provider_id=provider.id,
                invitation_hash=digest(data.invitation_token) if data.invitation_token else None,
                person_id=linked.person_id if linked else None,
                sign_in_id=linked.sign_in_id if linked else None,
                expires_at=now + VALID,
            )
        )
        await session.flush()
    return SentOut(url, secrets.browser)


async def finish(
    entrance: Entrance, doorway: Doorway, grant: AuthorisationCodeGrant, browser: str | None, place: Place
) -> Granted:
    """A new family for whom the provider vouched. The state is used up, whatever comes of it.

    But not before there is a turn to ask the provider: who is told to come again can.
    """
    if browser is None:
        raise Refusal(Code.AUTHORISATION_REFUSED)
    secrets = Secrets(grant.state, browser)
    way = digest(secrets.state)
    async with entrance.read() as session:
        now = entrance.clock()
        found = await session.execute(_PROVIDER, _given(secrets, now))
        provider: IdentityProvider | None = found.scalar_one_or_none()
        caller = await provider_attempts.caller_of(session, entrance.key, place, now)
    if provider is None:
        raise Refusal(Code.AUTHORISATION_REFUSED)
    try:
        client = _client(provider, doorway.vault)
        with doorway.party.turns.take(client.issuer, caller):
            async with entrance.write() as session:
                asked = (await session.execute(_TAKE, _given(secrets, entrance.clock()))).scalar_one_or_none()
            if asked is None:
                raise Refusal(Code.AUTHORISATION_REFUSED)
            subject = await doorway.party.subject(client, secrets, grant.code, grant.iss, entrance.clock())
    except NoTurn:
        raise Refusal(Code.IDENTITY_PROVIDER_AWAY, retry_after=RETRY_WHEN_BUSY_S) from None
    except ProviderAway as away:
        raise await _away(entrance, way, provider, away) from None
    except ProviderRefuses as refused:
        _log.warning("sign-in refused", identity_provider_id=str(provider.id), reason=str(refused))
        raise Refusal(Code.AUTHORISATION_REFUSED) from None
    async with entrance.write() as session:
        now = entrance.clock()
        person = await _person(session, asked, subject, now)
        await provider_attempts.forget(session, way)
        return await sign_ins.begin(session, entrance.key, person.id, place, SignInMethod.IDENTITY_PROVIDER, now)


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Delete some of those that count no more, also when nobody asks for another. Says whether there may be more."""
    gone = await session.execute(_SWEEP.returning(col(AuthorisationRequest.state_hash)), {"now": now})
    return len(gone.all()) == SWEPT_AT_ONCE


def _given(secrets: Secrets, now: datetime) -> dict[str, Any]:
    """What finds the request of this state and this browser."""
    return {"state_hash": digest(secrets.state), "browser_hash": digest(secrets.browser), "now": now}


async def _prove(entrance: Entrance, doorway: Doorway, claims: Claims, password: str | None, place: Place) -> None:
    """A token left open or stolen gives nobody an own way in."""
    if password is not None:
        await proofs.prove(entrance, doorway.vault, claims.person_id, Proof(password=password), place)
        return
    async with entrance.read() as session:
        await proofs.demand_fresh(session, claims.sign_in_id, entrance.clock(), "/password")


async def _to_be_linked(
    session: AsyncSession, data: AuthorisationRequestCreate, claims: Claims | None, now: datetime
) -> Person | None:
    if data.invitation_token is not None:
        invited = await invitations.invited(session, digest(data.invitation_token), now, kinds=_INVITATIONS)
        if invited is None:
            raise Refusal(Code.INVITATION_REFUSED, "/invitationToken")
        return invited
    if not data.link_to_me:
        return None
    if claims is None:
        raise TypeError("nobody is signed in to be linked")
    own = {"person_id": claims.person_id, "sign_in_id": claims.sign_in_id}
    person = (await session.execute(_SIGNED_IN, own)).scalar_one_or_none()
    if person is None:
        raise Refusal(Code.TOKEN_INVALID)
    return person


async def _person(session: AsyncSession, asked: AuthorisationRequest, subject: str, now: datetime) -> Person:
    """Whose sign-in it is: whoever has linked the account, or is linked to it now."""
    provider_id = asked.identity_provider_id
    if asked.invitation_hash is not None:
        person = await invitations.invited(session, asked.invitation_hash, now, kinds=_INVITATIONS, hold=True)
        if person is None:
            raise Refusal(Code.AUTHORISATION_REFUSED)
        await invitations.use_up(session, person.id, now)
        # Who was let in anew may have lost the old way to a thief: as with a new password, what it opened is shut.
        await sign_ins.end(session, col(SignIn.person_id) == person.id, SignInEnd.IDENTITY_CHANGED, now)
    elif asked.person_id is not None:
        given = {"person_id": asked.person_id, "sign_in_id": asked.sign_in_id}
        person = (await session.execute(_STILL_SIGNED_IN, given)).scalar_one_or_none()
        if person is None:
            raise Refusal(Code.AUTHORISATION_REFUSED)
    else:
        return await identities.linked(session, provider_id, subject)
    await identities.link(session, person, provider_id, subject, now, by_sign_in=asked.sign_in_id)
    return person


def _client(provider: IdentityProvider, vault: Vault) -> Client:
    try:
        secret = identity_providers.secret_of(provider, vault)
    except BoxClosed:
        raise ProviderAway("its client secret was sealed with another token secret") from None
    return Client(provider.issuer, provider.client_id, tuple(provider.scopes), provider.signing_algorithm, secret)


async def _away(entrance: Entrance, way: bytes, provider: IdentityProvider, reason: ProviderAway) -> Refusal:
    _log.warning("identity provider away", identity_provider_id=str(provider.id), reason=str(reason))
    async with entrance.write() as session:
        await provider_attempts.forget(session, way)
    return Refusal(Code.IDENTITY_PROVIDER_AWAY, retry_after=RETRY_AFTER_S)
