"""Dialogue templates and the method texts over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import PRIVATE, PUBLISHED, listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, Limit, PageNumber, TemplateOrder, asked
from app.models.columns import Id, Language, SearchWords
from app.models.dialogue_template import (
    DialogueTemplateCreate,
    DialogueTemplateItem,
    DialogueTemplateRead,
    DialogueTemplateState,
    DialogueTemplateTransition,
    DialogueTemplateUpdate,
)
from app.models.template_content import ClimateDimension, MethodTextsRead
from app.services import content_packs, dialogue_templates
from app.services.dialogue_templates import Wanted

router = router_of("dialogue-templates")

DialogueTemplateId = Annotated[
    Id, Path(alias="dialogueTemplateId", description="The version of the template; central ones have it everywhere.")
]


def _answer(call: Call, template: DialogueTemplateRead, status: int = 200) -> Response:
    # A central version looks the same to everyone who is signed in: nobody may change it. Vary keeps a shared
    # cache from showing it to those who are not.
    central = template.organisation_id is None
    path = f"/dialogue-templates/{template.id}"
    return single(call.request, template, path, status=status, cache=PUBLISHED if central else PRIVATE)


@router.get("/dialogue-templates", response_model=page_of(DialogueTemplateItem), summary="List dialogue templates")
async def list_dialogue_templates(
    call: Reading,
    climate_dimension: Annotated[
        list[ClimateDimension],
        Query(alias="climateDimension", max_length=6, description="Those that serve any of these dimensions."),
    ] = [],  # noqa: B006
    max_minutes: Annotated[
        int | None, Query(alias="maxMinutes", ge=1, le=1440, description="Those that take at most so long.")
    ] = None,
    language: Annotated[
        Language | None, Query(description="Those that exist in the language; also the one to search and sort in.")
    ] = None,
    state: Annotated[
        DialogueTemplateState | None, Query(description="Those in the state; `published` if nothing else is asked.")
    ] = None,
    organisation_id: Annotated[
        Id | None, Query(alias="organisationId", description="The organisation's own only.")
    ] = None,
    q: Annotated[
        SearchWords | None, Query(description="Words in the texts; Swedish and English word forms are understood.")
    ] = None,
    all_versions: Annotated[
        bool, Query(alias="allVersions", description="Every version in any state, not only the latest published.")
    ] = False,
    sort: Annotated[TemplateOrder, Query(description="Order.")] = "title",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The latest published version of each template: the central ones and your organisation's own."""
    wanted = Wanted(tuple(climate_dimension), max_minutes, language, state, organisation_id, q, all_versions)
    request = asked(page, limit, after, sort)
    found = await dialogue_templates.list_dialogue_templates(call.work, request, wanted)
    return listed(call, DialogueTemplateItem, found, request)


@router.post(
    "/organisations/{organisationId}/dialogue-templates",
    response_model=DialogueTemplateRead,
    status_code=201,
    summary="Draft a dialogue template",
)
async def create_dialogue_template(
    call: Creating, organisation_id: OrganisationId, dialogue_template: DialogueTemplateCreate
) -> Response:
    """A draft of the organisation's own, copied from a published version or written from scratch."""
    made = await call.once(
        lambda: dialogue_templates.create(call.work, organisation_id, dialogue_template), dialogue_templates.read
    )
    return _answer(call, made, 201)


@router.get(
    "/dialogue-templates/{dialogueTemplateId}",
    response_model=DialogueTemplateRead,
    summary="Read a dialogue template",
)
async def read_dialogue_template(call: Reading, dialogue_template_id: DialogueTemplateId) -> Response:
    """One version with all it says in both languages: steps, minutes, questions and guidance."""
    return _answer(call, await dialogue_templates.read(call.work, dialogue_template_id))


@router.patch(
    "/dialogue-templates/{dialogueTemplateId}",
    response_model=DialogueTemplateRead,
    summary="Change a draft template",
)
async def update_dialogue_template(
    call: Writing,
    version: Version,
    dialogue_template_id: DialogueTemplateId,
    dialogue_template: DialogueTemplateUpdate,
) -> Response:
    """Change a draft. A published version never changes: make a new one."""
    changed = await dialogue_templates.update(call.work, dialogue_template_id, version, dialogue_template)
    return _answer(call, changed)


@router.delete("/dialogue-templates/{dialogueTemplateId}", status_code=204, summary="Delete a draft template")
async def delete_dialogue_template(
    call: Writing, version: Version, dialogue_template_id: DialogueTemplateId
) -> Response:
    """Delete a draft. What has been published stays."""
    await dialogue_templates.delete(call.work, dialogue_template_id, version)
    return nothing()


@router.post(
    "/dialogue-templates/{dialogueTemplateId}/transitions",
    response_model=DialogueTemplateRead,
    status_code=201,
    summary="Publish or retire a template",
)
async def transition_dialogue_template(
    call: Creating,
    version: Version,
    dialogue_template_id: DialogueTemplateId,
    transition: DialogueTemplateTransition,
) -> Response:
    """Publish a complete draft, for good; or retire a published version, so that no new session follows it."""
    to = DialogueTemplateState(transition.to)
    made = await call.once(
        lambda: dialogue_templates.transition(call.work, dialogue_template_id, version, to), dialogue_templates.read
    )
    return _answer(call, made, 201)


@router.get("/method-texts", response_model=MethodTextsRead, summary="Read the method texts")
async def read_method_texts(call: Reading) -> Response:
    """What holds for every conversation: ground rules, roles, what is never written down, and what to do when a
    matter does not belong in it."""
    return single(call.request, await content_packs.method_texts(call.work), "/method-texts", cache=PUBLISHED)
