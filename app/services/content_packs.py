"""Content packs: loaded once and for all, and the method texts of the last one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.content_pack import ContentPack
from app.models.content_translation import ContentTranslation, TranslationContent
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.inspiration_item import InspirationItem
from app.models.instrument import Instrument
from app.models.process_guide import ProcessGuide
from app.models.template_content import MethodTextsRead
from app.services import (
    audit,
    content_translations,
    dialogue_templates,
    inspiration_items,
    instruments,
    policy,
    process_guides,
    template_content,
)
from app.services.content_hash import content_hash
from app.services.errors import Code, Refusal
from app.services.pack_reading import Pack, PackRefused
from app.services.work import Work

# Never change this: the addresses of all central templates and instruments are made from it.
_NAMESPACE = UUID("0e6f6c3c-52f1-5f0b-9c1e-7a1d1e0a2b64")


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    key: str
    pack_version: str
    new_templates: int
    new_instruments: int
    new_inspiration: int = 0
    new_guides: int = 0
    new_translations: int = 0


# --- Loading -------------------------------------------------------------------------------------------------------


def central_id(key: str, version: str) -> UUID:
    """The same template version has the same address in every installation."""
    return uuid5(_NAMESPACE, f"{key}/{version}")


def central_inspiration_id(key: str, version: str) -> UUID:
    return uuid5(_NAMESPACE, f"inspiration/{key}/{version}")


def central_guide_id(key: str, version: str) -> UUID:
    return uuid5(_NAMESPACE, f"guides/{key}/{version}")


def _translation_id(translation: TranslationContent) -> UUID:
    names = (translation.name, translation.version, translation.translation_version)
    return uuid5(_NAMESPACE, f"translations/{'/'.join(names)}")


def central_instrument_id(key: str, version: str) -> UUID:
    """So has the same version of an instrument, apart from a template that may be called the same."""
    return uuid5(_NAMESPACE, f"instruments/{key}/{version}")


async def load(session: AsyncSession, pack: Pack, now: datetime) -> Loaded:
    """Publish what the pack has that is not here yet. Loading again changes nothing; changed content is refused.

    Nobody is signed in when a pack is loaded: the audit entries name no person.
    """
    key, pack_version = pack.manifest.key, pack.manifest.pack_version
    # Two programs that start at once load one after the other.
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("content pack"))))
    known = await session.get(ContentPack, (key, pack_version))
    if known is not None:
        if known.content_hash != pack.content_hash:
            raise PackRefused(
                [f"{key} {pack_version} is loaded with other content; give the changed pack a new version"]
            )
        return Loaded(key, pack_version, 0, 0)
    new = await _not_here(session, _rows(pack, now))
    session.add(
        ContentPack(
            key=key,
            pack_version=pack_version,
            content_hash=pack.content_hash,
            method_texts=pack.method_texts.model_dump(mode="json", by_alias=True) if pack.method_texts else {},
            loaded_at=now,
        )
    )
    session.add_all(new)
    await session.flush()
    await _require_whole(session, pack)
    session.add_all(audit.entry(None, "load_content_pack", row, now, None, None) for row in new)
    await session.flush()
    kinds = [type(row) for row in new]
    return Loaded(key, pack_version, *(kinds.count(kind) for kind in _KINDS))


Central = DialogueTemplate | Instrument | InspirationItem | ProcessGuide | ContentTranslation
_KINDS: tuple[type[Central], ...] = (
    DialogueTemplate,
    Instrument,
    InspirationItem,
    ProcessGuide,
    ContentTranslation,
)


def _rows(pack: Pack, now: datetime) -> list[Central]:
    """All that the pack publishes, as it would be stored."""
    templates = [
        DialogueTemplate(
            id=central_id(template.key, template.template_version),
            key=template.key,
            template_version=template.template_version,
            state=DialogueTemplateState.PUBLISHED,
            content_hash=content_hash(template_content.written(template.content)),
            published_at=now,
            created_at=now,
            **dialogue_templates.columns_of(template.content),
        )
        for template in pack.templates
    ]
    central = [
        Instrument(
            id=central_instrument_id(instrument.key, instrument.instrument_version),
            **instruments.columns_of(instrument, now),
        )
        for instrument in pack.instruments
    ]
    pieces = [
        inspiration_items.row_of(each, central_inspiration_id(each.key, each.item_version), now)
        for each in pack.inspiration
    ]
    guides = [process_guides.row_of(each, central_guide_id(each.key, each.guide_version), now) for each in pack.guides]
    translations = [
        content_translations.row_of(each, _translation_id(each), _ORIGINALS[each.of][1](each.key, each.version), now)
        for each in pack.translations
    ]
    return [*templates, *central, *pieces, *guides, *translations]


_ORIGINALS: dict[str, tuple[type[InspirationItem | ProcessGuide], Callable[[str, str], UUID]]] = {
    "inspiration": (InspirationItem, central_inspiration_id),
    "guides": (ProcessGuide, central_guide_id),
}


async def _require_whole(session: AsyncSession, pack: Pack) -> None:
    """Every translation is the whole of something that is published here, perhaps by this pack."""
    lines = []
    for each in pack.translations:
        kind, address = _ORIGINALS[each.of]
        original: Any = await session.get(kind, address(each.key, each.version))
        name = f"translations/{each.name}.json"
        if original is None:
            lines.append(f"{name}: /version: {each.of}/{each.key} {each.version} is not published here")
        else:
            found = content_translations.faults(each, original.content)
            lines += [f"{name}: {pointer}: {words}" for pointer, words in found]
    if lines:
        raise PackRefused(lines)


async def _not_here(session: AsyncSession, rows: list[Central]) -> list[Central]:
    """Those whose versions are not here; a version that is here with other content stops everything."""
    here: dict[UUID, str | None] = {}
    for kind in _KINDS:
        ids = [row.id for row in rows if isinstance(row, kind)]
        central = sa.select(col(kind.id), col(kind.content_hash)).where(col(kind.id).in_(ids))
        here |= {row.id: row.content_hash for row in await session.execute(central)}
    changed = [row for row in rows if here.get(row.id, row.content_hash) != row.content_hash]
    if changed:
        raise PackRefused([_changed(row) for row in changed])
    return [row for row in rows if row.id not in here]


def _changed(row: Central) -> str:
    if isinstance(row, ContentTranslation):
        return (
            f"translations/{row.language}: {row.translation_version} of the translation of {row.subject_id} is "
            "published with other content; give the changed translation a new version"
        )
    if isinstance(row, DialogueTemplate):
        folder, kind, version = "templates", "template", row.template_version
    elif isinstance(row, Instrument):
        folder, kind, version = "instruments", "instrument", row.instrument_version
    elif isinstance(row, InspirationItem):
        folder, kind, version = "inspiration", "piece", row.item_version
    else:
        folder, kind, version = "guides", "guide", row.guide_version
    return f"{folder}/{row.key}.json: {version} is published with other content; give the changed {kind} a new version"


# --- The method texts ------------------------------------------------------------------------------------------------

_LOADED_LAST = (
    sa.select(ContentPack)
    .where(col(ContentPack.method_texts) != sa.literal({}, JSONB))  # a pack of translations has none
    .order_by(col(ContentPack.loaded_at).desc(), col(ContentPack.key))
    .limit(1)
)


async def method_texts(work: Work) -> MethodTextsRead:
    """Those of the pack that was loaded last."""
    policy.require(work.actor, "read_method_texts")
    pack = (await work.session.execute(_LOADED_LAST)).scalar_one_or_none()
    if pack is None:
        raise Refusal(Code.NOT_FOUND)
    return MethodTextsRead.model_validate(
        pack.method_texts
        | {
            "id": central_id(pack.key, pack.pack_version),
            "version": 1,
            "pack_key": pack.key,
            "pack_version": pack.pack_version,
        }
    )
