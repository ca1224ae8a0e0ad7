"""The documents that were released, one file for each version, and what was said of each."""

import hashlib
import json
import re
from pathlib import Path

from tests.contract import DOCUMENT, document
from tests.contract_changes.breaks import Json
from tests.contract_changes.documents import changed, version_of

RELEASED = DOCUMENT.parent / "released"
CHANGE_LOG = DOCUMENT.parent.parent / "docs" / "contract-changes.md"


def released(directory: Path = RELEASED) -> list[Json]:
    """All of them, in the order of their versions."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in directory.glob("*.json")]
    return sorted(documents, key=version_of)


def and_ours(documents: list[Json]) -> list[Json]:
    """With the document as it is now, if that is on the way to another version: what changes is told of at once."""
    last = documents[-1]["info"]["version"] if documents else None
    return documents if last == document()["info"]["version"] else [*documents, document()]


def tampered(directory: Path = RELEASED) -> list[str]:
    """What is not as it was when it was released: the checksums were written then."""
    sums = directory / "SHA256SUMS"
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.exists() else []
    expected = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.glob("*.json")}
    named = {f"{json.loads((directory / name).read_text(encoding='utf-8'))['info']['version']}.json" for name in found}
    wrong = {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)}
    return sorted(wrong | (named ^ found.keys()))


def unsaid(documents: list[Json], page: str) -> list[str]:
    """What the change log does not say: versions without an entry, and changes that the entry does not name."""
    entries = {
        part.split("\n", 1)[0].split(" ")[0]: part for part in re.split(r"^## (?=\d)", page, flags=re.MULTILINE)[1:]
    }
    told = []
    for number, each in enumerate(documents):
        version = each["info"]["version"]
        entry = entries.get(version)
        if entry is None:
            told.append(f"{version}: no entry")
            continue
        missing = [heading for heading in ("**Svenska.**", "**English.**") if heading not in entry]
        told += [f"{version}: nothing under {heading}" for heading in missing]
        if number:
            words = set(re.findall(r"`([\w-]+)`", entry))
            names = changed(documents[number - 1], each)
            told += [f"{version}: `{name}` has changed and is not named" for name in names if name not in words]
    return told
