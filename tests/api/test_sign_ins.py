"""Where one is signed in: the list, signing out there, and how every access ends within five minutes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.sign_in import FAMILY_AT_MOST, IDLE_AT_MOST, RefreshToken, SignIn, SignInMethod
from tests.client import Client
from tests.signing_in import PASSWORD, calling_from, give_password, invitation, sign_in, try_renew
from tests.world import Someone, World

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
async def someone(world: World) -> Someone:
    await give_password(world, world.employee)
    return world.employee


async def sign_ins(client: Client, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"/me/sign-ins{query}"))["items"]
    return items


async def own_trail(world: World, someone: Someone) -> list[AuditEntry]:
    query = sa.select(AuditEntry).where(
        col(AuditEntry.person_id) == someone.person.id, col(AuditEntry.subject_type) == "sign_in"
    )
    async with world.database.read() as session:
        return list((await session.execute(query.order_by(col(AuditEntry.id)))).scalars())


# --- The list -----------------------------------------------------------------------------------------------------


async def test_the_list_tells_since_when_how_and_which_one_asks(app: FastAPI, someone: Someone) -> None:
    with time_machine.travel(START, tick=False) as clock:
        async with calling_from(app) as caller:
            first = await sign_in(caller, someone)
            clock.move_to(START + timedelta(hours=1))
            await sign_in(caller, someone)
            clock.move_to(START + timedelta(hours=2))
            first = (await try_renew(caller, first["refreshToken"])).json()
            found = await sign_ins(caller.signed_in(first["accessToken"]))
            latest, earlier = found[:2]
            assert (earlier["startedAt"], earlier["lastUsedAt"]) == ("2026-11-23T12:00:00Z", "2026-11-23T14:00:00Z")
            assert (latest["startedAt"], latest["lastUsedAt"]) == ("2026-11-23T13:00:00Z", "2026-11-23T13:00:00Z")
            assert (latest["expiresAt"], earlier["expiresAt"]) == ("2026-12-07T13:00:00Z", "2026-12-07T14:00:00Z")
            assert [each["current"] for each in found] == [False, True, False]
            assert {each["method"] for each in found} == {SignInMethod.PASSWORD}
            assert {(each["state"], each["endedAt"], each["end"]) for each in found} == {("active", None, None)}
            for each in (latest, earlier):
                one = await caller.signed_in(first["accessToken"]).get(f"/sign-ins/{each['id']}")
                assert {name: one[name] for name in each} == each


async def test_states_are_those_of_the_moment(app: FastAPI, someone: Someone) -> None:
    with time_machine.travel(START, tick=False) as clock:
        async with calling_from(app) as caller:
            await sign_in(caller, someone)
            ended = caller.signed_in((await sign_in(caller, someone))["accessToken"])
            await ended.request("POST", "/auth/sign-out", expect=204)
            for passed in (IDLE_AT_MOST - timedelta(seconds=1), IDLE_AT_MOST):
                clock.move_to(START + passed)
                here = caller.signed_in((await sign_in(caller, someone))["accessToken"])
                shown = {each["id"]: each["state"] for each in await sign_ins(here, "?limit=100")}
                for state in ("active", "expired", "ended"):
                    only = {each["id"] for each in await sign_ins(here, f"?state={state}&limit=100")}
                    assert only == {one for one, its_state in shown.items() if its_state == state}, state
                assert ("expired" in shown.values()) is (passed == IDLE_AT_MOST)
            problem = await here.refused("GET", "/me/sign-ins?state=gone", 422, "validationFailed")
            assert problem["errors"][0]["pointer"] == "/query/state"


async def test_a_sign_in_is_over_after_sixty_days_however_often_it_is_used(app: FastAPI, someone: Someone) -> None:
    with time_machine.travel(START, tick=False) as clock:
        async with calling_from(app) as caller:
            tokens = await sign_in(caller, someone)
            for day in range(10, 60, 10):
                clock.move_to(START + timedelta(days=day))
                tokens = (await try_renew(caller, tokens["refreshToken"])).json()
            (last,) = await sign_ins(caller.signed_in(tokens["accessToken"]), "?state=active&limit=1")
            assert last["expiresAt"] == "2027-01-22T12:00:00Z"
            clock.move_to(START + FAMILY_AT_MOST)
            here = caller.signed_in((await sign_in(caller, someone))["accessToken"])
            assert last["id"] in {each["id"] for each in await sign_ins(here, "?state=expired")}
            await here.change(f"/sign-ins/{last['id']}", None, expect=409, method="DELETE")


async def test_no_address_is_shown_and_none_is_stored_in_clear(app: FastAPI, world: World, someone: Someone) -> None:
    address = "203.0.113.77"
    async with calling_from(app, address) as caller:
        tokens = await sign_in(caller, someone)
        renewed = (await try_renew(caller, tokens["refreshToken"])).json()
        here = caller.signed_in(renewed["accessToken"])
        answer = await here.request("GET", "/me/sign-ins", expect=200)
        one = await here.request("GET", f"/sign-ins/{answer.json()['items'][0]['id']}", expect=200)
        async with world.database.read() as session:
            rows = [
                row
                for table in ("sign_in", "refresh_token", "audit_entry")
                for row in (await session.execute(sa.text(f"SELECT t::text FROM {table} t"))).scalars()  # noqa: S608
            ]
        for hidden in (address, "addressHash", "mandateIds", renewed["refreshToken"], tokens["refreshToken"]):
            assert hidden not in answer.text + one.text + "".join(rows)


async def test_nobody_else_sees_or_ends_them(app: FastAPI, world: World, someone: Someone) -> None:
    async with calling_from(app) as caller:
        mine = (await sign_ins(caller.signed_in((await sign_in(caller, someone))["accessToken"])))[0]
    async with World(app) as other:
        for who in (*world.people.values(), *other.people.values()):
            if who is someone:
                continue
            await who.client.refused("GET", f"/sign-ins/{mine['id']}", 404, "notFound")
            await who.client.refused("DELETE", f"/sign-ins/{mine['id']}", 404, "notFound", etag='"1"')
            assert mine["id"] not in str(await sign_ins(who.client, "?limit=100"))
            await who.client.request("POST", "/me/sign-outs", json={"of": "all"}, expect=201)
    async with world.database.read() as session:
        kept = await session.get(SignIn, UUID(mine["id"]))
    assert kept is not None
    assert kept.ended_at is None


# --- Signing out there ----------------------------------------------------------------------------------------------


async def test_one_is_ended_from_another(app: FastAPI, world: World, someone: Someone) -> None:
    async with calling_from(app) as caller:
        there, here = await sign_in(caller, someone), await sign_in(caller, someone)
        mine = caller.signed_in(here["accessToken"])
        other = (await sign_ins(mine))[1]
        path = f"/sign-ins/{other['id']}"
        await mine.refused("DELETE", path, 428, "preconditionRequired")
        await mine.refused("DELETE", path, 412, "staleVersion", etag='"2"')
        assert (await mine.get(path))["_links"][1] == {
            "href": f"http://testserver/larande/v1{path}",
            "rel": "endSignIn",
            "method": "DELETE",
        }
        await mine.change(path, None, expect=204, method="DELETE")
        await caller.signed_in(there["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
        assert (await try_renew(caller, there["refreshToken"])).status_code == 401
        await mine.refused("DELETE", path, 409, "signInEnded", etag='"2"')
        ended = await mine.get(path)
        assert (ended["state"], ended["end"], ended["version"]) == ("ended", "signedOut", 2)
        (action,) = ended["allowedActions"]
        assert (action["action"], action["allowed"], action["reason"]) == ("end_sign_in", False, "signInEnded")
        (entry,) = await own_trail(world, someone)
        assert (entry.operation, str(entry.subject_id), entry.from_version) == ("end_sign_in", other["id"], 1)
        assert entry.mandate_id is None


async def test_one_ends_the_sign_in_one_asks_with(app: FastAPI, someone: Someone) -> None:
    async with calling_from(app) as caller:
        mine = caller.signed_in((await sign_in(caller, someone))["accessToken"])
        current = next(each for each in await sign_ins(mine) if each["current"])
        await mine.change(f"/sign-ins/{current['id']}", None, expect=204, method="DELETE")
        await mine.refused("GET", "/me", 401, "tokenInvalid")


@pytest.mark.parametrize("scope", ["others", "all"])
async def test_signing_out_everywhere(app: FastAPI, world: World, someone: Someone, scope: str) -> None:
    async with calling_from(app) as caller:
        first, second, here = [await sign_in(caller, someone) for _ in range(3)]
        mine = caller.signed_in(here["accessToken"])
        before = len(await sign_ins(mine, "?state=active"))
        left = await mine.post("/me/sign-outs", {"of": scope})
        assert left["current"]
        assert left["state"] == ("active" if scope == "others" else "ended")
        for ended in (first, second, *([here] if scope == "all" else [])):
            await caller.signed_in(ended["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
            assert (await try_renew(caller, ended["refreshToken"])).status_code == 401
        trail = await own_trail(world, someone)
        assert {entry.operation for entry in trail} == {"create_sign_out"}
        assert len(trail) == before - (scope == "others")
        if scope == "others":
            assert [each["current"] for each in await sign_ins(mine, "?state=active")] == [True]
            await mine.request("POST", "/me/sign-outs", json={"of": "others"}, expect=201)
            assert len(await own_trail(world, someone)) == len(trail)
            key = {"Idempotency-Key": "once"}
            twice = [await mine.post("/me/sign-outs", {"of": "others"}, headers=key) for _ in range(2)]
            assert twice[0]["id"] == twice[1]["id"] == left["id"]
            await mine.refused("POST", "/me/sign-outs", 409, "idempotencyKeyReused", json={"of": "all"}, headers=key)
            assert (await try_renew(caller, here["refreshToken"])).status_code == 200


@pytest.mark.parametrize("body", [{}, {"of": "mine"}, {"of": None}, {"of": "all", "more": 1}, []], ids=str)
async def test_signing_out_says_of_what(someone: Someone, body: Any) -> None:
    await someone.client.refused("POST", "/me/sign-outs", 422, "validationFailed", json=body)


async def test_the_trail_of_it_is_for_the_person_alone(app: FastAPI, world: World, someone: Someone) -> None:
    """When somebody sits at which desk is nobody else's business, whatever they represent."""
    await give_password(world, world.saco_rep)
    async with calling_from(app) as caller:
        for who in (someone, world.saco_rep):
            await sign_in(caller, who)
            await who.client.request("POST", "/me/sign-outs", json={"of": "others"}, expect=201)
    entries = {str(entry.id): who for who in (someone, world.saco_rep) for entry in await own_trail(world, who)}
    assert len(entries) == 2
    for name, reader in world.people.items():
        listed: set[str] = set()
        if reader is not world.administrator:
            listed = {
                each["id"] for each in (await reader.client.get(f"{world.path}/audit-entries?limit=100"))["items"]
            }
        for entry_id, owner in entries.items():
            seen = (await reader.client.request("GET", f"/audit-entries/{entry_id}")).status_code
            assert seen == (200 if reader is owner else 404), name
            if reader is not world.administrator:
                assert (entry_id in listed) is (reader is owner), name


