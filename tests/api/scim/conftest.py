"""Everything here begins with an agency whose HR system has got in."""

import pytest

from tests.api.scim.provisioning import Provisioning, provisioning
from tests.world import World


@pytest.fixture
async def hr(world: World) -> Provisioning:
    return await provisioning(world)
