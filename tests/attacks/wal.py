"""An attacker who reads the write-ahead log: in which order the rows of a transaction were written, and where.

It imports nothing but the standard library. The layout is PostgreSQL 18's (src/include/access/xlogrecord.h,
xlog_internal.h, heapam_xlog.h).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = 8192
_LONG_HEADER = 0x0002
_HEAP = 10
_INSERT, _UPDATE, _HOT_UPDATE = 0x00, 0x20, 0x40
_HAS_IMAGE, _SAME_RELATION = 0x10, 0x80
_IMAGE_IS_COMPRESSED = 0x04 | 0x08 | 0x10
_IMAGE_HAS_HOLE = 0x01
_MAIN_SHORT, _MAIN_LONG, _ORIGIN, _TOP_TRANSACTION = 255, 254, 253, 252


@dataclass(frozen=True)
class Written:
    """A row's new version, in the order of the log."""

    transaction: int
    file: int
    place: tuple[int, int]


def written(data: Path) -> Iterator[Written]:
    """Every row inserted or updated whose record is still in the log."""
    for transaction, manager, info, body in _records(data / "pg_wal"):
        action = info & 0x70
        if manager == _HEAP and action in {_INSERT, _UPDATE, _HOT_UPDATE}:
            file, block, main = _first_block(body)
            # An update names the old place first.
            (number,) = struct.unpack_from("<H", main, 0 if action == _INSERT else 12)
            yield Written(transaction, file, (block, number - 1))


def _records(directory: Path) -> Iterator[tuple[int, int, int, bytes]]:
    for stream, starts in _streams(directory):
        at = 0
        for begins, remaining in starts:
            # A segment begins with the rest of a record, which has been read, unless nothing came before.
            at = max(at, begins + _aligned(remaining))
            ends = next((start for start, _ in starts if start > begins), len(stream))
            while at + 24 <= ends:
                length, transaction, _previous, info, manager = struct.unpack_from("<IIQBB", stream, at)
                # The rest of a segment is empty where the log was switched to the next.
                if length == 0 or at + length > len(stream):
                    break
                yield transaction, manager, info, bytes(stream[at + 24 : at + length])
                at += _aligned(length)


def _streams(directory: Path) -> Iterator[tuple[bytearray, list[tuple[int, int]]]]:
    """What was written without a gap, and where in it a segment begins and how much belongs to a record before.

    Old segments are renamed to be used again, and hold what they held until then: pages are read by their address.
    """
    segments = {}
    for path in directory.iterdir():
        if path.is_file():
            content = path.read_bytes()
            segments[struct.unpack_from("<Q", content, 8)[0]] = content
    stream, starts, expected = bytearray(), list[tuple[int, int]](), -1
    for begins, content in sorted(segments.items()):
        if begins != expected and starts:
            yield stream, starts
            stream, starts = bytearray(), []
        starts.append((len(stream), struct.unpack_from("<I", content, 16)[0]))
        for page in range(0, len(content), PAGE):
            info, address = struct.unpack_from("<H4xQ", content, page + 2)
            if address != begins + page:
                break  # not written yet
            stream += content[page + (40 if info & _LONG_HEADER else 24) : page + PAGE]
            expected = address + PAGE
    yield stream, starts


def _aligned(length: int) -> int:
    return -(-length // 8) * 8


def _first_block(body: bytes) -> tuple[int, int, bytes]:
    """The file and block of a record's first page, and what the record says of itself."""
    at, skipped, relation, first = 0, 0, 0, None
    while True:
        kind = body[at]
        if kind == _MAIN_SHORT:
            at, main = at + 2, body[at + 1]
        elif kind == _MAIN_LONG:
            (main,) = struct.unpack_from("<I", body, at + 1)
            at += 5
        elif kind == _ORIGIN:
            at += 3
            continue
        elif kind == _TOP_TRANSACTION:
            at += 5
            continue
        else:
            flags, length = struct.unpack_from("<BH", body, at + 1)
            at, skipped = at + 4, skipped + length
            if flags & _HAS_IMAGE:
                image, _hole, how = struct.unpack_from("<HHB", body, at)
                both = how & _IMAGE_IS_COMPRESSED and how & _IMAGE_HAS_HOLE
                at, skipped = at + (7 if both else 5), skipped + image
            if not flags & _SAME_RELATION:
                (relation,) = struct.unpack_from("<I", body, at + 8)
                at += 12
            (block,) = struct.unpack_from("<I", body, at)
            at += 4
            first = first or (relation, block)
            continue
        assert first is not None
        return (*first, body[at + skipped : at + skipped + main])
