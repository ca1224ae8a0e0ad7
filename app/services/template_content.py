"""What a template's content must hold before it is published, and its words for search. No database, no clock."""

from collections.abc import Iterator
from typing import Any

from app.models.columns import Language
from app.models.template_content import TemplateContent
from app.services.errors import Code, FieldRefusal

Json = dict[str, Any]


def written(content: TemplateContent) -> Json:
    """The content as it is stored, hashed and answered."""
    return content.model_dump(mode="json", by_alias=True)


def texts(node: Any, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every text in `node` with its JSON pointer."""
    if isinstance(node, dict):
        if node.keys() == {"sv", "en"}:
            yield pointer, node
            return
        for name, value in node.items():
            yield from texts(value, f"{pointer}/{name}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from texts(value, f"{pointer}/{place}")


def words(content: Json, language: Language) -> str:
    """All that is written in one language, for full text search."""
    return "\n".join(text[language] for _, text in texts(content) if text[language])


def unwritten(node: Any, languages: list[Language], code: Code = Code.TEMPLATE_TEXT_MISSING) -> list[FieldRefusal]:
    """The texts that lack one of `languages`."""
    return [
        FieldRefusal(f"{pointer}/{language}", code)
        for pointer, text in texts(node)
        for language in languages
        if not text[language]
    ]


def faults(content: TemplateContent) -> list[FieldRefusal]:
    """Why the content is not ready to be published, with JSON pointers into it; empty when it is."""
    found = unwritten(written(content), content.languages)
    if content.total_minutes != sum(step.minutes for step in content.steps):
        found.append(FieldRefusal("/totalMinutes", Code.TEMPLATE_MINUTES_DIFFER))
    if content.participants.group_size.min > content.participants.group_size.max:
        found.append(FieldRefusal("/participants/groupSize", Code.TEMPLATE_GROUP_SIZE_REVERSED))
    seen: set[str] = set()
    for place, step in enumerate(content.steps):
        if step.order != place + 1:
            found.append(FieldRefusal(f"/steps/{place}/order", Code.TEMPLATE_STEPS_OUT_OF_ORDER))
        for nth, question in enumerate(step.questions):
            if question.id in seen:
                found.append(FieldRefusal(f"/steps/{place}/questions/{nth}/id", Code.TEMPLATE_QUESTION_REPEATED))
            seen.add(question.id)
    return found


def merged(content: Json, patch: Json) -> Json:
    """`content` with a merge patch applied. A null stays as null: the text is not written in that language."""
    return {
        **content,
        **{name: merged(content[name], value) if isinstance(value, dict) else value for name, value in patch.items()},
    }
