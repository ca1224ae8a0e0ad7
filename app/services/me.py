"""What signed-in people see of themselves."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.mandate import Mandate, valid_on
from app.models.me import MeRead, MyMandate, MyOrganisation
from app.models.organisation import Organisation
from app.models.party import Party, PartyState
from app.models.person import Person
from app.services import policy
from app.services.work import Work, find, shown

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


async def read(work: Work) -> MeRead:
    policy.require(work.actor, "read_me")
    person = await find(work, Person, work.actor.person_id)
    found = await work.session.execute(_ORGANISATION, {"organisation_id": person.organisation_id})
    organisation = found.mappings().one_or_none()
    mandates = await work.session.execute(_MANDATES, {"person_id": person.id, "today": work.today})
    return shown(
        work,
        MeRead,
        person,
        organisation=MyOrganisation.model_validate(dict(organisation)) if organisation else None,
        mandates=[MyMandate.model_validate(dict(row)) for row in mandates.mappings()],
        facilitated_sessions=len(work.actor.facilitated_sessions),
    )
