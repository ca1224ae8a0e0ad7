"""Tables as people and programs take them away: CSV as a Swedish Excel opens it, or a workbook. Knows no database.

From the same tables come the same bytes. No cell is ever a formula, whatever its text begins with.

The workbook is written here and not by the library that reads them: that one takes four times as long, keeps what it
writes in files on the disk meanwhile, and makes a formula of every text that begins with `=`.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from app.services.errors import Code, Refusal

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

# Read over at the beginning of a cell: apostrophes that stand there already, and what is written without being seen.
_READ_OVER = "'\u00ad\u200b\u200c\u200d\u2060\ufeff"
_MINUS = "\u2212"


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might run it: it begins with `=`, `+`, `-`, `@` in any of their widths, a tab or a line
    break, also behind spaces, what is invisible, or apostrophes."""
    if text[:1].isalnum():
        return False  # as nearly every text there is
    begin = text.lstrip(_READ_OVER)
    if begin[:1] in {"\t", "\r", "\n"}:
        return True
    while begin != (begin := begin.lstrip().lstrip(_READ_OVER)):
        pass
    # Full-width, small, raised and lowered forms are the plain ones to some programs.
    return unicodedata.normalize("NFKC", begin[:1])[:1] in {"=", "+", "-", "@", _MINUS} if begin else False


def no_formula(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it; without that it is the text again."""
    return f"'{text}" if looks_like_formula(text) else text


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

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BEGUN_FROM = (1980, 1, 1, 0, 0, 0)
"""The only time in the file, and the earliest that a ZIP archive can hold."""
_TEXT_AS_IT_IS = 1
"""The style of a text that looks like a formula: it stays a text also when somebody edits the cell."""
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_HEADER_STAYS = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews>'
)
# What XML cannot hold or would change, and what a spreadsheet would take for such a spelling of it.
_SPELLED_OUT = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_HELD_BY_NOTHING = re.compile("[\ud800-\udfff\ufffe\uffff]")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook. `selectionTooLarge` where a sheet would get more rows than spreadsheets have."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in _around(sheets):
            _put(archive, name, [(_HEAD + content).encode()])
        for number, sheet in enumerate(sheets, 1):
            _put(archive, f"xl/worksheets/sheet{number}.xml", _sheet(sheet))
    return written.getvalue()


def _put(archive: zipfile.ZipFile, name: str, parts: Iterable[bytes]) -> None:
    member = zipfile.ZipInfo(name, _BEGUN_FROM)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # the same on every system
    with archive.open(member, "w") as file:
        for part in parts:
            file.write(part)


def _around(sheets: Sequence[Sheet]) -> Iterator[tuple[str, str]]:
    """Every part but the sheets themselves."""
    numbers = range(1, len(sheets) + 1)
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("styles", "styles"),
            *((f"worksheets/sheet{number}", "worksheet") for number in numbers),
        )
    )
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    named = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in zip(numbers, sheets, strict=True)
    )
    yield "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{named}</sheets></workbook>'
    parts = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")])
    yield "xl/styles.xml", _STYLES


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _sheet(sheet: Sheet) -> Iterator[bytes]:
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}">{_HEADER_STAYS}<sheetData>'.encode()
    yield _row(1, sheet.columns)
    for number, row in enumerate(sheet.rows, 2):
        if number > MOST_ROWS:
            raise Refusal(Code.SELECTION_TOO_LARGE)
        yield _row(number, row)
    yield b"</sheetData></worksheet>"


def _row(number: int, cells: Sequence[Cell]) -> bytes:
    written = "".join(_cell(f"{_letters(place)}{number}", cell) for place, cell in enumerate(cells) if cell is not None)
    return f'<row r="{number}">{written}</row>'.encode()


def _cell(place: str, cell: str | int | float | bool) -> str:
    """A number, a truth value or a text. There is no way to write a formula."""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if len(cell) > LONGEST_CELL // 2 and len(cell.encode("utf-16-le", "replace")) > 2 * LONGEST_CELL:
        raise ValueError("a cell of a spreadsheet cannot hold a text of this length")
    style = f' s="{_TEXT_AS_IT_IS}"' if looks_like_formula(cell) else ""
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{_text(cell)}</t></is></c>'


def _text(text: str) -> str:
    """In XML, with what that cannot hold spelled as spreadsheets spell it (ECMA-376, ST_Xstring)."""
    if not text.isprintable() or "_x" in text:
        text = _HELD_BY_NOTHING.sub("\ufffd", text)
        text = _SPELLED_OUT.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return escape(text, quote=False)


@lru_cache(maxsize=256)
def _letters(place: int) -> str:
    """A, B, …, Z, AA: what a spreadsheet calls the column at this place, from 0."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)
