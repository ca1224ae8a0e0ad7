"""Files of tables, opened by other programs than the one that wrote them."""

import csv
import io
from typing import Any

from openpyxl import load_workbook

from tests.client import Client, Response

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = list[dict[str, Any]]


def read_csv(content: bytes) -> Rows:
    """As a Swedish Excel takes it: with the byte-order mark, semicolons and CRLF; rows by column."""
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    assert len(set(header)) == len(header)
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_xlsx(content: bytes) -> dict[str, Rows]:
    """The sheets of a workbook by name. None of its cells is a formula."""
    read: dict[str, Rows] = {}
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        rows = list(sheet.iter_rows())
        assert all(cell.data_type != "f" for row in rows for cell in row)
        header, *values = [[cell.value for cell in row] for row in rows]
        read[sheet.title] = [dict(zip(header, row, strict=True)) for row in values]
    return read


async def get_file(client: Client, path: str, media_type: str, **options: Any) -> Response:
    response = await client.request("GET", path, headers={"Accept": media_type}, expect=200, **options)
    assert response.headers["content-type"].split(";")[0] == media_type
    assert response.headers["content-disposition"].startswith('attachment; filename="')
    return response


async def get_csv(client: Client, path: str, **options: Any) -> Rows:
    return read_csv((await get_file(client, path, CSV, **options)).content)


async def get_xlsx(client: Client, path: str, **options: Any) -> dict[str, Rows]:
    return read_xlsx((await get_file(client, path, XLSX, **options)).content)
