"""Signing in through identity providers: right, wrong, forged, slow and away."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app import logs
from app.api.dependencies import now
from app.models.audit_entry import AuditEntry
from app.models.authorisation_request import AuthorisationRequest
from app.models.identity import Identity
from app.models.mandate import Mandate
from app.models.sign_in import Credential, PersonInvitation, SignIn, SignInEnd, SignInMethod
from app.services import passwords, provider_attempts, relying_party
from app.services.provider_attempts import Standing
from app.services.provider_turns import STRANGERS_AT_MOST, Share
from app.services.relying_party import RelyingParty
from tests.client import Client, client_for
from tests.hostile_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    HostileProvider,
    a_key,
    hostile_provider,
    public,
    signed,
    unsigned,
    with_hmac,
)
from tests.provider_stage import (
    BROWSER,
    DEVICE,
    REFRESH,
    RETURN,
    SAME_ORIGIN,
    Gone,
    bind,
    code,
    cookies,
    go,
    link,
    providers_on_loopback,
    register,
    round_trip,
    try_return,
)
from tests.signing_in import (
    PASSWORD,
    an_address,
    calling_from,
    give_password,
    invitation,
    sign_in,
    try_password,
    try_renew,
)
from tests.world import Someone, World

REFUSED, NOT_LINKED = (401, "authorisationRefused"), (403, "identityNotLinked")
AWAY = (503, "identityProviderAway")


@pytest.fixture
async def party(app: FastAPI) -> AsyncIterator[RelyingParty]:
    with providers_on_loopback(app) as party:
        yield party


@pytest.fixture
async def provider(party: RelyingParty) -> AsyncIterator[HostileProvider]:  # noqa: ARG001
    async with hostile_provider() as provider:
        yield provider


@pytest.fixture
async def provider_id(world: World, provider: HostileProvider) -> str:
    """Of the provider through which the world's people sign in."""
    provider_id = await register(world, provider.issuer)
    await bind(world, provider_id)
    return provider_id


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    async with calling_from(app) as client:
        yield client


@pytest.fixture
async def linked(world: World, provider: HostileProvider, provider_id: str) -> Someone:
    """The union's representative, known to the provider as 248289761001."""
    await link(world, provider, provider_id, world.saco_rep, "248289761001")
    return world.saco_rep


async def me(client: Client, response: Any) -> Any:
    return await client.signed_in(response.json()["accessToken"]).get("/me")


async def ends(world: World, someone: Someone) -> list[str]:
    """How the sign-ins through a provider ended, as the person is told."""
    ended = (await world.nobody.signed_in(await world.token(someone.person)).get("/me/sign-ins?state=ended"))["items"]
    return [each["end"] for each in ended if each["method"] == "identityProvider"]


async def notices(world: World, someone: Someone) -> list[str]:
    """What the person is told by mail, as far as it waits in the queue."""
    async with world.database.read() as session:
        rows = await session.execute(sa.text("SELECT convert_from(payload, 'UTF8') FROM queue.pgqueuer ORDER BY id"))
        orders = [json.loads(row) for row in rows.scalars()]
    return [order["notice"] for order in orders if order.get("person") == someone.id and "notice" in order]


async def entries(world: World, operation: str) -> list[AuditEntry]:
    async with world.database.read() as session:
        query = sa.select(AuditEntry).where(
            col(AuditEntry.organisation_id) == world.organisation.id, col(AuditEntry.operation) == operation
        )
        return list((await session.execute(query)).scalars())


# --- The way there and back ------------------------------------------------------------------------------


async def test_the_way_there_says_what_it_must_and_no_more(
    caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    gone = await go(caller, provider_id)
    address, parameters = urlsplit(gone.url), dict(parse_qsl(urlsplit(gone.url).query))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/auth"
    random = [parameters.pop(name) for name in ("state", "nonce", "code_challenge")]
    assert parameters == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": RETURN,
        "scope": "openid",
        "code_challenge_method": "S256",
    }
    assert {len(value) for value in (*random, gone.cookie)} == {43}
    assert len({*random, gone.cookie}) == 4


async def test_an_address_with_a_query_of_its_own_keeps_it(
    caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    provider.metadata["authorization_endpoint"] = f"{provider.issuer}/auth?tenant=7"
    gone = await go(caller, provider_id)
    assert gone.url.startswith(f"{provider.issuer}/auth?tenant=7&response_type=code&")


async def test_the_cookie_is_the_browsers_alone(caller: Client, provider_id: str) -> None:
    sent = {"identityProviderId": provider_id}
    path = "/auth/authorisation-requests"
    response = await caller.request("POST", path, json=sent, headers=SAME_ORIGIN, expect=201)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["expiresIn"] == 600
    cookie = cookies(response)[BROWSER]
    assert (cookie["max-age"], cookie["path"], cookie["domain"]) == ("600", "/", "")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "strict")
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        await caller.refused("POST", path, 403, "crossSiteRequest", json=sent, headers=headers)


