"""One way to read a page: keyset where the client follows `next`, capped counts, columns instead of objects."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.services.errors import Code, Refusal
from app.services.spelling import base64url, bytes_of
from app.services.work import Work

COUNTED_AT_MOST = 10_000

Columns = tuple[Any, ...]
"""Columns to order by; the last one is unique."""


@dataclass(frozen=True)
class PageRequest:
    """Which page: by number, or after the last row of the page before."""

    page: int = 1
    limit: int = 20
    after: str | None = None
    sort: str | None = None


@dataclass(frozen=True)
class Listed:
    """The rows of one page by column name, and what is known about the whole."""

    rows: list[dict[str, Any]]
    total: int
    total_is_lower_bound: bool
    next_after: str | None


async def page(
    work: Work, query: sa.Select[*tuple[Any, ...]], sorts: dict[str, Columns], request: PageRequest, **given: Any
) -> Listed:
    """One page of `query`, in the order the request asks for.

    `sorts` names the possible orders; each ends with a unique column and the first is the default. A leading
    minus in the request turns the whole order round. The parameters of the query are `given`, and what the actor
    holds.
    """
    name = request.sort or next(iter(sorts))
    descending = name.startswith("-")
    order = sorts[name.removeprefix("-")]
    connection = await work.session.connection()

    place: dict[str, Any] = {"_limit": request.limit + 1}
    if request.after is None:
        place["_offset"] = (request.page - 1) * request.limit
    else:
        place |= {_last(number): value for number, value in enumerate(position(request.after, name, order))}
    statements = _statements(query, order, descending, request.after is not None)
    given |= work.actor.held

    found: Sequence[sa.Row[Any]] = []
    names: list[str] = []
    if request.page > 0:
        result = await connection.execute(statements.rows, given | place)
        names = list(result.keys())[: -len(order)]
        found = result.all()
    more = len(found) > request.limit
    if found and not more and request.after is None:
        total = place["_offset"] + len(found)  # the last page, counted from the first
    else:
        total = (await connection.execute(statements.count, given)).scalar_one()
    found = found[: request.limit]
    next_after = written(name, found[-1][-len(order) :]) if more else None
    # The sort values stand last in a row, where there are no names for them any more.
    rows = [dict(zip(names, row, strict=False)) for row in found]
    return Listed(rows, min(total, COUNTED_AT_MOST), total > COUNTED_AT_MOST, next_after)


@dataclass(frozen=True)
class _Statements:
    count: sa.Select[int]
    rows: sa.Select[*tuple[Any, ...]]


# Most lists are asked for with the same statement every time. Where a filter is added for one request alone,
# nothing is found here, and what is kept makes way again.
@lru_cache(maxsize=256)
def _statements(query: sa.Select[*tuple[Any, ...]], order: Columns, descending: bool, follows: bool) -> _Statements:
    """How many there are, and the rows of a page with their sort values last."""
    # Without its columns a query that filters nothing would forget which table it reads.
    rows_to_count = query.with_only_columns(sa.literal(1), maintain_column_froms=True)
    counted = sa.select(sa.func.count()).select_from(rows_to_count.order_by(None).limit(COUNTED_AT_MOST + 1).subquery())

    keys = [column.label(f"_key_{place}") for place, column in enumerate(order)]
    rows = query.add_columns(*keys).order_by(*(key.desc() if descending else key.asc() for key in order))
    if follows:
        here = sa.tuple_(*order)
        last = sa.tuple_(*(sa.bindparam(_last(place), type_=column.type) for place, column in enumerate(order)))
        rows = rows.where(here < last if descending else here > last)
    else:
        rows = rows.offset(sa.bindparam("_offset", type_=sa.BigInteger))
    return _Statements(counted, rows.limit(sa.bindparam("_limit", type_=sa.Integer)))


def _last(place: int) -> str:
    return f"_last_{place}"


def written(sort: str, values: Sequence[Any]) -> str:
    text = json.dumps([sort, *(value.isoformat() if isinstance(value, date) else str(value) for value in values)])
    return base64url(text.encode())


def position(after: str, sort: str, order: Columns) -> list[Any]:
    """The sort values of the last row of the page before; anything else than our own writing is refused."""
    try:
        written = json.loads(bytes_of(after))
        if not isinstance(written, list) or len(written) != len(order) + 1 or written[0] != sort:
            raise ValueError(after)
        return [_read(value, column.type.python_type) for value, column in zip(written[1:], order, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Refusal(Code.CURSOR_INVALID, "/query/after") from None


def _read(value: Any, kind: type) -> Any:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a position")
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("not a position")
        return moment.astimezone(UTC)
    if kind is date:
        return date.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if kind is int:
        if not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise ValueError("not a position")
        return int(value)
    if issubclass(kind, Enum):
        return kind(value)
    value.encode()
    return value