# --- Every way in which access ends, within five minutes --------------------------------------------------------------


async def signs_out(_world: World, _who: Someone, client: Client, _tokens: dict[str, Any]) -> None:
    await client.request("POST", "/auth/sign-out", expect=204)


async def signs_out_everywhere(_world: World, _who: Someone, client: Client, _tokens: dict[str, Any]) -> None:
    await client.request("POST", "/me/sign-outs", json={"of": "all"}, expect=201)


async def sets_a_password(world: World, who: Someone, client: Client, _tokens: dict[str, Any]) -> None:
    sent = {"token": await invitation(world, who), "password": "nio tranor över mossen"}
    await client.request("POST", "/auth/credentials", json=sent, expect=204)


async def is_deactivated(world: World, who: Someone, _client: Client, _tokens: dict[str, Any]) -> None:
    await world.administrator.client.change(f"/people/{who.id}", {"active": False})


async def is_stolen_from(world: World, _who: Someone, _client: Client, tokens: dict[str, Any]) -> None:
    async with calling_from(world.app) as thief:
        assert (await try_renew(thief, tokens["refreshToken"])).status_code == 200
    async with calling_from(world.app) as owner:
        assert (await try_renew(owner, tokens["refreshToken"])).status_code == 401


async def mandate_is_ended(world: World, who: Someone, _client: Client, _tokens: dict[str, Any]) -> None:
    """As of tonight; the clock of the test stands a few minutes before midnight in Stockholm."""
    await world.saco_rep.client.change(f"/mandates/{who.mandate_id}", {"validTo": "2026-11-26"})


