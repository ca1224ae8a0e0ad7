"""Which of the answers the document shows: the one in which most is allowed, and lists with two or three items."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.recorded_examples.made_up import made_up
from tests.recorded_examples.player import REFUSED, Exchange, Json

FEW = 3


def allowed_in(node: Any) -> int:
    """How many of the actions in an answer are open to whoever asked."""
    if isinstance(node, dict):
        return (node.get("allowed") is True) + sum(map(allowed_in, node.values()))
    return sum(map(allowed_in, node)) if isinstance(node, list) else 0


def items_in(body: Any) -> int:
    items = body.get("items") if isinstance(body, dict) else None
    return min(len(items), FEW) if isinstance(items, list) else 0


def _worth(exchange: Exchange) -> tuple[bool, int, int]:
    return exchange.shown, items_in(exchange.answered), allowed_in(exchange.answered)


def _best(exchanges: Iterable[Exchange]) -> Exchange:
    """Of those that are worth the same, the latest: most has happened by then."""
    return max(enumerate(exchanges), key=lambda each: (*_worth(each[1]), each[0]))[1]


def best_by_operation(exchanges: list[Exchange]) -> dict[str, Exchange]:
    done: dict[str, list[Exchange]] = {}
    for each in exchanges:
        if int(each.status) < REFUSED and (each.answered is not None or each.answered_type is None):
            done.setdefault(each.operation, []).append(each)
    return {operation: _best(several) for operation, several in done.items()}


def chosen(exchanges: list[Exchange]) -> Json:
    """By operation: `sent` and `answers` by media type, refusals by status, the address and headers."""
    tidy = made_up(exchanges)
    by_operation: dict[str, list[Exchange]] = {}
    for exchange in tidy:
        by_operation.setdefault(exchange.operation, []).append(exchange)
    return {operation: dict(_of(by_operation[operation])) for operation in sorted(by_operation)}


def _of(exchanges: list[Exchange]) -> Iterator[tuple[str, Json]]:
    done = [each for each in exchanges if int(each.status) < REFUSED]
    if done:
        best = _best(each for each in done if each.answered is not None or each.answered_type is None)
        yield "path", best.path
        if best.query:
            yield "query", best.query
        yield "status", best.status
        if best.headers:
            yield "headers", best.headers
        if best.etag:
            yield "ifMatch", best.etag
        sent_types = sorted({each.sent_type for each in done if each.sent_type})
        if sent_types:
            # What was sent and what was answered belong together.
            others = {kind: _best(each for each in done if each.sent_type == kind).sent for kind in sent_types}
            yield "sent", others | ({best.sent_type: best.sent} if best.sent_type else {})
        answered = sorted({each.answered_type for each in done if each.answered is not None and each.answered_type})
        if answered:
            others = {kind: _best(each for each in done if each.answered_type == kind).answered for kind in answered}
            yield "answers", others | ({best.answered_type: best.answered} if best.answered_type else {})
    refused = {each.status: each.answered for each in exchanges if int(each.status) >= REFUSED}
    if refused:
        yield "refusals", dict(sorted(refused.items()))
