"""Who a signed-in person is today: roles, seats, tables and sessions led, in one round trip.

And what a service client is let in for now, in one too.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import Language, UtcDateTime
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.mandate import Mandate, valid_on
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState, Side
from app.models.person import Person
from app.models.service_client import INCLUDED, SCOPES_BY_CONSENT, Scope, ServiceClient, ServiceClientState
from app.models.service_client_credential import ServiceClientCredential
from app.models.sign_in import FAMILY_AT_MOST, SignIn
from app.models.working_group import WorkingGroup, WorkingGroupParty
from app.services.actor import NO_SIGN_IN, Actor, Seat
from app.services.errors import Code, Refusal
from app.services.networks import is_within
from app.services.tokens import ClientClaims

_TODAY = sa.bindparam("today", type_=sa.Date)
_PERSON = sa.bindparam("person_id", type_=sa.Uuid)


def _gathered(*columns: Any, rows: sa.FromClause, where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """The rows as one JSON list of lists, so that everything about a person comes in one statement."""
    each = sa.func.jsonb_build_array(*columns)
    return (
        sa.select(sa.func.coalesce(sa.func.jsonb_agg(each), sa.cast(sa.literal("[]"), JSONB)))
        .select_from(rows)
        .where(where)
        .scalar_subquery()
    )


_OWN_VALID_MANDATE = sa.and_(col(Mandate.person_id) == _PERSON, valid_on(_TODAY), col(Party.state) == PartyState.ACTIVE)
_SEATS = _gathered(
    col(Mandate.id),
    col(Mandate.party_id),
    col(Party.side),
    col(Mandate.organisation_id),
    col(Mandate.working_group_id),
    rows=sa.join(Mandate, Party, col(Mandate.party_id) == col(Party.id)),
    where=_OWN_VALID_MANDATE,
)
_SEATED = sa.join(
    sa.join(Mandate, Party, col(Mandate.party_id) == col(Party.id)),
    WorkingGroupParty,
    sa.and_(
        col(WorkingGroupParty.party_id) == col(Mandate.party_id),
        sa.or_(
            col(Mandate.working_group_id).is_(None),
            col(Mandate.working_group_id) == col(WorkingGroupParty.working_group_id),
        ),
    ),
)
_TABLES = _gathered(
    col(WorkingGroupParty.working_group_id),
    col(WorkingGroupParty.party_id),
    rows=_SEATED,
    where=_OWN_VALID_MANDATE,
)
_OWN_TABLES = sa.select(col(WorkingGroupParty.working_group_id)).select_from(_SEATED).where(_OWN_VALID_MANDATE)
# A session that is not held gives whoever was to lead it nothing to see, in its group or elsewhere.
_LED = sa.and_(
    col(DialogueSession.facilitator_id) == _PERSON, col(DialogueSession.state) != DialogueSessionState.CANCELLED
)
_FACILITATED = _gathered(
    col(DialogueSession.id),
    col(DialogueSession.working_group_id),
    rows=DialogueSession.__table__,  # type: ignore[attr-defined]
    where=_LED,
)
# One side proposes a group alone. Who speaks for the others is nothing to it until they have agreed to meet.
_STARTED_GROUPS = sa.and_(
    col(WorkingGroup.started_at).is_not(None),
    sa.or_(
        col(WorkingGroup.id).in_(_OWN_TABLES),
        col(WorkingGroup.id).in_(sa.select(col(DialogueSession.working_group_id)).where(_LED)),
    ),
)
_STARTED = _gathered(
    col(WorkingGroup.id),
    rows=WorkingGroup.__table__,  # type: ignore[attr-defined]
    where=_STARTED_GROUPS,
)
_MET_SEAT = sa.orm.aliased(WorkingGroupParty)
_OWN_PARTIES = (
    sa.select(col(Mandate.party_id)).join(Party, col(Party.id) == col(Mandate.party_id)).where(_OWN_VALID_MANDATE)
)
_MET = _gathered(
    col(_MET_SEAT.party_id),
    rows=sa.inspect(_MET_SEAT).selectable,
    where=sa.or_(
        col(_MET_SEAT.working_group_id).in_(sa.select(col(WorkingGroup.id)).where(_STARTED_GROUPS)),
        col(_MET_SEAT.party_id).in_(_OWN_PARTIES),
    ),
)
_ACTOR = sa.select(
    col(Person.organisation_id),
    col(Person.language),
    col(Person.roles),
    _SEATS,
    _TABLES,
    _FACILITATED,
    _MET,
    _STARTED,
    # This statement alone is planned once for each connection: it looks for rows by their ids, and to plan it takes
    # several times as long as to carry it out. `larande_enter` said so just before; from here on it is as ever.
    sa.func.set_config("plan_cache_mode", "force_custom_plan", False),
).where(col(Person.id) == _PERSON, col(Person.active))
_SIGNED_IN = _ACTOR.where(
    sa.exists().where(
        col(SignIn.id) == sa.bindparam("sign_in_id", type_=sa.Uuid),
        col(SignIn.person_id) == col(Person.id),
        col(SignIn.ended_at).is_(None),
        # No family of tokens lives longer: an older one, never signed out, is of use only to a thief of secrets.
        col(SignIn.started_at) >= sa.bindparam("oldest", type_=sa.Date),
    )
)


async def load(session: AsyncSession, person_id: UUID, sign_in_id: UUID, today: date) -> Actor:
    """The actor behind a verified token; an inactive person or an ended sign-in is nobody."""
    connection = await session.connection()
    oldest = today - FAMILY_AT_MOST
    given = {"person_id": person_id, "sign_in_id": sign_in_id, "today": today, "oldest": oldest}
    found = (await connection.execute(_SIGNED_IN, given)).one_or_none()
    if found is None:
        raise Refusal(Code.TOKEN_INVALID)
    return _person(person_id, sign_in_id, found)


async def load_by_person(session: AsyncSession, person_id: UUID, today: date) -> Actor | None:
    """The person without a sign-in, to read what an address lets them read; an inactive one is nobody."""
    connection = await session.connection()
    found = (await connection.execute(_ACTOR, {"person_id": person_id, "today": today})).one_or_none()
    return None if found is None else _person(person_id, NO_SIGN_IN, found)


def _person(person_id: UUID, sign_in_id: UUID, found: Any) -> Actor:
    organisation_id, language, roles, seats, tables, facilitated, met, started, _mode = found
    return Actor(
        person_id=person_id,
        organisation_id=organisation_id,
        language=Language(language),
        roles=frozenset(roles),
        seats=tuple(
            Seat(UUID(mandate), UUID(party), Side(side), UUID(organisation), UUID(group) if group else None)
            for mandate, party, side, organisation, group in seats
        ),
        tables=frozenset((UUID(group), UUID(party)) for group, party in tables),
        facilitated=frozenset((UUID(held), UUID(group)) for held, group in facilitated),
        met=frozenset(UUID(party) for (party,) in met),
        started=frozenset(UUID(group) for (group,) in started),
        sign_in_id=sign_in_id,
    )


_NOW = sa.bindparam("now", type_=UtcDateTime)
LET_IN = sa.and_(
    col(ServiceClient.id) == sa.bindparam("client_id", type_=sa.Uuid),
    col(ServiceClient.state) == ServiceClientState.ACTIVE,
    col(ServiceClient.expires_at) > _NOW,
    col(ServiceClientCredential.service_client_id) == col(ServiceClient.id),
    col(ServiceClientCredential.expires_at) > _NOW,
    col(Organisation.id) == col(ServiceClient.organisation_id),
    # What is closed is still read by its people, and by no machine.
    col(Organisation.state) == OrganisationState.ACTIVE,
)
"""The client, its secret and its organisation, if there is nothing but the address to look at yet."""
_CLIENT = sa.select(
    col(ServiceClient.organisation_id),
    col(ServiceClient.scopes),
    col(ServiceClient.consented_at),
    col(ServiceClient.allowed_networks),
).where(LET_IN, col(ServiceClientCredential.id) == sa.bindparam("credential_id", type_=sa.Uuid))


async def load_client(session: AsyncSession, claims: ClientClaims, address: str, now: datetime) -> Actor:
    """The service client behind a verified token; one that has ended, or that calls from elsewhere, is nobody."""
    connection = await session.connection()
    given = {"client_id": claims.client_id, "credential_id": claims.credential_id, "now": now}
    found = (await connection.execute(_CLIENT, given)).one_or_none()
    if found is None or not is_within(address, found.allowed_networks):
        raise Refusal(Code.TOKEN_INVALID)
    scopes = counting(found.scopes, consented=found.consented_at is not None, asked_for=claims.scopes)
    return Actor(
        person_id=None,
        organisation_id=found.organisation_id,
        service_client_id=claims.client_id,
        scopes=scopes,
        waiting=counting(found.scopes, consented=True, asked_for=claims.scopes) - scopes,
    )


_CLIENT_NOW = sa.select(
    col(ServiceClient.organisation_id), col(ServiceClient.scopes), col(ServiceClient.consented_at)
).where(
    col(ServiceClient.id) == sa.bindparam("client_id", type_=sa.Uuid),
    col(ServiceClient.state) == ServiceClientState.ACTIVE,
    col(ServiceClient.expires_at) > _NOW,
)
_PERSON_NOW = sa.select(col(Person.organisation_id), col(Person.language), col(Person.roles)).where(
    col(Person.id) == _PERSON, col(Person.active)
)


async def client_at_work(session: AsyncSession, client_id: UUID, now: datetime) -> Actor:
    """A service client for which something is done after it has asked for it, if it is let in still."""
    found = (await session.execute(_CLIENT_NOW, {"client_id": client_id, "now": now})).one_or_none()
    if found is None:
        raise Refusal(Code.SERVICE_CLIENT_ENDED)
    return Actor(
        person_id=None,
        organisation_id=found.organisation_id,
        service_client_id=client_id,
        scopes=counting(found.scopes, consented=found.consented_at is not None, asked_for=None),
    )


async def person_at_work(session: AsyncSession, person_id: UUID | None) -> Actor:
    """Somebody for whom something is done after they have asked for it: by their roles, signed out or not. No seats."""
    found = (await session.execute(_PERSON_NOW, {"person_id": person_id})).one_or_none()
    if found is None:
        raise Refusal(Code.NOT_YOUR_ROLE)
    organisation_id, language, roles = found
    return Actor(person_id, organisation_id, Language(language), frozenset(roles))


def counting(granted: Iterable[Scope], *, consented: bool, asked_for: Collection[str] | None) -> frozenset[Scope]:
    """The scopes that give something now, with those that they include; of these only what the client asked for."""
    given = {scope for scope in granted if consented or scope not in SCOPES_BY_CONSENT}
    given |= {INCLUDED[scope] for scope in given if scope in INCLUDED}
    if asked_for is None:
        return frozenset(given)
    asked = {scope for scope in given if scope in asked_for}
    return frozenset(asked | {INCLUDED[scope] for scope in asked if scope in INCLUDED})
