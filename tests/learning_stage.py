"""What groups have learned, in every state, for the authorisation matrix."""

from typing import TYPE_CHECKING, Any

from app.models.approval import Approval
from app.models.learning_log_entry import LearningLogEntry
from tests import stories
from tests.learning_stories import learned, proposed_learning
from tests.retention_stories import a_hold

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage", group: Any) -> None:
    world = stage.world
    made = {"own": await learned(world, group), "proposed": await proposed_learning(world, group)}
    standing = await stories.decide(world.employer_rep, f"/learning-log-entries/{made['proposed']['id']}")
    made["shared"] = await proposed_learning(world, group)
    for who in (world.employer_rep, world.saco_rep):
        last = await stories.decide(who, f"/learning-log-entries/{made['shared']['id']}")
    made["proposed, one for two"] = await _one_for_two_unions(stage)
    held = await stories.started_group(world)
    made["own, under hold"] = await learned(world, held)
    path = f"/learning-log-entries/{made['own, under hold']['id']}/revisits"
    await world.saco_rep.client.post(path, {"stillHolds": "Det håller."})
    await a_hold(world, heldGroupId=held["id"])
    closed = await stories.started_group(world)
    made["proposed, group closed"] = await proposed_learning(world, closed)
    closing = {"to": "closed", "reason": "Inte nu."}
    await world.saco_rep.client.step(f"/working-groups/{closed['id']}/transitions", closing)
    for name, entry in made.items():
        await stage.keep(f"learned, {name}", LearningLogEntry, entry["id"])
    await stage.keep("approval: employer's, of something learned", Approval, standing["id"])
    await stage.keep("approval: union's, of something shared", Approval, last["id"])


async def _one_for_two_unions(stage: "Stage") -> Any:
    """As for groups and records: who decides for one union does not decide for another."""
    world = stage.world
    group: Any = await stories.forming_group(world, world.saco, stage.third)
    for who in (world.employer_rep, world.saco_rep, world.people["third_rep"]):
        await stories.decide(who, f"/working-groups/{group['id']}")
    entry = await proposed_learning(world, group)
    await stage.decide_for_two(group, f"/learning-log-entries/{entry['id']}")
    return entry


async def of_closed(stage: "Stage", group: Any) -> None:
    entry = await proposed_learning(stage.shut, group)
    await stage.keep("learned, proposed, organisation closed", LearningLogEntry, entry["id"])
