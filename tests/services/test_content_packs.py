"""Content packs: complete, checked with precise words, loaded once, never changed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from anyio import to_thread
from sqlmodel import col
from typer.testing import CliRunner, Result

from app.cli import main
from app.models.audit_entry import AuditEntry
from app.models.content_pack import ContentPack
from app.models.dialogue_template import DialogueTemplate
from app.models.inspiration_item import InspirationItem
from app.models.instrument import Instrument
from app.models.process_guide import ProcessGuide
from app.services.content_hash import content_hash
from app.services.content_packs import Loaded, central_id, central_instrument_id, load
from app.services.pack_reading import PackRefused, read_instrument, read_pack, shipped
from app.services.template_content import texts
from tests.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = "templates/val-utfort-arbete.json"
INSTRUMENT = "instruments/larklimat-18.json"
PIECES, GUIDES = 20, 2
WHOLE = "6 templates, 1 instrument, 20 pieces of inspiration, 2 guides"
NEW = "6 new templates, 1 new instrument, 20 new pieces of inspiration, 2 new guides"
# Of the pack as it was before there were instruments. It is loaded out there: its hash must stay.
HASH_BEFORE = "a8be381f1b018ee9721d4c8d9a51176c409c83e3bf137035bcb1703ccd0809f8"

Change = Callable[[Any], Any]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the shipped pack, to change."""
    shutil.copytree(str(shipped()), tmp_path / "pack")
    return tmp_path / "pack"


@pytest.fixture
async def empty(fresh_database_url: str) -> AsyncIterator[Database]:
    database = Database(fresh_database_url)
    yield database
    await database.close()


def edit(pack: Path, file: str, change: Change) -> None:
    path = pack / file
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def lines(pack: Path) -> list[str]:
    with pytest.raises(PackRefused) as refused:
        read_pack(pack)
    return refused.value.lines


async def loaded(database: Database, pack: Path | None = None) -> Loaded:
    async with database.write() as session:
        return await load(session, read_pack(pack or shipped()), NOW)


def as_before(pack: Path) -> Path:
    """The pack as it was shipped before there were instruments."""
    younger = ("instruments", "inspiration", "guides")
    edit(
        pack,
        "pack.json",
        lambda manifest: (manifest.update(packVersion="1.0.0"), [manifest.pop(each) for each in younger]),
    )
    for each in younger:
        shutil.rmtree(pack / each, ignore_errors=True)
    return pack


async def stored_instruments(database: Database) -> dict[str, Any]:
    async with database.read() as session:
        rows = (await session.execute(sa.select(Instrument))).scalars()
        return {f"{row.key} {row.instrument_version}": row.model_dump() for row in rows}


async def stored(database: Database) -> dict[str, DialogueTemplate]:
    async with database.read() as session:
        rows = (await session.execute(sa.select(DialogueTemplate))).scalars()
        return {f"{row.key} {row.template_version}": row for row in rows}


# --- What is shipped ----------------------------------------------------------------------------------------


def test_the_shipped_pack_is_complete_in_both_languages() -> None:
    pack = read_pack(shipped())
    assert [template.key for template in pack.templates] == [
        "val-utfort-arbete",
        "misstag-som-lartillfallen",
        "kvalitet-och-kompetens",
        "erfarenhetsutbyte",
        "chefens-roll",
        "uppfoljning-larklimat",
    ]
    assert pack.manifest.licence == "CC0-1.0"
    assert [instrument.key for instrument in pack.instruments] == ["larklimat-18"]
    assert pack.method_texts is not None
    parts = (pack.method_texts, *pack.templates, *pack.instruments)
    said = [text for part in parts for _, text in texts(part.model_dump(by_alias=True))]
    assert len(said) == 319 + 52
    assert [text for text in said if not text["sv"] or not text["en"] or text["sv"] == text["en"]] == []


def test_every_climate_dimension_has_a_template() -> None:
    served = {
        dimension.value for each in read_pack(shipped()).templates for dimension in each.content.climate_dimensions
    }
    assert served == set("ABCDEF")


def test_method_texts_explain_every_kind_of_record() -> None:
    pack = read_pack(shipped())
    assert pack.method_texts is not None
    assert {each.record.value for each in pack.method_texts.record_values} == {"group", "party", "none", "action"}
    assert [role.id for role in pack.method_texts.roles] == [
        "process_leader",
        "note_taker",
        "employer_rep",
        "union_rep",
    ]


# --- Checking -----------------------------------------------------------------------------------------------


