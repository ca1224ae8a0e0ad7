"""Which identity providers an organisation's people sign in through: those that its verified domains are bound to."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.email_domain import EmailDomain
from app.models.identity_provider import IdentityProvider
from app.models.person import Person

_BOUND = (
    sa.select(col(EmailDomain.id))
    .join(IdentityProvider, col(IdentityProvider.id) == col(EmailDomain.identity_provider_id))
    .where(
        col(EmailDomain.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
        col(EmailDomain.verified_at).is_not(None),
        col(IdentityProvider.active),
    )
)
_BOUND_TO = _BOUND.where(
    col(EmailDomain.identity_provider_id) == sa.bindparam("identity_provider_id", type_=sa.Uuid)
).order_by(col(EmailDomain.id))
# Whoever unbinds or switches off waits for the sign-ins that are on their way, and then finds and ends them.
_STAYS_BOUND = _BOUND_TO.with_for_update(read=True, of=(EmailDomain, IdentityProvider))
_ELSEWHERE = sa.select(
    sa.exists().where(
        col(Person.id) == sa.bindparam("person_id", type_=sa.Uuid),
        col(EmailDomain.organisation_id) == col(Person.organisation_id),
        col(EmailDomain.identity_provider_id) == col(IdentityProvider.id),
        col(IdentityProvider.active),
    )
)


async def is_bound(
    session: AsyncSession, organisation_id: UUID | None, identity_provider_id: UUID, *, hold: bool = False
) -> bool:
    """Whether the organisation's people may sign in through the provider; `hold`: and whether it stays so until this
    is stored. Who belongs to no organisation signs in with a password."""
    given = {"organisation_id": organisation_id, "identity_provider_id": identity_provider_id}
    found = await session.execute(_STAYS_BOUND if hold else _BOUND_TO, given)
    return found.first() is not None


async def signs_in_elsewhere(session: AsyncSession, person_id: UUID) -> bool:
    """Whether the person's organisation has an identity provider, and its people no passwords."""
    return bool((await session.execute(_ELSEWHERE, {"person_id": person_id})).scalar_one())
