"""Files of tables: what is written is read again, no text is a formula, the same tables give the same bytes."""

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.services import table_writing
from app.services.errors import Code, Refusal
from app.services.table_writing import Cell, Sheet, as_csv, as_xlsx, looks_like_formula, no_formula

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
    return cell[1:] if cell.startswith("'") and looks_like_formula(cell) else cell


def _spelled_in(cell: str) -> str:
    """What a spreadsheet makes of `_xHHHH_`, which the library that reads here leaves as it is."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell)


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
            assert cell.quotePrefix == looks_like_formula(text)


def test_there_is_no_formula_in_the_workbooks_xml() -> None:
    content = as_xlsx([Sheet("t", ("a",), [(text,) for text in (*FORMULAS, *HARMLESS)])])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    kinds = {element.tag.rpartition("}")[2] for element in sheet.iter()}
    assert "f" not in kinds
    assert kinds == {"worksheet", "sheetViews", "sheetView", "pane", "sheetData", "row", "c", "is", "t"}


VALUES: tuple[Cell, ...] = (1, -5, 0, 0.82, True, False, None, "1", "-5", "true")


def test_numbers_stay_numbers() -> None:
    columns = tuple(f"c{place}" for place in range(len(VALUES)))
    written = as_csv(Sheet("t", columns, [VALUES])).decode("utf-8-sig")
    assert written.split("\r\n")[1] == '1;-5;0;0.82;"true";"false";"";"1";"\'-5";"true"'
    (_, row) = load_workbook(io.BytesIO(as_xlsx([Sheet("t", columns, [VALUES])]))).worksheets[0].iter_rows()
    assert [cell.value for cell in row] == list(VALUES)
    assert [type(cell.value) for cell in row] == [type(value) for value in VALUES]


def test_the_same_tables_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = [Sheet("ett", ("a",), [("å",)]), Sheet("två", ("b",), [(1,)])]
    first = as_xlsx(sheets)
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 1, 2, 3, 4, 5, 0, 1, 0))
    assert as_xlsx(sheets) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any(b"T" in archive.read(name) and b"creator" in archive.read(name) for name in archive.namelist())


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
        as_xlsx([Sheet("t", ("😀" * (table_writing.LONGEST_CELL // 2 + 1),), [])])
