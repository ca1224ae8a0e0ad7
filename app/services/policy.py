"""Who may do what, asked of the table in `agreement`: by single checks and by lists, which so cannot disagree."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from pydantic.alias_generators import to_camel

from app.models.base import AllowedAction, Table
from app.services.actor import Actor
from app.services.agreement import CHANGES, READ_RULES, RULES
from app.services.beyond_the_table import NEVER_TOLD, TOLD_BEFOREHAND
from app.services.conditions import PUBLIC, TOKEN_HOLDER, Around, Has, IsA, Who
from app.services.errors import Code, Refusal


def may_ever(actor: Actor, operation: str, row: Table | None) -> bool:
    """Whether the actor is one of those the operation is for, whatever the state of things."""
    return any(
        who is PUBLIC or (who.of_row(actor, row) if row is not None else _by_kind_or_role(who, actor))
        for who in RULES[operation].who
    )


def _by_kind_or_role(who: Who, actor: Actor) -> bool:
    return who is not TOKEN_HOLDER and all(
        isinstance(condition, Has | IsA) and condition.of_row(actor, None) for condition in who.conditions
    )


def obstacle(actor: Actor, operation: str, row: Table, now: datetime, around: Around) -> Code | None:
    """Why the operation cannot be done on this row now, or None."""
    for condition in RULES[operation].while_:
        if not condition.holds(actor, row if condition.of is None else around[condition.of], now):
            return condition.reason
    return None


def may(actor: Actor, operation: str, row: Table, now: datetime, around: Around) -> bool:
    return may_ever(actor, operation, row) and obstacle(actor, operation, row, now, around) is None


def reserved(actor: Actor, operation: str, row: Table, sent: Iterable[str]) -> list[str]:
    """The fields of a request that are others' to send."""
    kept = RULES[operation].fields
    return [name for name in sorted(sent) if name in kept and not any(who.of_row(actor, row) for who in kept[name])]


def require(actor: Actor, operation: str, row: Table | None = None) -> None:
    """Refuse one whom the operation is not for. What stands in the way for now is `obstacle`'s to say."""
    if not may_ever(actor, operation, row):
        raise Refusal(_why_never(actor, operation, row))


def _why_never(actor: Actor, operation: str, row: Table | None) -> Code:
    """Whoever put a client in place would look for the mistake in vain: it lacks no scope, but consent."""
    if actor.waiting:
        consented = dataclasses.replace(actor, scopes=actor.scopes | actor.waiting)
        if may_ever(consented, operation, row):
            return Code.CONSENT_PENDING
    return Code.NOT_YOUR_ROLE


def require_fields(actor: Actor, operation: str, row: Table, sent: Iterable[str]) -> None:
    """Refuse one who sends a field that only others may."""
    if others := reserved(actor, operation, row, sent):
        raise Refusal(Code.NOT_YOUR_ROLE, f"/{to_camel(others[0])}")


def visible(row_type: type[Table]) -> sa.ColumnElement[bool]:
    """The clause that leaves only what an actor may read; the statement is executed with `actor.held`."""
    return sa.or_(sa.false(), *(who.of_many(row_type) for who in READ_RULES[row_type].who))


def allowed_actions(actor: Actor, row: Table, now: datetime, around: Around) -> list[AllowedAction]:
    """Every change there is on this kind of row, and whether the actor may do it now."""
    actions = []
    for name in CHANGES.get(type(row), ()):
        reason = obstacle(actor, name, row, now, around) if may_ever(actor, name, row) else Code.NOT_YOUR_ROLE
        actions.append(AllowedAction(action=name, allowed=reason is None, reason=reason))
    return actions


def reasons(operation: str) -> list[Code]:
    """Every reason for which `allowed_actions` may say of a change that it cannot be done, the first one first."""
    rule = RULES[operation]
    told = [condition.reason for condition in rule.while_]
    told += sorted(TOLD_BEFOREHAND.get(operation, ()))
    readers = () if rule.on is None else READ_RULES[rule.on].who
    if any(not _is_among(reader, rule.who) for reader in readers):
        told.insert(0, Code.NOT_YOUR_ROLE)
    return [code for code in dict.fromkeys(told) if code not in NEVER_TOLD.get(operation, ())]


def _is_among(reader: Who, doers: Iterable[Who]) -> bool:
    """Whether whoever is that reader is one of those for sure."""
    return any(set(doer.conditions) <= set(reader.conditions) for doer in doers)
