"""Slips for people without e-mail: a sheet to print and cut, or a CSV file. Nothing is kept of either.

A PDF is A4 with eight slips a page. From the same links comes the same file, and it names no person and no machine.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.models.columns import Language
from app.services.calendar import written_day
from app.services.table_writing import no_formula

FONTS = Path(__file__).parent.parent / "content" / "fonts"
_TEXT, _BOLD, _LINK = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"

COLUMNS, ROWS = 2, 4
_WIDTH, _HEIGHT = A4[0] / COLUMNS, A4[1] / ROWS
_MARGIN = 7 * mm
_CODE = 30 * mm
_QUIET = 4 * mm
"""Nothing is written so close to a code: more than the four modules that ISO/IEC 18004 asks for."""
_MASK = 3
"""Which of the eight masks suits a code best takes longer to find out than all else; readers read every one."""

_WORDS = {
    Language.SWEDISH: (
        "Enkät om lärandet i arbetet",
        "Skanna koden eller skriv hela adressen utan mellanrum. Den kan användas en gång.",
        "Svara senast",
    ),
    Language.ENGLISH: (
        "Survey on learning at work",
        "Scan the code or type the whole address without spaces. It can be used once.",
        "Answer by",
    ),
}
_AT = {Language.SWEDISH: "kl.", Language.ENGLISH: "at"}
_FREE = {
    Language.SWEDISH: "Frivilligt. Ingen ser vem som har svarat.",
    Language.ENGLISH: "Voluntary. Nobody sees who has answered.",
}
_HEADINGS = {
    Language.SWEDISH: ("Enhet", "Enkät", "Sista dag", "Länk"),
    Language.ENGLISH: ("Unit", "Survey", "Last day", "Link"),
}


@dataclass(frozen=True)
class Sheet:
    """What stands on slips: the survey, the unit they are for, until when, and a link for each."""

    title: str
    unit: str
    closes_at: datetime
    links: Sequence[str]


def as_csv(sheet: Sheet, language: Language) -> bytes:
    """One row a slip, as a Swedish Excel opens it: semicolons, a byte-order mark, and no text that is a formula.

    The rows have no number: handed out in order it would stand for a person.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    rows.writerow(_HEADINGS[language])
    day = " ".join(written_day(sheet.closes_at, language))
    for link in sheet.links:
        rows.writerow([no_formula(sheet.unit), no_formula(sheet.title), day, no_formula(link)])
    return text.getvalue().encode("utf-8-sig")


def as_pdf(sheet: Sheet) -> bytes:
    """The sheet to print. Takes some milliseconds a slip."""
    _load_fonts()
    file = io.BytesIO()
    # invariant: no times and no random file id.
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1, lang="sv")
    canvas.setTitle(sheet.title)
    canvas.setAuthor("")
    canvas.setCreator("")
    canvas.setProducer("")
    for number, link in enumerate(sheet.links):
        place = number % (COLUMNS * ROWS)
        if place == 0:
            if number:
                canvas.showPage()
            _draw_cuts(canvas)
        row, column = divmod(place, COLUMNS)
        _draw_slip(canvas, column * _WIDTH, A4[1] - (row + 1) * _HEIGHT, sheet, link)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _load_fonts() -> None:
    """Letters of every language spoken at a Swedish workplace in Latin, Greek or Cyrillic script; Sami ones too."""
    for name in (_TEXT, _BOLD, _LINK):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def _draw_cuts(canvas: Any) -> None:
    canvas.setDash(2, 3)
    canvas.setLineWidth(0.4)
    canvas.setStrokeGray(0.5)
    for column in range(1, COLUMNS):
        canvas.line(column * _WIDTH, 0, column * _WIDTH, A4[1])
    for row in range(1, ROWS):
        canvas.line(0, row * _HEIGHT, A4[0], row * _HEIGHT)


def _draw_slip(canvas: Any, x: float, y: float, sheet: Sheet, link: str) -> None:
    left, top = x + _MARGIN, y + _HEIGHT - _MARGIN
    _draw_code(canvas, left, top - _CODE, link)
    text = left + _CODE + _QUIET
    room = x + _WIDTH - _MARGIN - text
    line = _write(canvas, _BOLD, 9.5, text, top, room, sheet.title, most=3)
    line = _write(canvas, _TEXT, 8, text, line - 1.5, room, sheet.unit, most=2) - 3
    for language in Language:
        what, _how, until = _WORDS[language]
        day, time = written_day(sheet.closes_at, language)
        line = _write(canvas, _TEXT, 6.8, text, line, room, f"{until} {day} {_AT[language]} {time}", most=2) - 1
    line = min(top - _CODE - _QUIET, line - 3)
    whole = _WIDTH - 2 * _MARGIN
    for language in Language:
        what, how, _until = _WORDS[language]
        line = _write(canvas, _TEXT, 6.8, left, line, whole, f"{what}. {how} {_FREE[language]}", most=3) - 1
    # Broken before the token: within it nobody could tell a hyphen of its own from one at the end of a line.
    front_end, _, token = link.partition("#")
    line = _write(canvas, _LINK, 6.8, left, line - 2, whole, front_end, most=3)
    _write(canvas, _LINK, 6.8, left, line, whole, f"#{token}", most=2)


def _write(canvas: Any, font: str, size: float, x: float, y: float, room: float, text: str, *, most: int) -> float:
    """Write the text in lines below `y`, at most so many; where the last one ends."""
    canvas.setFont(font, size)
    lines = _lines(text, font, size, room)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]
    for each in lines:
        y -= size * 1.2
        canvas.drawString(x, y, each)
    return y


def _lines(text: str, font: str, size: float, room: float) -> list[str]:
    """Broken between words, and within one that is longer than a line, as an address is."""
    lines: list[str] = []
    for line in simpleSplit(text, font, size, room):
        rest = line
        while pdfmetrics.stringWidth(rest, font, size) > room:
            end = len(rest) - 1
            while end > 1 and pdfmetrics.stringWidth(rest[:end], font, size) > room:
                end -= 1
            lines.append(rest[:end])
            rest = rest[end:]
        lines.append(rest)
    return lines


def _draw_code(canvas: Any, x: float, y: float, link: str) -> None:
    """The QR code of the link as one shape: runs of dark modules, without lines between them."""
    code = segno.make(link, error="m", micro=False, mask=_MASK)
    # The light module at the end of each row ends a run that goes to the edge.
    modules = [bytes(row) + b"\0" for row in code.matrix_iter(border=0)]
    size = _CODE / len(modules)
    shape = canvas.beginPath()
    for number, row in enumerate(modules):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            shape.rect(x + start * size, y + _CODE - (number + 1) * size, (end - start) * size, size)
            start = end
    canvas.setFillGray(0)
    canvas.drawPath(shape, stroke=0, fill=1)
