"""A new group's first quarter, and how it is woken when it has gone quiet: its overview is right at every step."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi import FastAPI

from app.closing import close_due
from app.services.content_packs import central_guide_id, central_id
from tests import stories
from tests.ballot_boxes import an_answered_round, an_open_round
from tests.stories import Json, decide, for_review, present
from tests.survey_stories import proposed_round
from tests.templates import app_with_content, published
from tests.world import World

START = datetime(2027, 1, 11, 9, tzinfo=UTC)
CANARY = "kanariefågeln"


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


@dataclass
class Quarter:
    """A group with a table of two, and what everybody sees of it on the day that it is."""

    world: World
    path: str = ""
    group: Json = field(default_factory=dict)

    @contextmanager
    def _day(self, number: int) -> Iterator[None]:
        with time_machine.travel(START + timedelta(days=number), tick=True):
            yield

    @asynccontextmanager
    async def day(self, number: int) -> AsyncIterator[None]:
        with self._day(number):
            await self.world.renew_tokens()
            yield

    async def seen(self, **asked: Any) -> Json:
        """The overview, which both sides see alike to the letter; nothing private is in it, nor a person's name."""
        answers = [
            await who.client.request("GET", f"{self.path}/overview", params=asked, expect=200)
            for who in (self.world.employer_rep, self.world.saco_rep)
        ]
        assert answers[0].content == answers[1].content
        assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
        assert CANARY not in answers[0].text
        assert not [name for name, who in self.world.people.items() if who.person.name in answers[0].text]
        seen: Json = answers[0].json()
        return seen

    async def planned(self, key: str, starts_at: datetime) -> str:
        plan = await stories.a_session(
            self.world, dialogueTemplateId=str(central_id(key, "1.0.0")), startsAt=starts_at.isoformat()
        )
        made = await self.world.saco_rep.client.post(f"{self.path}/dialogue-sessions", plan)
        return f"/dialogue-sessions/{made['id']}"

    async def held(self, session: str) -> str:
        """Held by the facilitator, with seven employees; the path of its record, to which something is written."""
        there = present(self.world.employer_rep, self.world.saco_rep)
        steps = self.world.facilitator.client
        await steps.change(session, {"attendances": there, "employeeHeadcount": 5})
        held = await steps.step(f"{session}/transitions", {"to": "held"})
        record = f"/session-records/{held['sessionRecordId']}"
        await steps.change(record, {"sharedPicture": "Tiden för handledning har minskat."})
        return record

    async def final(self, record: str) -> None:
        await self.world.facilitator.client.step(f"{record}/transitions", for_review())
        for who in (self.world.employer_rep, self.world.saco_rep):
            await decide(who, record)


def waiting(seen: Json) -> dict[str, list[str]]:
    """By kind of subject, the names of the parties whose decision is waited for."""
    return {each["subjectType"]: [party["name"] for party in each["parties"]] for each in seen["awaitingApprovals"]}


def suggested(seen: Json) -> dict[str, list[str]]:
    return {each["key"]: [reason["code"] for reason in each["reasons"]] for each in seen["suggestions"]}


def fresh(seen: Json) -> tuple[Any, ...]:
    freshness = seen["freshness"]
    return freshness["daysSinceLastMeeting"], freshness["promisesMade"], freshness["promisesKept"]


