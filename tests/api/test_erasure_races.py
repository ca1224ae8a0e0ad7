"""Erasure beside what makes a way in: whichever comes first, nothing of it is left, and neither waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from app.models.base import new_id
from app.services import (
    account_mail,
    identities,
    identity_bindings,
    invitations,
    legal_holds,
    named_texts,
    queue,
    second_factors,
    sign_in,
    sign_ins,
    throttle,
    work,
)
from app.services.account_mail import AccountOffice
from app.services.errors import Code, Refusal
from tests.client import Client, Response
from tests.database import as_owner
from tests.hostile_provider import HostileProvider, hostile_provider
from tests.provider_stage import SAME_ORIGIN, bind, go, link, providers_on_loopback, register, try_return
from tests.signing_in import PASSWORD, calling_from, give_password, invitation, try_password
from tests.stories import final_record, for_review, started_group, written_record
from tests.world import Someone, World

T = TypeVar("T")
OF_A_PERSON = (
    *("credential", "person_invitation", "identity", "sign_in", "second_factor", "recovery_code"),
    "authorisation_request",
)
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@dataclass
class Gate:
    """Holds up whoever comes to a place in the program, in the middle of a transaction."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def before(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def held(*given: Any, **named: Any) -> Any:
            self.reached.set()
            await self.opened.wait()
            return await function(*given, **named)

        return held


async def one_in_the_others_way(
    world: World, gate: Gate, first: Awaitable[Response], second: Callable[[], Awaitable[T]]
) -> tuple[Response, T]:
    """The first stands at the gate; the second runs until it waits for the first, or is done."""
    ahead = asyncio.ensure_future(first)
    await asyncio.wait_for(gate.reached.wait(), 20)
    behind = asyncio.ensure_future(second())
    async with asyncio.timeout(20):
        while not behind.done() and await as_owner(world.database, WAITS) == [0]:  # noqa: ASYNC110 - in PostgreSQL
            await asyncio.sleep(0.01)
    gate.opened.set()
    return await ahead, await behind


async def erase(someone: Someone) -> Response:
    path = f"/people/{someone.id}"
    return await someone.client.request("DELETE", path, etag='"1"')


async def left_of(world: World, someone: Someone) -> dict[str, int]:
    found = {}
    async with world.database.read() as session:
        for table in OF_A_PERSON:
            count = sa.text(f"SELECT count(*) FROM {table} WHERE person_id = :id")  # noqa: S608
            found[table] = (await session.execute(count, {"id": someone.person.id})).scalar_one()
    return {table: number for table, number in found.items() if number}


@dataclass(frozen=True)
class Way:
    """A way in, as one request that makes something of a person's."""

    ask: Callable[[], Awaitable[Response]]
    place: tuple[Any, str]
    """Where it stands with what it makes not yet stored."""
    done: int
    refused: tuple[int, str]
    """When the person has been erased meanwhile."""


@pytest.fixture
async def provider(app: FastAPI) -> AsyncIterator[HostileProvider]:
    with providers_on_loopback(app):
        async with hostile_provider() as provider:
            yield provider


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    async with calling_from(app) as client:
        yield client


async def way_in(what: str, world: World, caller: Client, provider: HostileProvider) -> Way:
    someone = world.employee
    refused = (401, "authorisationRefused")
    if what == "password set":
        sent = {"token": await invitation(world, someone), "password": PASSWORD}
        return Way(
            lambda: caller.request("POST", "/auth/credentials", json=sent),
            (identity_bindings, "signs_in_elsewhere"),
            204,
            (422, "invitationRefused"),
        )
    if what == "password":
        await give_password(world, someone)
        return Way(lambda: try_password(caller, someone), (sign_in, "begin"), 200, (401, "credentialsRefused"))
    if what == "second factor":
        await give_password(world, someone)
        return Way(
            lambda: someone.client.request("POST", "/me/second-factor", json={"password": PASSWORD}),
            (second_factors, "_note"),
            201,
            (401, "tokenInvalid"),
        )
    provider_id = await register(world, provider.issuer)
    await bind(world, provider_id)
    if what == "account linked by invitation":
        gone = await go(caller, provider_id, invitationToken=await invitation(world, someone))
        place: tuple[Any, str] = (identities, "link")
    elif what == "own account linked":
        await give_password(world, someone)
        gone = await go(someone.client, provider_id, linkToMe=True, password=PASSWORD)
        place = (identities, "link")
    else:
        await link(world, provider, provider_id, someone, "248289761001")
        gone = await go(caller, provider_id)
        place, refused = (sign_ins, "begin"), (403, "identityNotLinked")
    back = provider.visit(gone.url)
    return Way(lambda: try_return(caller, gone.cookie, back), place, 200, refused)


