"""A released result as a file: what is stored and nothing else, the same bytes for everyone who may read it."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from app.models.survey_release import ResultTable
from tests import machines, stories
from tests.api.test_survey_results import a_released_round, close, unit
from tests.ballot_boxes import Box, an_answered_round, an_open_round, everything
from tests.client import Client
from tests.tables import CSV, XLSX, Rows, get_csv, get_file, get_xlsx
from tests.world import World

TABLES = [table.value for table in ResultTable]
KINDS = (("dimension", "dimensions"), ("item", "items"), ("standaloneItem", "standaloneItems"))
Json = dict[str, Any]


async def stored(box: Box, client: Client) -> list[Json]:
    """The released content of every unit, in the order of the list."""
    listed = (await client.get(f"{box.path}/results/units?limit=100"))["items"]
    return [(await client.get(f"{box.path}/results/units/{each['unitId']}"))["content"] for each in listed]


async def a_large_round(world: World) -> Box:
    """In which a unit has enough answers for every point of the scale, one for less, and one for nothing."""
    tree = {"rot": (None, 4), "a": ("rot", 60), "b": ("rot", 20), "c": ("rot", 3)}
    box = await an_open_round(world, await stories.started_group(world), tree)
    box.put("a", everything(4), 20).put("a", everything(2), 15).put("b", everything(5), 9).put("b", everything(3), 3)
    await box.put("c", everything(1), 2).put("rot", everything(3), 2).store()
    await close(box)
    return box


def measures_of(content: Json) -> list[tuple[str, Json]]:
    in_lists = {kind: [(kind, measure) for measure in content[part]] for kind, part in KINDS}
    return [*in_lists["dimension"], ("total", content["total"]), *in_lists["item"], *in_lists["standaloneItem"]]


def as_a_row(content: Json, kind: str | None = None, measure: Json | None = None) -> Json:
    """The row of a measure said once more, from the JSON that is released."""

    def at(node: Any, *path: str) -> Any:
        for step in path:
            node = None if node is None else node.get(step)
        return node

    row = {name: content.get(name) for name in ("unitId", "parentId", "name", "status", "reason")}
    row |= {"validated": content["validation"]["validated"], "kind": kind}
    row |= {name: at(measure, name) for name in ("key", "index", "indexBound", "nearlyEveryoneAnswered")}
    row |= {"zone": at(measure, "zone", "key"), "zoneProvisional": at(measure, "zone", "provisional")}
    for span in ("interval", "favourableInterval"):
        row |= {f"{span}Low": at(measure, span, "low"), f"{span}High": at(measure, span, "high")}
    for share in ("favourable", "neutral", "unfavourable"):
        row |= {f"{share}{part.title()}": at(measure, "bands", share, part) for part in ("percent", "bound")}
    row |= {f"dontKnow{part.title()}": at(measure, "dontKnow", part) for part in ("percent", "bound")}
    reasons = {each["part"]: each["reason"] for each in (measure or {}).get("hiddenParts", [])}
    parts = ("interval", "favourableInterval", "bands", "points", "dontKnow")
    return row | {f"{part}HiddenReason": reasons.get(part) for part in parts}


async def test_every_row_is_what_is_released_in_the_order_of_the_tree(world: World) -> None:
    box = await a_large_round(world)
    client = world.saco_rep.client
    contents = await stored(box, client)
    assert {each["status"] for each in contents} == {"published", "suppressed"}
    expected = [
        as_a_row(content, kind, measure)
        for content in contents
        for kind, measure in (measures_of(content) if content["status"] == "published" else [(None, None)])
    ]
    book = await get_xlsx(client, f"{box.path}/results")
    assert list(book) == TABLES
    assert book["measures"] == expected
    assert await get_csv(client, f"{box.path}/results") == as_text(expected, book["measures"])
    for table in TABLES:
        assert await get_csv(client, f"{box.path}/results?table={table}") == as_text(book[table], book[table])


def as_text(rows: Rows, ordered: Rows) -> Rows:
    def text(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    names = list(ordered[0]) if ordered else []
    return [{name: text(row[name]) for name in names} for row in rows]


async def test_the_other_tables_say_what_is_released(world: World) -> None:
    box = await a_large_round(world)
    client = world.employer_rep.client
    contents = await stored(box, client)
    hashes = [each["contentHash"] for each in (await client.get(f"{box.path}/results/units?limit=100"))["items"]]
    book = await get_xlsx(client, f"{box.path}/results")
    assert [row["unitId"] for row in book["units"]] == [each["unitId"] for each in contents]
    assert [row["contentHash"] for row in book["units"]] == hashes
    for row, content in zip(book["units"], contents, strict=True):
        if content["status"] == "suppressed":
            assert {name for name, value in row.items() if value is not None} == {
                *("unitId", "parentId", "name", "status", "reason", "validated", "contentHash")
            } - ({"parentId"} if content["parentId"] is None else set())
            continue
        assert (row["respondentsFrom"], row["respondentsTo"]) == tuple(content["respondents"].values())
        assert (row["participationPercent"], row["participationBound"]) == (
            content["participation"]["percent"],
            content["participation"]["bound"],
        )
        assert row["nonResponseNotCovered"] is content["nonResponseNotCovered"]
    published = [each for each in contents if each["status"] == "published"]
    assert book["points"]
    assert book["points"] == [
        {"unitId": each["unitId"], "kind": kind, "key": measure["key"], **point}
        for each in published
        for kind, measure in measures_of(each)
        for point in measure.get("points") or []
    ]
    for each in published:
        for name, compared in each["benchmark"].items():
            rows = [
                row for row in book["comparisons"] if (row["unitId"], row["comparedWith"]) == (each["unitId"], name)
            ]
            if compared["status"] == "suppressed":
                assert [(row["reason"], row["index"]) for row in rows] == [(compared["reason"], None)]
                continue
            lists = [*compared["dimensions"], compared["total"], *compared["standaloneItems"]]
            assert [(row["key"], row["index"], row["indexBound"]) for row in rows] == [
                (measure["key"], measure["index"], measure["indexBound"]) for measure in lists
            ]
        (trend,) = [row for row in book["trends"] if row["unitId"] == each["unitId"]]
        assert (trend["status"], trend["reason"]) == (each["trend"]["status"], each["trend"]["reason"])
    whole = await client.get(f"{box.path}/results")
    (row,) = book["round"]
    same = ("title", "threshold", "rules", "opensAt", "closesAt", "releasedAt", "unitCount", "ballotsAccountedFor")
    assert {name: row[name] for name in same} == {name: whole["content"][name] for name in same}
    assert row["contentHash"] == whole["contentHash"]
    assert row["instrumentVersion"] == whole["content"]["instrument"]["instrumentVersion"]
    assert book["reliabilities"] == whole["content"]["organisation"].get("reliabilities", [])


async def test_a_trend_is_a_row_for_each_dimension(world: World) -> None:
    box = await a_released_round(world)
    async with world.database.migrate() as connection:
        query = sa.text("SELECT content FROM survey_result WHERE unit_id = :id")
        text = (await connection.execute(query, {"id": box.units["a"]})).scalar_one()
        content = json.loads(text)
        shown = {
            **{"status": "published", "earlierSurveyRoundId": None, "earlierTitle": "=1+1"},
            "earlierReleasedAt": "2025-11-23T13:00:00Z",
            "dimensions": [
                {"key": "A", "status": "change", "change": -8, "textAlternative": {"sv": "", "en": ""}},
                {"key": "B", "status": "noAssuredChange", "change": None, "textAlternative": {"sv": "", "en": ""}},
            ],
        }
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            sa.text("UPDATE survey_result SET content = :content WHERE unit_id = :id"),
            {"id": box.units["a"], "content": json.dumps(content | {"trend": shown})},
        )
    rows = [
        row
        for row in await get_csv(world.saco_rep.client, f"{box.path}/results?table=trends")
        if row["unitId"] == str(box.units["a"])
    ]
    assert [(row["status"], row["key"], row["change"], row["earlierTitle"]) for row in rows] == [
        ("change", "A", "-8", "'=1+1"),
        ("noAssuredChange", "B", "", "'=1+1"),
    ]


async def test_a_suppressed_unit_has_one_row_and_no_figure(world: World) -> None:
    box = await a_released_round(world)
    client = world.saco_rep.client
    contents = {each["unitId"]: each for each in await stored(box, client)}
    rows = (await get_xlsx(client, f"{box.path}/results"))["measures"]
    published = {row["unitId"] for row in rows if row["status"] == "published"}
    suppressed = [row for row in rows if row["status"] == "suppressed"]
    assert [row["unitId"] for row in suppressed] == [key for key in contents if key not in published]
    assert {row["reason"] for row in suppressed} == {"notEnoughAnswers"}
    for row in suppressed:
        assert not any(type(value) in {int, float} for value in row.values())
    counts = {key: sum(row["unitId"] == key for row in rows) for key in published}
    assert len(set(counts.values())) == 1, "as many rows for every published unit, whatever is hidden in it"


async def test_everybody_gets_the_same_bytes_in_any_language_and_again(world: World) -> None:
    box = await a_released_round(world)
    machine = await machines.consented(world)
    for accept, asked in ((XLSX, ""), *((CSV, f"?table={table}") for table in TABLES)):
        told = []
        for client in (world.employer_rep.client, world.saco_rep.client, machine.client):
            for language in ("sv", "en"):
                headers = {"Accept": accept, "Accept-Language": language}
                answer = await client.request("GET", f"{box.path}/results{asked}", headers=headers, expect=200)
                own = {"traceparent", "x-request-id", "ratelimit", "ratelimit-policy"}
                kept = {name: value for name, value in answer.headers.items() if name not in own}
                told.append((answer.content, kept))
        assert all(each == told[0] for each in told)
        assert told[0][1]["cache-control"] == "private, no-store"


async def test_a_client_that_has_the_file_is_told_so(world: World) -> None:
    box = await a_released_round(world)
    client, path = world.saco_rep.client, f"{box.path}/results"
    tags = {}
    for accept in ("application/json", CSV, XLSX):
        tags[accept] = (await client.request("GET", path, headers={"Accept": accept}, expect=200)).headers["etag"]
    assert len(set(tags.values())) == 3
    for accept, tag in tags.items():
        for other in tags:
            headers = {"Accept": other, "If-None-Match": tag}
            answer = await client.request("GET", path, headers=headers, expect=304 if other == accept else 200)
            assert answer.status_code != 304 or not answer.content


async def test_before_the_release_and_for_others_there_is_no_file(world: World) -> None:
    group = await stories.started_group(world)
    box = await an_answered_round(world, group)
    machine = await machines.machine(world, scopes=["results:read"])
    asked: list[Json] = [{"headers": {"Accept": accept}} for accept in ("application/json", CSV, XLSX)]
    path = f"{box.path}/results"
    for each in asked:
        await world.saco_rep.client.refused("GET", path, 409, "resultsNotReleased", **each)
    await close(box)
    async with World(world.app) as elsewhere:
        outside = await machines.consented(elsewhere)
        for each in asked:
            for client in (
                *(who.client for who in (world.seko_rep, world.archivist, world.employee, world.administrator)),
                *(elsewhere.employer_rep.client, outside.client, machine.client),
            ):
                await client.refused("GET", path, 404, "notFound", **each)
            await world.nobody.refused("GET", path, 401, "notSignedIn", **each)
    await machines.consent(world, machine.path)
    assert await get_csv(machine.client, path)
    first = (await world.saco_rep.client.get(f"{machine.path}/approvals"))["items"][0]
    withdrawn = f"/approvals/{first['id']}"
    (who,) = [
        each for each in (world.employer_rep, world.saco_rep, world.seko_rep) if each.mandate_id == first["mandateId"]
    ]
    await who.client.change(withdrawn, None, 204, "DELETE")
    for each in asked:
        await machine.client.refused("GET", path, 404, "notFound", **each)


async def test_an_integrator_finds_the_releases_of_its_organisation(world: World) -> None:
    group = await stories.started_group(world)
    released = await a_released_round(world)
    await an_answered_round(world, group)
    machine = await machines.consented(world)
    found = (await machine.client.get(f"{world.path}/survey-rounds?{urlencode({'state': 'released'})}"))["items"]
    assert [each["id"] for each in found] == [released.path.rpartition("/")[2]]
    assert await get_csv(machine.client, f"/survey-rounds/{found[0]['id']}/results?table=units")


async def test_a_units_name_is_no_formula(world: World) -> None:
    box = await a_released_round(world)
    client = world.saco_rep.client
    name = "=cmd|' /C calc'!A0"
    async with world.database.migrate() as connection:
        query = sa.text("SELECT content FROM survey_result WHERE unit_id = :id")
        content = json.loads((await connection.execute(query, {"id": box.units["a"]})).scalar_one())
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            sa.text("UPDATE survey_result SET content = :content WHERE unit_id = :id"),
            {"id": box.units["a"], "content": json.dumps(content | {"name": name})},
        )
    for table in ("measures", "units"):
        rows = await get_csv(client, f"{box.path}/results?table={table}")
        assert {row["name"] for row in rows if row["unitId"] == str(box.units["a"])} == {f"'{name}"}
    assert name in {row["name"] for row in (await get_xlsx(client, f"{box.path}/results"))["units"]}


@pytest.mark.parametrize(("accept", "asked"), [(XLSX, "table=units"), ("application/json", "table=units")])
async def test_a_table_is_chosen_for_csv_alone(world: World, accept: str, asked: str) -> None:
    box = await a_released_round(world)
    headers = {"Accept": accept}
    await world.saco_rep.client.refused("GET", f"{box.path}/results?{asked}", 422, "notForThisFormat", headers=headers)


async def test_files_have_plain_names(world: World) -> None:
    box = await a_released_round(world)
    named = [
        (await get_file(world.saco_rep.client, f"{box.path}/results{asked}", accept)).headers["content-disposition"]
        for accept, asked in ((CSV, ""), (CSV, "?table=points"), (XLSX, ""))
    ]
    assert named == [f'attachment; filename="survey-results{end}"' for end in (".csv", "-points.csv", ".xlsx")]
    assert unit(box, "a") not in "".join(named)
