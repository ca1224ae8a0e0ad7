"""Files of tables: what is written is read again, no text is a formula, the same tables give the same bytes."""

import csv
import io
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.services import table_writing
from app.services.errors import Code, Refusal
from app.services.spelling import begins_formula
from app.services.table_writing import Cell, Sheet, as_csv, as_xlsx, no_formula

FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example";"Se här")'),
    *("\t=1+1", "\r=1+1", "\n=1+1", "\tord", "\rord", "\nord"),
    *("  =1+1", "\u00a0=1+1", "\u3000+1", " \t @a", "\u2007-1"),
    *("＝1+1", "＋1", "－1", "＠a", "﹢1", "﹣1", "﹦1", "﹫a", "⁺1", "₌1", "−1"),
    *("\u200b=1+1", "\ufeff=1+1", "\u00ad-1", "\u200d@a", " \u200b =1", "\u200b \u200b=1"),
    *("'=1+1", "''=1+1", "' =1"),
)
HARMLESS = ("", "ord", "Å+Ä", "3-4 kollegor", "a=b", "'ord'", "\u2013 punkt", "(-1)", "1", "e@example.se", " ", "…")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert no_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert no_formula(text) == text


def _cells_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def _as_it_was(cell: str) -> str:
    """As the guide tells integrators to: one apostrophe is taken from in front of what would be a formula."""
    return cell[1:] if cell.startswith("'") and begins_formula(cell) else cell


def _spelled_in(cell: str) -> str:
    """What a spreadsheet makes of `_xHHHH_`, which the library that reads here leaves as it is."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

# All that a database can hold, and mostly what a spreadsheet might fall for.
NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@'\"\t\r\n;, \u00a0\u200b\ufeff＝＋－＠_x000D<>&\x00\x07\x1f\x7f\x85"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_from_csv_and_none_begins_like_a_formula(rows: list[list[str]]) -> None:
    header, *read = _cells_of(as_csv(Sheet("t", ("a", "b"), rows)))
    assert header == ["a", "b"]
    assert [[_as_it_was(cell) for cell in row] for row in read] == rows
    for row in read:
        for cell in row:
            assert not re.match(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]", cell)


@given(st.lists(st.lists(NASTY, min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_from_a_workbook_as_a_text(rows: list[list[str]]) -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx([Sheet("t", ("a", "b"), rows)]))).worksheets[0]
    for written, read in zip(rows, sheet.iter_rows(min_row=2), strict=True):
        for text, cell in zip(written, read, strict=True):
            assert cell.data_type == "s"
            held = re.sub("[\ufffe\uffff]", "\ufffd", text)
            assert _spelled_in(cell.value or "") == held
            assert cell.quotePrefix == begins_formula(text)


def test_there_is_no_formula_in_the_workbooks_xml() -> None:
    content = as_xlsx([Sheet("t", ("a",), [(text,) for text in (*FORMULAS, *HARMLESS, *MARKUP, *ADDRESSES, "12")])])
    parts = _parts(content)
    sheet = parts["xl/worksheets/sheet1.xml"]
    kinds = {element.tag.rpartition("}")[2] for element in sheet.iter()}
    around = {"worksheet", "dimension", "sheetViews", "sheetView", "pane", "selection", "sheetFormatPr", "pageMargins"}
    assert kinds == around | {"sheetData", "row", "c", "v"}
    assert {cell.get("t") for cell in sheet.iter(f"{MAIN}c")} == {"s"}
    # No links, macros or other programs either.
    assert set(parts) == {
        *("[Content_Types].xml", "_rels/.rels", "docProps/core.xml", "docProps/app.xml", "xl/workbook.xml"),
        *("xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/theme/theme1.xml", "xl/sharedStrings.xml"),
        "xl/worksheets/sheet1.xml",
    }


MARKUP = (
    *("<r></r>", "<r></b></r>", "<r><t>=1+1</t></r>", "<r>&x;</r>", "<r>_x0041_ och _x0042_x0043_</r>", "<r> </r>"),
    *("</si>", "<![CDATA[", "&amp;", "<!DOCTYPE a>", "]]>", "<r>", "</r>", "<R></R>", " <r></r>"),
)
SPELLINGS = (
    *("_x0041_", "_x0041", "_x0041_x0042_", "_x0041_x0042_x0043_", "a_x005F_x0041_", "_x005f_", "__x0041__x0042__"),
    *("=_x0041_x0042_", "x_x0041_x0042_", "_x0041_ _x0042_ ", " _x0041_x0042_", "_xx0041_", "_x00e5_x00E4_\n"),
)
ADDRESSES = ("https://x.example", "mailto:e@x.example", "internal:Sheet1!A1", "external:c:\\a.xlsx", r"file:\\x\y")


def _parts(content: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 - ours


def _texts_as_excel_reads_them(content: bytes) -> list[str]:
    """The first sheet's, cell by cell: spellings are read in each piece of a text by itself."""
    parts = _parts(content)
    texts = [
        "".join(_spelled_in(piece.text or "") for piece in item.iter(f"{MAIN}t"))
        for item in parts["xl/sharedStrings.xml"].iter(f"{MAIN}si")
    ]
    return [texts[int(value.text or "")] for value in parts["xl/worksheets/sheet1.xml"].iter(f"{MAIN}v")]


