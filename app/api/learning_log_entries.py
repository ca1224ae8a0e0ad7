"""What a working group has learned, over HTTP; and the library of what the groups of an organisation have shared."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.approvals import decided, list_decisions
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByDecision, LearningOrder, Limit, PageNumber, SharedOrder, asked
from app.api.working_groups import WorkingGroupId
from app.models.approval import ApprovalCreate, ApprovalItem, ApprovalRead, SubjectType
from app.models.columns import Id, SearchWords
from app.models.learning_log_entry import (
    LearningLogEntryCreate,
    LearningLogEntryItem,
    LearningLogEntryRead,
    LearningLogEntryState,
    LearningLogEntryTransition,
    LearningLogEntryUpdate,
    LearningRevisitCreate,
    SharedLearning,
)
from app.services import learning_library, learning_log_entries

router = router_of("learning")

LearningLogEntryId = Annotated[Id, Path(alias="learningLogEntryId", description="The entry in the learning log.")]


def _answer(call: Call, entry: LearningLogEntryRead, status: int = 200) -> Response:
    return single(call.request, entry, f"/learning-log-entries/{entry.id}", status=status)


@router.get(
    "/working-groups/{workingGroupId}/learning-log-entries",
    response_model=page_of(LearningLogEntryItem),
    summary="List what a working group has learned",
)
async def list_learning_log_entries(
    call: Reading,
    working_group_id: WorkingGroupId,
    state: Annotated[LearningLogEntryState | None, Query(description="Only entries in this state.")] = None,
    sort: Annotated[LearningOrder, Query(description="Order.")] = "createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The group's own log. Ordered by `lastLookedAtOn`, what has waited longest to be looked at again comes first."""
    request = asked(page, limit, after, sort)
    found = await learning_log_entries.list_of_group(call.work, working_group_id, request, state)
    return listed(call, LearningLogEntryItem, found, request)


@router.post(
    "/working-groups/{workingGroupId}/learning-log-entries",
    response_model=LearningLogEntryRead,
    status_code=201,
    summary="Write down what was learned",
)
async def create_learning_log_entry(
    call: Creating, working_group_id: WorkingGroupId, entry: LearningLogEntryCreate
) -> Response:
    """In the group's own words, and never with a person's name. Personal identity numbers are refused, and so are the
    whole names of those whom the writer may know of: for whoever speaks for a whole party, everybody who has an account
    in the organisation; for whoever has a seat at one table, those who meet there. No program knows a first name, a
    nickname, or somebody who has no account: read it through as one who might be meant."""
    made = await call.once(
        lambda: learning_log_entries.create(call.work, working_group_id, entry), learning_log_entries.read
    )
    return _answer(call, made, 201)


@router.get(
    "/learning-log-entries/{learningLogEntryId}",
    response_model=LearningLogEntryRead,
    summary="Read what was learned",
)
async def read_learning_log_entry(call: Reading, learning_log_entry_id: LearningLogEntryId) -> Response:
    """What was learned, and when the group last looked at it again. `content` is exactly what is shared."""
    return _answer(call, await learning_log_entries.read(call.work, learning_log_entry_id))


@router.patch(
    "/learning-log-entries/{learningLogEntryId}",
    response_model=LearningLogEntryRead,
    summary="Change what was learned",
)
async def update_learning_log_entry(
    call: Writing, version: Version, learning_log_entry_id: LearningLogEntryId, entry: LearningLogEntryUpdate
) -> Response:
    """Until it is shared. Of a proposed entry any change voids the decisions taken on it. What is shared never changes:
    what was learned since is an entry of its own."""
    return _answer(call, await learning_log_entries.update(call.work, learning_log_entry_id, version, entry))


@router.delete("/learning-log-entries/{learningLogEntryId}", status_code=204, summary="Take out what was written")
async def delete_learning_log_entry(
    call: Writing, version: Version, learning_log_entry_id: LearningLogEntryId
) -> Response:
    """Only while it is the group's own: neither proposed nor shared."""
    await learning_log_entries.delete(call.work, learning_log_entry_id, version)
    return nothing()


@router.post(
    "/learning-log-entries/{learningLogEntryId}/revisits",
    response_model=LearningLogEntryRead,
    status_code=201,
    summary="Look at it again",
)
async def create_learning_revisit(
    call: Creating, learning_log_entry_id: LearningLogEntryId, revisit: LearningRevisitCreate
) -> Response:
    """That the group has looked at it again today, with a note on what still holds if it wants to. A shared entry is
    looked at again too: the notes stay the group's own. Twice on one day counts once, and the last note stands."""
    made = await call.once(
        lambda: learning_log_entries.revisit(call.work, learning_log_entry_id, revisit), learning_log_entries.read
    )
    return _answer(call, made, 201)


@router.post(
    "/learning-log-entries/{learningLogEntryId}/transitions",
    response_model=LearningLogEntryRead,
    status_code=201,
    summary="Propose to share it, or take that back",
)
async def transition_learning_log_entry(
    call: Creating,
    version: Version,
    learning_log_entry_id: LearningLogEntryId,
    transition: LearningLogEntryTransition,
) -> Response:
    """Either side proposes it for the organisation's library, and either side takes that back as long as it is not
    shared. Both begin anew: decisions taken before count no more."""
    made = await call.once(
        lambda: learning_log_entries.transition(call.work, learning_log_entry_id, version, transition),
        learning_log_entries.read,
    )
    return _answer(call, made, 201)


@router.get(
    "/learning-log-entries/{learningLogEntryId}/approvals",
    response_model=page_of(ApprovalItem),
    summary="List decisions on sharing it",
)
async def list_learning_log_entry_approvals(
    call: Reading,
    learning_log_entry_id: LearningLogEntryId,
    sort: ByDecision = "decidedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every decision the parties have taken on it, voided ones included."""
    request = asked(page, limit, after, sort)
    return await list_decisions(call, SubjectType.LEARNING_LOG_ENTRY, learning_log_entry_id, request)


@router.post(
    "/learning-log-entries/{learningLogEntryId}/approvals",
    response_model=ApprovalRead,
    status_code=201,
    summary="Decide on sharing it",
)
async def approve_learning_log_entry(
    call: Creating, version: Version, learning_log_entry_id: LearningLogEntryId, approval: ApprovalCreate
) -> Response:
    """Your party's decision on the content hash you have read. The last approval needed shares it with everybody in the
    organisation, as it is and for good. It is looked through once more before that, for the name of anybody who has an
    account in the organisation."""
    return await decided(
        call, lambda: learning_log_entries.approve(call.work, learning_log_entry_id, version, approval)
    )


@router.get(
    "/organisations/{organisationId}/learning-library",
    response_model=page_of(SharedLearning),
    summary="List what the groups of an organisation have learned and shared",
)
async def list_learning_library(
    call: Reading,
    organisation_id: OrganisationId,
    q: Annotated[
        SearchWords | None, Query(description="Words in the texts; Swedish word forms are understood.")
    ] = None,
    sort: Annotated[SharedOrder, Query(description="Order.")] = "-sharedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """For everybody who belongs to the organisation, and nobody else: no system administrator and no program. It holds
    what both sides of a group have decided to share; who was there, who decided and what a group keeps for itself is
    not in it."""
    request = asked(page, limit, after, sort)
    found = await learning_library.list_shared(call.work, organisation_id, request, q)
    return listed(call, SharedLearning, found, request)
