"""The one zip file that some files make, and reading no other. Pure.

Not by Python's own `zipfile`: the bytes must be the same in every version of Python, since a package that differs in
one does not verify; and reading only what is written here leaves no room for what zip files can do besides (compression
bombs, encryption, links, zip64, two directories that disagree). Entries are stored as they are, in the order of their
names, so that whoever opens the file in fifty years needs next to nothing.
"""

import struct
import zlib
from datetime import UTC, datetime

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION = 20
_MADE_ON_UNIX = 3 << 8 | _VERSION
_PLAIN_FILE = 0o100644 << 16
_MOST_ENTRIES = 20


class NoPackage(ValueError):
    """Not a file that `zipped` makes; the message is for people."""


def zipped(files: dict[str, bytes], moment: datetime) -> bytes:
    """The files, each as of `moment` (UTC, to two seconds, in the years that a zip file can say). Names are ASCII."""
    at = moment.astimezone(UTC)
    day = min(max(at.year - 1980, 0), 127) << 9 | at.month << 5 | at.day
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    directory = b""
    parts: list[bytes] = []
    offset = 0
    for name, content in sorted(files.items()):
        spelt = name.encode("ascii")
        known = struct.pack(
            "<HHHHIIIHH", 0, 0, time, day, zlib.crc32(content), len(content), len(content), len(spelt), 0
        )
        entry = _LOCAL + struct.pack("<H", _VERSION) + known + spelt + content
        directory += _CENTRAL + struct.pack("<HH", _MADE_ON_UNIX, _VERSION) + known
        directory += struct.pack("<HHHII", 0, 0, 0, _PLAIN_FILE, offset) + spelt
        parts.append(entry)
        offset += len(entry)
    end = _END + struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), offset, 0)
    return b"".join([*parts, directory, end])


def unzipped(content: bytes, most: int = _MOST_ENTRIES) -> dict[str, bytes]:
    """The files in it. `NoPackage` for what is plainly not made by `zipped`; that it is, only making it anew shows."""
    found: dict[str, bytes] = {}
    offset = 0
    while content[offset : offset + 4] == _LOCAL:
        if len(found) == most:
            raise NoPackage("there are too many files in it")
        try:
            *_, flags, method, _, _, _, packed, size, letters, extra = struct.unpack_from(
                "<HHHHHIIIHH", content, offset + 4
            )
        except struct.error:
            raise NoPackage("it ends in the middle of a file") from None
        if flags or method or extra or packed != size:
            raise NoPackage("a file in it is compressed, encrypted or otherwise not as packages are made")
        begins = offset + 30 + letters
        offset = begins + size
        if len(content) < offset:
            raise NoPackage("it ends in the middle of a file")
        try:
            name = content[begins - letters : begins].decode("ascii")
        except UnicodeDecodeError:
            raise NoPackage("the name of a file in it is not as packages are made") from None
        if name in found:
            raise NoPackage("two files in it have the same name")
        found[name] = content[begins:offset]
    if not found:
        raise NoPackage("it is no zip file of this kind")
    return found
