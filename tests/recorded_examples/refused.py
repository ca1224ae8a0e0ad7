"""After the story: what is refused, and with which words, when its requests are made in other ways."""

from typing import Any

from tests import contract
from tests.recorded_examples.choosing import best_by_operation
from tests.recorded_examples.player import Exchange, Player

EMPLOYEE = "imogen.hartley"


async def refusals(play: Player) -> None:
    """Each change with a field that does not fit, by somebody whose business it is not, and once more."""
    play.hurried = True
    told = len(play.exchanges)
    for exchange in best_by_operation(play.exchanges).values():
        if exchange.sent_type != "application/json" and exchange.etag is None:
            continue
        await _asked_otherwise(play, exchange)
    # What happens to succeed now is not of the story.
    later = [each for each in play.exchanges[told:] if each.status >= "400"]
    play.exchanges[told:] = later


async def _asked_otherwise(play: Player, exchange: Exchange) -> None:
    operation = next(
        each
        for item in contract.document()["paths"].values()
        for each in item.values()
        if each["operationId"] == exchange.operation
    )
    etag = await _current(play, exchange)
    ways: list[tuple[str | None, Any]] = [(exchange.who, exchange.sent)]
    if isinstance(exchange.sent, dict) and exchange.sent:
        ways.append((exchange.who, exchange.sent | {next(iter(exchange.sent)): []}))
    if exchange.who is not None and "403" in operation["responses"]:
        ways.append((EMPLOYEE, exchange.sent))
    for who, sent in ways:
        await play.ask(who, *_request(exchange), sent, etag=etag)


def _request(exchange: Exchange) -> tuple[str, str]:
    path = exchange.path + (f"?{exchange.query}" if exchange.query else "")
    return exchange.method, path


async def _current(play: Player, exchange: Exchange) -> str | None:
    """The version that the thing has now; where it is gone, the one it had."""
    if exchange.etag is None or exchange.who is None:
        return exchange.etag
    owner = "/".join(exchange.path.split("/")[:3])
    found = await play.ask(exchange.who, "GET", owner)
    return str(found.headers.get("ETag", exchange.etag))