@pytest.mark.parametrize("text", [*MARKUP, *SPELLINGS, *ADDRESSES])
def test_neither_markup_nor_a_spelling_is_anything_but_text(text: str) -> None:
    content = as_xlsx([Sheet("t", ("a",), [(text,)])])
    assert _texts_as_excel_reads_them(content) == ["a", text]
    cell = load_workbook(io.BytesIO(content)).worksheets[0]["A2"]
    assert (cell.data_type, cell.hyperlink, cell.quotePrefix) == ("s", None, begins_formula(text))
    if text not in SPELLINGS and "_x" not in text:
        assert cell.value == text


def test_what_no_file_can_hold_is_a_sign_that_something_was_there() -> None:
    texts = ["a\ufffe", "\uffff", "\ud83dord", "<r>\udfff</r>"]
    content = as_xlsx([Sheet("t", ("a",), [(text,) for text in texts])])
    assert _texts_as_excel_reads_them(content) == ["a", "a\ufffd", "\ufffd", "\ufffdord", "<r>\ufffd</r>"]


ODD = st.lists(
    st.sampled_from(
        ("<r>", "</r>", "_x", "_", "x", "0041", "005F", "005f", "&lt;", "<t>", "</t>", " ", "\n", "=", "å", "😀")
    ),
    max_size=12,
).map("".join)


@given(st.lists(ODD, min_size=1, max_size=5))
def test_any_mixture_of_markup_and_spellings_stays_the_text_it_is(texts: list[str]) -> None:
    content = as_xlsx([Sheet("t", ("a",), [(text,) for text in texts])])
    assert _texts_as_excel_reads_them(content) == ["a", *texts]


VALUES: tuple[Cell, ...] = (1, -5, 0, 0.82, True, False, None, "1", "-5", "true")


def test_numbers_stay_numbers() -> None:
    columns = tuple(f"c{place}" for place in range(len(VALUES)))
    written = as_csv(Sheet("t", columns, [VALUES])).decode("utf-8-sig")
    assert written.split("\r\n")[1] == '1;-5;0;0.82;"true";"false";"";"1";"\'-5";"true"'
    (_, row) = load_workbook(io.BytesIO(as_xlsx([Sheet("t", columns, [VALUES])]))).worksheets[0].iter_rows()
    assert [cell.value for cell in row] == list(VALUES)
    assert [type(cell.value) for cell in row] == [type(value) for value in VALUES]


