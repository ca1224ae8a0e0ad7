"""The file that the examples are recorded in."""

import json
from pathlib import Path
from typing import Any

from app.api import document
from tests.recorded_examples import stage, told
from tests.recorded_examples.choosing import chosen
from tests.recorded_examples.player import Player
from tests.recorded_examples.shapes import of_every_shape

FILE = Path(document.__file__).parent / "recorded_examples.json"


async def played() -> dict[str, Any]:
    """The story's examples, played now."""
    async with stage.opened() as play:
        await told.everything(play)
        operations = chosen(play.exchanges)
        return {
            "operations": operations,
            "shapes": of_every_shape(operations),
            "problems": _problems(operations),
            "webhooks": _webhooks(play, operations),
        }


def _problems(operations: dict[str, Any]) -> dict[str, Any]:
    """Of each status one, as creating a working group or a session is refused where it is refused so."""
    first = ("create_working_group", "approve_session_record", "create_token")
    found: dict[str, Any] = {}
    for name in sorted(operations, key=lambda name: (name not in first, name)):
        for status, problem in operations[name].get("refusals", {}).items():
            found.setdefault(status, problem)
    return dict(sorted(found.items()))


def _webhooks(play: Player, operations: dict[str, Any]) -> dict[str, Any]:
    """The ids of which receivers are told."""
    return {
        "sessionRecord": play.things["record"].rpartition("/")[2],
        "unit": play.things["team"],
        "person": play.things["erased"],
        "groupReminder": play.things["reminder"],
        "delivery": operations["create_webhook_delivery"]["answers"]["application/json"]["id"],
    }


def spelled(examples: dict[str, Any]) -> str:
    return json.dumps(examples, ensure_ascii=False, indent=1) + "\n"


def kept() -> dict[str, Any]:
    """What is committed."""
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read
