"""Dialogue sessions over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api import report_files
from app.api.answers import listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.file_turns import Export
from app.api.negotiation import HTML, JSON, PDF, best_type
from app.api.operations import router_of
from app.api.paging import After, Limit, PageNumber, StartOrder, asked
from app.api.working_groups import WorkingGroupId
from app.models.columns import Id
from app.models.dialogue_session import (
    DialogueSessionCreate,
    DialogueSessionItem,
    DialogueSessionRead,
    DialogueSessionState,
    DialogueSessionTransition,
    DialogueSessionUpdate,
)
from app.services import dialogue_sessions, session_scripts

router = router_of("dialogue-sessions")

DialogueSessionId = Annotated[Id, Path(alias="dialogueSessionId", description="The session.")]


def _answer(call: Call, session: DialogueSessionRead, status: int = 200) -> Response:
    return single(call.request, session, f"/dialogue-sessions/{session.id}", status=status)


@router.get(
    "/working-groups/{workingGroupId}/dialogue-sessions",
    response_model=page_of(DialogueSessionItem),
    summary="List dialogue sessions",
)
async def list_dialogue_sessions(
    call: Reading,
    working_group_id: WorkingGroupId,
    state: Annotated[DialogueSessionState | None, Query(description="Only sessions in this state.")] = None,
    sort: Annotated[StartOrder, Query(description="Order.")] = "-startsAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The group's sessions, the latest first. A facilitator sees the sessions they lead."""
    request = asked(page, limit, after, sort)
    found = await dialogue_sessions.list_dialogue_sessions(call.work, working_group_id, request, state)
    return listed(call, DialogueSessionItem, found, request)


@router.post(
    "/working-groups/{workingGroupId}/dialogue-sessions",
    response_model=DialogueSessionRead,
    status_code=201,
    summary="Plan a dialogue session",
)
async def create_dialogue_session(
    call: Creating, working_group_id: WorkingGroupId, session: DialogueSessionCreate
) -> Response:
    """Plan a conversation on one published template version, with a facilitator who stands outside the parties."""
    made = await call.once(
        lambda: dialogue_sessions.create(call.work, working_group_id, session), dialogue_sessions.read
    )
    return _answer(call, made, 201)


@router.get(
    "/dialogue-sessions/{dialogueSessionId}",
    response_model=DialogueSessionRead,
    responses={200: {"content": report_files.documented("The facilitator's script, with times.")}},
    summary="Read a dialogue session",
)
async def read_dialogue_session(asking: Export, dialogue_session_id: DialogueSessionId) -> Response:
    """The session as planned or held, and where its record is.

    As HTML or PDF it is the script for whoever leads it: what to say and ask, and when, from the template version that
    the session is pinned to.
    """
    request = asking.request
    media_type = best_type(request, (JSON, HTML, PDF)) or JSON
    if media_type == JSON:
        async with asking.call() as call:
            return _answer(call, await dialogue_sessions.read(call.work, dialogue_session_id))
    language = report_files.language_of(request)
    async with asking.turn():
        async with asking.call() as call:
            gathered = await session_scripts.gather(call.work, dialogue_session_id)
        return await report_files.reported(
            request,
            lambda: session_scripts.report(gathered, language),
            gathered.session.version,
            media_type,
            f"samtal-{dialogue_session_id}",
        )


@router.patch(
    "/dialogue-sessions/{dialogueSessionId}", response_model=DialogueSessionRead, summary="Change a dialogue session"
)
async def update_dialogue_session(
    call: Writing, version: Version, dialogue_session_id: DialogueSessionId, session: DialogueSessionUpdate
) -> Response:
    """Change the plan or note attendance. After the session only attendance and head-count can be corrected."""
    return _answer(call, await dialogue_sessions.update(call.work, dialogue_session_id, version, session))


@router.post(
    "/dialogue-sessions/{dialogueSessionId}/transitions",
    response_model=DialogueSessionRead,
    status_code=201,
    summary="Prepare, hold or cancel a dialogue session",
)
async def transition_dialogue_session(
    call: Creating,
    version: Version,
    dialogue_session_id: DialogueSessionId,
    transition: DialogueSessionTransition,
) -> Response:
    """Holding needs the employer and at least one union present or excused, and opens the session's record."""
    made = await call.once(
        lambda: dialogue_sessions.transition(call.work, dialogue_session_id, version, transition),
        dialogue_sessions.read,
    )
    return _answer(call, made, 201)
