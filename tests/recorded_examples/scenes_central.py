"""All organisations together, as the central parties' analyst reads them."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from app.models.base import new_id
from app.models.central_aggregate import CentralAggregate
from app.models.person import Person, Role
from app.services import central_aggregates, central_facts
from app.services.calendar import STOCKHOLM, swedish_day
from app.services.central_facts import Activity
from app.services.central_figures import Answers
from app.services.content_hash import content_hash
from tests.recorded_examples.player import Player

ANALYST = "birgitta.sundin"


async def reads_quarters(play: Player) -> None:
    """The story has one agency; the quarters are those of nine, computed as ever."""
    now = datetime.now(UTC)
    latest = central_aggregates.last_quarter(swedish_day(now))
    nine = [UUID(int=number) for number in range(1, 10)]
    async with play.database.write() as session:
        quiet = await central_facts.activity(session, now, now)
        instruments = await central_facts.measured(session, now, now)
        for number, key in enumerate(sorted(quiet.sessions)):
            quiet.sessions[key].update({each: each.int % 3 + 1 for each in nine[number:]})  # type: ignore[attr-defined]
        for instrument in instruments:
            for number, answers in enumerate(instrument.answers.values()):
                answers.update({each: Answers(40, 40 * (3.4 + number / 10)) for each in nine[number:]})  # type: ignore[attr-defined]
        activity = Activity({each: each.int % 2 + 1 for each in nine}, quiet.sessions)
        content = central_aggregates.compute(activity, instruments, {}).content
        for starts_on, ends_before in (central_aggregates.last_quarter(latest[0]), latest):
            session.add(
                CentralAggregate(
                    starts_on=starts_on,
                    ends_on=ends_before - timedelta(days=1),
                    content=content,
                    content_hash=content_hash(content),
                    created_at=datetime.combine(ends_before, time(), STOCKHOLM) + timedelta(minutes=11),
                )
            )
        session.add(
            Person(
                id=new_id(),
                name="Birgitta Sundin",
                email=f"{ANALYST}@partsradet.example",
                roles=[Role.CENTRAL_ANALYST],
                created_at=now,
            )
        )
    listed = (await play.get(ANALYST, "/central-aggregates?limit=3"))["items"]
    await play.get(ANALYST, f"/central-aggregates/{listed[0]['id']}")
