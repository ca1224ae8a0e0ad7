"""Passwords by mailed links and by their owners: from the request over queue and mail server to the sign-in."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from fastapi import FastAPI
from sqlmodel import col

from app import worker
from app.key_directory import open_key_directory
from app.main import create_app
from app.models.audit_entry import AuditEntry
from app.models.person import Person
from app.models.sign_in import Credential, PersonInvitation
from app.services import account_mail, password_changes, passwords
from app.services.account_letters import Notice
from app.services.reminder_mail import ReminderPages
from app.services.throttle import PER_PLACE
from app.smtp import server_at
from app.worker import Workshop, working
from tests import provider_stage
from tests.client import Client, Response
from tests.conftest import new_database, settings_for
from tests.mail_server import MailServer, mail_server, text_of, token_in
from tests.program import PATIENCE
from tests.second_factors import enrolled, try_code
from tests.signing_in import PASSWORD, calling_from, give_password, invitation, sign_in, try_password
from tests.world import World

SENDER = "Lärande i förändring <noreply@example.se>"
PAGE = "https://larande.example.se/losenord"
NEW = "nio tranor över mossen"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "LONGEST_WAIT", timedelta(milliseconds=400))
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))


@pytest.fixture(scope="module")
async def app(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: nobody else's jobs are in its queue."""
    keys = tmp_path_factory.mktemp("keys")
    app = create_app(settings_for(await new_database(), key_directory=keys))
    app.state.key_store = open_key_directory(keys)
    yield app
    await app.state.database.close()


@pytest.fixture
async def agency(world: World) -> World:
    """Nor those of the test before."""
    async with world.database.write() as session:
        await session.execute(sa.text("DELETE FROM queue.pgqueuer"))
    return world


@pytest.fixture
async def caller(agency: World) -> AsyncIterator[Client]:
    async with calling_from(agency.app) as client:
        yield client


@asynccontextmanager
async def at_work(world: World, url: str) -> AsyncIterator[None]:
    state = world.app.state
    shop = Workshop(
        world.database,
        state.key_store,
        server_at(url),
        SENDER,
        "https://nowhere.example",
        state.vault,
        PAGE,
        PAGE,
        ReminderPages(PAGE, PAGE, PAGE),
    )
    async with working(shop):
        yield


async def jobs(world: World) -> list[Any]:
    async with world.database.read() as session:
        rows = await session.execute(sa.text("SELECT convert_from(payload, 'UTF8') FROM queue.pgqueuer ORDER BY id"))
        return [json.loads(row) for row in rows.scalars()]


async def sent(world: World, server: MailServer) -> None:
    """Let the worker send what waits."""
    async with at_work(world, server.url), asyncio.timeout(PATIENCE):
        while await jobs(world):  # noqa: ASYNC110 - the worker changes it
            await asyncio.sleep(0.02)


async def ask(client: Client, email: str, expect: int = 202) -> Response:
    return await client.request("POST", "/auth/password-resets", json={"email": email}, expect=expect)


async def use(client: Client, token: str, password: str = NEW, expect: int = 204) -> Response:
    body = {"token": token, "password": password}
    return await client.request("POST", "/auth/credentials", json=body, expect=expect)


# --- Forgotten passwords ---------------------------------------------------------------------------------------


async def test_a_forgotten_password_is_replaced_by_a_mailed_link(agency: World, caller: Client) -> None:
    someone = agency.employee
    await give_password(agency, someone)
    signed_in = await sign_in(caller, someone)
    answer = (await ask(caller, f" {someone.person.email.upper()} ")).json()
    assert answer == {"validForSeconds": 3600}
    async with mail_server() as server:
        await sent(agency, server)
        (mail,) = server.to(someone.person.email)
        assert mail["Subject"] == "Välj ett nytt lösenord"
        text = text_of(mail)
        assert f"Hej {someone.person.name}!" in text
        assert f"{PAGE}#{token_in(mail)}" in text
        assert "en timme" in text
        token = token_in(mail)
        await use(caller, token)
        await use(caller, token, expect=422)
        assert (await caller.signed_in(signed_in["accessToken"]).request("GET", "/me")).status_code == 401
        assert (await try_password(caller, someone)).status_code == 401
        await sign_in(caller, someone, NEW)
        await sent(agency, server)
        notice = server.to(someone.person.email)[1]
        assert notice["Subject"].startswith("Ditt lösenord har ändrats")
        assert "#" not in text_of(notice)