async def test_by_invitation_and_then_without(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    token = await invitation(world, world.saco_rep)
    await world.saco_rep.client.get("/me")
    first = await round_trip(caller, provider, provider_id, invitationToken=token)
    assert first.status_code == 200, first.text
    assert (await me(caller, first))["id"] == world.saco_rep.id
    # Who was let in anew is in by no other way, and is not told of a password that nobody changed.
    await world.saco_rep.client.refused("GET", "/me", 401, "tokenInvalid")
    async with world.database.read() as session:
        ended = sa.select(col(SignIn.end)).where(
            col(SignIn.person_id) == world.saco_rep.person.id, col(SignIn.ended_at).is_not(None)
        )
        assert set((await session.execute(ended)).scalars()) == {SignInEnd.IDENTITY_CHANGED}
    assert {entry.subject_id for entry in await entries(world, "link_identity")} == {world.saco_rep.person.id}
    second = await round_trip(caller, provider, provider_id)
    assert (await me(caller, second))["id"] == world.saco_rep.id
    # The link is used up, and was for one account.
    assert code(await round_trip(caller, provider, provider_id))[0] == 200
    provider.claims["sub"] = "somebody-else"
    await caller.refused(
        "POST",
        "/auth/authorisation-requests",
        422,
        "invitationRefused",
        json={"identityProviderId": provider_id, "invitationToken": token},
        headers=SAME_ORIGIN,
    )
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED
    async with world.database.read() as session:
        methods = sa.select(col(SignIn.method)).where(
            col(SignIn.person_id) == world.saco_rep.person.id, col(SignIn.address_hash) != b""
        )
        assert set((await session.execute(methods)).scalars()) == {SignInMethod.IDENTITY_PROVIDER}


async def test_what_the_token_endpoint_is_sent(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    provider.codes.clear()
    gone = await go(caller, provider_id)
    await try_return(caller, gone.cookie, provider.visit(gone.url))
    (sent,) = provider.codes
    basic = base64.b64encode(f"{quote_plus(CLIENT_ID)}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
    challenge = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == provider.parameters["code_challenge"]
    assert sent == {
        "grant_type": "authorization_code",
        "code": "a-code-1",
        "redirect_uri": RETURN,
        "code_verifier": sent["code_verifier"],
        "authorization": f"Basic {basic}",
    }
    assert linked.id


async def test_the_standard_form_and_the_refresh_cookie(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    gone = await go(caller, provider_id)
    response = await try_return(caller, gone.cookie, provider.visit(gone.url), refreshTokenIn="cookie")
    assert "refreshToken" not in response.json()
    held = cookies(response)
    assert held[REFRESH]["httponly"]
    assert (held[BROWSER].value, held[BROWSER]["max-age"]) == ("", "0")
    gone = await go(caller, provider_id)
    fields = {"grant_type": "authorization_code", **provider.visit(gone.url), "iss": provider.issuer}
    headers = SAME_ORIGIN | {"Cookie": f"{BROWSER}={gone.cookie}", "Content-Type": "application/x-www-form-urlencoded"}
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()
    answered = (await caller.request("POST", "/auth/token", content=body, headers=headers, expect=200)).json()
    assert set(answered) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (await try_renew(caller, answered["refresh_token"])).status_code == 200
    assert linked.id


async def test_an_invitation_lets_one_account_in(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    """Two who hold the same invitation, each with an account of their own, at the same time."""
    token = await invitation(world, world.saco_rep)
    ways = [await go(caller, provider_id, invitationToken=token) for _ in range(5)]
    backs = [provider.visit(gone.url) for gone in ways]
    numbers = count(1)
    provider.token = lambda claims: signed(claims | {"sub": f"account-{next(numbers)}"}, a_key("first"))
    answers = await asyncio.gather(
        *(try_return(caller, gone.cookie, back) for gone, back in zip(ways, backs, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    assert len(await entries(world, "link_identity")) == 1


async def test_linked_from_ones_own_account(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    await give_password(world, world.employer_rep)
    mine = caller.signed_in(await world.token(world.employer_rep.person))
    assert (await round_trip(mine, provider, provider_id, linkToMe=True, password=PASSWORD)).status_code == 200
    assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == world.employer_rep.id
    (entry,) = await entries(world, "link_identity")
    assert (entry.person_id, entry.subject_id) == (world.employer_rep.person.id, world.employer_rep.person.id)
    sent = {"identityProviderId": provider_id, "linkToMe": True}
    path = "/auth/authorisation-requests"
    await caller.refused("POST", path, 401, "notSignedIn", json=sent, headers=SAME_ORIGIN)
    await caller.signed_in("e30.e30.e30").refused("POST", path, 401, "tokenInvalid", json=sent, headers=SAME_ORIGIN)
    both = sent | {"invitationToken": "x" * 43}
    await mine.refused("POST", path, 422, "validationFailed", json=both, headers=SAME_ORIGIN)
    without = {"identityProviderId": provider_id, "password": PASSWORD}
    await mine.refused("POST", path, 422, "validationFailed", json=without, headers=SAME_ORIGIN)


async def test_who_has_signed_out_meanwhile_links_nothing(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    await give_password(world, world.employer_rep)
    mine = caller.signed_in(await world.token(world.employer_rep.person))
    gone = await go(mine, provider_id, linkToMe=True, password=PASSWORD)
    await mine.request("POST", "/auth/sign-out", json={}, expect=204)
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == REFUSED
    sent = {"identityProviderId": provider_id, "linkToMe": True, "password": PASSWORD}
    path = "/auth/authorisation-requests"
    await mine.refused("POST", path, 401, "tokenInvalid", json=sent, headers=SAME_ORIGIN)


async def test_another_account_takes_the_place_of_the_former(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    await link(world, provider, provider_id, linked, "new-account")
    assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == linked.id
    provider.claims["sub"] = "248289761001"
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED


async def test_whoever_links_an_account_to_themselves_proves_who_they_are(
    world: World, caller: Client, provider_id: str
) -> None:
    """An access token that was left open or stolen gives nobody a way in of their own."""
    await give_password(world, world.employer_rep)
    thief = caller.signed_in(await world.token(world.employer_rep.person))
    sent: dict[str, Any] = {"identityProviderId": provider_id, "linkToMe": True}
    path = "/auth/authorisation-requests"
    for tried in ({}, {"password": "en gissning"}):
        problem = await thief.refused("POST", path, 403, "proofRefused", json=sent | tried, headers=SAME_ORIGIN)
        assert problem["errors"][0]["pointer"] == "/password"
    for _ in range(9):
        await thief.request("POST", path, json=sent | {"password": "en gissning"}, headers=SAME_ORIGIN, expect=403)
    # Guesses are counted with those at sign-in.
    await thief.refused("POST", path, 429, "tooManyAttempts", json=sent | {"password": PASSWORD}, headers=SAME_ORIGIN)
    assert await entries(world, "link_identity") == []


async def test_whoever_has_no_password_has_just_signed_in_through_a_provider(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    sent: dict[str, Any] = {"identityProviderId": provider_id, "linkToMe": True}
    path = "/auth/authorisation-requests"
    # Not by a provider, although just now.
    otherwise = caller.signed_in(await world.token(linked.person))
    await otherwise.refused("POST", path, 403, "signInTooOld", json=sent, headers=SAME_ORIGIN)
    tokens = (await round_trip(caller, provider, provider_id)).json()
    await go(caller.signed_in(tokens["accessToken"]), provider_id, linkToMe=True)
    with time_machine.travel(now() + timedelta(minutes=5, seconds=1)):
        renewed = caller.signed_in((await try_renew(caller, tokens["refreshToken"])).json()["accessToken"])
        await renewed.refused("POST", path, 403, "signInTooOld", json=sent, headers=SAME_ORIGIN)


async def test_what_a_replaced_account_opened_is_closed_and_its_owner_told(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    """Whoever got hold of the former account, or was signed in with it on a lost phone, is out."""
    earlier = (await round_trip(caller, provider, provider_id)).json()
    current = (await round_trip(caller, provider, provider_id)).json()
    assert await notices(world, linked) == ["identityLinked"]
    mine = caller.signed_in(current["accessToken"])
    provider.claims["sub"] = "new-account"
    assert (await round_trip(mine, provider, provider_id, linkToMe=True)).status_code == 200
    await caller.signed_in(earlier["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
    assert (await try_renew(caller, earlier["refreshToken"])).status_code == 401
    # What the provider did not open goes on, and so does the sign-in that asked.
    await linked.client.get("/me")
    await mine.get("/me")
    ended = (await mine.get("/me/sign-ins?state=ended"))["items"]
    # The one of the invitation, and the earlier one.
    by_provider = [each["end"] for each in ended if each["method"] == "identityProvider"]
    assert by_provider == ["identityChanged", "identityChanged"]
    assert await notices(world, linked) == ["identityLinked", "identityLinked"]
    # The same account once more is no news.
    assert (await round_trip(mine, provider, provider_id, linkToMe=True)).status_code == 200
    assert await notices(world, linked) == ["identityLinked", "identityLinked"]


async def test_an_account_is_one_persons(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    token = await invitation(world, world.employer_rep)
    assert code(await round_trip(caller, provider, provider_id, invitationToken=token)) == (409, "identityTaken")
    assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == linked.id
    # Refused, nothing was done: the invitation still holds.
    await link(world, provider, provider_id, world.employer_rep, "another")


# --- Codes, states, browsers -----------------------------------------------------------------------------


async def test_a_state_is_for_one_use(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    gone = await go(caller, provider_id)
    back = provider.visit(gone.url)
    answers = await asyncio.gather(*(try_return(caller, gone.cookie, back) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    assert code(await try_return(caller, gone.cookie, back)) == REFUSED
    assert linked.id


async def test_a_state_is_used_up_by_a_failure_too(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    gone = await go(caller, provider_id)
    provider.status["/token"] = 400
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == REFUSED
    provider.status.clear()
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == REFUSED
    assert linked.id


async def test_a_state_is_good_for_ten_minutes(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    for minutes, status in ((9, 200), (11, 401)):
        gone = await go(caller, provider_id)
        back = provider.visit(gone.url)
        with time_machine.travel(now() + timedelta(minutes=minutes)):
            assert (await try_return(caller, gone.cookie, back)).status_code == status
    assert linked.id


async def test_nobody_can_be_signed_in_as_somebody_else(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    """Login CSRF: what an attacker's browser brought back is of no use in another's, with a cookie or without."""
    attackers, victims = await go(caller, provider_id), await go(caller, provider_id)
    back = provider.visit(attackers.url)
    for cookie in (None, "", victims.cookie, attackers.cookie[:-1], "x" * 43, attackers.cookie + "x"):
        assert code(await try_return(caller, cookie, back)) == REFUSED, cookie
    headers = {"Cookie": f"{BROWSER}={attackers.cookie}", "Origin": "https://evil.example"}
    sent = {"grantType": "authorization_code", **back}
    await caller.refused("POST", "/auth/token", 403, "crossSiteRequest", json=sent, headers=headers)
    # None of that has used up what is the browser's own.
    assert (await try_return(caller, attackers.cookie, back)).status_code == 200
    assert linked.id


async def test_made_up_states_are_refused(caller: Client, provider: HostileProvider, provider_id: str) -> None:
    gone = await go(caller, provider_id)
    provider.visit(gone.url)
    assert code(await try_return(caller, gone.cookie, {"code": "a", "state": "x" * 43})) == REFUSED
    for back in (
        {"code": "", "state": "x"},
        {"code": "x" * 2049, "state": "x"},
        {"code": "a\x00", "state": "x"},
        {"code": "a\r\nHost: evil", "state": "x"},
        {"code": "å", "state": "x"},
        {"code": "a", "state": ""},
        {"code": "a", "state": "å" * 43},
        {"code": "a", "state": "x" * 201},
        {"code": "a"},
        {"state": "x"},
        {"code": "a", "state": "x", "iss": "x" * 1001},
        {"code": "a", "state": "x", "redirectUri": "https://evil.example"},
    ):
        assert code(await try_return(caller, gone.cookie, back)) == (422, "validationFailed"), back
    assert provider.codes == []


async def test_the_database_holds_nothing_to_go_the_way_with(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    gone = await go(caller, provider_id)
    provider.visit(gone.url)
    async with world.database.read() as session:
        rows = (await session.execute(sa.text("SELECT authorisation_request::text FROM authorisation_request"))).all()
        sealed = (await session.execute(sa.text("SELECT identity_provider::text FROM identity_provider"))).all()
    text = str(rows) + str(sealed)
    for secret in (gone.cookie, *(provider.parameters[name] for name in ("state", "nonce", "code_challenge"))):
        assert secret not in text
        assert secret.encode().hex() not in text
    assert CLIENT_SECRET not in text
    assert CLIENT_SECRET.encode().hex() not in text


async def test_old_requests_are_swept(world: World, caller: Client, provider_id: str) -> None:
    with time_machine.travel(now() - timedelta(minutes=20)):
        for _ in range(3):
            await go(caller, provider_id)
    await go(caller, provider_id)
    async with world.database.read() as session:
        query = sa.select(sa.func.count()).where(col(AuthorisationRequest.identity_provider_id) == UUID(provider_id))
        assert (await session.execute(query)).scalar_one() == 1


async def test_nothing_secret_is_logged(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", "debug")
    with structlog.testing.capture_logs() as events:
        gone = await go(caller, provider_id)
        back = provider.visit(gone.url)
        assert (await try_return(caller, gone.cookie, back)).status_code == 200
        gone = await go(caller, provider_id)
        back = provider.visit(gone.url)
        provider.token = LIES["HMAC with the client secret"]
        assert code(await try_return(caller, gone.cookie, back)) == REFUSED
        provider.status["/token"] = 500
        gone = await go(caller, provider_id)
        assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == AWAY
    logs.configure("json", "warning")
    written = json.dumps(events, default=str, ensure_ascii=False) + "".join(capfd.readouterr())
    assert "sign-in refused" in written
    assert "ID token: alg" in written
    assert "its token endpoint answered 500" in written
    for secret in ("a-code", gone.cookie, back["state"], CLIENT_SECRET, "248289761001", "an-access-token"):
        assert secret not in written
    assert linked.person.email not in written


# --- Two providers ---------------------------------------------------------------------------------------


async def test_what_one_provider_gave_is_not_taken_to_another(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    """Mix-up: a second provider, bad or broken, gets hold of the first one's answer."""
    async with hostile_provider(key=a_key("bad")) as bad:
        bad_id = await register(world, bad.issuer)
        await bind(world, bad_id)
        gone = await go(caller, provider_id)
        back = provider.visit(gone.url)
        # The answer names whom it comes from, and is not believed to come from another.
        for iss in (bad.issuer, provider.issuer + "/", provider.issuer.upper(), "", "https://op.example"):
            gone = await go(caller, provider_id)
            back = provider.visit(gone.url)
            assert code(await try_return(caller, gone.cookie, back, iss=iss)) == REFUSED, iss
        gone = await go(caller, provider_id)
        assert (await try_return(caller, gone.cookie, provider.visit(gone.url), iss=provider.issuer)).status_code == 200
        # A code goes to the provider that the state was made for, whoever sent the browser back.
        provider.codes.clear()
        gone = await go(caller, bad_id)
        await try_return(caller, gone.cookie, {"code": "stolen", "state": bad.visit(gone.url)["state"]})
        assert [sent["code"] for sent in bad.codes] == ["stolen"]
        assert provider.codes == []
        # And a token of the one is no token of the other's.
        bad.claims["iss"] = provider.issuer
        assert code(await round_trip(caller, bad, bad_id)) == REFUSED
        bad.claims.pop("iss")
        bad.key = provider.key
        assert code(await round_trip(caller, bad, bad_id)) == REFUSED
    assert linked.id


async def test_the_same_subject_of_another_issuer_is_somebody_else(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    async with hostile_provider() as other:
        other_id = await register(world, other.issuer)
        await bind(world, other_id)
        assert code(await round_trip(caller, other, other_id)) == NOT_LINKED
        await link(world, other, other_id, world.employer_rep, "248289761001")
        assert (await me(caller, await round_trip(caller, other, other_id)))["id"] == world.employer_rep.id
    assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == linked.id


async def test_iss_is_needed_where_the_provider_says_that_it_sends_it(
    caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    gone = await go(caller, provider_id)
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == REFUSED
    gone = await go(caller, provider_id)
    back = provider.visit(gone.url)
    assert code(await try_return(caller, gone.cookie, back, iss=provider.issuer)) == NOT_LINKED


# --- Who may come in -------------------------------------------------------------------------------------


HOSTILE_SUBJECTS = [
    *("248289761001 ", " 248289761001", "248289761001%00", "24828976100", "2482897610011", "' OR '1'='1"),
    *("248289761001'; DROP TABLE identity; --", "*", "%", "_" * 12, "null", "undefined", "x" * 255, "{}"),
]


IMPOSSIBLE_SUBJECTS: list[Any] = [
    *("", "x" * 256, "a\x00", "\x00", "248289761001\n", "２４８２８９７６１００１", "аdmin", 7, [], True),
]


async def test_odd_subjects_are_nobody_else_and_impossible_ones_refused(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    for subject in (*HOSTILE_SUBJECTS, *IMPOSSIBLE_SUBJECTS):
        provider.claims["sub"] = subject
        expected = NOT_LINKED if subject in HOSTILE_SUBJECTS else REFUSED
        assert code(await round_trip(caller, provider, provider_id)) == expected, subject
    assert linked.id


async def test_subjects_are_compared_letter_by_letter(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    await link(world, provider, provider_id, world.saco_rep, "Asa")
    await link(world, provider, provider_id, world.employer_rep, "asa")
    await link(world, provider, provider_id, world.seko_rep, "asa ")
    for subject, someone in (("Asa", world.saco_rep), ("asa", world.employer_rep), ("asa ", world.seko_rep)):
        provider.claims["sub"] = subject
        assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == someone.id


async def test_an_address_in_a_token_finds_nobody(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    for more in (
        {"email": world.employer_rep.person.email, "email_verified": True},
        {"email": world.employer_rep.person.email, "email_verified": "true"},
        {"preferred_username": world.employer_rep.person.email, "upn": world.employer_rep.person.email},
        {"sub": world.employer_rep.person.email, "email": world.employer_rep.person.email, "email_verified": True},
        {"sub": world.employer_rep.id},
    ):
        provider.claims = {"sub": "unknown", **more}
        assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED, more
    # Nor does it change whom the linked account finds.
    provider.claims = {"email": world.employer_rep.person.email, "email_verified": True}
    assert (await me(caller, await round_trip(caller, provider, provider_id)))["id"] == linked.id


async def test_no_role_or_mandate_is_taken_from_a_token(
    world: World, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    everything = {
        "roles": ["systemAdministrator", "archivist", "contentEditor"],
        "role": "systemAdministrator",
        "groups": ["larande-admins", "Saco-S"],
        "wids": ["62e90394-69f5-4237-9190-012177145e10"],
        "scope": "openid admin",
        "permissions": ["*"],
        "mandates": [{"partyId": str(world.saco.id), "function": "Ordförande"}],
        "organisationId": str(uuid4()),
        "party": "Saco-S",
        "is_admin": True,
        "active": True,
        "name": "Någon Annan",
        "locale": "en",
    }
    async with world.database.read() as session:
        people = sa.text("SELECT person::text FROM person ORDER BY id")
        before = (await session.execute(people)).scalars().all()
        mandates = (await session.execute(sa.select(sa.func.count(Mandate.id)))).scalar_one()  # type: ignore[arg-type]
    provider.claims = dict(everything)
    await link(world, provider, provider_id, world.employee, "an-employee")
    shown = await me(caller, await round_trip(caller, provider, provider_id))
    assert (shown["id"], shown["roles"], shown["mandates"]) == (world.employee.id, [], [])
    assert (shown["name"], shown["language"]) == (world.employee.person.name, "sv")
    async with world.database.read() as session:
        assert (await session.execute(people)).scalars().all() == before
        assert (await session.execute(sa.select(sa.func.count(Mandate.id)))).scalar_one() == mandates  # type: ignore[arg-type]
    # Nor is it kept: of the account there is the subject alone.
    async with world.database.read() as session:
        rows = str((await session.execute(sa.text("SELECT identity::text FROM identity"))).all())
    assert "Admin" not in rows
    assert "Ordförande" not in rows


async def test_an_inactive_person_stays_out(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    gone = await go(caller, provider_id)
    await world.administrator.client.change(f"/people/{linked.id}", {"active": False})
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == NOT_LINKED
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED


async def test_a_provider_is_for_people_of_organisations_bound_to_it(
    app: FastAPI, caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    async with World(app) as other:
        token = await invitation(other, other.saco_rep)
        sent = {"identityProviderId": provider_id, "invitationToken": token}
        path = "/auth/authorisation-requests"
        await caller.refused("POST", path, 422, "unknownIdentityProvider", json=sent, headers=SAME_ORIGIN)
        mine = caller.signed_in(await other.token(other.saco_rep.person))
        to_me = {"identityProviderId": provider_id, "linkToMe": True}
        await mine.refused("POST", path, 422, "unknownIdentityProvider", json=to_me, headers=SAME_ORIGIN)
        # Who runs the installation and belongs to no workplace has a password.
        for_administrator = {
            "identityProviderId": provider_id,
            "invitationToken": await invitation(other, other.administrator),
        }
        await caller.refused("POST", path, 422, "unknownIdentityProvider", json=for_administrator, headers=SAME_ORIGIN)
        # It was bound when they left for it, and is not when they come back.
        bound = await bind(other, provider_id)
        gone = await go(caller, provider_id, invitationToken=token)
        await other.administrator.client.change(f"/email-domains/{bound['id']}", {"identityProviderId": None})
        assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == NOT_LINKED
        async with other.database.read() as session:
            query = sa.select(Identity).where(col(Identity.person_id) == other.saco_rep.person.id)
            assert (await session.execute(query)).first() is None
            left = sa.select(col(PersonInvitation.used_at)).where(
                col(PersonInvitation.person_id) == other.saco_rep.person.id
            )
            assert (await session.execute(left)).scalar_one() is None


async def test_unbinding_ends_what_the_provider_opened(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    tokens = (await round_trip(caller, provider, provider_id)).json()
    admin = world.administrator.client
    (domain,) = (await admin.get(f"{world.path}/email-domains"))["items"]
    path = f"/email-domains/{domain['id']}"
    await admin.change(path, {"identityProviderId": None})
    await caller.signed_in(tokens["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
    assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED
    assert set(await ends(world, linked)) == {"identityProviderEnded"}
    # What began otherwise goes on: an own token of the world's.
    await linked.client.get("/me")
    await admin.change(path, {"identityProviderId": provider_id})
    tokens = (await round_trip(caller, provider, provider_id)).json()
    await admin.change(path, None, method="DELETE", expect=204)
    await caller.signed_in(tokens["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED


async def test_switched_off_a_provider_lets_nobody_in_and_those_it_let_in_out(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    tokens = (await round_trip(caller, provider, provider_id)).json()
    gone = await go(caller, provider_id)
    path = f"/identity-providers/{provider_id}"
    await world.administrator.client.change(path, {"active": False})
    await caller.signed_in(tokens["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
    assert set(await ends(world, linked)) == {"identityProviderEnded"}
    assert code(await try_return(caller, gone.cookie, provider.visit(gone.url))) == REFUSED
    sent = {"identityProviderId": provider_id}
    where = "/auth/authorisation-requests"
    await caller.refused("POST", where, 422, "unknownIdentityProvider", json=sent, headers=SAME_ORIGIN)
    await caller.refused(
        "POST", where, 422, "unknownIdentityProvider", json={"identityProviderId": str(uuid4())}, headers=SAME_ORIGIN
    )
    await world.administrator.client.change(path, {"active": True})
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert linked.id


async def test_switched_off_while_the_provider_is_asked(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    gone = await go(caller, provider_id)
    provider.delay["/token"] = 0.5
    coming = asyncio.create_task(try_return(caller, gone.cookie, provider.visit(gone.url)))
    await asyncio.sleep(0.2)
    await world.administrator.client.change(f"/identity-providers/{provider_id}", {"active": False})
    assert code(await coming) == NOT_LINKED
    assert linked.id


# --- No passwords then -----------------------------------------------------------------------------------


async def test_where_there_is_a_provider_there_are_no_passwords(world: World, app: FastAPI, caller: Client) -> None:
    await give_password(world, world.employee)
    await give_password(world, world.administrator)
    earlier = await sign_in(caller, world.employee)
    with providers_on_loopback(app):
        async with hostile_provider() as provider:
            provider_id = await register(world, provider.issuer)
            bound = await bind(world, provider_id)
            right, wrong = [
                (await try_password(caller, world.employee, password)).json() for password in (PASSWORD, "en gissning")
            ]
            assert right["code"] == "credentialsRefused"
            assert {**right, "instance": ""} == {**wrong, "instance": ""}
            # Those who run the installation and belong to no workplace keep theirs.
            await sign_in(caller, world.administrator)
            # Who is in stays in, and can link their account.
            assert (await try_renew(caller, earlier["refreshToken"])).status_code == 200
            token = await invitation(world, world.saco_rep)
            new = {"token": token, "password": "sju gräsänder på en annan å"}
            await caller.refused("POST", "/auth/credentials", 422, "signsInElsewhere", json=new)
            # Refused, the invitation is not used up. And whoever has linked an account has no password left.
            assert (await round_trip(caller, provider, provider_id, invitationToken=token)).status_code == 200
            provider.claims["sub"] = "an-employee"
            await link(world, provider, provider_id, world.employee, "an-employee")
            async with world.database.read() as session:
                assert await session.get(Credential, world.employee.person.id) is None
            path = f"/email-domains/{bound['id']}"
            await world.administrator.client.change(path, {"identityProviderId": None})
            assert (await try_password(caller, world.employee)).status_code == 401
            new["token"] = await invitation(world, world.employee)
            await caller.request("POST", "/auth/credentials", json=new, expect=204)
            await sign_in(caller, world.employee, new["password"])


async def test_the_clock_does_not_tell_the_right_password_from_a_wrong_one(
    world: World, caller: Client, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and one hash of the same cost, that of nobody, for right, wrong and unknown."""
    await give_password(world, world.employee)
    verified: list[str | None] = []
    real = passwords.verify

    async def verify(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        verified.append(password_hash)
        return await real(password, password_hash)

    monkeypatch.setattr(passwords, "verify", verify)
    statements: list[list[str]] = []
    engine = world.database._writing.sync_engine

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements[-1].append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    tries = [(world.employee.person.email, PASSWORD), (world.employee.person.email, "en gissning"), ("ingen@a.se", "x")]
    for username, password in tries:
        statements.append([])
        sent = {"grantType": "password", "username": username, "password": password}
        await caller.refused("POST", "/auth/token", 401, "credentialsRefused", json=sent)
    sa.event.remove(engine, "before_cursor_execute", count)
    assert verified == [None, None, None]
    assert len(statements[0]) >= 3
    assert all(each == statements[0] for each in statements)
    assert provider_id


# --- A provider that lies --------------------------------------------------------------------------------


LIES: dict[str, Any] = {
    "unsigned": unsigned,
    "HMAC with the client secret": lambda claims: with_hmac(claims, CLIENT_SECRET.encode()),
    "HMAC with the public key": lambda claims: with_hmac(claims, a_key("first").as_pem(private=False)),
    "another's key": lambda claims: signed(claims, a_key("another's"), kid="first"),
    "another algorithm": lambda claims: signed(claims, a_key("first"), algorithm="PS256"),
    "not for us": lambda claims: signed(claims | {"aud": "another"}, a_key("first")),
    "for others too": lambda claims: signed(claims | {"aud": [CLIENT_ID, "another"]}, a_key("first")),
    "of another issuer": lambda claims: signed(claims | {"iss": "https://op.example"}, a_key("first")),
    "of another request": lambda claims: signed(claims | {"nonce": "another"}, a_key("first")),
    "expired": lambda claims: signed(claims | {"iat": claims["iat"] - 500, "exp": claims["iat"] - 200}, a_key("first")),
    "huge": lambda claims: signed(claims | {"groups": ["x" * 40_000]}, a_key("first")),
    "no text": lambda _claims: {"a": "token"},
    "nothing": lambda _claims: None,
}


async def test_lies_are_refused(caller: Client, provider: HostileProvider, provider_id: str, linked: Someone) -> None:
    for lie, token in LIES.items():
        provider.token = token
        assert code(await round_trip(caller, provider, provider_id)) == REFUSED, lie
    provider.token = None
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert linked.id


ANSWERS = {
    "no JSON": (b"<html>", REFUSED),
    "a list": (b"[]", REFUSED),
    "a name twice": (b'{"id_token": "a", "id_token": "b"}', REFUSED),
    "nothing": (b"", REFUSED),
    "too much": (b" " * 300_000, AWAY),
}


async def test_odd_answers_to_the_code(caller: Client, provider: HostileProvider, provider_id: str) -> None:
    for answer, (body, expected) in ANSWERS.items():
        provider.body["/token"] = body
        assert code(await round_trip(caller, provider, provider_id)) == expected, answer


async def test_our_secret_refused_is_ours_to_put_right(
    caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    provider.status["/token"], provider.body["/token"] = 401, b'{"error": "invalid_client"}'
    assert code(await round_trip(caller, provider, provider_id)) == AWAY
    provider.body["/token"] = b'{"error": "invalid_grant"}'
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED


DOCUMENTS: dict[str, Any] = {
    "another issuer": {"issuer": "https://op.example"},
    "the issuer with a slash": {"issuer": "{issuer}/"},
    "no issuer": {"issuer": None},
    "no token endpoint": {"token_endpoint": None},
    "an endpoint in plain text elsewhere": {"token_endpoint": "http://op.example/token"},
    "an endpoint that is a file": {"jwks_uri": "file:///etc/passwd"},
    "an endpoint with a name and password": {"token_endpoint": "https://a:b@op.example/token"},
    "an endpoint with a fragment": {"authorization_endpoint": "https://op.example/auth#x"},
    "an endpoint that is a script": {"authorization_endpoint": "javascript:alert(1)"},
    "no code flow": {"response_types_supported": ["id_token"]},
    "no S256": {"code_challenge_methods_supported": ["plain"]},
    "not our algorithm": {"id_token_signing_alg_values_supported": ["ES256"]},
    "not our way to show the secret": {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    "names that are none": {"response_types_supported": "code"},
}


BODIES = (b"", b"<html>", b"[]", b"[" * 100_000, b"\xff", b" " * 300_000)


async def test_discovery_documents_that_will_not_do(
    caller: Client, provider: HostileProvider, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    sent = {"identityProviderId": provider_id}
    path = "/auth/authorisation-requests"
    for document, changes in DOCUMENTS.items():
        provider.metadata = {
            name: value.replace("{issuer}", provider.issuer) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        response = await caller.request("POST", path, json=sent, headers=SAME_ORIGIN)
        assert code(response) == AWAY, document
        assert response.headers["Retry-After"] == "30"
    provider.metadata = {}
    for body in BODIES:
        provider.body["/.well-known/openid-configuration"] = body
        await caller.refused("POST", path, 503, "identityProviderAway", json=sent, headers=SAME_ORIGIN)
    provider.body.clear()
    await go(caller, provider_id)


async def test_redirects_are_not_followed(
    caller: Client, provider: HostileProvider, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    async with hostile_provider() as elsewhere:
        provider.headers["Location"] = f"{elsewhere.issuer}/.well-known/openid-configuration"
        for status in (301, 302, 307, 308):
            provider.status["/.well-known/openid-configuration"] = status
            sent = {"identityProviderId": provider_id}
            await caller.refused(
                "POST", "/auth/authorisation-requests", 503, "identityProviderAway", json=sent, headers=SAME_ORIGIN
            )
        assert elsewhere.asked == []


# --- Keys ------------------------------------------------------------------------------------------------


async def test_keys_are_kept_and_asked_for_anew_when_an_unknown_one_signs(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.asked.clear()
    for _ in range(3):
        assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert provider.asked.count("/jwks") == 0  # since the link
    provider.key = a_key("second")
    # Within seconds of the last time nobody makes us ask again and again; after that, the new key is found.
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED
    assert provider.asked.count("/jwks") == 0
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert provider.asked.count("/jwks") == 1
    monkeypatch.undo()
    # The old key is no longer the provider's.
    provider.token = lambda claims: signed(claims, a_key("first"))
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED
    assert linked.id


async def test_a_key_that_is_taken_back_is_forgotten(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.jwks = {"keys": [public(a_key("second"))]}
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    monkeypatch.setattr(relying_party, "KEYS_FOR_S", 0.0)
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED
    assert linked.id


async def test_key_sets_that_will_not_do(
    caller: Client, provider: HostileProvider, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    unreadable: list[Any] = [b"<html>", b"[]", {}, {"keys": {}}]
    useless: list[Any] = [{"keys": []}, {"keys": [{"kty": "oct", "k": "AAAA", "kid": "first"}]}]
    for jwks in (*unreadable, *useless):
        provider.jwks = jwks
        assert code(await round_trip(caller, provider, provider_id)) == (AWAY if jwks in unreadable else REFUSED), jwks
    provider.jwks = None
    assert code(await round_trip(caller, provider, provider_id)) == NOT_LINKED


async def test_two_keys_of_one_name_vouch_for_nobody(
    caller: Client, provider: HostileProvider, provider_id: str
) -> None:
    provider.jwks = {"keys": [public(a_key("first")), {**public(a_key("second")), "kid": "first"}]}
    assert code(await round_trip(caller, provider, provider_id)) == REFUSED


# --- Away and slow ---------------------------------------------------------------------------------------


async def test_a_provider_that_is_away_harms_nobody_else(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    tokens = (await round_trip(caller, provider, provider_id)).json()
    gone_id = await register(world, "http://127.0.0.1:1")
    await bind(world, gone_id)
    sent = {"identityProviderId": gone_id}
    path = "/auth/authorisation-requests"
    for _ in range(2):
        response = await caller.request("POST", path, json=sent, headers=SAME_ORIGIN)
        assert code(response) == AWAY
        assert response.headers["Retry-After"] == "30"
    assert (await try_renew(caller, tokens["refreshToken"])).status_code == 200
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    # Away when one comes back, and there again: the next try is a new one.
    provider.status["/token"] = 502
    assert code(await round_trip(caller, provider, provider_id)) == AWAY
    provider.status.clear()
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert linked.id


@asynccontextmanager
async def coming_back(
    app: FastAPI, provider: HostileProvider, provider_id: str, places: int, from_each: int
) -> AsyncIterator[list[Any]]:
    """Strangers who bring codes to a provider that is slow, from so many places."""
    clients = [client_for(app, client=(an_address(), 1)) for _ in range(places)]
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(client) for client in clients]
        ways = [(client, await go(client, provider_id)) for client in held for _ in range(from_each)]
        backs = [provider.visit(gone.url) for _, gone in ways]
        provider.delay["/token"] = 30.0
        tasks = [
            asyncio.create_task(try_return(client, gone.cookie, back))
            for (client, gone), back in zip(ways, backs, strict=True)
        ]
        yield tasks
        await asyncio.gather(*tasks)


async def told_at_once(tasks: list[Any], waiting: int) -> list[tuple[int, str]]:
    """The answers of all but so many, which wait."""
    at_once = len(tasks) - waiting
    answers = []
    for finished in asyncio.as_completed(tasks, timeout=4):
        answers.append(code(await finished))
        if len(answers) == at_once:
            break
    assert sum(not task.done() for task in tasks) == waiting
    return answers


async def test_a_slow_provider_keeps_nobody_else_waiting(
    world: World, app: FastAPI, provider: HostileProvider, provider_id: str
) -> None:
    async with coming_back(app, provider, provider_id, 8, 5) as tasks:
        assert set(await told_at_once(tasks, STRANGERS_AT_MOST)) == {AWAY}
        # More wait than there are connections to the database, and none of them holds one.
        await world.saco_rep.client.get("/me")
        await world.administrator.client.change(f"/people/{world.employee.id}", {"language": "en"})
        provider.closing.set()
    answers = [code(task.result()) for task in tasks]
    assert answers.count(NOT_LINKED) == STRANGERS_AT_MOST


# --- Whoever shuts others out ------------------------------------------------------------------------------


async def test_strangers_do_not_keep_an_organisation_from_its_provider(
    app: FastAPI, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone, party: RelyingParty
) -> None:
    """From wherever they come, with however many codes: an address from which somebody has signed in has its turn, and
    the provider is not called away because too many ask."""
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    gone = await go(caller, provider_id)
    back = provider.visit(gone.url)
    async with coming_back(app, provider, provider_id, 4, 10) as tasks:
        await told_at_once(tasks, STRANGERS_AT_MOST)
        # What the strangers do now is counted as a way of theirs, and forgets nothing that is known of the provider.
        party._known[provider.issuer].metadata = None
        party._known[provider.issuer].keys_since = None
        provider.delay.clear()
        assert (await try_return(caller, gone.cookie, back)).status_code == 200
        assert party._known[provider.issuer].failed_at is None
        provider.closing.set()
    assert linked.id


async def test_who_has_to_wait_for_a_turn_has_used_nothing_up(
    caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    ways = [await go(caller, provider_id) for _ in range(Share.STRANGE + 1)]
    backs = [provider.visit(gone.url) for gone in ways]
    provider.delay["/token"] = 30.0
    tasks = [asyncio.create_task(try_return(caller, gone.cookie, back)) for gone, back in zip(ways, backs, strict=True)]
    assert await told_at_once(tasks, Share.STRANGE) == [AWAY]
    late = next(number for number, task in enumerate(tasks) if task.done())
    assert tasks[late].result().headers["Retry-After"] == "2"
    provider.closing.set()
    await asyncio.gather(*tasks)
    provider.closing.clear()
    provider.delay.clear()
    assert (await try_return(caller, ways[late].cookie, backs[late])).status_code == 200
    assert linked.id


async def test_ways_that_lead_nowhere_are_counted_by_place(
    app: FastAPI, world: World, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(provider_attempts.AT_MOST, Standing.STRANGE, 5)
    sent = {"identityProviderId": provider_id}
    path = "/auth/authorisation-requests"
    async with calling_from(app) as stranger, calling_from(app) as another:
        for _ in range(5):
            await go(stranger, provider_id)
        response = await stranger.request("POST", path, json=sent, headers=SAME_ORIGIN, expect=429)
        assert int(response.headers["Retry-After"]) > 800
        # Nor with what is no provider and no invitation: those are tried at this door too.
        made_up = {"identityProviderId": provider_id, "invitationToken": "x" * 43}
        await stranger.refused("POST", path, 429, "tooManyAttempts", json=made_up, headers=SAME_ORIGIN)
        async with world.database.read() as session:
            waiting = sa.select(sa.func.count()).select_from(AuthorisationRequest)
            of_this = col(AuthorisationRequest.identity_provider_id) == UUID(provider_id)
            assert (await session.execute(waiting.where(of_this))).scalar_one() == 5
        await go(another, provider_id)
        for _ in range(4):
            await another.refused("POST", path, 422, "invitationRefused", json=made_up, headers=SAME_ORIGIN)
        await another.refused("POST", path, 429, "tooManyAttempts", json=made_up, headers=SAME_ORIGIN)
        # Passwords are counted by themselves.
        await give_password(world, world.administrator)
        await sign_in(stranger, world.administrator)
        # Quarter of an hour later it begins anew.
        with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
            await go(another, provider_id)


async def test_an_agency_behind_one_address_is_not_locked_out(
    app: FastAPI,
    provider: HostileProvider,
    provider_id: str,
    linked: Someone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who gets in is not counted; where somebody has, there may be many more; and a browser counts by itself."""
    monkeypatch.setitem(provider_attempts.AT_MOST, Standing.STRANGE, 3)
    monkeypatch.setitem(provider_attempts.AT_MOST, Standing.USUAL, 8)
    monkeypatch.setitem(provider_attempts.AT_MOST, Standing.BROWSER, 2)
    sent = {"identityProviderId": provider_id}
    path = "/auth/authorisation-requests"
    async with calling_from(app) as office:
        for _ in range(2):
            await go(office, provider_id)
        gone = await go(office, provider_id)
        back = provider.visit(gone.url)
        signed_in = await try_return(office, gone.cookie, back, refreshTokenIn="cookie")
        device = cookies(signed_in)[DEVICE].value
        for _ in range(5):
            assert (await round_trip(office, provider, provider_id)).status_code == 200
        for _ in range(6):
            await go(office, provider_id)
        await office.refused("POST", path, 429, "tooManyAttempts", json=sent, headers=SAME_ORIGIN)
        # Somebody there has tried too much; whoever has signed in with their browser does not notice.
        known = SAME_ORIGIN | {"Cookie": f"{DEVICE}={device}"}
        for _ in range(2):
            await office.request("POST", path, json=sent, headers=known, expect=201)
        await office.refused("POST", path, 429, "tooManyAttempts", json=sent, headers=known)
        name, proof, of_person = device.split(".")
        other = "0" * 32
        for forged in (f"{other}.{proof}.{of_person}", f"{name}.{of_person}", f"{name}.{of_person}.{proof}", "a..b"):
            odd = SAME_ORIGIN | {"Cookie": f"{DEVICE}={forged}"}
            await office.refused("POST", path, 429, "tooManyAttempts", json=sent, headers=odd)
    assert linked.id


async def test_a_provider_that_is_away_is_nobodys_fault(
    app: FastAPI, provider: HostileProvider, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is back, its people are not told that they have tried too often."""
    monkeypatch.setitem(provider_attempts.AT_MOST, Standing.STRANGE, 2)
    monkeypatch.setattr(relying_party, "ASK_AGAIN_AFTER_S", 0.0)
    sent = {"identityProviderId": provider_id}
    async with calling_from(app) as client:
        provider.status["/.well-known/openid-configuration"] = 500
        for _ in range(3):
            await client.refused(
                "POST", "/auth/authorisation-requests", 503, "identityProviderAway", json=sent, headers=SAME_ORIGIN
            )
        provider.status = {"/token": 502}
        for _ in range(3):
            assert code(await round_trip(client, provider, provider_id)) == AWAY


async def test_an_answer_that_does_not_come_is_not_waited_for(world: World, app: FastAPI, caller: Client) -> None:
    with providers_on_loopback(app, within_s=0.3):
        async with hostile_provider() as slow:
            slow_id = await register(world, slow.issuer)
            await bind(world, slow_id)
            for path in ("/token", "/jwks"):
                slow.delay = {path: 30.0}
                assert code(await round_trip(caller, slow, slow_id)) == AWAY


async def test_those_who_wait_for_one_that_fails_do_not_try_one_after_the_other(
    world: World, app: FastAPI, caller: Client
) -> None:
    with providers_on_loopback(app, within_s=0.5):
        async with hostile_provider() as slow:
            slow_id = await register(world, slow.issuer)
            slow.delay["/.well-known/openid-configuration"] = 30.0
            sent = {"identityProviderId": slow_id}
            asked = [
                caller.request("POST", "/auth/authorisation-requests", json=sent, headers=SAME_ORIGIN)
                for _ in range(10)
            ]
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert {code(answer) for answer in await asyncio.gather(*asked)} == {AWAY}
            assert loop.time() - began < 10 * 0.5  # as long as ten would wait one after the other
            assert len(slow.asked) == 1


async def test_a_changed_token_secret_is_said_and_put_right(
    world: World, caller: Client, provider: HostileProvider, provider_id: str, linked: Someone
) -> None:
    async with world.database.write() as session:
        await session.execute(
            sa.text("UPDATE identity_provider SET client_secret_sealed = '\\x00' WHERE id = :id"), {"id": provider_id}
        )
    sent = {"identityProviderId": provider_id}
    await caller.refused(
        "POST", "/auth/authorisation-requests", 503, "identityProviderAway", json=sent, headers=SAME_ORIGIN
    )
    path = f"/identity-providers/{provider_id}"
    await world.administrator.client.change(path, {"clientSecret": CLIENT_SECRET})
    assert (await round_trip(caller, provider, provider_id)).status_code == 200
    assert linked.id


def test_a_gone_browser_shows_no_secrets() -> None:
    from app.services.authorisation_requests import SentOut
    from app.services.relying_party import Answer, Secrets
    from app.services.relying_party import Client as RelyingClient

    shown = repr([SentOut("https://a", "b-secret"), Secrets("s-secret", "b-secret"), Answer(200, b"b-secret")])
    assert "secret" not in shown
    assert "hidden" not in repr(RelyingClient("i", "c", (), None, "hidden"))  # type: ignore[arg-type]
    assert json.dumps(Gone("u", "c").__dict__)
