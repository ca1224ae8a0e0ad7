"""Tables as people and programs take them away: CSV as a Swedish Excel opens it, or a workbook. Knows no database.

From the same tables come the same bytes. No cell is ever a formula, whatever its text begins with. Nothing is put on
the disk meanwhile.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.services.errors import Code, Refusal
from app.services.spelling import begins_formula

Cell = str | int | float | bool | None

MOST_ROWS = 1_048_576
"""Of a sheet, with its header: more, no spreadsheet opens."""
LONGEST_CELL = 32_767
"""Characters, as a spreadsheet counts them: UTF-16 code units."""


@dataclass(frozen=True)
class Sheet:
    """A table: its name, what its columns are called, and rows as long as that."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]


# --- Text that is no formula ----------------------------------------------------------------------------------


def no_formula(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it; without that it is the text again."""
    return f"'{text}" if begins_formula(text) else text


# --- CSV ------------------------------------------------------------------------------------------------------


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a byte-order mark, semicolons, CRLF, and quotes round everything that is no number (RFC 4180)."""
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding="utf-8-sig", newline="", write_through=False) as text:
        rows = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
        rows.writerow(sheet.columns)
        for row in sheet.rows:
            rows.writerow([_csv_cell(cell) for cell in row])
        text.flush()
        return written.getvalue()


def _csv_cell(cell: Cell) -> str | int | float:
    if isinstance(cell, str):
        return no_formula(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell


# --- XLSX -----------------------------------------------------------------------------------------------------

# Otherwise the library puts every part into a file on the disk, and guesses what a text is meant to be.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
_CREATED = datetime(1980, 1, 1, tzinfo=UTC)
"""The only time in the file, and the earliest that a ZIP archive can hold."""
_HELD_BY_NOTHING = re.compile("[\ud800-\udfff\ufffe\uffff]")
# What a spreadsheet takes for a character that XML cannot hold (ECMA-376, ST_Xstring), seen from behind its first sign.
_IN_A_SPELLING = re.compile("(?<=_)(?=x[0-9A-Fa-f]{4}_)")
_SPELLINGS_OVERLAP = re.compile("_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook. `selectionTooLarge` where a sheet would get more rows than spreadsheets have."""
    written = io.BytesIO()
    book = Workbook(written, dict(_OPTIONS))
    book.set_properties({"created": _CREATED})
    # What looks like a formula stays a text also when somebody edits the cell.
    as_it_is = book.add_format({"quote_prefix": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        _write_row(page, 0, sheet.columns, as_it_is)
        for number, row in enumerate(sheet.rows, 1):
            if number >= MOST_ROWS:
                raise Refusal(Code.SELECTION_TOO_LARGE)
            _write_row(page, number, row, as_it_is)
    book.close()
    return written.getvalue()


def _write_row(page: Worksheet, number: int, row: Sequence[Cell], as_it_is: Format) -> None:
    """Numbers, truth values and texts, each said to be that. There is no way to write a formula."""
    for place, cell in enumerate(row):
        if cell is None:
            continue
        if isinstance(cell, bool):
            fault = page.write_boolean(number, place, cell)
        elif isinstance(cell, int | float):
            fault = page.write_number(number, place, cell)
        else:
            fault = _write_text(page, number, place, cell, as_it_is)
        if fault:
            raise ValueError("a sheet has no such cell")


def _write_text(page: Worksheet, number: int, place: int, text: str, as_it_is: Format) -> object:
    """Gives what the library does: something other than 0 if there is no such cell."""
    if len(text) > LONGEST_CELL // 2 and len(text.encode("utf-16-le", "replace")) > 2 * LONGEST_CELL:
        raise ValueError("a cell of a spreadsheet cannot hold a text of this length")
    if not text.isprintable():
        text = _HELD_BY_NOTHING.sub("\ufffd", text)
    style = [as_it_is] if begins_formula(text) else []
    if (text.startswith("<r>") and text.endswith("</r>")) or ("_x" in text and _SPELLINGS_OVERLAP.search(text)):
        # Of the first the library would make XML of the file, of the second another text; not when it comes in pieces.
        return page.write_rich_string(number, place, text[:1], text[1:2], *_IN_A_SPELLING.split(text[2:]), *style)
    return page.write_string(number, place, text, *style)