async def party_is_closed(world: World, _who: Someone, _client: Client, _tokens: dict[str, Any]) -> None:
    await world.saco_rep.client.step(f"/parties/{world.saco.id}/transitions", {"to": "closed"})


Way = Callable[[World, Someone, Client, dict[str, Any]], Awaitable[None]]


@pytest.mark.parametrize(
    "way",
    [
        signs_out,
        signs_out_everywhere,
        sets_a_password,
        is_deactivated,
        is_stolen_from,
        mandate_is_ended,
        party_is_closed,
    ],
)
async def test_access_ends_within_five_minutes(app: FastAPI, way: Way) -> None:
    moment = datetime(2026, 11, 26, 22, 57, tzinfo=UTC)
    with time_machine.travel(moment, tick=False) as clock:
        async with World(app) as world, calling_from(app) as caller:
            who = await world.representative("vice", world.saco)
            await give_password(world, who)
            tokens = await sign_in(caller, who)
            client = caller.signed_in(tokens["accessToken"])
            assert (await client.request("GET", f"/parties/{world.saco.id}/mandates")).status_code == 200
            await way(world, who, client, tokens)
            clock.move_to(moment + timedelta(minutes=5, seconds=6))
            await client.refused("GET", "/me", 401, "tokenInvalid")
            assert (await try_renew(caller, tokens["refreshToken"])).json()["code"] == "refreshTokenRefused"
            await client.refused("GET", "/me", 401, "tokenInvalid")
            # Nothing is left with which it could go on.
            left = sa.select(sa.func.count()).select_from(RefreshToken).join(SignIn)
            mine = left.where(col(SignIn.person_id) == who.person.id)
            async with world.database.read() as session:
                assert (await session.execute(mine)).scalar_one() == 0