def test_the_same_tables_give_the_same_bytes_at_any_time_and_place() -> None:
    sheets = [Sheet("ett", ("a",), [("å",), ("=1",)]), Sheet("två", ("b",), [(1,), ("<r></r>",)])]
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=ZoneInfo("Europe/Stockholm"))):
        first = as_xlsx(sheets)
        assert as_xlsx(sheets) == first
    with time_machine.travel(datetime(2031, 1, 2, 3, 4, 5, tzinfo=ZoneInfo("Pacific/Auckland"))):
        assert as_xlsx(sheets) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    said = {element.tag.rpartition("}")[2]: element.text for element in _parts(first)["docProps/core.xml"]}
    began = "1980-01-01T00:00:00Z"
    assert said == {"creator": None, "lastModifiedBy": None, "created": began, "modified": began}


ON_THE_DISK = (
    *("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.remove", "tempfile.mkstemp"),
    *("tempfile.mkdtemp", "subprocess.Popen", "os.posix_spawn"),
)
_changes: list[str] | None = None


def _notice(event: str, arguments: tuple[object, ...]) -> None:
    if _changes is None or threading.current_thread() is not threading.main_thread():
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _changes.append(f"open {path!r}")
    elif event in ON_THE_DISK:
        _changes.append(event)


@pytest.fixture
def changes_on_the_disk() -> Iterator[list[str]]:
    """What is opened to be written, or made, in any way that Python has."""
    global _changes
    sys.addaudithook(_notice)  # which cannot be taken away again
    seen: list[str] = []
    _changes = seen
    yield seen
    _changes = None


def test_nothing_is_put_on_the_disk(tmp_path: Path, changes_on_the_disk: list[str]) -> None:
    rows = [(f"ord {number}", number, "=1", "<r></r>") for number in range(3_000)]
    content = as_xlsx([Sheet("ett", tuple("abcd"), rows), Sheet("två", tuple("abcd"), rows)])
    assert changes_on_the_disk == []
    (tmp_path / "it notices").write_bytes(content[:10])
    with tempfile.TemporaryFile():
        assert len(changes_on_the_disk) >= 2


def test_the_header_stays_in_sight() -> None:
    for sheet in load_workbook(
        io.BytesIO(as_xlsx([Sheet("ett", ("a",), []), Sheet("två", ("b",), [(1,)])]))
    ).worksheets:
        assert sheet.freeze_panes == "A2"


def test_what_no_sheet_can_hold_is_a_fault_and_not_left_out() -> None:
    wide = tuple(range(16_385))
    as_xlsx([Sheet("t", ("a",), [wide[:-1]])])
    with pytest.raises(ValueError, match="no such cell"):
        as_xlsx([Sheet("t", ("a",), [wide])])
    for text in ("a", "<r></r>"):
        with pytest.raises(ValueError, match="no such cell"):
            as_xlsx([Sheet("t", ("a",), [(*wide[:-1], text)])])
    for number in (float("nan"), float("inf")):
        with pytest.raises(TypeError):
            as_xlsx([Sheet("t", ("a",), [(number,)])])


def test_many_columns_are_where_they_should_be() -> None:
    row = tuple(range(800))
    content = as_xlsx([Sheet("t", tuple(f"c{each}" for each in row), [row])])
    (_, read) = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    assert read == row


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_writing, "MOST_ROWS", 3)
    as_xlsx([Sheet("t", ("a",), [(1,), (2,)])])
    with pytest.raises(Refusal) as refused:
        as_xlsx([Sheet("t", ("a",), [(1,), (2,), (3,)])])
    assert refused.value.code is Code.SELECTION_TOO_LARGE


def test_a_text_longer_than_a_cell_is_a_fault_and_not_cut() -> None:
    longest = "å" * table_writing.LONGEST_CELL
    assert load_workbook(io.BytesIO(as_xlsx([Sheet("t", (longest,), [])]))).worksheets[0]["A1"].value == longest
    with pytest.raises(ValueError, match="length"):
        as_xlsx([Sheet("t", (longest + "å",), [])])
    with pytest.raises(ValueError, match="length"):
        as_xlsx([Sheet("t", ("a",), [("<r>" + longest[:-6] + "</r>",)])])
    with pytest.raises(ValueError, match="length"):
        as_xlsx([Sheet("t", ("😀" * (table_writing.LONGEST_CELL // 2 + 1),), [])])
