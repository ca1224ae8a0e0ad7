"""Altered packages: none holds. And one that is whole is checked without our code, as its readme says."""

import base64
import hashlib
import io
import json
import re
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app.services import archive_checks
from app.services.archive_checks import verify
from app.services.archive_zips import zipped
from app.services.content_hash import canonical
from tests.archives import EMPLOYER, FINAL, SACO, SEKO, Facts, a_key, an_id, files_of, zip_of
from tests.long import sized

WHOLE = Facts().package()
FILES = files_of(WHOLE)
OURS = {a_key().public.thumbprint}
GOLDEN = Path(__file__).parent / "data"


def fails(content: bytes, *, allowed: set[str] = OURS) -> list[str]:
    """What is said of a package that must not hold."""
    verdict = verify(content, allowed)
    said = [each.says for each in verdict.findings if not each.holds]
    assert not verdict.holds
    assert said
    return said


# --- What holds -------------------------------------------------------------------------------------------------------


def test_a_whole_package_holds() -> None:
    verdict = verify(WHOLE, OURS)
    assert verdict.holds, verdict.findings
    assert len(verdict.findings) == 7
    assert verdict.manifest is not None
    assert verdict.manifest.title == "Det väl utförda arbetet, första samtalet"
    assert verify(WHOLE).holds
    assert verify(WHOLE, {*OURS, a_key(2).public.thumbprint}).holds


def test_the_same_facts_give_the_same_bytes() -> None:
    assert Facts().package() == WHOLE
    assert Facts(key=a_key(2)).package() != WHOLE


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("archive-package-1.zip", "1bbdc5659bcbfe20e43be9acc0cdcbc4ce91d47722fddf6246ba55c2595d8b33"),
        ("archive-package-1-undecided.zip", "2927d43c97a36a5a50b672dca68b875941dc87743647fd1111afe7770afe2ee9"),
    ],
)
def test_packages_of_the_first_version_hold_for_ever(name: str, digest: str) -> None:
    """These files were made once. Where one holds no more, a version's wording has been changed: make a new version."""
    golden = (GOLDEN / name).read_bytes()
    assert hashlib.sha256(golden).hexdigest() == digest
    assert verify(golden, OURS).holds, verify(golden, OURS).findings


@pytest.mark.parametrize(
    "less",
    [
        lambda facts: replace(facts, registration=None),
        lambda facts: _with(facts, place=None, sharedPicture=None, employeeHeadcount=None),
        lambda facts: _with(facts, answers={}, statements=[], actions=[], handovers=[]),
        lambda facts: _with(facts, noIndividualRecognisable=False),
        lambda facts: _with(facts, appendixTo={"id": an_id(41), "contentHash": "ab" * 32}),
        lambda facts: _with(facts, title="= ” – √ 你好 👩‍👩‍👧", answers={"q2": "{title}\n{0}\n%s\n\\n"}),
        lambda facts: _with(facts, startedAt="2026-10-25T00:59:00Z"),
        lambda facts: _with(facts, startedAt="1999-12-31T23:00:00Z"),
        lambda facts: _final(facts, "1900-01-01T12:00:00Z"),
        lambda facts: _final(facts, "1979-12-31T23:59:59Z"),
        lambda facts: _final(facts, "2107-12-31T23:59:59Z"),
        lambda facts: _final(facts, "2108-01-01T00:00:00Z"),
        lambda facts: _final(facts, "2999-12-31T23:59:59Z"),
        lambda facts: _silent(facts),
    ],
)
def test_less_and_other_facts_hold(less: Callable[[Facts], Facts]) -> None:
    verdict = verify(less(Facts()).package(), OURS)
    assert verdict.holds, verdict.findings


def _with(facts: Facts, **content: Any) -> Facts:
    facts.content.update(content)
    return facts


def _final(facts: Facts, moment: str) -> Facts:
    facts.approvals["finalAt"] = moment
    for each in facts.approvals["approvals"]:
        each["decidedAt"] = moment
    return facts


def _silent(facts: Facts) -> Facts:
    """Seko was in the room and said something, and has not decided: enough, where the group's rule is `any`."""
    seko = {"mandateId": an_id(13), "partyId": SEKO, "partyName": "Seko", "function": "Ombud", "status": "present"}
    facts.content["attendances"].append(seko)
    facts.content["statements"].append({"partyId": SEKO, "answers": {"q5": "Vi är inte klara."}, "differences": None})
    facts.approvals["approvals"].pop()
    return facts


