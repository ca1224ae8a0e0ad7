"""What the overview of a working group costs, and whether it grows with what the group has done.

Groups of one organisation with 1, 60 and 600 sessions behind them, each with its final record and a step that was
agreed on: the CPU time of this process against reading a group alone, as in bench/list_read.py. That of PostgreSQL is
not in it.

    python -m bench.overview
"""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app import migrations
from app.api.operations import BASE
from app.database import Database
from app.models.action import Action
from app.models.dialogue_session import DialogueSession, DialogueSessionState, MeetingForm
from app.models.dialogue_template import DialogueTemplate
from app.models.party import Party
from app.models.person import Person
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.unit import Unit
from app.models.working_group import WorkingGroup
from app.services import content_packs, pack_reading
from app.services.wall import SYSTEM
from bench.list_read import Place, Variant, add, add_group, an_app, compare, fill, measured, table

HISTORIES = (1, 60, 600)
BASELINE = "read_working_group"


async def with_history(database: Database, place: Place, sessions: int) -> UUID:
    """Another group of the same parties, that has met every third day; its newest step is not due yet."""
    now = datetime.now(UTC)
    async with database.read(SYSTEM) as session:
        units = sa.select(Unit).where(col(Unit.organisation_id) == place.organisation_id).limit(1)
        unit = (await session.execute(units)).scalar_one()
        parties = sa.select(Party).where(col(Party.organisation_id) == place.organisation_id)
        at_table = list((await session.execute(parties)).scalars())
        template = (await session.execute(sa.select(DialogueTemplate).limit(1))).scalar_one()
    group = await add_group(database, unit, at_table, now)
    facilitator = Person(
        organisation_id=place.organisation_id, name="Örjan Åberg", email=f"{group.id}@example.se", created_at=now
    )
    await add(database, facilitator)
    for number in range(sessions):
        await add_session(database, group, template, facilitator, now - timedelta(days=3 * number + 1))
    met = sa.update(WorkingGroup).where(col(WorkingGroup.id) == group.id)
    async with database.write(SYSTEM) as session:
        await session.execute(met.values(last_session_at=now - timedelta(days=1)))
    return group.id


async def add_session(
    database: Database, group: WorkingGroup, template: DialogueTemplate, facilitator: Person, at: datetime
) -> None:
    held = DialogueSession(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        dialogue_template_id=template.id,
        title="Ett samtal",
        state=DialogueSessionState.HELD,
        starts_at=at,
        meeting_form=MeetingForm.ON_SITE,
        facilitator_id=facilitator.id,
        facilitator_function="Verksamhetsutvecklare",
        held_at=at,
        created_at=at,
    )
    record = SessionRecord(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        dialogue_session_id=held.id,
        title=held.title,
        state=SessionRecordState.FINAL,
        no_individual_recognisable=True,
        content={},
        content_hash="0" * 64,
        final_at=at,
        created_at=at,
    )
    step = Action(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        session_record_id=record.id,
        dialogue_session_id=held.id,
        what="Avsätta en timme i veckan för handledning.",
        owner_function="Enhetschef",
        due_on=(at + timedelta(days=20)).date(),
        agreed=True,
        created_at=at,
    )
    for row in (held, record, step):
        await add(database, row)


async def run(url: str) -> dict[str, list[float]]:
    app = an_app(url)
    async with AsyncExitStack() as stack:
        database: Database = app.state.database
        stack.push_async_callback(database.close)
        await migrations.upgrade(database)
        async with database.write(SYSTEM) as session:
            await content_packs.load(session, pack_reading.read_pack(pack_reading.shipped()), datetime.now(UTC))
        place = await fill(database)
        token = app.state.token_key.issue(place.person_id, place.sign_in_id, datetime.now(UTC))
        variants = [Variant(BASELINE, app, f"{BASE}/working-groups/{place.working_group_id}")]
        for sessions in HISTORIES:
            group_id = await with_history(database, place, sessions)
            path = f"{BASE}/working-groups/{group_id}/overview"
            variants.append(Variant(f"its overview, sessions held: {sessions}", app, path))
        return await compare(variants, token)


def main() -> None:
    print(table(measured(run), BASELINE))


if __name__ == "__main__":
    main()
