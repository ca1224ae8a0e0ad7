"""Lists by name are in Swedish order, å and ä and ö last, and continue in it from page to page."""

from typing import Any

import pytest

from tests.world import World

NAMES = ["alm", "Ek", "Éva", "evig", "Zon", "Ådal", "Årsta", "ängen", "Ärla", "Öland", "Østby"]


async def by_following(world: World, path: str, **params: Any) -> list[str]:
    names: list[str] = []
    page = await world.employer_rep.client.get(path, params={"limit": 3, **params})
    while True:
        names += [item["name"] for item in page["items"] if item["name"] in NAMES]
        following = page["_links"].get("next")
        if following is None:
            return names
        page = await world.employer_rep.client.get(following["href"].partition("/larande/v1")[2])


@pytest.mark.parametrize("sort", ["name", "-name"])
async def test_units_come_in_swedish_order(world: World, sort: str) -> None:
    for name in reversed(NAMES):
        await world.unit_under(world.unit, name)
    wanted = NAMES if sort == "name" else NAMES[::-1]
    assert await by_following(world, f"{world.path}/units", sort=sort) == wanted


async def test_people_come_in_swedish_order(world: World) -> None:
    for name in reversed(NAMES):
        someone = await world.someone(name)
        async with world.database.write() as session:
            someone.person.name = name
            await session.merge(someone.person)
    assert await by_following(world, f"{world.path}/people") == NAMES
