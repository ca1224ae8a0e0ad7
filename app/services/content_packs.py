"""Content packs: read from files, checked, and loaded once and for all.

A pack is a directory: `pack.json` (key, version, licence, languages, provenance, which templates),
`method_texts.json`, and `templates/<key>.json`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar
from uuid import UUID, uuid5

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import WireModel
from app.models.content_pack import ContentPack, PackManifest, PackTemplate
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.template_content import MethodTexts, MethodTextsRead
from app.services import audit, policy
from app.services.content_hash import content_hash
from app.services.dialogue_templates import columns_of
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.template_content import faults, unwritten, written
from app.services.work import Work

# Never change this: the addresses of all central templates are made from it.
_NAMESPACE = UUID("0e6f6c3c-52f1-5f0b-9c1e-7a1d1e0a2b64")

ShapeT = TypeVar("ShapeT", bound=WireModel)


class PackRefused(Exception):
    """The pack cannot be used; each line says which file, where in it, and why."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Pack:
    """A pack that has been read and found in order."""

    manifest: PackManifest
    method_texts: MethodTexts
    templates: tuple[PackTemplate, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the pack holds."""
        parts = (self.manifest, self.method_texts, *self.templates)
        return content_hash({"parts": [part.model_dump(mode="json", by_alias=True) for part in parts]})


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    key: str
    pack_version: str
    new_templates: int


def shipped() -> Traversable:
    """The pack that comes with the program."""
    return resources.files("app.content") / "larande"


# --- Reading and checking ----------------------------------------------------------------------------------------

_WORDS = {
    Code.TEMPLATE_TEXT_MISSING: "the text is not written in this language",
    Code.TEMPLATE_MINUTES_DIFFER: "is not the sum of the steps' minutes",
    Code.TEMPLATE_GROUP_SIZE_REVERSED: "min is larger than max",
    Code.TEMPLATE_STEPS_OUT_OF_ORDER: "steps are numbered 1, 2, 3 in the order they stand",
    Code.TEMPLATE_QUESTION_REPEATED: "another question of the template has the same id",
}


def read_pack(directory: Traversable) -> Pack:
    """Read and check a pack; `PackRefused` names everything that is wrong with it."""
    lines: list[str] = []
    manifest = _read(directory / "pack.json", "pack.json", PackManifest, lines)
    method_texts = _read(directory / "method_texts.json", "method_texts.json", MethodTexts, lines)
    templates = []
    for key in manifest.templates if manifest else ():
        name = f"templates/{key}.json"
        template = _read(directory / "templates" / f"{key}.json", name, PackTemplate, lines)
        if template is not None:
            templates.append(template)
            if template.key != key:
                lines.append(f"{name}: /key: is not the name of the file")
            if manifest and template.content.languages != manifest.languages:
                lines.append(f"{name}: /content/languages: are not those of the pack")
            lines += [_line(name, "/content", fault) for fault in faults(template.content)]
    if manifest and method_texts:
        missing = unwritten(method_texts.model_dump(mode="json", by_alias=True), manifest.languages)
        lines += [_line("method_texts.json", "", fault) for fault in missing]
    if lines or manifest is None or method_texts is None:
        raise PackRefused(lines)
    return Pack(manifest, method_texts, tuple(templates))


def _read(file: Traversable, name: str, shape: type[ShapeT], lines: list[str]) -> ShapeT | None:
    """The file in its shape, or None and what is wrong with it in `lines`."""
    try:
        return shape.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except OSError:
        lines.append(f"{name}: cannot be read")
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            pointer = "".join(f"/{step}" for step in each["loc"])
            lines.append(f"{name}: {pointer}: {each['msg']}")
    except ValueError as error:  # neither UTF-8 nor JSON
        lines.append(f"{name}: is not JSON ({error})")
    return None


def _line(name: str, prefix: str, fault: FieldRefusal) -> str:
    return f"{name}: {prefix}{fault.pointer}: {_WORDS[fault.code]}"


# --- Loading -------------------------------------------------------------------------------------------------------


def central_id(key: str, version: str) -> UUID:
    """The same template version has the same address in every installation."""
    return uuid5(_NAMESPACE, f"{key}/{version}")


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
        return Loaded(key, pack_version, 0)
    new = await _new_templates(session, pack, now)
    session.add(
        ContentPack(
            key=key,
            pack_version=pack_version,
            content_hash=pack.content_hash,
            method_texts=pack.method_texts.model_dump(mode="json", by_alias=True),
            loaded_at=now,
        )
    )
    session.add_all(new)
    await session.flush()
    session.add_all(audit.entry(None, "load_content_pack", template, now, None, None) for template in new)
    await session.flush()
    return Loaded(key, pack_version, len(new))


async def _new_templates(session: AsyncSession, pack: Pack, now: datetime) -> list[DialogueTemplate]:
    """Rows for the versions that are not here; a version that is here with other content stops everything."""
    central = col(DialogueTemplate.organisation_id).is_(None)
    columns = (col(DialogueTemplate.key), col(DialogueTemplate.template_version), col(DialogueTemplate.content_hash))
    here = {
        (key, version): digest for key, version, digest in await session.execute(sa.select(*columns).where(central))
    }
    rows, lines = [], []
    for template in pack.templates:
        digest = content_hash(written(template.content))
        known = here.get((template.key, template.template_version))
        if known is None:
            rows.append(
                DialogueTemplate(
                    id=central_id(template.key, template.template_version),
                    key=template.key,
                    template_version=template.template_version,
                    state=DialogueTemplateState.PUBLISHED,
                    content_hash=digest,
                    published_at=now,
                    created_at=now,
                    **columns_of(template.content),
                )
            )
        elif known != digest:
            lines.append(
                f"templates/{template.key}.json: {template.template_version} is published with other content; "
                "give the changed template a new version"
            )
    if lines:
        raise PackRefused(lines)
    return rows


# --- The method texts ------------------------------------------------------------------------------------------------

_LOADED_LAST = sa.select(ContentPack).order_by(col(ContentPack.loaded_at).desc(), col(ContentPack.key)).limit(1)


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
