"""Slips: a sheet that is the same each time, in letters that are there, with codes that open the links."""

import csv
import io
import re
import secrets
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from reportlab.pdfbase import pdfmetrics

from app.models.columns import Language
from app.services import ballot, slips
from app.services.slips import Sheet, as_csv, as_pdf
from tests.printed import pictures, texts

NAMES = "Sámediggi Čáhcegáttenjálbmi ŋŋ Đđ Ŧŧ Šš Žž; Łódź Święto Żółć ąę; Åäö; Ÿ ẞ; Ελλάδα; Київ"
CLOSES_AT = datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
# Of the kinds of QR codes the only one that is printed here; the reader finds smaller kinds in letters, by chance.
CODES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])


def a_sheet(count: int, **more: Any) -> Sheet:
    links = [f"https://enkat.myndigheten.example/svara#{ballot.new_token()}" for _ in range(count)]
    about: dict[str, Any] = {"title": "Lärklimatet hösten 2026", "unit": "Provtagningsenheten"}
    return Sheet(**about | {"closes_at": CLOSES_AT, "links": links} | more)


def pages(content: bytes, scale: float = 3) -> list[tuple[str, Any]]:
    """The text of each page, and how it looks."""
    return list(zip(texts(content), pictures(content, scale), strict=True))


def test_each_code_opens_the_link_that_stands_below_it() -> None:
    sheet = a_sheet(17)
    shown = pages(as_pdf(sheet))
    assert len(shown) == 3
    codes = [code for _, picture in shown for code in zxingcpp.read_barcodes(picture, formats=CODES)]
    assert sorted(code.text for code in codes) == sorted(sheet.links)
    # A hyphen at the end of a line is read as one that only divides the word.
    words = "".join(text for text, _ in shown)
    assert all(_letters(link) in _letters(words) for link in sheet.links)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def test_both_languages_and_the_last_day_are_on_every_slip() -> None:
    ((text, _),) = pages(as_pdf(a_sheet(2)))
    for words in (
        "Lärklimatet hösten 2026",
        "Provtagningsenheten",
        "Svara senast fredag 27 november 2026 kl. 16.30",
        "Answer by Friday 27 November 2026 at 16:30",
        "Ingen ser vem som har svarat",
        "Nobody sees who has answered",
    ):
        assert re.sub(r"\s+", " ", text).count(words) == 2, words


def test_the_letters_of_people_here_are_in_the_fonts() -> None:
    as_pdf(a_sheet(1))
    for font in ("DejaVuSans", "DejaVuSans-Bold"):
        known = pdfmetrics.getFont(font).face.charToGlyph
        assert [letter for letter in NAMES if ord(letter) not in known] == []
    ((text, _),) = pages(as_pdf(a_sheet(1, title=NAMES[:60], unit=NAMES[60:])))
    assert NAMES[:20] in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("title", ["x" * 200, "ord " * 50, "🙂 \u00ad", "<b>fet</b> & <para>", "W" * 200])
@pytest.mark.parametrize("front_end", ["https://e.se/", f"https://{'langt-namn.' * 12}example.se/{'vag/' * 20}"])
def test_long_texts_stay_on_their_slip(title: str, front_end: str) -> None:
    links = [f"{front_end}#{letter * 43}" for letter in "ABCDEFGH"]
    ((_, picture),) = pages(as_pdf(a_sheet(8, title=title, unit=title, links=links)), scale=4)
    assert sorted(code.text for code in zxingcpp.read_barcodes(picture, formats=CODES)) == sorted(links)
    # Nothing is printed on the lines where the sheet is cut, but the dashes.
    grey = picture.convert("L")
    width, height = grey.size
    for row in range(1, slips.ROWS):
        y = round(height * row / slips.ROWS)
        for near in (y - 8, y + 8):
            assert min(grey.getpixel((x, near)) for x in range(width) if abs(x - width / 2) > 6) == 255
    for near in (width // 2 - 8, width // 2 + 8):
        rows = [y for y in range(height) if all(abs(y - height * row / slips.ROWS) > 6 for row in range(1, slips.ROWS))]
        assert min(grey.getpixel((near, y)) for y in rows) == 255


def test_the_same_links_give_the_same_file_and_it_names_nobody() -> None:
    sheet = a_sheet(3)
    made = as_pdf(sheet)
    assert as_pdf(sheet) == made
    document = pypdfium2.PdfDocument(made)
    try:
        about = document.get_metadata_dict()
    finally:
        document.close()
    assert {name for name, value in about.items() if value} == {"Title", "Subject", "CreationDate", "ModDate"}
    assert about["CreationDate"] == about["ModDate"] == "D:20000101000000+00'00'"


@pytest.mark.parametrize("language", list(Language))
def test_a_spreadsheet_opens_the_file_and_runs_nothing(language: Language) -> None:
    for begins in ("=", "+", "-", "@", " =", "\t=", "＝"):
        sheet = a_sheet(2, unit=f'{begins}cmd|" /C calc"!A0; x')
        content = as_csv(sheet, language)
        assert content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
        assert {len(row) for row in rows} == {4}
        assert [row[3] for row in rows[1:]] == sheet.links
        assert all(not cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for row in rows for cell in row)
    assert as_csv(a_sheet(1), language).count(b"\r\n") == 2


def test_a_run_of_dark_modules_at_the_edge_ends() -> None:
    """Every row of every code comes to its end, whatever the token."""
    for _ in range(40):
        assert as_pdf(a_sheet(1, links=[secrets.token_urlsafe(40)]))