@pytest.mark.parametrize(
    ("name", "heading", "said", "silent"),
    [
        (
            *("record.sv.txt", "JUSTERING"),
            "De parter vars beslut anges här har beslutat om exakt samma innehåll, med kontrollsumman nedan.",
            "Seko (arbetstagarpart) har inte fattat något beslut som gäller.",
        ),
        (
            *("record.en.txt", "APPROVAL"),
            "The parties whose decisions stand here decided on exactly the same content, with the checksum below.",
            "Seko (union party) has made no decision that stands.",
        ),
    ],
)
def test_nobodys_silence_is_consent(name: str, heading: str, said: str, silent: str) -> None:
    quiet = files_of(_silent(Facts()).package())
    section = quiet[name].decode().partition(f"\n{heading}\n")[2].split("\n\n")
    assert said in section[0].splitlines()
    assert silent in section[3].splitlines()
    assert len(section) == 5  # what was decided by two, who did not decide, and the checksums
    assert silent not in FILES[name].decode()


def test_the_checks_speak_of_those_who_decided() -> None:
    found = [each.says for each in verify(_silent(Facts()).package(), OURS).findings]
    assert any("what the parties that decided decided on" in each for each in found)
    assert any("1 union have approved it; 1 of the parties named in it made no decision" in each for each in found)
    assert not any("made no decision" in each.says for each in verify(WHOLE, OURS).findings)
    for name, each in files_of(_silent(Facts()).package()).items():
        if name.endswith(".txt"):
            assert not re.search(r"every party|Var och en|Each of the parties", each.decode()), name


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00"])
def test_at_the_ends_of_the_calendar_it_is_said_and_not_raised(moment: str) -> None:
    good = Facts()
    good.archived()
    changed = json.loads(canonical(good.approvals)) | {"finalAt": moment}
    assert fails(resealed(FILES | {"approvals.json": canonical(changed)}, changes={"finalAt": moment}))
    content = json.loads(FILES["record.json"]) | {"startedAt": moment}
    assert fails(resealed(FILES | {"record.json": canonical(content)}))


def test_it_is_checked_without_our_code_by_what_every_machine_has(tmp_path: Path) -> None:
    """The three commands of the readme, as they stand there."""
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as opened:
        opened.extractall(tmp_path)
    for name in ("LASMIG.txt", "README.txt"):
        said = (tmp_path / name).read_text(encoding="utf-8")
        shown = [line.strip() for line in said.splitlines() if line.startswith("       ")]
        commands = [line for line in shown if line.startswith(("sha256sum", "openssl"))]
        assert [each.split()[0] for each in commands] == ["sha256sum", "sha256sum", "openssl", "sha256sum"]
        answers = [
            subprocess.run(each.split(), cwd=tmp_path, capture_output=True, text=True, check=True).stdout
            for each in commands
        ]
        assert answers[0].count(": OK\n") == len(FILES) - 3
        manifest = json.loads((tmp_path / "manifest.json").read_bytes())
        assert answers[1].split()[0] == manifest["contentHash"]
        assert f"       {manifest['contentHash']}\n" in said
        assert answers[2].strip() == "Signature Verified Successfully"
        assert answers[3].split()[0] in {each["hash"] for each in manifest["files"] if each["name"] == "SHA256SUMS"}
        pem = "".join(f"       {line}\n" for line in (tmp_path / "public-key.pem").read_text().splitlines())
        assert pem in said


