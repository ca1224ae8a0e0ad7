"""People: taken in, changed by themselves and by a system administrator, found by name, shut out at once."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from app.models.person import Person, PersonCreate, PersonItem, PersonRead, PersonUpdate
from app.models.sign_in import SignIn, SignInMethod
from app.models.unit import Unit
from app.services import passwords, throttle
from app.services.calendar import swedish_day
from tests import contract
from tests.api.scim.provisioning import USER, provisioning
from tests.database import as_owner
from tests.signing_in import PASSWORD, calling_from, give_password, try_password
from tests.world import World


def somebody(**more: Any) -> dict[str, Any]:
    return {"name": "Åsa Öberg", "email": f"asa.{uuid4().hex}@example.se", **more}


async def found(world: World, who: str, **params: Any) -> list[str]:
    caller = world.people[who].client
    listed = await caller.get(f"{world.path}/people", params={"limit": 100, **params})
    return [item["id"] for item in listed["items"]]


@pytest.mark.parametrize("who", ["employer_rep", "saco_rep", "administrator"])
async def test_either_side_and_the_administrator_take_in_people(world: World, who: str) -> None:
    caller = world.people[who].client
    sent = somebody(email=f"Asa.Oberg.{uuid4().hex}@Example.SE", language="en")
    made = await caller.post(f"{world.path}/people", sent)
    assert (made["name"], made["email"], made["language"]) == ("Åsa Öberg", sent["email"], "en")
    assert (made["active"], made["roles"], made["organisationId"]) == (True, [], str(world.organisation.id))
    assert await caller.get(f"/people/{made['id']}") == made


async def test_employees_take_in_nobody(app: FastAPI, world: World) -> None:
    for who in ("employee", "facilitator", "archivist"):
        caller = world.people[who].client
        await caller.refused("POST", f"{world.path}/people", 403, "notYourRole", json=somebody())
    async with World(app) as other:
        stranger = other.employer_rep.client
        await stranger.refused("POST", f"{world.path}/people", 404, "notFound", json=somebody())
        await stranger.refused("GET", f"{world.path}/people", 404, "notFound")
        await stranger.refused("GET", f"/people/{world.employee.id}", 404, "notFound")


@pytest.mark.parametrize("who", ["employer_rep", "saco_rep"])
async def test_only_an_administrator_gives_roles(world: World, who: str) -> None:
    for role in ("systemAdministrator", "archivist", "contentEditor", "centralAnalyst"):
        problem = await world.people[who].client.refused(
            "POST", f"{world.path}/people", 403, "notYourRole", json=somebody(roles=[role])
        )
        assert problem["errors"][0]["pointer"] == "/roles"
    admin = world.administrator.client
    made = await admin.post(
        f"{world.path}/people", somebody(roles=["systemAdministrator", "archivist", "systemAdministrator"])
    )
    assert made["roles"] == ["archivist", "systemAdministrator"]
    fewer = await admin.change(f"/people/{made['id']}", {"roles": []})
    assert (fewer["roles"], fewer["version"]) == ([], 2)


async def test_oneself_changes_name_email_and_language_and_nothing_else(world: World) -> None:
    me = world.employee.client
    path = f"/people/{world.employee.id}"
    email = f"NY.{uuid4().hex}@example.se"
    await give_password(world, world.employee)
    sent = {"name": "Nytt Namn", "email": email, "language": "en", "currentPassword": PASSWORD}
    changed = await me.change(path, sent)
    assert (changed["name"], changed["email"], changed["language"], changed["version"]) == ("Nytt Namn", email, "en", 2)
    assert (await me.change(path, {"name": "Nytt Namn"}))["version"] == 2
    tag = await me.etag(path)
    others: list[dict[str, Any]] = [
        {"active": False},
        {"active": True},
        {"roles": ["systemAdministrator"]},
        {"roles": []},
    ]
    for sent in others:
        problem = await me.refused("PATCH", path, 403, "notYourRole", json={"name": "X", **sent}, etag=tag)
        assert problem["errors"][0]["pointer"] == f"/{next(iter(sent))}"
    assert (await me.get(path))["name"] == "Nytt Namn"
    await me.refused("PATCH", path, 412, "staleVersion", json={"name": "X"}, etag='"1"')


async def test_an_access_token_alone_does_not_change_its_owners_address(
    app: FastAPI, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links to choose a new password go there: whoever found a page left open would have the account."""
    who, path = world.employee, f"/people/{world.employee.id}"
    await give_password(world, who)
    email = f"tjuv.{uuid4().hex}@example.se"
    async with calling_from(app) as elsewhere:
        thief = elsewhere.signed_in(await world.token(who.person))
        tag = await thief.etag(path)
        for tried in ({}, {"currentPassword": "en gissning"}):
            problem = await thief.refused("PATCH", path, 403, "proofRefused", json={"email": email, **tried}, etag=tag)
            assert problem["errors"][0]["pointer"] == "/currentPassword"
        assert (await thief.get(path))["email"] == who.person.email
        # Letter case is not another mailbox, and the rest takes no password.
        same = await thief.change(path, {"email": who.person.email.upper(), "name": "Nytt Namn", "language": "en"})
        # Guesses are counted with those at sign-in.
        for _ in range(throttle.PER_PAIR - 1):
            guess = {"email": email, "currentPassword": "en gissning"}
            await thief.refused("PATCH", path, 403, "proofRefused", json=guess, etag=await thief.etag(path))
        right = {"email": email, "currentPassword": PASSWORD}
        await thief.refused("PATCH", path, 429, "tooManyAttempts", json=right, etag=await thief.etag(path))
    changed = await who.client.change(path, right)
    assert (changed["email"], changed["version"]) == (email, same["version"] + 1)
    assert "currentPassword" not in changed
    # Whoever is no longer let in is not asked for a password first.
    hashed: list[str] = []

    async def verify(password: str, _hash: str | None) -> tuple[bool, str | None]:
        hashed.append(password)
        return True, None

    monkeypatch.setattr(passwords, "verify", verify)
    await world.administrator.client.change(path, {"active": False})
    await who.client.refused("PATCH", path, 401, "tokenInvalid", json=right, etag='"1"')
    # An administrator's password is no proof of somebody else's address, and none is needed.
    admin = world.administrator.client
    other = {"email": f"rattad.{uuid4().hex}@example.se", "currentPassword": PASSWORD}
    assert (await admin.change(path, other))["email"] == other["email"]
    assert hashed == []
    own = f"/people/{world.administrator.id}"
    await admin.refused("PATCH", own, 403, "signInTooOld", json={"email": email + ".se"}, etag=await admin.etag(own))


