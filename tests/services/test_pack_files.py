"""Content packs as signed files: the same bytes each time, compared in words, and nothing hostile gets in."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.services.archive_files import sha256
from app.services.archive_keys import new_archive_key
from app.services.archive_zips import unzipped, zipped
from app.services.content_hash import canonical
from app.services.pack_differences import differences
from app.services.pack_files import MANIFEST, MOST_BYTES, PUBLIC_KEY, SIGNATURE, built, opened
from app.services.pack_reading import PackRefused, read_pack
from tests.content import shipped_pack
from tests.pieces import a_guide, a_phase, a_piece, pack_of, texts_of

KEY = new_archive_key(datetime.now(UTC))
TRUSTED = {KEY.public.thumbprint}
MOMENT = datetime(1980, 1, 1, tzinfo=UTC)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def packed() -> bytes:
    return built(shipped_pack(), KEY)


def lines(content: bytes, trusted: set[str] = TRUSTED) -> list[str]:
    with pytest.raises(PackRefused) as refused:
        opened(content, trusted)
    return refused.value.lines


def signed(files: Files, **changes: Any) -> bytes:
    """Whatever is in `files`, listed and signed by the trusted key as if it had been built."""
    inner = {name: each for name, each in files.items() if name not in {MANIFEST, SIGNATURE, PUBLIC_KEY}}
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = [
        {"name": name, "size": len(each), "hash": sha256(each)} for name, each in sorted(inner.items())
    ]
    spelt = canonical(manifest | changes)
    whole = inner | {MANIFEST: spelt, SIGNATURE: KEY.sign(spelt), PUBLIC_KEY: KEY.public.pem.encode()}
    return zipped(whole, MOMENT)


def test_a_pack_is_the_same_file_each_time_and_opens_to_the_same_pack(packed: bytes) -> None:
    assert built(shipped_pack(), KEY) == packed
    pack, thumbprint = opened(packed, TRUSTED)
    assert (pack, thumbprint) == (shipped_pack(), KEY.public.thumbprint)
    assert pack.content_hash == shipped_pack().content_hash
    # Any program opens it, and the file of a piece is what its hash is over.
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        piece = json.loads(archive.read("inspiration/fem-ideer.json"))
    assert piece == json.loads(canonical(piece))
    assert signed(unzipped(packed, 2_000)) == packed


HostileFile = tuple[Callable[[bytes], bytes], str]
HOSTILE: dict[str, HostileFile] = {
    "nothing": (lambda _: b"", "The file is no content pack as it was built: it is no zip file of this kind."),
    "too large": (lambda _: b"x" * (MOST_BYTES + 1), "The file is larger than 32,000,000 bytes, and no content pack."),
    "truncated in a file": (
        lambda packed: packed[:50_000],
        "The file is no content pack as it was built: it ends in the middle of a file.",
    ),
    "without its end": (
        lambda packed: packed[:-10],
        "The file is not as packs are built: something is before, after or between its files.",
    ),
    "with something after it": (
        lambda packed: packed + b"<script>",
        "The file is not as packs are built: something is before, after or between its files.",
    ),
    "a compression bomb": (
        lambda _: _by_another_program({"pack.json": b" " * 50_000_000}),
        "The file is no content pack as it was built: a file in it is compressed, encrypted or otherwise not as "
        "packages are made.",
    ),
    "one name for two files": (
        lambda packed: _doubled(packed),
        "The file is no content pack as it was built: two files in it have the same name.",
    ),
    "a link in its directory": (
        # The attributes of a link instead of those of a plain file, in the central directory alone.
        lambda packed: packed.replace(
            (0o100644 << 16).to_bytes(4, "little"), (0o120777 << 16).to_bytes(4, "little"), 1
        ),
        "The file is not as packs are built: something is before, after or between its files.",
    ),
}


def _mode(mode: int) -> bytes:
    return (mode << 16).to_bytes(4, "little")


def _by_another_program(files: Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _doubled(packed: bytes) -> bytes:
    first = packed[: packed.index(b"PK\x03\x04", 4)]
    return first + packed


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_was_not_built_is_refused(packed: bytes, name: str) -> None:
    spoil, line = HOSTILE[name]
    assert spoil(packed) != packed
    assert lines(spoil(packed)) == [line]


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "templates/../pack.json", "C:\\x.json", "x\x1b[2J"]
)
def test_a_path_that_leads_elsewhere_is_refused(packed: bytes, name: str) -> None:
    files = unzipped(packed, 2_000) | {name: b"{}"}
    assert lines(signed(files)) == [f"{name.replace(chr(27), '�')}: is no file that a content pack may hold"]


def test_only_what_a_trusted_key_has_signed_is_opened(packed: bytes) -> None:
    files = unzipped(packed, 2_000)
    other = new_archive_key(datetime.now(UTC))
    thumbprint = other.public.thumbprint
    assert lines(built(shipped_pack(), other)) == [
        f"{PUBLIC_KEY}: nobody here trusts the key {thumbprint}, by which the pack is signed"
    ]
    assert lines(packed, set())[0].startswith(f"{PUBLIC_KEY}: nobody here trusts the key")
    forged = files | {SIGNATURE: other.sign(files[MANIFEST])}
    ours = KEY.public.thumbprint
    assert lines(zipped(forged, MOMENT)) == [f"{SIGNATURE}: is not the signature of {MANIFEST} by the key {ours}"]
    swapped = files | {PUBLIC_KEY: other.public.pem.encode(), SIGNATURE: other.sign(files[MANIFEST])}
    assert lines(zipped(swapped, MOMENT)) == [f"{MANIFEST}: /keyThumbprint: names another key than {PUBLIC_KEY}"]
    changed = files | {"inspiration/fem-ideer.json": files["inspiration/fem-ideer.json"].replace(b"e", b"a", 1)}
    assert lines(zipped(changed, MOMENT)) == [
        f"inspiration/fem-ideer.json: is not the file that {MANIFEST} lists; its SHA-256 is another"
    ]
    added = files | {"inspiration/ny.json": b"{}"}
    del added["guides/omstart.json"]
    assert lines(zipped(added, MOMENT)) == [
        f"{MANIFEST}: /files: guides/omstart.json is listed and missing",
        f"inspiration/ny.json: is not listed in {MANIFEST}",
    ]
    assert lines(zipped({name: each for name, each in files.items() if name != SIGNATURE}, MOMENT)) == [
        f"{SIGNATURE}: is missing"
    ]


def test_what_a_trusted_key_has_signed_is_looked_through_all_the_same(packed: bytes) -> None:
    files, name = unzipped(packed, 2_000), "inspiration/fem-ideer.json"
    piece = json.loads(files[name])
    assert lines(signed(files | {name: b"\xff\xfe"}))[0].startswith(f"{name}: is not JSON ('utf-8' codec can't decode")
    assert lines(signed(files | {name: b" " * 1_000_001})) == [f"{name}: is larger than 1,000,000 bytes"]
    assert lines(signed(files | {name: b"[" * 100_000}))[0].startswith(f"{name}: is not JSON (")
    huge = piece | {"body": texts_of("å" * 40_001, "ok")}
    (line,) = lines(signed(files | {name: canonical(huge)}))
    assert line.startswith(f"{name}: /body/sv: Value should have at most 40000 items")
    assert lines(signed(files | {name: json.dumps(piece).encode()})) == [
        f"{name}: is not canonical JSON (RFC 8785) of clean text"
    ]
    assert lines(signed(files, packVersion="9.9.9")) == [f"{MANIFEST}: is about another pack than the one in the file"]
    assert lines(signed(files, packFormat="other")) == [
        f"{MANIFEST}: /packFormat: Input should be 'larande-content-pack'"
    ]
    without = {each: content for each, content in files.items() if each != name}
    assert lines(signed(without))[0] == f"{name}: cannot be read"


def test_what_is_wrong_is_said_on_a_line_that_does_nothing_to_a_terminal(packed: bytes) -> None:
    """Fields are named in it by whoever made the pack, also before anything is known of who has signed it."""
    files = unzipped(packed, 2_000)
    spoilt = [
        signed(files, **{"\x1b[2J": 1}),
        signed(files, **{"x" * 100_000: 1}),
        signed(files | {"pack.json": b'{"\\u001b]0;x\\u0007": 1, "\\u001b]0;x\\u0007": 2}'}),
        signed(files | {"pack.json": b'{"\\u001b[2J": 1}'}),
    ]
    for each in spoilt:
        assert all(line.isprintable() and len(line) <= 1_000 for line in lines(each))


def test_versions_are_compared_in_words(tmp_path: Path) -> None:
    old = read_pack(pack_of(tmp_path / "old", inspiration=[a_piece(), a_piece(key="gammal")], guides=[a_guide()]))
    guide = a_guide(guideVersion="1.1.0", months=3, phases=[a_phase("anchor", weeks=6)])
    pieces = [a_piece(body=texts_of("Nytt.", "New.")), a_piece(key="ny", itemVersion="2.0.0")]
    new = read_pack(pack_of(tmp_path / "new", version="1.3.0", inspiration=pieces, guides=[guide]))
    assert differences(old, old) == []
    assert differences(old, new) == [
        "pack.json: 1.2.0 becomes 1.3.0",
        "  /inspiration/1: “gammal” becomes “ny”",
        "guides/kort-vag.json: 1.0.0 becomes 1.1.0",
        "  /months: 2 becomes 3",
        "  /phases/0/weeks: 4 becomes 6",
        "  /phases/1: is gone: “try”",
        "inspiration/gammal.json: is no longer in the pack; what is published of it stays",
        "inspiration/lyssna-forst.json: is changed and still called 1.0.0: it cannot be loaded beside the other "
        "without a new version",
        "  /body/sv: “## Börja Fråga. - en sak - en till” becomes “Nytt.”",
        "  /body/en: “## Begin Ask. - one thing - one more” becomes “New.”",
        "inspiration/ny.json: is new, 2.0.0",
    ]
