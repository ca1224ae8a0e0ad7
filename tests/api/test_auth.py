"""Signing in, renewing, signing out and setting a password, by people and by those who pretend to be."""

import asyncio
import json
import unicodedata
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import col

from app import logs
from app.main import create_app
from app.models.sign_in import Credential, RefreshToken, SignIn, SignInEnd, SignInFailure
from app.services import passwords
from app.settings import Settings
from tests.client import Client, Response
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

REFRESH, DEVICE = "__Host-larande-refresh", "__Host-larande-device"
SAME_ORIGIN = {"Origin": "http://testserver"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    """Nobody in particular, from an address of their own."""
    async with calling_from(app) as client:
        yield client


@pytest.fixture
async def someone(world: World) -> Someone:
    await give_password(world, world.employee)
    return world.employee


async def send_form(client: Client, fields: Any, **options: Any) -> Response:
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return await client.request("POST", "/auth/token", content=body, headers=FORM, **options)


def cookies(response: Response) -> dict[str, Any]:
    return {
        name: morsel
        for header in response.headers.get_list("set-cookie")
        for name, morsel in SimpleCookie(header).items()
    }


def carrying(response: Response, *names: str, **headers: str) -> dict[str, str]:
    """Headers of a browser that holds the answer's cookies."""
    held = cookies(response)
    return SAME_ORIGIN | {"Cookie": "; ".join(f"{name}={held[name].value}" for name in names)} | headers


async def works(client: Client, access_token: str) -> bool:
    return (await client.signed_in(access_token).request("GET", "/me")).status_code == 200


async def family_end(world: World, someone: Someone) -> list[SignInEnd | None]:
    async with world.database.read() as session:
        ends = sa.select(col(SignIn.end)).where(col(SignIn.person_id) == someone.person.id).order_by(col(SignIn.id))
        return list((await session.execute(ends)).scalars())


# --- With a password ---------------------------------------------------------------------------------------


async def test_sign_in_with_json(caller: Client, someone: Someone) -> None:
    response = await try_password(caller, someone)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in response.headers
    tokens = response.json()
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 300)
    assert len(tokens["refreshToken"]) == 43
    assert (await caller.signed_in(tokens["accessToken"]).get("/me"))["id"] == someone.id


async def test_sign_in_with_the_standard_form(caller: Client, someone: Someone) -> None:
    fields = {"grant_type": "password", "username": someone.person.email, "password": PASSWORD, "scope": "x y"}
    tokens = (await send_form(caller, {**fields, "client_id": "app", "client_secret": ""}, expect=200)).json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert await works(caller, tokens["access_token"])
    renewed = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    again = (await send_form(caller, renewed, expect=200)).json()
    assert again["refresh_token"] != tokens["refresh_token"]
    with_charset = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    await caller.request("POST", "/auth/token", content=urlencode(fields).encode(), headers=with_charset, expect=200)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("Application/X-WWW-Form-URLencoded", 200),
        ("application/x-www-form-urlencoded ; charset=utf-8", 200),
        ("application/x-www-form-urlencoded-not", 415),
        ("application/x-www-form-urlencoded, application/json", 415),
    ],
)
async def test_the_form_is_known_by_its_whole_name_in_any_case(
    caller: Client, someone: Someone, media_type: str, status: int
) -> None:
    fields = {"grant_type": "password", "username": someone.person.email, "password": PASSWORD}
    body, headers = urlencode(fields).encode(), {"Content-Type": media_type}
    response = await caller.request("POST", "/auth/token", content=body, headers=headers, expect=status)
    assert set(response.json()) >= ({"access_token"} if status == 200 else {"code"})


async def test_the_address_is_found_in_any_case_and_the_password_from_any_keyboard(
    caller: Client, someone: Someone
) -> None:
    username = f"  {someone.person.email.upper()} "
    typed = unicodedata.normalize("NFD", PASSWORD)
    assert typed != PASSWORD
    response = await try_password(caller, someone, typed, username=username)
    assert response.status_code == 200
    fields = {"grant_type": "password", "username": username, "password": typed}
    assert (await send_form(caller, fields)).status_code == 200
    assert (await try_password(caller, someone, PASSWORD.upper())).status_code == 401


