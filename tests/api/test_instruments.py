"""Instruments: the shipped one for everyone, imported ones for the organisation that has the right to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.instrument_content import InstrumentContent
from app.services.content_hash import content_hash
from app.services.instrument_content import scheme_of
from tests import contract
from tests.instruments import LIST, SHIPPED, an_instrument, imported, keys, on_a_scale, shipped_instrument
from tests.templates import app_with_content
from tests.world import World


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


# --- The shipped one ----------------------------------------------------------------------------------------


async def test_everyone_signed_in_finds_the_shipped_instrument(world: World) -> None:
    for someone in world.people.values():
        assert await keys(someone.client) == ["larklimat-18"]
    await world.nobody.refused("GET", LIST, 401, "notSignedIn")
    (item,) = (await world.employee.client.get(LIST))["items"]
    assert item == {
        "id": SHIPPED.removeprefix(f"{LIST}/"),
        "key": "larklimat-18",
        "instrumentVersion": "1.0.0-pilot",
        "title": {"sv": "Lärklimat i förändring (LKF-18)", "en": "Learning climate in change (LKF-18)"},
        "languages": ["sv", "en"],
        "state": "published",
        "organisationId": None,
    }


async def test_the_shipped_instrument_is_whole_and_the_same_for_everyone(world: World) -> None:
    answers = [await someone.client.request("GET", SHIPPED, expect=200) for someone in world.people.values()]
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    answer = answers[0]
    assert answer.headers["Cache-Control"].startswith("public")
    assert "Authorization" in answer.headers["Vary"]
    body = answer.json()
    assert body["content"] == shipped_instrument()["content"]
    assert body["contentHash"] == content_hash(body["content"])
    assert body["allowedActions"] == [{"action": "transition_instrument", "allowed": False, "reason": "notYourRole"}]
    again = await world.saco_rep.client.request("GET", SHIPPED, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"].startswith("public")
    await world.nobody.refused("GET", SHIPPED, 401, "notSignedIn")
    await world.saco_rep.client.refused("GET", f"{LIST}/{uuid4()}", 404, "notFound")


async def test_nobody_retires_a_central_instrument(world: World) -> None:
    for someone in world.people.values():
        await someone.client.step(f"{SHIPPED}/transitions", {"to": "retired"}, 403)


async def test_a_central_version_that_is_retired_is_not_kept_by_shared_caches() -> None:
    async with asynccontextmanager(app_with_content)() as app, World(app) as world:
        statement = "UPDATE instrument SET state = 'retired', retired_at = now(), version = 2"
        async with world.database.write() as session:
            await session.execute(sa.text(statement))
        answer = await world.employee.client.request("GET", SHIPPED, expect=200)
        assert answer.json()["state"] == "retired"
        assert answer.headers["Cache-Control"] == "private, no-store"


# --- Importing ------------------------------------------------------------------------------------------------


async def test_a_party_imports_an_instrument_and_it_is_published_at_once(world: World) -> None:
    sent = an_instrument()
    answer = await world.saco_rep.client.request("POST", f"{world.path}{LIST}", json=sent, expect=201)
    made = answer.json()
    path = f"{LIST}/{made['id']}"
    assert answer.headers["Location"].endswith(path)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (made["key"], made["instrumentVersion"], made["state"]) == ("arbetsro", "2.0.0", "published")
    assert made["organisationId"] == str(world.organisation.id)
    assert made["content"] == sent["content"]
    assert made["contentHash"] == content_hash(sent["content"])
    assert (made["version"], made["retiredAt"], made["publishedAt"]) == (1, None, made["createdAt"])
    assert made["allowedActions"] == [{"action": "transition_instrument", "allowed": True, "reason": None}]
    # The other side sees and may do the same.
    assert await world.employer_rep.client.get(path) == made
    assert set(await keys(world.seko_rep.client)) == {"arbetsro", "larklimat-18"}
    read = await world.employee.client.request("GET", path, expect=200)
    assert read.headers["Cache-Control"] == "private, no-store"
    async with world.database.read() as session:
        entry = (
            await session.execute(sa.select(AuditEntry).where(col(AuditEntry.subject_id) == made["id"]))
        ).scalar_one()
    assert (entry.operation, entry.subject_type) == ("create_instrument", "instrument")
    assert str(entry.mandate_id) == world.saco_rep.mandate_id


async def test_the_documented_example_can_be_imported(world: World) -> None:
    example = contract.document()["components"]["schemas"]["InstrumentCreate"]["example"]
    assert (await world.saco_rep.client.post(f"{world.path}{LIST}", example))["content"] == example["content"]


@pytest.mark.parametrize(("lowest", "points"), [(0, 2), (1, 2), (1, 7), (0, 11), (1, 11), (40, 11)])
async def test_scales_have_two_to_eleven_points(world: World, lowest: int, points: int) -> None:
    sent = on_a_scale(lowest, points) | {"instrumentVersion": "9.0.0"}
    made = await world.employer_rep.client.post(f"{world.path}{LIST}", sent)
    scheme = scheme_of(InstrumentContent.model_validate(made["content"]))
    assert (scheme.low, scheme.high, scheme.points) == (lowest, lowest + points - 1, points)


async def test_one_language_is_enough(world: World) -> None:
    def in_swedish(node: Any) -> Any:
        if isinstance(node, dict) and node.keys() == {"sv", "en"}:
            return {"sv": node["sv"], "en": None}
        if isinstance(node, dict):
            return {name: in_swedish(value) for name, value in node.items()}
        return [in_swedish(each) for each in node] if isinstance(node, list) else node

    sent = in_swedish(an_instrument())
    sent["content"]["languages"] = ["sv"]
    await world.saco_rep.client.post(f"{world.path}{LIST}", sent)
    assert await keys(world.employee.client, language="en") == ["larklimat-18"]
    assert set(await keys(world.employee.client, language="sv")) == {"arbetsro", "larklimat-18"}


async def test_a_version_is_imported_once(world: World) -> None:
    made = await imported(world)
    path = f"{world.path}{LIST}"
    for sent in (an_instrument(), on_a_scale(1, 5) | {"key": "arbetsro", "instrumentVersion": "2.0.0"}):
        problem = await world.employer_rep.client.refused("POST", path, 409, "instrumentVersionTaken", json=sent)
        assert problem["errors"][0]["pointer"] == "/instrumentVersion"
    assert (await imported(world, instrumentVersion="2.0.1"))["id"] != made["id"]
    assert (await imported(world, key="arbetsro-kort"))["id"] != made["id"]
    await world.saco_rep.client.step(f"{LIST}/{made['id']}/transitions", {"to": "retired"})
    await world.saco_rep.client.refused("POST", path, 409, "instrumentVersionTaken", json=an_instrument())
    # What is taken here is free elsewhere.
    async with World(world.app) as other:
        assert (await imported(other))["content"] == made["content"]


async def test_the_same_key_imports_once(world: World) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    client, path = world.saco_rep.client, f"{world.path}{LIST}"
    first = await client.post(path, an_instrument(), headers=headers)
    assert await client.post(path, an_instrument(), headers=headers) == first


async def test_two_who_import_the_same_version_at_once_get_one(world: World) -> None:
    answers = await asyncio.gather(
        *(
            someone.client.request("POST", f"{world.path}{LIST}", json=an_instrument())
            for someone in (world.employer_rep, world.saco_rep, world.seko_rep)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_only_parties_of_the_organisation_import(world: World) -> None:
    path = f"{world.path}{LIST}"
    for someone in (world.employee, world.archivist, world.facilitator, world.administrator):
        await someone.client.refused("POST", path, 403, "notYourRole", json=an_instrument())
    async with World(world.app) as other:
        await other.saco_rep.client.refused("POST", path, 404, "notFound", json=an_instrument())
    assert await keys(world.employee.client) == ["larklimat-18"]


# --- What is refused ------------------------------------------------------------------------------------------


def _spoilt(*spoil: Callable[[Any], Any]) -> dict[str, Any]:
    made = an_instrument()
    for each in spoil:
        each(made["content"])
    return made


async def test_everything_that_does_not_hold_together_is_named_at_once(world: World) -> None:
    sent = _spoilt(
        lambda content: content["items"][3]["text"].update(en=None),
        lambda content: content["items"][0].update(dimensionKey="Z"),
        lambda content: content["scale"]["points"][1].update(value=7),
        lambda content: content["scoring"].update(minAnsweredDimensions=7),
    )
    problem = await world.saco_rep.client.refused("POST", f"{world.path}{LIST}", 422, "instrumentFaulty", json=sent)
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/content/items/3/text/en", "instrumentTextMissing"),
        ("/content/scale/points/1/value", "instrumentScaleUneven"),
        ("/content/items/0/dimensionKey", "instrumentDimensionUnknown"),
        ("/content/scoring/minAnsweredDimensions", "instrumentMinimumTooLarge"),
    ]
    assert await keys(world.employee.client) == ["larklimat-18"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        (lambda sent: sent.update(key="Arbetsro"), "/key", "stringPatternMismatch"),
        (lambda sent: sent.update(key="a" * 81), "/key", "stringTooLong"),
        (lambda sent: sent.update(instrumentVersion="1.0"), "/instrumentVersion", "stringPatternMismatch"),
        (lambda sent: sent.update(instrumentVersion="1.0.0-"), "/instrumentVersion", "stringPatternMismatch"),
        (lambda sent: sent.update(instrumentVersion="1.0.0\n"), "/instrumentVersion", "stringPatternMismatch"),
        (lambda sent: sent.pop("content"), "/content", "missing"),
        (lambda sent: sent.update(state="retired"), "/state", "extraForbidden"),
        (lambda sent: sent.update(content=[]), "/content", "modelAttributesType"),
        (lambda sent: sent["content"].pop("validation"), "/content/validation", "missing"),
        (lambda sent: sent["content"]["scale"].pop("dontKnow"), "/content/scale/dontKnow", "missing"),
        (lambda sent: sent["content"].update(norms={}), "/content/norms", "extraForbidden"),
        (lambda sent: sent["content"].update(languages=["sv", "sv"]), "/content/languages", "repeated"),
        (lambda sent: sent["content"].update(privacyNotices=[]), "/content/privacyNotices", "tooShort"),
        (lambda sent: sent["content"].update(items=[]), "/content/items", "tooShort"),
        (lambda sent: sent["content"]["items"][4].update(id="A 1"), "/content/items/4/id", "stringPatternMismatch"),
        (lambda sent: sent["content"]["items"][4].update(reversed=1), "/content/items/4/reversed", "boolType"),
        (
            lambda sent: sent["content"]["scale"]["points"][2].update(value=2.0),
            "/content/scale/points/2/value",
            "intType",
        ),
        (
            lambda sent: sent["content"]["scale"]["points"][0].update(value=-1),
            "/content/scale/points/0/value",
            "greaterThanEqual",
        ),
        (
            lambda sent: sent["content"]["scale"]["points"][2].update(value=10**400),
            "/content/scale/points/2/value",
            "lessThanEqual",
        ),
        (
            lambda sent: sent["content"]["dimensions"][1].update(climateDimension="G"),
            "/content/dimensions/1/climateDimension",
            "enum",
        ),
        (
            lambda sent: sent["content"]["openQuestions"][1].update(maxCharacters=1001),
            "/content/openQuestions/1/maxCharacters",
            "lessThanEqual",
        ),
        (
            lambda sent: sent["content"]["scoring"]["zones"][2].update(fromIndex=101),
            "/content/scoring/zones/2/fromIndex",
            "lessThanEqual",
        ),
        (lambda sent: sent["content"]["title"].update(sv="a\u202eb"), "/content/title/sv", "controlCharacter"),
        (lambda sent: sent["content"]["instruction"].update(fi="Moi"), "/content/instruction/fi", "extraForbidden"),
    ],
)
async def test_what_has_the_wrong_shape_is_named_by_its_place(
    shared: World, change: Callable[[Any], Any], pointer: str, code: str
) -> None:
    sent = an_instrument()
    change(sent)
    problem = await shared.saco_rep.client.refused("POST", f"{shared.path}{LIST}", 422, "validationFailed", json=sent)
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(("points", "code"), [(1, "tooShort"), (12, "tooLong")])
async def test_scales_of_one_point_or_twelve_are_refused(shared: World, points: int, code: str) -> None:
    sent = on_a_scale(1, points)
    problem = await shared.saco_rep.client.refused("POST", f"{shared.path}{LIST}", 422, "validationFailed", json=sent)
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/content/scale/points", code)]


async def test_huge_and_broken_input_is_refused_briefly(world: World) -> None:
    client, path = world.saco_rep.client, f"{world.path}{LIST}"
    sent = an_instrument()
    item = sent["content"]["items"][0]
    sent["content"]["items"] = [item | {"id": f"i{number}"} for number in range(201)]
    problem = await client.refused("POST", path, 422, "validationFailed", json=sent)
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/content/items", "tooLong")]
    # As many faults as there can be: the answer stays short, and comes at once.
    sent["content"]["items"] = [item | {"dimensionKey": "Z"} for _ in range(200)]
    assert len((await client.refused("POST", path, 422, "instrumentFaulty", json=sent))["errors"]) == 100
    item["text"]["sv"] = "å" * 1_000_000
    await client.refused("POST", path, 413, "bodyTooLarge", json=an_instrument(content=sent["content"]))
    headers = {"Content-Type": "application/json"}
    for body in (b"[" * 100_000, b'{"key": "a", "key": "b"}', b'{"key": NaN}', b"\xff"):
        await client.refused("POST", path, 400, "malformed", content=body, headers=headers)
    await client.refused("POST", path, 422, "validationFailed", content=b'{"key": "\\ud800"}', headers=headers)
    assert await keys(client) == ["larklimat-18"]


# --- Hidden from others --------------------------------------------------------------------------------------


async def test_other_organisations_see_nothing_of_it(world: World) -> None:
    path = f"{LIST}/{(await imported(world))['id']}"
    async with World(world.app) as other:
        for someone in [*other.people.values(), world.administrator]:
            await someone.client.refused("GET", path, 404, "notFound")
            await someone.client.refused(
                "POST", f"{path}/transitions", 404, "notFound", json={"to": "retired"}, etag='"1"'
            )
            assert await keys(someone.client) == ["larklimat-18"]
        for someone in other.people.values():
            status, code = (403, "notYourRole") if someone is other.administrator else (404, "notFound")
            await someone.client.refused("GET", f"{world.path}{LIST}", status, code)
        assert await keys(other.employee.client, f"{other.path}{LIST}") == ["larklimat-18"]
    for someone in (world.employer_rep, world.employee, world.archivist, world.facilitator):
        assert set(await keys(someone.client)) == {"arbetsro", "larklimat-18"}
        assert set(await keys(someone.client, f"{world.path}{LIST}")) == {"arbetsro", "larklimat-18"}
        assert (await someone.client.get(path))["key"] == "arbetsro"


# --- Lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_organisation", [False, True])
async def test_lists_are_narrowed_and_put_in_order(world: World, of_organisation: bool) -> None:
    path = f"{world.path}{LIST}" if of_organisation else LIST
    client = world.employee.client
    older = await imported(world, key="zebra")
    await imported(world, key="aprikos", instrumentVersion="1.10.0-beta")
    # Both are called Arbetsro: the shipped one's title comes after theirs in Swedish, before in English.
    assert (await keys(client, path))[-1] == "larklimat-18"
    assert (await keys(client, path, sort="-title"))[0] == "larklimat-18"
    assert (await keys(client, path, language="en"))[0] == "larklimat-18"
    assert await keys(client, path, sort="publishedAt") == ["larklimat-18", "zebra", "aprikos"]
    assert await keys(client, path, sort="-publishedAt") == ["aprikos", "zebra", "larklimat-18"]
    await world.employer_rep.client.step(f"{LIST}/{older['id']}/transitions", {"to": "retired"})
    assert await keys(client, path, sort="publishedAt") == ["larklimat-18", "aprikos"]
    assert await keys(client, path, state="retired") == ["zebra"]
    assert await keys(client, path, state="retired", language="en") == ["zebra"]
    first = await client.get(path, params={"limit": 1, "sort": "publishedAt"})
    then = first["_links"]["next"]["href"]
    headers = {"Authorization": f"Bearer {client.token}"}
    assert [item["key"] for item in (await client.http.get(then, headers=headers)).json()["items"]] == ["aprikos"]
    for query in ("language=fi", "state=draft", "sort=key", "key=zebra", "language=sv&language=fi"):
        await client.request("GET", f"{path}?{query}", expect=422)


# --- Final, and retired ---------------------------------------------------------------------------------------


async def test_final_is_final_there_is_no_way_to_change_an_instrument(world: World) -> None:
    path = f"{LIST}/{(await imported(world))['id']}"
    client = world.saco_rep.client
    tag = await client.etag(path)
    for method in ("PATCH", "PUT", "DELETE"):
        answer = await client.request(method, path, json={"key": "annat"}, etag=tag, expect=405)
        assert answer.headers["Allow"] == "GET"
    for statement in (
        "UPDATE instrument SET content = '{}' WHERE id = :id",
        "UPDATE instrument SET key = 'annat' WHERE id = :id",
        "DELETE FROM instrument WHERE id = :id",
    ):
        with pytest.raises(IntegrityError, match="instrument is final"):
            async with world.database.write() as session:
                await session.execute(sa.text(statement), {"id": path.rsplit("/", 1)[1]})
    assert await client.etag(path) == tag


async def test_an_own_instrument_is_retired_once_and_stays_to_be_read(world: World) -> None:
    made = await imported(world)
    path = f"{LIST}/{made['id']}"
    client = world.employer_rep.client
    steps = f"{path}/transitions"
    await client.refused("POST", steps, 428, "preconditionRequired", json={"to": "retired"})
    await client.refused("POST", steps, 412, "staleVersion", json={"to": "retired"}, etag='"7"')
    for to in ("published", "draft", None):
        await client.refused("POST", steps, 422, "validationFailed", json={"to": to}, etag='"1"')
    for someone in (world.employee, world.archivist, world.facilitator):
        await someone.client.step(steps, {"to": "retired"}, 403)
    retired = await client.step(steps, {"to": "retired"})
    assert (retired["state"], retired["version"]) == ("retired", 2)
    assert retired["retiredAt"] > retired["publishedAt"]
    assert retired["allowedActions"] == [
        {"action": "transition_instrument", "allowed": False, "reason": "instrumentRetired"}
    ]
    unchanged = {"key", "instrumentVersion", "content", "contentHash", "createdAt", "publishedAt", "organisationId"}
    assert {name: retired[name] for name in unchanged} == {name: made[name] for name in unchanged}
    await client.refused("POST", steps, 409, "instrumentRetired", json={"to": "retired"}, etag='"2"')
    assert await world.employee.client.get(path) == retired | {
        "allowedActions": [{"action": "transition_instrument", "allowed": False, "reason": "notYourRole"}],
        "_links": retired["_links"],
    }
