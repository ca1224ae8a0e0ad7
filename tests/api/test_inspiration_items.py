"""Pieces of inspiration and process guides: found, read, in the language asked for, and never changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from app.services.content_hash import content_hash
from app.services.content_packs import central_guide_id, central_inspiration_id, load
from app.services.pack_reading import read_pack
from tests.client import Client
from tests.content import shipped_pack
from tests.pieces import a_piece, pack_of, texts_of
from tests.templates import app_with_content
from tests.world import World

LIST = "/inspiration-items"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


async def keys(client: Client, **asked: Any) -> list[str]:
    page = await client.get(LIST, params={"limit": 100, **asked})
    assert page["_meta"]["totalRecords"] == len(page["items"])
    return [item["key"] for item in page["items"]]


async def test_pieces_are_found_by_what_they_go_with_and_by_words(world: World) -> None:
    pieces, reader = shipped_pack().inspiration, world.employee.client
    assert len(pieces) >= 12
    for someone in world.people.values():
        assert set(await keys(someone.client)) == {each.key for each in pieces}
    await world.nobody.refused("GET", LIST, 401, "notSignedIn")
    for name, value, fits in (
        ("kind", "exercise", lambda piece: piece.kind == "exercise"),
        ("kind", ["case", "exercise"], lambda piece: piece.kind in {"case", "exercise"}),
        ("dimension", "C", lambda piece: "C" in piece.dimensions),
        ("phase", ["try", "followUp"], lambda piece: {"try", "followUp"} & set(piece.phases)),
        ("template", "misstag-som-lartillfallen", lambda piece: "misstag-som-lartillfallen" in piece.templates),
        ("template", "finns-inte", lambda _piece: False),
    ):
        assert set(await keys(reader, **{name: value})) == {each.key for each in pieces if fits(each)}, (name, value)
    # Word forms of both languages, also deep in the body.
    for words in ("visionen", "visions", "VISION"):
        assert "borja-inte-med-visionen" in await keys(reader, q=words), words
    assert "fragor-som-oppnar" in await keys(reader, q="öppna frågor")
    assert await keys(reader, q="månraket") == []
    await reader.refused("GET", f"{LIST}?phase=vila", 422, "validationFailed")


async def test_a_list_goes_on_where_the_page_before_ended(world: World) -> None:
    seen: list[str] = []
    page = await world.employee.client.get(LIST, params={"limit": 6})
    while True:
        seen += [item["title"] for item in page["items"]]
        if page["_links"]["next"] is None:
            break
        page = await world.employee.client.get(page["_links"]["next"]["href"].split("/larande/v1")[1])
    assert sorted(seen) == sorted(str(each.title["sv"]) for each in shipped_pack().inspiration)
    turned = await world.employee.client.get(LIST, params={"sort": "-title", "limit": 100})
    assert [item["title"] for item in turned["items"]] == seen[::-1]


async def test_a_piece_is_read_in_the_language_asked_for(world: World) -> None:
    piece = next(each for each in shipped_pack().inspiration if each.key == "fem-ideer")
    path = f"{LIST}/{central_inspiration_id('fem-ideer', '1.0.0')}"
    for header, language in (
        ("sv", "sv"),
        ("en-GB, sv;q=0.5", "en"),
        ("fi", "sv"),
        ("fi, en;q=0.5, sv;q=0.1", "en"),
        ("sv;q=0, fi", "en"),
    ):
        answer = await world.employee.client.request("GET", path, headers={"Accept-Language": header})
        said = answer.json()
        assert (said["language"], answer.headers["Content-Language"]) == (language, language), header
        assert "Accept-Language" in answer.headers["Vary"]
        assert (said["title"], said["body"]) == (piece.title[language], piece.body[language])  # type: ignore[literal-required]
        assert said["languages"] == ["sv", "en"]
    swedish = await world.employee.client.request("GET", path, headers={"Accept-Language": "sv"})
    assert swedish.headers["Cache-Control"] == "public, max-age=300"
    for header, status in (("sv", 304), ("en", 200)):
        sent = {"Accept-Language": header, "If-None-Match": swedish.headers["ETag"]}
        assert (await world.employee.client.request("GET", path, headers=sent)).status_code == status
    # The same for everybody, byte for byte.
    for someone in world.people.values():
        answer = await someone.client.request("GET", path, headers={"Accept-Language": "sv"})
        assert answer.content == swedish.content
    assert swedish.json()["contentHash"] == content_hash(
        piece.model_dump(mode="json", by_alias=True, exclude_unset=True)
    )
    await world.employee.client.refused("GET", f"{LIST}/{uuid4()}", 404, "notFound")
    listed = await world.employee.client.request("GET", LIST, params={"limit": 100}, headers=ENGLISH)
    one = next(each for each in listed.json()["items"] if each["key"] == "fem-ideer")
    assert (one["language"], one["title"], one["summary"]) == ("en", piece.title["en"], piece.summary["en"])


async def test_a_guide_is_read_whole(world: World) -> None:
    page = await world.employee.client.request("GET", "/process-guides", headers=ENGLISH)
    guides = {each.key: each for each in shipped_pack().guides}
    assert {(each["key"], each["language"]) for each in page.json()["items"]} == {(key, "en") for key in guides}
    for key, guide in guides.items():
        path = f"/process-guides/{central_guide_id(key, guide.guide_version)}"
        answer = await world.employee.client.request("GET", path, headers=ENGLISH)
        said = answer.json()
        assert (said["language"], answer.headers["Content-Language"], said["months"]) == ("en", "en", guide.months)
        for shown, phase in zip(said["phases"], guide.phases, strict=True):
            assert (shown["key"], shown["title"], shown["weeks"]) == (phase.key, phase.title["en"], phase.weeks)
            assert [(step["title"], step["minutes"]) for step in shown["steps"]] == [
                (step.title["en"], step.minutes) for step in phase.steps
            ]
            assert shown["leadershipSupport"]["avoids"] == [each["en"] for each in phase.leadership_support.must_not]
            assert shown["selfRating"]["levels"] == [each["en"] for each in phase.self_rating.levels]
            assert (shown["templates"], shown["inspirationItems"]) == (phase.templates, phase.inspiration)
    await world.nobody.refused("GET", "/process-guides", 401, "notSignedIn")
    await world.employee.client.refused("GET", f"/process-guides/{uuid4()}", 404, "notFound")


@pytest.fixture
async def with_content(anyio_backend: str) -> AsyncIterator[World]:  # noqa: ARG001
    """Of its own: the other tests expect what is shipped and nothing else."""
    async with asynccontextmanager(app_with_content)() as app, World(app) as world:
        yield world


async def test_a_new_version_stands_beside_the_old_which_never_changes(with_content: World, tmp_path: Path) -> None:
    world, database = with_content, with_content.database

    async def loaded(version: str, **piece: Any) -> None:
        directory = pack_of(tmp_path / version, version=version, inspiration=[a_piece(**piece)])
        async with database.write() as session:
            await load(session, read_pack(directory), datetime.now(UTC))

    await loaded("9.0.0", itemVersion="1.9.0")
    old = f"{LIST}/{central_inspiration_id('lyssna-forst', '1.9.0')}"
    before = await world.employee.client.get(old)
    await loaded("9.1.0", itemVersion="1.10.0", title=texts_of("Lyssna först och länge", "Listen first, and long"))
    page = await world.employee.client.get(LIST, params={"q": "lyssna", "template": "val-utfort-arbete", "limit": 100})
    found = [each for each in page["items"] if each["key"] == "lyssna-forst"]
    assert [(each["itemVersion"], each["title"]) for each in found] == [("1.10.0", "Lyssna först och länge")]
    assert await world.employee.client.get(old) == before
    for statement in (
        "UPDATE inspiration_item SET key = 'x'",
        "DELETE FROM process_guide",
        "TRUNCATE inspiration_item",
    ):
        with pytest.raises(sa.exc.IntegrityError, match="is final"):
            async with database.migrate() as connection:
                await connection.execute(sa.text(statement))
