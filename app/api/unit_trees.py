"""The whole unit tree over HTTP."""

from fastapi import Response

from app.api.answers import tagged
from app.api.dependencies import Call, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.models.unit_tree import UnitTreeInput, UnitTreeRead
from app.services import unit_trees

router = router_of("units")


def _answer(call: Call, tree: UnitTreeRead) -> Response:
    return tagged(call.request, tree, tree.version, f"/organisations/{tree.organisation_id}/unit-tree")


@router.get(
    "/organisations/{organisationId}/unit-tree", response_model=UnitTreeRead, summary="Read the whole unit tree"
)
async def read_unit_tree(call: Reading, organisation_id: OrganisationId) -> Response:
    """Every unit there is or was, with the history of its name and place. Periods of later days, which are kept for
    their day, are not in it."""
    return _answer(call, await unit_trees.read(call.work, organisation_id))


@router.put(
    "/organisations/{organisationId}/unit-tree", response_model=UnitTreeRead, summary="Put the whole unit tree in place"
)
async def replace_unit_tree(
    call: Writing, version: Version, organisation_id: OrganisationId, tree: UnitTreeInput
) -> Response:
    """The tree becomes this, all of it or nothing; at most 8 MiB. A unit keeps its past: from the first day that is
    sent of it on it is as sent, and nothing before its latest change is written anew. Periods of later days are kept
    and done on their day; they are not read back, and those that a later tree does not send again are dropped. Units
    with an `externalId` that are missing are closed; one that is closed stays so, and says into which it was merged.
    Circles, units under none, ids twice and gaps between periods are refused, each with its place. A service client
    closes no more units within a day than the organisation's brake lets through."""
    return _answer(call, await unit_trees.replace(call.work, organisation_id, version, tree))
