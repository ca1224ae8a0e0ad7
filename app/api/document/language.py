"""The document in Swedish: the English one with its texts exchanged, and nothing else.

The Swedish of every text stands in a catalogue beside this file, under the English it belongs to. The English document
is what the program's words make, and what is committed; tests see to it that the catalogues have all of it
(tests/document/test_swedish.py).
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from app.api.document.shared import Json
from app.api.problem_texts import PROBLEMS

CATALOGUES = Path(__file__).parent / "swedish"

# Texts that the program composes: the beginning, and then a text that stands alone elsewhere.
OPENINGS = {
    "As asked. ": "Som begärt. ",
    "Done; the body shows the result. ": "Klart; svaret visar resultatet. ",
    "It will be done. ": "Det kommer att göras. ",
    "Done; nothing to show. ": "Klart; det finns inget att visa. ",
    "A page of the list. ": "En sida av listan. ",
}

# So a list of names begins each of its lines.
_ITEM = "\n- `"

_PARTS_OF_VALUES = {"example", "default", "enum", "const", "value", "x-example"}


def texts(node: Any) -> Iterator[tuple[Json, str]]:
    """Where the document's own texts stand; what stands in an example is somebody else's."""
    if isinstance(node, dict):
        for key, part in node.items():
            if key in {"summary", "description"} and isinstance(part, str):
                yield node, key
            elif key not in _PARTS_OF_VALUES or not _is_value(node, key):
                yield from texts(part)
    elif isinstance(node, list):
        for part in node:
            yield from texts(part)


def _is_value(node: Json, key: str) -> bool:
    """A property may be called `value` or `default`; then its shape stands there. Beside statuses stands an answer."""
    others = node.keys() - {key}
    if key == "default" and others and all(other.isdigit() for other in others):
        return False
    shapes = all(isinstance(part, dict) for part in node.values())
    return not (shapes and isinstance(node[key], dict) and node[key].keys() & {"type", "$ref", "anyOf", "oneOf"})


@cache
def catalogue() -> dict[str, str]:
    """Swedish by English, of all files together."""
    together: dict[str, str] = {}
    for file in sorted(CATALOGUES.glob("*.json")):
        together |= json.loads(file.read_text(encoding="utf-8"))
    return together


class Reader:
    """Reads English texts in Swedish, and keeps account of what it found in the catalogues and what it missed there."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.missing: dict[str, None] = {}

    def swedish(self, text: str) -> str:
        known = catalogue()
        if text in known:
            self.used.add(text)
            return known[text]
        for opening, words in OPENINGS.items():
            if text.startswith(opening):
                return words + self.swedish(text.removeprefix(opening))
        head, *items = text.split(_ITEM)
        if items:
            return _ITEM.join(
                [self.swedish(head.rstrip()) + "\n" * (len(head) - len(head.rstrip())), *self._listed(items)]
            )
        if text.endswith(".") and text[:-1] in known:
            self.used.add(text[:-1])
            return f"{known[text[:-1]]}."
        self.missing[text] = None
        return text

    def _listed(self, items: list[str]) -> Iterator[str]:
        """Names with what each means: an operation's summary, a reason's title, or a text of its own."""
        for item in items:
            name, colon, words = item.partition("`: ")
            reason = PROBLEMS.get(name)
            if reason is not None and words == reason.title["en"]:
                yield name + colon + reason.title["sv"]
            else:
                yield name + colon + self.swedish(words)


def is_bilingual(text: str) -> bool:
    """Whether it says the same in Swedish and English, as the national profile wants the document itself described."""
    return re.match(r"\*\*Svenska\.\*\*.*\*\*English\.\*\*", text, re.DOTALL) is not None


def read(document: Json) -> Reader:
    """Every text of the document, read once."""
    reader = Reader()
    for node, key in texts(document):
        if not is_bilingual(node[key]):
            reader.swedish(node[key])
    return reader


def untranslated(document: Json) -> list[str]:
    """The English texts that have no Swedish, each once, in the order of the document."""
    return list(read(document).missing)


def left_over(document: Json) -> list[str]:
    """The English of entries that the document has no use for any more."""
    used = read(document).used
    return [english for english in catalogue() if english not in used]


def in_swedish(document: Json) -> Json:
    """A copy with Swedish texts. What has none stays English: a reader is better off with it than without."""
    copy = deepcopy(document)
    reader = Reader()
    for node, key in texts(copy):
        if not is_bilingual(node[key]):
            node[key] = reader.swedish(node[key])
    return copy