def test_faults_are_named_by_file_pointer_and_reason(pack: Path) -> None:
    def spoil(template: Any) -> None:
        content = template["content"]
        content["purpose"]["en"] = None
        del content["steps"][0]["instruction"]["sv"]
        content["steps"][1]["questions"][0]["record"] = "everyone"
        content["climateDimensions"] = ["A", "G"]
        content["surprise"] = True

    edit(pack, FIRST, spoil)
    found = lines(pack)
    assert [line.split(": ")[:2] for line in found] == [
        [FIRST, "/content/steps/0/instruction/sv"],
        [FIRST, "/content/steps/1/questions/0/record"],
        [FIRST, "/content/climateDimensions/1"],
        [FIRST, "/content/surprise"],
    ]
    assert found[0].endswith("Field required")


def test_a_missing_language_and_a_wrong_sum_are_named(pack: Path) -> None:
    def spoil(template: Any) -> None:
        template["content"]["purpose"]["en"] = None
        template["content"]["totalMinutes"] = 91

    edit(pack, FIRST, spoil)
    edit(pack, "method_texts.json", lambda method: method["groundRules"][2].update(en=None))
    assert lines(pack) == [
        f"{FIRST}: /content/purpose/en: the text is not written in this language",
        f"{FIRST}: /content/totalMinutes: is not the sum of the steps' minutes",
        "method_texts.json: /groundRules/2/en: the text is not written in this language",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda template: template.update(key="annan"), f"{FIRST}: /key: is not the name of the file"),
        (
            lambda template: template["content"].update(languages=["sv"]),
            f"{FIRST}: /content/languages: are not those of the pack",
        ),
    ],
)
def test_a_template_belongs_to_its_pack(pack: Path, change: Change, line: str) -> None:
    edit(pack, FIRST, change)
    assert lines(pack) == [line]


def test_files_that_cannot_be_read_are_named(pack: Path, tmp_path: Path) -> None:
    (pack / FIRST).write_text("{", encoding="utf-8")
    (pack / "method_texts.json").write_bytes(b"\xff")
    (pack / "templates/chefens-roll.json").unlink()
    assert [line.split(":")[0] for line in lines(pack)] == [
        "method_texts.json",
        FIRST,
        "templates/chefens-roll.json",
    ]
    assert lines(tmp_path) == ["pack.json: cannot be read", "method_texts.json: cannot be read"]


def test_a_manifest_names_no_files_outside_the_pack(pack: Path) -> None:
    edit(pack, "pack.json", lambda manifest: manifest.update(templates=["../pack"], instruments=["../pack"]))
    assert [line.split(": ")[:2] for line in lines(pack)] == [
        ["pack.json", "/templates/0"],
        ["pack.json", "/instruments/0"],
    ]


def test_faults_of_an_instrument_are_named_as_a_templates_are(pack: Path) -> None:
    def contradict(instrument: Any) -> None:
        content = instrument["content"]
        instrument["key"] = "annan"
        content["languages"] = ["sv"]
        content["title"]["sv"] = None
        content["scale"]["points"][1]["value"] = 3
        content["dimensions"][1]["key"] = "A"
        content["dimensions"][2]["climateDimension"] = "A"
        content["items"] = [item for item in content["items"] if item["dimensionKey"] != "D"]
        content["scoring"] |= {"minAnsweredItems": 4}
        content["scoring"]["zones"][0]["fromIndex"] = 1

    edit(pack, INSTRUMENT, contradict)
    assert lines(pack) == [
        f"{INSTRUMENT}: /key: is not the name of the file",
        f"{INSTRUMENT}: /content/languages: are not those of the pack",
        f"{INSTRUMENT}: /content/title/sv: the text is not written in this language",
        f"{INSTRUMENT}: /content/scale/points/1/value: the points are whole numbers in a row from the least",
        f"{INSTRUMENT}: /content/dimensions/1/key: another part of the instrument has the same id",
        *[
            f"{INSTRUMENT}: /content/items/{place}/dimensionKey: the instrument has no dimension of this key"
            for place in (1, 6, 11)
        ],
        f"{INSTRUMENT}: /content/dimensions/2/climateDimension: another dimension stands for the same part of the "
        "learning climate",
        f"{INSTRUMENT}: /content/dimensions/3: no item belongs to the dimension",
        f"{INSTRUMENT}: /content/scoring/minAnsweredItems: there are not so many, so that nobody could get a score",
        f"{INSTRUMENT}: /content/scoring/zones/0/fromIndex: the first zone begins at 0, and each of the others above "
        "the one before",
    ]


