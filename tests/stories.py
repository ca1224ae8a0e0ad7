"""How things come to be: a started group, a held session, a record under review or final.

Over HTTP one by one; where several steps lead to what is asked for, directly but for the last look at it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, Decision, SubjectType
from app.models.audit_entry import AuditEntry
from app.models.base import Table
from app.models.dialogue_session import (
    DialogueSessionCreate,
    DialogueSessionRead,
    DialogueSessionTransition,
    DialogueSessionUpdate,
)
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState
from app.models.session_record import SessionRecord, SessionRecordRead, SessionRecordTransition, SessionRecordUpdate
from app.models.working_group import WorkingGroup, WorkingGroupCreate, WorkingGroupParty, WorkingGroupState
from app.services import audit, dialogue_sessions, record_review, session_records, working_groups
from app.services.actor import Actor
from app.services.work import Work
from tests import directly
from tests.client import Client
from tests.directly import act
from tests.world import Someone, World

Json = dict[str, Any]


def soon(days: float = 14) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def a_group(world: World, *parties: Any, **more: Any) -> Json:
    """A proposal for the employer and the given unions (Saco-S when none are given)."""
    unions = parties or (world.saco,)
    return {
        "name": "Lärgruppen på Provtagningsenheten",
        "purpose": "Att tala om vad ett väl utfört arbete är.",
        "scopeUnitId": str(world.subunit.id),
        "partyIds": [str(world.employer.id), *(str(union.id) for union in unions)],
        **more,
    }


async def forming_group(world: World, *unions: Any, **more: Any) -> Json:
    made: Json = await world.employer_rep.client.post(f"{world.path}/working-groups", a_group(world, *unions, **more))
    return made


async def decide(who: Someone | Client, path: str, decision: str = "approve", expect: int = 201, **more: Any) -> Json:
    """One party's decision on what is there now."""
    client = who if isinstance(who, Client) else who.client
    subject = await client.get(path)
    body = {"contentHash": subject["contentHash"], "decision": decision, **more}
    made: Json = await client.step(f"{path}/approvals", body, expect)
    return made


async def started_group(world: World, *unions: Any, **more: Any) -> Json:
    """A group that the employer and the unions (Saco-S when none are given) have started."""
    proposal = WorkingGroupCreate.model_validate(a_group(world, *unions, **more))
    representatives = {world.saco.id: world.saco_rep, world.seko.id: world.seko_rep}
    deciding = (world.employer_rep, *(representatives[union.id] for union in unions or (world.saco,)))
    read: Json = await world.employer_rep.client.get(f"/working-groups/{await _started(world, proposal, deciding)}")
    assert read["state"] == "active"
    return read


async def _started(world: World, proposal: WorkingGroupCreate, deciding: Sequence[Someone]) -> UUID:
    """Row by row: a third of the tests begin here, and a service asked four times is slower than all that it writes."""
    now = datetime.now(UTC)
    async with world.database.write() as session:
        organisation = await session.get_one(Organisation, world.organisation.id)
        group = WorkingGroup(
            **proposal.model_dump(exclude={"party_ids", "approval_rule", "dormancy_interval_days"}),
            organisation_id=organisation.id,
            approval_rule=proposal.approval_rule or organisation.approval_rule,
            dormancy_interval_days=proposal.dormancy_interval_days or organisation.dormancy_interval_days,
            proposed_by_party_id=world.employer.id,
            created_at=now,
        )
        group.content_hash = working_groups._hashed(group, proposal.party_ids)
        session.add(group)
        await session.flush()
        session.add_all(WorkingGroupParty(working_group_id=group.id, party_id=each) for each in proposal.party_ids)
        session.add(_entry(deciding[0], "create_working_group", group))
        for who in deciding:
            approval = _approval(who, SubjectType.WORKING_GROUP, group, now)
            session.add_all([approval, _entry(who, "approve_working_group", approval)])
        session.add(_entry(deciding[-1], "approve_working_group", group, from_version=group.version))
        group.state, group.started_at = WorkingGroupState.ACTIVE, now
        group.version += 1
    return group.id


def _approval(who: Someone, on: SubjectType, group: WorkingGroup, now: datetime) -> Approval:
    assert who.mandate is not None
    return Approval(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        subject_type=on,
        subject_id=group.id,
        content_hash=group.content_hash,
        party_id=who.mandate.party_id,
        mandate_id=who.mandate.id,
        person_id=who.person.id,
        decision=Decision.APPROVE,
        decided_at=now,
        created_at=now,
    )


def _entry(who: Someone, operation: str, row: Table, from_version: int | None = None) -> AuditEntry:
    assert who.mandate is not None
    actor = Actor(who.person.id, who.mandate.organisation_id)
    return audit.entry(actor, operation, row, datetime.now(UTC), from_version, who.mandate.id)


async def a_session(world: World, **more: Any) -> Json:
    return {
        "dialogueTemplateId": str((await world.template()).id),
        "startsAt": datetime.now(UTC).isoformat(),
        "place": "Sammanträdesrummet Ålen",
        "facilitatorId": world.facilitator.id,
        "facilitatorFunction": "Verksamhetsutvecklare",
        **more,
    }


