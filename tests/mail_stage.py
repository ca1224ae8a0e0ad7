"""Rounds by hand for invitations and mail: of any state, with their secrets where the app keeps them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from app.models.person import Person
from app.models.survey_round import SurveyRound, SurveyRoundState, SurveyUnit
from app.models.unit import Unit
from app.services import ballot
from app.services.content_hash import content_hash
from app.services.key_store import RoundSecrets
from tests.survey_stories import an_instrument, decided_content
from tests.world import World


async def a_round(
    world: World,
    group: Any,
    *headcounts: tuple[Unit, int],
    state: SurveyRoundState = SurveyRoundState.OPEN,
    opens_in: timedelta = timedelta(hours=-1),
    closes_in: timedelta = timedelta(days=14),
    title: str = "Lärklimatet hösten 2026",
) -> SurveyRound:
    """A round in a state, with its secrets where the app keeps them. The first unit is the root, over all others."""
    now = datetime.now(UTC)
    units = headcounts or ((world.unit, 20),)
    instrument = await an_instrument(world)
    secret_key = ballot.new_secret()
    survey_round = SurveyRound(
        organisation_id=world.organisation.id,
        working_group_id=UUID(str(group["id"])),
        title=title,
        instrument_id=instrument.id,
        root_unit_id=units[0][0].id,
        opens_at=now + opens_in,
        closes_at=now + closes_in,
        public_key=ballot.public_key_of(secret_key),
        created_at=now,
    )
    rows = [
        SurveyUnit(
            survey_round_id=survey_round.id,
            unit_id=unit.id,
            position=position,
            parent_id=units[0][0].id if position else None,
            name=f"Enhet {position}",
            headcount=headcount,
        )
        for position, (unit, headcount) in enumerate(units)
    ]
    await world.add(survey_round, *rows)
    content = decided_content(survey_round, instrument, [headcount for _, headcount in units])
    decided: dict[str, Any] = {"state": state, "content": content, "content_hash": content_hash(content)}
    if state is SurveyRoundState.CANCELLED:
        decided["cancelled_at"] = now
    if state is not SurveyRoundState.DRAFT:
        async with world.database.write() as session:
            await session.execute(sa.update(SurveyRound).where(col(SurveyRound.id) == survey_round.id).values(decided))
    world.app.state.key_store.put(survey_round.id, RoundSecrets(secret_key, ballot.new_secret()))
    async with world.database.read() as session:
        return await session.get_one(SurveyRound, survey_round.id)


async def colleagues(world: World, unit: Unit | None, count: int, **more: Any) -> list[Person]:
    """People who work in a unit."""
    people = [
        Person(
            organisation_id=world.organisation.id,
            name=f"Kollega {number}",
            email=f"kollega.{number}.{uuid4().hex[:8]}@example.se",
            unit_id=unit.id if unit else None,
            created_at=datetime.now(UTC),
            **more,
        )
        for number in range(count)
    ]
    await world.add(*people)
    return people
