"""Released results: the same bytes for both sides, readable in words, hashed, never before the release."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import rfc8785

from app.closing import close_due
from app.services.ballot import new_secret, words_of
from tests import stories
from tests.ballot_boxes import Box, an_answered_round, an_instrument, an_open_round, everything
from tests.client import Client
from tests.counting import counted
from tests.world import World


async def a_released_round(world: World, **more: Any) -> Box:
    box = await an_answered_round(world, await stories.started_group(world), **more)
    await close(box)
    return box


async def close(box: Box) -> None:
    await close_due(box.world.database, box.key_store, datetime.now(UTC))


def unit(box: Box, name: str, part: str = "") -> str:
    return f"{box.path}/results/units/{box.units[name]}{part}"


def addresses(box: Box) -> list[str]:
    every = [unit(box, name, part) for name in box.units for part in ("", "/trend", "/benchmark")]
    return [f"{box.path}/results", f"{box.path}/results/units?limit=100", *every]


def texts_in(node: Any) -> Iterator[dict[str, str]]:
    if isinstance(node, dict):
        if "textAlternative" in node:
            yield node["textAlternative"]
        for value in node.values():
            yield from texts_in(value)
    elif isinstance(node, list):
        for each in node:
            yield from texts_in(each)


# --- One view --------------------------------------------------------------------------------------------------------


async def test_both_sides_get_the_same_bytes_and_headers(world: World) -> None:
    box = await a_released_round(world)
    for path in addresses(box):
        answers = [await who.client.request("GET", path, expect=200) for who in (world.employer_rep, world.saco_rep)]
        own = {"traceparent", "x-request-id", "ratelimit"}
        bytes_of = [each.content for each in answers]
        headers = [{name: value for name, value in each.headers.items() if name not in own} for each in answers]
        assert bytes_of[0] == bytes_of[1]
        assert headers[0] == headers[1]
        assert "etag" in headers[0] or "/units?" in path
        assert headers[0]["cache-control"] == "private, no-store"


async def test_english_readers_get_the_same_bytes(world: World) -> None:
    box = await a_released_round(world)
    for path in addresses(box):
        languages = [{"Accept-Language": language} for language in ("sv", "en")]
        told = [await world.saco_rep.client.request("GET", path, headers=each, expect=200) for each in languages]
        assert told[0].content == told[1].content


async def test_before_the_release_everyone_is_told_the_same_and_nothing_else(world: World) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    group = await stories.started_group(world)
    empty, full = (
        await an_open_round(world, group, closes_at=soon),
        await an_answered_round(world, group, closes_at=soon),
    )
    due = await an_answered_round(world, group)
    told = set()
    for box in (empty, full, due):
        for path in addresses(box):
            for who in (world.employer_rep, world.saco_rep):
                problem = await who.client.refused("GET", path, 409, "resultsNotReleased")
                told.add(json.dumps(problem | {"instance": None}))
    assert len(told) == 1


async def test_what_is_not_in_the_round_and_what_is_hidden_are_not_there(world: World) -> None:
    box = await a_released_round(world)
    other = await an_open_round(world, await stories.started_group(world))
    client = world.employer_rep.client
    for unit_id in (world.unit.id, uuid4(), other.units["a"]):
        for part in ("", "/trend", "/benchmark"):
            await client.refused("GET", f"{box.path}/results/units/{unit_id}{part}", 404, "notFound")
    for path in addresses(box):
        await world.seko_rep.client.refused("GET", path, 404, "notFound")
        await world.administrator.client.refused("GET", path, 404, "notFound")


# --- What it says ----------------------------------------------------------------------------------------------------


async def test_the_whole_round_says_how_it_came_about(world: World) -> None:
    box = await a_released_round(world, threshold=7)
    read = await world.saco_rep.client.get(f"{box.path}/results")
    content = read["content"]
    assert content["instrument"]["id"] == str(box.instrument.id)
    assert content["validation"]["validated"] is False
    assert "inte statistiskt prövat" in content["validation"]["text"]["sv"]
    assert (content["threshold"], content["rules"], content["unitCount"]) == (7, "R1-R12/1", 4)
    # 32 of 47 answered.
    assert content["participation"] | {"textAlternative": None} == {
        "status": "published",
        "percent": 70,
        "bound": "about",
        "textAlternative": None,
    }
    assert [zone["key"] for zone in content["zones"]] == ["talkAboutFirst", "explore", "describeWhatWorks"]
    assert content["zonesProvisional"] is True
    assert "Cronbach" in content["organisation"]["textAlternative"]["en"]


async def test_the_units_come_in_the_order_of_the_tree(world: World) -> None:
    box = await a_released_round(world)
    page = await world.employer_rep.client.get(f"{box.path}/results/units")
    listed = [(each["name"], each["status"]) for each in page["items"]]
    assert listed == [("rot", "published"), ("a", "published"), ("b", "suppressed"), ("c", "suppressed")]
    assert [each["parentId"] for each in page["items"]] == [None, *[str(box.units["rot"])] * 3]
    path = f"{box.path}/results/units?limit=3"
    first = await world.employer_rep.client.get(path)
    rest = await world.employer_rep.client.http.get(
        first["_links"]["next"]["href"], headers={"Authorization": f"Bearer {world.employer_rep.client.token}"}
    )
    assert [each["name"] for each in rest.json()["items"]] == ["c"]


async def test_a_suppressed_unit_says_so_with_one_reason(world: World) -> None:
    box = await a_released_round(world)
    told = []
    # One has too few answers, the other stands beside it.
    for name in ("b", "c"):
        read = await world.employer_rep.client.get(unit(box, name))
        content = read["content"]
        assert (content["unitId"], content["name"]) == (str(box.units[name]), name)
        told.append({key: content[key] for key in content.keys() - {"unitId", "name"}})
        for part in ("trend", "benchmark"):
            shown = (await world.employer_rep.client.get(unit(box, name, f"/{part}")))[part]
            assert (shown["status"], shown["reason"]) == ("suppressed", "notEnoughAnswers")
    assert told[0] == told[1]
    assert (told[0]["status"], told[0]["reason"]) == ("suppressed", "notEnoughAnswers")


async def test_every_figure_is_also_said_in_words_and_every_gap_explained(world: World) -> None:
    box = await a_released_round(world)
    for name in ("rot", "a"):
        content = (await world.employer_rep.client.get(unit(box, name)))["content"]
        figures = [*content["dimensions"], content["total"], *content["items"], *content["standaloneItems"]]
        for figure in figures:
            assert figure["textAlternative"]["sv"] != figure["textAlternative"]["en"]
            gaps = {key for key in ("bands", "points", "dontKnow", "interval", "favourableInterval") if key in figure}
            hidden = {each["part"] for each in figure["hiddenParts"]}
            assert hidden == {key for key in gaps if figure[key] is None}
        words = list(texts_in(content))
        assert len(words) > len(figures)
        assert all(each["sv"].strip() and each["en"].strip() for each in words)
        written = json.dumps(content).lower()
        assert not any(word in written for word in ("rank", '"red"', '"green"', "colour", "percentile"))


async def test_trend_and_benchmark_are_parts_of_the_unit(world: World) -> None:
    box = await a_released_round(world)
    for name in ("rot", "a"):
        content = (await world.employer_rep.client.get(unit(box, name)))["content"]
        for part in ("trend", "benchmark"):
            read = await world.employer_rep.client.get(unit(box, name, f"/{part}"))
            assert read[part] == content[part]
            assert read["validation"] == content["validation"]
    benchmark = (await world.employer_rep.client.get(unit(box, "a", "/benchmark")))["benchmark"]
    assert (benchmark["parent"]["status"], benchmark["others"]["status"]) == ("published", "published")
    assert benchmark["organisations"]["reason"] == "notEnoughOrganisations"
    top = (await world.employer_rep.client.get(unit(box, "rot", "/benchmark")))["benchmark"]
    assert (top["parent"]["reason"], top["others"]["reason"]) == ("noUnitAbove", "wholeRound")
    assert (await world.employer_rep.client.get(unit(box, "a", "/trend")))["trend"]["reason"] == "noEarlierResult"


async def test_the_lowest_dimensions_name_the_templates_that_serve_them(world: World) -> None:
    template = await world.template()
    served = template.climate_dimensions[0].value
    box = await an_open_round(world, await stories.started_group(world))
    items = box.instrument_content.items
    low = [(5 if item.reversed else 1) if item.dimension_key == served else 3 for item in items]
    await box.put("a", low, 20).store()
    await close(box)
    content = (await world.employer_rep.client.get(unit(box, "a")))["content"]
    lowest = content["lowestDimensions"][0]
    assert (lowest["key"], lowest["climateDimension"]) == (served, served)
    named = {each["key"]: each for each in lowest["templates"]}
    assert named[template.key] == {
        "dialogueTemplateId": str(template.id),
        "key": template.key,
        "templateVersion": "1.0.0",
        "title": template.title,
    }
    listed = await world.employer_rep.client.get(
        "/dialogue-templates", params={"climateDimension": served, "limit": 100}
    )
    assert set(named) >= {each["key"] for each in listed["items"]}
    assert len(lowest["templates"]) == listed["_meta"]["totalRecords"]
    # What is published later is not in a result that was there before.
    world._template = None
    later = await world.template()
    again = (await world.employer_rep.client.get(unit(box, "a")))["content"]
    assert later.key not in json.dumps(again)


async def test_a_questionnaire_about_something_else_recommends_nothing(world: World) -> None:
    content = (await an_instrument(world)).content
    dimensions = [each | {"climateDimension": None} for each in content["dimensions"]]
    instrument = await an_instrument(world, dimensions=dimensions)
    box = await an_open_round(world, await stories.started_group(world), instrument=instrument)
    await box.put("a", everything(2), 20).store()
    await close(box)
    content = (await world.employer_rep.client.get(unit(box, "a")))["content"]
    assert [each["templates"] for each in content["lowestDimensions"]] == [[]] * 6


# --- Final -----------------------------------------------------------------------------------------------------------


async def test_anyone_can_compute_the_hashes_again(world: World) -> None:
    box = await a_released_round(world)
    client = world.saco_rep.client
    hashes = []
    for item in (await client.get(f"{box.path}/results/units"))["items"]:
        read = await client.get(f"{box.path}/results/units/{item['unitId']}")
        assert hashlib.sha256(rfc8785.dumps(read["content"])).hexdigest() == read["contentHash"] == item["contentHash"]
        hashes.append(read["contentHash"])
    whole = await client.get(f"{box.path}/results")
    over_all = rfc8785.dumps({"release": whole["content"], "units": hashes})
    assert whole["contentHash"] == hashlib.sha256(over_all).hexdigest()


async def test_what_happens_afterwards_changes_no_byte(world: World) -> None:
    box = await a_released_round(world)
    client = world.employer_rep.client
    before = [(await client.request("GET", path)).content for path in addresses(box)]
    await client.change(f"/units/{box.units['a']}", {"name": "Nytt namn", "headcount": 500})
    await client.change(f"/units/{box.units['a']}", {"parentId": str(world.subunit.id)})
    second = await an_answered_round(world, await stories.started_group(world), units=dict(box.units))
    await close(second)
    assert [(await client.request("GET", path)).content for path in addresses(box)] == before


async def test_a_result_is_one_statement_beside_who_asks(world: World) -> None:
    box = await a_released_round(world)
    for path in (f"{box.path}/results", *(unit(box, "a", part) for part in ("", "/trend", "/benchmark"))):
        with counted(world) as sent:
            await world.employer_rep.client.request("GET", path, expect=200)
        assert len(sent) == 2, path
        assert not any(table in sent[1] for table in ("survey_sums", "sealed_response", "survey_invitation"))


# --- Two keys --------------------------------------------------------------------------------------------------------


async def hand_in(client: Client, box: Box, key: bytes, expect: int = 201, **more: Any) -> Any:
    words = {"words": " ".join(words_of(key))}
    return await client.post(f"{box.path}/unlocks", words, expect, **more)


async def test_each_side_hands_in_its_key_and_then_there_is_a_result(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world), two_keys=True)
    employer, union = world.employer_rep.client, world.saco_rep.client
    assert (await employer.get(f"{box.path}/unlocks"))["sides"] == []
    once = {"Idempotency-Key": uuid4().hex}
    made = await hand_in(employer, box, box.secret_keys[1], headers=once)
    assert (made["state"], made["sides"]) == ("closed", ["employer"])
    assert await hand_in(employer, box, box.secret_keys[1], headers=once) == made
    await close(box)
    await employer.refused("GET", f"{box.path}/results", 409, "resultsNotReleased")
    words = "\n".join(words_of(box.secret_keys[2])).upper()
    made = await union.post(f"{box.path}/unlocks", {"words": f"  {words} "})
    assert made["sides"] == ["employer", "union"]
    await close(box)
    read = await union.get(f"{box.path}/unlocks")
    assert (read["state"], read["sides"]) == ("released", ["employer", "union"])
    assert (await union.get(unit(box, "a")))["content"]["status"] == "published"
    assert box.id not in box.key_store.rounds()
    trail = [entry["operation"] for entry in await stories.trail(world.saco_rep, world, subjectId=str(box.id))]
    assert trail == ["unlock_survey_round", "unlock_survey_round", "release_survey_round"]


async def test_a_side_unlocks_with_its_own_key_alone(world: World) -> None:
    box = await an_answered_round(world, await stories.started_group(world), two_keys=True)
    employer, union = world.employer_rep.client, world.saco_rep.client
    path = f"{box.path}/unlocks"
    for client, key in ((employer, box.secret_keys[2]), (union, box.secret_keys[1]), (union, new_secret())):
        body = {"words": " ".join(words_of(key))}
        await client.refused("POST", path, 422, "keyWordsOfAnother", json=body)
    words = words_of(box.secret_keys[1])
    await employer.refused("POST", path, 422, "keyWordsMiscounted", json={"words": " ".join(words[1:])})
    await employer.refused("POST", path, 422, "keyWordUnknown", json={"words": " ".join(["lärande", *words[1:]])})
    await world.seko_rep.client.refused("POST", path, 404, "notFound", json={"words": " ".join(words)})
    assert (await employer.get(path))["sides"] == []
    await close(box)
    assert (await employer.get(f"{box.path}/unlocks"))["state"] == "closed"


async def test_keys_are_taken_only_while_a_round_waits_for_them(world: World) -> None:
    group = await stories.started_group(world)
    later = datetime.now(UTC) + timedelta(days=1)
    box = await an_answered_round(world, group, two_keys=True, closes_at=later)
    one_key = await an_answered_round(world, group)
    client = world.employer_rep.client
    words = {"words": " ".join(words_of(box.secret_keys[1]))}
    await client.refused("POST", f"{box.path}/unlocks", 409, "roundNotClosed", json=words)
    await client.refused("POST", f"{one_key.path}/unlocks", 409, "roundHasOneKey", json=words)
    assert (await client.get(f"{one_key.path}/unlocks"))["sides"] == []
    assert (await client.get(f"{box.path}/unlocks"))["allowedActions"] == [
        {"action": "unlock_survey_round", "allowed": False, "reason": "roundNotClosed"}
    ]


@pytest.mark.parametrize("missing", [0, 1])
async def test_one_key_alone_opens_nothing(world: World, missing: int) -> None:
    box = await an_answered_round(world, await stories.started_group(world), two_keys=True)
    who = (world.saco_rep, world.employer_rep)[missing]
    await hand_in(who.client, box, box.secret_keys[2 - missing])
    await close(box)
    for each in (world.employer_rep, world.saco_rep):
        await each.client.refused("GET", f"{box.path}/results", 409, "resultsNotReleased")
    assert box.id in box.key_store.rounds()
