"""Content packs: read from files, checked, and loaded once and for all.

A pack is a directory: `pack.json` (key, version, licence, languages, provenance, which templates and instruments),
`method_texts.json`, `templates/<key>.json`, and `instruments/<key>.json`. An instrument's file is at the same time what
an organisation sends to import it.
"""

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
from app.models.instrument import Instrument, InstrumentCreate
from app.models.template_content import MethodTexts, MethodTextsRead
from app.services import audit, dialogue_templates, instrument_content, instruments, policy, template_content
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.spelling import read_json
from app.services.work import Work

# Never change this: the addresses of all central templates and instruments are made from it.
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
    instruments: tuple[InstrumentCreate, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the pack holds."""
        parts = (self.manifest, self.method_texts, *self.templates, *self.instruments)
        # Without what a file does not say: a pack that is loaded keeps its hash when packs learn to hold more.
        said = [part.model_dump(mode="json", by_alias=True, exclude_unset=True) for part in parts]
        return content_hash({"parts": said})


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    key: str
    pack_version: str
    new_templates: int
    new_instruments: int


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
    Code.INSTRUMENT_TEXT_MISSING: "the text is not written in this language",
    Code.INSTRUMENT_SCALE_UNEVEN: "the points are whole numbers in a row from the least",
    Code.INSTRUMENT_ID_REPEATED: "another part of the instrument has the same id",
    Code.INSTRUMENT_DIMENSION_UNKNOWN: "the instrument has no dimension of this key",
    Code.INSTRUMENT_DIMENSION_EMPTY: "no item belongs to the dimension",
    Code.INSTRUMENT_CLIMATE_REPEATED: "another dimension stands for the same part of the learning climate",
    Code.INSTRUMENT_MINIMUM_TOO_LARGE: "there are not so many, so that nobody could get a score",
    Code.INSTRUMENT_ZONES_OUT_OF_ORDER: "the first zone begins at 0, and each of the others above the one before",
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
        if manifest and template is not None:
            templates.append(template)
            lines += _strangeness(name, key, template, manifest)
            lines += _lines(name, template_content.faults(template.content), "/content")
    instruments_read = []
    for key in manifest.instruments if manifest else ():
        name = f"instruments/{key}.json"
        instrument = _read(directory / "instruments" / f"{key}.json", name, InstrumentCreate, lines)
        if manifest and instrument is not None:
            instruments_read.append(instrument)
            lines += _strangeness(name, key, instrument, manifest)
            lines += _lines(name, instrument_content.faults(instrument.content), "/content")
    if manifest and method_texts:
        said = method_texts.model_dump(mode="json", by_alias=True)
        lines += _lines("method_texts.json", template_content.unwritten(said, manifest.languages))
    if lines or manifest is None or method_texts is None:
        raise PackRefused(lines)
    return Pack(manifest, method_texts, tuple(templates), tuple(instruments_read))


def read_instrument(file: Traversable) -> InstrumentCreate:
    """Read and check one instrument; `PackRefused` names everything that is wrong with it."""
    lines: list[str] = []
    instrument = _read(file, file.name, InstrumentCreate, lines)
    if instrument is not None:
        lines += _lines(file.name, instrument_content.faults(instrument.content), "/content")
    if lines or instrument is None:
        raise PackRefused(lines)
    return instrument


def _strangeness(name: str, key: str, part: PackTemplate | InstrumentCreate, manifest: PackManifest) -> list[str]:
    """How a part does not belong to its pack."""
    lines = []
    if part.key != key:
        lines.append(f"{name}: /key: is not the name of the file")
    if part.content.languages != manifest.languages:
        lines.append(f"{name}: /content/languages: are not those of the pack")
    return lines


def _read(file: Traversable, name: str, shape: type[ShapeT], lines: list[str]) -> ShapeT | None:
    """The file in its shape, or None and what is wrong with it in `lines`."""
    try:
        return shape.model_validate(read_json(file.read_bytes()))
    except OSError:
        lines.append(f"{name}: cannot be read")
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            pointer = "".join(f"/{step}" for step in each["loc"])
            lines.append(f"{name}: {pointer}: {each['msg']}")
    except ValueError as error:  # neither UTF-8 nor JSON, or not as the API takes it
        lines.append(f"{name}: is not JSON ({error})")
    return None


def _lines(name: str, faults: list[FieldRefusal], within: str = "") -> list[str]:
    return [f"{name}: {within}{fault.pointer}: {_WORDS[fault.code]}" for fault in faults]


# --- Loading -------------------------------------------------------------------------------------------------------


def central_id(key: str, version: str) -> UUID:
    """The same template version has the same address in every installation."""
    return uuid5(_NAMESPACE, f"{key}/{version}")


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
            method_texts=pack.method_texts.model_dump(mode="json", by_alias=True),
            loaded_at=now,
        )
    )
    session.add_all(new)
    await session.flush()
    session.add_all(audit.entry(None, "load_content_pack", row, now, None, None) for row in new)
    await session.flush()
    kinds = [type(row) for row in new]
    return Loaded(key, pack_version, kinds.count(DialogueTemplate), kinds.count(Instrument))


def _rows(pack: Pack, now: datetime) -> list[DialogueTemplate | Instrument]:
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
    return [*templates, *central]


async def _not_here(
    session: AsyncSession, rows: list[DialogueTemplate | Instrument]
) -> list[DialogueTemplate | Instrument]:
    """Those whose versions are not here; a version that is here with other content stops everything."""
    here: dict[UUID, str | None] = {}
    for kind in (DialogueTemplate, Instrument):
        central = sa.select(col(kind.id), col(kind.content_hash)).where(col(kind.organisation_id).is_(None))
        here |= {row.id: row.content_hash for row in await session.execute(central)}
    changed = [row for row in rows if here.get(row.id, row.content_hash) != row.content_hash]
    if changed:
        raise PackRefused([_changed(row) for row in changed])
    return [row for row in rows if row.id not in here]


def _changed(row: DialogueTemplate | Instrument) -> str:
    kind, version = (
        ("template", row.template_version)
        if isinstance(row, DialogueTemplate)
        else ("instrument", row.instrument_version)
    )
    return f"{kind}s/{row.key}.json: {version} is published with other content; give the changed {kind} a new version"


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
