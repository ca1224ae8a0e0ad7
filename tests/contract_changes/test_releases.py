"""What may follow a released document, that it stays as it was, and that the change log says what has changed."""

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import document_commands
from app.cli import main
from tests import contract
from tests.contract_changes.breaks import Json
from tests.contract_changes.documents import breaks, changed, faults, version_of
from tests.contract_changes.releases import CHANGE_LOG, and_ours, released, tampered, unsaid
from tests.contract_changes.small import GONE, document, with_value

BROKEN = with_value("paths /things/{thingId} get", GONE)
HARMLESS = with_value("info description", "Mer.")


def versioned(document: Json, version: str, major: str | None = None) -> Json:
    made = document | {"info": document["info"] | {"version": version}}
    return made | {"servers": [{"url": f"https://a/v{major}"}]} if major else made


def test_the_same_document_may_stay() -> None:
    assert faults(document(), document()) == []


@pytest.mark.parametrize("version", ["1.4.0", "1.4.1", "1.3.9", "0.9.0"])
def test_any_change_needs_a_higher_minor_version(version: str) -> None:
    told = faults(document(), versioned(HARMLESS, version))
    assert "at least 1.5.0" in told[0]
    assert faults(document(), versioned(HARMLESS, "1.5.0")) == []


def test_a_break_needs_a_new_major_version_and_its_own_address() -> None:
    told = faults(document(), versioned(BROKEN, "1.5.0"))
    assert told[0].startswith("1 changes break clients of 1.4.0, which needs version 2.0.0")
    assert "GET /things/{thingId}: operation removed" in told[1]
    told = faults(document(), versioned(BROKEN, "2.0.0"))
    assert told == ["https://{host}/v1 does not end with the major version, /v2."]
    assert faults(document(), versioned(BROKEN, "2.0.0", major="2")) == []


