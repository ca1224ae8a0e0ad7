"""The scenes in their order."""

from tests.recorded_examples import (
    refused,
    scenes_agency,
    scenes_calendar,
    scenes_central,
    scenes_dialogue,
    scenes_guide,
    scenes_joining,
    scenes_keeping,
    scenes_learning,
    scenes_providers,
    scenes_survey,
    scenes_systems,
)
from tests.recorded_examples.player import Player

SCENES = (
    scenes_agency.signs_in,
    scenes_agency.second_factor,
    scenes_agency.agency,
    scenes_agency.units,
    scenes_agency.parties,
    scenes_agency.people,
    scenes_agency.mandates,
    scenes_dialogue.proposes_a_group,
    scenes_dialogue.closes_another,
    scenes_dialogue.chooses_a_template,
    scenes_dialogue.plans_a_session,
    scenes_guide.follows_a_guide,
    scenes_calendar.subscribes,
    scenes_systems.service_clients,
    scenes_systems.imports,
    scenes_systems.webhooks,
    scenes_systems.failed_jobs,
    scenes_joining.joins,
    scenes_providers.invited,
    scenes_dialogue.holds_it,
    scenes_dialogue.agrees_actions,
    scenes_dialogue.approves_the_record,
    scenes_dialogue.corrects_it,
    scenes_dialogue.registers_it,
    scenes_survey.instruments,
    scenes_survey.plans_a_round,
    scenes_survey.asks_and_answers,
    scenes_survey.closes_early,
    scenes_survey.results,
    scenes_survey.texts,
    scenes_learning.learns,
    scenes_keeping.rules,
    scenes_keeping.holds,
    scenes_keeping.destructions,
    scenes_systems.audit_trail,
    scenes_providers.providers,
    scenes_survey.two_keys,
    scenes_agency.reminders,
    scenes_central.reads_quarters,
)


async def everything(play: Player) -> None:
    for scene in SCENES:
        await scene(play)
    await refused.refusals(play)
