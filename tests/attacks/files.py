"""An attacker who has the database's files, and reads them as bytes: heap pages with what was deleted from them, too.

It imports nothing but the standard library. The layout is PostgreSQL's (src/include/storage/bufpage.h, htup_details.h).
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.wal import Written

PAGE = 8192
HASH, UUID_BYTES = 32, 16


@dataclass(frozen=True)
class Row:
    """One version of a row, live or dead, where it lies."""

    transaction: int
    place: tuple[int, int]
    content: bytes


def rows_in(path: Path) -> Iterator[Row]:
    """Every version of every row whose bytes are still in a table's file."""
    content = path.read_bytes()
    for block in range(len(content) // PAGE):
        page = content[block * PAGE : (block + 1) * PAGE]
        lower = struct.unpack_from("<H", page, 12)[0]
        for number in range((lower - 24) // 4):
            (pointer,) = struct.unpack_from("<I", page, 24 + 4 * number)
            offset, flags, length = pointer & 0x7FFF, pointer >> 15 & 3, pointer >> 17
            if flags == 1 and length:
                item = page[offset : offset + length]
                yield Row(struct.unpack_from("<I", item)[0], (block, number), item[item[22] :])


def _short(content: bytes, at: int) -> tuple[bytes, int]:
    """A value of up to 126 bytes with its one byte of length in front, and where it ends."""
    end = at + (content[at] >> 1)
    return content[at + 1 : end], end


def used_tokens(path: Path) -> dict[bytes, Row]:
    """The hash of each token that is used up, with the row that says so."""
    found = {}
    for row in rows_in(path):
        token_hash, end = _short(row.content, 0)
        if row.content[end + 2 * UUID_BYTES]:
            found[token_hash] = row
    return found


def boxes(path: Path) -> dict[bytes, Row]:
    return {_short(row.content, 2 * UUID_BYTES)[0]: row for row in rows_in(path)}


Guess = tuple[bytes, bytes, int]
"""A token, the box it is guessed to belong to, and among how many boxes."""


def guesses_by_log(
    tokens: Mapping[bytes, Row],
    sealed: Mapping[bytes, Row],
    log: Iterable[Written],
    token_file: int,
    box_file: int,
) -> dict[str, list[Guess]]:
    """The same by the write-ahead log alone: which token's row and which box a transaction wrote first, second, …"""
    by_place = {(token_file, row.place): token for token, row in tokens.items()}
    by_place |= {(box_file, row.place): box for box, row in sealed.items()}
    by_transaction: dict[int, dict[int, list[bytes]]] = defaultdict(lambda: {token_file: [], box_file: []})
    for each in log:
        if (found := by_place.get((each.file, each.place))) is not None:
            by_transaction[each.transaction][each.file].append(found)
    ways: dict[str, list[Guess]] = {"log and log": [], "log and reversed log": []}
    for written in by_transaction.values():
        some, together = written[token_file], written[box_file]
        if len(some) == len(together):
            for guessed, order in zip(ways.values(), (together, together[::-1]), strict=True):
                guessed += [(token, box, len(some)) for token, box in zip(some, order, strict=True)]
    return ways


def guesses(tokens: Mapping[bytes, Row], sealed: Mapping[bytes, Row]) -> dict[str, list[Guess]]:
    """Which box belongs to which token, by each way to guess it.

    A token and its box were written by one transaction. Within it, one lies where it lies for a reason.
    """
    by_transaction: dict[int, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for token, row in tokens.items():
        by_transaction[row.transaction][0].append(token)
    for box, row in sealed.items():
        by_transaction[row.transaction][1].append(box)
    found: dict[str, list[Guess]] = defaultdict(list)
    for some, together in by_transaction.values():
        if len(some) != len(together):
            continue  # rows that were moved or are gone
        in_place = sorted(together, key=lambda box: sealed[box].place)
        by_id = sorted(together, key=lambda box: sealed[box].content[:UUID_BYTES])
        token_place, by_hash = sorted(some, key=lambda token: tokens[token].place), sorted(some)
        ways = {
            "place and place": (token_place, in_place),
            "place and reversed place": (token_place, in_place[::-1]),
            "hash and place": (by_hash, in_place),
            "hash and id": (by_hash, by_id),
            "hash and ciphertext": (by_hash, sorted(together)),
        }
        for way, (left, right) in ways.items():
            found[way] += [(token, box, len(some)) for token, box in zip(left, right, strict=True)]
    return found


def best_bit(known: Sequence[tuple[bytes, int]], unknown: Sequence[bytes]) -> list[int]:
    """What is guessed of each unknown box: the bit of the ciphertext that fitted best where a 0 or 1 was known."""
    wanted = bytes(answer for _, answer in known)
    width = len(known[0][0])
    joined = b"".join(box for box, _ in known)
    target = int.from_bytes(wanted)
    fits = []
    for column in range(width):
        values = joined[column::width]
        for bit in range(8):
            bits = values.translate(bytes(value >> bit & 1 for value in range(256)))
            fits.append((len(known) - (int.from_bytes(bits) ^ target).bit_count(), column, bit))
    _, column, bit = max(fits)
    return [box[column] >> bit & 1 for box in unknown]


def holding(directories: Sequence[Path], needles: Mapping[str, bytes]) -> set[str]:
    """Which of the needles lie in any file, in raw bytes."""
    found = set()
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                found |= {name for name, needle in needles.items() if needle in content}
    return found
