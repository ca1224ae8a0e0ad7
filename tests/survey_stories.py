"""How survey rounds come to be: drafted, proposed, opened, with an instrument and units of given sizes.

The steps are taken directly, the last look at what has come of them over HTTP.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.survey_round import (
    RoundInstrument,
    SurveyRound,
    SurveyRoundContent,
    SurveyRoundCreate,
    SurveyRoundTransition,
)
from app.models.unit import Unit, UnitPlacement
from app.services import survey_keys, survey_opening, survey_rounds
from app.services.content_hash import content_hash
from app.services.key_store import KeyStore
from app.services.survey_keys import spelled
from app.services.survey_opening import RULES
from app.services.work import Work
from tests import directly
from tests.directly import act
from tests.stories import Json, soon
from tests.world import Someone, World


def _both(text: str) -> Json:
    return {"sv": text, "en": f"{text} (en)"}


def instrument_content(**more: Any) -> InstrumentContent:
    """Six dimensions of three items (the last one of each reversed), one item that stands alone, one open question."""
    keys = "ABCDEF"
    return InstrumentContent.model_validate(
        {
            "title": _both("Lärklimat i korthet"),
            "description": _both("Arton påståenden om lärandet i arbetet."),
            "languages": ["sv", "en"],
            "provenance": "Skriven för proven.",
            "licence": "CC0-1.0",
            "validation": {"validated": False, "text": _both("Inte prövad.")},
            "instruction": _both("Svara som det är hos er."),
            "privacyNotices": [_both("Ingen får veta vad just du har svarat.")],
            "scale": {
                "points": [{"value": value, "label": _both(f"Steg {value}")} for value in range(1, 6)],
                "dontKnow": _both("Vet inte"),
            },
            "dimensions": [
                {"key": key, "name": _both(f"Dimension {key}"), "description": _both("Om."), "climateDimension": key}
                for key in keys
            ],
            "items": [
                *(
                    {
                        "id": f"{key}{number}",
                        "dimensionKey": key,
                        "reversed": number == 3,
                        "text": _both(f"Påstående {key}{number}."),
                        "purpose": None,
                    }
                    for key in keys
                    for number in (1, 2, 3)
                ),
                {
                    "id": "S1",
                    "dimensionKey": None,
                    "reversed": False,
                    "text": _both("Jag tror att svaren används."),
                    "purpose": _both("Säger något om tilliten till enkäten."),
                },
            ],
            "openQuestions": [{"id": "O1", "text": _both("Vad vill du tillägga?"), "maxCharacters": 500}],
            "scoring": {"minAnsweredItems": 2, "minAnsweredDimensions": 5, "zones": [], "zonesProvisional": True},
            **more,
        }
    )


async def an_instrument(world: World, *, own: bool = False, **more: Any) -> Instrument:
    """A published instrument, central or the organisation's own; `more` replaces parts of its content."""
    now = datetime.now(UTC)
    content = instrument_content(**more).model_dump(mode="json", by_alias=True)
    instrument = Instrument(
        organisation_id=world.organisation.id if own else None,
        key=f"prov-{uuid4().hex[:8]}",
        instrument_version="1.0.0",
        languages=[Language.SWEDISH, Language.ENGLISH],
        title=content["title"],
        content=content,
        content_hash=content_hash(content),
        published_at=now,
        created_at=now,
    )
    await world.add(instrument)
    return instrument


def decided_content(
    survey_round: SurveyRound, instrument: Instrument, headcounts: Sequence[int], side_keys: Sequence[bytes] = ()
) -> Json:
    """What the parties would have decided on, for a round that is made by hand."""
    return SurveyRoundContent(
        title=survey_round.title,
        working_group_id=survey_round.working_group_id,
        instrument=RoundInstrument(
            id=instrument.id,
            key=instrument.key,
            instrument_version=instrument.instrument_version,
            content_hash=instrument.content_hash,
        ),
        root_unit_id=survey_round.root_unit_id,
        unit_count=len(headcounts),
        headcount=sum(headcounts),
        units_hash="0" * 64,
        opens_at=survey_round.opens_at,
        closes_at=survey_round.closes_at,
        threshold=survey_round.threshold,
        free_text=survey_round.free_text,
        two_keys=survey_round.two_keys,
        public_keys=[spelled(key) for key in side_keys],
        rules=RULES,
    ).model_dump(mode="json", by_alias=True)


