"""What a report for people consists of. The same parts become a page (`report_pages`) and a PDF (`report_prints`).

Every text in it is data, whoever wrote it: neither form ever reads one as markup. Knows no database and no clock.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from app.models.columns import Language

MOST_WEIGHT = 6_000_000
"""Of a report: more than a thousand pages, two or three seconds of CPU and some hundred megabytes meanwhile."""
_LINE, _PARAGRAPH, _CELL, _IN_A_CELL = 25, 100, 150, 3
"""Measured: a character takes 0.35 µs of CPU, a line 12, a paragraph 40 and a cell of a table 64. In a cell, whose
words may be parted, a character takes three times as much, and 170 bytes instead of 50."""


@dataclass(frozen=True)
class Heading:
    """The report's title is on level 1, and no level is left out."""

    text: str
    level: int = 2
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Words:
    """The report's own words."""

    text: str
    kind: ClassVar[str] = "words"


@dataclass(frozen=True)
class Label:
    """What the next part answers: shorter than a heading, and none."""

    text: str
    kind: ClassVar[str] = "label"


@dataclass(frozen=True)
class Written:
    """What somebody wrote, as they wrote it, set apart from the report's own words."""

    text: str
    kind: ClassVar[str] = "written"


@dataclass(frozen=True)
class Facts:
    """What is known, each with its name."""

    rows: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Points:
    """A list without order."""

    texts: Sequence[str]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True)
class Table:
    """Rows as long as the columns; the first cell of a row names it."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()
    """How the width is shared on paper; equal parts when left out."""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Picture:
    """A drawing, and the same in words for those who do not see it."""

    svg: str
    caption: str
    instead: str
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Digest:
    """A checksum, which is never broken in two."""

    text: str
    kind: ClassVar[str] = "digest"


Part = Heading | Words | Label | Written | Facts | Points | Table | Picture | Digest


@dataclass(frozen=True)
class Report:
    """A report in one language, as of one moment: that of what it tells, never that of its making."""

    title: str
    subject: str
    """What kind of report it is."""
    mark: str
    """Stands on every page of paper, so that pages can be told apart: a case number, a checksum's beginning."""
    language: Language
    moment: datetime
    parts: Sequence[Part] = field(default_factory=tuple)

    def said(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "title": self.title,
            "subject": self.subject,
            "mark": self.mark,
            "language": self.language.value,
            "parts": [{"kind": part.kind, **asdict(part)} for part in self.parts],
        }

    def digest(self) -> str:
        """SHA-256 over all that it says: from the same report come the same bytes, so this can stand for them."""
        said = json.dumps([self.said(), self.moment.isoformat()], ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def weight(self) -> int:
        """How much there is to set, in characters: lines, paragraphs and cells cost more than what stands in them."""
        cells = [cell for part in self.parts if isinstance(part, Table) for row in part.rows for cell in row]
        return sum(_CELL + (_IN_A_CELL - 1) * len(cell) for cell in cells) + sum(
            len(text) + _LINE * text.count("\n") + _PARAGRAPH * text.count("\n\n")
            for text in _texts(self.said()["parts"])
        )


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for each in node.values():
            yield from _texts(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from _texts(each)