# --- When a mandate ends ----------------------------------------------------------------------------------------------


async def test_what_a_mandate_gave_ends_at_once_and_the_sign_in_when_it_is_renewed(app: FastAPI) -> None:
    evening = datetime(2026, 11, 26, 22, 58, tzinfo=UTC)
    with time_machine.travel(evening, tick=False) as clock:
        async with World(app) as world, calling_from(app) as caller:
            who = await world.representative("vice", world.saco)
            await give_password(world, who)
            tokens = await sign_in(caller, who)
            client = caller.signed_in(tokens["accessToken"])
            path = f"/parties/{world.saco.id}/mandates"
            await world.saco_rep.client.change(f"/mandates/{who.mandate_id}", {"validTo": "2026-11-26"})
            await client.request("GET", path, expect=200)
            clock.move_to(evening + timedelta(minutes=2))
            # Midnight in Stockholm: the same token, and no more say.
            await client.refused("GET", path, 403, "notYourRole")
            assert (await client.get("/me"))["mandates"] == []
            assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401
            await client.refused("GET", "/me", 401, "tokenInvalid")
            # They are still a person of the organisation, and may sign in as such.
            again = caller.signed_in((await sign_in(caller, who))["accessToken"])
            await again.request("GET", "/me", expect=200)
            ends = [(each["state"], each["end"]) for each in await sign_ins(again)]
            assert ends[:2] == [("active", None), ("ended", "mandateEnded")]


async def test_a_mandate_given_meanwhile_counts_too(app: FastAPI) -> None:
    with time_machine.travel(START, tick=False) as clock:
        async with World(app) as world, calling_from(app) as caller:
            who = await world.someone("newcomer")
            await give_password(world, who)
            tokens = await sign_in(caller, who)
            await world.representative("newcomer", world.seko, person=who)
            clock.move_to(START + timedelta(minutes=4))
            tokens = (await try_renew(caller, tokens["refreshToken"])).json()
            await world.seko_rep.client.change(f"/mandates/{who.mandate_id}", {"validTo": "2026-11-23"})
            clock.move_to(START + timedelta(hours=8))
            tokens = (await try_renew(caller, tokens["refreshToken"])).json()
            clock.move_to(START + timedelta(hours=12))
            assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401


async def test_the_end_of_somebody_elses_mandate_ends_no_sign_in(app: FastAPI) -> None:
    with time_machine.travel(START, tick=False) as clock:
        async with World(app) as world, calling_from(app) as caller:
            await give_password(world, world.employer_rep)
            tokens = await sign_in(caller, world.employer_rep)
            await world.saco_rep.client.change(f"/mandates/{world.saco_rep.mandate_id}", {"validTo": "2026-11-23"})
            clock.move_to(START + timedelta(days=2))
            assert (await try_renew(caller, tokens["refreshToken"])).status_code == 200


async def test_the_password_is_never_in_what_is_shown(someone: Someone) -> None:
    assert PASSWORD not in (await someone.client.request("GET", "/me/sign-ins", expect=200)).text
