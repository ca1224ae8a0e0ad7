"""What the tests of instruments share."""

import copy
import json
from typing import Any

from app.services.content_packs import central_instrument_id
from app.services.pack_reading import shipped
from tests.client import Client
from tests.world import World

LIST = "/instruments"
SHIPPED = f"{LIST}/{central_instrument_id('larklimat-18', '1.0.0-pilot')}"

_FILE = shipped() / "instruments" / "larklimat-18.json"


def shipped_instrument() -> dict[str, Any]:
    """The file that is shipped, which is also what one sends to import it."""
    read: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read


def on_a_scale(lowest: int, points: int) -> dict[str, Any]:
    """The shipped instrument on another scale."""
    made = shipped_instrument()
    made["content"]["scale"]["points"] = [
        {"value": value, "label": {"sv": f"Steg {value}", "en": f"Point {value}"}}
        for value in range(lowest, lowest + points)
    ]
    return made


def an_instrument(**more: Any) -> dict[str, Any]:
    """Somebody else's instrument to import: on a scale of its own, not about the learning climate."""
    made = on_a_scale(0, 11) | {"key": "arbetsro", "instrumentVersion": "2.0.0"} | copy.deepcopy(more)
    content = made["content"]
    content["title"] = {"sv": "Arbetsro", "en": "Peace of work"}
    for dimension in content["dimensions"]:
        dimension["climateDimension"] = None
    return made


async def imported(world: World, **more: Any) -> Any:
    return await world.saco_rep.client.post(f"{world.path}{LIST}", an_instrument(**more))


async def keys(client: Client, path: str = LIST, **params: Any) -> list[str]:
    page = await client.get(path, params={"limit": 100, **params})
    assert page["_meta"]["totalRecords"] == len(page["items"])
    return [item["key"] for item in page["items"]]