async def test_known_unknown_and_inactive_addresses_take_the_same_steps(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements, the same job of the same size, no hash, the same answer: no clock can tell them apart."""
    hashed: list[str] = []
    monkeypatch.setattr(passwords, "hashed", hashed.append)
    gone = await agency.someone("gone")
    async with agency.database.write() as session:
        await session.execute(sa.update(Person).where(col(Person.id) == gone.person.id).values(active=False))
    told: list[Any] = []
    statements: list[list[str]] = []
    engine = agency.database._writing.sync_engine

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements[-1].append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    addresses = [agency.employee.person.email, gone.person.email, "ingen.alls@example.se", "å@ö.se", "inget@@alls"]
    for email in addresses:
        async with calling_from(agency.app) as client:
            statements.append([])
            response = await ask(client, email)
        told.append((response.status_code, response.json(), set(response.headers)))
    sa.event.remove(engine, "before_cursor_execute", count)
    assert all(each == told[0] for each in told)
    assert len(statements[0]) >= 5
    assert all(each == statements[0] for each in statements)
    sizes = [len(json.dumps(job)) for job in await jobs(agency)]
    assert len(sizes) == len(addresses)
    assert len({size // 10 for size in sizes}) == 1
    assert hashed == []
    async with mail_server() as server:
        await sent(agency, server)
    assert server.recipients == [agency.employee.person.email]


async def test_a_link_to_reset_says_nothing_before_and_leaves_nothing_after(agency: World, caller: Client) -> None:
    """Neither address nor token is readable in the database, the log or the queue's log."""
    someone = agency.employee
    with structlog.testing.capture_logs() as events:
        await ask(caller, someone.person.email)
        async with agency.database.read() as session:
            rows = await session.execute(sa.text("SELECT t::text FROM queue.pgqueuer t"))
            waiting = "".join(rows.scalars())
        local_part = someone.person.email.partition("@")[0]
        for part in (local_part, local_part.encode().hex()):
            assert part not in waiting
        async with mail_server() as server:
            await sent(agency, server)
        token = token_in(server.mails[0][1])
    names = (
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
        "WHERE schemaname IN ('public', 'queue')"
    )
    async with agency.database.read() as session:
        stored = ""
        for name in (await session.execute(sa.text(names))).scalars().all():
            stored += "\n".join((await session.execute(sa.text(f"SELECT t::text FROM {name} t"))).scalars())  # noqa: S608
    assert token not in stored + str(events)
    assert local_part not in str(events)


def later(minutes: float) -> Any:
    return time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes))


async def test_links_count_for_an_hour_until_one_is_used_and_an_invitation_beside_them(
    agency: World, caller: Client
) -> None:
    someone = await agency.someone("newcomer")
    invited = await invitation(agency, someone)
    async with mail_server() as server:
        for minutes in (0, 11):
            with later(minutes):
                await ask(caller, someone.person.email)
                await sent(agency, server)
        first, second = [token_in(mail) for mail in server.to(someone.person.email)]
    assert first != second
    with later(72):
        await use(caller, first, expect=422)
        await use(caller, second, expect=422)
    # Somebody who asks in another's name takes neither an earlier link nor an invitation away.
    await use(caller, first)
    # A password is set, and every link that was under way is used up with it.
    for token in (second, invited):
        await use(caller, token, expect=422)


async def test_nobody_keeps_another_from_a_new_password(agency: World) -> None:
    """Whoever asks in another's name, from wherever and however often: there is a link in the mailbox that works."""
    someone = agency.employee
    await give_password(agency, someone)
    async with mail_server() as server, calling_from(agency.app) as phone:
        for minutes in range(0, 60, 4):
            with later(minutes):
                async with calling_from(agency.app) as thief:
                    for _ in range(5):
                        await ask(thief, someone.person.email)
                await ask(phone, someone.person.email)
                await sent(agency, server)
        mails = server.to(someone.person.email)
        assert len(mails) == 5  # at 0, 12, 24, 36 and 48 minutes: not sooner than ten after the last
        with later(61):
            await use(phone, token_in(mails[0]), expect=422)
            await use(phone, token_in(mails[1]))
        await sign_in(phone, someone, NEW)