async def test_a_new_group_through_its_first_quarter(world: World) -> None:
    quarter = Quarter(world)
    employer, saco = world.employer_rep, world.saco_rep
    async with quarter.day(0):
        # --- proposed by one side, started by both
        quarter.group = await stories.forming_group(world)
        quarter.path = f"/working-groups/{quarter.group['id']}"
        seen = await quarter.seen()
        assert (seen["toldOn"], seen["state"], seen["loopPosition"]) == ("2027-01-11", "forming", "forming")
        assert waiting(seen) == {"workingGroup": ["Arbetsgivaren", "Saco-S"]}
        assert suggested(seen) == {
            key: ["groupForming"] for key in ("sa-borjar-en-arbetsgrupp", "fem-ideer", "samtal-och-forhandling")
        }
        await decide(employer, quarter.path)
        assert waiting(await quarter.seen()) == {"workingGroup": ["Saco-S"]}
        await decide(saco, quarter.path, "requestChange", statement="Nämn kvällspassen.")
        assert waiting(await quarter.seen()) == {}, "it waits for an edit, and for no party"
        await employer.client.change(quarter.path, {"purpose": "Att tala om arbetet, också på kvällen."})
        for who in (saco, employer):
            await decide(who, quarter.path)
        seen = await quarter.seen()
        assert (seen["state"], seen["loopPosition"], waiting(seen)) == ("active", "template", {})
        assert suggested(seen)["val-utfort-arbete"] == ["neverMet"]
        assert list(suggested(seen))[:3] == ["val-utfort-arbete", "borja-inte-med-visionen", "forsta-aret"]
        assert "val-utfort-arbete" not in suggested(await quarter.seen(minutesAvailable=60))

        # --- it follows a guide from now on, and is in its first phase
        assert seen["phase"] is None
        first_year = {"processGuideId": str(central_guide_id("forsta-aret", "1.0.0"))}
        followed = await saco.client.post(f"{quarter.path}/followed-guides", first_year)
        seen = await quarter.seen()
        assert (seen["phase"]["followedGuideId"], seen["phase"]["guideTitle"]) == (followed["id"], "Första året")
        assert (seen["phase"]["phase"], seen["phase"]["title"]) == ("anchor", followed["phases"][0]["title"])
        assert suggested(seen)["val-utfort-arbete"] == ["neverMet", "inPhase"]
        assert "forsta-aret" not in suggested(seen)

        # --- a session is planned: no other template until it has been held
        session = await quarter.planned("val-utfort-arbete", START + timedelta(days=7))
        seen = await quarter.seen()
        assert (seen["loopPosition"], seen["nextSession"]["state"]) == ("session", "planned")
        assert {each["kind"] for each in seen["suggestions"]} == {"inspirationItem"}

    async with quarter.day(7):
        await employer.client.step(f"/followed-guides/{followed['id']}/transitions", {"to": "phaseDone"})
        seen = await quarter.seen()
        assert seen["nextSession"] is not None, "today's is the next until it has been held"
        assert (seen["phase"]["phase"], seen["phase"]["since"][:10]) == ("beginInTheWork", "2027-01-18")
        record = await quarter.held(session)
        await saco.client.post(f"{session}/party-notes", {"text": CANARY})
        statement = f"{record}/statements/{world.saco.id}"
        words = {"answers": {}, "differences": CANARY, "published": False}
        await saco.client.change(statement, words, method="PUT", etag='"0"')
        steps = [
            await world.facilitator.client.post(
                f"{record}/actions", {"what": "Pröva en timme.", "ownerFunction": "Enhetschef", "dueOn": day}
            )
            for day in ("2027-02-08", "2027-03-08")
        ]
        seen = await quarter.seen()
        assert (seen["loopPosition"], seen["lastSession"]["recordState"]) == ("record", "draft")
        assert (seen["nextSession"], fresh(seen)) == (None, (0, 0, 0))
        await world.facilitator.client.step(f"{record}/transitions", for_review())
        await decide(saco, record)
        assert waiting(await quarter.seen()) == {"sessionRecord": ["Arbetsgivaren"]}
        await decide(employer, record)

        # --- what has been agreed is ahead; the conversation just held is not suggested again
        seen = await quarter.seen()
        assert (seen["loopPosition"], waiting(seen)) == ("actions", {})
        assert [each["dueOn"] for each in seen["actionsDue"]["items"]] == ["2027-02-08", "2027-03-08"]
        assert (seen["actionsDue"]["total"], seen["actionsOverdue"]["total"]) == (2, 0)
        assert [(each["dueOn"], each["due"]) for each in seen["followUps"]] == [
            ("2027-02-01", False),
            ("2027-04-18", False),
        ]
        assert "val-utfort-arbete" not in suggested(seen)
        assert suggested(seen)["erfarenhetsutbyte"] == ["inPhase"]
        chosen = next(each for each in seen["suggestions"] if each["key"] == "chefens-roll")
        assert [reason["code"] for reason in chosen["reasons"]] == ["notTried", "fitsSize"]
        assert chosen["reasons"][1]["text"] == "Ni var 7 senast, och samtalet är gjort för 4 till 10 i varje grupp."

    async with quarter.day(21):
        # --- the template's fourteen days have passed
        seen = await quarter.seen()
        assert (seen["loopPosition"], seen["followUps"][0]["due"]) == ("followUp", True)
        assert seen["followUps"][0]["what"] == "Kort avstämning, 15 minuter: vad hände när vi prövade?"
        assert suggested(seen)["val-utfort-arbete"][0] == "followUpDue"
        assert fresh(seen) == (14, 0, 0)

    async with quarter.day(28):
        assert (await quarter.seen())["actionsOverdue"]["total"] == 0, "a step's day is its own until midnight"
    async with quarter.day(29):
        # --- the day after the first step should have been done
        seen = await quarter.seen()
        assert (seen["actionsOverdue"]["total"], seen["actionsDue"]["total"]) == (1, 1)
        assert seen["actionsOverdue"]["items"][0]["overdue"]
        assert (fresh(seen), suggested(seen)["folja-upp-utan-att-skuldbelagga"]) == ((22, 1, 0), ["actionsOverdue"])
        for step in steps:
            await saco.client.step(f"/actions/{step['id']}/transitions", {"to": "done"})
        seen = await quarter.seen()
        assert (seen["actionsOverdue"]["total"], seen["actionsDue"]["total"], fresh(seen)) == (0, 0, (22, 2, 2))

    async with quarter.day(40):
        # --- the group meets again, and what was to be followed up has been
        session = await quarter.planned("misstag-som-lartillfallen", START + timedelta(days=40, hours=1))
        record = await quarter.held(session)
        await quarter.final(record)
        seen = await quarter.seen()
        assert seen["loopPosition"] == "followUp", "nobody has looked at what the steps gave"
        for step in steps:
            checked = {"to": "effectChecked", "effect": "Fler vågar fråga."}
            await saco.client.step(f"/actions/{step['id']}/transitions", checked)
        seen = await quarter.seen()
        assert (seen["loopPosition"], fresh(seen)) == ("template", (0, 2, 2))
        assert [each["dueOn"] for each in seen["followUps"]] == ["2027-03-22", "2027-04-18", "2027-08-19"]

        # --- a survey is proposed
        await proposed_round(world, quarter.group, title="Lärklimatet våren 2027")
        seen = await quarter.seen()
        assert (seen["loopPosition"], seen["nextRound"]["title"]) == ("survey", "Lärklimatet våren 2027")
        assert waiting(seen) == {"surveyRound": ["Arbetsgivaren", "Saco-S"]}
        proposed = f"/survey-rounds/{seen['nextRound']['id']}"
        await saco.client.step(f"{proposed}/transitions", {"to": "cancelled", "reason": "Vi väntar."})
        assert (await quarter.seen())["nextRound"] is None

    async with quarter.day(90):
        # --- and one has been answered: its lowest dimension says what to talk about
        answered = await an_answered_round(world, quarter.group)
        leaning = await an_open_round(world, quarter.group, closes_at=datetime.now(UTC) + timedelta(days=7))
        assert (await quarter.seen())["nextRound"]["id"] == str(answered.id), "the first of two under way"
        await close_due(world.database, answered.key_store, datetime.now(UTC))
        seen = await quarter.seen()
        assert (seen["lastRound"]["id"], seen["nextRound"]["id"]) == (str(answered.id), str(leaning.id))
        assert (seen["loopPosition"], fresh(seen)[0]) == ("survey", 50)
        assert suggested(seen)["uppfoljning-larklimat"][0] == "resultNotTalkedAbout"

        # --- where nothing can be done any more nothing is suggested
        await stories.shut_organisation(world)
        assert (await quarter.seen())["suggestions"] == []


