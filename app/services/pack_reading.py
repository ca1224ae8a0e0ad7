"""Content packs: read from files and checked. No database, no clock.

A pack is a directory: `pack.json` (key, version, licence, languages, provenance, and what is in it),
`method_texts.json`, `templates/<key>.json`, `instruments/<key>.json`, `inspiration/<key>.json` and `guides/<key>.json`.
An instrument's file is at the same time what an organisation sends to import it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import ValidationError

from app.models.base import WireModel
from app.models.columns import Language
from app.models.content_pack import PackManifest, PackTemplate
from app.models.content_translation import TranslationContent
from app.models.guide_content import GuideContent
from app.models.inspiration_content import InspirationContent
from app.models.instrument import InstrumentCreate
from app.models.template_content import MethodTexts
from app.services import guide_content, inspiration_content, instrument_content, template_content
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal
from app.services.spelling import read_json

ShapeT = TypeVar("ShapeT", bound=WireModel)


MOST_FILE_BYTES = 1_000_000
Source = Callable[[str], bytes]
"""Gives a file of the pack by its name; OSError if it is not there."""


LONGEST_LINE = 1_000


class PackRefused(Exception):
    """The pack cannot be used; each line says which file, where in it, and why.

    What stands in it is named as it is, but for what would move the cursor of whoever reads it, and no line is endless.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = ["".join(each if each.isprintable() else "�" for each in line[:LONGEST_LINE]) for line in lines]
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True)
class Pack:
    """A pack that has been read and found in order."""

    manifest: PackManifest
    method_texts: MethodTexts | None
    templates: tuple[PackTemplate, ...]
    instruments: tuple[InstrumentCreate, ...]
    inspiration: tuple[InspirationContent, ...] = ()
    guides: tuple[GuideContent, ...] = ()
    translations: tuple[TranslationContent, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything the pack holds."""
        # Without what a file does not say: a pack that is loaded keeps its hash when packs learn to hold more.
        said = [part.model_dump(mode="json", by_alias=True, exclude_unset=True) for part in self.files.values()]
        return content_hash({"parts": said})

    @property
    def files(self) -> dict[str, WireModel]:
        """Its files by their names."""
        return {
            "pack.json": self.manifest,
            **({"method_texts.json": self.method_texts} if self.method_texts else {}),
            **{f"templates/{each.key}.json": each for each in self.templates},
            **{f"instruments/{each.key}.json": each for each in self.instruments},
            **{f"inspiration/{each.key}.json": each for each in self.inspiration},
            **{f"guides/{each.key}.json": each for each in self.guides},
            **{f"translations/{each.name}.json": each for each in self.translations},
        }


def shipped() -> Traversable:
    """The pack that comes with the program."""
    return resources.files("app.content") / "larande"


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
    return read_files(lambda name: directory.joinpath(*name.split("/")).read_bytes())


def read_files(source: Source) -> Pack:
    """The same of a pack whose files are kept in another way."""
    lines: list[str] = []
    manifest = _read(source, "pack.json", PackManifest, lines)
    # A pack of translations, or of pieces alone, says nothing on the method.
    bare = manifest is not None and not manifest.templates
    method_texts = None if bare else _read(source, "method_texts.json", MethodTexts, lines)
    if manifest is None:
        raise PackRefused(lines)
    listed = {name: getattr(manifest, name) for name in _LISTED}
    if not any(listed.values()):
        lines.append("pack.json: there is nothing in the pack")
    lines += [f"pack.json: /{name}: the same twice" for name, keys in listed.items() if len(set(keys)) < len(keys)]
    templates, instruments = [], []
    for name, key, template in _each(source, "templates", manifest.templates, PackTemplate, lines):
        templates.append(template)
        lines += _strangeness(name, key, template, manifest)
        lines += _lines(name, template_content.faults(template.content), "/content")
    for name, key, instrument in _each(source, "instruments", manifest.instruments, InstrumentCreate, lines):
        instruments.append(instrument)
        lines += _strangeness(name, key, instrument, manifest)
        lines += _lines(name, instrument_content.faults(instrument.content), "/content")
    inspiration, guides = [], []
    for name, key, piece in _each(source, "inspiration", manifest.inspiration, InspirationContent, lines):
        inspiration.append(piece)
        said = inspiration_content.written(piece)
        lines += [f"{name}: {line}" for line in _faults(key, said, manifest, inspiration_content.faults(piece))]
    for name, key, guide in _each(source, "guides", manifest.guides, GuideContent, lines):
        guides.append(guide)
        said = guide_content.written(guide)
        lines += [f"{name}: {line}" for line in _faults(key, said, manifest, guide_content.faults(guide))]
    translations = []
    for name, key, translation in _each(source, "translations", manifest.translations, TranslationContent, lines):
        translations.append(translation)
        if translation.name != key:
            lines.append(f"{name}: /language, /of and /key are not the name of the file")
    if method_texts:
        said = method_texts.model_dump(mode="json", by_alias=True)
        lines += _lines("method_texts.json", template_content.unwritten(said, _own(manifest)))
    if lines:
        raise PackRefused(lines)
    return Pack(
        manifest,
        method_texts,
        tuple(templates),
        tuple(instruments),
        tuple(inspiration),
        tuple(guides),
        tuple(translations),
    )


_LISTED = ("templates", "instruments", "inspiration", "guides", "translations")


def read_instrument(file: Traversable) -> InstrumentCreate:
    """Read and check one instrument; `PackRefused` names everything that is wrong with it."""
    lines: list[str] = []
    instrument = _read(lambda _name: file.read_bytes(), file.name, InstrumentCreate, lines)
    if instrument is not None:
        lines += _lines(file.name, instrument_content.faults(instrument.content), "/content")
    if lines or instrument is None:
        raise PackRefused(lines)
    return instrument


def _each(
    source: Source, folder: str, keys: list[str], shape: type[ShapeT], lines: list[str]
) -> Iterator[tuple[str, str, ShapeT]]:
    """The files of one kind that can be read, with their names and keys."""
    for key in keys:
        name = f"{folder}/{key}.json"
        part = _read(source, name, shape, lines)
        if part is not None:
            yield name, key, part


def _own(manifest: PackManifest) -> list[Language]:
    """Those of the pack's languages in which a text itself can be written."""
    return [each for each in Language if each in manifest.languages]


def _strangeness(name: str, key: str, part: PackTemplate | InstrumentCreate, manifest: PackManifest) -> list[str]:
    """How a part does not belong to its pack."""
    lines = []
    if part.key != key:
        lines.append(f"{name}: /key: is not the name of the file")
    if [str(each) for each in part.content.languages] != manifest.languages:
        lines.append(f"{name}: /content/languages: are not those of the pack")
    return lines


def _faults(
    key: str, said: dict[str, Any], manifest: PackManifest, found: Iterator[inspiration_content.Fault]
) -> Iterator[str]:
    """What is wrong with a piece or a guide: its name, its languages, what it goes with, and what `found` says."""
    if said["key"] != key:
        yield "/key: is not the name of the file"
    for unwritten in template_content.unwritten(said, _own(manifest)):
        yield f"{unwritten.pointer}: {_WORDS[unwritten.code]}"
    for pointer, kind, named in _named(said):
        if named not in getattr(manifest, kind):
            yield f"{pointer}: the pack has no such {_KINDS[kind]}"
    for pointer, words in found:
        yield f"{pointer}: {words}"


_KINDS = {"templates": "template", "inspiration": "piece of inspiration"}


def _named(said: dict[str, Any], within: str = "") -> Iterator[tuple[str, str, str]]:
    """What a piece or a guide says that it goes with: pointer, kind and key."""
    for kind in _KINDS:
        for place, key in enumerate(said.get(kind, ())):
            yield f"{within}/{kind}/{place}", kind, key
    for place, phase in enumerate(said.get("phases", ())):
        if isinstance(phase, dict):
            yield from _named(phase, f"{within}/phases/{place}")


def _read(source: Source, name: str, shape: type[ShapeT], lines: list[str]) -> ShapeT | None:
    """The file in its shape, or None and what is wrong with it in `lines`."""
    try:
        content = source(name)
        if len(content) > MOST_FILE_BYTES:
            lines.append(f"{name}: is larger than {MOST_FILE_BYTES:,} bytes")
            return None
        return shape.model_validate(read_json(content))
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
