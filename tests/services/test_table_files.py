"""Files as they come from HR systems, and as they come from whoever means no good."""

import io
import json
import re
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from app.services import table_files
from app.services.table_files import FileFault, FileFormat, FileRefused, read_table

CSV, XLSX, JSON = FileFormat.CSV, FileFormat.XLSX, FileFormat.JSON
HEADER, ROW = ("Anställningsnr", "Namn"), ("A-1", "Åsa Öberg, f. Ängström")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Personer")
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def fault(content: bytes, form: FileFormat) -> tuple[FileFault, int | None]:
    with pytest.raises(FileRefused) as refused:
        read_table(content, form)
    return refused.value.fault, refused.value.row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_is_read_in_either_encoding_with_either_delimiter(encoding: str, delimiter: str, line_end: str) -> None:
    lines = [delimiter.join(HEADER), delimiter.join([ROW[0], f'"{ROW[1]}"']), delimiter, ""]
    table = read_table(line_end.join(lines).encode(encoding), CSV)
    assert (table.columns, table.rows, table.numbers) == (HEADER, [ROW], [2])


def test_the_three_formats_say_the_same() -> None:
    written = "id;antal;aktiv;dag\n4711;12;true;2026-11-26\n;;;\nÖ-2;;false;\n"
    as_csv = read_table(written.encode(), CSV)
    day = datetime(2026, 11, 26)  # noqa: DTZ001 - as a spreadsheet has it
    as_xlsx = read_table(
        workbook(("id", "antal", "aktiv", "dag"), (4711, 12.0, True, day), (), ("Ö-2", None, False)), XLSX
    )
    as_json = read_table(
        json.dumps(
            [{"id": 4711, "antal": 12, "aktiv": True, "dag": "2026-11-26"}, {"id": "Ö-2", "aktiv": False}]
        ).encode(),
        JSON,
    )
    assert as_csv.columns == as_xlsx.columns == as_json.columns
    assert (
        as_csv.rows == as_xlsx.rows == as_json.rows == [("4711", "12", "true", "2026-11-26"), ("Ö-2", "", "false", "")]
    )
    assert as_csv.numbers == as_xlsx.numbers == [2, 4]


def test_a_cell_with_line_breaks_is_one_cell_and_rows_keep_their_numbers() -> None:
    table = read_table(b'id;name\n1;"a\nb"\n2;c\n', CSV)
    assert table.rows == [("1", "a\nb"), ("2", "c")]
    assert table.numbers == [2, 4]


@pytest.mark.parametrize(
    "content",
    [
        "id;namn\n1;Åsa".encode("utf-16"),
        "id;namn\n1;Åsa".encode("utf-16-le"),
        "id;namn\n1;Åsa".encode().decode("latin-1").encode(),
        "id;namn\n1;Åsa".encode().decode("cp1252", "replace").encode(),
        "id;namn\n1;Bjärke Sjögren".encode("cp850"),
        "id;namn\n1;Bj\ufffdrke".encode(),
        b"id;namn\n1;\x81\x8d",
        b"id;namn\n1;a\x00b",
    ],
)
def test_a_broken_encoding_is_refused(content: bytes) -> None:
    assert fault(content, CSV)[0] is FileFault.ENCODING


@pytest.mark.parametrize("name", ["Â", "Ãrlig", "René", "Šárka Žižková", "”Bosse” Ek", "Siân", "Zoë"])
def test_names_that_only_look_odd_are_read(name: str) -> None:
    assert read_table(f"id;namn\n1;{name.replace(chr(34), '')}".encode(), CSV).rows == [("1", name)]


