"""Retention rules: how long an organisation keeps what, by which decision it goes after that; set by its archivist."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.organisation import Organisation
from app.models.retention_rule import RetentionRule, RetentionRuleCreate, RetentionRuleRead, RetentionRuleUpdate
from app.services import policy
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, differing, find, removed, shown

NOTICE = timedelta(days=30)
"""Both sides can read a new or changed rule for so long before it destroys anything, and ask for a legal hold."""

SORTS: dict[str, Columns] = {"kind": (col(RetentionRule.kind), col(RetentionRule.id))}

_ITEMS = sa.select(
    col(RetentionRule.id),
    col(RetentionRule.kind),
    col(RetentionRule.keep_months),
    col(RetentionRule.archive_class),
    col(RetentionRule.decision_reference),
    col(RetentionRule.set_at),
).where(col(RetentionRule.organisation_id) == sa.bindparam("organisation_id"), policy.visible(RetentionRule))


async def list_retention_rules(work: Work, organisation_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_retention_rules", Organisation, organisation_id)
    return await page(work, _ITEMS, SORTS, request, organisation_id=organisation_id)


async def create(work: Work, organisation_id: UUID, data: RetentionRuleCreate) -> RetentionRuleRead:
    """The database sees to it that there is one rule for each kind."""
    await admit(work, "create_retention_rule", Organisation, organisation_id)
    rule = RetentionRule(organisation_id=organisation_id, **data.model_dump(), set_at=work.now, created_at=work.now)
    await created(work, "create_retention_rule", rule)
    return _shown(work, rule)


async def read(work: Work, rule_id: UUID) -> RetentionRuleRead:
    return _shown(work, await find(work, RetentionRule, rule_id))


async def update(work: Work, rule_id: UUID, version: int, data: RetentionRuleUpdate) -> RetentionRuleRead:
    rule = await admit(work, "update_retention_rule", RetentionRule, rule_id, version)
    if changes := differing(rule, data.model_dump(exclude_unset=True)):
        await changed(work, "update_retention_rule", rule, changes | {"set_at": work.now})
    return _shown(work, rule)


async def delete(work: Work, rule_id: UUID, version: int) -> None:
    """From now on, things of this kind are kept for good."""
    await removed(
        work, "delete_retention_rule", await admit(work, "delete_retention_rule", RetentionRule, rule_id, version)
    )


def _shown(work: Work, rule: RetentionRule) -> RetentionRuleRead:
    return shown(work, RetentionRuleRead, rule, destroys_from=rule.set_at + NOTICE)