async def test_whoever_signs_in_elsewhere_changes_their_address_soon_after(world: World) -> None:
    who, path = world.employee, f"/people/{world.employee.id}"
    sent = {"email": f"ny.{uuid4().hex}@example.se"}
    for minutes, fits in ((5, False), (4, True)):
        async with world.database.write() as session:
            began = datetime.now(UTC) - timedelta(minutes=minutes)
            by_provider = sa.update(SignIn).where(col(SignIn.person_id) == who.person.id)
            await session.execute(by_provider.values(method=SignInMethod.IDENTITY_PROVIDER, started_at=began))
        if fits:
            assert (await who.client.change(path, sent))["email"] == sent["email"]
        else:
            await who.client.refused("PATCH", path, 403, "signInTooOld", json=sent, etag=await who.client.etag(path))


async def test_where_a_person_works_is_said_at_creation_and_changed_by_an_administrator(world: World) -> None:
    admin, unit = world.administrator.client, str(world.subunit.id)
    for who in ("employer_rep", "saco_rep"):
        made = await world.people[who].client.post(f"{world.path}/people", somebody(unitId=unit))
        assert made["unitId"] == unit
        assert (await world.people[who].client.get(f"/people/{made['id']}"))["unitId"] == unit
    path = f"/people/{made['id']}"
    moved = await admin.change(path, {"unitId": str(world.unit.id)})
    assert (moved["unitId"], moved["version"]) == (str(world.unit.id), 2)
    assert (await admin.change(path, {"unitId": None}))["unitId"] is None
    own = f"/people/{world.employee.id}"
    tag = await world.employee.client.etag(own)
    problem = await world.employee.client.refused("PATCH", own, 403, "notYourRole", json={"unitId": unit}, etag=tag)
    assert problem["errors"][0]["pointer"] == "/unitId"