def test_it_is_checked_without_our_code_in_a_few_lines_of_any_language() -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    key = load_pem_public_key(files["public-key.pem"])
    assert isinstance(key, Ed25519PublicKey)
    key.verify(files["manifest.sig"], files["manifest.json"])
    with pytest.raises(InvalidSignature):
        key.verify(files["manifest.sig"], files["manifest.json"] + b" ")
    manifest = json.loads(files["manifest.json"])
    for each in manifest["files"]:
        assert hashlib.sha256(files[each["name"]]).hexdigest() == each["hash"]
    content_hash = hashlib.sha256(files["record.json"]).hexdigest()
    approvals = json.loads(files["approvals.json"])
    assert {content_hash} == {manifest["contentHash"], *(each["contentHash"] for each in approvals["approvals"])}
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")}
    digest = hashlib.sha256(json.dumps(jwk, separators=(",", ":")).encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == manifest["keyThumbprint"]


def test_other_programs_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as opened:
        assert opened.testzip() is None
        assert opened.comment == b""
        entries = opened.infolist()
    assert [each.filename for each in entries] == sorted(FILES)
    assert {each.date_time for each in entries} == {(2026, 11, 26, 14, 3, 4)}
    assert {each.compress_type for each in entries} == {zipfile.ZIP_STORED}
    assert {each.external_attr >> 16 for each in entries} == {0o100644}


# --- Bytes ------------------------------------------------------------------------------------------------------------


def _places() -> Iterator[int]:
    """Every byte of every header and of the directory, and many in each file."""
    offset = 0
    for name, content in sorted(FILES.items()):
        begins = offset + 30 + len(name)
        yield from range(offset, begins)
        yield from range(begins, begins + len(content), max(1, len(content) // 25))
        offset = begins + len(content)
    yield from range(offset, len(WHOLE))


def test_no_byte_can_be_another() -> None:
    tried = 0
    for place in _places():
        # The lowest bit and the highest: of each byte both in the long run, else of one byte this and of the next that.
        for flipped in (0x01, 0x80, 0x01)[place % 2 :][: sized(1, 2)]:
            altered = bytearray(WHOLE)
            altered[place] ^= flipped
            assert not verify(bytes(altered)).holds, place
            tried += 1
    assert tried > sized(1250, 2500)


def test_no_byte_can_be_missing_or_more() -> None:
    for place in list(_places())[::7]:
        assert not verify(WHOLE[:place]).holds
        assert not verify(WHOLE[:place] + WHOLE[place + 1 :]).holds
        assert not verify(WHOLE[:place] + b"\0" + WHOLE[place:]).holds


# --- Files ------------------------------------------------------------------------------------------------------------


def _without(*names: str) -> bytes:
    return zip_of({name: each for name, each in FILES.items() if name not in names})


def _and(**more: bytes) -> bytes:
    return zip_of(FILES | more)


OTHER = Facts()
OTHER.content["sharedPicture"] = "Tiden för handledning har ökat."
OTHER.approvals["sessionRecordId"] = an_id(50)
ANOTHER = files_of(OTHER.package())
SIGNED_BY_ANOTHER = files_of(Facts(key=a_key(2)).package())


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_file_can_be_missing(name: str) -> None:
    fails(_without(name))


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize(
    "altered",
    [
        *(lambda it: it[:0], lambda it: it + b"\n", lambda it: b" " + it, lambda it: it[:-1]),
        *(lambda it: b"\xef\xbb\xbf" + it, lambda it: it.replace(b"2026", b"2027"), lambda it: it[::-1]),
    ],
)
def test_no_file_can_be_another(name: str, altered: Callable[[bytes], bytes]) -> None:
    content = altered(FILES[name])
    if content != FILES[name]:
        fails(_and(**{name: content}))
        fails(_and(**{name: content}), allowed=set())


@pytest.mark.parametrize("name", sorted(name for name in FILES if FILES[name] != ANOTHER[name]))
def test_no_file_of_another_record_fits(name: str) -> None:
    fails(zip_of(FILES | {name: ANOTHER[name]}))
    fails(zip_of(ANOTHER | {name: FILES[name]}))


@pytest.mark.parametrize("name", sorted(name for name in FILES if FILES[name] != SIGNED_BY_ANOTHER[name]))
def test_no_file_signed_by_another_key_fits(name: str) -> None:
    fails(zip_of(FILES | {name: SIGNED_BY_ANOTHER[name]}), allowed=set())
    fails(zip_of(FILES | {name: SIGNED_BY_ANOTHER[name]}))


NAMES = [
    *("extra.txt", "../record.json", "/etc/passwd", "C:\\record.json", "record.json ", "RECORD.JSON", "Record.json"),
    *("record.json/", "./record.json", "record..json", ".record.json", "dir/record.json", "manifest.json.bak"),
    *("record.json\0", "record.json\n", "\x1b[31mrecord.json", "manifest.sig2", "registration.json.txt", "", "a" * 300),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_file_can_be_added(name: str) -> None:
    said = fails(_and(**{name: FILES["record.json"]}))
    assert all(each.isprintable() for each in said)
    fails(_and(**{name: b"x"}))


@pytest.mark.parametrize("name", NAMES)
def test_no_file_can_have_another_name(name: str) -> None:
    renamed = {each: content for each, content in FILES.items() if each != "record.json"}
    fails(zip_of(renamed | {name: FILES["record.json"]}))


# --- Zip files that can do more ---------------------------------------------------------------------------------------


def _zipfile(
    files: dict[str, bytes],
    change: Callable[[zipfile.ZipInfo], None] = lambda _: None,
    *,
    ordered: bool = True,
    **more: Any,
) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", **more) as opened:
        for name, content in sorted(files.items()) if ordered else files.items():
            info = zipfile.ZipInfo(name, (2026, 11, 26, 14, 3, 4))
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            info.compress_type = opened.compression
            change(info)
            opened.writestr(info, content)
    return written.getvalue()


def _symlink(info: zipfile.ZipInfo) -> None:
    if info.filename == "record.json":
        info.external_attr = 0o120777 << 16


def _commented(info: zipfile.ZipInfo) -> None:
    info.comment = b"PK"


def _more_fields(info: zipfile.ZipInfo) -> None:
    info.extra = struct.pack("<HHQQ", 1, 16, 1, 1)


def _later(info: zipfile.ZipInfo) -> None:
    info.date_time = (2026, 11, 26, 14, 3, 6)


def _swapped(content: bytes, old: bytes, new: bytes, *, last: bool) -> bytes:
    place = content.rindex(old) if last else content.index(old)
    return content[:place] + new + content[place + len(old) :]


def _twice(name: str, content: bytes, *, first: bool) -> bytes:
    """Two entries of one name, both in the directory."""
    end = struct.unpack_from("<I", WHOLE, len(WHOLE) - 6)[0]
    entry = zipped({name: content}, FINAL)
    local = entry[: entry.index(b"PK\x01\x02")]
    return (local + WHOLE[:end] if first else WHOLE[:end] + local) + WHOLE[end:]


def _nested() -> bytes:
    return zipped({"record.json": WHOLE}, FINAL)


TRICKS: dict[str, Callable[[], bytes]] = {
    "written by another program, in all else the same": lambda: _zipfile(FILES, _later),
    "compressed": lambda: _zipfile(FILES, compression=zipfile.ZIP_DEFLATED),
    "compressed by bzip2": lambda: _zipfile(FILES, compression=zipfile.ZIP_BZIP2),
    "a bomb": lambda: _zipfile({"record.json": b"0" * 50_000_000}, compression=zipfile.ZIP_DEFLATED),
    "a link": lambda: _zipfile(FILES, _symlink),
    "comments of entries": lambda: _zipfile(FILES, _commented),
    "zip64": lambda: _zipfile(FILES, _more_fields),
    "encrypted": lambda: WHOLE.replace(b"\x14\0\0\0\0\0", b"\x14\0\1\0\0\0"),
    "lengths that come later": lambda: WHOLE.replace(b"\x14\0\0\0\0\0", b"\x14\0\x08\0\0\0"),
    "a comment": lambda: WHOLE[:-2] + b"\x05\0hello",
    "something before": lambda: b"#!/bin/sh\n" + WHOLE,
    "a program before": lambda: b"MZ" + b"\0" * 510 + WHOLE,
    "something after": lambda: WHOLE + b"\0",
    "itself after": lambda: WHOLE + WHOLE,
    "another before": lambda: OTHER.package() + WHOLE,
    "another after": lambda: WHOLE + OTHER.package(),
    "twice, the false one first": lambda: _twice("record.json", ANOTHER["record.json"], first=True),
    "twice, the false one last": lambda: _twice("record.json", ANOTHER["record.json"], first=False),
    "twice the same": lambda: _twice("record.json", FILES["record.json"], first=True),
    "the directory names another": lambda: _swapped(WHOLE, b"record.json", b"recorD.json", last=True),
    "the entry names another": lambda: _swapped(WHOLE, b"record.json", b"recorD.json", last=False),
    "the directory says another size": lambda: WHOLE[:-200] + bytes([WHOLE[-200] ^ 8]) + WHOLE[-199:],
    "no directory": lambda: WHOLE[: WHOLE.index(b"PK\x01\x02")],
    "a directory alone": lambda: WHOLE[WHOLE.index(b"PK\x01\x02") :],
    "no end": lambda: WHOLE[:-22],
    "nested": _nested,
    "nested as one file more": lambda: _and(**{"inner.zip": WHOLE}),
    "in another order": lambda: _zipfile(dict(reversed(FILES.items())), ordered=False),
    "as of another time": lambda: zipped(FILES, FINAL.replace(minute=4)),
    "many files": lambda: zipped({f"{number}.txt": b"" for number in range(500)}, FINAL),
    "huge lengths": lambda: b"PK\x03\x04" + b"\x14\0\0\0\0\0" + b"\xff" * 20 + b"\0\0",
    "half a header": lambda: b"PK\x03\x04\x14",
    "nothing": lambda: b"",
    "no zip file": lambda: b"%PDF-1.7\n",
    "an empty zip file": lambda: b"PK\x05\x06" + b"\0" * 18,
    "a tar file": lambda: b"record.json" + b"\0" * 1024,
}


@pytest.mark.parametrize("trick", TRICKS)
def test_no_zip_file_can_do_more(trick: str) -> None:
    altered = TRICKS[trick]()
    assert altered != WHOLE
    fails(altered)
    fails(altered, allowed=set())


def test_a_file_that_is_too_large_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checks, "MOST_BYTES", len(WHOLE) - 1)
    assert "larger than any" in fails(WHOLE)[0]


def test_a_file_in_it_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checks, "MOST_FILE_BYTES", max(map(len, FILES.values())) - 1)
    assert "too large" in fails(WHOLE)[0]


# --- JSON that is read in two ways ------------------------------------------------------------------------------------

JSON_FILES = [name for name in sorted(FILES) if name.endswith(".json")]
SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "spaces": lambda it: it.replace(b'":', b'": ', 1),
    "a name twice": lambda it: b"{" + it[1:-1].split(b",")[0] + b"," + it[1:],
    "escapes": lambda it: it.replace("ö".encode(), b"\\u00f6").replace(b"a", b"\\u0061", 1),
    "a huge number": lambda it: it[:-1] + b',"zz":' + b"9" * 5000 + b"}",
    "a large number": lambda it: it[:-1] + b',"zz":9007199254740993}',
    "a number that is none": lambda it: it[:-1] + b',"zz":NaN}',
    "an endless number": lambda it: it[:-1] + b',"zz":1e999}',
    "a fraction": lambda it: it[:-1] + b',"zz":1.0}',
    "one more name": lambda it: it[:-1] + b',"zz":1}',
    "deep": lambda it: it[:-1] + b',"zz":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "rather deep": lambda it: it[:-1] + b',"zz":' + b"[" * 900 + b"]" * 900 + b"}",
    "a list": lambda it: b"[" + it + b"]",
    "nothing": lambda _: b"null",
    "no JSON": lambda _: b"{",
    "another encoding": lambda it: it.decode().encode("utf-16"),
    "half a character": lambda it: it[:-1] + b',"zz":"\xc3"}',
    "half of two characters": lambda it: it[:-1] + b',"zz":"\\ud800"}',
    "a zero byte": lambda it: it[:-1] + b',"zz":"\\u0000"}',
}


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_json_is_spelt_in_one_way(name: str, spelling: str) -> None:
    fails(_and(**{name: SPELLINGS[spelling](FILES[name])}))
    spelt = SPELLINGS[spelling](FILES[name])
    fails(resealed(FILES, spelt=spelt) if name == "manifest.json" else resealed(FILES | {name: spelt}))


# --- Facts that do not hold, signed by the right key ------------------------------------------------------------------


def resealed(
    files: dict[str, bytes], seed: int = 1, changes: dict[str, Any] | None = None, spelt: bytes | None = None
) -> bytes:
    """Sums, manifest and signature put right again, but for `changes` of the manifest: by somebody who has the key."""
    key = a_key(seed)
    listed = {name: each for name, each in files.items() if name not in {"SHA256SUMS", "manifest.json", "manifest.sig"}}
    sums = "".join(f"{hashlib.sha256(each).hexdigest()}  {name}\n" for name, each in sorted(listed.items()))
    listed["SHA256SUMS"] = sums.encode()
    said = json.loads(FILES["manifest.json"])
    types = {each["name"]: each["mediaType"] for each in said["files"]}
    said["files"] = [
        {
            "name": name,
            "mediaType": types.get(name, "text/plain"),
            "size": len(each),
            "hash": hashlib.sha256(each).hexdigest(),
        }
        for name, each in sorted(listed.items())
    ]
    written = spelt or canonical(said | (changes or {}))
    return zip_of(listed | {"manifest.json": written, "manifest.sig": key.sign(written)})


def test_what_is_put_right_again_holds() -> None:
    """Otherwise the tests below would show nothing."""
    assert resealed(FILES) == WHOLE


def _decided(**changes: Any) -> Callable[[Facts], None]:
    return lambda facts: facts.approvals["approvals"][0].update(changes)


def _only(*parties: str) -> Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        facts.approvals["approvals"] = [e for e in facts.approvals["approvals"] if e["partyId"] in parties]
        named = {*parties, EMPLOYER, SACO}
        facts.approvals["parties"] = [each for each in facts.approvals["parties"] if each["id"] in named]

    return change


def _all_unions(facts: Facts) -> None:
    for each in facts.approvals["parties"]:
        each["side"] = "union"


def _another_name(facts: Facts) -> None:
    facts.approvals["parties"][0]["name"] = "Arbetsgivarna"


def _one_party_more(facts: Facts) -> None:
    facts.approvals["parties"].append({"id": an_id(9), "name": "Fackförbundet ST", "side": "union"})


def _one_party_twice(facts: Facts) -> None:
    facts.approvals["parties"].append(facts.approvals["parties"][2])


def _one_party_less(facts: Facts) -> None:
    facts.approvals["parties"].pop()


def _nobody(facts: Facts) -> None:
    facts.approvals["approvals"] = []
    facts.approvals["parties"].pop()


WRONG: dict[str, Callable[[Facts], None]] = {
    "the employer alone": _only(EMPLOYER),
    "unions alone": _only(SACO, SEKO),
    "nobody": _nobody,
    "unions and no employer": _all_unions,
    "a change asked for": _decided(decision="requestChange"),
    "one party twice": _decided(partyId=SACO, mandateId=an_id(19)),
    "one mandate for two": _decided(mandateId=an_id(12)),
    "decided afterwards": _decided(decidedAt="2026-11-26T14:03:06Z"),
    "a party that is not named": _decided(partyId=an_id(9)),
    "a party called otherwise": _another_name,
    "a party that has nothing to do with it": _one_party_more,
    "a party named twice": _one_party_twice,
    "a party named too little": _one_party_less,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_no_key_makes_good_what_was_not_decided_so(wrong: str) -> None:
    facts = Facts()
    WRONG[wrong](facts)
    try:
        content = facts.package()
    except RuntimeError:  # whom the texts cannot name
        content = resealed(FILES | {"approvals.json": canonical(facts.approvals)})
    fails(content)


def test_no_key_makes_good_another_content_than_was_decided_on() -> None:
    good = Facts()
    good.archived()
    for where in range(4):
        facts = Facts(content=good.content, template=good.template, approvals=json.loads(canonical(good.approvals)))
        facts.hashed = False
        told = facts.approvals if where == 3 else facts.approvals["approvals"][where]
        told["contentHash"] = "ab" * 32
        assert any("not what the parties that decided decided on" in each for each in fails(facts.package()))


def test_no_key_makes_good_another_template() -> None:
    facts = Facts()
    facts.archived()
    facts.hashed = False
    facts.template["title"]["sv"] = "En annan rubrik"
    assert any("template is not the one" in each for each in fails(facts.package()))


@pytest.mark.parametrize("name", ["record.sv.txt", "record.en.txt", "LASMIG.txt", "README.txt"])
def test_no_key_makes_good_a_text_that_says_something_else(name: str) -> None:
    for old, new in ((b"4", b"5"), (b".", b"!"), (b"\n", b"\r\n"), (b"SHA-256", b"SHA-255")):
        files = FILES | {name: FILES[name].replace(old, new)}
        assert files[name] != FILES[name]
        assert any(name in each for each in fails(resealed(files)))


@pytest.mark.parametrize(
    "manifest",
    [
        {"title": "Något annat"},
        {"sessionRecordId": an_id(99)},
        {"finalAt": "2026-11-26T14:03:04Z"},
        {"appendixTo": {"id": an_id(1), "contentHash": "ab" * 32}},
        {"contentHash": "ab" * 32},
        {"organisation": {"id": an_id(1), "organisationNumber": "2021001234", "name": "En annan myndighet"}},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"algorithm": "EdDSA"},
        {"algorithm": "ed25519"},
        {"keyThumbprint": a_key(2).public.thumbprint},
        {"keyThumbprint": ""},
        {"packageFormat": "zip"},
        {"formatVersion": 2},
        {"formatVersion": 0},
        {"formatVersion": "1"},
        {"formatVersion": True},
        {"more": "than that"},
        {"apiVersion": None},
        {"files": [{"name": "record.json", "mediaType": "application/json", "size": 10**15, "hash": "ab" * 32}]},
        {"files": [*json.loads(FILES["manifest.json"])["files"], json.loads(FILES["manifest.json"])["files"][0]]},
        {"files": list(reversed(json.loads(FILES["manifest.json"])["files"]))},
        {"files": json.loads(FILES["manifest.json"])["files"][:-1]},
        {"files": json.loads(FILES["manifest.json"])["files"] * 3000},
    ],
)
def test_no_key_makes_good_another_manifest(manifest: dict[str, Any]) -> None:
    altered = resealed(FILES, changes=manifest)
    assert altered != WHOLE
    fails(altered)


# --- Other keys and signatures ----------------------------------------------------------------------------------------


def test_another_key_is_not_ours() -> None:
    theirs = Facts(key=a_key(2)).package()
    assert verify(theirs).holds
    assert fails(theirs) == ["That key is none of those you gave."]
    # With their key, and our thumbprint in the manifest, or our key beside their signature.
    files = files_of(theirs)
    fails(resealed(files, 2, {"keyThumbprint": a_key().public.thumbprint}), allowed=set())
    fails(zip_of(files | {"public-key.pem": FILES["public-key.pem"]}), allowed=set())
    fails(resealed(FILES, 2), allowed=set())


ORDER = 2**252 + 27742317777372353535851937790883648493
_SIGNED = FILES["manifest.sig"]


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        b"\xff" * 64,
        _SIGNED[:-1],
        _SIGNED + b"\0",
        _SIGNED[32:] + _SIGNED[:32],
        # The same point with another number, which a careless reader takes as well.
        _SIGNED[:32] + (int.from_bytes(_SIGNED[32:], "little") + ORDER).to_bytes(32, "little"),
        b"\x01" + bytes(63),
        base64.b64encode(_SIGNED),
        _SIGNED.hex().encode(),
        a_key().sign(FILES["record.json"]),
        a_key().sign(b""),
        a_key().sign(hashlib.sha256(FILES["manifest.json"]).digest()),
        a_key(2).sign(FILES["manifest.json"]),
        hashlib.sha512(FILES["manifest.json"]).digest(),
    ],
)
def test_no_other_signature_counts(signature: bytes) -> None:
    assert any("not signed" in each for each in fails(_and(**{"manifest.sig": signature}), allowed=set()))


_PEM = FILES["public-key.pem"]


@pytest.mark.parametrize(
    "pem",
    [
        _PEM + _PEM,
        _PEM[:-1],
        _PEM.replace(b"\n", b"\r\n"),
        b"Our key:\n" + _PEM,
        _PEM + b"# ours\n",
        _PEM.replace(b"PUBLIC KEY", b"CERTIFICATE"),
        a_key().private_pem.encode(),
        base64.b64decode(_PEM.split(b"\n")[1]),
        json.dumps(a_key().public.jwk).encode(),
        # The point of order one: under it signatures can be made by anybody.
        b"-----BEGIN PUBLIC KEY-----\n"
        + base64.b64encode(base64.b64decode(_PEM.split(b"\n")[1])[:-32] + b"\x01" + bytes(31))
        + b"\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n",
        b"\xff" * 113,
    ],
)
def test_no_other_spelling_of_a_key_counts(pem: bytes) -> None:
    fails(_and(**{"public-key.pem": pem}), allowed=set())
    fails(resealed(FILES | {"public-key.pem": pem}), allowed=set())