async def test_from_one_place_a_link_is_always_good_when_none_is_mailed(agency: World) -> None:
    """Five in an hour go to an account from one place; by then the last of them is at most an hour old."""
    someone = agency.employee
    async with mail_server() as server, calling_from(agency.app) as client:
        for minutes in range(0, 56, 11):
            with later(minutes):
                await ask(client, someone.person.email)
        with later(56):
            await ask(client, someone.person.email)
            await sent(agency, server)
            assert len(server.to(someone.person.email)) == 5
            await use(client, token_in(server.to(someone.person.email)[-1]))
        with later(61):
            await ask(client, someone.person.email)
            await sent(agency, server)
            assert len([mail for mail in server.to(someone.person.email) if "#" in text_of(mail)]) == 6


async def test_wrong_links_are_counted_by_place_and_right_ones_never_wait(agency: World) -> None:
    someone = await agency.someone("newcomer")
    invited = await invitation(agency, someone)
    async with calling_from(agency.app) as client, calling_from(agency.app) as elsewhere:
        for number in range(PER_PLACE):
            await use(client, f"{number:043}", expect=422)
        stopped = await use(client, "x" * 43, expect=429)
        assert int(stopped.headers["Retry-After"]) > 0
        await use(elsewhere, "x" * 43, expect=422)
        # Whoever sits behind the same address gets theirs, and passwords are counted by themselves.
        await use(client, invited)
        await sign_in(client, someone, NEW)


async def test_requests_that_waited_too_long_are_dropped(agency: World, caller: Client) -> None:
    await ask(caller, agency.employee.person.email)
    async with agency.database.write() as session:
        await account_mail.put_notice(
            session,
            Notice.PASSWORD_CHANGED,
            agency.employee.person.id,
            datetime.now(UTC) - timedelta(days=8),
        )
        order = "convert_from(payload, 'UTF8')"
        late = f"jsonb_set({order}::jsonb, '{{at}}', to_jsonb(now() - interval '61 minutes'))"
        change = f"UPDATE queue.pgqueuer SET payload = convert_to({late}::text, 'UTF8') WHERE {order} LIKE '%reset%'"  # noqa: S608
        await session.execute(sa.text(change))
    async with mail_server() as server:
        await sent(agency, server)
    assert server.mails == []


async def test_who_signs_in_through_a_provider_has_no_password_to_choose_anew(agency: World, caller: Client) -> None:
    provider_id = await provider_stage.register(agency, "https://login.example.se")
    await provider_stage.bind(agency, provider_id)
    await ask(caller, agency.employee.person.email)
    async with mail_server() as server:
        await sent(agency, server)
    assert server.mails == []


async def test_a_mail_server_that_is_away_for_a_while_gets_one_link(agency: World, caller: Client) -> None:
    await ask(caller, agency.employee.person.email)
    async with mail_server() as server:
        port = server.port
    async with at_work(agency, f"smtp://127.0.0.1:{port}"):
        async with asyncio.timeout(PATIENCE):
            query = "SELECT max(attempts) FROM queue.pgqueuer"
            attempts = 0
            while attempts < 2:
                async with agency.database.read() as session:
                    attempts = (await session.execute(sa.text(query))).scalar_one()
                await asyncio.sleep(0.02)
        async with mail_server(port) as server, asyncio.timeout(PATIENCE):
            while await jobs(agency):  # noqa: ASYNC110 - the worker changes it
                await asyncio.sleep(0.02)
    async with agency.database.read() as session:
        own = sa.select(PersonInvitation).where(col(PersonInvitation.person_id) == agency.employee.person.id)
        links = (await session.execute(own)).scalars().all()
    assert len(server.mails) == len(links) == 1
    await use(caller, token_in(server.mails[0][1]))


