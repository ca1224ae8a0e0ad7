"""Dialogue templates: found, read, copied, changed while drafts, published, retired."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.models.columns import Language
from app.models.dialogue_template import (
    DialogueTemplate,
    DialogueTemplateCreate,
    DialogueTemplateRead,
    DialogueTemplateState,
    DialogueTemplateUpdate,
)
from app.models.organisation import Organisation
from app.models.template_content import ClimateDimension, TemplateContent
from app.services import policy
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.template_content import faults, merged, words, written
from app.services.word_search import says
from app.services.work import Work, admit, changed, created, differing, find, removed, shown

# --- For sessions ------------------------------------------------------------------------------------------


async def published_template(work: Work, template_id: UUID) -> DialogueTemplate:
    """The version a new session may follow: seen by the actor, and published."""
    template = await _seen(work, template_id, "/dialogueTemplateId")
    if template.state is not DialogueTemplateState.PUBLISHED:
        raise Refusal(Code.UNKNOWN_TEMPLATE, "/dialogueTemplateId")
    return template


def question_kinds(template: DialogueTemplate) -> dict[str, str]:
    """What is written down for each question: `group`, `party`, `action`, or `none`."""
    return {question["id"]: question["record"] for step in template.content["steps"] for question in step["questions"]}


def title_of(template: DialogueTemplate) -> str:
    """The Swedish title, or the English one of a template that is not written in Swedish."""
    return template.title["sv"] or template.title["en"] or template.key


async def _seen(work: Work, template_id: UUID, pointer: str) -> DialogueTemplate:
    """A template that a request names in its body: hidden and missing ones are refused alike."""
    try:
        return await find(work, DialogueTemplate, template_id)
    except Refusal:
        raise Refusal(Code.UNKNOWN_TEMPLATE, pointer) from None


# --- Lists ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What a list of templates is narrowed to."""

    dimensions: tuple[ClimateDimension, ...] = ()
    max_minutes: int | None = None
    language: Language | None = None
    state: DialogueTemplateState | None = None
    organisation_id: UUID | None = None
    words: str | None = None
    all_versions: bool = False


_ITEMS = sa.select(
    col(DialogueTemplate.id),
    col(DialogueTemplate.key),
    col(DialogueTemplate.template_version),
    col(DialogueTemplate.title),
    col(DialogueTemplate.content)["subtitle"].label("subtitle"),
    col(DialogueTemplate.total_minutes),
    col(DialogueTemplate.climate_dimensions),
    col(DialogueTemplate.languages),
    col(DialogueTemplate.state),
    col(DialogueTemplate.derived_from_id),
    col(DialogueTemplate.organisation_id),
).where(policy.visible(DialogueTemplate))


def _title(language: Language) -> sa.ColumnElement[str]:
    """The title in a language, or in the other where it is not written in that one."""
    other = next(each for each in Language if each is not language)
    title: Any = col(DialogueTemplate.title)
    return sa.func.coalesce(title[language.value].astext, title[other.value].astext, "", type_=sa.Text())


_SORTS: dict[Language, dict[str, Columns]] = {
    language: {
        "title": (_title(language), col(DialogueTemplate.id)),
        "totalMinutes": (col(DialogueTemplate.total_minutes), col(DialogueTemplate.id)),
    }
    for language in Language
}


def _number(template: Any) -> sa.ColumnElement[Any]:
    """1.10.0 comes after 1.9.0."""
    return sa.cast(sa.func.string_to_array(col(template.template_version), "."), sa.ARRAY(sa.Integer))


_later = aliased(DialogueTemplate)
IS_LATEST = ~sa.exists(
    sa.select(sa.literal(1))
    .where(
        col(_later.organisation_id).is_not_distinct_from(col(DialogueTemplate.organisation_id)),
        col(_later.key) == col(DialogueTemplate.key),
        col(_later.state) == DialogueTemplateState.PUBLISHED,
        _number(_later) > _number(DialogueTemplate),
    )
    .correlate(DialogueTemplate)
)

