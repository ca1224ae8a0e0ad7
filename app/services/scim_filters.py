"""SCIM filters and sorting as SQL: nothing is filtered in Python, and no text of a filter becomes part of a statement.

A filter is read by the library into a tree; each comparison becomes a comparison of a column with a bound parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from scim2_models import InvalidFilterException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from app.services.work import Work

DEEPEST = 40
"""Of a filter. Deeper ones come from nobody who looks for somebody."""


@dataclass(frozen=True)
class Searched:
    """A column, or what is made of some, that an attribute stands for."""

    column: Any
    exact: bool = False
    """Whether case counts."""
    lowered: bool = False
    """Whether the column is in lower case already, and so can be found by its index."""


@dataclass(frozen=True)
class Many:
    """Several values: rows of another table, or one entry made of the same row where there is no other (`of`)."""

    of: sa.FromClause | None
    there: sa.ColumnElement[bool]
    attributes: Mapping[str, Searched]


Attributes = Mapping[str, Searched | Many]
"""By name in lower case: `username`, `name.familyname`; for a list of values by the list's own name."""
_ORDERED = {
    CompareOperator.gt: lambda left, right: left > right,
    CompareOperator.ge: lambda left, right: left >= right,
    CompareOperator.lt: lambda left, right: left < right,
    CompareOperator.le: lambda left, right: left <= right,
}


class ToSql(FilterVisitor[sa.ColumnElement[bool]]):
    """A filter on one kind of resource. Every part is true or false and never unknown, so that `not` turns it round."""

    def __init__(self, attributes: Attributes, *, strict: bool = True) -> None:
        self.attributes = attributes
        self.strict = strict
        """Whether an attribute must be one of these; else what it does not know matches nothing (RFC 7644, 3.4.2.1)."""
        self.depth = 0

    def visit(self, node: FilterNode) -> sa.ColumnElement[bool]:
        if self.depth >= DEEPEST:
            raise InvalidFilterException(detail="The filter is nested too deeply")
        self.depth += 1
        try:
            return super().visit(node)
        finally:
            self.depth -= 1

    def visit_logical_expr(self, node: LogicalExpr) -> sa.ColumnElement[bool]:
        joined = sa.and_ if node.op == LogicalOperator.and_ else sa.or_
        return joined(*(self.visit(term) for term in node.terms))

    def visit_not(self, node: Not) -> sa.ColumnElement[bool]:
        return sa.not_(self.visit(node.expr))

    def visit_value_path(self, node: ValuePath) -> sa.ColumnElement[bool]:
        found = self.attributes.get(_name(node.attr_path))
        if found is None and not self.strict:
            return sa.false()
        if not isinstance(found, Many):
            raise InvalidFilterException(detail="This attribute has no values to choose among")
        inner = ToSql(found.attributes)
        inner.depth = self.depth
        return _among(found, inner.visit(node.val_filter))

    def visit_present(self, node: Present) -> sa.ColumnElement[bool]:
        found = self._found(node.attr_path)
        if found is None:
            return sa.false()
        if isinstance(found, list):
            return sa.or_(*(_present(each) for each in found))
        return _present(found) if isinstance(found, Searched) else _among(found, sa.true())

    def visit_comparison(self, node: Comparison) -> sa.ColumnElement[bool]:
        found = self._found(node.attr_path)
        if found is None:
            return sa.false()
        if isinstance(found, list):
            raise InvalidFilterException(detail="Compare one of its parts instead")
        if isinstance(found, Searched):
            return _compared(found, node.op, node.value)
        of_entry = found.attributes[node.attr_path.sub_attr.lower() if node.attr_path.sub_attr else "value"]
        if node.op == CompareOperator.ne or (node.op == CompareOperator.eq and node.value is None):
            # None of the values is it; and nothing is there to be it.
            positive = CompareOperator.eq if node.op == CompareOperator.ne else None
            if positive is None:
                return sa.not_(_among(found, sa.true()))
            if node.value is None:
                return _among(found, sa.true())
            return sa.not_(_among(found, _compared(of_entry, positive, node.value)))
        return _among(found, _compared(of_entry, node.op, node.value))

    def _found(self, path: AttrPath) -> Searched | Many | list[Searched] | None:
        name = _name(path)
        if (found := self.attributes.get(name)) is not None:
            return found
        many = self.attributes.get(path.attr.lower())
        if isinstance(many, Many) and path.sub_attr and path.sub_attr.lower() in many.attributes:
            return many
        parts = [
            each for key, each in self.attributes.items() if key.startswith(f"{name}.") and isinstance(each, Searched)
        ]
        if parts or not self.strict:
            return parts or None
        raise InvalidFilterException(detail="This attribute cannot be searched")


def _name(path: AttrPath) -> str:
    return f"{path.attr}.{path.sub_attr}".lower() if path.sub_attr else path.attr.lower()


