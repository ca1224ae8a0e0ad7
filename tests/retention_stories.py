"""How rules, holds and destructions come to be over HTTP, and time passes for retention."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app import retention
from tests.stories import Json, decide, for_review
from tests.world import Someone, World

RULE = {"kind": "sessionRecords", "keepMonths": 12, "archiveClass": "2.4.1", "decisionReference": "MP 2026/45"}


async def a_rule(world: World, **more: Any) -> Json:
    made: Json = await world.archivist.client.post(f"{world.path}/retention-rules", {**RULE, **more})
    return made


async def a_hold(world: World, **on: Any) -> Json:
    body = {"reason": "Målet prövas i kammarrätten.", "caseNumber": "KRG 512-26", **on}
    made: Json = await world.archivist.client.post(f"{world.path}/legal-holds", body)
    return made


async def lifted(world: World, hold: Json) -> Json:
    read: Json = await world.archivist.client.step(f"/legal-holds/{hold['id']}/transitions", {"to": "lifted"})
    return read


async def a_destruction(world: World, record: Json, by: Someone | None = None, **more: Any) -> Json:
    body = {"reason": "Verksamheten är nedlagd.", "decisionReference": "MP 2026/77", **more}
    who = by or world.saco_rep
    made: Json = await who.client.post(f"/session-records/{record['id']}/destructions", body)
    return made


async def destroyed_jointly(world: World, record: Json) -> Json:
    """A destruction that both sides have decided and that is carried out."""
    made = await a_destruction(world, record)
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, f"/destructions/{made['id']}")
    read: Json = await world.saco_rep.client.get(f"/destructions/{made['id']}")
    assert read["state"] == "carriedOut"
    return read


async def final_appendix(world: World, record: Json) -> Json:
    body = {"title": "Rättelse", "sharedPicture": "Rätt ska vara rätt."}
    appendix = await world.saco_rep.client.post(f"/session-records/{record['id']}/appendices", body)
    path = f"/session-records/{appendix['id']}"
    await world.saco_rep.client.step(f"{path}/transitions", for_review())
    for who in (world.saco_rep, world.employer_rep):
        await decide(who, path)
    read: Json = await world.saco_rep.client.get(path)
    return read


async def months_pass(world: World, months: float) -> None:
    """Carry out what is due when so many months have passed."""
    await retention.work(world.database, datetime.now(UTC) + timedelta(days=31 * months))


async def rows_left(world: World, table: str, column: str, row_id: Any) -> int:
    query = sa.text(f"SELECT count(*) FROM {table} WHERE {column} = :id")  # noqa: S608 - our own words
    async with world.database.read() as session:
        return int((await session.execute(query, {"id": UUID(str(row_id))})).scalar_one())


async def log_of(who: Someone, world: World) -> list[Json]:
    """The destruction log as somebody sees it, oldest first."""
    found: list[Json] = (await who.client.get(f"{world.path}/destruction-log-entries", params={"limit": 100}))["items"]
    return found