async def test_nobody_works_in_a_unit_that_is_closed_or_elsewhere(app: FastAPI, world: World) -> None:
    closed = await world.unit_under(world.unit, "Nedlagda enheten")
    rep, admin = world.saco_rep.client, world.administrator.client
    await rep.change(f"/units/{closed.id}", {"validTo": swedish_day(datetime.now(UTC)).isoformat()})
    await rep.post(f"{world.path}/people", somebody(unitId=str(closed.id)))  # its last day
    async with world.database.write() as session:
        last_day = swedish_day(datetime.now(UTC)) - timedelta(days=1)
        await session.execute(sa.update(Unit).where(col(Unit.id) == closed.id).values(valid_to=last_day))
    async with World(app) as other:
        for unit in (closed.id, other.subunit.id, uuid4()):
            sent = {"unitId": str(unit)}
            made = somebody(**sent)
            problem = await rep.refused("POST", f"{world.path}/people", 422, "unknownUnit", json=made)
            assert problem["errors"][0]["pointer"] == "/unitId"
            path = f"/people/{world.employee.id}"
            await admin.refused("PATCH", path, 422, "unknownUnit", json=sent, etag=await admin.etag(path))
    # Whoever runs the installation works in no unit of it.
    path = f"/people/{world.administrator.id}"
    sent = {"unitId": str(world.subunit.id)}
    await admin.refused("PATCH", path, 422, "unknownUnit", json=sent, etag=await admin.etag(path))


async def test_nobody_but_oneself_and_the_administrator_changes_a_person(world: World) -> None:
    path = f"/people/{world.employee.id}"
    tag = await world.employer_rep.client.etag(path)
    for who in ("employer_rep", "saco_rep"):
        await world.people[who].client.refused("PATCH", path, 403, "notYourRole", json={"name": "X"}, etag=tag)
    for who in ("facilitator", "archivist"):
        await world.people[who].client.refused("PATCH", path, 404, "notFound", json={"name": "X"}, etag=tag)
    email = f"rattad.{uuid4().hex}@example.se"
    assert (await world.administrator.client.change(path, {"email": email, "name": "Y"}))["email"] == email


async def test_addresses_differ_whatever_the_case(app: FastAPI, world: World) -> None:
    rep = world.employer_rep.client
    sent = somebody(email=f"Örjan.{uuid4().hex}@example.se")
    await rep.post(f"{world.path}/people", sent)
    again = somebody(email=sent["email"].replace("Ö", "ö").upper())
    problem = await rep.refused("POST", f"{world.path}/people", 409, "emailTaken", json=again)
    assert problem["errors"][0]["pointer"] == "/email"
    assert sent["email"].casefold() not in str(problem).casefold()
    path = f"/people/{world.employee.id}"
    tag = await world.employee.client.etag(path)
    await give_password(world, world.employee)
    change = {"email": again["email"], "currentPassword": PASSWORD}
    await world.employee.client.refused("PATCH", path, 409, "emailTaken", json=change, etag=tag)
    async with World(app) as other:
        await other.saco_rep.client.refused("POST", f"{other.path}/people", 409, "emailTaken", json=again)


