"""Signing in through the agency's identity provider; a password set by invitation."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from unittest.mock import patch

from app.models.identity import Identity
from app.services import invitations
from app.services.relying_party import Answer, RelyingParty
from tests.recorded_examples.player import Player

ADMIN = "lars-erik.vinge"
ISSUER = "https://inloggning.mhv.example"


async def _discovery(method: str, url: str, headers: Mapping[str, str], body: bytes | None, most_bytes: int) -> Answer:  # noqa: ARG001
    """What the provider would say of itself."""
    said = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }
    return Answer(200, json.dumps(said).encode())


async def invited(play: Player) -> None:
    """Örjan sets his password by the link that he was sent."""
    async with play.database.write() as session:
        token = await invitations.invite(session, "orjan.angstrom@mhv.example", datetime.now(UTC))
    chosen = {"token": token, "password": "sju gräsänder på en å"}
    await play.ask(None, "POST", "/auth/credentials", chosen, expect=204)


async def providers(play: Player) -> None:
    """A provider is registered, the agency's e-mail domain verified and bound to it; Samira signs in so."""
    here = f"/organisations/{play.things['organisation']}"
    with play.showing():
        provider = await play.post(
            ADMIN,
            "/identity-providers",
            {
                "issuer": ISSUER,
                "clientId": "larande",
                "clientSecret": "exempel-hemlighet-som-ingen-anvander",
                "name": {"sv": "Logga in med MHV-konto", "en": "Sign in with your MHV account"},
                "scopes": ["openid"],
                "signingAlgorithm": "RS256",
                "listed": True,
            },
        )
    path = f"/identity-providers/{provider['id']}"
    with play.showing():
        await play.get(ADMIN, path)
        await play.change(ADMIN, path, {"name": {"sv": "Logga in på MHV", "en": "Sign in at MHV"}})
        await play.get(ADMIN, "/identity-providers?limit=3")
        claimed = await play.post(ADMIN, f"{here}/email-domains", {"domain": "mhv.example"})
    domain = f"/email-domains/{claimed['id']}"
    other = await play.post(ADMIN, f"{here}/email-domains", {"domain": "prov.mhv.example"})

    async def look_up(_name: str) -> list[str]:
        return [claimed["dnsRecord"]["value"]]

    with patch.object(play.app.state, "look_up_texts", look_up), play.showing():
        await play.step(ADMIN, f"{domain}/verifications")
    with play.showing():
        await play.change(ADMIN, domain, {"identityProviderId": provider["id"]})
        await play.get(ADMIN, domain)
        await play.get(ADMIN, f"{here}/email-domains?limit=3")
        await play.get(None, "/auth/sign-in-choices")
    await play.remove(ADMIN, f"/email-domains/{other['id']}")
    return_address = "https://larande.example/inloggad"
    with patch.object(play.app.state, "relying_party", RelyingParty(_discovery, return_address)):
        await play.post(
            None,
            "/auth/authorisation-requests",
            {"identityProviderId": provider["id"]},
            headers={"Origin": "https://larande.example"},
        )
    samira = await play.person("samira.tavakoli")
    linked = Identity(
        person_id=samira.id, identity_provider_id=provider["id"], subject="248289761001", created_at=datetime.now(UTC)
    )
    async with play.database.write() as session:
        session.add(linked)
    mine = await play.get("samira.tavakoli", "/me/identities?limit=3")
    identity = f"/identities/{mine['items'][0]['id']}"
    await play.get("samira.tavakoli", identity)
    await play.remove("samira.tavakoli", identity)
