"""What the tests of dialogue templates share."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from app.main import create_app
from app.services.content_packs import central_id, load
from tests.client import Client
from tests.conftest import new_database, settings_for
from tests.content import shipped_pack
from tests.database import database_of
from tests.world import World

LIST = "/dialogue-templates"
WORK_WELL_DONE = f"{LIST}/{central_id('val-utfort-arbete', '1.0.0')}"
ALL = {
    "val-utfort-arbete",
    "misstag-som-lartillfallen",
    "kvalitet-och-kompetens",
    "erfarenhetsutbyte",
    "chefens-roll",
    "uppfoljning-larklimat",
}


async def app_with_content() -> AsyncIterator[FastAPI]:
    """A service with the shipped pack and nothing else central."""
    app = create_app(settings_for(await new_database()))
    async with database_of(app).write() as session:
        await load(session, shipped_pack(), datetime.now(UTC))
    yield app
    await app.state.database.close()


async def keys(client: Client, **params: Any) -> list[str]:
    page = await client.get(LIST, params={"limit": 100, **params})
    assert page["_meta"]["totalRecords"] == len(page["items"])
    return [item["key"] for item in page["items"]]


async def drafted(world: World, version: str = "1.1.0", **more: Any) -> Any:
    sent = {"derivedFromId": WORK_WELL_DONE.rsplit("/", 1)[1], "templateVersion": version, **more}
    return await world.saco_rep.client.post(f"{world.path}{LIST}", sent)


async def published(world: World, version: str = "1.1.0") -> Any:
    made = await drafted(world, version)
    return await world.employer_rep.client.step(f"{LIST}/{made['id']}/transitions", {"to": "published"})