@pytest.mark.parametrize("version", ["1.5", "1.5.0-beta", "v1.5.0", "", "1.5.0\n"])
def test_a_version_is_three_numbers(version: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        version_of(versioned(document(), version))


def test_versions_are_numbers_and_not_words(tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0", "2.0.0"):
        (tmp_path / f"{version}.json").write_text(json.dumps(versioned(document(), version)), encoding="utf-8")
    assert [each["info"]["version"] for each in released(tmp_path)] == ["1.9.0", "1.10.0", "2.0.0"]


def test_a_released_document_that_has_been_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "1.4.0.json"
    path.write_text(json.dumps(document()), encoding="utf-8")
    assert tampered(tmp_path) == ["1.4.0.json"], "it has no checksum"
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  1.4.0.json\n", encoding="utf-8")
    assert tampered(tmp_path) == []
    path.write_text(json.dumps(HARMLESS), encoding="utf-8")
    assert tampered(tmp_path) == ["1.4.0.json"]
    path.unlink()
    assert tampered(tmp_path) == ["1.4.0.json"]


def test_a_released_document_lies_under_its_version(tmp_path: Path) -> None:
    path = tmp_path / "1.5.0.json"
    path.write_text(json.dumps(document()), encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  1.5.0.json\n", encoding="utf-8")
    assert tampered(tmp_path) == ["1.4.0.json", "1.5.0.json"]


def test_a_release_is_kept_once_and_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # That the committed document is the program's is another test, and making it takes long.
    monkeypatch.setattr(document_commands, "written_document", lambda: contract.DOCUMENT.read_text(encoding="utf-8"))
    place = tmp_path / "new" / "released"
    path = place / f"{contract.document()['info']['version']}.json"
    release = ["openapi", "release", str(place)]
    assert CliRunner().invoke(main, release).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == contract.document()
    assert released(place) == [contract.document()]
    assert tampered(place) == []
    again = CliRunner().invoke(main, release)
    assert (again.exit_code, "released already" in again.output) == (0, True)
    path.write_text(path.read_text(encoding="utf-8").replace("a", "b"), encoding="utf-8")
    refused = CliRunner().invoke(main, release)
    assert (refused.exit_code, "needs a higher version" in refused.output) == (1, True)
    assert (place / "SHA256SUMS").read_text(encoding="utf-8").count("\n") == 1
    in_the_way = CliRunner().invoke(main, ["openapi", "release", str(path)])
    assert (in_the_way.exit_code, "cannot be used" in in_the_way.output) == (1, True)


NEW = versioned(with_value("components schemas Sent properties more", {"type": "string"}), "1.5.0")
NEW["paths"]["/things/{thingId}"]["get"]["parameters"] = [{"name": "fields", "in": "query"}]
ENTRY = """# Ändringar

## 1.5.0 (2026-12-01)

**Svenska.** `read_thing` tar `fields`, och `Sent` har fått `more`.

**English.** `read_thing` takes `fields`, and `Sent` has got `more`.

## 1.4.0 (2026-11-26)

**Svenska.** Den första.

**English.** The first.
"""


def test_every_change_between_two_versions_is_named_in_both_languages() -> None:
    both = [document(), NEW]
    assert changed(*both) == ["Sent", "read_thing"]
    assert unsaid(both, ENTRY) == []
    assert unsaid(both, ENTRY.replace("`read_thing`", "Läsningen")) == [
        "1.5.0: `read_thing` has changed and is not named"
    ]
    assert unsaid(both, ENTRY.replace("`Sent`", "Sent")) == ["1.5.0: `Sent` has changed and is not named"]
    assert unsaid(both, ENTRY.replace("## 1.4.0", "## 1.3.0")) == ["1.4.0: no entry"]
    assert unsaid(both, ENTRY.replace("**English.** `read", "`read")) == ["1.5.0: nothing under **English.**"]


def test_what_is_new_or_gone_has_changed_and_what_only_explains_has_not() -> None:
    assert changed(document(), BROKEN) == changed(BROKEN, document()) == ["read_thing"]
    assert changed(document(), with_value("paths /things/{thingId} get summary", "Läs")) == []
    assert changed(document(), with_value("components schemas Got properties description", {})) == ["Got"]
    with_type = json.loads(json.dumps(document()))
    with_type["components"]["schemas"]["New"] = {"type": "string"}
    assert changed(document(), with_type) == [], "what brings a new type is named, and the type with it"
    assert changed(with_type, document()) == ["New"]
    moved = document()
    moved["paths"]["/things/by-name/{thingId}"] = moved["paths"].pop("/things/{thingId}")
    assert changed(document(), moved) == ["change_thing", "read_thing"]


def test_a_header_is_named_and_not_each_operation_that_answers_with_it() -> None:
    with_header = document()
    for status in ("200", "304"):
        answer = with_header["paths"]["/things/{thingId}"]["put"]["responses"].setdefault(status, {})
        answer.setdefault("headers", {})["X-More"] = {"schema": {"type": "string"}}
    assert changed(document(), with_header) == ["X-More"]
    same = json.loads(json.dumps(with_header))
    same["paths"]["/things/{thingId}"]["put"]["responses"]["200"]["headers"]["X-More"]["required"] = True
    assert changed(with_header, same) == ["X-More"]
    assert unsaid([document(), versioned(with_header, "1.5.0")], ENTRY) == [
        "1.5.0: `X-More` has changed and is not named"
    ]
    told = ENTRY.replace("`fields`", "`fields` and `X-More`")
    assert unsaid([document(), versioned(with_header, "1.5.0")], told) == []


def test_our_own_documents_are_as_they_were_released_and_the_change_log_is_whole() -> None:
    assert tampered() == []
    assert unsaid(and_ours(released()), CHANGE_LOG.read_text(encoding="utf-8")) == []


def test_our_own_document_breaks_nothing_in_itself_and_a_cut_in_it_is_noticed() -> None:
    whole = contract.document()
    cut = json.loads(json.dumps(whole))
    assert breaks(whole, cut) == []
    del cut["paths"]["/me"]["get"]
    assert [str(each) for each in breaks(whole, cut)] == ["GET /me: operation removed"]
    cut = json.loads(json.dumps(whole))
    cut["components"]["schemas"]["MeRead"]["properties"].pop("name")
    assert [str(each) for each in breaks(whole, cut)] == [
        "#/components/schemas/MeRead (answer)/name: answer property removed"
    ]
