"""A third language comes by a pack alone: what is published keeps its hash, and what is not translated says so."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from app.cli import main
from app.services import guide_content, inspiration_content
from app.services.archive_keys import new_archive_key
from app.services.content_packs import Loaded, central_guide_id, central_inspiration_id, load
from app.services.pack_files import built, opened
from app.services.pack_reading import PackRefused, read_pack
from app.services.template_content import texts
from tests.content import shipped_pack
from tests.database import database_of
from tests.templates import app_with_content
from tests.world import World

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PIECE = f"/inspiration-items/{central_inspiration_id('fem-ideer', '1.0.0')}"
GUIDE = f"/process-guides/{central_guide_id('omstart', '1.0.0')}"
OTHER = f"/inspiration-items/{central_inspiration_id('las-resultatet-tillsammans', '1.0.0')}"


@pytest.fixture
async def app() -> AsyncIterator[FastAPI]:
    async with asynccontextmanager(app_with_content)() as app:
        yield app


def finnish(directory: Path, pack_version: str = "1.0.0", **changes: Any) -> Path:
    """A pack with a piece and a guide in Finnish, as far as a translator who writes "suomeksi" before all can do it."""
    pack = shipped_pack()
    piece = next(each for each in pack.inspiration if each.key == "fem-ideer")
    guide = next(each for each in pack.guides if each.key == "omstart")
    originals = {"inspiration": inspiration_content.written(piece), "guides": guide_content.written(guide)}
    for folder, original in originals.items():
        said = {
            "of": folder,
            "key": original["key"],
            "version": "1.0.0",
            "language": "fi",
            "texts": {pointer: f"suomeksi: {text['sv']}" for pointer, text in texts(original)},
        }
        (directory / "translations" / "fi" / folder).mkdir(parents=True)
        file = directory / "translations" / "fi" / folder / f"{original['key']}.json"
        file.write_text(json.dumps(said | (changes if folder == "inspiration" else {})), encoding="utf-8")
    manifest = {
        "key": "suomeksi",
        "packVersion": pack_version,
        "licence": "CC0-1.0",
        "languages": ["fi"],
        "defaultLanguage": "fi",
        "provenance": "Translated for the tests.",
        "translations": ["fi/inspiration/fem-ideer", "fi/guides/omstart"],
    }
    (directory / "pack.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory


async def loaded(app: FastAPI, directory: Path) -> Loaded:
    """Signed, opened where its key is trusted, and loaded."""
    key = new_archive_key(NOW)
    pack, _ = opened(built(read_pack(directory), key), {key.public.thumbprint})
    async with database_of(app).write() as session:
        return await load(session, pack, NOW)


async def test_a_third_language_by_a_pack_alone(app: FastAPI, world: World, tmp_path: Path) -> None:
    reader = world.employee.client

    async def read(path: str, language: str) -> Any:
        answer = await reader.request("GET", path, headers={"Accept-Language": language}, expect=200)
        assert answer.headers["Content-Language"] == answer.json()["language"]
        return answer.json()

    before = {path: await read(path, "sv") for path in (PIECE, GUIDE, OTHER)}
    method = await reader.get("/method-texts")
    assert (await read(PIECE, "fi"))["language"] == "sv"
    directory = finnish(tmp_path / "fi")
    checked = CliRunner().invoke(main, ["content", "check", str(directory)])
    assert (checked.exit_code, checked.stdout) == (0, "suomeksi 1.0.0: 2 translations, complete.\n")
    assert await loaded(app, directory) == Loaded("suomeksi", "1.0.0", 0, 0, new_translations=2)
    assert await loaded(app, directory) == Loaded("suomeksi", "1.0.0", 0, 0)

    # What is asked for in Finnish comes in it, whole, wherever it is translated.
    piece = await read(PIECE, "fi-FI, sv;q=0.5")
    assert (piece["language"], piece["languages"]) == ("fi", ["sv", "en", "fi"])
    for name in ("title", "summary", "body", "source"):
        assert piece[name] == f"suomeksi: {before[PIECE][name]}"
    guide = await read(GUIDE, "fi")
    assert guide["language"] == "fi"
    levels = before[GUIDE]["phases"][0]["selfRating"]["levels"]
    assert guide["phases"][0]["selfRating"]["levels"] == [f"suomeksi: {each}" for each in levels]
    # What is not, says in which language it comes instead; nothing is mixed.
    assert await read(OTHER, "fi, en;q=0.5") == await read(OTHER, "en")
    assert (await read(OTHER, "fi"))["language"] == "sv"
    for asked, of_piece, of_others in (("fi", "fi", "sv"), ("fi, en;q=0.9", "fi", "en"), ("sv, fi;q=0.5", "sv", "sv")):
        page = (
            await reader.request("GET", "/inspiration-items?limit=100", headers={"Accept-Language": asked}, expect=200)
        ).json()
        spoken = {item["key"]: item["language"] for item in page["items"]}
        assert spoken.pop("fem-ideer") == of_piece, asked
        assert set(spoken.values()) == {of_others}, asked
    found = await reader.get("/inspiration-items?q=suomeksi")
    assert [item["key"] for item in found["items"]] == ["fem-ideer"]
    finnish_first = {"Accept-Language": "fi"}
    guides = (await reader.request("GET", "/process-guides", headers=finnish_first, expect=200)).json()["items"]
    assert {each["key"]: each["language"] for each in guides} == {"omstart": "fi", "forsta-aret": "sv"}

    # Nothing that was published has changed, nor its hash; and the method texts are those of before.
    for path, said in before.items():
        now = await read(path, "sv")
        assert {**now, "languages": None} == {**said, "languages": None}
    assert (piece["contentHash"], guide["contentHash"]) == (before[PIECE]["contentHash"], before[GUIDE]["contentHash"])
    assert await reader.get("/method-texts") == method


async def test_a_translation_is_whole_and_never_changes(app: FastAPI, world: World, tmp_path: Path) -> None:
    async def refused(directory: Path) -> list[str]:
        with pytest.raises(PackRefused) as error:
            await loaded(app, directory)
        return error.value.lines

    name = "translations/fi/inspiration/fem-ideer.json"
    part = {"/title": "x" * 201, "/summary": "**lihava**", "/body": "Kyllä.", "/nowhere": "Ei."}
    assert await refused(finnish(tmp_path / "a", texts=part)) == [
        f"{name}: /texts/source: is not translated; a piece or a guide is translated whole or not at all",
        f"{name}: /texts/nowhere: there is no such text in what is translated",
        f'{name}: /texts/summary: holds other marks than "## " before a heading and "- " before what is listed',
        f"{name}: /texts/title: is longer than 200 characters",
    ]
    assert await refused(finnish(tmp_path / "b", version="7.0.0")) == [
        f"{name}: /version: inspiration/fem-ideer 7.0.0 is not published here"
    ]
    assert await refused(finnish(tmp_path / "c", language="en")) == [
        f"{name}: /language: Swedish and English stand in the piece itself."
    ]
    assert await refused(finnish(tmp_path / "d", language="se")) == [
        f"{name}: /language, /of and /key are not the name of the file"
    ]
    # Nothing of any of them is there.
    answer = await world.employee.client.request("GET", GUIDE, headers={"Accept-Language": "fi"}, expect=200)
    assert answer.json()["languages"] == ["sv", "en"]

    await loaded(app, finnish(tmp_path / "e"))
    better = {pointer: text.upper() for pointer, text in _texts(tmp_path / "e" / name).items()}
    (line,) = await refused(finnish(tmp_path / "f", "1.1.0", texts=better))
    assert line.endswith("is published with other content; give the changed translation a new version")
    await loaded(app, finnish(tmp_path / "g", "1.1.0", texts=better, translationVersion="1.1.0"))
    answer = await world.employee.client.request("GET", PIECE, headers={"Accept-Language": "fi"}, expect=200)
    assert answer.json()["title"] == better["/title"]


def _texts(file: Path) -> dict[str, str]:
    said: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["texts"]
    return said
