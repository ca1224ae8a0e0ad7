"""The ballot box opened: sealed answers become rows for scoring, and texts. Nothing here knows a database.

What does not open, or is no answer that the round's questionnaire allows, is left out and counted. Whoever can write to
the database can put such a thing there; it must not keep a round from closing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from app.models.columns import Paragraphs
from app.models.instrument_content import InstrumentContent
from app.services.ballot import (
    BallotKeys,
    Ballots,
    BoxDamaged,
    Layout,
    PayloadDamaged,
    decode,
    decode_many,
)
from app.services.instrument_content import layout_of
from app.services.scoring import DONT_KNOW, SKIPPED, Answers

_TEXT: TypeAdapter[str] = TypeAdapter(Paragraphs)


@dataclass(frozen=True)
class Opened:
    """Answers in no order that means anything."""

    units: npt.NDArray[np.int64]
    """Each person's own unit, by its place in the frozen tree."""
    answers: Answers
    """Persons × items, as `scoring` reads them."""
    texts: list[tuple[int, tuple[str, ...]]]
    """Of those who wrote something: the unit's place, and a text, perhaps empty, for each open question."""
    damaged: int = 0


class Box:
    """What one round's answers are opened with, made ready once. Its work is for a thread: it takes CPU time."""

    def __init__(self, keys: BallotKeys, content: InstrumentContent, *, free_text: bool, units: int) -> None:
        self._keys = keys
        self._layout = layout_of(content, free_text)
        self._scale = content.scale
        self._limits = [each.max_characters for each in content.open_questions] if free_text else []
        self._units = units

    def open(self, boxes: Sequence[bytes]) -> Opened:
        """Some of the round's sealed answers."""
        payloads = []
        for box in boxes:
            try:
                payloads.append(self._keys.open(box))
            except BoxDamaged:
                continue
        ballots = _decoded(self._layout, payloads)
        kept = self._allowed(ballots)
        answers = ballots.answers[kept]
        units = ballots.unit_indexes[kept].astype(np.int64)
        texts = [ballots.texts[place] for place in kept.nonzero()[0]]
        written = [(unit, each) for unit, each in zip(units.tolist(), texts, strict=True) if any(each)]
        return Opened(units, answers, written, len(boxes) - len(units))

    def _allowed(self, ballots: Ballots) -> npt.NDArray[np.bool_]:
        """Whether each is what the service would have taken: a unit of the round, values of the scale, fit texts."""
        given = ballots.answers
        possible = (given >= self._scale.lowest) & (given <= self._scale.highest) | (given == SKIPPED)
        if self._scale.dont_know is not None:
            possible |= given == DONT_KNOW
        allowed: npt.NDArray[np.bool_] = (ballots.unit_indexes < self._units) & possible.all(axis=1)
        for place, texts in enumerate(ballots.texts):
            if any(not _is_writable(text, limit) for text, limit in zip(texts, self._limits, strict=True)):
                allowed[place] = False
        return allowed


def together(parts: Sequence[Opened], items: int) -> Opened:
    """All parts of a round's answers."""
    return Opened(
        np.concatenate([np.zeros(0, dtype=np.int64), *(each.units for each in parts)]),
        np.concatenate([np.zeros((0, items), dtype=np.int8), *(each.answers for each in parts)]),
        [text for each in parts for text in each.texts],
        sum(each.damaged for each in parts),
    )


def _decoded(layout: Layout, payloads: list[bytes]) -> Ballots:
    try:
        return decode_many(layout, payloads)
    except PayloadDamaged:
        return decode_many(layout, [payload for payload in payloads if _is_whole(layout, payload)])


def _is_whole(layout: Layout, payload: bytes) -> bool:
    try:
        decode(layout, payload)
    except PayloadDamaged:
        return False
    return True


def _is_writable(text: str, limit: int) -> bool:
    """Whether it is what the service makes of any text it is sent: clean, in NFC, no longer than allowed."""
    if not text:
        return True
    try:
        return len(text) <= limit and _TEXT.validate_python(text) == text
    except ValidationError:
        return False
