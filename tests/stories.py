"""How things come to be over HTTP: a started group, a held session, a record under review or final."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState
from tests.client import Client
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
    group = await forming_group(world, *unions, **more)
    path = f"/working-groups/{group['id']}"
    representatives = {world.saco.id: world.saco_rep, world.seko.id: world.seko_rep}
    for who in (world.employer_rep, *(representatives[union.id] for union in unions or (world.saco,))):
        await decide(who, path)
    read: Json = await world.employer_rep.client.get(path)
    assert read["state"] == "active"
    return read


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


def present(*people: Someone) -> list[Json]:
    return [{"mandateId": each.mandate_id, "status": "present"} for each in people]


async def held_session(world: World, group: Json, **more: Any) -> Json:
    """A session held with the employer and Saco-S in the room; its record is a draft."""
    session = await planned_session(world, group, **more)
    path = f"/dialogue-sessions/{session['id']}"
    attended = {"attendances": present(world.employer_rep, world.saco_rep), "employeeHeadcount": 7}
    await world.facilitator.client.change(path, attended)
    held: Json = await world.facilitator.client.step(f"{path}/transitions", {"to": "held"})
    assert held["state"] == "held"
    return held


async def draft_record(world: World, group: Json) -> Json:
    session = await held_session(world, group)
    read: Json = await world.facilitator.client.get(f"/session-records/{session['sessionRecordId']}")
    return read


async def written_record(world: World, group: Json) -> Json:
    record = await draft_record(world, group)
    written: Json = await world.facilitator.client.change(
        f"/session-records/{record['id']}",
        {"answers": {"q2": "Att provet går att lita på."}, "sharedPicture": "Tiden för handledning har minskat."},
    )
    return written


def for_review(**more: Any) -> Json:
    return {"to": "underReview", "reviewDeadline": soon(), "noIndividualRecognisable": True, **more}


async def record_under_review(world: World, group: Json) -> Json:
    record = await written_record(world, group)
    reviewed: Json = await world.facilitator.client.step(f"/session-records/{record['id']}/transitions", for_review())
    assert reviewed["state"] == "underReview"
    return reviewed


async def final_record(world: World, group: Json) -> Json:
    record = await record_under_review(world, group)
    path = f"/session-records/{record['id']}"
    await decide(world.employer_rep, path)
    await decide(world.saco_rep, path)
    read: Json = await world.employer_rep.client.get(path)
    assert read["state"] == "final"
    return read


async def agreed_action(world: World, record: Json, **more: Any) -> Json:
    body = {
        "what": "Avsätta en timme i veckan för handledning.",
        "ownerFunction": "Enhetschef",
        "dueOn": soon(30)[:10],
        "questionId": "q6",
        **more,
    }
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
