"""Retention rules over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, KindOrder, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.retention_rule import RetentionRuleCreate, RetentionRuleItem, RetentionRuleRead, RetentionRuleUpdate
from app.services import retention_rules

router = router_of("retention")

RetentionRuleId = Annotated[Id, Path(alias="retentionRuleId", description="The rule.")]


def _answer(call: Call, rule: RetentionRuleRead, status: int = 200) -> Response:
    return single(call.request, rule, f"/retention-rules/{rule.id}", status=status)


@router.get(
    "/organisations/{organisationId}/retention-rules",
    response_model=page_of(RetentionRuleItem),
    summary="List an organisation's retention rules",
)
async def list_retention_rules(
    call: Reading,
    organisation_id: OrganisationId,
    sort: Annotated[KindOrder, Query(description="Order.")] = "kind",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """How long each kind of thing is kept. What no rule names is kept for good."""
    request = asked(page, limit, after, sort)
    found = await retention_rules.list_retention_rules(call.work, organisation_id, request)
    return listed(call, RetentionRuleItem, found, request)


@router.post(
    "/organisations/{organisationId}/retention-rules",
    response_model=RetentionRuleRead,
    status_code=201,
    summary="Set a retention rule",
)
async def create_retention_rule(call: Creating, organisation_id: OrganisationId, rule: RetentionRuleCreate) -> Response:
    """An archivist says how long a kind of thing is kept and by which decision it is destroyed after that. Nothing is
    destroyed under the rule in its first 30 days, nor what a legal hold is on."""
    made = await call.once(lambda: retention_rules.create(call.work, organisation_id, rule), retention_rules.read)
    return _answer(call, made, 201)


@router.get("/retention-rules/{retentionRuleId}", response_model=RetentionRuleRead, summary="Read a retention rule")
async def read_retention_rule(call: Reading, retention_rule_id: RetentionRuleId) -> Response:
    """How long one kind of thing is kept, and from when the rule destroys."""
    return _answer(call, await retention_rules.read(call.work, retention_rule_id))


@router.patch("/retention-rules/{retentionRuleId}", response_model=RetentionRuleRead, summary="Change a retention rule")
async def update_retention_rule(
    call: Writing, version: Version, retention_rule_id: RetentionRuleId, rule: RetentionRuleUpdate
) -> Response:
    """An archivist changes it. Any change begins the 30 days anew."""
    return _answer(call, await retention_rules.update(call.work, retention_rule_id, version, rule))


@router.delete("/retention-rules/{retentionRuleId}", status_code=204, summary="Remove a retention rule")
async def delete_retention_rule(call: Writing, version: Version, retention_rule_id: RetentionRuleId) -> Response:
    """An archivist removes it. Things of its kind are kept for good from now on."""
    await retention_rules.delete(call.work, retention_rule_id, version)
    return nothing()
