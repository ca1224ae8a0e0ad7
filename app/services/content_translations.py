"""Translations in content packs: checked against what they translate, and stored. No clock."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from app.models.content_translation import ContentTranslation, TranslationContent
from app.services.content_hash import content_hash
from app.services.inspiration_content import Fault, markup
from app.services.template_content import texts

_LONG = {"/body", "/transcript"}


def faults(translation: TranslationContent, original: dict[str, Any]) -> Iterator[Fault]:
    """How it is not the whole of the original, text by text."""
    wanted = {pointer for pointer, _ in texts(original)}
    for pointer in sorted(wanted - translation.texts.keys()):
        yield f"/texts{pointer}", "is not translated; a piece or a guide is translated whole or not at all"
    for pointer in sorted(translation.texts.keys() - wanted):
        yield f"/texts{pointer}", "there is no such text in what is translated"
    for pointer in sorted(wanted & translation.texts.keys()):
        said = translation.texts[pointer]
        most = 200 if pointer.endswith("/title") else 40_000 if pointer in _LONG else 10_000
        if len(said) > most:
            yield f"/texts{pointer}", f"is longer than {most:,} characters"
        if translation.of == "inspiration":
            yield from markup(f"/texts{pointer}", said)


def row_of(
    translation: TranslationContent, translation_id: UUID, subject_id: UUID, now: datetime
) -> ContentTranslation:
    said = translation.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return ContentTranslation(
        id=translation_id,
        subject_id=subject_id,
        language=translation.language,
        translation_version=translation.translation_version,
        texts=translation.texts,
        content_hash=content_hash(said),
        published_at=now,
        words="\n".join(translation.texts.values()),
    )