_PUBLISHED_FOR = (
    sa.select(
        col(DialogueTemplate.id),
        col(DialogueTemplate.key),
        col(DialogueTemplate.template_version),
        col(DialogueTemplate.title),
        col(DialogueTemplate.climate_dimensions),
    )
    .where(
        sa.or_(
            col(DialogueTemplate.organisation_id).is_(None),
            col(DialogueTemplate.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
        ),
        col(DialogueTemplate.state) == DialogueTemplateState.PUBLISHED,
        IS_LATEST,
    )
    .order_by(col(DialogueTemplate.key), col(DialogueTemplate.id))
)


async def published_for(session: AsyncSession, organisation_id: UUID) -> list[tuple[frozenset[str], dict[str, Any]]]:
    """The latest version of every template the organisation can use: which dimensions it serves, and its names."""
    return [
        (
            frozenset(dimensions),
            {"dialogueTemplateId": str(template_id), "key": key, "templateVersion": version, "title": title},
        )
        for template_id, key, version, title, dimensions in await session.execute(
            _PUBLISHED_FOR, {"organisation_id": organisation_id}
        )
    ]


_SEARCHES: dict[Language, tuple[Any, str]] = {
    Language.SWEDISH: (col(DialogueTemplate.search_sv), "swedish"),
    Language.ENGLISH: (col(DialogueTemplate.search_en), "english"),
}


async def list_dialogue_templates(work: Work, request: PageRequest, wanted: Wanted) -> Listed:
    """The latest published version of each template, or with a state, or `all_versions`, what is asked for."""
    policy.require(work.actor, "list_dialogue_templates")
    query = _ITEMS
    state = wanted.state or (None if wanted.all_versions else DialogueTemplateState.PUBLISHED)
    if state is not None:
        query = query.where(col(DialogueTemplate.state) == state)
    if state is DialogueTemplateState.PUBLISHED and not wanted.all_versions:
        query = query.where(IS_LATEST)
    if wanted.dimensions:
        letters = sa.literal([each.value for each in wanted.dimensions], sa.ARRAY(sa.Text))
        query = query.where(col(DialogueTemplate.climate_dimensions).bool_op("&&")(letters))
    if wanted.max_minutes is not None:
        query = query.where(col(DialogueTemplate.total_minutes) <= wanted.max_minutes)
    if wanted.organisation_id is not None:
        query = query.where(col(DialogueTemplate.organisation_id) == wanted.organisation_id)
    if wanted.language is not None:
        query = query.where(sa.literal(wanted.language.value) == sa.any_(col(DialogueTemplate.languages)))
    if wanted.words is not None:
        languages = list(Language) if wanted.language is None else [wanted.language]
        query = query.where(sa.or_(*(says(*_SEARCHES[language], wanted.words) for language in languages)))
    return await page(work, query, _SORTS[wanted.language or Language.SWEDISH], request)


# --- One version -----------------------------------------------------------------------------------------------


async def read(work: Work, template_id: UUID) -> DialogueTemplateRead:
    return shown(work, DialogueTemplateRead, await find(work, DialogueTemplate, template_id))


async def create(work: Work, organisation_id: UUID, data: DialogueTemplateCreate) -> DialogueTemplateRead:
    """A draft of the organisation's own, copied from a version that never changes or written from scratch."""
    await admit(work, "create_dialogue_template", Organisation, organisation_id)
    key, content = data.key, data.content
    if data.derived_from_id is not None:
        source = await _seen(work, data.derived_from_id, "/derivedFromId")
        if source.state is DialogueTemplateState.DRAFT:
            raise Refusal(Code.UNKNOWN_TEMPLATE, "/derivedFromId")
        key = key or source.key
        content = content or TemplateContent.model_validate(source.content)
    if key is None or content is None:
        raise Refusal(Code.TEMPLATE_SOURCE_MISSING, "/key" if key is None else "/content")
    template = DialogueTemplate(
        organisation_id=organisation_id,
        key=key,
        template_version=data.template_version,
        derived_from_id=data.derived_from_id,
        created_at=work.now,
        **columns_of(content),
    )
    await created(work, "create_dialogue_template", template)
    return shown(work, DialogueTemplateRead, template)


def columns_of(content: TemplateContent) -> dict[str, Any]:
    """The content, and the columns that lists and search need of it."""
    said = written(content)
    return {
        "languages": content.languages,
        "total_minutes": content.total_minutes,
        "climate_dimensions": content.climate_dimensions,
        "title": said["title"],
        "content": said,
        "text_sv": words(said, Language.SWEDISH),
        "text_en": words(said, Language.ENGLISH),
    }


async def update(work: Work, template_id: UUID, version: int, data: DialogueTemplateUpdate) -> DialogueTemplateRead:
    template = await admit(work, "update_dialogue_template", DialogueTemplate, template_id, version)
    changes: dict[str, Any] = data.model_dump(exclude_unset=True, include={"template_version"})
    if "content" in data.model_fields_set:
        patch = data.content.model_dump(mode="json", by_alias=True, exclude_unset=True)
        changes |= columns_of(TemplateContent.model_validate(merged(template.content, patch)))
    if changes := differing(template, changes):
        await changed(work, "update_dialogue_template", template, changes)
    return shown(work, DialogueTemplateRead, template)


async def delete(work: Work, template_id: UUID, version: int) -> None:
    template = await admit(work, "delete_dialogue_template", DialogueTemplate, template_id, version)
    await removed(work, "delete_dialogue_template", template)


async def transition(work: Work, template_id: UUID, version: int, to: DialogueTemplateState) -> DialogueTemplateRead:
    """Draft to published, when nothing is missing; published to retired. No other way, and no way back."""
    template = await admit(work, "transition_dialogue_template", DialogueTemplate, template_id, version)
    if (template.state, to) == (DialogueTemplateState.DRAFT, DialogueTemplateState.PUBLISHED):
        if missing := faults(TemplateContent.model_validate(template.content)):
            raise Refusal(
                Code.TEMPLATE_INCOMPLETE,
                fields=[FieldRefusal(f"/content{each.pointer}", each.code) for each in missing],
            )
        changes = {"published_at": work.now, "content_hash": content_hash(template.content)}
    elif (template.state, to) == (DialogueTemplateState.PUBLISHED, DialogueTemplateState.RETIRED):
        changes = {"retired_at": work.now}
    else:
        raise Refusal(Code.TEMPLATE_NOT_PUBLISHED, "/to")
    await changed(work, "transition_dialogue_template", template, {"state": to, **changes})
    return shown(work, DialogueTemplateRead, template)
