"""Overviews over HTTP: who sees them, that they show no more than what else one may read, and what they cost."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action
from app.models.approval import Approval
from app.models.base import Table
from app.models.dialogue_session import DialogueSession
from app.models.session_record import SessionRecord
from app.models.survey_round import SurveyRound
from tests import stories
from tests.counting import counted
from tests.learning_stories import proposed_learning
from tests.retention_stories import a_destruction
from tests.stories import Json, agreed_action, decide
from tests.survey_stories import amended_round, open_round
from tests.world import World

STATEMENTS = 12
"""Who asks, the group, its seats, sessions, open steps, promises, follow-ups, decisions, rounds, phase, what could be
suggested, titles."""


def path_of(group: Json) -> str:
    return f"/working-groups/{group['id']}/overview"


def waiting(seen: Json) -> dict[str, list[str]]:
    return {each["subjectType"]: [party["name"] for party in each["parties"]] for each in seen["awaitingApprovals"]}


async def test_the_group_leads_to_it_and_it_to_the_group(world: World) -> None:
    group = await stories.started_group(world)
    links = {each["rel"]: each["href"] for each in group["_links"]}
    assert links["readWorkingGroupOverview"].endswith(path_of(group))
    assert "readWorkingGroupOverview" not in {each["action"] for each in group["allowedActions"]}
    answer = await world.saco_rep.client.request("GET", path_of(group), expect=200)
    links = {each["rel"]: each["href"] for each in answer.json()["_links"]}
    assert links["self"].endswith(path_of(group))
    assert links["up"].endswith(f"/working-groups/{group['id']}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    held = {"If-None-Match": answer.headers["ETag"]}
    await world.employer_rep.client.request("GET", path_of(group), headers=held, expect=304)
    for minutes in (0, 1441, "en timme", ""):
        asked = f"{path_of(group)}?minutesAvailable={minutes}"
        await world.employer_rep.client.refused("GET", asked, 422, "validationFailed")


async def test_what_waits_at_a_table_is_there_for_those_who_may_read_it(world: World) -> None:
    """A facilitator of one session sees that session, and nothing of the table's own matters."""
    group = await stories.started_group(world, world.saco, world.seko)
    final = await stories.written_record(world, group)
    for step in ("2030-01-01", "2020-01-01"):
        await agreed_action(world, final, dueOn=step)
    await world.facilitator.client.step(f"/session-records/{final['id']}/transitions", stories.for_review())
    for who in (world.employer_rep, world.saco_rep, world.seko_rep):
        await decide(who, f"/session-records/{final['id']}")
    destruction = await a_destruction(world, final)
    await decide(world.seko_rep, f"/destructions/{destruction['id']}")
    amendment = await amended_round(world, await open_round(world, group, by=everybody(world)))
    await decide(world.employer_rep, f"/survey-amendments/{amendment['id']}")
    learning = await proposed_learning(world, group)
    await decide(world.seko_rep, f"/learning-log-entries/{learning['id']}")
    another = await world.someone("another_facilitator")
    draft = await stories.planned_session(world, group, facilitatorId=another.id, title="Ett eget samtal")

    at_table = await world.saco_rep.client.get(path_of(group))
    assert waiting(at_table) == {
        "destruction": ["Arbetsgivaren", "Saco-S"],
        "surveyAmendment": ["Saco-S", "Seko"],
        "learningLogEntry": ["Arbetsgivaren", "Saco-S"],
    }
    subjects = {each["subjectId"] for each in at_table["awaitingApprovals"]}
    assert subjects == {destruction["id"], amendment["id"], learning["id"]}
    assert (at_table["actionsOverdue"]["total"], at_table["freshness"]["promisesMade"]) == (1, 1)

    for who in (world.facilitator, another):
        led = await who.client.get(path_of(group))
        assert set(waiting(led)) == {"surveyAmendment", "learningLogEntry"}, "what is the table's alone is not there"
        assert (led["actionsDue"]["total"], led["actionsOverdue"]["total"]) == (1, 1), "agreed steps are everybody's"
    seen = await another.client.get(path_of(group))
    assert (seen["nextSession"]["id"], seen["lastSession"], seen["followUps"]) == (draft["id"], None, [])
    for stranger in (world.employee, world.archivist, world.administrator):
        await stranger.client.refused("GET", path_of(group), 404, "notFound")
    async with World(world.app) as other:
        for who in (other.employer_rep, other.facilitator):
            await who.client.refused("GET", path_of(group), 404, "notFound")

    # --- nobody decides about a party that has left, and a union that has decided is enough where any will do
    await stories.shut_party(world, world.seko)
    assert waiting(await world.saco_rep.client.get(path_of(group)))["surveyAmendment"] == ["Saco-S"]
    await rule_is(world, group, "any")
    assert waiting(await world.saco_rep.client.get(path_of(group)))["surveyAmendment"] == ["Saco-S"]
    await decide(world.saco_rep, f"/destructions/{destruction['id']}")
    assert waiting(await world.saco_rep.client.get(path_of(group)))["destruction"] == ["Arbetsgivaren"]
    # --- a group that has been closed shares nothing any more, and what else was proposed can still be decided
    closing = {"to": "closed", "reason": "Uppdraget är slutfört."}
    await world.saco_rep.client.step(f"/working-groups/{group['id']}/transitions", closing)
    assert set(waiting(await world.saco_rep.client.get(path_of(group)))) == {"destruction", "surveyAmendment"}
    # --- an organisation that has closed is suggested nothing, and shows what there was
    await stories.shut_organisation(world)
    shut = await world.saco_rep.client.get(path_of(group))
    assert (shut["suggestions"], shut["actionsOverdue"]["total"]) == ([], 1)


