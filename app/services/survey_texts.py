"""What people wrote in a round with open questions (R7): which of it is kept to be read, and under which unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from app.models.survey_texts import SurveyText
from app.services.content_hash import content_hash
from app.services.disclosure import Flags, UnitTree, publishable

LEAST_TEXTS = 10


@dataclass(frozen=True)
class Placed:
    """A text that may be read, and the unit it is shown with: the root, or one right below it."""

    unit: int
    question: int
    text: str


def readable(
    tree: UnitTree, published: Flags, texts: Sequence[tuple[int, tuple[str, ...]]], threshold: int
) -> list[Placed]:
    """Those texts that stand in a group of at least ten, question by question: a person is one text in each.

    `published` says which units' results are; nothing is shown of others here either. A unit right below the root is
    shown where R2 and R3 hold with the threshold of texts: it has so many, and what is left to the root has none or
    so many. All other texts stand under the root.
    """
    top = [unit for unit in range(len(tree.ids)) if unit == tree.root or tree.parents[unit] == tree.root]
    place = {unit: at for at, unit in enumerate(top)}
    short = UnitTree(
        tuple(tree.ids[unit] for unit in top),
        tuple(-1 if unit == tree.root else place[tree.root] for unit in top),
        tuple(0 for _ in top),
    )
    below = _right_below(tree)
    kept = []
    for question in range(max((len(each) for _, each in texts), default=0)):
        written = [(place[below[unit]], each[question]) for unit, each in texts if each[question]]
        counts = np.bincount([at for at, _ in written], minlength=len(top)).astype(np.int64)
        root = place[tree.root]
        counts[root] = len(written)
        shown = publishable(short, counts[:, np.newaxis], counts, max(threshold, LEAST_TEXTS), published[top])
        if shown[root]:
            kept += [Placed(top[at if shown[at] else root], question, text) for at, text in written]
    return kept


def _right_below(tree: UnitTree) -> list[int]:
    """For each unit the one right below the root that it is or belongs to; the root for the root itself."""
    found = list(range(len(tree.ids)))
    for unit in reversed(tree.bottom_up[:-1]):
        parent = tree.parents[unit]
        if parent != tree.root:
            found[unit] = found[parent]
    return found


def rows_of(
    texts_id: UUID, placed: Iterable[Placed], unit_ids: Sequence[UUID], question_ids: Sequence[str]
) -> list[SurveyText]:
    """Rows in the order of their ids, which are drawn by lot."""
    rows = [
        SurveyText(
            id=uuid4(),
            survey_texts_id=texts_id,
            unit_id=unit_ids[each.unit],
            question_id=question_ids[each.question],
            text=each.text,
        )
        for each in placed
    ]
    return sorted(rows, key=lambda row: row.id)


def texts_hash(texts: Iterable[Any]) -> str:
    """Over what both sides let out: these texts, as rows or as much of them as is told, in the order of their ids."""
    return content_hash(
        {
            "texts": [
                {"id": str(each.id), "unitId": str(each.unit_id), "questionId": each.question_id, "text": each.text}
                for each in sorted(texts, key=lambda each: each.id)
            ]
        }
    )