async def test_nobody_is_flooded_with_mail_and_no_place_asks_for_everyone(agency: World) -> None:
    someone = agency.employee
    await give_password(agency, someone)
    async with calling_from(agency.app) as home:
        await sign_in(home, someone)
        for client in [home] * 3:
            await ask(client, someone.person.email)
        for _ in range(4):
            async with calling_from(agency.app) as thief:
                for _ in range(3):
                    await ask(thief, someone.person.email)  # always the same answer
        assert len(await jobs(agency)) == 1
    # One place cannot ask for everyone: that tells nothing of any account.
    async with calling_from(agency.app) as thief:
        answers = [await ask(thief, f"nummer{number}@example.se") for number in range(50)]
        assert {answer.status_code for answer in answers} == {202}
        stopped = await ask(thief, "nummer51@example.se", 429)
        assert int(stopped.headers["Retry-After"]) > 0
        await ask(thief, someone.person.email, 429)
        # Nor does it tell, to somebody at the same address, who has signed in from there.
        await give_password(agency, agency.archivist)
        await sign_in(thief, agency.archivist)
        await ask(thief, agency.archivist.person.email, 429)
    # Signing in is counted by itself.
    async with calling_from(agency.app) as elsewhere:
        await sign_in(elsewhere, someone)


async def test_a_reset_leaves_the_second_factor(agency: World, caller: Client) -> None:
    someone = agency.employee
    await give_password(agency, someone)
    _, phone = await enrolled(caller, someone)
    await ask(caller, someone.person.email)
    async with mail_server() as server:
        await sent(agency, server)
    token = next(token_in(mail) for mail in server.to(someone.person.email) if "#" in text_of(mail))
    await use(caller, token)
    assert (await try_code(caller, someone, None, NEW)).json()["code"] == "secondFactorRequired"
    assert (await try_code(caller, someone, phone.code(), NEW)).status_code == 200


async def test_a_link_is_one_persons(agency: World, caller: Client) -> None:
    """The token names the person; nothing else in the request can."""
    mine, victim = agency.employee, agency.saco_rep
    await give_password(agency, victim)
    await ask(caller, mine.person.email)
    async with mail_server() as server:
        await sent(agency, server)
    token = token_in(server.to(mine.person.email)[0])
    for more in ({"email": victim.person.email}, {"personId": victim.id}, {"username": victim.person.email}):
        body = {"token": token, "password": NEW, **more}
        await caller.refused("POST", "/auth/credentials", 422, "validationFailed", json=body)
    await use(caller, token)
    await sign_in(caller, mine, NEW)
    await sign_in(caller, victim)


@pytest.mark.parametrize(
    "odd", [{}, {"email": 7}, {"email": ""}, {"email": "a" * 201}, {"email": "a\x00@b.se"}, {"e": 1}]
)
async def test_what_is_no_request(caller: Client, odd: Any) -> None:
    await caller.refused("POST", "/auth/password-resets", 422, "validationFailed", json=odd)


# --- Invitations by mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["employer_rep", "saco_rep", "administrator"])
async def test_whoever_takes_people_in_invites_them(agency: World, caller: Client, who: str) -> None:
    inviter = agency.people[who].client
    someone = await agency.someone("newcomer")
    async with agency.database.write() as session:
        await session.execute(sa.update(Person).where(col(Person.id) == someone.person.id).values(language="en"))
    path = f"/people/{someone.id}/invitations"
    headers = {"Idempotency-Key": "en"}
    made = await inviter.post(path, None, 202, headers=headers)
    assert made == {"validForSeconds": 604800}
    assert await inviter.post(path, None, 202, headers=headers) == made
    assert [set(job) for job in await jobs(agency)] == [{"invitation"}]
    async with mail_server() as server:
        await sent(agency, server)
    (mail,) = server.to(someone.person.email)
    assert (mail["Subject"], mail["Content-Language"]) == ("Welcome to Lärande i förändring", "en")
    await use(caller, token_in(mail))
    await sign_in(caller, someone, NEW)
    async with agency.database.read() as session:
        about = (
            sa.select(AuditEntry).where(col(AuditEntry.subject_id) == someone.person.id).order_by(col(AuditEntry.id))
        )
        told = (await session.execute(about)).scalars().all()
    assert [(entry.operation, entry.person_id) for entry in told] == [
        ("create_person_invitation", agency.people[who].person.id),
        ("set_password", someone.person.id),
    ]


