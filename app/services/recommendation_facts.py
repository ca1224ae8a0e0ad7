"""What the rules of suggestions look at, and what a rule is. No database, no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.models.columns import Language
from app.models.overview import SuggestionKind, SuggestionReason
from app.models.template_content import ClimateDimension, Texts


@dataclass(frozen=True)
class Material:
    """A template, a piece of inspiration or a guide that can be suggested."""

    kind: SuggestionKind
    id: UUID
    key: str
    minutes: int | None = None
    """How long it takes; None for a guide."""
    dimensions: tuple[ClimateDimension, ...] = ()
    templates: tuple[str, ...] = ()
    """Of a piece: the templates it goes with."""
    least: int = 1
    most: int = 500
    """Of a template: how many people sit in one group."""
    days_since_held: int | None = None
    """Of a template: since the group last held a session on any version of it; None: it never has."""


@dataclass(frozen=True)
class PhaseFacts:
    """What the guide that is followed says of the phase that the group is in."""

    guide: str
    title: str
    templates: tuple[str, ...]
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What the rules look at. Of a survey nothing but the lowest dimensions as they are released to both sides."""

    materials: tuple[Material, ...]
    forming: bool = False
    met: bool = False
    days_quiet: int | None = None
    """Since the group last met, or else was started, if that is long for it and nothing is planned."""
    planned: str | None = None
    """The template of the session that is planned."""
    last_held: str | None = None
    """The template of the session held last."""
    to_follow_up: frozenset[str] = frozenset()
    """Templates that a session was held on, some of whose follow-up days have come."""
    lowest: tuple[ClimateDimension, ...] = ()
    days_since_result: int | None = None
    overdue: int = 0
    days_since_started: int | None = None
    """None: it has not."""
    phase: PhaseFacts | None = None
    """None: the group follows no guide."""
    people: int | None = None
    """How many were at the last session."""
    minutes: int | None = None
    """How much time the group says it has."""


Words = Mapping[str, Any]
Details = Callable[[Facts, Material, Language], Words]


def _nothing_more(_facts: Facts, _material: Material, _language: Language) -> Words:
    return {}


@dataclass(frozen=True)
class Rule:
    """When something is suggested, what it is, and what is said about it."""

    code: SuggestionReason
    when: str
    """The same as `holds` and `picks` in a sentence, for docs/decisions/explainable-suggestions.md."""
    words: Texts
    holds: Callable[[Facts], bool]
    picks: Callable[[Facts], Iterable[Material]]
    details: Details = _nothing_more

    def reason(self, facts: Facts, material: Material, language: Language) -> str:
        return words_in(self.words, language).format_map(self.details(facts, material, language))


def words_in(text: Texts, language: Language) -> str:
    return text["en" if language is Language.ENGLISH else "sv"] or ""


def is_usable(facts: Facts, material: Material) -> bool:
    """Whether the group could use it now. A template waits while a session is planned, and while its own is fresh."""
    if facts.minutes is not None and (material.minutes or 0) > facts.minutes:
        return False
    if material.kind is SuggestionKind.PROCESS_GUIDE:
        return facts.phase is None or facts.phase.guide != material.key
    if material.kind is SuggestionKind.INSPIRATION_ITEM:
        return True
    if facts.planned is not None or (facts.people is not None and facts.people < material.least):
        return False
    return material.key != facts.last_held or material.key in facts.to_follow_up
