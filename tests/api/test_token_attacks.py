"""What somebody without a valid token of their own meets over HTTP."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app.models.sign_in import SignIn
from app.services.token_keys import Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey
from tests.client import Client
from tests.services.test_token_attacks import ATTACKS
from tests.signing_in import calling_from, give_password, sign_in
from tests.tokens import NOW, PERSON, SECRET, SIGN_IN, a_key, part, raw, signed
from tests.world import Someone, World


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    async with calling_from(app) as client:
        yield client


async def sign_in_of(world: World, someone: Someone) -> UUID:
    mine = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == someone.person.id)
    async with world.database.read() as session:
        return (await session.execute(mine)).scalars().one()


@pytest.fixture
def attacked(app: FastAPI) -> Iterator[None]:
    """The door has the key that the attacks are made for. (monkeypatch would take the attribute of a State away.)"""
    own, app.state.token_key = app.state.token_key, a_key()
    yield
    app.state.token_key = own


@pytest.mark.usefixtures("attacked")
async def test_no_attack_gets_past_the_door(caller: Client) -> None:
    """Each of the named ones, in the header as a thief would send it; reading, writing and signing out."""
    with time_machine.travel(NOW, tick=False):
        for name, make in ATTACKS.items():
            token = make()
            sent = b"Bearer " + token.encode("utf-8", "surrogatepass")
            if len(token) > 60_000:
                continue  # no server takes such a header
            for method, path in (("GET", "/me"), ("POST", "/me/sign-outs")):
                answer = await caller.http.request(
                    method, f"/larande/v1{path}", headers={b"Authorization": sent}, json={"of": "all"}
                )
                assert answer.status_code == 401, (name, answer.text)
                assert answer.json()["code"] in {"tokenInvalid", "notSignedIn"}, name
                assert token[-20:] not in answer.text or len(token) < 20, name
        # A right one passes this door, and is refused by the next: nobody of that name has signed in.
        answer = await caller.signed_in(signed()).request("GET", "/me")
        assert answer.json()["code"] == "tokenInvalid"


async def test_the_keys_of_another_installation_open_nothing(world: World) -> None:
    someone = world.employee
    there = TokenKey(SECRET, Unsaved(ring_of(new_pair(datetime.now(UTC)))))
    forged = there.issue(someone.person.id, await sign_in_of(world, someone), datetime.now(UTC))
    await world.nobody.signed_in(forged).refused("GET", "/me", 401, "tokenInvalid")
    # The same claims with our own key are the person: so only the key was wrong.
    key: TokenKey = world.app.state.token_key
    right = key.issue(someone.person.id, await sign_in_of(world, someone), datetime.now(UTC))
    await world.nobody.signed_in(right).request("GET", "/me", expect=200)


async def test_a_right_token_of_nobody_opens_nothing(world: World) -> None:
    key: TokenKey = world.app.state.token_key
    someone, other = world.employee, world.saco_rep
    sign_in_id = await sign_in_of(world, someone)
    for person_id, of in (
        (uuid4(), sign_in_id),
        (someone.person.id, uuid4()),
        (other.person.id, sign_in_id),  # one person, another one's sign-in
        (sign_in_id, someone.person.id),
        (PERSON, SIGN_IN),
    ):
        token = key.issue(person_id, of, datetime.now(UTC))
        await world.nobody.signed_in(token).refused("GET", "/me", 401, "tokenInvalid")


async def test_a_clients_token_is_no_persons(world: World) -> None:
    """Not even one whose ids are those of a person and of their sign-in."""
    key: TokenKey = world.app.state.token_key
    person_id, sign_in_id = world.employee.person.id, await sign_in_of(world, world.employee)
    for client_id, credential_id in ((uuid4(), uuid4()), (person_id, sign_in_id)):
        client = world.nobody.signed_in(key.issue_for_client(client_id, credential_id, datetime.now(UTC)))
        await client.refused("GET", "/me", 401, "tokenInvalid")
        await client.refused("POST", "/me/sign-outs", 401, "tokenInvalid", json={"of": "all"})
        await client.request("POST", "/auth/sign-out", expect=204)
    await world.employee.client.request("GET", "/me", expect=200)


async def test_a_refresh_token_is_no_access_token_nor_the_other_way_round(caller: Client, world: World) -> None:
    await give_password(world, world.employee)
    tokens = await sign_in(caller, world.employee)
    await caller.signed_in(tokens["refreshToken"]).refused("GET", "/me", 401, "tokenInvalid")
    sent = {"grantType": "refresh_token", "refreshToken": tokens["accessToken"]}
    response = await caller.request("POST", "/auth/token", json=sent)
    assert response.status_code in {401, 422}  # it is too long to be one


async def test_a_token_works_in_the_header_alone(caller: Client, world: World) -> None:
    token = world.employee.client.token
    await caller.refused("GET", f"/me?access_token={token}", 422, "unknownParameter")
    for header in (
        {"Authorization": f"Basic {token}"},
        {"Authorization": f"{token}"},
        {"Authorization": f"Token {token}"},
        {"X-Access-Token": f"{token}"},
        {"Cookie": f"access_token={token}"},
    ):
        response = await caller.request("GET", "/me", headers=header)
        assert response.status_code == 401, header


async def test_a_token_ends_with_its_five_minutes_though_it_was_seen_before(world: World) -> None:
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        client = world.nobody.signed_in(await world.token(world.employee.person))
        for seconds, status in ((0, 200), (299, 200), (305, 401)):
            clock.move_to(start.replace(microsecond=0) + timedelta(seconds=seconds))
            await client.request("GET", "/me", expect=status)


async def test_a_token_of_somebody_deactivated_opens_nothing(world: World) -> None:
    someone = await world.someone("gone")
    await someone.client.request("GET", "/me", expect=200)
    await world.administrator.client.change(f"/people/{someone.id}", {"active": False})
    await someone.client.refused("GET", "/me", 401, "tokenInvalid")
    await world.administrator.client.change(f"/people/{someone.id}", {"active": True})
    # The sign-in has ended; being active again does not bring it back.
    await someone.client.refused("GET", "/me", 401, "tokenInvalid")


async def test_a_changed_letter_is_refused_although_the_right_token_is_remembered(world: World) -> None:
    token = str(world.employee.client.token)
    await world.employee.client.request("GET", "/me", expect=200)
    header, payload, signature = token.split(".")
    changed = bytearray(raw(payload))
    changed[-3] ^= 1
    for other in (f"{header}.{part(bytes(changed))}.{signature}", token[:-1] + ("A" if token[-1] != "A" else "Q")):
        await world.nobody.signed_in(other).refused("GET", "/me", 401, "tokenInvalid")
