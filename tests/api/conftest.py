"""An agency for all tests of a module that change nothing of it: they read, or try what is refused."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.world import World


@pytest.fixture(scope="module")
async def founded(app: FastAPI) -> AsyncIterator[World]:
    async with World(app) as world:
        yield world


@pytest.fixture
def shared(founded: World) -> World:
    founded.keep_signed_in()
    return founded