def test_an_instrument_of_the_wrong_shape_is_named_as_precisely(pack: Path) -> None:
    def spoil(instrument: Any) -> None:
        content = instrument["content"]
        del content["items"][2]["reversed"]
        content["scale"]["points"] = content["scale"]["points"][:1]
        content["scoring"]["zones"][1]["fromIndex"] = "40"
        content["norms"] = {}

    edit(pack, INSTRUMENT, spoil)
    assert [line.split(": ")[:2] for line in lines(pack)] == [
        [INSTRUMENT, "/content/scale/points"],
        [INSTRUMENT, "/content/items/2/reversed"],
        [INSTRUMENT, "/content/scoring/zones/1/fromIndex"],
        [INSTRUMENT, "/content/norms"],
    ]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (None, "cannot be read"),
        (b"\xff", "is not JSON ("),
        (b"{", "is not JSON ("),
        (b"[" * 100_000, "is not JSON ("),
        (b'{"key": "a", "key": "b"}', "is not JSON (in one object, the same name twice: key)"),
        (b"[]", ": Input should be"),
    ],
)
def test_an_instruments_file_that_cannot_be_read_is_refused(tmp_path: Path, written: bytes | None, line: str) -> None:
    file = tmp_path / "eget.json"
    if written is not None:
        file.write_bytes(written)
    with pytest.raises(PackRefused) as refused:
        read_instrument(file)
    (said,) = refused.value.lines
    assert said.startswith(f"eget.json: {line}")


# --- Loading ------------------------------------------------------------------------------------------------


async def test_loading_publishes_at_the_same_addresses_everywhere(empty: Database) -> None:
    assert await loaded(empty) == Loaded("larande", "1.2.0", 6, 1, PIECES, GUIDES)
    rows = await stored(empty)
    instrument = (await stored_instruments(empty))["larklimat-18 1.0.0-pilot"]
    first = rows["val-utfort-arbete 1.0.0"]
    # Written out: addresses that once were given out must never move.
    assert str(first.id) == "812fad49-5782-5c43-a6b5-466bfbfc0d99"
    assert first.id == central_id("val-utfort-arbete", "1.0.0")
    assert (first.state, first.published_at, first.organisation_id) == ("published", NOW, None)
    assert all(row.content_hash == content_hash(row.content) for row in rows.values())
    assert str(instrument["id"]) == "355bb84e-1d38-5125-bedf-2ce4271434ba"
    assert instrument["id"] == central_instrument_id("larklimat-18", "1.0.0-pilot")
    assert (instrument["state"], instrument["published_at"], instrument["organisation_id"]) == ("published", NOW, None)
    assert instrument["languages"] == ["sv", "en"]
    assert instrument["content_hash"] == content_hash(instrument["content"])
    async with empty.read() as session:
        entries = (await session.execute(sa.select(AuditEntry))).scalars().all()
        pieces = (await session.execute(sa.select(InspirationItem))).scalars().all()
        guides = (await session.execute(sa.select(ProcessGuide))).scalars().all()
    assert all(each.content_hash == content_hash(each.content) for each in pieces)
    assert all(each.content_hash == content_hash(each.content) for each in guides)
    ids = {row.id for row in [*rows.values(), *pieces, *guides]}
    assert {entry.subject_id for entry in entries} == ids | {instrument["id"]}
    assert {(entry.operation, entry.person_id, entry.mandate_id) for entry in entries} == {
        ("load_content_pack", None, None)
    }


async def test_loading_again_changes_nothing(empty: Database) -> None:
    await loaded(empty)
    before = {key: row.model_dump() for key, row in (await stored(empty)).items()}
    instruments = await stored_instruments(empty)
    assert await loaded(empty) == Loaded("larande", "1.2.0", 0, 0)
    assert {key: row.model_dump() for key, row in (await stored(empty)).items()} == before
    assert await stored_instruments(empty) == instruments


async def test_an_installation_with_the_pack_before_gets_the_instrument_beside_it(empty: Database, pack: Path) -> None:
    as_before(pack)
    assert read_pack(pack).content_hash == HASH_BEFORE
    assert await loaded(empty, pack) == Loaded("larande", "1.0.0", 6, 0)
    before = {key: row.model_dump() for key, row in (await stored(empty)).items()}
    assert await loaded(empty) == Loaded("larande", "1.2.0", 0, 1, PIECES, GUIDES)
    assert {key: row.model_dump() for key, row in (await stored(empty)).items()} == before
    assert list(await stored_instruments(empty)) == ["larklimat-18 1.0.0-pilot"]
    # And the one before can still be loaded again.
    assert await loaded(empty, pack) == Loaded("larande", "1.0.0", 0, 0)