async def test_the_same_address_twice_at_once_makes_one_person(world: World) -> None:
    sent = somebody()
    answers = await asyncio.gather(
        world.employer_rep.client.request("POST", f"{world.path}/people", json=sent),
        world.saco_rep.client.request("POST", f"{world.path}/people", json=sent),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_the_same_key_makes_one_person(world: World) -> None:
    rep = world.employer_rep.client
    headers, sent = {"Idempotency-Key": "person-1"}, somebody()
    first = await rep.post(f"{world.path}/people", sent, headers=headers)
    assert await rep.post(f"{world.path}/people", sent, headers=headers) == first


async def test_somebody_made_inactive_is_out_at_once(world: World) -> None:
    """The token is still good for minutes, and the mandate for years; neither counts."""
    rep = world.saco_rep
    await rep.client.get(world.path)
    gone = await world.administrator.client.change(f"/people/{rep.id}", {"active": False})
    assert gone["active"] is False
    await rep.client.refused("GET", world.path, 401, "tokenInvalid")
    await rep.client.refused("POST", f"{world.path}/units", 401, "tokenInvalid", json={"name": "Ny"})
    await rep.client.refused("PATCH", f"/people/{rep.id}", 401, "tokenInvalid", json={"active": True}, etag='"2"')


async def test_somebody_made_active_again_signs_in_anew(app: FastAPI, world: World) -> None:
    rep, admin = world.saco_rep, world.administrator.client
    await give_password(world, rep)
    async with calling_from(app) as client:
        granted = (await try_password(client, rep)).json()
        for active in (False, True):
            await admin.change(f"/people/{rep.id}", {"active": active})
        await rep.client.refused("GET", world.path, 401, "tokenInvalid")
        sent = {"grantType": "refresh_token", "refreshToken": granted["refreshToken"]}
        await client.refused("POST", "/auth/token", 401, "refreshTokenRefused", json=sent)
        assert (await try_password(client, rep)).status_code == 200


async def test_a_sign_in_under_way_does_not_outlive_deactivation(app: FastAPI, world: World) -> None:
    """The password was right and the account active when it began; while it waited, the account was closed."""
    who, admin = world.employee, world.administrator.client
    await give_password(world, who)
    closed = sa.text("UPDATE person SET active = false WHERE id = :id")
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%credential%'"
    async with calling_from(app) as client:
        async with world.database.write() as session:
            await session.execute(closed, {"id": who.person.id})
            under_way = asyncio.create_task(try_password(client, who))
            async with asyncio.timeout(30):
                while await as_owner(world.database, waits) == [0]:  # noqa: ASYNC110 - it happens in PostgreSQL
                    await asyncio.sleep(0.01)
        assert (await under_way).status_code == 401
        await admin.change(f"/people/{who.id}", {"active": True})
        assert (await try_password(client, who)).status_code == 200


async def test_search_is_by_the_beginning_of_names_and_addresses(world: World) -> None:
    rep = world.saco_rep.client
    mark = uuid4().hex[:8]
    made = await rep.post(f"{world.path}/people", {"name": "Märta Ås-Öberg", "email": f"x_{mark}%@example.se"})
    for words in ("Märta", "märta å", "ås-ö", "ÅS", f"x_{mark}", f"X_{mark}%"):
        assert await found(world, "saco_rep", q=words) == [made["id"]], words
    for words in ("ärta", "berg", f"x%{mark}", "%", "_ärta", "Märta%", "@example.se"):
        assert made["id"] not in await found(world, "saco_rep", q=words), words


async def test_lists_show_whom_one_may_see(world: World) -> None:
    everyone = {each.id for name, each in world.people.items() if name != "administrator"}
    for who in ("employer_rep", "saco_rep", "administrator"):
        assert set(await found(world, who)) == everyone
    for who in ("employee", "facilitator", "archivist"):
        assert await found(world, who) == [world.people[who].id]
        assert await found(world, who, q="Saco") == []
        await world.people[who].client.refused("GET", f"/people/{world.saco_rep.id}", 404, "notFound")


async def test_a_representative_at_one_table_only_sees_oneself(world: World) -> None:
    """Neither do they speak for the party elsewhere; a mandate that has run out shows nobody either."""
    from tests.api.test_mandates import a_table

    table = await a_table(world, world.employer, world.saco)
    await world.representative("at_table", world.saco, working_group_id=table.id)
    assert await found(world, "at_table") == [world.people["at_table"].id]


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("", "(stringT|t)ooShort"),
        ("asa", "emailForm"),
        ("asa@", "emailForm"),
        ("@example.se", "emailForm"),
        ("asa@@example.se", "emailForm"),
        ("asa oberg@example.se", "emailForm"),
        ("Åsa <asa@example.se>", "emailForm"),
        ("asa@example..se", "emailForm"),
        ("asa@[127.0.0.1]", "emailForm"),
        ("asa@example.se\u0000", "controlCharacter"),
        ("asa@example.se\nBcc: alla@example.se", "controlCharacter"),
        ("a" * 190 + "@example.se", "(stringT|t)ooLong"),
        (7, "stringType"),
        (None, "stringType"),
    ],
)
async def test_addresses_are_checked_by_their_form(shared: World, email: Any, code: str) -> None:
    problem = await shared.employer_rep.client.refused(
        "POST", f"{shared.path}/people", 422, "validationFailed", json=somebody(email=email)
    )
    (error,) = problem["errors"]
    assert error["pointer"] == "/email"
    assert re.fullmatch(code, error["code"])