async def test_the_lowest_dimension_of_a_result_leads_to_what_serves_it(world: World) -> None:
    quarter = Quarter(world)
    quarter.group = await stories.started_group(world)
    quarter.path = f"/working-groups/{quarter.group['id']}"
    own = await published(world)
    box = await an_open_round(world, quarter.group)
    items = box.instrument.content["items"]
    # Everything is well but how mistakes are met and whether learning is kept alive.
    values = [2 if each["dimensionKey"] in {"C", "D"} else 5 for each in items]
    box.put("a", [6 - value if each["reversed"] else value for value, each in zip(values, items, strict=True)], 16)
    box.put("b", [6 - value if each["reversed"] else value for value, each in zip(values, items, strict=True)], 12)
    await box.store()
    await close_due(world.database, box.key_store, datetime.now(UTC))
    seen = await quarter.seen()
    assert (seen["loopPosition"], seen["nextRound"]) == ("result", None)
    found = {each["key"]: each for each in seen["suggestions"]}
    assert [each["id"] for each in seen["suggestions"] if each["key"] == own["key"]] == [own["id"]], (
        "not the central one"
    )
    low = found["misstag-som-lartillfallen"]
    assert [reason["text"] for reason in low["reasons"]] == [
        "Det lägsta i den senaste mätningen: ”Misstag som lärtillfällen”, ”Hålla lärandet levande”."
    ]
    english = await world.saco_rep.client.request(
        "GET", f"{quarter.path}/overview", headers={"Accept-Language": "en"}, expect=200
    )
    assert english.headers["Content-Language"] == "en"
    low = next(each for each in english.json()["suggestions"] if each["key"] == "misstag-som-lartillfallen")
    assert (low["title"], low["language"]) == ("When something did not turn out as we intended", "en")
    assert low["reasons"][0]["text"].startswith("Lowest in the latest survey: “Mistakes as occasions for learning”")