async def test_others_invite_nobody(agency: World) -> None:
    someone = await agency.someone("newcomer")
    path = f"/people/{someone.id}/invitations"
    for who in ("employee", "facilitator", "archivist"):
        await agency.people[who].client.refused("POST", path, 404, "notFound")
    await someone.client.refused("POST", path, 403, "notYourRole")
    async with World(agency.app) as other:
        await other.employer_rep.client.refused("POST", path, 404, "notFound")
    assert await jobs(agency) == []


async def test_a_new_invitation_voids_the_former_and_comes_not_at_once(agency: World, caller: Client) -> None:
    someone, inviter = await agency.someone("newcomer"), agency.saco_rep.client
    path = f"/people/{someone.id}/invitations"
    await inviter.post(path, None, 202)
    await inviter.refused("POST", path, 409, "invitedRecently")
    async with agency.database.write() as session:
        earlier = datetime.now(UTC) - timedelta(minutes=11)
        await session.execute(sa.update(PersonInvitation).values(created_at=earlier))
    async with mail_server() as server:
        await sent(agency, server)
        await inviter.post(path, None, 202)
        await sent(agency, server)
    first, second = [token_in(mail) for mail in server.to(someone.person.email)]
    await use(caller, first, expect=422)
    await use(caller, second)


async def test_two_who_invite_at_once_send_one_link(agency: World) -> None:
    someone = await agency.someone("newcomer")
    path = f"/people/{someone.id}/invitations"
    inviters = [agency.employer_rep, agency.saco_rep, agency.administrator]
    answers = await asyncio.gather(*(each.client.request("POST", path) for each in inviters))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    assert len(await jobs(agency)) == 1


async def test_an_inactive_person_is_not_invited_and_an_invitation_dies_with_the_account(agency: World) -> None:
    someone, admin = await agency.someone("newcomer"), agency.administrator.client
    path = f"/people/{someone.id}/invitations"
    await admin.post(path, None, 202)
    await admin.change(f"/people/{someone.id}", {"active": False})
    await admin.refused("POST", path, 422, "personInactive")
    async with mail_server() as server:
        await sent(agency, server)
    assert server.mails == []


# --- Another address -------------------------------------------------------------------------------------------


async def test_with_another_address_earlier_links_stop_and_the_former_one_is_told(
    agency: World, caller: Client
) -> None:
    someone = await agency.someone("mover")
    former = someone.person.email
    invited = await invitation(agency, someone)
    await someone.client.change(f"/people/{someone.id}", {"email": former.upper()})
    assert await jobs(agency) == []
    await agency.administrator.client.change(f"/people/{someone.id}", {"email": "ny.adress@example.se"})
    assert former.partition("@")[0] not in json.dumps(await jobs(agency)).lower()
    await use(caller, invited, expect=422)
    async with mail_server() as server:
        await sent(agency, server)
    assert [to.lower() for to in server.recipients] == [former.lower()]
    assert server.mails[0][1]["Subject"].startswith("Din e-postadress har ändrats")
    assert "ny.adress" not in text_of(server.mails[0][1])
    # Who was never mailed a link can be invited at the new address at once.
    await agency.saco_rep.client.post(f"/people/{someone.id}/invitations", None, 202)


# --- One's own password ----------------------------------------------------------------------------------------


def change_to(new: str, current: str = PASSWORD) -> dict[str, str]:
    return {"currentPassword": current, "newPassword": new}