@pytest.mark.parametrize(
    ("content", "form", "expected"),
    [
        (b"", CSV, (FileFault.NO_ROWS, None)),
        (b"\n\n;;\n", CSV, (FileFault.NO_ROWS, None)),
        (b'id;name\n1;"never closed\n', CSV, (FileFault.FORM, 2)),
        (b'id;name\n1;"a"b\n', CSV, (FileFault.FORM, 2)),
        (b"id;;name\n", CSV, (FileFault.UNNAMED_COLUMN, 1)),
        (b"id;Name;name\n", CSV, (FileFault.COLUMN_TWICE, 1)),
        (b"id;name\n1;a\n2;b;c\n", CSV, (FileFault.UNNAMED_COLUMN, 3)),
        (b"id;name\n1;" + b"a" * 1001, CSV, (FileFault.TOO_LARGE, 2)),
        (b"id;name\n1;" + b"a" * 200_000, CSV, (FileFault.FORM, 2)),
        (b";".join(b"c%d" % n for n in range(65)), CSV, (FileFault.TOO_LARGE, 1)),
        (b"{}", JSON, (FileFault.FORM, None)),
        (b"[1]", JSON, (FileFault.FORM, 1)),
        (b'[{"a": 1}, {"a": []}]', JSON, (FileFault.FORM, 2)),
        (b'[{"a": 1, "a": 2}]', JSON, (FileFault.FORM, None)),
        (b'[{"a": NaN}]', JSON, (FileFault.FORM, None)),
        (b"[" * 100_000, JSON, (FileFault.FORM, None)),
        (b"[]", JSON, (FileFault.NO_ROWS, None)),
        (b"PK\x03\x04 nothing", XLSX, (FileFault.FORM, None)),
        (b"id;name", XLSX, (FileFault.FORM, None)),
        (b" " * (table_files.MOST_BYTES + 1), CSV, (FileFault.TOO_LARGE, None)),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(content: bytes, form: FileFormat, expected: object) -> None:
    assert fault(content, form) == expected


def test_rows_are_counted_before_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MOST_ROWS", 3)
    assert len(read_table(b"id\n1\n2\n3\n", CSV).rows) == 3
    assert fault(b"id\n1\n2\n3\n4\n", CSV) == (FileFault.TOO_LARGE, 5)


# --- workbooks --------------------------------------------------------------------------------------------------


def repacked(content: bytes, **more: bytes) -> bytes:
    """The workbook with some members added or replaced; `__` in a name is `/`."""
    names = {name.replace("__", "/").replace("_dot_", "."): body for name, body in more.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in names:
                target.writestr(name, source.read(name))
        for name, body in names.items():
            target.writestr(name, body)
    return written.getvalue()


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = repacked(workbook(HEADER, ROW), xl__media__image_dot_bin=b"\0" * (table_files.MOST_UNPACKED_BYTES + 1))
    assert len(bomb) < 200_000
    assert fault(bomb, XLSX) == (FileFault.TOO_LARGE, None)


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MOST_UNPACKED_BYTES", 1_000_000)
    size = 3_000_000
    bomb = repacked(workbook(HEADER, ROW), xl__media__image_dot_bin=b"\0" * size)
    lying = bomb.replace(size.to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    assert lying != bomb
    # Unpacked, it is not what the archive says: its checksum is another.
    assert fault(lying, XLSX) == (FileFault.FORM, None)


def sheet_of(content: bytes) -> str:
    """What the first sheet's XML says, without its declaration."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return re.sub(r"^<\?xml.*?\?>\s*", "", archive.read("xl/worksheets/sheet1.xml").decode())


ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "us-ascii"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_workbook_with_entities_of_its_own_is_refused_in_whatever_encoding(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding[:6] if encoding.startswith("utf-16") else encoding}"?>'
    laughs = '<!DOCTYPE worksheet [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    sheet = sheet_of(workbook(("id", "namn"), ("1", "SKRATT"))).replace("SKRATT", "&b;")
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    whole = mark + (declared + laughs + sheet).encode(encoding)
    laughing = repacked(workbook(("id", "namn"), ("1", "")), xl__worksheets__sheet1_dot_xml=whole)
    assert fault(laughing, XLSX) == (FileFault.FORM, None)
    # The parser would have laughed: unlooked at, it expands them.
    monkeypatch.setattr(table_files, "_unpacked_once", io.BytesIO)
    assert read_table(laughing, XLSX).rows == [("1", "haha")]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_a_workbook_in_another_encoding_is_read(encoding: str) -> None:
    sheet = f'<?xml version="1.0" encoding="{encoding}"?>' + sheet_of(workbook(HEADER, ROW))
    other = repacked(workbook(HEADER), xl__worksheets__sheet1_dot_xml=sheet.encode(encoding))
    assert read_table(other, XLSX).rows == [ROW]


def test_a_sheet_that_claims_a_million_rows_and_columns_is_read_for_what_it_holds() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(HEADER, ROW))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    claimed = sheet.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    assert claimed != sheet
    assert read_table(repacked(workbook(HEADER, ROW), xl__worksheets__sheet1_dot_xml=claimed), XLSX).rows == [ROW]


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(HEADER, ROW))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    table = read_table(
        repacked(workbook(HEADER, ROW), xl__worksheets__sheet1_dot_xml=sheet.replace(b"</sheetData>", far)), XLSX
    )
    assert table.rows == [ROW]


def test_more_columns_than_are_read_are_refused() -> None:
    wide = tuple(f"k{number}" for number in range(65))
    assert fault(workbook(wide), XLSX) == (FileFault.TOO_LARGE, 1)


def test_a_formula_is_its_last_value_and_not_a_formula() -> None:
    assert read_table(workbook(HEADER, ("=1+1", "A")), XLSX).rows == [("", "A")]


def test_a_broken_deflate_stream_is_a_broken_file() -> None:
    content = bytearray(workbook(HEADER, ROW))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        offset = archive.getinfo("xl/workbook.xml").header_offset
    content[offset + 50 : offset + 70] = b"\xff" * 20
    assert fault(bytes(content), XLSX) == (FileFault.FORM, None)


def test_a_fault_of_ours_is_not_told_as_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_value: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(table_files, "_cell", broken)
    with pytest.raises(ZeroDivisionError):
        read_table(workbook(HEADER, ROW), XLSX)