@pytest.mark.usefixtures("agreed_cost")
async def test_unknown_inactive_and_mistaken_people_are_told_the_same_in_the_same_time(
    caller: Client, world: World, someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, invited = await world.someone("gone"), await world.someone("invited")
    await give_password(world, gone)
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE person SET active = false WHERE id = :id"), {"id": gone.person.id})
    hashes = []
    real = passwords._HASH.verify_and_update

    class Counting:
        def verify_and_update(self, password: str, stored: str) -> tuple[bool, str | None]:
            hashes.append(stored.split("$")[3])
            return real(password, stored)

    monkeypatch.setattr(passwords, "_HASH", Counting())
    nobodys = passwords._NOBODYS
    attempts = [
        (someone.person.email, "inte mitt lösenord"),
        (gone.person.email, PASSWORD),
        (invited.person.email, PASSWORD),
        ("ingen.alls@example.se", PASSWORD),
        ("ingen.alls@example.se", "nobody has this password"),
    ]
    bodies = []
    for username, password in attempts:
        sent = {"grantType": "password", "username": username, "password": password}
        problem = await caller.refused("POST", "/auth/token", 401, "credentialsRefused", json=sent)
        bodies.append({name: value for name, value in problem.items() if name != "instance"})
    assert all(body == bodies[0] for body in bodies)
    # One hash each, of the same cost: the clock tells nothing either.
    assert hashes == ["m=19456,t=2,p=1"] * len(attempts)
    assert nobodys == passwords._NOBODYS


@pytest.mark.usefixtures("agreed_cost")
async def test_an_older_hash_is_replaced_at_sign_in(caller: Client, world: World) -> None:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    someone = await world.someone("old_hand")
    older = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash(PASSWORD)
    await world.add(Credential(person_id=someone.person.id, password_hash=older, changed_at=datetime.now(UTC)))
    await sign_in(caller, someone)
    async with world.database.read() as session:
        credential = await session.get(Credential, someone.person.id)
        assert credential is not None
        assert credential.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await sign_in(caller, someone)


async def test_a_password_changed_meanwhile_lets_nobody_in(
    caller: Client, world: World, someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = passwords.verify

    async def slow(password: str, stored: str | None) -> tuple[bool, str | None]:
        answer = await real(password, stored)
        async with world.database.write() as session:
            await session.execute(
                sa.update(Credential)
                .where(col(Credential.person_id) == someone.person.id)
                .values(changed_at=datetime.now(UTC))
            )
        return answer

    monkeypatch.setattr(passwords, "verify", slow)
    response = await try_password(caller, someone)
    assert (response.status_code, response.json()["code"]) == (401, "credentialsRefused")


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"grant_type": "password", "username": "ingen@example.se", "password": "x" * 15}, 401, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "a" * 43}, 401, "invalid_grant"),
        (
            {"grant_type": "client_credentials", "client_id": str(uuid.UUID(int=7)), "client_secret": "x" * 43},
            401,
            "invalid_client",
        ),
        ({"grant_type": "implicit"}, 422, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "ingen@example.se"}, 422, "invalid_request"),
        (b"grant_type=password&grant_type=password", 400, "invalid_request"),
    ],
)
async def test_a_form_is_refused_with_the_words_of_oauth_too(
    caller: Client, fields: Any, status: int, error: str
) -> None:
    problem = (await send_form(caller, fields, expect=status)).json()
    assert (problem["error"], problem["status"]) == (error, status)


async def test_json_is_refused_in_the_words_of_this_service_alone(caller: Client) -> None:
    sent = {"grantType": "password", "username": "ingen@example.se", "password": "x" * 15}
    assert "error" not in await caller.refused("POST", "/auth/token", 401, "credentialsRefused", json=sent)


# --- What a request may look like ---------------------------------------------------------------------------