async def test_a_quiet_group_is_woken(world: World) -> None:
    quarter = Quarter(world)
    async with quarter.day(0):
        quarter.group = await stories.started_group(world)
        quarter.path = f"/working-groups/{quarter.group['id']}"
        await quarter.final(await quarter.held(await quarter.planned("val-utfort-arbete", START)))
    async with quarter.day(134):
        assert "omstart" not in suggested(await quarter.seen())
    async with quarter.day(135):
        seen = await quarter.seen()
        assert (seen["state"], seen["freshness"]["dormantOn"]) == ("active", "2027-07-10")
        assert list(suggested(seen))[:2] == ["omstart", "val-utfort-arbete"], "its follow-up calls for it"
        restart = seen["suggestions"][0]
        assert (restart["kind"], restart["minutes"]) == ("processGuide", None)
        assert restart["reasons"][0]["text"] == "Gruppen har inte setts på 135 dagar, och inget samtal är planerat."
    async with quarter.day(200):
        seen = await quarter.seen()
        assert (seen["state"], seen["loopPosition"], fresh(seen)[0]) == ("dormant", "followUp", 200)
        assert next(iter(suggested(seen))) == "omstart"
        # --- woken: a session is planned, and then held
        session = await quarter.planned("erfarenhetsutbyte", START + timedelta(days=203))
        assert "omstart" not in suggested(await quarter.seen())
    async with quarter.day(203):
        await quarter.final(await quarter.held(session))
        seen = await quarter.seen()
        assert (seen["state"], fresh(seen)[0], seen["freshness"]["dormantOn"]) == ("active", 0, "2028-01-29")
        assert [each["dueOn"] for each in seen["followUps"]] == ["2027-08-23", "2027-10-31"]
        assert seen["loopPosition"] == "template"
