"""Registrations of interest: nobody is found out, nobody is flooded, nothing is kept for ever. See also the journey."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app import retention, worker
from app.models.sign_in import AttemptKind
from app.services import interest_registrations
from app.services.throttle import LIMITS
from tests import interest_agency
from tests.api.test_password_resets import sent
from tests.database import as_owner
from tests.interest_stories import (
    a_registration,
    agreed,
    confirm,
    known_to_the_central_side,
    opened,
    register,
    rows,
    token_of,
)
from tests.mail_server import mail_server, token_in
from tests.signing_in import calling_from
from tests.world import World, organisation_number


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))


@pytest.fixture
async def agency(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with interest_agency.alone(fresh_database_url, tmp_path / "keys") as world:
        yield world


async def test_nobody_can_find_out_who_is_there(agency: World) -> None:
    """The same answer and the same statements: for an organisation that is there, one that has registered, another."""
    known, unknown = agency.organisation.organisation_number, organisation_number()
    taken = await agreed(agency)
    seen = await known_to_the_central_side(agency, taken[0])
    statements: list[list[str]] = []
    engine = agency.database._writing.sync_engine

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements[-1].append(statement)

    sa.event.listen(engine, "before_cursor_execute", count)
    told = []
    for number, other in (
        (known, {}),
        (unknown, {}),
        (taken[0]["organisationNumber"], {}),
        (unknown, {"contactEmail": agency.employee.person.email}),
        (unknown, {"contactEmail": taken[0]["contactEmail"].upper()}),
        (unknown, {"joiningCode": "A" * 43}),
        (
            taken[0]["organisationNumber"],
            {"joiningCode": (await opened(agency.nobody, taken[1]["token"]))["joiningCode"]},
        ),
    ):
        async with calling_from(agency.app) as stranger:
            statements.append([])
            told.append(await register(stranger, a_registration("union", number, **other)))
    sa.event.remove(engine, "before_cursor_execute", count)
    assert all(each == told[0] for each in told)
    assert len(statements[0]) >= 6
    assert all(each == statements[0] for each in statements)
    # Whoever has agreed has still agreed: nothing of that is known to be meant.
    assert (await agency.administrator.client.get(f"/interest-registrations/{seen['id']}"))["state"] == "agreed"


async def test_nobody_is_flooded(agency: World) -> None:
    """Thirty times the same address, in any case of its letters: one mail, and its link opens what was said last.

    However many strangers say something else, the contact is heard. The sixth time from one place nothing is kept.
    """
    victim = a_registration("union")
    async with mail_server() as server:
        for _ in range(30):
            async with calling_from(agency.app) as stranger:
                upper = victim["contactEmail"].upper()
                await register(stranger, victim | {"contactEmail": upper, "contactName": "Nils Främling"})
        await sent(agency, server)
        assert len(server.mails) == 1
        token = token_in(server.mails[0][1])
        async with calling_from(agency.app) as own:
            for _ in range(LIMITS[AttemptKind.INTEREST].pair.count):
                await register(own, victim)
            await register(own, victim | {"contactName": "Nils Främling"})
            assert (await opened(own, token))["contactName"] == victim["contactName"]
            await own.request("POST", "/interest-withdrawals", json={"token": token}, expect=204)
    assert await rows(agency) == []
    async with calling_from(agency.app) as greedy:
        for _ in range(LIMITS[AttemptKind.INTEREST].place.count):
            await register(greedy, a_registration("employer"))
        await greedy.refused("POST", "/interest-registrations", 429, "tooManyAttempts", json=a_registration("employer"))


async def test_too_many_from_everybody_are_refused_and_nothing_is_kept_for_ever(agency: World) -> None:
    now = datetime.now(UTC)
    await as_owner(
        agency.database,
        "INSERT INTO interest_registration (id, version, created_at, joining_id, organisation_number, "
        "organisation_name, side, party_name, contact_name, contact_function, contact_email, language, "
        "consent_version, token_hash, code_hash, state) SELECT gen_random_uuid(), 1, CAST(:now AS timestamptz), "
        "gen_random_uuid(), '2021990417', 'X', 'union', 'X', 'X', 'X', n || '@x.example', 'sv', 'x', "
        "convert_to(n::text, 'UTF8'), '', 'unconfirmed' FROM generate_series(1, CAST(:most AS integer)) n",
        now=now,
        most=interest_registrations.IN_ALL,
    )
    problem = await agency.nobody.refused(
        "POST", "/interest-registrations", 429, "tooManyAttempts", json=a_registration("union")
    )
    assert problem["status"] == 429
    # What nobody confirmed is gone after a week, and the door is open.
    with time_machine.travel(now + timedelta(days=7, minutes=1)):
        await retention.work(agency.database, datetime.now(UTC))
        assert await rows(agency) == []
        await register(agency.nobody, a_registration("union"))
        await as_owner(agency.database, "DELETE FROM interest_registration")
    await _what_is_kept_goes_a_year_after_the_last_word(agency)


async def _what_is_kept_goes_a_year_after_the_last_word(agency: World) -> None:
    _, union = await agreed(agency)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=364)):
        await retention.work(agency.database, datetime.now(UTC))
        assert len(await rows(agency)) == 2
        await confirm(agency.nobody, union["token"])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=370)):
        await retention.work(agency.database, datetime.now(UTC))
        assert len(await rows(agency)) == 2
    with time_machine.travel(datetime.now(UTC) + timedelta(days=364 + 366)):
        await retention.work(agency.database, datetime.now(UTC))
    assert await rows(agency) == []


async def test_whoever_withdraws_leaves_nothing_agreed(world: World) -> None:
    employer, union = await agreed(world)
    seen = await known_to_the_central_side(world, employer)
    path = f"/interest-registrations/{seen['id']}"
    tag = await world.administrator.client.etag(path)
    await world.nobody.request("POST", "/interest-withdrawals", json={"token": union["token"]}, expect=204)
    body = {"contentHash": seen["contentHash"]}
    await world.administrator.client.refused("POST", f"{path}/organisations", 412, "staleVersion", json=body, etag=tag)
    left = await opened(world.nobody, employer["token"])
    assert (left["state"], left["gaps"]) == ("confirmed", ["unionSide", "confirmations"])
    # The administrator erases the other; of neither anything is left.
    await world.administrator.client.request(
        "DELETE", path, etag=await world.administrator.client.etag(path), expect=204
    )
    for gone in (employer, union):
        await world.nobody.refused("POST", "/interest-links", 422, "linkUnknown", json={"token": gone["token"]})


async def test_nobody_agrees_with_themselves(agency: World) -> None:
    """One address on both sides is one person, in whatever case it is written."""
    number = organisation_number()
    employer = a_registration("employer", number)
    await register(agency.nobody, employer)
    first = await token_of(agency, employer)
    code = (await confirm(agency.nobody, first))["joiningCode"]
    union = a_registration("union", number, joiningCode=code, contactEmail=employer["contactEmail"].upper())
    await register(agency.nobody, union)
    second = await token_of(agency, union)
    assert second != first
    await confirm(agency.nobody, second)
    assert (await confirm(agency.nobody, first))["gaps"] == ["sameContact"]
    # And whether they have agreed is not taken from what is stored: it is looked at again.
    await as_owner(agency.database, "UPDATE interest_registration SET state = 'agreed'")
    seen = await known_to_the_central_side(agency, employer)
    own, administrator = f"/interest-registrations/{seen['id']}", agency.administrator.client
    tag, body = await administrator.etag(own), {"contentHash": seen["contentHash"]}
    await administrator.refused("POST", f"{own}/organisations", 409, "sidesNotAgreed", json=body, etag=tag)


async def test_both_confirm_at_once_and_agree_once(world: World) -> None:
    number = organisation_number()
    employer = a_registration("employer", number)
    await register(world.nobody, employer)
    first = await token_of(world, employer)
    code = (await confirm(world.nobody, first))["joiningCode"]
    unions = [a_registration("union", number, joiningCode=code, partyName=name) for name in ("Saco-S", "Seko", "ST")]
    for each in unions:
        await register(world.nobody, each)
    tokens = [first, *[await token_of(world, each) for each in unions]]

    async def read_and_confirm(token: str) -> None:
        async with calling_from(world.app) as contact:
            read = await opened(contact, token)
            await contact.request(
                "POST", "/interest-confirmations", json={"token": token, "contentHash": read["contentHash"]}
            )

    # Each who comes voids what the others have confirmed; when all have come, all confirm the same.
    for _ in tokens:
        await asyncio.gather(*(read_and_confirm(token) for token in tokens))
    assert {(await opened(world.nobody, token))["state"] for token in tokens} == {"agreed"}
    read = await opened(world.nobody, first)
    assert len(read["content"]["parties"]) == 4
    seen = await known_to_the_central_side(world, employer)
    own = f"/interest-registrations/{seen['id']}"
    tag, path = await world.administrator.client.etag(own), f"{own}/organisations"
    sent_at_once = [
        world.administrator.client.request("POST", path, json={"contentHash": seen["contentHash"]}, etag=tag)
        for _ in "ab"
    ]
    answers = sorted(answer.status_code for answer in await asyncio.gather(*sent_at_once))
    assert answers == [201, 404]


async def test_an_account_takes_its_registrations_with_it(world: World) -> None:
    """The data export shows what is registered with a person's address, and erasure takes it."""
    gone = await world.someone("leaver")
    registration = a_registration("union", contactEmail=gone.person.email.upper())
    await register(world.nobody, registration)
    token = await token_of(world, registration)
    await confirm(world.nobody, token)
    exported = await gone.client.get(f"/people/{gone.id}/data-export")
    (table,) = [each for each in exported["tables"] if each["table"] == "interestRegistration"]
    assert [each["partyName"] for each in table["rows"]] == ["Saco-S"]
    assert table["withheldFields"] == ["tokenHash", "codeHash"]
    colleague = await world.employee.client.get(f"/people/{world.employee.id}/data-export")
    assert [each["rows"] for each in colleague["tables"] if each["table"] == "interestRegistration"] == [[]]
    await gone.client.request(
        "DELETE", f"/people/{gone.id}", etag=await gone.client.etag(f"/people/{gone.id}"), expect=204
    )
    await world.nobody.refused("POST", "/interest-links", 422, "linkUnknown", json={"token": token})


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"organisationNumber": "2021990418"}, "/organisationNumber"),
    ({"organisationNumber": "8112189876"}, "/organisationNumber"),
    ({"contactName": "Åsa Öberg 811218-9876"}, "/contactName"),
    ({"contactFunction": "Ordförande, 19811218-9876"}, "/contactFunction"),
    ({"contactEmail": "811218-9876@example.se"}, "/contactEmail"),
    ({"contactEmail": "ingen adress"}, "/contactEmail"),
    ({"contactEmail": "asa@ｅxample.se"}, "/contactEmail"),  # a second address of the same mailbox
    ({"contactEmail": "asa@ﬁsk.se"}, "/contactEmail"),
    ({"contactName": "Åsa\nBcc: alla@example.se"}, "/contactName"),
    ({"contactName": "=1+1"}, "/contactName"),
    ({"contactEmail": "+46@example.se"}, "/contactEmail"),
    ({"partyName": ""}, "/partyName"),
    ({"organisationName": "å" * 201}, "/organisationName"),
    ({"consentVersion": "2020-01-01"}, "/consentVersion"),
    ({"unionMembership": "Saco"}, "/unionMembership"),
    ({"side": "both"}, "/side"),
)


async def test_what_must_not_be_registered(world: World) -> None:
    """Personal numbers, addresses that are none, what would begin a header or a formula, an earlier consent."""
    for other, pointer in REFUSED:
        problem = await register(world.nobody, a_registration("union") | other, 422)
        assert [each["pointer"] for each in problem["errors"]] == [pointer]
        assert "811218" not in str(problem)