async def test_loading_at_once_publishes_once(empty: Database) -> None:
    results = await asyncio.gather(*(loaded(empty) for _ in range(5)))
    assert sorted(result.new_templates for result in results) == [0, 0, 0, 0, 6]
    assert len(await stored(empty)) == 6


async def test_final_is_final_a_changed_instrument_of_the_same_version_is_refused(empty: Database, pack: Path) -> None:
    await loaded(empty)
    before = await stored_instruments(empty)
    edit(pack, INSTRUMENT, lambda instrument: instrument["content"]["items"][0].update(reversed=True))
    with pytest.raises(PackRefused, match=r"larande 1\.2\.0 is loaded with other content"):
        await loaded(empty, pack)
    edit(pack, "pack.json", lambda manifest: manifest.update(packVersion="1.3.0"))
    edit(pack, "templates/chefens-roll.json", lambda template: template.update(templateVersion="1.1.0"))
    with pytest.raises(PackRefused, match=r"^instruments/larklimat-18\.json: 1\.0\.0-pilot is published with other"):
        await loaded(empty, pack)
    assert len(await stored(empty)) == 6
    assert await stored_instruments(empty) == before
    edit(pack, INSTRUMENT, lambda instrument: instrument.update(instrumentVersion="1.0.0"))
    assert await loaded(empty, pack) == Loaded("larande", "1.3.0", 1, 1)
    after = await stored_instruments(empty)
    assert after.keys() == {"larklimat-18 1.0.0-pilot", "larklimat-18 1.0.0"}
    assert after["larklimat-18 1.0.0-pilot"] == before["larklimat-18 1.0.0-pilot"]


async def test_final_is_final_a_changed_pack_of_the_same_version_is_refused(empty: Database, pack: Path) -> None:
    await loaded(empty)
    before = {key: row.model_dump() for key, row in (await stored(empty)).items()}
    edit(pack, "method_texts.json", lambda method: method["groundRules"].pop())
    with pytest.raises(PackRefused, match=r"larande 1\.2\.0 is loaded with other content"):
        await loaded(empty, pack)
    assert {key: row.model_dump() for key, row in (await stored(empty)).items()} == before


async def test_final_is_final_a_changed_template_of_the_same_version_is_refused(empty: Database, pack: Path) -> None:
    await loaded(empty)
    edit(pack, "pack.json", lambda manifest: manifest.update(packVersion="1.3.0"))
    edit(pack, FIRST, lambda template: template["content"]["title"].update(sv="Något annat"))
    edit(pack, "templates/chefens-roll.json", lambda template: template.update(templateVersion="1.1.0"))
    with pytest.raises(PackRefused, match=r"val-utfort-arbete\.json: 1\.0\.0 is published with other content"):
        await loaded(empty, pack)
    assert len(await stored(empty)) == 6
    async with empty.read() as session:
        assert (await session.execute(sa.select(col(ContentPack.pack_version)))).scalars().all() == ["1.2.0"]


async def test_a_new_version_stands_beside_the_old(empty: Database, pack: Path) -> None:
    await loaded(empty)
    pinned = {key: row.model_dump() for key, row in (await stored(empty)).items()}
    instruments = await stored_instruments(empty)
    edit(pack, "pack.json", lambda manifest: manifest.update(packVersion="1.3.0"))
    edit(pack, FIRST, lambda template: template.update(templateVersion="1.10.0"))
    assert await loaded(empty, pack) == Loaded("larande", "1.3.0", 1, 0)
    rows = await stored(empty)
    assert len(rows) == 7
    # What sessions and rounds are pinned to is as it was, column by column.
    assert {key: rows[key].model_dump() for key in pinned} == pinned
    assert await stored_instruments(empty) == instruments
    assert rows["val-utfort-arbete 1.10.0"].id != rows["val-utfort-arbete 1.0.0"].id


# --- The command ---------------------------------------------------------------------------------------------


def test_the_command_checks_a_pack(pack: Path) -> None:
    shown = CliRunner().invoke(main, ["content", "check"])
    assert (shown.exit_code, shown.stdout) == (
        0,
        f"larande 1.2.0: {WHOLE}, complete.\n",
    )
    edit(pack, FIRST, lambda template: template["content"]["title"].update(en=None))
    refused = CliRunner().invoke(main, ["content", "check", str(pack)])
    assert refused.exit_code == 1
    assert refused.stderr == f"{FIRST}: /content/title/en: the text is not written in this language\n"


