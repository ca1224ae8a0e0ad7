"""Rules, holds and destructions in every state, and what a hold is on, for the authorisation matrix."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.models.action import Action
from app.models.approval import Approval
from app.models.destruction import Destruction
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.dialogue_session import DialogueSession
from app.models.legal_hold import LegalHold
from app.models.mandate import Mandate
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.retention_rule import RetainedKind, RetentionRule
from app.models.session_record import SessionRecord
from app.models.statement import Statement
from app.models.survey_round import SurveyRound
from app.models.working_group import WorkingGroup
from tests import stories, survey_stories
from tests.retention_stories import a_destruction, a_hold, a_rule, destroyed_jointly, lifted, log_of

if TYPE_CHECKING:
    from tests.stage import Stage


async def build(stage: "Stage") -> None:
    await _destructions(stage)
    await _one_for_two_unions(stage)
    await _held(stage)
    await _people(stage)
    await stage.keep("retention rule", RetentionRule, (await a_rule(stage.world))["id"])


async def _destructions(stage: "Stage") -> None:
    world = stage.world
    group = await stories.started_group(world)
    records = {
        name: await stories.final_record(world, group) for name in ("proposed", "under hold", "withdrawn", "gone")
    }
    made = {name: await a_destruction(world, records[name]) for name in ("proposed", "under hold", "withdrawn")}
    standing = await stories.decide(world.employer_rep, f"/destructions/{made['proposed']['id']}")
    await world.saco_rep.client.step(f"/destructions/{made['withdrawn']['id']}/transitions", {"to": "withdrawn"})
    made["carried out"] = await destroyed_jointly(world, records["gone"])
    (entry,) = await log_of(world.archivist, world)
    hold = await a_hold(world, heldRecordId=records["under hold"]["id"])
    appended = await stories.final_record(world, group)
    made["proposed, appendix open"] = await a_destruction(world, appended)
    appendix = {"title": "Rättelse", "sharedPicture": "Rätt."}
    await world.saco_rep.client.post(f"/session-records/{appended['id']}/appendices", appendix)
    for name, destruction in made.items():
        label = "proposed, under hold" if name == "under hold" else name
        await stage.keep(f"destruction, {label}", Destruction, destruction["id"])
    await stage.keep("record, final, destruction proposed", SessionRecord, records["proposed"]["id"])
    await stage.keep("record, final, under hold", SessionRecord, records["under hold"]["id"])
    await stage.keep("record, final, appendix open", SessionRecord, appended["id"])
    await stage.keep("approval: employer's, of a destruction", Approval, standing["id"])
    await stage.keep("hold, standing", LegalHold, hold["id"])
    await stage.keep("log entry: a record", DestructionLogEntry, entry["id"])
    of_party = DestructionLogEntry(
        organisation_id=world.organisation.id,
        party_id=world.saco.id,
        kind=RetainedKind.PARTY_NOTES,
        older_than=datetime.now(UTC),
        count=3,
        archive_class="2.4.1",
        decision_reference="MP 2026/45",
        destroyed_at=datetime.now(UTC),
    )
    await world.add(of_party)
    stage.rows["log entry: the union's notes"] = of_party


async def _one_for_two_unions(stage: "Stage") -> None:
    """As for groups and records: who decides for one union does not decide for another."""
    world = stage.world
    everyone = (world.employer_rep, world.saco_rep, world.people["third_rep"])
    group: Any = await stories.forming_group(world, world.saco, stage.third)
    for who in everyone:
        await stories.decide(who, f"/working-groups/{group['id']}")
    record = await stories.record_under_review(world, group)
    for who in everyone:
        await stories.decide(who, f"/session-records/{record['id']}")
    destruction = await a_destruction(world, record, by=world.employer_rep)
    await stage.decide_for_two(group, f"/destructions/{destruction['id']}")
    await stage.keep("destruction, proposed, one for two", Destruction, destruction["id"])


async def _held(stage: "Stage") -> None:
    """A group under hold in which something of everything has been written."""
    world, own = stage.world, stage.world.saco_rep.client
    group = await stories.started_group(world)
    draft = await stories.written_record(world, group)
    note = await own.post(f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes", {"text": "Sparat."})
    action = await stories.agreed_action(world, draft)
    statement = f"/session-records/{draft['id']}/statements/{world.saco.id}"
    words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": True}
    await own.change(statement, words, method="PUT", etag='"0"')
    planned = await survey_stories.draft_round(world, group)
    forming = await stories.forming_group(world)
    for each in (group, forming):
        await a_hold(world, heldGroupId=each["id"])
    await stage.keep("note of the union, under hold", PartyNote, note["id"])
    await stage.keep("action, open, under hold", Action, action["id"])
    await stage.keep("statement, under hold", Statement, (UUID(draft["id"]), world.saco.id))
    await stage.keep("record, draft, under hold", SessionRecord, draft["id"])
    await stage.keep("session, held, under hold", DialogueSession, draft["dialogueSessionId"])
    await stage.keep("round, draft, under hold", SurveyRound, planned["id"])
    await stage.keep("group, forming, under hold", WorkingGroup, forming["id"])


async def _people(stage: "Stage") -> None:
    world = stage.world
    held = await world.someone("held")
    await a_hold(world, heldPersonId=held.id)
    await world.administrator.client.change(f"/people/{held.id}", {"active": False})
    await stage.keep("person: under hold", Person, held.id)
    speaks = await world.representative("held_rep", world.saco)
    await a_hold(world, heldPersonId=speaks.id)
    await stage.keep("mandate, under hold", Mandate, speaks.mandate_id)
    over = await lifted(world, await a_hold(world, heldPersonId=world.employee.id))
    await stage.keep("hold, lifted", LegalHold, over["id"])
    stage.rows["person: facilitator"] = world.facilitator.person