def everybody(world: World) -> Any:
    return (world.employer_rep, world.saco_rep, world.seko_rep)


async def rule_is(world: World, group: Json, rule: str) -> None:
    async with world.database.write() as session:
        changed = {"rule": rule, "id": UUID(group["id"])}
        await session.execute(sa.text("UPDATE working_group SET approval_rule = :rule WHERE id = :id"), changed)


async def test_its_cost_does_not_grow_with_what_the_group_has_done(world: World) -> None:
    """As many statements for one session, step, record and round as for sixty of each, and no longer an answer."""
    group = await stories.started_group(world)
    record = await stories.final_record(world, group)
    review = await stories.record_under_review(world, group)
    action = await agreed_action(world, await stories.written_record(world, group), dueOn="2020-01-01")
    survey_round = await open_round(world, group)
    sizes = []
    for history in (1, 60):
        if history > 1:
            await multiplied(world, history, record, review, action, survey_round)
        with counted(world) as sent:
            seen = await world.employer_rep.client.get(path_of(group))
        assert len(sent) == STATEMENTS, "\n".join(sent)
        sizes.append(seen)
    few, many = sizes
    assert few["freshness"]["promisesMade"] == 0, "what is not agreed has not been promised"
    assert (few["actionsOverdue"]["total"], many["actionsOverdue"]["total"]) == (1, 60)
    assert (len(many["actionsOverdue"]["items"]), len(many["followUps"])) == (10, 10)
    assert len(many["awaitingApprovals"]) == 60


async def multiplied(world: World, times: int, record: Json, review: Json, action: Json, survey_round: Json) -> None:
    """So many of each, with what hangs together still hanging together."""
    async with world.database.write() as session:
        kept = [
            await session.get_one(SessionRecord, UUID(record["id"])),
            await session.get_one(SessionRecord, UUID(review["id"])),
            await session.get_one(Action, UUID(action["id"])),
            await session.get_one(SurveyRound, UUID(survey_round["id"])),
        ]
        sessions = {
            each.id: await session.get_one(DialogueSession, each.dialogue_session_id)
            for each in kept[:2]
            if isinstance(each, SessionRecord)
        }
        approvals = (
            (await session.execute(sa.select(Approval).where(col(Approval.subject_id) == UUID(record["id"]))))
            .scalars()
            .all()
        )
        rows: list[list[Table]] = [[], [], []]
        for number in range(1, times):
            for each in kept:
                fresh: dict[str, Any] = {"id": uuid4()}
                if isinstance(each, SessionRecord):
                    held = copied(
                        sessions[each.id], id=uuid4(), starts_at=sessions[each.id].starts_at - timedelta(hours=number)
                    )
                    rows[0].append(held)
                    fresh["dialogue_session_id"] = held.id
                rows[1].append(copied(each, **fresh))
            rows[2] += [copied(each, id=uuid4(), subject_id=rows[1][-4].id) for each in approvals]  # type: ignore[attr-defined]
        for some in rows:
            session.add_all(some)
            await session.flush()


def copied(row: Any, **more: Any) -> Any:
    return type(row)(**{name: getattr(row, name) for name in type(row).model_fields} | more)
