"""All organisations together over HTTP: six of them through two quarters, for the central analyst and nobody else."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app import retention
from app.models.central_aggregate import CentralAggregate
from app.models.organisation import Organisation
from app.models.person import Role
from app.models.survey_release import SurveyRelease, SurveySums
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.services.calendar import STOCKHOLM, swedish_day
from app.services.central_aggregates import last_quarter
from app.services.content_hash import content_hash
from app.services.wall import acting
from tests import stories
from tests.database import as_owner
from tests.stories import Json
from tests.survey_stories import an_instrument
from tests.world import World

SUPPRESSED = {"status": "suppressed", "reason": "notEnoughOrganisations"}


def _shown(value: int) -> Json:
    return {"status": "published", "value": value}


async def _released(world: World, group: Json, instrument_id: UUID, at: datetime, n: int) -> None:
    """A round that was released then, in which everybody is in the middle of the scale or at its upper end."""
    survey_round = SurveyRound(
        organisation_id=world.organisation.id,
        working_group_id=UUID(group["id"]),
        title="Hösten",
        instrument_id=instrument_id,
        root_unit_id=world.unit.id,
        state=SurveyRoundState.RELEASED,
        opens_at=at - timedelta(days=20),
        closes_at=at,
        content={},
        content_hash="0" * 64,
        released_at=at,
        created_at=at,
    )
    measures = {
        key: {"n": n, "sum": mean * n, "sumOfSquares": 0, "coded": mean * n} for key, mean in (("A", 3), ("B", 5))
    }
    release = SurveyRelease(
        survey_round_id=survey_round.id,
        organisation_id=world.organisation.id,
        working_group_id=survey_round.working_group_id,
        instrument_id=instrument_id,
        content="{}",
        content_hash="0" * 64,
        released_at=at,
    )
    sums = SurveySums(survey_round_id=survey_round.id, unit_id=world.unit.id, invited=2 * n, measures=measures)
    await world.add(survey_round, release, sums)


async def _sessions(worlds: Sequence[World], groups: Sequence[Json], at: datetime, times: int) -> None:
    """One session each is held as everybody does; it is moved to when it was, and copied."""
    for world, group in zip(worlds, groups, strict=True):
        held = await stories.held_session(world, group, dialogueTemplateId=str((await worlds[0].template()).id))
        await _copied(world, held["id"], at, times - 1)
        when = "UPDATE dialogue_session SET held_at = :at WHERE id = CAST(:id AS uuid)"
        await as_owner(world.database, when, at=at, id=held["id"])


async def _copied(world: World, session_id: str, at: datetime, times: int) -> None:
    copy = (
        "INSERT INTO dialogue_session SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), "
        "'held_at', CAST(:at AS timestamptz)))).* FROM dialogue_session s, generate_series(1, CAST(:times AS integer)) "
        "WHERE s.id = CAST(:id AS uuid)"
    )
    await as_owner(world.database, copy, at=at, times=times, id=session_id)


async def test_the_analyst_reads_two_quarters_and_nobody_else_does(apart: World) -> None:
    # As docs/decisions/central-aggregates.md says that one comes to be.
    someone = await apart.someone("central_analyst", Role.SYSTEM_ADMINISTRATOR, outside=True)
    await apart.administrator.client.change(f"/people/{someone.id}", {"roles": ["centralAnalyst"]})
    analyst = someone.client
    editor = (await apart.someone("content_editor", Role.CONTENT_EDITOR, outside=True)).client
    _, first_end = last_quarter(swedish_day(datetime.now(UTC)) + timedelta(days=92))
    second_end = last_quarter(first_end + timedelta(days=100))[1]
    ends = [datetime.combine(day, time(), STOCKHOLM) for day in (first_end, second_end)]
    instrument = await an_instrument(apart)
    async with AsyncExitStack() as stack:
        worlds = [apart, *[await stack.enter_async_context(World(apart.app)) for _ in range(6)]]
        groups = [await stories.started_group(world) for world in worlds]
        six, seventh = worlds[:6], worlds[6]
        # The seventh comes in the second quarter.
        started = "UPDATE working_group SET started_at = :at WHERE organisation_id = :id"
        await as_owner(apart.database, started, at=ends[0] + timedelta(days=1), id=seventh.organisation.id)
        await _sessions(six, groups[:6], ends[0] - timedelta(seconds=1), 3)
        for world, group in zip(six, groups[:6], strict=True):
            await _released(world, group, instrument.id, ends[0] - timedelta(days=30), 20)
        # Whatever process comes round first: once, and for good.
        for _ in range(2):
            await asyncio.gather(*[retention.work(apart.database, ends[0] + timedelta(minutes=1)) for _ in range(2)])
        await _sessions(worlds, groups, ends[1] - timedelta(days=9), 1)
        one = await stories.held_session(apart, groups[0], dialogueTemplateId=str((await apart.template()).id))
        await _copied(apart, one["id"], ends[1] - timedelta(days=9), 30)
        await _released(apart, groups[0], instrument.id, ends[1] - timedelta(days=3), 5000)
        await retention.work(apart.database, ends[1] + timedelta(minutes=1))
        later, first = (await analyst.get("/central-aggregates"))["items"]
        assert first["endsOn"] == (first_end - timedelta(days=1)).isoformat()
        read, again = [await analyst.get(f"/central-aggregates/{each['id']}") for each in (first, later)]
        _check_first(read, apart)
        _check_second(again, read)
        for who, status, code in (
            (editor, 403, "notYourRole"),
            (apart.administrator.client, 403, "notYourRole"),
            (apart.employer_rep.client, 403, "notYourRole"),
            (apart.nobody, 401, "notSignedIn"),
        ):
            await who.refused("GET", "/central-aggregates", status, code)
            status, code = (404, "notFound") if status == 403 else (status, code)
            await who.refused("GET", f"/central-aggregates/{first['id']}", status, code)
        await analyst.refused("GET", f"/central-aggregates/{uuid4()}", 404, "notFound")
        # Behind the wall she sees the figures, and no organisation.
        context = acting(UUID(apart.people["central_analyst"].id), swedish_day(datetime.now(UTC)))
        async with apart.database.read(context) as session:
            assert (await session.execute(sa.select(sa.func.count()).select_from(CentralAggregate))).scalar_one() == 2
            assert (await session.execute(sa.select(sa.func.count()).select_from(Organisation))).scalar_one() == 0
        for change in ("UPDATE central_aggregate SET content = '{}'", "DELETE FROM central_contribution"):
            with pytest.raises(IntegrityError, match="is final"):
                await as_owner(apart.database, change)


def _check_first(read: Json, world: World) -> None:
    content = read["content"]
    assert content["organisations"] == content["workingGroups"] == _shown(5)
    assert content["sessionsHeld"] == _shown(20)
    # All eighteen with one template; that nobody has used another is not told from that few have.
    assert [each["sessionsHeld"] for each in content["usedTemplates"] if each["sessionsHeld"] != SUPPRESSED] == [
        _shown(20)
    ]
    assert content["localSessionsHeld"] == SUPPRESSED
    means: dict[str, Any] = {each["key"]: each["index"] for each in content["dimensionMeans"]}
    assert means.pop("A") == _shown(50)
    assert means.pop("B") == _shown(95)
    assert set(map(str, means.values())) == {str(SUPPRESSED)}
    assert read["contentHash"] == content_hash(content)
    assert read["version"] == 1
    assert str(world.organisation.id) not in str(read)


def _check_second(read: Json, before: Json) -> None:
    """The seventh waits; one has held most sessions and has a new result, which is no other five's."""
    content = read["content"]
    assert content["organisations"] == before["content"]["organisations"]
    assert content["sessionsHeld"] == SUPPRESSED
    assert {str(each["sessionsHeld"]) for each in content["usedTemplates"]} == {str(SUPPRESSED)}
    assert {str(each["index"]) for each in content["dimensionMeans"]} == {str(SUPPRESSED)}


def test_a_quarter_is_over_when_the_next_one_begins_in_sweden() -> None:
    days = [datetime(2026, *each, tzinfo=UTC).date() for each in ((1, 1), (3, 31), (4, 1), (12, 31))]
    spans = [tuple(day.isoformat() for day in last_quarter(each)) for each in days]
    assert spans == [
        ("2025-10-01", "2026-01-01"),
        ("2025-10-01", "2026-01-01"),
        ("2026-01-01", "2026-04-01"),
        ("2026-07-01", "2026-10-01"),
    ]
