"""Texts of rounds in every state, for the authorisation matrix."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.models.approval import Approval
from app.models.survey_round import SurveyRound
from app.models.survey_texts import SurveyTexts
from tests import stories
from tests.stories import Json
from tests.text_stories import closed_round, every_text, lines, texts_under_review, withhold
from tests.world import Someone, World

if TYPE_CHECKING:
    from tests.ballot_boxes import Box
    from tests.stage import Stage

WRITTEN = {"a": lines("a", 14), "b": lines("b", 14)}


async def build(stage: "Stage", group: Any) -> None:
    world = stage.world
    box, texts = await _withheld_by_saco(stage, world, group)
    standing = await stories.decide(world.employer_rep, f"/survey-texts/{texts['id']}")
    await _keep(stage, "under review", box, texts)
    await stage.keep("approval: employer's, of texts", Approval, standing["id"])
    box, texts = await _withheld_by_saco(stage, world, group)
    for who in (world.employer_rep, world.saco_rep):
        given = await stories.decide(who, f"/survey-texts/{texts['id']}")
    await _keep(stage, "released", box, texts)
    await stage.keep("approval: union's, of released texts", Approval, given["id"])
    few = await closed_round(world, group, {"a": lines("a", 9)}, opened_by=(world.employer_rep, world.saco_rep))
    await stage.keep("round, too few texts", SurveyRound, few.id)
    await _one_for_two_unions(stage)


async def of_closed(stage: "Stage", group: Any) -> None:
    """Of an organisation that is about to close."""
    await _keep(stage, "organisation closed", *await _withheld_by_saco(stage, stage.shut, group))


async def _withheld_by_saco(stage: "Stage", world: World, group: Any, *more: Someone) -> tuple["Box", Json]:
    parties = (world.employer_rep, world.saco_rep, *more)
    box, texts = await texts_under_review(world, group, WRITTEN, opened_by=parties)
    (text, *_) = await every_text(world.saco_rep, texts)
    stage.withheld[UUID(texts["id"])] = text["id"]
    return box, await withhold(world.saco_rep, texts, text)


async def _one_for_two_unions(stage: "Stage") -> None:
    """As for groups and records: who decides for one union does not decide for another."""
    world = stage.world
    group = await stories.forming_group(world, world.saco, stage.third)
    for who in (world.employer_rep, world.saco_rep, world.people["third_rep"]):
        await stories.decide(who, f"/working-groups/{group['id']}")
    box, texts = await _withheld_by_saco(stage, world, group, world.people["third_rep"])
    await stage.decide_for_two(group, f"/survey-texts/{texts['id']}")
    await _keep(stage, "under review, one for two", box, texts)


async def _keep(stage: "Stage", name: str, box: "Box", texts: Json) -> None:
    await stage.keep(f"texts, {name}", SurveyTexts, texts["id"])
    await stage.keep(f"round, texts {name}", SurveyRound, box.id)
