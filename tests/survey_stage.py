"""Survey rounds and their changes in every state, for the authorisation matrix."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.models.approval import Approval
from app.models.survey_amendment import SurveyAmendment
from app.models.survey_round import SurveyRound
from app.services import survey_closing
from app.services.ballot import words_of
from tests import stories
from tests.ballot_boxes import an_answered_round
from tests.survey_stories import amended_round, draft_round, open_round, proposed_round, time_passes, unit_apart
from tests.world import World

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage", group: Any) -> None:
    await _rounds(stage, group)
    await _amendments(stage, group)
    await _one_for_two_unions(stage)
    await _group_closed(stage)


async def rounds_ahead(world: World, group: Any) -> tuple[Any, Any]:
    """A draft and a proposed round of this group."""
    return await draft_round(world, group), await proposed_round(world, group)


async def _own_unit(stage: "Stage", name: str) -> str:
    return str((await unit_apart(stage.world, name, 20)).id)


async def _rounds(stage: "Stage", group: Any) -> None:
    world = stage.world
    rounds = {
        "draft": await draft_round(world, group, rootUnitId=await _own_unit(stage, "Planerade")),
        "cancelled": await draft_round(world, group),
    }
    asked = await _own_unit(stage, "Öppna")
    rounds["draft, two keys"] = await draft_round(world, group, twoKeys=True, rootUnitId=asked)
    cancelling = {"to": "cancelled", "reason": "Omorganisation."}
    await world.saco_rep.client.step(f"/survey-rounds/{rounds['cancelled']['id']}/transitions", cancelling)
    returned = rounds["draft, change requested"] = await proposed_round(world, group)
    path = f"/survey-rounds/{returned['id']}"
    request = await stories.decide(world.saco_rep, path, "requestChange", statement="Två veckor räcker.")
    proposed = rounds["proposed"] = await proposed_round(world, group, rootUnitId=await _own_unit(stage, "Föreslagna"))
    standing = await stories.decide(world.employer_rep, f"/survey-rounds/{proposed['id']}")
    late = rounds["proposed, closing time passed"] = await proposed_round(world, group)
    await time_passes(world, late, timedelta(days=30))
    rounds["proposed, too soon"] = await proposed_round(world, group, rootUnitId=asked)
    rounds["open"] = await open_round(world, group, rootUnitId=asked)
    for name in ("closed", "released"):
        rounds[name] = await open_round(world, group, rootUnitId=await _own_unit(stage, name.title()))
        await time_passes(world, rounds[name], timedelta(days=30))
    async with world.database.write() as session:
        store = world.app.state.key_store
        await survey_closing.close(session, UUID(rounds["released"]["id"]), store, datetime.now(UTC))
    box = await an_answered_round(world, group, two_keys=True)
    stage.employer_words = " ".join(words_of(box.secret_keys[1]))
    await stage.keep("round, closed, two keys", SurveyRound, str(box.id))
    for name, survey_round in rounds.items():
        await stage.keep(f"round, {name}", SurveyRound, survey_round["id"])
    await stage.keep("approval: employer's, of a round", Approval, standing["id"])
    await stage.keep("approval: union's request, of a round", Approval, request["id"])


async def _amendments(stage: "Stage", group: Any) -> None:
    world, states = stage.world, ("proposed", "withdrawn", "decided", "proposed, round closed")
    for state in states:
        survey_round = await open_round(world, group, rootUnitId=await _own_unit(stage, f"Ändrade {state}"))
        amendment = await amended_round(world, survey_round, by=world.saco_rep)
        path = f"/survey-amendments/{amendment['id']}"
        if state == "withdrawn":
            await world.saco_rep.client.step(f"{path}/transitions", {"to": "withdrawn"})
        else:
            await stories.decide(world.employer_rep, path)
        if state == "decided":
            await stories.decide(world.saco_rep, path)
        if state == "proposed, round closed":
            await time_passes(world, survey_round, timedelta(days=30))
        if state == "proposed":
            await stage.keep("round, open, change proposed", SurveyRound, survey_round["id"])
        await stage.keep(f"amendment, {state}", SurveyAmendment, amendment["id"])
    box = await an_answered_round(world, group, two_keys=True)
    abandoning = {"abandon": True, "reason": "Våra ord är borta."}
    amendment = await world.saco_rep.client.post(f"{box.path}/amendments", abandoning)
    await stories.decide(world.employer_rep, f"/survey-amendments/{amendment['id']}")
    await stage.keep("amendment, proposed, to abandon", SurveyAmendment, amendment["id"])


async def _one_for_two_unions(stage: "Stage") -> None:
    """As for groups and records: who decides for one union does not decide for another."""
    world, third_rep = stage.world, stage.world.people["third_rep"]
    group = await stories.forming_group(world, world.saco, stage.third)
    for who in (world.employer_rep, world.saco_rep, third_rep):
        await stories.decide(who, f"/working-groups/{group['id']}")
    opened = await open_round(
        world, group, rootUnitId=await _own_unit(stage, "Tredje"), by=(world.employer_rep, world.saco_rep, third_rep)
    )
    amendment = await amended_round(world, opened, by=world.employer_rep)
    await stage.decide_for_two(group, f"/survey-amendments/{amendment['id']}")
    await stage.keep("amendment, proposed, one for two", SurveyAmendment, amendment["id"])
    group = await stories.forming_group(world, world.saco, stage.third)
    for who in (world.employer_rep, world.saco_rep, third_rep):
        await stories.decide(who, f"/working-groups/{group['id']}")
    proposed = await proposed_round(world, group, rootUnitId=await _own_unit(stage, "Fjärde"))
    await stage.decide_for_two(group, f"/survey-rounds/{proposed['id']}")
    await stage.keep("round, proposed, one for two", SurveyRound, proposed["id"])


async def _group_closed(stage: "Stage") -> None:
    world = stage.world
    scope = await _own_unit(stage, "Nedlagda gruppens enhet")
    group = await stories.started_group(world, scopeUnitId=scope)
    draft, proposed = await rounds_ahead(world, group)
    closing = {"to": "closed", "reason": "Inte nu."}
    await world.saco_rep.client.step(f"/working-groups/{group['id']}/transitions", closing)
    for name, survey_round in (("draft", draft), ("proposed", proposed)):
        await stage.keep(f"round, {name}, group closed", SurveyRound, survey_round["id"])
