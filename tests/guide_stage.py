"""Guides that groups follow, in every state, for the authorisation matrix."""

from typing import TYPE_CHECKING, Any

from app.models.followed_guide import FollowedGuide
from app.models.working_group import WorkingGroup
from tests import stories
from tests.guide_stories import followed_guide, moved

if TYPE_CHECKING:
    from tests.stage import Stage

ENDING = {"to": "ended"}


async def build(stage: "Stage", group: Any) -> None:
    """One after the other in the group whose sessions have facilitators; it follows the last of them."""
    world = stage.world
    made = {}
    rating = {"phase": "anchor", "level": 3}
    for name in ("ended", "completed", "followed"):
        made[name] = path = await followed_guide(world, group)
        if name == "ended":
            await moved(world, path, ENDING)
        if name == "completed":
            phases = (await world.employer_rep.client.get(path))["phases"]
            await moved(world, path, *[{"to": "phaseDone"}] * len(phases))
    for who in (world.employer_rep, world.saco_rep):
        await who.client.post(f"{made['followed']}/self-ratings", rating)
    closed = await stories.started_group(world)
    made["followed, group closed"] = await followed_guide(world, closed)
    closing = {"to": "closed", "reason": "Inte nu."}
    await world.saco_rep.client.step(f"/working-groups/{closed['id']}/transitions", closing)
    for name, path in made.items():
        await stage.keep(f"guide, {name}", FollowedGuide, path.rpartition("/")[2])
    # Beside the others: one that follows none is needed once.
    unguided = await stories.started_group(world)
    async with world.database.read() as session:
        stage.unguided = await session.get_one(WorkingGroup, unguided["id"])
