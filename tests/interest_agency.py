"""An agency whose queue is nobody else's: what is mailed there is what a test has brought about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.key_directory import open_key_directory
from app.main import create_app
from tests.conftest import settings_for
from tests.world import World


@asynccontextmanager
async def alone(database_url: str, keys: Path, **settings: Any) -> AsyncIterator[World]:
    app = create_app(settings_for(database_url, key_directory=keys, **settings))
    app.state.key_store = open_key_directory(keys)
    async with World(app) as world:
        yield world
    await app.state.database.close()
