"""How service clients get in, and how they do not: secrets, addresses, scopes, throttling."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.main import create_app
from app.services import throttle
from app.services.networks import is_within
from tests.client import Client, Response, client_for
from tests.conftest import settings_for
from tests.machines import a_secret, consented, get_in, hr_system, machine, try_in
from tests.signing_in import an_address, calling_from, give_password, try_password
from tests.world import World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONG = "larande_client_" + "A" * 43
PROXY = "10.9.8.7"


async def send_form(client: Client, **fields: str) -> Response:
    body = urlencode({"grant_type": "client_credentials", **fields}).encode()
    return await client.request("POST", "/auth/token", content=body, headers=FORM)


@pytest.fixture
async def behind_proxy(app: FastAPI) -> AsyncIterator[FastAPI]:
    """The same service where one address is a trusted proxy."""
    url = app.state.database.engine.url.render_as_string(hide_password=False)
    behind = create_app(settings_for(url, trusted_proxies=PROXY))
    yield behind
    await behind.state.database.close()


def alike(*answers: Response) -> list[Any]:
    """What refusals say, but for their number."""
    return [(each.status_code, each.json() | {"instance": None}) for each in answers]


# --- The grant ------------------------------------------------------------------------------------------------------


async def test_in_json_and_in_the_standard_form(world: World) -> None:
    it = await consented(world)
    answer = await try_in(world.nobody, it.id, it.secret)
    token = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert token.keys() == {"accessToken", "tokenType", "expiresIn", "scope"}
    assert (token["tokenType"], token["expiresIn"], token["scope"]) == ("Bearer", 300, "records:read results:read")
    assert "set-cookie" not in answer.headers
    told = await send_form(world.nobody, client_id=it.id, client_secret=it.secret)
    assert told.status_code == 200
    assert told.json().keys() == {"access_token", "token_type", "expires_in", "scope"}
    me = await world.nobody.signed_in(told.json()["access_token"]).get("/me")
    assert (me["id"], me["kind"], me["scopes"]) == (it.id, "integrator", ["records:read", "results:read"])
    assert me["organisation"]["id"] == str(world.organisation.id)


async def test_who_am_i_says_what_counts_now(world: World) -> None:
    it = await machine(world)
    me = await it.client.get("/me")
    assert (me["scopes"], me["pendingScopes"]) == ([], ["records:read", "results:read"])
    hr = await hr_system(world)
    me = await hr.client.get("/me")
    # Who may write may read the same.
    assert me["scopes"] == ["people:read", "people:write", "units:read", "units:write"]
    assert me["pendingScopes"] == []
    first = await hr.client.request("GET", "/me")
    again = await hr.client.request("GET", "/me", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


async def test_less_than_all_can_be_asked_for(world: World) -> None:
    it = await hr_system(world)
    for asked, scopes in (
        ("units:read", ["units:read"]),
        ("people:write units:read", ["people:read", "people:write", "units:read"]),
    ):
        client = await get_in(world.nobody, it, scope=asked)
        assert (await client.get("/me"))["scopes"] == scopes
    client = await get_in(world.nobody, it, scope="units:read")
    await client.get(f"{world.path}/units")
    await client.refused("GET", f"{world.path}/people", 403, "notYourRole")
    await client.refused("POST", f"{world.path}/units", 403, "notYourRole", json={"name": "Ny"})
    # A narrow token does not widen when its client does.
    await world.administrator.client.change(it.path, {"scopes": ["people:write"]})
    assert (await client.get("/me"))["scopes"] == []


@pytest.mark.parametrize("asked", ["records:read", "units:read records:read", "mandates:read", "UNITS:READ", "*"])
async def test_more_than_registered_is_refused(world: World, asked: str) -> None:
    it = await hr_system(world)
    answer = await try_in(world.nobody, it.id, it.secret, scope=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "scopeNotGranted")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/scope"]


async def test_what_waits_for_consent_may_be_asked_for_and_gives_nothing_yet(world: World) -> None:
    it = await machine(world)
    answer = await try_in(world.nobody, it.id, it.secret, scope="records:read")
    assert (answer.status_code, answer.json()["scope"]) == (200, "")
    client = world.nobody.signed_in(answer.json()["accessToken"])
    await client.refused("GET", f"{world.path}/session-records", 403, "consentPending")


@pytest.mark.parametrize(
    "body",
    [
        {"clientId": "1", "clientSecret": WRONG},
        {"clientId": str(uuid4())},
        {"clientSecret": WRONG},
        {"clientId": str(uuid4()), "clientSecret": ""},
        {"clientId": str(uuid4()), "clientSecret": WRONG, "scope": ""},
        {"clientId": str(uuid4()), "clientSecret": WRONG, "scope": "a  b"},
        {"clientId": str(uuid4()), "clientSecret": WRONG, "username": "x"},
        {"clientId": str(uuid4()), "clientSecret": "å" * 50},
        {"clientId": str(uuid4()), "clientSecret": "x" * 100_000},
    ],
)
async def test_a_grant_that_is_none(world: World, body: Any) -> None:
    json = {"grantType": "client_credentials", **body}
    await world.nobody.refused("POST", "/auth/token", 422, "validationFailed", json=json)


async def test_the_basic_scheme_is_no_way_in(world: World) -> None:
    it = await machine(world)
    basic = base64.b64encode(f"{it.id}:{it.secret}".encode()).decode()
    for path, method in (("/auth/token", "POST"), ("/me", "GET")):
        sent = {"Authorization": f"Basic {basic}"}
        json = {"grantType": "client_credentials"} if method == "POST" else None
        answer = await world.nobody.request(method, path, json=json, headers=sent)
        assert answer.status_code in {401, 422}


async def test_a_clients_token_is_no_persons_and_signs_nobody_out(world: World) -> None:
    it = await hr_system(world)
    await it.client.request("POST", "/auth/sign-out", expect=204)
    assert (await it.client.get("/me"))["id"] == it.id
    body = {"grantType": "refresh_token", "refreshToken": it.secret}
    await world.nobody.refused("POST", "/auth/token", 401, "refreshTokenRefused", json=body)


async def test_a_token_by_another_clients_secret_is_nobodys(world: World) -> None:
    it, another = await hr_system(world), await hr_system(world)
    mixed = await try_in(world.nobody, it.id, another.secret)
    assert (mixed.status_code, mixed.json()["code"]) == (401, "clientRefused")


# --- One and the same refusal ---------------------------------------------------------------------------------------


async def test_unknown_wrong_expired_ended_and_elsewhere_are_refused_alike(app: FastAPI, world: World) -> None:
    it = await machine(world)
    short = await machine(world)
    elsewhere = await machine(world, allowedNetworks=["192.0.2.0/24"])
    ended = await machine(world)
    await world.administrator.client.step(f"{ended.path}/transitions", {"to": "ended"})
    removed = f"/service-client-credentials/{short.credential_id}"
    await world.administrator.client.change(removed, None, 204, method="DELETE")
    told = alike(
        await try_in(world.nobody, str(uuid4()), it.secret),
        await try_in(world.nobody, it.id, WRONG),
        await try_in(world.nobody, it.id, it.secret + "x"),
        await try_in(world.nobody, short.id, short.secret),
        await try_in(world.nobody, elsewhere.id, elsewhere.secret),
        await try_in(world.nobody, elsewhere.id, elsewhere.secret, scope="people:write"),
        await try_in(world.nobody, ended.id, ended.secret),
    )
    assert told == [told[0]] * len(told)
    assert (told[0][0], told[0][1]["code"]) == (401, "clientRefused")
    async with calling_from(app, "192.0.2.9") as there:
        assert (await try_in(there, elsewhere.id, elsewhere.secret)).status_code == 200


async def test_a_guesser_has_to_wait_and_the_right_secret_never(app: FastAPI, world: World) -> None:
    address = an_address()
    it = await machine(world, allowedNetworks=["10.0.0.0/8"])
    async with calling_from(app, address) as guesser, calling_from(app) as other:
        told = [(await try_in(guesser, it.id, WRONG)).status_code for _ in range(throttle.PER_PAIR + 3)]
        assert told == [401] * throttle.PER_PAIR + [429] * 3
        refused = await try_in(guesser, it.id, WRONG)
        assert 0 < int(refused.headers["Retry-After"]) <= throttle.WINDOW.total_seconds()
        # The client itself is let in, from there and from anywhere it may call from.
        for caller in (guesser, other):
            assert (await try_in(caller, it.id, it.secret)).status_code == 200
        # Guessing at one client, known or not, tells nothing about another.
        unknown = str(uuid4())
        told = [(await try_in(other, unknown, WRONG)).status_code for _ in range(throttle.PER_PAIR + 1)]
        assert told == [401] * throttle.PER_PAIR + [429]


async def test_a_program_with_an_old_secret_does_not_keep_people_out(app: FastAPI, world: World) -> None:
    await give_password(world, world.employee)
    async with calling_from(app) as office:
        for _ in range(throttle.PER_PLACE // throttle.PER_PAIR):
            unknown = str(uuid4())
            for _ in range(throttle.PER_PAIR):
                await try_in(office, unknown, WRONG)
        assert (await try_in(office, str(uuid4()), WRONG)).status_code == 429
        assert (await try_password(office, world.employee)).status_code == 200


# --- From where -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("192.0.2.7", ["192.0.2.7/32"], True),
        ("192.0.2.8", ["192.0.2.7/32"], False),
        ("192.0.2.8", ["10.0.0.0/8", "192.0.2.0/24"], True),
        ("::ffff:192.0.2.8", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32"], False),
        ("192.0.2.8", ["::/0"], False),
        ("2001:db8::1", ["0.0.0.0/0"], False),
        ("", ["0.0.0.0/0", "::/0"], False),
        ("_hidden", ["0.0.0.0/0", "::/0"], False),
        ("testclient", ["0.0.0.0/0", "::/0"], False),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("192.0.2.7", [], False),
    ],
)
def test_an_address_is_inside_or_not(address: str, networks: list[str], inside: bool) -> None:
    assert is_within(address, networks) is inside


async def test_a_token_is_of_no_use_from_elsewhere(app: FastAPI, world: World) -> None:
    it = await hr_system(world, allowedNetworks=["192.0.2.0/24"])
    async with calling_from(app, "192.0.2.9") as there, calling_from(app, "198.51.100.1") as thief:
        client = await get_in(there, it)
        await client.get(f"{world.path}/people")
        stolen = thief.signed_in(str(client.token))
        await stolen.refused("GET", f"{world.path}/people", 401, "tokenInvalid")
        await stolen.refused("POST", f"{world.path}/units", 401, "tokenInvalid", json={"name": "Ny"})
        # And when the networks change, at once.
        await world.administrator.client.change(it.path, {"allowedNetworks": ["198.51.100.0/24"]})
        await client.refused("GET", "/me", 401, "tokenInvalid")
        assert (await stolen.get("/me"))["id"] == it.id


async def test_what_a_stranger_claims_to_be_is_not_believed(behind_proxy: FastAPI, world: World) -> None:
    it = await hr_system(world, allowedNetworks=["192.0.2.9"])
    claims = [
        {"Forwarded": "for=192.0.2.9"},
        {"X-Forwarded-For": "192.0.2.9"},
        {"X-Real-IP": "192.0.2.9"},
        {"Forwarded": f"for=192.0.2.9, for={PROXY}"},
    ]
    body = {"grantType": "client_credentials", "clientId": it.id, "clientSecret": it.secret}
    async with client_for(behind_proxy, client=("198.51.100.7", 1)) as stranger:
        for headers in claims:
            answer = await stranger.request("POST", "/auth/token", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "clientRefused"), headers
    async with client_for(behind_proxy, client=(PROXY, 1)) as through:
        # Whoever stands before the proxy can write what they like; the proxy adds where it heard it from.
        for told in ("for=192.0.2.9, for=198.51.100.7", "for=_hidden", 'for="[2001:db8::9]"', "by=192.0.2.9"):
            answer = await through.request("POST", "/auth/token", json=body, headers={"Forwarded": told})
            assert answer.status_code == 401, told
        answer = await through.request("POST", "/auth/token", json=body, headers={"X-Forwarded-For": "192.0.2.9"})
        assert answer.status_code == 401
        sent = {"Forwarded": "for=198.51.100.7, for=192.0.2.9"}
        answer = await through.request("POST", "/auth/token", json=body, headers=sent, expect=200)
        client = through.signed_in(answer.json()["accessToken"])
        await client.get("/me", headers=sent)
        for told in ("for=198.51.100.7", "for=192.0.2.9, for=198.51.100.7"):
            await client.refused("GET", "/me", 401, "tokenInvalid", headers={"Forwarded": told})
        await client.refused("GET", "/me", 401, "tokenInvalid")


async def test_a_renamed_secret_is_no_other(world: World) -> None:
    """Only the whole secret counts, as it is written."""
    it = await machine(world)
    second = await a_secret(world, it.id)
    for wrong in (
        it.secret.removeprefix("larande_client_"),
        it.secret.upper(),
        it.secret[:-1],
        it.secret + "=",
        second["id"],
        it.credential_id,
    ):
        assert (await try_in(world.nobody, it.id, wrong)).status_code == 401
