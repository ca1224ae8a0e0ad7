"""One organisation's people and units: each statement says which, whatever policy and the second wall say besides."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.services import actors, scim_groups, scim_users, syncing, wall
from app.services.errors import Code, Refusal
from app.services.tokens import ClientClaims
from app.services.work import Work
from tests.machines import HERE, hr_system
from tests.world import World


@pytest.fixture
async def work(world: World) -> AsyncIterator[Work]:
    """An HR system's, which may see all of its organisation."""
    it = await hr_system(world)
    now = datetime.now(UTC)
    claims: ClientClaims = world.app.state.token_key.verify(it.client.token, now)
    async with world.database.write(wall.serving(claims.client_id, claims.credential_id, now)) as session:
        yield Work(session, await actors.load_client(session, claims, HERE, now), now)


@pytest.fixture
async def elsewhere(app: Any) -> AsyncIterator[UUID]:
    async with World(app) as other:
        yield other.organisation.id


async def found(work: Work, search: Any, organisation_id: UUID) -> int:
    total, rows = await search(work, organisation_id, None, [], 0, 100, descending=False)
    assert total == len(rows)
    return int(total)


async def test_people_and_units_are_looked_for_in_the_organisation_that_is_named(
    world: World, work: Work, elsewhere: UUID
) -> None:
    here, person_id, unit_id = world.organisation.id, UUID(world.employee.id), UUID(str(world.unit.id))
    for search in (scim_users.search, scim_groups.search):
        assert await found(work, search, here) > 0
        assert await found(work, search, elsewhere) == 0
    assert (await scim_users.read(work, here, person_id))[0].id == person_id
    assert (await scim_groups.read(work, here, unit_id))[0].id == unit_id
    for read, row_id in ((scim_users.read, person_id), (scim_groups.read, unit_id)):
        with pytest.raises(Refusal) as refusal:
            await read(work, elsewhere, row_id)
        assert refusal.value.code is Code.NOT_FOUND
    begun = await syncing.begin(work, here)
    await scim_users.move(work, begun, [person_id], unit_id)
    await begun.settle()
    assert person_id in (await scim_groups.members_of(work, here, [unit_id]))[unit_id]
    assert await scim_groups.members_of(work, elsewhere, [unit_id]) == {unit_id: []}


async def test_nobody_is_changed_or_removed_for_another_organisation(
    world: World, work: Work, elsewhere: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if syncing had let the client into the other organisation."""
    begun = await syncing.begin(work, world.organisation.id)

    async def begin(_work: Work, _organisation_id: UUID) -> Any:
        return begun

    monkeypatch.setattr(syncing, "begin", begin)
    person_id = UUID(world.employee.id)
    told = scim_users.UserTold("ny@example.se", "Ny", "ny@example.se", active=True, manager=str(person_id))
    with pytest.raises(Refusal) as refusal:
        await scim_users.create(work, elsewhere, told)
    assert refusal.value.code is Code.UNKNOWN_PERSON
    for change in (
        scim_users.update(work, elsewhere, person_id, None, told),
        scim_users.remove(work, elsewhere, person_id, None),
    ):
        with pytest.raises(Refusal) as refusal:
            await change
        assert refusal.value.code is Code.NOT_FOUND
