"""A working group that follows a process guide."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.models.followed_guide import FollowedGuideCreate, FollowedGuideTransition
from app.models.process_guide import ProcessGuide
from app.services import followed_guides, process_guides
from app.services.content_packs import central_guide_id
from tests.content import shipped_pack
from tests.directly import act
from tests.world import Someone, World

ASKED = ("sv", "en")
FIRST_YEAR, RESTART = (str(central_guide_id(key, "1.0.0")) for key in ("forsta-aret", "omstart"))


async def publish_guides(world: World) -> None:
    """Those that are shipped, unless they are there; without the rest of the pack."""
    async with world.database.write() as session:
        for guide in shipped_pack().guides:
            guide_id = central_guide_id(guide.key, guide.guide_version)
            if await session.get(ProcessGuide, guide_id) is None:
                session.add(process_guides.row_of(guide, guide_id, datetime.now(UTC)))


async def followed_guide(world: World, group: Any, guide_id: str = RESTART, by: Someone | None = None) -> str:
    """The address of a guide that the group has just begun to follow."""
    await publish_guides(world)
    chosen = FollowedGuideCreate.model_validate({"processGuideId": guide_id})
    who = by or world.employer_rep
    made = await act(world, who, followed_guides.create, UUID(str(group["id"])), chosen, ASKED)
    return f"/followed-guides/{made.id}"


async def moved(world: World, path: str, *steps: dict[str, str], by: Someone | None = None) -> None:
    """Step after step, without a look at what it looks like in between."""
    followed_id = UUID(path.rpartition("/")[2])
    who = by or world.employer_rep
    for step in steps:
        read = await act(world, who, followed_guides.read, followed_id, ASKED)
        to = FollowedGuideTransition.model_validate(step)
        await act(world, who, followed_guides.transition, followed_id, read.version, to, ASKED)
