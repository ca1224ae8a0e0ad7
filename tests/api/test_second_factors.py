"""The second factor: how it is switched on and off, what it asks for, and what becomes of those who guess, replay and
steal."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import col

from app.main import create_app
from app.models.audit_entry import Audience, AuditEntry
from app.models.person import Role
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.sign_in import SignIn, SignInEnd, SignInMethod
from app.services import one_time_codes, second_factors, throttle
from app.services.errors import Code, Refusal
from app.services.vault import BoxClosed, Vault
from tests.client import Client
from tests.conftest import TOKEN_SECRET, settings_for
from tests.second_factors import ask, code_of, enrol, enrolled, try_code, wrong
from tests.signing_in import PASSWORD, calling_from, give_password, sign_in, try_password, try_renew
from tests.world import Someone, World

CONFIRMATIONS, RECOVERY, REMOVALS = (
    f"/me/second-factor/{part}" for part in ("confirmations", "recovery-codes", "removals")
)


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Client]:
    async with calling_from(app) as client:
        yield client


@pytest.fixture
async def someone(world: World) -> Someone:
    await give_password(world, world.employee)
    return world.employee


async def notices(world: World, someone: Someone) -> list[str]:
    """What waits to be mailed to a person, in order."""
    query = (
        "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'notice' FROM queue.pgqueuer "
        "WHERE entrypoint = 'account_mail' AND convert_from(payload, 'UTF8')::jsonb ->> 'person' = :person ORDER BY id"
    )
    async with world.database.read() as session:
        return list((await session.execute(sa.text(query), {"person": someone.id})).scalars())


async def entries(world: World, someone: Someone) -> list[AuditEntry]:
    async with world.database.read() as session:
        about = (
            sa.select(AuditEntry).where(col(AuditEntry.subject_id) == someone.person.id).order_by(col(AuditEntry.id))
        )
        return list((await session.execute(about)).scalars())


async def ends(world: World, someone: Someone) -> list[SignInEnd | None]:
    async with world.database.read() as session:
        found = sa.select(col(SignIn.end)).where(col(SignIn.person_id) == someone.person.id).order_by(col(SignIn.id))
        return list((await session.execute(found)).scalars())


async def works(client: Client) -> bool:
    return (await client.request("GET", "/me")).status_code == 200


# --- Switching it on ------------------------------------------------------------------------------------------


async def test_from_the_secret_to_a_sign_in_with_a_code(caller: Client, world: World, someone: Someone) -> None:
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    other = await sign_in(caller, someone)
    assert await client.get("/me/second-factor") == {
        "version": 0,
        "active": False,
        "demanded": False,
        "since": None,
        "recoveryCodesLeft": 0,
        "_links": [{"href": "http://testserver/larande/v1/me/second-factor", "rel": "self", "method": "GET"}],
    }
    made = await ask(client)
    # Asked for and not confirmed, it counts for nothing.
    assert not (await client.get("/me/second-factor"))["active"]
    assert (await try_code(caller, someone, None)).status_code == 200
    await client.refused("POST", CONFIRMATIONS, 403, "proofRefused", json={"oneTimeCode": wrong(made["secret"])})
    codes = (await client.post(CONFIRMATIONS, {"oneTimeCode": code_of(made["secret"], -1)}))["recoveryCodes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}", code) for code in codes)
    state = await client.get("/me/second-factor")
    assert (state["active"], state["recoveryCodesLeft"], state["version"]) == (True, 10, 2)
    # This sign-in goes on, others end.
    assert await works(client)
    assert not await works(caller.signed_in(other["accessToken"]))
    assert (await try_renew(caller, other["refreshToken"])).status_code == 401
    problem = (await try_code(caller, someone, None)).json()
    assert (problem["status"], problem["code"]) == (401, "secondFactorRequired")
    response = await try_code(caller, someone, code_of(made["secret"]))
    assert response.status_code == 200, response.text
    async with world.database.read() as session:
        latest = sa.select(col(SignIn.method)).where(col(SignIn.person_id) == someone.person.id)
        methods = (await session.execute(latest.order_by(col(SignIn.id)))).scalars().all()
    assert methods[-1] is SignInMethod.PASSWORD_AND_ONE_TIME_CODE
    assert set(await ends(world, someone)) == {None, SignInEnd.SECOND_FACTOR_CHANGED}
    assert await notices(world, someone) == ["secondFactorAdded"]


async def test_what_apps_are_given(caller: Client, someone: Someone) -> None:
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    made = await ask(client)
    assert re.fullmatch("[A-Z2-7]{32}", made["secret"])
    address = urlsplit(made["otpauthUri"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/Lärande i förändring:{someone.person.email}"
    assert parse_qs(address.query) == {"secret": [made["secret"]], "issuer": ["Lärande i förändring"]}
    assert made["qrCode"].startswith("data:image/svg+xml")
    assert made["qrCode"] == one_time_codes.qr_code(made["otpauthUri"])


async def test_first_codes_are_not_guessed_without_end(
    app: FastAPI, caller: Client, world: World, someone: Someone
) -> None:
    """Whoever hits one is handed the recovery codes."""
    token = (await sign_in(caller, someone))["accessToken"]
    async with calling_from(app) as elsewhere:
        thief, owner = elsewhere.signed_in(token), caller.signed_in(token)
        secret = (await ask(owner))["secret"]
        for _ in range(throttle.PER_PAIR):
            sent = {"oneTimeCode": wrong(secret)}
            await thief.refused("POST", CONFIRMATIONS, 403, "proofRefused", json=sent)
        right = {"oneTimeCode": code_of(secret, -1)}
        await thief.refused("POST", CONFIRMATIONS, 429, "tooManyAttempts", json=right)
        # The owner is where they have signed in before, and is believed. Repeated under its key it is no new attempt.
        for _ in range(throttle.PER_PAIR + 2):
            made = await owner.request(
                "POST", CONFIRMATIONS, json=right, headers={"Idempotency-Key": "once"}, expect=201
            )
        assert made.json()["recoveryCodes"] is None
    assert await works(owner)
    assert await notices(world, someone) == ["secondFactorAdded"]


async def test_a_secret_waits_a_quarter_of_an_hour_for_its_first_code(caller: Client, someone: Someone) -> None:
    tokens = await sign_in(caller, someone)
    client = caller.signed_in(tokens["accessToken"])
    secret = (await ask(client))["secret"]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=15, seconds=1)):
        client = caller.signed_in((await try_renew(caller, tokens["refreshToken"])).json()["accessToken"])
        sent = {"oneTimeCode": code_of(secret)}
        await client.refused("POST", CONFIRMATIONS, 409, "secondFactorInactive", json=sent)
        secret = (await ask(client))["secret"]
        await client.post(CONFIRMATIONS, {"oneTimeCode": code_of(secret)})


async def test_asking_again_replaces_what_was_not_confirmed(caller: Client, someone: Someone) -> None:
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    first, second = [(await ask(client))["secret"] for _ in range(2)]
    assert first != second
    await client.refused("POST", CONFIRMATIONS, 403, "proofRefused", json={"oneTimeCode": code_of(first)})
    await client.post(CONFIRMATIONS, {"oneTimeCode": code_of(second)})
    await client.refused("POST", "/me/second-factor", 409, "secondFactorActive", json={"password": PASSWORD})
    await client.refused("POST", CONFIRMATIONS, 409, "secondFactorActive", json={"oneTimeCode": code_of(second, 1)})


async def test_a_stolen_access_token_switches_nothing(caller: Client, someone: Someone) -> None:
    thief = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    tried = {"password": "gissar vilt men länge"}
    await thief.refused("POST", "/me/second-factor", 403, "proofRefused", json=tried)
    await thief.refused("POST", "/me/second-factor", 422, "validationFailed", json={})
    await thief.refused("POST", CONFIRMATIONS, 409, "secondFactorInactive", json={"oneTimeCode": "123456"})
    _, phone = await enrolled(caller, someone)
    # The thief's sign-in ended with that; another one has the new kind of token.
    assert not await works(thief)
    thief = caller.signed_in((await try_code(caller, someone, phone.code())).json()["accessToken"])
    for path in (RECOVERY, REMOVALS):
        await thief.refused("POST", path, 403, "proofRefused", json=tried)
        await thief.refused("POST", path, 403, "proofRefused", json={"oneTimeCode": wrong(phone.secret)})
        await thief.refused("POST", path, 403, "proofRefused", json={"oneTimeCode": phone.code()})  # used at sign-in
        await thief.refused("POST", path, 403, "proofRefused", json={"oneTimeCode": "0" * 25})
        for odd in ({}, {"password": PASSWORD, "oneTimeCode": "123456"}):
            await thief.refused("POST", path, 422, "validationFailed", json=odd)
    assert (await thief.get("/me/second-factor"))["recoveryCodesLeft"] == 10


async def test_guesses_with_a_stolen_token_are_counted_with_those_at_sign_in(
    app: FastAPI, caller: Client, someone: Someone
) -> None:
    token = (await sign_in(caller, someone))["accessToken"]
    async with calling_from(app) as thief:
        answers = [
            await thief.signed_in(token).request("POST", "/me/second-factor", json={"password": f"gissning {number}"})
            for number in range(6)
        ]
        answers += [
            await thief.signed_in(token).request(
                "POST",
                "/me/password-changes",
                json={"currentPassword": f"gissning {number}", "newPassword": "sju nya tranor på en mosse"},
            )
            for number in range(4)
        ]
        assert {answer.status_code for answer in answers} == {403}
        stopped = await thief.signed_in(token).request("POST", REMOVALS, json={"password": PASSWORD})
        assert (stopped.status_code, stopped.json()["code"]) == (429, "tooManyAttempts")
        assert int(stopped.headers["Retry-After"]) > 0
        assert (await try_password(thief, someone)).status_code == 429
    # Where the person is, nothing has happened.
    await sign_in(caller, someone)


# --- Codes ------------------------------------------------------------------------------------------------------


async def test_a_code_is_good_once(caller: Client, someone: Someone) -> None:
    start = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        _, phone = await enrolled(caller, someone)
        code = phone.code()
        assert (await try_code(caller, someone, code)).status_code == 200
        replayed = await try_code(caller, someone, code)
        assert (replayed.status_code, replayed.json()["code"]) == (401, "oneTimeCodeRefused")
        # Nor is the one before, which nobody has used, once a later one was taken.
        assert (await try_code(caller, someone, phone.code(-1))).status_code == 401
        clock.move_to(start + timedelta(seconds=30))
        assert (await try_code(caller, someone, code)).status_code == 401
        assert (await try_code(caller, someone, phone.code())).status_code == 200


async def test_a_phone_may_be_a_step_away_and_not_two(caller: Client, someone: Someone) -> None:
    start = datetime(2026, 11, 23, 12, 0, 29, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        _, phone = await enrolled(caller, someone)
        for away, status in ((-2, 401), (2, 401), (-1, 200), (1, 200)):
            clock.shift(timedelta(seconds=120))
            assert (await try_code(caller, someone, phone.code(away))).status_code == status, away


async def test_the_same_code_at_once_counts_once(caller: Client, someone: Someone) -> None:
    _, phone = await enrolled(caller, someone)
    for code in (phone.code(), phone.recovery_codes[0]):
        answers = await asyncio.gather(*(try_code(caller, someone, code) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401], code


async def test_a_recovery_code_stands_in_once(caller: Client, world: World, someone: Someone) -> None:
    client, phone = await enrolled(caller, someone)
    first, second = phone.recovery_codes[:2]
    typed = first.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert (await try_code(caller, someone, typed)).status_code == 200
    assert (await try_code(caller, someone, first)).status_code == 401
    assert (await client.get("/me/second-factor"))["recoveryCodesLeft"] == 9
    # As a proof it is used up just the same.
    new = (await client.post(RECOVERY, {"oneTimeCode": second}))["recoveryCodes"]
    assert not set(new) & set(phone.recovery_codes)
    assert (await client.get("/me/second-factor"))["recoveryCodesLeft"] == 10
    for old in (second, phone.recovery_codes[2]):
        assert (await try_code(caller, someone, old)).status_code == 401
    assert (await try_code(caller, someone, new[9])).status_code == 200
    assert await notices(world, someone) == [
        *("secondFactorAdded", "recoveryCodeUsed", "recoveryCodeUsed", "recoveryCodesRenewed", "recoveryCodeUsed")
    ]


async def test_codes_are_of_one_person(caller: Client, world: World, someone: Someone) -> None:
    other = await world.someone("other")
    await give_password(world, other)
    _, phone = await enrolled(caller, someone)
    _, others = await enrolled(caller, other)
    assert (await try_code(caller, other, phone.recovery_codes[0])).status_code == 401
    assert (await try_code(caller, other, phone.code())).status_code == 401
    assert (await try_code(caller, other, others.code())).status_code == 200


async def test_in_the_standard_form_too(caller: Client, someone: Someone) -> None:
    _, phone = await enrolled(caller, someone)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    fields = {"grant_type": "password", "username": someone.person.email, "password": PASSWORD}
    for more, status in (({}, 401), ({"one_time_code": phone.code()}, 200), ({"oneTimeCode": phone.code(1)}, 422)):
        body = urlencode(fields | more).encode()
        await caller.request("POST", "/auth/token", content=body, headers=headers, expect=status)


@pytest.mark.parametrize("odd", ["12345", "1234567", "abcdef", "", "১২৩৪৫৬", "1" * 101, 123456, None, ["123456"]])
async def test_what_is_no_code_is_refused_by_its_form(caller: Client, someone: Someone, odd: Any) -> None:
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    await client.refused("POST", CONFIRMATIONS, 422, "validationFailed", json={"oneTimeCode": odd})


async def test_that_a_code_is_needed_is_said_to_nobody_without_the_password(caller: Client, someone: Someone) -> None:
    _, phone = await enrolled(caller, someone)
    known = await try_code(caller, someone, None, "inte mitt lösenord")
    coded = await try_code(caller, someone, phone.code(), "inte mitt lösenord")
    sent = {"grantType": "password", "username": "ingen.alls@example.se", "password": "inte mitt lösenord"}
    unknown = await caller.request("POST", "/auth/token", json=sent)
    bodies = [{**answer.json(), "instance": ""} for answer in (known, coded, unknown)]
    assert bodies[0] == bodies[1] == bodies[2]
    # A code that came with a wrong password is not used up.
    assert (await try_code(caller, someone, phone.code())).status_code == 200


# --- Guessing codes ----------------------------------------------------------------------------------------------


async def test_codes_are_not_guessed_without_end_and_nobody_is_locked_out(
    app: FastAPI, caller: Client, world: World, someone: Someone
) -> None:
    """By somebody who has the password, from many places and all at once."""
    _, phone = await enrolled(caller, someone)
    statuses: list[int] = []
    for _ in range(4):
        async with calling_from(app) as thief:
            answers = await asyncio.gather(*(try_code(thief, someone, wrong(phone.secret)) for _ in range(14)))
            statuses += [answer.status_code for answer in answers]
    assert statuses.count(401) == 30
    assert statuses.count(429) == 26
    async with calling_from(app) as thief:
        stopped = await try_code(thief, someone, phone.code())
        assert stopped.status_code == 429
        assert int(stopped.headers["Retry-After"]) > 23 * 3600
    assert (await try_code(caller, someone, phone.code())).status_code == 200
    assert await notices(world, someone) == ["secondFactorAdded", "codesGuessed"]


async def test_asking_without_a_code_forgets_no_wrong_one(app: FastAPI, caller: Client, someone: Someone) -> None:
    _, phone = await enrolled(caller, someone)
    async with calling_from(app) as thief:
        statuses = []
        for _ in range(8):
            statuses += [(await try_code(thief, someone, wrong(phone.secret))).status_code]
            statuses += [(await try_code(thief, someone, None)).status_code]
        # The password was right each time; ten attempts are ten attempts all the same.
        assert statuses == [401] * 10 + [429] * 6


# --- Switching it off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["password", "oneTimeCode", "recoveryCode"])
async def test_it_is_switched_off_with_a_proof(caller: Client, world: World, someone: Someone, by: str) -> None:
    client, phone = await enrolled(caller, someone)
    other = (await try_code(caller, someone, phone.code())).json()
    proof = {
        "password": {"password": PASSWORD},
        "oneTimeCode": {"oneTimeCode": phone.code(1)},
        "recoveryCode": {"oneTimeCode": phone.recovery_codes[3]},
    }[by]
    await client.request("POST", REMOVALS, json=proof, expect=204)
    assert not await works(caller.signed_in(other["accessToken"]))
    assert await works(client)
    state = await client.get("/me/second-factor")
    assert (state["active"], state["recoveryCodesLeft"]) == (False, 0)
    assert (await try_code(caller, someone, None)).status_code == 200
    await client.refused("POST", RECOVERY, 409, "secondFactorInactive", json={"password": PASSWORD})
    await client.request("POST", REMOVALS, json={"password": PASSWORD}, expect=204)
    assert (await notices(world, someone))[-1] == "secondFactorRemoved"
    # The old recovery codes do not come back with a new factor.
    await enrol(client)
    assert (await try_code(caller, someone, phone.recovery_codes[5])).status_code == 401


async def test_somebody_who_lost_everything_is_helped_by_command(
    caller: Client, world: World, someone: Someone
) -> None:
    client, _ = await enrolled(caller, someone)
    async with world.database.write() as session:
        await second_factors.reset(session, someone.person.email.upper(), datetime.now(UTC))
    assert not await works(client)
    await sign_in(caller, someone)
    assert await notices(world, someone) == ["secondFactorAdded", "secondFactorReset"]
    entry = (await entries(world, someone))[-1]
    assert (entry.operation, entry.person_id, entry.audience) == ("reset_second_factor", None, Audience.ORGANISATION)
    for email, code in ((someone.person.email, "secondFactorInactive"), ("ingen@example.se", "unknownPerson")):
        with pytest.raises(Refusal) as caught:
            async with world.database.write() as session:
                await second_factors.reset(session, email, datetime.now(UTC))
        assert caught.value.code is Code(code)


async def test_the_trail_tells_the_person_alone(caller: Client, world: World, someone: Someone) -> None:
    client, _ = await enrolled(caller, someone)
    await client.post(RECOVERY, {"password": PASSWORD})
    await client.request("POST", REMOVALS, json={"password": PASSWORD}, expect=204)
    told = await entries(world, someone)
    assert [entry.operation for entry in told] == [
        *("create_second_factor", "confirm_second_factor", "create_recovery_codes", "remove_second_factor")
    ]
    assert {(entry.audience, entry.person_id) for entry in told} == {(Audience.PERSON, someone.person.id)}


async def test_under_one_key_it_is_done_once_and_shown_once(caller: Client, someone: Someone) -> None:
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])

    async def keyed(path: str, sent: Any, key: str, expect: int = 201) -> Any:
        response = await client.request("POST", path, json=sent, headers={"Idempotency-Key": key}, expect=expect)
        return response.json() if response.content else None

    made = await keyed("/me/second-factor", {"password": PASSWORD}, "a")
    again = await keyed("/me/second-factor", {"password": PASSWORD}, "a")
    assert (again["secret"], again["otpauthUri"], again["qrCode"]) == (None, None, None)
    assert made["secret"]
    confirmed = {"oneTimeCode": code_of(made["secret"], -1)}
    assert (await keyed(CONFIRMATIONS, confirmed, "b"))["recoveryCodes"]
    assert (await keyed(CONFIRMATIONS, confirmed, "b"))["recoveryCodes"] is None
    proof = {"oneTimeCode": code_of(made["secret"])}
    assert (await keyed(RECOVERY, proof, "c"))["recoveryCodes"]
    # The code is used up by now; the request that used it may be repeated, and nothing else with it.
    assert (await keyed(RECOVERY, proof, "c"))["recoveryCodes"] is None
    assert (await keyed(REMOVALS, proof, "d", 403))["code"] == "proofRefused"
    assert (await keyed(REMOVALS, proof, "c", 403))["code"] == "proofRefused"
    await keyed(REMOVALS, {"password": PASSWORD}, "e", 204)
    await keyed(REMOVALS, {"password": PASSWORD}, "e", 204)


# --- Where it is demanded ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("needed", "of_employee"), [("administrators", False), ("everyone", True)])
async def test_where_it_is_demanded_one_can_only_switch_it_on(
    world: World, database_url: str, someone: Someone, needed: str, of_employee: bool
) -> None:
    admin = await world.someone("admin", Role.SYSTEM_ADMINISTRATOR, outside=True)
    await give_password(world, admin)
    strict = create_app(settings_for(database_url, require_second_factor=needed))
    async with calling_from(strict) as caller:
        for who, demanded in ((someone, of_employee), (admin, True)):
            client = caller.signed_in((await sign_in(caller, who))["accessToken"])
            assert (await client.get("/me/second-factor"))["demanded"] is demanded
            if demanded:
                problem = await client.refused("GET", "/organisations", 403, "secondFactorMissing")
                assert problem["title"] == "Tvåstegsverifiering krävs"
                await client.refused("PATCH", f"/people/{who.id}", 403, "secondFactorMissing", json={}, etag='"1"')
            else:
                await client.get("/organisations")
            await client.get("/me")
            await client.get("/me/sign-ins")
            phone = await enrol(client)
            # The sign-in that switched it on has shown both.
            await client.get("/organisations")
            again = caller.signed_in((await try_code(caller, who, phone.code())).json()["accessToken"])
            await again.get("/organisations")
            await client.request("POST", REMOVALS, json={"password": PASSWORD}, expect=204)
            await again.request("GET", "/me", expect=401)
            if demanded:
                await client.refused("GET", "/organisations", 403, "secondFactorMissing")
        # Whoever signed in with an identity provider was asked there.
        async with world.database.write() as session:
            await session.execute(
                sa.update(SignIn)
                .where(col(SignIn.person_id) == admin.person.id)
                .values(method=SignInMethod.IDENTITY_PROVIDER)
            )
        await client.get("/organisations")
    await strict.state.database.close()


# --- What is stored ---------------------------------------------------------------------------------------------------


async def test_neither_secret_nor_codes_are_readable_in_the_database(
    caller: Client, world: World, someone: Someone
) -> None:
    client, phone = await enrolled(caller, someone)
    await client.request(
        "POST", RECOVERY, json={"password": PASSWORD}, headers={"Idempotency-Key": "hemlig"}, expect=201
    )
    async with world.database.read() as session:
        tables = (
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname IN ('public', 'queue')"
        )
        names = (await session.execute(sa.text(tables))).scalars().all()
        stored = ""
        for name in names:
            stored += "\n".join((await session.execute(sa.text(f"SELECT t::text FROM {name} t"))).scalars())  # noqa: S608
        kept = await session.get_one(SecondFactor, someone.person.id)
        hashes = (await session.execute(sa.select(col(RecoveryCode.code_hash)))).scalars().all()
    assert "second_factor" in str(names)
    bare = [code.replace("-", "") for code in phone.recovery_codes]
    for secret in (phone.secret, phone.secret.encode().hex(), *phone.recovery_codes, *bare, PASSWORD):
        assert secret not in stored
    assert {len(each) for each in hashes} == {32}
    vault = Vault(TOKEN_SECRET.encode())
    assert vault.open(second_factors.PURPOSE, someone.id, kept.sealed_secret).decode() == phone.secret
    for other, owner, purpose in (
        (Vault(b"another secret of at least 32 bytes"), someone.id, second_factors.PURPOSE),
        (vault, str(world.saco_rep.id), second_factors.PURPOSE),
        (vault, someone.id, "mailed addresses"),
    ):
        with pytest.raises(BoxClosed):
            other.open(purpose, owner, kept.sealed_secret)


async def test_another_persons_secret_put_in_ones_own_place_opens_nothing(
    caller: Client, world: World, someone: Someone
) -> None:
    """By somebody who can write to the database and wants the administrator's account."""
    other = await world.someone("other")
    await give_password(world, other)
    _, phone = await enrolled(caller, someone)
    await enrolled(caller, other)
    async with world.database.write() as session:
        mine = await session.get_one(SecondFactor, someone.person.id)
        theirs = await session.get_one(SecondFactor, other.person.id)
        theirs.sealed_secret = mine.sealed_secret
        session.add(theirs)
    with structlog.testing.capture_logs() as events:
        assert (await try_code(caller, other, phone.code())).status_code == 401
    assert [event["event"] for event in events if event["log_level"] == "warning"] == [
        "a second factor is sealed under another secret"
    ]
    assert other.id not in str(events)


async def test_after_a_new_token_secret_recovery_codes_are_left(
    caller: Client, database_url: str, someone: Someone
) -> None:
    _, phone = await enrolled(caller, someone)
    other = create_app(settings_for(database_url, token_secret=SecretStr("another secret of at least 32 bytes")))
    async with calling_from(other) as client:
        assert (await try_code(client, someone, phone.code())).status_code == 401
        tokens = (await try_code(client, someone, phone.recovery_codes[0])).json()
        signed_in = client.signed_in(tokens["accessToken"])
        await signed_in.request("POST", REMOVALS, json={"password": PASSWORD}, expect=204)
        renewed = await enrol(signed_in)
        assert (await try_code(client, someone, renewed.code())).status_code == 200
    await other.state.database.close()