WAYS = (
    *("password set", "password", "second factor"),
    *("account linked by invitation", "own account linked", "linked account"),
)


@pytest.mark.parametrize("what", WAYS)
async def test_what_comes_first_is_erased_with_the_person(
    world: World, caller: Client, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    way, gate = await way_in(what, world, caller, provider), Gate()
    module, name = way.place
    monkeypatch.setattr(module, name, gate.before(getattr(module, name)))
    made, gone = await one_in_the_others_way(world, gate, way.ask(), lambda: erase(world.employee))
    assert (made.status_code, gone.status_code) == (way.done, 204), (made.text, gone.text)
    assert await left_of(world, world.employee) == {}


@pytest.mark.parametrize("what", WAYS)
async def test_what_comes_second_finds_nobody(
    world: World, caller: Client, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    way, gate = await way_in(what, world, caller, provider), Gate()
    monkeypatch.setattr(named_texts, "take_out", gate.before(named_texts.take_out))
    gone, made = await one_in_the_others_way(world, gate, erase(world.employee), way.ask)
    assert (gone.status_code, made.status_code, made.json()["code"]) == (204, *way.refused), (gone.text, made.text)
    assert await left_of(world, world.employee) == {}


async def test_asking_for_a_way_to_a_provider_beside_an_erasure_leaves_no_request(
    world: World, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, gate = world.employee, Gate()
    provider_id = await register(world, provider.issuer)
    await bind(world, provider_id)
    monkeypatch.setattr(named_texts, "take_out", gate.before(named_texts.take_out))
    await give_password(world, someone)
    sent = {"identityProviderId": provider_id, "linkToMe": True, "password": PASSWORD}
    gone, asked = await one_in_the_others_way(
        world,
        gate,
        erase(someone),
        lambda: someone.client.request("POST", "/auth/authorisation-requests", json=sent, headers=SAME_ORIGIN),
    )
    assert (gone.status_code, asked.status_code) == (204, 401), (gone.text, asked.text)
    assert await left_of(world, someone) == {}


@pytest.mark.parametrize("link", ["invited by command", "asked for with the address"])
async def test_no_link_is_made_behind_an_erasure(world: World, monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    someone, gate, now = world.employee, Gate(), datetime.now(UTC)
    monkeypatch.setattr(named_texts, "take_out", gate.before(named_texts.take_out))
    vault = world.app.state.vault
    office = AccountOffice(world.database.write, vault, None, "", "", lambda: now)  # type: ignore[arg-type]

    async def made() -> str | None:
        async with world.database.write() as session:
            try:
                if link == "invited by command":
                    return await invitations.invite(session, someone.person.email, now)
                await account_mail.put_reset(session, vault, new_id(), someone.person.email, now)
                payload = (await queue.waiting_with(session, account_mail.ENTRYPOINT, b"reset"))[-1]
            except Refusal as refusal:
                return refusal.code
        await account_mail.carry_out(office, payload, 1)
        return None

    gone, refused = await one_in_the_others_way(world, gate, erase(someone), made)
    assert (gone.status_code, refused) == (204, Code.UNKNOWN_PERSON if link == "invited by command" else None)
    assert await left_of(world, someone) == {}


# --- Beside those who decide, and those who hold ----------------------------------------------------------------


async def test_erasing_and_approving_wait_for_each_other_in_one_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever approves holds the record and then the organisation; so does whoever takes a name out of the record."""
    named, gate = world.employee, Gate()
    path = f"/session-records/{(await written_record(world, await started_group(world)))['id']}"
    await world.saco_rep.client.change(path, {"sharedPicture": f"Som {named.person.email} sade."})
    read = await world.saco_rep.client.step(f"{path}/transitions", for_review())
    monkeypatch.setattr(work, "_locked", gate.before(work._locked))
    decision = {"contentHash": read["contentHash"], "decision": "approve"}
    approving = world.saco_rep.client.request("POST", f"{path}/approvals", json=decision, etag=f'"{read["version"]}"')
    approved, gone = await one_in_the_others_way(world, gate, approving, lambda: erase(named))
    assert (approved.status_code, gone.status_code) == (201, 204), (approved.text, gone.text)
    after = await world.saco_rep.client.get(path)
    assert (after["state"], after["approvals"], after["content"]["sharedPicture"]) == ("draft", [], "Som NN sade.")


async def hold(world: World, on: str, named: Someone, group_id: str, record_id: str) -> Response:
    if on == "record":
        registered = {"caseNumber": "MP 1-26", "archiveClass": "2.4.1", "legalHold": True}
        path = f"/record-registrations/{record_id}"
        return await world.archivist.client.request("PUT", path, json=registered, etag='"0"')
    body = {"reason": "Målet prövas.", "caseNumber": "KRG 1-26"}
    body |= {"group": {"heldGroupId": group_id}, "person": {"heldPersonId": named.id}}.get(on, {})
    return await world.archivist.client.request("POST", f"{world.path}/legal-holds", json=body)


async def named_in_a_draft(world: World) -> tuple[Someone, str, str, str]:
    """Who is named, the group, one of its final records, and the address of the draft."""
    named, group = world.employee, await started_group(world)
    final = await final_record(world, group)
    path = f"/session-records/{(await written_record(world, group))['id']}"
    await world.saco_rep.client.change(path, {"sharedPicture": f"Som {named.person.email} sade."})
    await world.administrator.client.change(f"/people/{named.id}", {"active": False})
    return named, group["id"], final["id"], path


@pytest.mark.parametrize("on", ["group", "organisation", "person", "record"])
async def test_a_hold_waits_for_an_erasure_that_is_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch, on: str
) -> None:
    named, group_id, final_id, path = await named_in_a_draft(world)
    gate = Gate()
    monkeypatch.setattr(throttle, "forget_account", gate.before(throttle.forget_account))
    erasing = world.administrator.client.request("DELETE", f"/people/{named.id}", etag='"2"')
    gone, held = await one_in_the_others_way(world, gate, erasing, lambda: hold(world, on, named, group_id, final_id))
    assert gone.status_code == 204, gone.text
    assert held.status_code == {"person": 422, "record": 200}.get(on, 201), held.text
    assert (await world.saco_rep.client.get(path))["content"]["sharedPicture"] == "Som NN sade."


@pytest.mark.parametrize("on", ["group", "organisation", "person"])
async def test_an_erasure_waits_for_a_hold_that_is_being_set(
    world: World, monkeypatch: pytest.MonkeyPatch, on: str
) -> None:
    named, group_id, final_id, path = await named_in_a_draft(world)
    gate = Gate()
    monkeypatch.setattr(legal_holds, "_check_there", gate.before(legal_holds._check_there))
    held, refused = await one_in_the_others_way(
        world,
        gate,
        hold(world, on, named, group_id, final_id),
        lambda: world.administrator.client.request("DELETE", f"/people/{named.id}", etag='"2"'),
    )
    assert (held.status_code, refused.status_code, refused.json()["code"]) == (201, 409, "legalHold")
    read = await world.saco_rep.client.get(path)
    assert read["content"]["sharedPicture"] == f"Som {named.person.email} sade."
    assert (await world.administrator.client.get(f"/people/{named.id}"))["name"] == named.person.name