@pytest.mark.parametrize(
    "email", ["åsa.öberg@exempel.se", "asa@myndigheten.local", "asa@hav.example", "a+b@sub.example.se"]
)
async def test_addresses_of_every_agency_are_taken(world: World, email: str) -> None:
    sent = somebody(email=f"{uuid4().hex}{email}")
    assert (await world.employer_rep.client.post(f"{world.path}/people", sent))["email"] == sent["email"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x\u2028y"}, "/name"),
        ({"language": "fi"}, "/language"),
        ({"roles": ["facilitator"]}, "/roles/0"),
        ({"roles": "archivist"}, "/roles"),
        ({"active": True}, "/active"),
        ({"personnummer": "19800101-1234"}, "/personnummer"),
    ],
)
async def test_bad_people_are_refused_by_field(shared: World, sent: dict[str, Any], pointer: str) -> None:
    problem = await shared.administrator.client.refused(
        "POST", f"{shared.path}/people", 422, "validationFailed", json=somebody(**sent)
    )
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


# --- product.md, rule 4 --------------------------------------------------------------------------------


def _properties(schema: Any) -> set[str]:
    """All field names in a schema of the document, through its references."""
    if isinstance(schema, list):
        return set().union(*map(_properties, schema))
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        return _properties(contract.document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    inner = set().union(*(_properties(value) for key, value in schema.items() if key not in {"example", "properties"}))
    properties = schema.get("properties", {})
    return inner | set(properties) | set().union(*map(_properties, properties.values()))


async def test_no_union_register(world: World) -> None:
    """No field could hold membership, nothing takes it in, and no list or search gives people by party."""
    # The row and the shapes are exactly these; whoever adds a field must come here and read rule 4.
    assert set(Person.__table__.columns.keys()) == {  # type: ignore[attr-defined]
        *{"id", "version", "created_at", "organisation_id", "name", "email", "language", "active", "roles", "unit_id"},
        "erased_at",
        # What syncing sets, each checked by union_data.py before it is stored.
        *("user_name", "user_name_key", "changed_at"),
        *("external_id", "given_name", "family_name", "department", "employee_number", "manager_id"),
        *("deactivated_at", "removed_at"),
    }
    assert set(PersonCreate.model_fields) == {"name", "email", "language", "unit_id", "roles"}
    assert set(PersonUpdate.model_fields) == {
        *{"name", "email", "language", "active", "unit_id", "roles"},
        "current_password",
    }
    assert set(PersonItem.model_fields) == {"id", "name", "email", "active"}
    assert set(PersonRead.model_fields) == {
        *{"id", "version", "allowed_actions", "links", "organisation_id", "created_at"},
        *{"name", "email", "language", "active", "unit_id", "roles"},
    }

    # What is sent all the same is refused, and nothing is stored.
    before = await found(world, "employer_rep")
    for field in ("union", "unionMember", "partyId", "party", "fackförbund", "medlemskap", "mandates", "tags"):
        await world.employer_rep.client.refused(
            "POST", f"{world.path}/people", 422, "validationFailed", json=somebody(**{field: "Saco-S"})
        )
    assert await found(world, "employer_rep") == before

    # People are neither listed nor searched by party.
    for name, value in {"partyId": str(world.saco.id), "side": "union", "party": "Saco-S"}.items():
        await world.employer_rep.client.refused("GET", f"{world.path}/people?{name}={value}", 422, "unknownParameter")
    await world.representative("seated", world.saco)
    assert world.people["seated"].id not in await found(world, "employer_rep", q="Saco-S")

    # The one list by party is the party's own; to everyone else it is closed, not empty.
    for who in ("employer_rep", "seko_rep", "administrator", "employee", "archivist", "facilitator"):
        await world.people[who].client.refused("GET", f"/parties/{world.saco.id}/mandates", 403, "notYourRole")

    # And no other list, now or later, ties people to parties beyond one table.
    for path, item in contract.document()["paths"].items():
        operation = item.get("get")
        if operation is None or not operation["operationId"].startswith("list_"):
            continue
        fields = _properties(operation["responses"]["200"]["content"]["application/json"]["schema"])
        words = {word for field in fields for word in re.findall(r"[A-Z]?[a-z]+", field)}
        tells_people = bool(words & {"person", "Person", "email"}) or "/people" in path
        tells_parties = bool(words & {"party", "Party", "side", "union", "Union"})
        if tells_people and tells_parties:
            assert not path.startswith("/organisations"), path
            assert path.startswith(("/working-groups/", "/session-records/", "/dialogue-sessions/")) or (
                path == "/parties/{partyId}/mandates"
            ), path
        names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        if tells_people:
            assert not names & {"partyId", "party", "side", "union", "mandateId"}, path


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "＝1"])
async def test_nobody_is_called_what_a_spreadsheet_would_run(world: World, formula: str) -> None:
    """By whoever and by whichever way: typed by a person, sent by a client, over SCIM. Files: test_people_plan.py."""
    hr = await provisioning(world)
    address = f"{uuid4().hex}@formel.example"
    for client in (world.employer_rep.client, hr.machine.client):
        path = f"{world.path}/people"
        await client.refused("POST", path, 422, "cellIsFormula", json={"name": formula, "email": address})
    admin, path = world.administrator.client, f"/people/{world.employee.id}"
    tag = await admin.etag(path)
    fault = await admin.refused("PATCH", path, 422, "cellIsFormula", json={"name": formula}, etag=tag)
    assert [each["pointer"] for each in fault["errors"]] == ["/name"]
    for named in ({"displayName": formula}, {"name": {"givenName": formula, "familyName": "Ek"}}):
        await hr.refused("POST", "/Users", 400, {"schemas": [USER], "userName": address, "active": True, **named})
    # Units are called what they are called; whoever writes tables here makes text of it.
    unit = await hr.machine.client.post(f"{world.path}/units", {"name": "- vakant -"})
    assert unit["name"] == "- vakant -"


async def test_an_address_that_begins_like_a_formula_is_refused_by_every_way(world: World) -> None:
    hr = await provisioning(world)
    body = {"name": "Åsa Ek", "email": "=cmd@formel.example"}
    for client in (world.employer_rep.client, hr.machine.client):
        fault = await client.refused("POST", f"{world.path}/people", 422, "cellIsFormula", json=body)
    assert "formel" not in fault["detail"]
    sent = {"schemas": [USER], "userName": "=cmd@formel.example", "displayName": "Åsa Ek", "active": True}
    await hr.refused("POST", "/Users", 400, sent)