async def test_a_changed_password_ends_other_sign_ins_and_is_told_of(agency: World, caller: Client) -> None:
    someone = agency.employee
    await give_password(agency, someone)
    own, other = [(await sign_in(caller, someone))["accessToken"] for _ in range(2)]
    client = caller.signed_in(own)
    path, headers = "/me/password-changes", {"Idempotency-Key": "byt"}
    await client.request("POST", path, json=change_to(NEW), headers=headers, expect=204)
    # Repeated after a lost answer it is the same request, although the current password is another by now.
    await client.request("POST", path, json=change_to(NEW), headers=headers, expect=204)
    await client.refused("POST", path, 403, "proofRefused", json=change_to("tio tranor över mossen"), headers=headers)
    assert (await client.request("GET", "/me")).status_code == 200
    assert (await caller.signed_in(other).request("GET", "/me")).status_code == 401
    assert (await try_password(caller, someone)).status_code == 401
    await sign_in(caller, someone, NEW)
    async with mail_server() as server:
        await sent(agency, server)
    (mail,) = server.to(someone.person.email)
    assert mail["Subject"].startswith("Ditt lösenord har ändrats")


@pytest.mark.parametrize(
    ("new", "code"),
    [("kort", "validationFailed"), ("passwordpassword", "passwordTooCommon"), ("QwertyQwerty123", "passwordTooCommon")],
)
async def test_a_new_password_has_to_be_good(agency: World, caller: Client, new: str, code: str) -> None:
    someone = agency.employee
    await give_password(agency, someone)
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    problem = await client.refused("POST", "/me/password-changes", 422, code, json=change_to(new))
    assert problem["errors"][0]["pointer"] == "/newPassword"
    assert new not in json.dumps(problem)


async def test_without_the_current_password_nothing_changes(agency: World, caller: Client) -> None:
    someone, other = agency.employee, agency.saco_rep
    for each, password in ((someone, PASSWORD), (other, NEW)):
        await give_password(agency, each, password)
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    for wrong in ("fel lösenord helt och hållet", NEW):
        problem = await client.refused("POST", "/me/password-changes", 403, "proofRefused", json=change_to(NEW, wrong))
        assert problem["errors"][0]["pointer"] == "/currentPassword"
    await caller.refused("POST", "/me/password-changes", 401, "notSignedIn", json=change_to(NEW))
    # Somebody who signs in elsewhere has none to change.
    await agency.archivist.client.refused("POST", "/me/password-changes", 403, "proofRefused", json=change_to(NEW))
    assert await jobs(agency) == []
    await sign_in(caller, someone)


@pytest.mark.parametrize("moment", [(passwords, "hashed"), (password_changes, "find_oneself")])
async def test_whoever_proved_the_old_password_does_not_overtake_a_reset(
    agency: World, caller: Client, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str]
) -> None:
    """A thief who knows it and the owner who resets it, in the same moment: after the proof, or still later, when it is
    already known that the thief's sign-in lives."""
    someone = agency.employee
    await give_password(agency, someone)
    thief = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    token = await invitation(agency, someone)
    module, step = moment
    real = getattr(module, step)

    async def meanwhile(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(module, step, real)
        await use(caller, token)
        return await real(*given, **more)

    monkeypatch.setattr(module, step, meanwhile)
    response = await thief.request("POST", "/me/password-changes", json=change_to("tjuven väljer sitt eget"))
    assert response.status_code == 401
    await sign_in(caller, someone, NEW)


@pytest.mark.usefixtures("agreed_cost")
async def test_the_password_is_in_the_database_as_argon2_alone(agency: World, caller: Client) -> None:
    """What is kept of a request under its key must not be quicker to guess than the password's own hash."""
    someone = agency.employee
    await give_password(agency, someone)
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    sent_body = json.dumps(change_to(NEW)).encode()
    headers = {"Idempotency-Key": "nyckel", "Content-Type": "application/json"}
    await client.request("POST", "/me/password-changes", content=sent_body, headers=headers, expect=204)
    async with agency.database.read() as session:
        kept = (
            await session.execute(sa.text("SELECT request_hash FROM idempotency_key WHERE key = 'nyckel'"))
        ).scalar_one()
        credential = await session.get_one(Credential, someone.person.id)
    assert credential.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    told = b"create_password_change\n/larande/v1/me/password-changes\n" + sent_body
    quick = agency.app.state.token_key.pseudonym("request", hashlib.sha256(told).hexdigest())
    assert kept != quick
    assert quick not in kept