def test_the_command_checks_an_instrument(pack: Path) -> None:
    file = pack / INSTRUMENT
    shown = CliRunner().invoke(main, ["content", "check", str(file)])
    assert (shown.exit_code, shown.stdout) == (0, "larklimat-18 1.0.0-pilot: 19 items, complete.\n")
    edit(pack, INSTRUMENT, lambda instrument: instrument["content"]["items"][4].update(dimensionKey="Z"))
    edit(pack, INSTRUMENT, lambda instrument: instrument["content"]["title"].update(en=None))
    refused = CliRunner().invoke(main, ["content", "check", str(file)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "larklimat-18.json: /content/title/en: the text is not written in this language",
        "larklimat-18.json: /content/items/4/dimensionKey: the instrument has no dimension of this key",
    ]
    gone = CliRunner().invoke(main, ["content", "check", str(pack / "nowhere.json")])
    assert (gone.exit_code, gone.stderr) == (1, "nowhere.json: cannot be read\n")


def test_the_command_writes_the_schema(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["content", "schema", str(tmp_path / "schema.json")]).exit_code == 0
    assert (tmp_path / "schema.json").read_text() == Path("openapi/instrument.schema.json").read_text()
    refused = CliRunner().invoke(main, ["content", "schema", str(tmp_path / "nowhere" / "schema.json")])
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)


async def test_the_command_loads_a_pack(fresh_database_url: str, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARANDE_DATABASE_URL", fresh_database_url)

    async def larande(*words: str) -> Result:
        # The command has an event loop of its own, and so needs a thread of its own.
        return await to_thread.run_sync(lambda: CliRunner().invoke(main, words))

    assert (await larande("content", "load")).stdout == f"larande 1.2.0: {NEW}.\n"
    assert (await larande("content", "load")).stdout == "larande 1.2.0: nothing new.\n"
    edit(pack, FIRST, lambda template: template["content"]["title"].update(en="Something else"))
    refused = await larande("content", "load", str(pack), "--unsigned")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "give the changed pack a new version" in refused.stderr
    refused = await larande("content", "load", str(pack))
    assert refused.exit_code == 1
    assert "which nobody has signed" in refused.stderr


async def test_a_pack_is_signed_compared_and_loaded_where_its_key_is_trusted(
    fresh_database_url: str, pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LARANDE_DATABASE_URL", fresh_database_url)
    key, public, file = tmp_path / "key.pem", tmp_path / "public.pem", tmp_path / "larande.zip"

    async def larande(*words: Any) -> Result:
        return await to_thread.run_sync(lambda: CliRunner().invoke(main, ["content", *map(str, words)]))

    made = await larande("make-key", key)
    public.write_text(made.stdout)
    assert key.stat().st_mode & 0o777 == 0o600
    assert "no key is written over" in (await larande("make-key", key)).stderr
    edit(pack, "pack.json", lambda manifest: manifest.update(packVersion="1.3.0"))
    edit(pack, FIRST, lambda template: template["content"]["title"].update(en="Something else"))
    edit(pack, FIRST, lambda template: template.update(templateVersion="1.1.0"))
    # What would be left out, or lies elsewhere, is not signed.
    (pack / "templates" / "over.json").write_text("{}")
    (pack / "guides" / "lank.json").symlink_to("/etc/hostname")
    assert (await larande("build", pack, file, "--key", key)).stderr.splitlines() == [
        "guides/lank.json: is a link, and not in the directory itself",
        "templates/over.json: is not listed in pack.json",
    ]
    (pack / "templates" / "over.json").unlink()
    (pack / "guides" / "lank.json").unlink()
    public.chmod(0o600)
    assert "is not a private key" in (await larande("build", pack, file, "--key", public)).stderr
    key.chmod(0o644)
    assert "must be for this account alone" in (await larande("build", pack, file, "--key", key)).stderr
    key.chmod(0o600)
    assert not file.exists()
    said = await larande("build", pack, file, "--key", key)
    assert said.stdout.startswith(f"larande 1.3.0: {WHOLE}, signed by "), said.output
    for command in ("verify", "load"):
        assert "nobody here trusts the key" in (await larande(command, file)).stderr
    assert (await larande("verify", file, "--key", public)).stdout.startswith(f"larande 1.3.0: {WHOLE}, complete and")
    monkeypatch.setenv("LARANDE_CONTENT_KEYS", str(public))
    compared = await larande("diff", file)
    assert "  /content/title/en: “Something else” becomes “Work well done”" in compared.stdout.splitlines()
    assert (await larande("load")).stdout == f"larande 1.2.0: {NEW}.\n"
    assert (await larande("load", file)).stdout == "larande 1.3.0: 1 new template.\n"
    assert (await larande("load", file)).stdout == "larande 1.3.0: nothing new.\n"
    file.write_bytes(file.read_bytes()[:-1])
    assert (await larande("load", file)).exit_code == 1