def _among(many: Many, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    if many.of is None:
        return sa.and_(many.there, condition)
    return sa.exists(sa.select(sa.literal(1)).select_from(many.of).where(many.there, condition))


def _present(searched: Searched) -> sa.ColumnElement[bool]:
    if _is(searched.column, str):
        return _certain(searched.column != "")
    return sa.and_(searched.column.is_not(None))


def _compared(searched: Searched, op: CompareOperator, value: Any) -> sa.ColumnElement[bool]:
    column = searched.column
    if value is None:
        return sa.and_(
            {CompareOperator.eq: column.is_(None), CompareOperator.ne: column.is_not(None)}.get(op, sa.false())
        )
    if _is(column, UUID):
        if (found := _uuid(value)) is None:
            return sa.true() if op == CompareOperator.ne else sa.false()
        if op not in (CompareOperator.eq, CompareOperator.ne):
            raise InvalidFilterException(detail="An id is this one or another")
        return sa.and_(column == found if op == CompareOperator.eq else column.is_distinct_from(found))
    if _is(column, bool):
        if not isinstance(value, bool) or op not in (CompareOperator.eq, CompareOperator.ne):
            raise InvalidFilterException(detail="This is true or false")
        return _certain(column == value if op == CompareOperator.eq else column.is_distinct_from(value))
    if _is(column, str):
        return _text_compared(searched, op, value)
    return _moment_compared(column, op, value)


def _text_compared(searched: Searched, op: CompareOperator, value: Any) -> sa.ColumnElement[bool]:
    if not isinstance(value, str):
        raise InvalidFilterException(detail="This is a text")
    if not _can_be_stored(value):
        return sa.true() if op == CompareOperator.ne else sa.false()
    bound = sa.literal(value, sa.String)
    column: sa.ColumnElement[Any] = searched.column
    sought: sa.ColumnElement[Any] = bound if searched.exact else sa.func.lower(bound)
    if not searched.exact and not searched.lowered:
        column = sa.func.lower(column)
    if op == CompareOperator.eq:
        # Not around a comparison that an index answers.
        return sa.and_(column.is_not(None), column == sought)
    if op == CompareOperator.ne:
        return column.is_distinct_from(sought)
    held: sa.ColumnElement[bool]
    if op == CompareOperator.co:
        held = sa.func.strpos(column, sought) > 0
    elif op == CompareOperator.sw:
        held = sa.func.starts_with(column, sought)
    elif op == CompareOperator.ew:
        held = sa.func.right(column, sa.func.length(sought)) == sought
    else:
        held = _ORDERED[op](sa.collate(column, "C"), sa.collate(sought, "C"))
    return sa.func.coalesce(held, sa.false())


def _can_be_stored(text: str) -> bool:
    """PostgreSQL has no text with a zero character, or with half of a character."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _moment_compared(column: sa.ColumnElement[Any], op: CompareOperator, value: Any) -> sa.ColumnElement[bool]:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidFilterException(detail="This is a moment in time") from None
    if moment.tzinfo is None:
        raise InvalidFilterException(detail="A moment in time has an offset")
    if not 1900 <= moment.year <= 2999:
        # At the ends of the calendar another zone's day does not exist.
        raise InvalidFilterException(detail="The year is between 1900 and 2999")
    if op == CompareOperator.eq:
        return column == moment
    if op == CompareOperator.ne:
        return column.is_distinct_from(moment)
    if op not in _ORDERED:
        raise InvalidFilterException(detail="Moments are earlier or later")
    return _certain(_ORDERED[op](column, moment))


def _certain(condition: Any) -> sa.ColumnElement[bool]:
    """Never unknown: of nothing it is not true."""
    return sa.func.coalesce(condition, sa.false())


def _is(column: sa.ColumnElement[Any], kind: type) -> bool:
    stored = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    return stored.python_type is kind


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def order_of(attributes: Attributes, name: str, *, descending: bool) -> list[sa.ColumnElement[Any]]:
    """Missing values last, or first when descending, as PostgreSQL does; unknown names are refused."""
    key = name.rpartition(":")[2].lower()
    found = attributes.get(key)
    if isinstance(found, Many):
        found = None
    if found is None:
        raise InvalidFilterException(detail="This attribute cannot be sorted by")
    column = found.column
    if _is(column, str):
        column = sa.collate(column if found.exact else sa.func.lower(column), "C")
    return [column.desc() if descending else column.asc()]


async def page_of(
    work: Work,
    query: sa.Select[Any],
    by_id: Any,
    organisation_id: UUID,
    order: Sequence[sa.ColumnElement[Any]],
    start: int,
    count: int,
    *,
    descending: bool,
) -> tuple[int, Sequence[sa.Row[Any]]]:
    """How many the query finds, and those from `start` (0 is the first), in an order that `by_id` makes whole."""
    given = work.actor.held | {"organisation_id": organisation_id}
    rows: Sequence[sa.Row[Any]] = []
    if count:
        page = query.order_by(*order, by_id.desc() if descending else by_id).offset(start).limit(count)
        rows = (await work.session.execute(page, given)).all()
    if len(rows) < count and (rows or not start):
        return start + len(rows), rows
    counted = sa.select(sa.func.count()).select_from(query.with_only_columns(by_id).subquery())
    return (await work.session.execute(counted, given)).scalar_one(), rows
