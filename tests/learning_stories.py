"""How something learned is written down, and proposed for the library."""

from typing import Any

from tests.stories import Json
from tests.world import Someone, World

LEARNED = {
    "title": "Frågor blir fler när handledningen har en fast tid",
    "text": "När tisdagstimmen var avsatt ställdes frågor som annars hade fått vänta. Åtta av tio återkom.",
    "learnedMonth": "2026-10",
}


async def learned(world: World, group: Json, by: Someone | None = None, **more: Any) -> Json:
    path = f"/working-groups/{group['id']}/learning-log-entries"
    made: Json = await (by or world.saco_rep).client.post(path, {**LEARNED, **more})
    return made


async def proposed_learning(world: World, group: Json, by: Someone | None = None, **more: Any) -> Json:
    entry = await learned(world, group, by, **more)
    path = f"/learning-log-entries/{entry['id']}/transitions"
    read: Json = await (by or world.saco_rep).client.step(path, {"to": "proposed"})
    return read