async def planned_session(world: World, group: Json, **more: Any) -> Json:
    path = f"/working-groups/{group['id']}/dialogue-sessions"
    made: Json = await world.employer_rep.client.post(path, await a_session(world, **more))
    return made


IS_HELD = DialogueSessionTransition.model_validate({"to": "held"})


def present(*people: Someone) -> list[Json]:
    return [{"mandateId": each.mandate_id, "status": "present"} for each in people]


async def held_session(world: World, group: Json, **more: Any) -> Json:
    """A session held with the employer and Saco-S in the room; its record is a draft."""
    held = await _held(world, group, **more)
    read: Json = await world.facilitator.client.get(f"/dialogue-sessions/{held.id}")
    assert read["state"] == "held"
    return read


async def _held(world: World, group: Json, **more: Any) -> DialogueSessionRead:
    plan = DialogueSessionCreate.model_validate(await a_session(world, **more))
    planned = await act(world, world.employer_rep, dialogue_sessions.create, UUID(group["id"]), plan)

    async def held(work: Work) -> DialogueSessionRead:
        body = {"attendances": present(world.employer_rep, world.saco_rep), "employeeHeadcount": 7}
        attended = DialogueSessionUpdate.model_validate(body)
        met = await dialogue_sessions.update(work, planned.id, planned.version, attended)
        return await dialogue_sessions.transition(work, planned.id, met.version, IS_HELD)

    return await act(world, world.facilitator, held)


async def draft_record(world: World, group: Json) -> Json:
    held = await _held(world, group)
    read: Json = await world.facilitator.client.get(f"/session-records/{held.session_record_id}")
    return read


WRITTEN = SessionRecordUpdate.model_validate(
    {"answers": {"q2": "Att provet går att lita på."}, "sharedPicture": "Tiden för handledning har minskat."}
)


async def _written(world: World, group: Json) -> SessionRecordRead:
    held = await _held(world, group)

    async def written(work: Work) -> SessionRecordRead:
        assert held.session_record_id is not None
        draft = await session_records.read(work, held.session_record_id)
        return await session_records.update(work, draft.id, draft.version, WRITTEN)

    return await act(world, world.facilitator, written)


async def written_record(world: World, group: Json) -> Json:
    written = await _written(world, group)
    read: Json = await world.facilitator.client.get(f"/session-records/{written.id}")
    return read


def for_review(**more: Any) -> Json:
    return {"to": "underReview", "reviewDeadline": soon(), "noIndividualRecognisable": True, **more}


async def _under_review(world: World, group: Json) -> UUID:
    written = await _written(world, group)
    sent = SessionRecordTransition.model_validate(for_review())
    await act(world, world.facilitator, session_records.transition, written.id, written.version, sent)
    return written.id


async def record_under_review(world: World, group: Json) -> Json:
    read: Json = await world.facilitator.client.get(f"/session-records/{await _under_review(world, group)}")
    assert read["state"] == "underReview"
    return read


async def final_record(world: World, group: Json) -> Json:
    record_id = await _under_review(world, group)
    for who in (world.employer_rep, world.saco_rep):
        await directly.decide(world, who, SessionRecord, record_review.approve, record_id)
    read: Json = await world.employer_rep.client.get(f"/session-records/{record_id}")
    assert read["state"] == "final"
    return read


def an_action(**more: Any) -> Json:
    return {
        "what": "Avsätta en timme i veckan för handledning.",
        "ownerFunction": "Enhetschef",
        "dueOn": soon(30)[:10],
        "questionId": "q6",
        **more,
    }


async def agreed_action(world: World, record: Json, **more: Any) -> Json:
    body = an_action(**more)
    made: Json = await world.facilitator.client.post(f"/session-records/{record['id']}/actions", body)
    return made


async def now_as(world: World, who: Someone) -> Client:
    """The same person signed in at this moment: for tests that travel further than a token lives."""
    return who.client.signed_in(await world.token(who.person))


async def trail(who: Someone | Client, world: World, **filters: Any) -> list[Json]:
    """What somebody sees in the audit trail, oldest first."""
    client = who if isinstance(who, Client) else who.client
    asked = {"limit": 100, "sort": "happenedAt", **filters}
    entries: list[Json] = (await client.get(f"{world.path}/audit-entries", params=asked))["items"]
    return entries


async def shut_party(world: World, party: Party) -> None:
    """The party closes itself."""
    async with world.database.write() as session:
        await session.execute(
            sa.update(Party).where(col(Party.id) == party.id).values(state=PartyState.CLOSED, closed_at=sa.func.now())
        )


async def shut_organisation(world: World) -> None:
    tag = await world.administrator.client.etag(world.path)
    async with world.database.write() as session:
        await session.execute(
            sa.update(Organisation)
            .where(col(Organisation.id) == world.organisation.id)
            .values(state=OrganisationState.CLOSED, closed_at=sa.func.now())
        )
    assert await world.administrator.client.etag(world.path) != tag
