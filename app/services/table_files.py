"""Tables as HR systems send them: CSV, XLSX or JSON, read into rows of text. Knows no database and no clock.

Everything is bounded before it is read: a workbook of a kilobyte can unpack to gigabytes, or claim a million rows.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from lzma import LZMAError
from typing import Any

from openpyxl import load_workbook

from app.models.import_rows import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS
from app.services.spelling import read_json

MOST_BYTES = 16 * 1024 * 1024
MOST_UNPACKED_BYTES = 128 * 1024 * 1024
MOST_MEMBERS = 500
MOST_EMPTY_ROWS = 1_000
"""In a row, before a sheet counts as ended: spreadsheets keep formats of rows that hold nothing."""


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class FileFault(StrEnum):
    """Why a file cannot be read as a table."""

    ENCODING = "fileEncoding"
    FORM = "fileForm"
    TOO_LARGE = "fileTooLarge"
    NO_ROWS = "fileEmpty"
    COLUMN_TWICE = "columnTwice"
    UNNAMED_COLUMN = "columnUnnamed"


class FileRefused(Exception):
    """The file cannot be read at all; `row` is where, counted as a spreadsheet does, from 1."""

    def __init__(self, fault: FileFault, row: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.row = row


@dataclass(frozen=True)
class TableFile:
    """A header and rows as long as it. An empty cell is an empty text; `numbers` are the rows' places in the file."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: list[int]


def read_table(content: bytes, form: FileFormat) -> TableFile:
    """The table in a file; `FileRefused` when there is none, or more than is read."""
    if len(content) > MOST_BYTES:
        raise FileRefused(FileFault.TOO_LARGE)
    if form is FileFormat.JSON:
        return _of_objects(content)
    lines = _csv_lines(content) if form is FileFormat.CSV else _sheet_lines(content)
    return _with_header(lines)


# --- CSV ------------------------------------------------------------------------------------------------------

# What UTF-8 looks like when it has been read as Windows-1252, and å, ä, ö of DOS (code page 850) when read so.
_TWICE_ENCODED = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2013-\u203a\u20ac]"
)
_DOS_LETTERS = re.compile("[a-zA-Z][\u2020\u201e\u201d\u2122\u017d\u008f][a-zA-Z]|\ufffd")


def text_of(content: bytes) -> str:
    """UTF-8, or else Windows-1252. Anything else, and text that was spoilt on its way, is refused."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content:
        raise FileRefused(FileFault.ENCODING)
    for encoding in ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            break
    else:
        raise FileRefused(FileFault.ENCODING)
    spoilt = _TWICE_ENCODED.search(text) or _DOS_LETTERS.search(text)
    if spoilt:
        raise FileRefused(FileFault.ENCODING, text.count("\n", 0, spoilt.start()) + 1)
    return text


def _csv_lines(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = text_of(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        first_line = 1
        for cells in reader:
            if any(cells):
                yield first_line, cells
            first_line = reader.line_num + 1
    except csv.Error:
        # A quote that is never closed, or a cell without end.
        raise FileRefused(FileFault.FORM, reader.line_num) from None


def _delimiter(text: str) -> str:
    """Whichever of `;` and `,` the header has more of, outside quotes."""
    header = re.sub('"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return ";" if header.count(";") >= header.count(",") else ","


# --- XLSX -----------------------------------------------------------------------------------------------------


def _sheet_lines(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The first sheet of a workbook."""
    empty = 0
    for number, cells in enumerate(_rows_of_sheet(_unpacked_once(content)), 1):
        row = [_cell(cell) for cell in cells]
        if any(row):
            empty = 0
            yield number, row
        else:
            empty += 1
            if empty > MOST_EMPTY_ROWS:
                break


def _rows_of_sheet(content: io.BytesIO) -> Iterator[Sequence[Any]]:
    """What the library reads; what we make of it is outside, so that no fault of ours is taken for the file's."""
    try:
        workbook = load_workbook(content, read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        # What the sheet says of its own size is not believed.
        sheet.reset_dimensions()
        yield from sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
        workbook.close()
    except Exception:
        # The library raises whatever its parts do: KeyError, ValueError, ParseError, …
        raise FileRefused(FileFault.FORM) from None


def _unpacked_once(content: bytes) -> io.BytesIO:
    """The workbook's files packed anew without compression, once each has been unpacked within bounds.

    The archive's own word on how large they are is not enough; what is handed on has exactly what was counted.
    """
    left = MOST_UNPACKED_BYTES
    packed = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as again:
            members = archive.infolist()
            names = [each.filename for each in members]
            if len(names) > MOST_MEMBERS or sum(each.file_size for each in members) > left:
                raise FileRefused(FileFault.TOO_LARGE)
            if len(names) != len(set(names)):
                raise FileRefused(FileFault.FORM)
            for member in members:
                with archive.open(member) as source:
                    unpacked = source.read(left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise FileRefused(FileFault.TOO_LARGE)
                # Zeros left out: XML may be in UTF-16. All other encodings that the parser reads have ASCII in them.
                plain = unpacked.replace(b"\0", b"")
                if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                    raise FileRefused(FileFault.FORM)
                again.writestr(member.filename, unpacked)
    except (
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        OSError,
    ):
        raise FileRefused(FileFault.FORM) from None
    packed.seek(0)
    return packed


def _cell(value: Any) -> str:
    """As it would be written in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        # 4711 in a spreadsheet is a float; as an id it is 4711.
        return str(int(value))
    return str(value)


# --- JSON -----------------------------------------------------------------------------------------------------


def _of_objects(content: bytes) -> TableFile:
    """A list of flat objects; a name that some of them lack is empty there."""
    try:
        found = read_json(content)
    except ValueError:
        raise FileRefused(FileFault.FORM) from None
    if not isinstance(found, list):
        raise FileRefused(FileFault.FORM)
    columns: dict[str, None] = {}
    for number, item in enumerate(found, 1):
        if not isinstance(item, dict):
            raise FileRefused(FileFault.FORM, number)
        for name, value in item.items():
            if isinstance(value, dict | list):
                raise FileRefused(FileFault.FORM, number)
            columns[name] = None
        if len(columns) > MOST_COLUMNS:
            raise FileRefused(FileFault.TOO_LARGE, number)
    rows = ([_cell(item.get(name)) for name in columns] for item in found)
    return _with_header([(0, list(columns)), *enumerate(rows, 1)])


# --- All of them ----------------------------------------------------------------------------------------------


def _with_header(lines: Iterable[tuple[int, Sequence[str]]]) -> TableFile:
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    for number, cells in lines:
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise FileRefused(FileFault.TOO_LARGE, number)
        if not columns:
            columns = _header(cells)
            continue
        if any(cells[len(columns) :]):
            # One cell more than there are names: a delimiter inside a name that was not quoted.
            raise FileRefused(FileFault.UNNAMED_COLUMN, number)
        if len(rows) == MOST_ROWS:
            raise FileRefused(FileFault.TOO_LARGE, number)
        whole = (*cells[: len(columns)], *("",) * (len(columns) - len(cells)))
        rows.append(tuple(cell.strip() for cell in whole))
        numbers.append(number)
    if not columns:
        raise FileRefused(FileFault.NO_ROWS)
    return TableFile(columns, rows, numbers)


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise FileRefused(FileFault.TOO_LARGE, 1)
    if not all(names):
        raise FileRefused(FileFault.UNNAMED_COLUMN, 1)
    if len({name.casefold() for name in names}) < len(names):
        raise FileRefused(FileFault.COLUMN_TWICE, 1)
    return tuple(names)
