"""How free text comes to be: a round with open questions, answered, closed, its texts under review or released."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.survey_round import SurveyRound, SurveyUnit
from app.services.key_store import KeyStore
from app.services.survey_closing import Outcome, close
from tests.ballot_boxes import Box, an_instrument, an_open_round, everything
from tests.stories import Json, decide
from tests.survey_stories import open_round, time_passes, unit_apart, units_of
from tests.world import Someone, World

Written = Mapping[str, Sequence[tuple[str, str]]]
"""By unit: of each person the answers to the two open questions, perhaps empty."""


def lines(word: str, number: int, second: str = "") -> list[tuple[str, str]]:
    """So many people, each with a line of their own on the first question."""
    return [(f"{word} {place}", f"{second} {place}" if second else "") for place in range(number)]


TWO_UNITS: Written = {"a": lines("Från a", 12), "b": lines("Från b", 11)}
"""In a question alone, with nobody left over: each unit has its own group."""


async def closed_round(
    world: World, group: Json, written: Written, *, opened_by: Sequence[Someone] = (), **more: Any
) -> Box:
    """Answered by those who wrote, closed and released.

    The round is made by hand, or opened over HTTP by its parties if they are named.
    """
    if opened_by:
        box = await _opened_over_http(world, group, opened_by)
    else:
        box = await an_open_round(world, group, free_text=True, **more)
    for unit, people in written.items():
        for texts in people:
            box.put(unit, everything(4), 1, texts)
    await box.store()
    # This one alone, whatever else is due.
    async with world.database.write() as session:
        assert await close(session, box.id, box.key_store, datetime.now(UTC)) is Outcome.RELEASED
    box.key_store.destroy(box.id)
    return box


async def _opened_over_http(world: World, group: Json, by: Sequence[Someone]) -> Box:
    """Of a unit without direct members and two below it. Its time has passed."""
    root = await unit_apart(world, "rot", 0)
    units = {"rot": root.id} | {
        name: unit.id for name, unit in (await units_of(world, {"a": 20, "b": 20}, root)).items()
    }
    instrument = await an_instrument(world)
    opened = await open_round(world, group, by=by, instrument=instrument, rootUnitId=str(root.id), freeText=True)
    await time_passes(world, opened, timedelta(days=30))
    async with world.database.read() as session:
        survey_round = await session.get_one(SurveyRound, UUID(opened["id"]))
        placed = sa.select(col(SurveyUnit.unit_id)).where(col(SurveyUnit.survey_round_id) == survey_round.id)
        in_order = (await session.execute(placed.order_by(col(SurveyUnit.position)))).scalars().all()
    store: KeyStore = world.app.state.key_store
    key = store.read_ballot_key(survey_round.id)
    names = {unit_id: name for name, unit_id in units.items()}
    return Box(world, survey_round, instrument, {names[unit_id]: unit_id for unit_id in in_order}, [key])


async def texts_of(who: Someone, box: Box) -> Json:
    """The round's texts as a whole."""
    found = await who.client.get(f"{box.path}/texts")
    read: Json = await who.client.get(f"/survey-texts/{found['content']['surveyTextsId']}")
    return read


async def texts_under_review(world: World, group: Json, written: Written = TWO_UNITS, **more: Any) -> tuple[Box, Json]:
    box = await closed_round(world, group, written, **more)
    texts = await texts_of(world.employer_rep, box)
    assert texts["state"] == "underReview"
    return box, texts


async def released_texts(world: World, group: Json, written: Written = TWO_UNITS, **more: Any) -> tuple[Box, Json]:
    box, texts = await texts_under_review(world, group, written, **more)
    for who in (world.employer_rep, world.saco_rep):
        await decide(who, f"/survey-texts/{texts['id']}")
    texts = await texts_of(world.employer_rep, box)
    assert texts["state"] == "released"
    return box, texts


async def every_text(who: Someone, texts: Json, **asked: Any) -> list[Json]:
    """All pages of the list, each after the one before."""
    path, found = f"/survey-texts/{texts['id']}/texts", []
    page = await who.client.get(path, params={"limit": 100, **asked})
    while True:
        found += page["items"]
        if page["_links"]["next"] is None:
            return found
        after = page["_links"]["next"]["href"].partition("/larande/v1")[2]
        page = await who.client.get(after)


async def withhold(who: Someone, texts: Json, text: Json, expect: int = 201, **more: Any) -> Json:
    body = {"textId": text["id"], "reason": "authorRecognisable", **more}
    made: Json = await who.client.post(f"/survey-texts/{texts['id']}/withholdings", body, expect)
    return made


async def take_back(who: Someone, texts: Json, text: Json, expect: int = 204) -> None:
    path = f"/survey-texts/{texts['id']}/withholdings/{text['id']}"
    await who.client.change(path, None, expect, method="DELETE")