async def units_of(world: World, headcounts: Mapping[str, int], parent: Unit | None = None) -> dict[str, Unit]:
    """Units of these sizes side by side under a unit (the subunit), by name."""
    return {name: await a_unit(world, name, headcount, parent) for name, headcount in headcounts.items()}


async def a_unit(world: World, name: str, headcount: int | None, parent: Unit | None = None) -> Unit:
    unit = Unit(
        organisation_id=world.organisation.id,
        valid_from=date(2020, 1, 1),
        headcount=headcount,
        created_at=datetime.now(UTC),
    )
    placement = UnitPlacement(
        organisation_id=world.organisation.id,
        unit_id=unit.id,
        parent_id=(parent or world.subunit).id,
        name=name,
        valid_from=date(2020, 1, 1),
    )
    await world.add(unit, placement)
    return unit


async def unit_apart(world: World, name: str, headcount: int | None) -> Unit:
    """A unit under another one of its own: of units that are made side by side, one at a time can be asked."""
    return await a_unit(world, name, headcount, await a_unit(world, f"Ovanför {name}", 0))


async def a_round(world: World, **more: Any) -> Json:
    """What is sent to draft a round: it opens at once, for three weeks."""
    given = more.pop("instrument", None) or await an_instrument(world)
    return {
        "title": "Lärklimatet hösten 2026",
        "instrumentId": str(given.id),
        "opensAt": datetime.now(UTC).isoformat(),
        "closesAt": soon(21),
        **more,
    }


async def _drafted(world: World, group: Json, **more: Any) -> UUID:
    given = SurveyRoundCreate.model_validate(await a_round(world, **more))
    made = await act(world, world.employer_rep, survey_rounds.create, UUID(group["id"]), given)
    if made.two_keys:
        for who in (world.employer_rep, world.saco_rep):
            await act(world, who, _share_made, made.id)
    return made.id


async def _share_made(work: Work, round_id: UUID) -> None:
    survey_round = await work.session.get_one(SurveyRound, round_id)
    await survey_keys.create_share(work, round_id, survey_round.version)


async def draft_round(world: World, group: Json, **more: Any) -> Json:
    """A draft; in two-key mode both sides have made their keys."""
    made: Json = await world.employer_rep.client.get(f"/survey-rounds/{await _drafted(world, group, **more)}")
    return made


async def _proposed(world: World, group: Json, **more: Any) -> UUID:
    round_id = await _drafted(world, group, **more)

    async def proposed(work: Work) -> None:
        draft = await work.session.get_one(SurveyRound, round_id)
        to_be_proposed = SurveyRoundTransition.model_validate({"to": "proposed"})
        await survey_opening.transition(work, round_id, draft.version, to_be_proposed)

    await act(world, world.saco_rep, proposed)
    return round_id


async def proposed_round(world: World, group: Json, **more: Any) -> Json:
    proposed: Json = await world.saco_rep.client.get(f"/survey-rounds/{await _proposed(world, group, **more)}")
    assert proposed["state"] == "proposed"
    return proposed


async def open_round(world: World, group: Json, *, by: Sequence[Someone] = (), **more: Any) -> Json:
    """A round that its parties have opened (the employer and Saco-S when nobody is named)."""
    round_id = await _proposed(world, group, **more)
    key_store: KeyStore = world.app.state.key_store
    for who in by or (world.employer_rep, world.saco_rep):
        await directly.decide(world, who, SurveyRound, survey_opening.approve, round_id, key_store)
    read: Json = await world.employer_rep.client.get(f"/survey-rounds/{round_id}")
    assert read["state"] == "open"
    return read


async def amended_round(world: World, survey_round: Json, *, by: Someone | None = None, **more: Any) -> Json:
    """A proposal of another closing time, ten days from now."""
    body = {"closesAt": soon(10), "reason": "Många är på fältarbete.", **more}
    path = f"/survey-rounds/{survey_round['id']}/amendments"
    made: Json = await (by or world.employer_rep).client.post(path, body)
    return made


async def time_passes(world: World, survey_round: Json, passed: timedelta) -> None:
    """Everything about the round happened so much earlier."""
    moved = ", ".join(
        f"{column} = {column} - CAST(:passed AS interval)" for column in ("opens_at", "closes_at", "opened_at")
    )
    async with world.database.write() as session:
        await session.execute(
            sa.text(f"UPDATE survey_round SET {moved} WHERE id = :id"),  # noqa: S608 - our own words
            {"passed": passed, "id": survey_round["id"]},
        )