@pytest.mark.parametrize("grant", ["client_credential", "implicit", "", "Password", None, 7, ["password"]])
async def test_other_grants_are_refused_by_name(caller: Client, grant: Any) -> None:
    problem = await caller.refused(
        "POST", "/auth/token", 422, "validationFailed", json={"grantType": grant, "clientId": "a", "clientSecret": "b"}
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/grantType"]
    if isinstance(grant, str):
        response = await send_form(caller, {"grant_type": grant, "client_id": "a", "client_secret": "b"}, expect=422)
        assert [error["pointer"] for error in response.json()["errors"]] == ["/grant_type"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"username": "a@example.se"}, "/password"),
        ({"password": "hemligt"}, "/username"),
        ({"username": 7, "password": "hemligt"}, "/username"),
        ({"username": "a@example.se", "password": ["hemligt"]}, "/password"),
        ({"username": "a\x00@example.se", "password": "hemligt"}, "/username"),
        ({"username": "a\ud800@example.se", "password": "hemligt"}, "/username"),
        ({"username": "a" * 201, "password": "hemligt"}, "/username"),
        ({"username": "a@example.se", "password": "hemligt\x00"}, "/password"),
        ({"username": "a@example.se", "password": "hemligt\udfff"}, "/password"),
        ({"username": "a@example.se", "password": ""}, "/password"),
        ({"username": "a@example.se", "password": "hemligt" * 20}, "/password"),
        ({"username": "a@example.se", "password": "hemligt", "refreshTokenIn": "address"}, "/refreshTokenIn"),
        ({"username": "a@example.se", "password": "hemligt", "refresh_token_in": "cookie"}, "/refresh_token_in"),
        ({"username": "a@example.se", "password": "hemligt", "scope": "x"}, "/scope"),
    ],
    ids=str,
)
async def test_fields_that_do_not_fit(caller: Client, fields: dict[str, Any], pointer: str) -> None:
    sent = json.dumps({"grantType": "password", **fields}).encode()
    response = await caller.request(
        "POST", "/auth/token", content=sent, headers={"Content-Type": "application/json"}, expect=422
    )
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert "hemligt" not in response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"grant_type=password&username=a&username=b&password=c", 400),
        (b"grant_type=password&username=%FF%FE&password=c", 400),
        (b"\xff\xfe", 400),
        (b"nothing", 400),
        (b"&".join(b"a%d=b" % number for number in range(30)), 400),
        (b"grant_type=password&username=a%00b&password=c", 422),
        (b"grant_type=password&username=a&password=c%00", 422),
        (b"grant_type=password&username=a&password=", 422),
        (b"grant_type=password&grantType=password&username=a&password=c", 422),
        (b"grant_type=password&username=a&password=c&client_secret=d", 422),
        (b"grantType=password&username=a&password=c", 422),
        (b"grant_type=password&username=a&password=c&refresh_token_in=elsewhere", 422),
    ],
)
async def test_forms_that_do_not_fit(caller: Client, body: bytes, status: int) -> None:
    await send_form(caller, body, expect=status)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe\xfd", b"[" * 100_000, b'{"grantType": 1e', b"1" * 5000])
async def test_json_that_is_none(caller: Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    await caller.refused("POST", "/auth/token", 400, "malformed", content=body, headers=headers)


async def test_other_bodies_are_refused(caller: Client) -> None:
    bodies: list[Any] = [[], "text", None, 7]
    for body in bodies:
        response = await caller.request(
            "POST", "/auth/token", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
    await caller.refused("POST", "/auth/token", 400, "malformed")
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    await caller.refused("POST", "/auth/token", 415, "unsupportedMediaType", content=b"x", headers=multipart)
    await caller.refused("POST", "/auth/token?username=a", 422, "unknownParameter", json={})


# --- Renewing --------------------------------------------------------------------------------------------------


async def test_a_refresh_token_is_for_one_use_and_an_old_one_ends_the_family(
    caller: Client, world: World, someone: Someone
) -> None:
    first = await sign_in(caller, someone)
    second = (await try_renew(caller, first["refreshToken"])).json()
    assert await works(caller, first["accessToken"])
    assert await works(caller, second["accessToken"])
    third = (await try_renew(caller, second["refreshToken"])).json()
    for _ in range(2):
        problem = (await try_renew(caller, first["refreshToken"])).json()
        assert (problem["status"], problem["code"]) == (401, "refreshTokenRefused")
    assert await family_end(world, someone) == [None, SignInEnd.TOKEN_REUSED]
    for tokens in (first, second, third):
        assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401
        assert not await works(caller, tokens["accessToken"])
    assert await works(caller, someone.client.token or "")  # another sign-in is another family


async def test_a_lost_answer_is_given_again_over_http(app: FastAPI, world: World, someone: Someone) -> None:
    key = {"Idempotency-Key": "5f6c9c1e"}
    async with calling_from(app) as home, calling_from(app) as elsewhere:
        token = (await sign_in(home, someone))["refreshToken"]
        sent = {"grantType": "refresh_token", "refreshToken": token}
        answers = [
            await caller.request("POST", "/auth/token", json=sent, headers=key, expect=200)
            for caller in (home, home, elsewhere)
        ]
        assert len({answer.json()["refreshToken"] for answer in answers}) == 1
        for answer in answers:
            assert await works(home, answer.json()["accessToken"])
        assert (await try_renew(elsewhere, token)).status_code == 401
        assert SignInEnd.TOKEN_REUSED in await family_end(world, someone)
        token = (await sign_in(home, someone))["refreshToken"]
        both = await asyncio.gather(*(try_renew(home, token) for _ in range(4)))
        assert len({answer.json()["refreshToken"] for answer in both}) == 1
        bad = {"Idempotency-Key": "ett ord"}
        await home.refused("POST", "/auth/token", 422, "idempotencyKeyInvalid", json=sent, headers=bad)


async def test_a_browser_retries_with_its_cookies_and_a_stolen_cookie_does_not(app: FastAPI, someone: Someone) -> None:
    renew = {"grantType": "refresh_token"}
    async with calling_from(app) as office, calling_from(app) as train:
        signed_in = await try_password(office, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
        held = carrying(signed_in, REFRESH, DEVICE)
        first = await office.request("POST", "/auth/token", json=renew, headers=held, expect=200)
        again = await train.request("POST", "/auth/token", json=renew, headers=held, expect=200)
        assert cookies(first)[REFRESH].value == cookies(again)[REFRESH].value
        stolen = carrying(signed_in, REFRESH)
        await office.request("POST", "/auth/token", json=renew, headers=stolen, expect=401)
        assert not await works(office, again.json()["accessToken"])


async def test_unknown_refresh_tokens_are_refused(caller: Client) -> None:
    assert (await try_renew(caller, "x" * 43)).json()["code"] == "refreshTokenRefused"
    for odd in ("", "å" * 43, "x" * 201, "a b", "\x00"):
        assert (await try_renew(caller, odd)).status_code == 422
    sent = {"grantType": "refresh_token"}
    await caller.refused("POST", "/auth/token", 401, "refreshTokenRefused", json=sent)
    both = {"grantType": "refresh_token", "refreshToken": "x" * 43, "refreshTokenIn": "body"}
    await caller.refused("POST", "/auth/token", 422, "validationFailed", json=both)


async def test_two_weeks_unused_is_too_long_and_sixty_days_the_end(caller: Client, someone: Someone) -> None:
    start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        idle = (await sign_in(caller, someone))["refreshToken"]
        kept = (await sign_in(caller, someone))["refreshToken"]
        for day in (13, 26, 39, 52, 59):
            clock.move_to(start + timedelta(days=day))
            if day == 26:
                assert (await try_renew(caller, idle)).status_code == 401
            response = await try_renew(caller, kept)
            assert response.status_code == 200, day
            kept = response.json()["refreshToken"]
        clock.move_to(start + timedelta(days=60))
        assert (await try_renew(caller, kept)).status_code == 401


async def test_a_forged_token_on_a_forgotten_sign_in_opens_nothing(world: World) -> None:
    """A thief of the signing secret finds sign-ins that nobody ended; after sixty days they are of no use."""
    someone = world.employee
    for days, status in ((59, 200), (62, 401)):
        async with world.database.write() as session:
            began = datetime.now(UTC) - timedelta(days=days)
            mine = col(SignIn.person_id) == someone.person.id
            await session.execute(sa.update(SignIn).where(mine).values(started_at=began))
        await someone.client.request("GET", "/me", expect=status)


async def test_expired_tokens_are_removed_on_the_way(caller: Client, world: World, someone: Someone) -> None:
    start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    async def kept() -> int:
        families = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == someone.person.id)
        async with world.database.read() as session:
            counted = sa.select(sa.func.count()).where(col(RefreshToken.sign_in_id).in_(families))
            return int((await session.execute(counted)).scalar_one())

    with time_machine.travel(start, tick=False) as clock:
        token = (await sign_in(caller, someone))["refreshToken"]
        for day in (10, 20):
            clock.move_to(start + timedelta(days=day))
            token = (await try_renew(caller, token)).json()["refreshToken"]
        assert await kept() == 2
        clock.move_to(start + timedelta(days=40))
        await sign_in(caller, someone)
        assert await kept() == 1


async def test_an_inactive_person_neither_renews_nor_signs_in(caller: Client, world: World, someone: Someone) -> None:
    tokens = await sign_in(caller, someone)
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE person SET active = false WHERE id = :id"), {"id": someone.person.id})
    assert not await works(caller, tokens["accessToken"])
    assert (await try_renew(caller, tokens["refreshToken"])).json()["code"] == "refreshTokenRefused"
    assert (await try_password(caller, someone)).json()["code"] == "credentialsRefused"


# --- In a browser ---------------------------------------------------------------------------------------------


async def test_a_browser_keeps_the_refresh_token_where_scripts_cannot_read_it(caller: Client, someone: Someone) -> None:
    response = await try_password(caller, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
    assert response.status_code == 200
    assert set(response.json()) == {"accessToken", "tokenType", "expiresIn"}
    assert set(cookies(response)) == {REFRESH, DEVICE}
    for header in response.headers.get_list("set-cookie"):
        parts = {part.strip().lower() for part in header.split(";")[1:]}
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert cookies(response)[REFRESH]["max-age"] == str(14 * 24 * 3600)

    renew = {"grantType": "refresh_token"}
    renewed = await caller.request("POST", "/auth/token", json=renew, headers=carrying(response, REFRESH), expect=200)
    assert "refreshToken" not in renewed.json()
    assert set(cookies(renewed)) == {REFRESH}
    assert cookies(renewed)[REFRESH].value != cookies(response)[REFRESH].value
    await caller.request("POST", "/auth/token", json=renew, headers=carrying(renewed, REFRESH), expect=200)
    await caller.refused(
        "POST", "/auth/token", 401, "refreshTokenRefused", json=renew, headers=carrying(response, REFRESH)
    )
    assert not await works(caller, renewed.json()["accessToken"])


@pytest.fixture(scope="module")
async def for_pages(database_url: str) -> AsyncIterator[FastAPI]:
    """The same service where pages of two other origins may call."""
    settings = Settings(
        database_url=SecretStr(database_url),
        token_secret=SecretStr("another-secret-another-secret-another"),
        cors_origins="https://pages.larande.example, https://more.larande.example",
    )
    app = create_app(settings)
    yield app
    await app.state.database.close()


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "http://testserver.evil.example"}, False),
        ({"Origin": "https://testserver"}, False),
        ({"Origin": "http://testserver:81"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://sister.larande.example", "Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://pages.larande.example", "Sec-Fetch-Site": "same-site"}, True),
    ],
    ids=str,
)
async def test_another_site_can_neither_use_nor_set_the_cookie(
    for_pages: FastAPI, someone: Someone, headers: dict[str, str], let_in: bool
) -> None:
    async with calling_from(for_pages) as client:
        signed_in = await try_password(client, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
        held = carrying(signed_in, REFRESH)
        held.pop("Origin")
        sets = await try_password(client, someone, refreshTokenIn="cookie", headers=headers)
        ends = await client.request("POST", "/auth/sign-out", headers=held | headers)
        renews = await client.request(
            "POST", "/auth/token", json={"grantType": "refresh_token"}, headers=held | headers
        )
        if let_in:
            assert (sets.status_code, ends.status_code, renews.status_code) == (200, 204, 401)
        else:
            for refused in (sets, ends):
                assert (refused.status_code, refused.json()["code"]) == (403, "crossSiteRequest")
                assert "set-cookie" not in refused.headers
            assert renews.status_code == 403
            # Refused before anything happened: the token still works from the right place.
            again = await client.request(
                "POST", "/auth/token", json={"grantType": "refresh_token"}, headers=held | SAME_ORIGIN
            )
            assert again.status_code == 200


async def test_native_clients_need_no_origin(caller: Client, someone: Someone) -> None:
    tokens = (await try_password(caller, someone, headers={"Origin": "https://evil.example"})).json()
    assert len(tokens["refreshToken"]) == 43


# --- Signing out --------------------------------------------------------------------------------------------------


async def test_signing_out_ends_the_family_at_once(caller: Client, world: World, someone: Someone) -> None:
    by_access, by_refresh, other = [await sign_in(caller, someone) for _ in range(3)]
    assert await works(caller, by_access["accessToken"])
    await caller.signed_in(by_access["accessToken"]).request("POST", "/auth/sign-out", expect=204)
    await caller.request("POST", "/auth/sign-out", json={"refreshToken": by_refresh["refreshToken"]}, expect=204)
    for ended in (by_access, by_refresh):
        assert not await works(caller, ended["accessToken"])
        assert (await try_renew(caller, ended["refreshToken"])).status_code == 401
    assert await works(caller, other["accessToken"])
    ends = await family_end(world, someone)
    assert sorted(str(end) for end in ends) == ["None", "None", "signedOut", "signedOut"]


async def test_signing_out_of_a_browser_takes_the_cookie_away(caller: Client, someone: Someone) -> None:
    response = await try_password(caller, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
    out = await caller.request("POST", "/auth/sign-out", headers=carrying(response, REFRESH, DEVICE), expect=204)
    assert (cookies(out)[REFRESH].value, cookies(out)[REFRESH]["max-age"]) == ("", "0")
    assert DEVICE not in cookies(out)
    assert not await works(caller, response.json()["accessToken"])


async def test_null_is_no_body_to_sign_out_with(caller: Client) -> None:
    """Who sends null has meant something; they are not told that it was done."""
    sent = {"content": "null", "headers": {"Content-Type": "application/json"}}
    await caller.refused("POST", "/auth/sign-out", 422, "validationFailed", **sent)


async def test_signing_out_with_nothing_that_counts_is_signed_out(caller: Client, someone: Someone) -> None:
    await caller.request("POST", "/auth/sign-out", expect=204)
    await caller.request("POST", "/auth/sign-out", json={}, expect=204)
    await caller.request("POST", "/auth/sign-out", json={"refreshToken": "x" * 43}, expect=204)
    await caller.signed_in("not.a.token").request("POST", "/auth/sign-out", expect=204)
    tokens = await sign_in(caller, someone)
    for _ in range(2):
        await caller.signed_in(tokens["accessToken"]).request("POST", "/auth/sign-out", expect=204)
    await caller.refused("POST", "/auth/sign-out", 422, "validationFailed", json={"token": "x"})


# --- Setting a password -----------------------------------------------------------------------------------------------


async def test_an_invitation_sets_a_password_once(caller: Client, world: World) -> None:
    someone = await world.someone("newcomer")
    token = await invitation(world, someone)
    assert len(token) == 43
    sent = {"token": token, "password": PASSWORD}
    await caller.request("POST", "/auth/credentials", json=sent, expect=204)
    await sign_in(caller, someone)
    problems = [await caller.refused("POST", "/auth/credentials", 422, "invitationRefused", json=sent)]
    sent["token"] = "x" * 43
    problems.append(await caller.refused("POST", "/auth/credentials", 422, "invitationRefused", json=sent))
    late = await invitation(world, someone)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, seconds=1)):
        sent["token"] = late
        problems.append(await caller.refused("POST", "/auth/credentials", 422, "invitationRefused", json=sent))
    replaced, _latest = await invitation(world, someone), await invitation(world, someone)
    sent["token"] = replaced
    problems.append(await caller.refused("POST", "/auth/credentials", 422, "invitationRefused", json=sent))
    for problem in problems:
        problem.pop("instance")
        assert problem == problems[0]


async def test_a_new_password_ends_every_sign_in(caller: Client, world: World, someone: Someone) -> None:
    tokens = await sign_in(caller, someone)
    new = "åtta knölsvanar vid bryggan"
    sent = {"token": await invitation(world, someone), "password": unicodedata.normalize("NFD", new)}
    await caller.request("POST", "/auth/credentials", json=sent, expect=204)
    assert not await works(caller, tokens["accessToken"])
    assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401
    assert (await try_password(caller, someone)).status_code == 401
    await sign_in(caller, someone, new)
    assert set(await family_end(world, someone)) == {None, SignInEnd.PASSWORD_CHANGED}


async def test_a_refused_password_leaves_the_invitation(caller: Client, world: World, someone: Someone) -> None:
    token = await invitation(world, someone)
    for password, code in (
        ("kort", "validationFailed"),
        ("å" * 14, "validationFailed"),
        ("å" * 129, "validationFailed"),
        ("sju gräs\x00änder på å", "validationFailed"),
        ("passwordpassword", "passwordTooCommon"),
        (f"jag heter {someone.person.name} här", "passwordTooCommon"),
    ):
        sent = {"token": token, "password": password}
        problem = await caller.refused("POST", "/auth/credentials", 422, code, json=sent)
        assert problem["errors"][0]["pointer"] == "/password"
        assert password not in json.dumps(problem, ensure_ascii=False)
    sent = {"token": token, "password": "nio tranor över mossen"}
    await caller.request("POST", "/auth/credentials", json=sent, expect=204)


async def test_an_invitation_used_twice_at_once_counts_once(
    caller: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed, all_of_them = passwords.hashed, asyncio.Barrier(4)

    async def together(password: str) -> str:
        password_hash = await hashed(password)
        await all_of_them.wait()
        return password_hash

    monkeypatch.setattr(passwords, "hashed", together)
    someone = await world.someone("hasty")
    token = await invitation(world, someone)
    sent = [{"token": token, "password": f"sju gräsänder på å nummer {number}"} for number in range(4)]
    answers = await asyncio.gather(*(caller.request("POST", "/auth/credentials", json=each) for each in sent))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
    won = next(each for each, answer in zip(sent, answers, strict=True) if answer.status_code == 204)
    await sign_in(caller, someone, won["password"])


async def test_an_inactive_person_sets_no_password(caller: Client, world: World) -> None:
    someone = await world.someone("gone")
    sent = {"token": await invitation(world, someone), "password": PASSWORD}
    async with world.database.write() as session:
        await session.execute(sa.text("UPDATE person SET active = false WHERE id = :id"), {"id": someone.person.id})
    await caller.refused("POST", "/auth/credentials", 422, "invitationRefused", json=sent)


# --- Guessing ---------------------------------------------------------------------------------------------------------


async def test_guessing_is_stopped_and_harms_nobody_else(app: FastAPI, someone: Someone) -> None:
    async with calling_from(app) as home, calling_from(app) as thief:
        await sign_in(home, someone)
        for number in range(10):
            assert (await try_password(thief, someone, f"gissning nummer {number}")).status_code == 401
        response = await try_password(thief, someone, PASSWORD)
        assert (response.status_code, response.json()["code"]) == (429, "tooManyAttempts")
        assert 0 < int(response.headers["Retry-After"]) <= 15 * 60
        await sign_in(home, someone)
        # An account that does not exist is throttled just the same.
        for number in range(10):
            await try_password(thief, someone, f"gissning nummer {number}", username="ingen.alls@example.se")
        assert (await try_password(thief, someone, username="INGEN.alls@example.se")).status_code == 429
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
            await sign_in(thief, someone)


async def test_a_colleague_at_the_same_address_cannot_lock_a_known_browser_out(app: FastAPI, someone: Someone) -> None:
    async with calling_from(app) as office:
        cookie = await try_password(office, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
        for number in range(11):
            last = await try_password(office, someone, f"gissning nummer {number}")
        assert last.status_code == 429
        headers = carrying(cookie, DEVICE)
        again = await try_password(office, someone, refreshTokenIn="cookie", headers=headers)
        assert again.status_code == 200
        assert cookies(again)[DEVICE].value == cookies(cookie)[DEVICE].value
        forged = {**headers, "Cookie": headers["Cookie"][:-1] + ("0" if headers["Cookie"][-1] != "0" else "1")}
        assert (await try_password(office, someone, headers=forged)).status_code == 429
        for number in range(10):
            await try_password(office, someone, f"gissning nummer {number}", headers=headers)
        assert (await try_password(office, someone, headers=headers)).status_code == 429


async def test_a_browser_known_to_one_account_is_unknown_to_another(
    app: FastAPI, world: World, someone: Someone
) -> None:
    other = await world.someone("other")
    await give_password(world, other)
    async with calling_from(app) as office:
        cookie = await try_password(office, someone, refreshTokenIn="cookie", headers=SAME_ORIGIN)
        headers = carrying(cookie, DEVICE)
        for number in range(10):
            await try_password(office, other, f"gissning nummer {number}", headers=headers)
        assert (await try_password(office, other)).status_code == 429


async def test_an_ipv6_household_is_one_address(app: FastAPI, someone: Someone) -> None:
    for number in range(10):
        async with calling_from(app, f"2001:db8:7:1::{number:x}") as client:
            assert (await try_password(client, someone, "en gissning bara")).status_code == 401
    async with calling_from(app, "2001:db8:7:1:ffff::1") as client:
        assert (await try_password(client, someone)).status_code == 429
    async with calling_from(app, "2001:db8:7:2::1") as client:
        assert (await try_password(client, someone)).status_code == 200


async def test_an_ipv4_address_in_ipv6_clothes_is_the_same(app: FastAPI, someone: Someone) -> None:
    address = an_address()
    async with calling_from(app, address) as client:
        for _ in range(10):
            await try_password(client, someone, "en gissning bara")
    async with calling_from(app, f"::ffff:{address}") as client:
        assert (await try_password(client, someone)).status_code == 429
    async with calling_from(app, "_hidden") as client:  # what RFC 7239 lets a proxy say
        assert (await try_password(client, someone)).status_code == 200


async def test_no_person_and_no_address_is_stored_with_failures(app: FastAPI, world: World, someone: Someone) -> None:
    address = an_address()
    async with calling_from(app, address) as client:
        await try_password(client, someone, "en gissning bara")
    async with world.database.read() as session:
        rows = (await session.execute(sa.select(SignInFailure))).scalars().all()
    stored = b"".join(row.account_hash + row.address_hash for row in rows)
    assert {len(row.account_hash) for row in rows} == {32} == {len(row.address_hash) for row in rows}
    for secret in (someone.person.email.encode(), address.encode(), UUID(someone.id).bytes):
        assert secret not in stored


# --- Secrets ---------------------------------------------------------------------------------------------------------


async def test_secrets_are_in_no_log_and_no_problem(
    caller: Client, world: World, someone: Someone, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", "debug")
    try:
        with structlog.testing.capture_logs() as events:
            tokens = await sign_in(caller, someone)
            lost = (await try_renew(caller, tokens["refreshToken"])).json()
            renewed = (await try_renew(caller, lost["refreshToken"])).json()
            token = await invitation(world, someone)
            answers = [
                await try_renew(caller, tokens["refreshToken"]),
                await try_password(caller, someone, "mitt hemliga fel"),
                await caller.request("POST", "/auth/credentials", json={"token": token, "password": "för kort 1234"}),
                await caller.request("POST", "/auth/credentials", json={"token": "x" * 43, "password": PASSWORD}),
                await caller.request("POST", "/auth/token", json={"grantType": PASSWORD, "password": PASSWORD}),
                await caller.request("POST", "/auth/token", json={"grantType": "password", PASSWORD: token}),
                await caller.signed_in(renewed["accessToken"]).request("GET", "/me"),
            ]
    finally:
        logs.configure("json", "warning")
    assert [answer.status_code for answer in answers] == [401, 401, 422, 422, 422, 422, 401]
    assert len([event for event in events if event["event"] == "request"]) >= 9
    said = json.dumps(events, default=str, ensure_ascii=False) + "".join(capfd.readouterr())
    said += "".join(answer.text for answer in answers)
    secrets = [
        lost["refreshToken"],
        tokens["refreshToken"],
        tokens["accessToken"],
        renewed["refreshToken"],
        renewed["accessToken"],
        token,
    ]
    for secret in [*secrets, PASSWORD, "mitt hemliga fel", "för kort 1234", someone.person.email]:
        assert secret not in said


async def test_tokens_are_stored_as_hashes_only(caller: Client, world: World, someone: Someone) -> None:
    refresh_token = (await sign_in(caller, someone))["refreshToken"]
    token = await invitation(world, someone)
    async with world.database.read() as session:
        for table in ("refresh_token", "person_invitation", "credential", "sign_in", "sign_in_failure"):
            rows = (await session.execute(sa.text(f"SELECT t::text FROM {table} t"))).scalars().all()  # noqa: S608
            for row in rows:
                assert refresh_token not in row
                assert token not in row
                assert PASSWORD not in row
