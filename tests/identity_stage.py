"""Identity providers, e-mail domains and linked accounts for the authorisation matrix."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from app.models.email_domain import EmailDomain
from app.models.identity import Identity
from app.models.identity_provider import IdentityProvider, SigningAlgorithm
from app.services.email_domains import LookUp
from tests.provider_stage import a_domain

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage") -> None:
    """Nobody's sign-in depends on them: the domain that is verified is bound to the provider that is inactive."""
    now = datetime.now(UTC)
    providers = [
        IdentityProvider(
            issuer=f"https://{uuid4().hex}.example",
            client_id="larande",
            client_secret_sealed=b"",
            scopes=["openid"],
            signing_algorithm=SigningAlgorithm.RS256,
            name_sv="Inloggning",
            name_en="Sign-in",
            active=active,
            created_at=now,
        )
        for active in (True, False)
    ]
    claimed, verified, closed = [
        EmailDomain(
            organisation_id=world.organisation.id,
            domain=a_domain(),
            challenge=uuid4().hex,
            verified_at=moment,
            created_at=now,
        )
        for world, moment in ((stage.world, None), (stage.world, now), (stage.shut, None))
    ]
    verified.identity_provider_id = providers[1].id
    identity = Identity(
        person_id=stage.world.saco_rep.person.id,
        identity_provider_id=providers[1].id,
        subject="248289761001",
        created_at=now,
    )
    await stage.world.add(*providers, claimed, verified, closed, identity)
    stage.rows |= {
        "identity provider": providers[0],
        "identity provider, inactive": providers[1],
        "e-mail domain, claimed": claimed,
        "e-mail domain, verified": verified,
        "e-mail domain, organisation closed": closed,
        "identity: union representative's": identity,
    }


def every_challenge(stage: "Stage") -> LookUp:
    """DNS that says under every name what all of the stage's domains ask for."""
    texts = [f"larande={row.challenge}" for row in stage.of(EmailDomain).values()]

    async def look_up(_name: str) -> list[str]:
        return texts

    return look_up
