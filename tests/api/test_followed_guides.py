"""A working group follows a process guide at its own pace, and each side says how far it has come."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from app.models.followed_guide import FollowedGuide
from tests.guide_stories import FIRST_YEAR, RESTART, followed_guide, moved, publish_guides
from tests.retention_stories import a_hold
from tests.stories import planned_session, started_group, trail
from tests.world import World

Json = dict[str, Any]


def statuses(followed: Json) -> list[str]:
    return [phase["status"] for phase in followed["phases"]]


def side_by_side(phase: Json) -> dict[str, tuple[str, int | None]]:
    return {each["name"]: (each["side"], each["level"]) for each in phase["selfRatings"]}


async def test_a_group_goes_through_its_first_year(world: World) -> None:
    """With a phase skipped, one gone back to, and what both sides think of it."""
    await publish_guides(world)
    group = await started_group(world, world.saco, world.seko)
    await planned_session(world, group)
    employer, saco, seko = (who.client for who in (world.employer_rep, world.saco_rep, world.seko_rep))
    facilitator = world.facilitator.client
    guides, group_path = f"/working-groups/{group['id']}/followed-guides", f"/working-groups/{group['id']}"
    begun = await employer.post(guides, {"processGuideId": FIRST_YEAR})
    path = f"/followed-guides/{begun['id']}"
    guide = await saco.get(f"/process-guides/{FIRST_YEAR}")
    assert (begun["guideKey"], begun["guideVersion"], begun["title"]) == ("forsta-aret", "1.0.0", guide["title"])
    assert (begun["state"], begun["currentPhase"], begun["nextPhase"]) == ("following", "anchor", "beginInTheWork")
    assert statuses(begun) == ["current", *["notBegun"] * 5]

    async def rate(who: Any, phase: str, level: int) -> Json:
        made: Json = await who.post(f"{path}/self-ratings", {"phase": phase, "level": level})
        return made

    # Each side's word, side by side for all of the group, in the words of the guide.
    await rate(employer, "anchor", 4)
    await rate(saco, "anchor", 1)
    await rate(saco, "anchor", 2)
    for reader in (employer, saco, seko, facilitator):
        (phase, *_) = (await reader.get(path))["phases"]
        parties = {
            world.employer.name: ("employer", 4),
            world.saco.name: ("union", 2),
            world.seko.name: ("union", None),
        }
        assert side_by_side(phase) == parties
        words = {each["level"]: each["words"] for each in phase["selfRatings"]}
        levels = guide["phases"][0]["selfRating"]["levels"]
        assert words == {4: levels[3], 2: levels[1], None: None}
    # Whoever moves on has seen what the others said: their word is a change.
    tag = f'"{begun["version"]}"'
    to = {"to": "phaseDone"}
    await employer.refused("POST", f"{path}/transitions", 412, "staleVersion", json=to, etag=tag)
    await facilitator.step(f"{path}/transitions", to)
    for unfit, pointer, code in (
        ({"to": "phaseSkipped"}, "/reason", "reasonMissing"),
        ({"to": "phaseDone", "reason": "Så är det."}, "/reason", "notForThisStep"),
        ({"to": "ended", "phase": "anchor"}, "/phase", "notForThisStep"),
        ({"to": "earlierPhase"}, "/phase", "phaseNotEarlier"),
        ({"to": "earlierPhase", "phase": "beginInTheWork"}, "/phase", "phaseNotEarlier"),
        ({"to": "earlierPhase", "phase": "keepAlive"}, "/phase", "phaseNotEarlier"),
    ):
        tag = await saco.etag(path)
        problem = await saco.refused("POST", f"{path}/transitions", 422, code, json=unfit, etag=tag)
        assert [each["pointer"] for each in problem["errors"]] == [pointer]
    early = {"phase": "followUp", "level": 1}
    await saco.refused("POST", f"{path}/self-ratings", 422, "phaseNotBegun", json=early)
    skipped = await saco.step(
        f"{path}/transitions", {"to": "phaseSkipped", "reason": "Vi provade redan i våras, på Ö."}
    )
    assert statuses(skipped)[:4] == ["done", "skipped", "current", "notBegun"]
    assert skipped["phases"][1]["skipReason"] == "Vi provade redan i våras, på Ö."
    back = await seko.step(f"{path}/transitions", {"to": "earlierPhase", "phase": "beginInTheWork"})
    assert statuses(back)[:4] == ["done", "current", "left", "notBegun"]
    assert (back["nextPhase"], back["phases"][1]["skipReason"]) == ("lookTogether", None)

    # Another language changes nothing of where the group is.
    english = (await employer.request("GET", path, headers={"Accept-Language": "en"})).json()
    assert (english["language"], english["title"] != begun["title"]) == ("en", True)
    assert (english["version"], statuses(english)) == (back["version"], statuses(back))
    await moved(world, path, *[to] * 5)
    done = await saco.get(path)
    assert (done["state"], done["currentPhase"], done["nextPhase"]) == ("completed", None, None)
    assert set(statuses(done)) == {"done"}
    assert done["endedAt"] == done["phases"][5]["leftAt"]
    # It is over, and another can be followed.
    late = {"phase": "anchor", "level": 4}
    await employer.refused("POST", f"{path}/self-ratings", 409, "guideNotFollowed", json=late)
    tag = await employer.etag(path)
    await employer.refused("POST", f"{path}/transitions", 409, "guideNotFollowed", json=to, etag=tag)
    await employer.post(guides, {"processGuideId": RESTART})
    listed = (await facilitator.get(guides))["items"]
    assert [(each["guideKey"], each["state"], each["currentPhase"] is None) for each in listed] == [
        ("omstart", "following", False),
        ("forsta-aret", "completed", True),
    ]
    # Who did what is in the trail of the group, by the party that rated; the levels are not.
    entries = await trail(saco, world, workingGroupId=group["id"])
    rated = [each["mandateId"] for each in entries if each["operation"] == "rate_followed_guide"]
    assert rated == [world.employer_rep.mandate_id, *[world.saco_rep.mandate_id] * 2]
    assert (await employer.get(group_path))["state"] == "active"


async def test_a_group_follows_one_guide_at_a_time(world: World) -> None:
    """Also when two begin at once; and one request made twice begins one."""
    await publish_guides(world)
    group = await started_group(world)
    guides = f"/working-groups/{group['id']}/followed-guides"
    chosen, key = {"processGuideId": RESTART}, {"Idempotency-Key": "en-gang"}
    both = (world.employer_rep.client, world.saco_rep.client)
    answers = await asyncio.gather(*(who.request("POST", guides, json=chosen) for who in both))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "guideFollowedAlready"}
    path = f"/followed-guides/{next(answer.json()['id'] for answer in answers if answer.status_code == 201)}"
    employer = world.employer_rep.client
    ended = await employer.step(f"{path}/transitions", {"to": "ended", "reason": "Vi börjar om."})
    assert (ended["state"], ended["endReason"], statuses(ended)[0]) == ("ended", "Vi börjar om.", "left")
    again = [await employer.post(guides, chosen, headers=key) for _ in range(2)]
    assert again[0]["id"] == again[1]["id"] != ended["id"]
    # Two who move it on at once have seen the same: it moves once.
    path = f"/followed-guides/{again[0]['id']}"
    tag, to = await employer.etag(path), {"to": "phaseDone"}
    moving = (who.request("POST", f"{path}/transitions", json=to, etag=tag) for who in both)
    assert sorted([answer.status_code for answer in await asyncio.gather(*moving)]) == [201, 412]
    assert statuses(await employer.get(path))[:3] == ["done", "current", "notBegun"]
    unknown = {"processGuideId": group["id"]}
    await employer.step(f"{path}/transitions", {"to": "ended"})
    await employer.refused("POST", guides, 422, "unknownGuide", json=unknown)


async def test_who_reads_who_moves_and_who_rates(world: World) -> None:
    """As the group itself is read; and a party is rated for by those alone who speak for it there."""
    group = await started_group(world)
    await planned_session(world, group)
    path = await followed_guide(world, group)
    rating = {"phase": "anchor", "level": 3}
    facilitator, employee = world.facilitator.client, world.employee.client
    await facilitator.refused("POST", f"{path}/self-ratings", 403, "notYourRole", json=rating)
    chosen = {"processGuideId": FIRST_YEAR}
    guides = f"/working-groups/{group['id']}/followed-guides"
    await facilitator.refused("POST", guides, 403, "notYourRole", json=chosen)
    for stranger in (employee, world.seko_rep.client, world.administrator.client):
        await stranger.refused("GET", path, 404, "notFound")
        await stranger.refused("POST", f"{path}/self-ratings", 404, "notFound", json=rating)
    # Nobody names a mandate that is not their own.
    anothers = rating | {"mandateId": world.employer_rep.mandate_id}
    await world.saco_rep.client.refused("POST", f"{path}/self-ratings", 422, "unknownMandate", json=anothers)
    for level in (0, 5, "3", None, 2.5):
        unfit = rating | {"level": level}
        await world.saco_rep.client.refused("POST", f"{path}/self-ratings", 422, "validationFailed", json=unfit)
    # The one who speaks for two unions there says for which.
    both = await started_group(world, world.saco, world.seko)
    path = await followed_guide(world, both)
    double = await world.representative("double", world.saco)
    await world.representative("double", world.seko, person=double)
    await double.client.refused("POST", f"{path}/self-ratings", 422, "chooseMandate", json=rating)
    made = await double.client.post(f"{path}/self-ratings", rating | {"mandateId": double.mandate_id})
    (named,) = [each["name"] for each in made["phases"][0]["selfRatings"] if each["level"] is not None]
    assert named in {world.saco.name, world.seko.name}


async def test_the_version_is_pinned_and_a_hold_keeps_what_was_said(world: World) -> None:
    """In the database too: no version takes the place of another, and erasure takes nothing out while a hold stands."""
    group = await started_group(world)
    path = await followed_guide(world, group)
    reason = {"to": "phaseSkipped", "reason": "Anna Berg ville det."}
    await world.saco_rep.client.step(f"{path}/transitions", reason)
    of_row = sa.update(FollowedGuide).where(col(FollowedGuide.id) == UUID(path.rpartition("/")[2]))

    async def refused(why: str, **changes: Any) -> None:
        with pytest.raises(DBAPIError, match=why):
            async with world.database.write() as session:
                await session.execute(of_row.values(**changes))

    await refused("followed_guide is final", process_guide_id=UUID(FIRST_YEAR))
    await a_hold(world, heldGroupId=group["id"])
    await refused("followed_guide is under legal hold", skips=[])
    # Under the hold the group goes on all the same.
    await world.saco_rep.client.step(f"{path}/transitions", {"to": "earlierPhase", "phase": "anchor"})
    again = await world.saco_rep.client.step(f"{path}/transitions", reason | {"reason": "Igen."})
    assert again["phases"][0]["skipReason"] == "Igen."
