"""Identity providers of a world, and browsers that go to them and come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from app.outbound import Outbound
from app.services.relying_party import RelyingParty
from tests.client import Client, Response
from tests.hostile_provider import CLIENT_ID, CLIENT_SECRET, HostileProvider
from tests.signing_in import invitation
from tests.world import Someone, World

RETURN = "http://127.0.0.1:8000/inloggad"
LOOPBACK = ("127.0.0.0/8",)
BROWSER, REFRESH = "__Host-larande-authorisation", "__Host-larande-refresh"
DEVICE = "__Host-larande-device"
SAME_ORIGIN = {"Origin": "http://testserver"}

_domains = count(1)


@contextmanager
def providers_on_loopback(app: FastAPI, within_s: float = 5.0) -> Iterator[RelyingParty]:
    """The app may ask identity providers on this machine, and knows none of them yet."""
    before = app.state.relying_party
    app.state.relying_party = RelyingParty(Outbound(LOOPBACK, within_s).call, RETURN)
    try:
        yield app.state.relying_party
    finally:
        app.state.relying_party = before


def registration(issuer: str, **more: Any) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "name": {"sv": "Provmyndighetens inloggning", "en": "Sign-in of the Test Agency"},
        **more,
    }


async def register(world: World, issuer: str, **more: Any) -> str:
    made = await world.administrator.client.post("/identity-providers", registration(issuer, **more))
    return str(made["id"])


def a_domain() -> str:
    return f"prov-{next(_domains)}.example"


async def verified_domain(world: World, domain: str | None = None) -> dict[str, Any]:
    """A domain of the world's organisation, for which DNS says the right thing."""
    admin, state = world.administrator.client, world.app.state
    claimed = await admin.post(f"{world.path}/email-domains", {"domain": domain or a_domain()})
    before = state.look_up_texts

    async def look_up(name: str) -> list[str]:
        assert name == claimed["dnsRecord"]["name"]
        return ["v=spf1 -all", claimed["dnsRecord"]["value"]]

    state.look_up_texts = look_up
    try:
        verified: dict[str, Any] = await admin.step(f"/email-domains/{claimed['id']}/verifications", None)
    finally:
        state.look_up_texts = before
    return verified


async def bind(world: World, provider_id: str, domain: str | None = None) -> dict[str, Any]:
    """From now on the world's people sign in through the provider."""
    verified = await verified_domain(world, domain)
    path = f"/email-domains/{verified['id']}"
    bound: dict[str, Any] = await world.administrator.client.change(path, {"identityProviderId": provider_id})
    return bound


# --- Browsers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gone:
    """A browser that has been sent to a provider."""

    url: str
    cookie: str


def cookies(response: Response) -> dict[str, Any]:
    return {
        name: morsel
        for header in response.headers.get_list("set-cookie")
        for name, morsel in SimpleCookie(header).items()
    }


async def go(client: Client, provider_id: str, **more: Any) -> Gone:
    sent = {"identityProviderId": provider_id, **more}
    response = await client.request("POST", "/auth/authorisation-requests", json=sent, headers=SAME_ORIGIN, expect=201)
    return Gone(response.json()["authorisationUrl"], cookies(response)[BROWSER].value)


async def try_return(client: Client, cookie: str | None, back: dict[str, str], **more: Any) -> Response:
    """Come back from a provider with what it gave, in the browser with the cookie."""
    headers = SAME_ORIGIN | ({"Cookie": f"{BROWSER}={cookie}"} if cookie is not None else {})
    sent = {"grantType": "authorization_code", **back, **more}
    return await client.request("POST", "/auth/token", json=sent, headers=headers)


async def round_trip(client: Client, provider: HostileProvider, provider_id: str, **more: Any) -> Response:
    """To the hostile provider and back."""
    gone = await go(client, provider_id, **more)
    assert urlsplit(gone.url).netloc == urlsplit(provider.issuer).netloc
    return await try_return(client, gone.cookie, provider.visit(gone.url))


async def link(world: World, provider: HostileProvider, provider_id: str, someone: Someone, subject: str) -> None:
    """Let somebody in for the first time, by invitation."""
    provider.claims["sub"] = subject
    token = await invitation(world, someone)
    response = await round_trip(world.nobody, provider, provider_id, invitationToken=token)
    assert response.status_code == 200, response.text
    # An invitation ends what was begun before it.
    someone.client.token = await world.token(someone.person)


def code(response: Response) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")
