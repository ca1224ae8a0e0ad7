"""Against a provider that others have written and certified (oidc-provider), over HTTP on loopback."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.models.identity_provider import SigningAlgorithm
from app.services import relying_party
from tests import identity_provider
from tests.client import Client
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.provider_stage import RETURN, bind, code, go, providers_on_loopback, register, try_return
from tests.signing_in import calling_from, invitation
from tests.world import World


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    with providers_on_loopback(app):
        async with calling_from(app) as client:
            yield client


async def registered(world: World, provider: Provider, algorithm: str = "RS256") -> str:
    known = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "signingAlgorithm": algorithm}
    provider_id = await register(world, provider.issuer, **known)
    await bind(world, provider_id)
    return provider_id


async def there_and_back(caller: Client, provider: Provider, provider_id: str, **more: str) -> tuple[int, str]:
    """The status, and the name of who is signed in or the reason why nobody is."""
    gone = await go(caller, provider_id, **more)
    response = await try_return(caller, gone.cookie, await provider.visit(gone.url, RETURN))
    if response.status_code != 200:
        return code(response)
    me = await caller.signed_in(response.json()["accessToken"]).get("/me")
    return 200, str(me["name"])


@pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
async def test_there_and_back(world: World, caller: Client, algorithm: SigningAlgorithm) -> None:
    async with identity_provider.running(RETURN, algorithm.value) as provider:
        provider_id = await registered(world, provider, algorithm.value)
        claims = {
            "email": world.employer_rep.person.email,
            "email_verified": True,
            "roles": ["systemAdministrator"],
            "groups": ["admins"],
        }
        await provider.be("saco-representative", **claims)
        assert await there_and_back(caller, provider, provider_id) == (403, "identityNotLinked")
        token = await invitation(world, world.saco_rep)
        assert await there_and_back(caller, provider, provider_id, invitationToken=token) == (200, "Saco Rep")
        assert await there_and_back(caller, provider, provider_id) == (200, "Saco Rep")
        for other in ("Saco-Representative", "saco-representative ", "saco", "'; DROP TABLE identity; --"):
            await provider.be(other, **claims)
            assert await there_and_back(caller, provider, provider_id) == (403, "identityNotLinked"), other


async def test_what_a_real_provider_gives_comes_with_its_name_and_once(world: World, caller: Client) -> None:
    async with identity_provider.running(RETURN) as provider:
        provider_id = await registered(world, provider)
        await provider.be("somebody")
        gone = await go(caller, provider_id)
        back = await provider.visit(gone.url, RETURN)
        # RFC 9207: it says that it sends `iss`, so without it nothing is believed.
        assert back["iss"] == provider.issuer
        without = {name: value for name, value in back.items() if name != "iss"}
        assert code(await try_return(caller, gone.cookie, without)) == (401, "authorisationRefused")
        # A code of one way is refused by the provider itself on another: its code verifier is not that one's.
        first, second = await go(caller, provider_id), await go(caller, provider_id)
        stolen = (await provider.visit(first.url, RETURN))["code"]
        back = await provider.visit(second.url, RETURN)
        answer = await try_return(caller, second.cookie, back | {"code": stolen})
        assert code(answer) == (401, "authorisationRefused")


async def test_its_keys_change_without_anybody_noticing(
    world: World, caller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    async with identity_provider.running(RETURN) as provider:
        provider_id = await registered(world, provider)
        await provider.be("somebody")
        token = await invitation(world, world.seko_rep)
        assert await there_and_back(caller, provider, provider_id, invitationToken=token) == (200, "Seko Rep")
        for overlap in (True, False, True):
            await provider.rotate(overlap=overlap)
            assert await there_and_back(caller, provider, provider_id) == (200, "Seko Rep"), overlap


async def test_it_stops_and_starts_again(world: World, caller: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    async with identity_provider.running(RETURN) as provider:
        provider_id = await registered(world, provider)
        await provider.be("somebody")
        token = await invitation(world, world.seko_rep)
        assert await there_and_back(caller, provider, provider_id, invitationToken=token) == (200, "Seko Rep")
        gone = await go(caller, provider_id)
        back = await provider.visit(gone.url, RETURN)
    answer = await try_return(caller, gone.cookie, back)
    assert code(answer) == (503, "identityProviderAway")
    assert answer.headers["Retry-After"] == "30"
    await world.employer_rep.client.get("/me")
    async with identity_provider.running(RETURN, issuer=provider.issuer) as provider:
        await provider.be("somebody")
        assert await there_and_back(caller, provider, provider_id) == (200, "Seko Rep")


async def test_a_wrong_secret_lets_nobody_in(world: World, caller: Client) -> None:
    async with identity_provider.running(RETURN) as provider:
        provider_id = await registered(world, provider)
        await provider.be("somebody")
        path = f"/identity-providers/{provider_id}"
        await world.administrator.client.change(path, {"clientSecret": "not-the-right-one"})
        assert await there_and_back(caller, provider, provider_id) == (503, "identityProviderAway")
