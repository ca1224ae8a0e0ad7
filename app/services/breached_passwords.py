"""Passwords that have leaked: a list shipped with the program, and the disguises in which one is used again.

The file is the sorted first six bytes of the SHA-256 of each listed password in small letters, one after the other.
Nothing in it can be read, and it is looked up where it lies: a memory map and 17 comparisons. A password that is not
listed is taken for one that is once in two and a half thousand million. app/content/passwords/README.md says where
the list comes from and how the file is made anew.
"""

import hashlib
import mmap
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import overload

SHIPPED = Path(__file__).parent.parent / "content" / "passwords" / "breached.sha256-48"
WIDTH = 6
MOST_COMMON = 100_000
LONG_ENOUGH = 15
"""Characters. Only a password that may be chosen at all can be on the list as it is, so of these more are listed."""
PADDING = 8
"""Characters around a listed password that make it no better. What more there is, zxcvbn judges."""


class BreachedPasswords(Sequence[bytes]):
    """The list in a file, as a sequence of digests in order."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._digests = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._digests) % WIDTH:
            raise ValueError(f"{path.name} is cut off")

    def __len__(self) -> int:
        return len(self._digests) // WIDTH

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        start = range(0, len(self._digests), WIDTH)[place]
        return self._digests[start : start + WIDTH]

    def lists(self, text: str) -> bool:
        """Whether exactly this text, in small letters, is on the list."""
        wanted = _digest(text)
        place = bisect_left(self, wanted)
        return place < len(self) and self[place] == wanted


@cache
def shipped() -> BreachedPasswords:
    return BreachedPasswords(SHIPPED)


def is_breached(password: str) -> bool:
    """Whether it is on the list, or would be without its repetitions, its capitals and what stands around it."""
    listed = shipped()
    return any(listed.lists(form) for form in forms_of(password))


def forms_of(password: str) -> set[str]:
    """What the password comes down to, step by step: `QwertyQwerty123` to `qwerty` among others.

    Letter case counts for nothing, nor do spaces and signs between, repetition, and up to eight digits and signs at
    the ends: they are what people add to a password they have when a longer one is asked for, and what programs that
    guess add first.
    """
    plain = unicodedata.normalize("NFC", password).casefold()
    found: set[str] = set()
    ahead = [plain, "".join(plain.split()), "".join(character for character in plain if character.isalnum())]
    while ahead:
        form = ahead.pop()
        if form and form not in found:
            found.add(form)
            ahead += [unrolled(form), _bare(form)]
    return found


def unrolled(text: str) -> str:
    """What is repeated in the text from its beginning to its end, twice or more; the text when nothing is."""
    for length in range(1, len(text) // 2 + 1):
        if text[length:] == text[:-length]:
            return text[:length]
    return text


def _bare(text: str) -> str:
    """Without digits and signs at the ends, if they are few beside letters."""
    letters = [place for place, character in enumerate(text) if character.isalpha()]
    if not letters or len(text) - (letters[-1] + 1 - letters[0]) > PADDING:
        return text
    return text[letters[0] : letters[-1] + 1]


def digests_of(listed: Iterable[str]) -> bytes:
    """The file's content, from a list with the most common password first.

    The most common are taken, and of the rest those that are long enough to be chosen here.
    """
    kept = {
        _digest(password.casefold())
        for rank, password in enumerate(listed)
        if rank < MOST_COMMON or len(password) >= LONG_ENOUGH
    }
    return b"".join(sorted(kept))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:WIDTH]
