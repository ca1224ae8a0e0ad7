"""The first survey, from proposal to talk, over HTTP: both sides open it, 300 people answer, both see the same.

A round of the spring before gives the trend. Time passes by moving the round back; what closes it is what the service
itself runs when the closing time has come.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.closing import close_due
from tests.client import Client
from tests.instruments import SHIPPED
from tests.stories import Json, decide, soon, started_group
from tests.survey_stories import a_unit, time_passes
from tests.templates import app_with_content
from tests.world import Someone, World

service = pytest.fixture(app_with_content)

UNITS = {"Laboratoriet": 110, "Fältenheten": 100, "Registratorn": 60, "Analys": 40, "Stab": 12}
"""By name, with how many work there; 300 of the 322 will answer."""
ANSWERED = {"Laboratoriet": 105, "Fältenheten": 96, "Registratorn": 58, "Analys": 36, "Stab": 5}
HIDDEN = {"Stab", "Analys"}
"""Too few in the one; without the other, what is left of the whole would be the one."""


async def a_session_of_answers(
    nobody: Client, links: list[str], number: int, level: float, dice: random.Random
) -> None:
    """So many people open their links and answer around this level; the first of each ten is watched closely."""
    form: Json = {}
    for place, link in enumerate(links[:number]):
        token = link.partition("#")[2]
        person = nobody.signed_in(token)
        watched = place % 10 == 0
        if watched:
            form = await person.get("/survey-forms/current")
            assert next(iter(form)) == "privacyNotices"
        answers: dict[str, Any] = {}
        for item in form["items"]:
            agreement = min(5, max(1, round(dice.gauss(level, 0.8))))
            answers[item["id"]] = dice.choices([agreement, "dontKnow", None], weights=(94, 4, 2))[0]
        await person.post("/survey-responses", {"answers": answers})
        # The link is used up, and nobody gets to know how.
        if watched:
            await person.refused("POST", "/survey-responses", 409, "surveyAlreadyAnswered", json={"answers": answers})


async def opened(world: World, group: Json, root: str, title: str) -> Json:
    """Saco-S drafts and proposes, the employer asks what could be shown, and both decide on the same content."""
    saco, employer = world.saco_rep.client, world.employer_rep.client
    proposal = {"title": title, "instrumentId": SHIPPED.rpartition("/")[2], "rootUnitId": root}
    proposal |= {"opensAt": datetime.now(UTC).isoformat(), "closesAt": soon(21)}
    draft = await saco.post(f"/working-groups/{group['id']}/survey-rounds", proposal)
    path = f"/survey-rounds/{draft['id']}"
    foreseen = await employer.get(f"{path}/protection", params={"responseRate": 0.5})
    assert {unit["name"] for unit in foreseen["units"] if unit["status"] != "shown"} == HIDDEN
    await saco.step(f"{path}/transitions", {"to": "proposed"})
    await decide(world.employer_rep, path)
    assert (await saco.get(path))["state"] == "proposed"
    await employer.refused("GET", f"{path}/results", 409, "resultsNotReleased")
    await decide(world.saco_rep, path)
    read: Json = await employer.get(path)
    assert read["state"] == "open"
    return read


async def answered(world: World, survey_round: Json, units: dict[str, str], level: float, dice: random.Random) -> None:
    """Each unit gets its slips, from one side or the other, and most people answer."""
    path = f"/survey-rounds/{survey_round['id']}"
    for place, (name, unit_id) in enumerate(units.items()):
        by = (world.employer_rep, world.saco_rep)[place % 2]
        slips = {"unitId": unit_id, "kind": "slips", "count": UNITS[name]}
        batch = await by.client.post(f"{path}/invitations", slips)
        assert len(batch["slipLinks"]) == UNITS[name]
        await a_session_of_answers(world.nobody, batch["slipLinks"], ANSWERED[name], level, dice)
        # Nothing that anybody at the table can read has changed by it.
        assert (await world.employer_rep.client.get(path))["version"] == survey_round["version"]
        await by.client.refused("GET", f"{path}/results/units/{unit_id}", 409, "resultsNotReleased")


async def released(world: World, survey_round: Json) -> None:
    await close_due(world.database, world.app.state.key_store, datetime.now(UTC))
    assert (await world.saco_rep.client.get(f"/survey-rounds/{survey_round['id']}"))["state"] == "released"


async def same_bytes(people: list[Someone], path: str) -> Json:
    """What everybody at the table reads, which is the same to the last byte."""
    answers = [await who.client.request("GET", path, expect=200) for who in people]
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    read: Json = answers[0].json()
    return read


async def test_the_first_survey(service: FastAPI) -> None:
    dice = random.Random(7)  # noqa: S311
    async with World(service) as world:
        group = await started_group(world)
        root = await a_unit(world, "Havsmiljöavdelningen", 0)
        units = {name: str((await a_unit(world, name, count, root)).id) for name, count in UNITS.items()}

        spring = await opened(world, group, str(root.id), "Lärklimatet våren 2026")
        await answered(world, spring, units, 2.6, dice)
        await time_passes(world, spring, timedelta(days=100))
        await released(world, spring)

        autumn = await opened(world, group, str(root.id), "Lärklimatet hösten 2026")
        await answered(world, autumn, units, 3.6, dice)
        await time_passes(world, autumn, timedelta(days=22))
        await released(world, autumn)

        table = [world.employer_rep, world.saco_rep]
        path = f"/survey-rounds/{autumn['id']}/results"
        whole = await same_bytes(table, path)
        assert "ännu inte statistiskt prövat" in str(whole)
        shown = await same_bytes(table, f"{path}/units/{units['Laboratoriet']}")
        assert shown["content"]["status"] == "published"
        # The smallest unit is not shown, and neither is anything that gives it away.
        stab = await same_bytes(table, f"{path}/units/{units['Stab']}")
        assert (stab["content"]["status"], stab["content"]["reason"]) == ("suppressed", "notEnoughAnswers")
        assert {name for name in units if not await is_shown(table[0], path, units[name])} == HIDDEN
        # Learning has moved on since spring, and is said to have.
        trend = await same_bytes(table, f"{path}/units/{units['Laboratoriet']}/trend")
        assert {each["status"] for each in trend["trend"]["dimensions"]} == {"change"}, trend
        # From result to talk: the lowest dimensions name templates, and one of them begins a session.
        advised = templates_in(shown["content"])
        assert advised, shown["content"]
        begun = {
            "dialogueTemplateId": advised[0],
            "startsAt": soon(7),
            "facilitatorId": world.facilitator.id,
            "facilitatorFunction": "Verksamhetsutvecklare",
        }
        session = await world.saco_rep.client.post(f"/working-groups/{group['id']}/dialogue-sessions", begun)
        assert session["dialogueTemplateId"] == advised[0]
        # Whoever kept a link finds nothing behind it, and outsiders find no round.
        async with World(service) as other:
            await other.employer_rep.client.refused("GET", path, 404, "notFound")


async def is_shown(who: Someone, path: str, unit_id: str) -> bool:
    read = await who.client.get(f"{path}/units/{unit_id}")
    return bool(read["content"]["status"] == "published")


def templates_in(content: Json) -> list[str]:
    """The ids of the templates that a unit's result names."""
    return [
        template["dialogueTemplateId"] for lowest in content["lowestDimensions"] for template in lowest["templates"]
    ]
