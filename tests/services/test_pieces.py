"""Pieces of inspiration and process guides as files: what is shipped is whole, and what is wrong is named precisely."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.services import guide_content, inspiration_content
from app.services.pack_reading import PackRefused, read_pack, shipped
from app.services.template_content import texts
from tests.pieces import a_guide, a_phase, a_piece, pack_of, texts_of

# The same in both languages, and rightly so.
ALIKE: set[str] = set()


def refused(directory: Path, **parts: Any) -> list[str]:
    with pytest.raises(PackRefused) as error:
        read_pack(pack_of(directory, **parts))
    return error.value.lines


def test_all_that_is_shipped_is_listed_and_written_in_both_languages() -> None:
    pack = read_pack(shipped())
    for folder, listed in (("inspiration", pack.manifest.inspiration), ("guides", pack.manifest.guides)):
        there = {file.name for file in (shipped() / folder).iterdir()} if (shipped() / folder).is_dir() else set()
        assert there == {f"{key}.json" for key in listed}
    said = [inspiration_content.written(each) for each in pack.inspiration]
    said += [guide_content.written(each) for each in pack.guides]
    alike = [
        f"{each['key']}: {pointer}"
        for each in said
        for pointer, text in texts(each)
        if not text["sv"] or not text["en"] or (text["sv"] == text["en"] and text["sv"] not in ALIKE)
    ]
    assert alike == []


def test_a_piece_and_a_guide_are_read_as_they_are_written(tmp_path: Path) -> None:
    piece = a_piece(
        kind="film",
        mediaUrl="https://media.example/film",
        transcript=texts_of("Vi hör: hej.", "We hear: hello."),
        pictureUrl="https://media.example/bild.png",
        textAlternative=texts_of("Två kollegor vid en ritning.", "Two colleagues at a drawing."),
    )
    pack = read_pack(pack_of(tmp_path, inspiration=[a_piece(), piece | {"key": "film"}], guides=[a_guide()]))
    assert [inspiration_content.written(each) for each in pack.inspiration] == [a_piece(), piece | {"key": "film"}]
    assert [guide_content.written(each) for each in pack.guides] == [a_guide()]
    # What is left out is not said, and does not change the hash.
    assert (pack.inspiration[0].item_version, pack.guides[0].guide_version) == ("1.0.0", "1.0.0")


@pytest.mark.parametrize("said", ["# Begin", "<b>Läs</b>", "**nu**", "[här](https://x.example)", "* ett", "[h]: x:y"])
def test_what_some_program_takes_for_markup_is_refused(said: str) -> None:
    assert list(inspiration_content.markup("/body/sv", f"Före.\n{said}"))


def test_faults_of_a_piece_are_named_by_file_pointer_and_reason(tmp_path: Path) -> None:
    piece = a_piece(
        kind="podcast",
        body=texts_of("Se [här](https://x.example) **nu**", "See [here]\n\n[here]: javascript:x"),
        # Of a tag left open the page that it is put into has the end; an address may stand apart from its link.
        summary=texts_of("<img src=x onerror=y ", "5 < 6, and - a dash - is fine"),
        textAlternative=texts_of("En bild.", "A picture."),
        templates=["finns-inte"],
    )
    name = "inspiration/lyssna-forst.json"
    other = 'holds other marks than "## " before a heading and "- " before what is listed'
    assert refused(tmp_path / "a", inspiration=[piece]) == [
        f"{name}: /templates/0: the pack has no such template",
        f"{name}: /summary/sv: {other}",
        f"{name}: /body/sv: {other}",
        f"{name}: /body/en: {other}",
        f"{name}: /mediaUrl: a podcast needs the address where it is",
        f"{name}: /transcript: a podcast needs what is said in it as a text, for those who cannot hear or see it",
        f"{name}: /pictureUrl: there is a text alternative, and no picture",
    ]
    piece = a_piece(
        pictureUrl="javascript:alert(1)",
        phases=["anchor", "anchor"],
        dimensions=["G"],
        mediaUrl=None,
        licence="all mine",
        extra=1,
    )
    assert [line.split(": ")[:2] for line in refused(tmp_path / "b", inspiration=[piece])] == [
        [name, f"/{pointer}"] for pointer in ("licence", "dimensions/0", "phases", "mediaUrl", "pictureUrl", "extra")
    ]


def test_faults_of_a_guide_are_named_by_file_pointer_and_reason(tmp_path: Path) -> None:
    guide = a_guide(phases=[a_phase("try"), a_phase("try", inspiration=["borta"]), a_phase("anchor")])
    guide["phases"][2]["selfRating"]["levels"][3]["en"] = None
    name = "guides/kort-vag.json"
    assert refused(tmp_path / "a", inspiration=[a_piece()], guides=[guide]) == [
        f"{name}: /phases/2/selfRating/levels/3/en: the text is not written in this language",
        f"{name}: /phases/1/inspiration/0: the pack has no such piece of inspiration",
        f"{name}: /phases/1/key: another phase of the guide has the same key",
    ]
    guide = a_guide()
    del guide["phases"][0]["leadershipSupport"]["mustNot"]
    guide["phases"][1]["selfRating"]["levels"].pop()
    assert [line.split(": ")[:2] for line in refused(tmp_path / "b", inspiration=[a_piece()], guides=[guide])] == [
        [name, "/phases/0/leadershipSupport/mustNot"],
        [name, "/phases/1/selfRating/levels"],
    ]


@pytest.mark.parametrize(
    ("file", "made"),
    [
        ("inspiration-item.schema.json", inspiration_content.piece_schema),
        ("process-guide.schema.json", guide_content.guide_schema),
    ],
)
def test_the_committed_schemas_are_those_of_the_program(file: str, made: Any) -> None:
    assert json.loads(Path("openapi", file).read_text(encoding="utf-8")) == made()


def test_what_a_pack_lists_twice_or_not_at_all_is_named(tmp_path: Path) -> None:
    directory = pack_of(tmp_path, inspiration=[a_piece(), a_piece()])
    with pytest.raises(PackRefused) as error:
        read_pack(directory)
    assert error.value.lines == ["pack.json: /inspiration: the same twice"]
    nothing: dict[str, list[str]] = {"templates": [], "instruments": [], "inspiration": [], "guides": []}
    manifest = json.loads((directory / "pack.json").read_text(encoding="utf-8")) | nothing
    (directory / "pack.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(PackRefused) as error:
        read_pack(directory)
    assert error.value.lines == ["pack.json: there is nothing in the pack"]
