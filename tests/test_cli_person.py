"""`larande person`: one-time tokens on the command line."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from typer.testing import CliRunner, Result

from app.cli import main
from app.models.audit_entry import AuditEntry
from tests.client import Client
from tests.second_factors import enrolled
from tests.signing_in import PASSWORD, give_password, sign_in
from tests.stories import trail
from tests.world import World


@pytest.fixture
def _this_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARANDE_DATABASE_URL", database_url)


async def larande(*arguments: str) -> Result:
    """The command runs its own event loop, so it gets a thread of its own."""
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


@pytest.mark.usefixtures("_this_database")
async def test_invite_prints_a_token_that_sets_a_password(client: Client, world: World) -> None:
    result = await larande("person", "invite", world.employee.person.email.upper())
    assert result.exit_code == 0, result.output
    token = result.stdout.strip()
    assert len(token) == 43
    await client.request("POST", "/auth/credentials", json={"token": token, "password": PASSWORD}, expect=204)
    await sign_in(client, world.employee)


@pytest.mark.usefixtures("_this_database")
async def test_both_sides_see_who_was_invited_and_when_the_token_was_used(client: Client, world: World) -> None:
    """With the token one can sign in as somebody else: a silent one would be a back door."""
    employee = world.employee
    token = (await larande("person", "invite", employee.person.email)).stdout.strip()
    for sent in ({"token": token, "password": "lösenord"}, {"token": f"{token}x", "password": PASSWORD}):
        assert (await client.request("POST", "/auth/credentials", json=sent)).status_code == 422
    seen = await trail(world.saco_rep, world, subjectId=str(employee.id))
    assert [(each["operation"], each["personId"]) for each in seen] == [("invite_person", None)]
    await client.request("POST", "/auth/credentials", json={"token": token, "password": PASSWORD}, expect=204)
    for who in (world.saco_rep, world.employer_rep, world.administrator):
        seen = await trail(who, world, subjectId=str(employee.id))
        assert [
            (each["operation"], each["subjectType"], each["personId"], each["mandateId"], each["fromVersion"])
            for each in seen
        ] == [
            ("invite_person", "person", None, None, None),
            ("set_password", "person", str(employee.id), None, None),
        ]
        assert {each["audience"] for each in seen} == {"organisation"}
        assert token not in str(seen)
    assert await trail(world.archivist, world, subjectId=str(employee.id)) == []


@pytest.mark.usefixtures("_this_database")
async def test_an_administrator_is_made_once(client: Client, world: World) -> None:
    email = f"drift.{world.organisation.organisation_number}@example.se"
    result = await larande("person", "create-administrator", "Åsa Öhrn", email)
    assert result.exit_code == 0, result.output
    sent = {"token": result.stdout.strip(), "password": PASSWORD}
    await client.request("POST", "/auth/credentials", json=sent, expect=204)
    form = {"grantType": "password", "username": email, "password": PASSWORD}
    tokens = await client.post("/auth/token", form, expect=200)
    me = await client.signed_in(tokens["accessToken"]).get("/me")
    async with world.database.read() as session:
        trace = sa.select(col(AuditEntry.operation), col(AuditEntry.person_id), col(AuditEntry.organisation_id))
        about = trace.where(col(AuditEntry.subject_id) == UUID(me["id"])).order_by(col(AuditEntry.id))
        told = [tuple(row) for row in await session.execute(about)]
    assert told == [
        ("create_person", None, None),
        ("invite_person", None, None),
        ("set_password", UUID(me["id"]), None),
    ]
    assert (me["name"], me["roles"], me["organisation"]) == ("Åsa Öhrn", ["systemAdministrator"], None)
    again = await larande("person", "create-administrator", "Åsa Öhrn", email.upper())
    assert again.exit_code == 1
    assert again.stdout == ""
    assert "e-mail" in again.stderr.lower()


@pytest.mark.usefixtures("_this_database")
async def test_what_cannot_be_done_is_said_plainly(world: World) -> None:
    unknown = await larande("person", "invite", "ingen.alls@example.se")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr.strip()
    for name, email in (("Åsa", "inte en adress"), ("", "a@example.se")):
        refused = await larande("person", "create-administrator", name, email)
        assert refused.exit_code == 1
        assert "is not a valid" in refused.stderr
    async with world.database.write() as session:
        world.employee.person.active = False
        await session.merge(world.employee.person)
    inactive = await larande("person", "invite", world.employee.person.email)
    assert (inactive.exit_code, inactive.stdout) == (1, "")


@pytest.mark.usefixtures("_this_database")
async def test_a_lost_second_factor_is_reset_by_command(client: Client, world: World) -> None:
    someone = world.employee
    await give_password(world, someone)
    await enrolled(client, someone)
    result = await larande("person", "reset-second-factor", someone.person.email.upper())
    assert result.exit_code == 0, result.output
    assert "told by mail" in result.stdout
    await sign_in(client, someone)
    seen = await trail(world.saco_rep, world, subjectId=someone.id)
    assert [(each["operation"], each["personId"]) for each in seen] == [("reset_second_factor", None)]
    for email, words in ((someone.person.email, "second factor is not on"), ("ingen@example.se", "Unknown person")):
        result = await larande("person", "reset-second-factor", email)
        assert result.exit_code == 1
        assert words in result.output
