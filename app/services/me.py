"""What signed-in people, and service clients, see of themselves."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.mandate import Mandate, valid_on
from app.models.me import MeRead, MyMandate, MyOrganisation, ServiceClientMeRead
from app.models.organisation import Organisation
from app.models.party import Party, PartyState
from app.models.person import Person
from app.models.service_client import SCOPES_BY_CONSENT, Scope, ServiceClient
from app.services import policy
from app.services.work import Work, columns_for, find, shown

_MANDATES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        col(Mandate.id),
        col(Mandate.organisation_id),
        col(Mandate.party_id),
        col(Party.name).label("party_name"),
        col(Party.side),
        col(Mandate.function),
        col(Mandate.working_group_id),
        col(Mandate.valid_from),
        col(Mandate.valid_to),
    )
    .join(Party, col(Mandate.party_id) == col(Party.id))
    .where(
        col(Mandate.person_id) == sa.bindparam("person_id", type_=sa.Uuid),
        col(Party.state) == PartyState.ACTIVE,
        valid_on(sa.bindparam("today", type_=sa.Date)),
    )
    .order_by(col(Mandate.id))
)
_ORGANISATION = sa.select(col(Organisation.id), col(Organisation.name), col(Organisation.short_name)).where(
    col(Organisation.id) == sa.bindparam("organisation_id", type_=sa.Uuid)
)


_CLIENT = sa.select(ServiceClient).where(col(ServiceClient.id) == sa.bindparam("client_id", type_=sa.Uuid))


async def read(work: Work) -> MeRead | ServiceClientMeRead:
    policy.require(work.actor, "read_me")
    if work.actor.person_id is None:
        return await _read_client(work)
    person = await find(work, Person, work.actor.person_id)
    mandates = await work.session.execute(_MANDATES, {"person_id": person.id, "today": work.today})
    return shown(
        work,
        MeRead,
        person,
        kind="person",
        organisation=None if person.organisation_id is None else await _organisation(work, person.organisation_id),
        mandates=[MyMandate.model_validate(dict(row)) for row in mandates.mappings()],
        facilitated_sessions=len(work.actor.facilitated_sessions),
    )


async def _read_client(work: Work) -> ServiceClientMeRead:
    found = await work.session.execute(_CLIENT, {"client_id": work.actor.service_client_id})
    client = found.scalar_one()
    waiting = SCOPES_BY_CONSENT if client.consented_at is None else frozenset()
    counting = {"scopes": [scope for scope in Scope if scope in work.actor.scopes]}
    return ServiceClientMeRead(
        **(columns_for(ServiceClientMeRead, client) | counting),
        organisation=await _organisation(work, client.organisation_id),
        pending_scopes=[scope for scope in client.scopes if scope in waiting],
    )


async def _organisation(work: Work, organisation_id: UUID) -> MyOrganisation:
    found = await work.session.execute(_ORGANISATION, {"organisation_id": organisation_id})
    return MyOrganisation.model_validate(dict(found.mappings().one()))
