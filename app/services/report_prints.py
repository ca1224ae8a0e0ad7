"""A report as PDF: tagged (PDF/UA-1), with its fonts in it, and the same bytes from the same report. Knows no database.

Typst sets it, in this process and without a file, a network or a font of the system. What a report says is handed over
as JSON and put in as text by app/content/reports/report.typ: Typst never reads it as markup.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import typst
from reportlab.pdfbase.ttfonts import TTFont

from app.models.columns import Language
from app.services.reports import Report, Words

_CONTENT = Path(__file__).parent.parent / "content"
_FONTS = _CONTENT / "fonts"
_TEMPLATE = _CONTENT / "reports"
_PAGE = {Language.SWEDISH: "Sida {page} av {pages}", Language.ENGLISH: "Page {page} of {pages}"}
MISSING = "\ufffd"
_LACKING = {
    Language.SWEDISH: f"Typsnittet saknar några av textens tecken. Här står {MISSING} i stället; HTML visar dem.",
    Language.ENGLISH: f"The font lacks some of the text's characters. Here {MISSING} stands for them; HTML shows them.",
}
LONGEST_WORD = 28
"""Characters in a row that no column of a table need break."""
_LONG_WORD = re.compile(rf"[^\s\u00ad\u200b-]{{{LONGEST_WORD + 1},}}")
_STEP = 14


def as_pdf(report: Report) -> bytes:
    """The report to print: some milliseconds of CPU, and of the heaviest there are two or three seconds."""
    said, lacking = _settable(report.said())
    if lacking:
        note, _none = _settable({"kind": Words.kind, "text": _LACKING[report.language]})
        said["parts"] = [*said["parts"], note]
    said["page"] = _PAGE[report.language]
    compiler = typst.Compiler(
        (_TEMPLATE / "report.typ").read_bytes(), root=str(_TEMPLATE), font_paths=_fonts(), ignore_system_fonts=True
    )
    made = compiler.compile(
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=max(0, int(report.moment.timestamp())),
        sys_inputs={"report": json.dumps(said)},
    )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


class _Glyphs(dict[int, str]):
    """What is set for a character: itself, if the text's fonts can draw it; both weights have the same letters."""

    def __missing__(self, code: int) -> str:
        if code == ord("\t"):
            return " "
        unseen = unicodedata.category(chr(code)) in {"Cc", "Cf"} or 0xFE00 <= code <= 0xFE0F
        return "" if unseen else MISSING


@cache
def _glyphs() -> _Glyphs:
    drawn = TTFont("Report", str(_FONTS / "DejaVuSans.ttf")).face.charToGlyph
    # A line's end and the joiners need no glyph.
    return _Glyphs({code: chr(code) for code in (*drawn, *map(ord, "\n\u00ad\u200b\u200c\u200d"))})


def _settable(said: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """With what no font of ours can draw replaced, and long words that may be broken; whether anything was replaced."""
    lacking = False

    def text(given: str) -> str:
        nonlocal lacking
        # A heading of what nobody sees is none, and a file without one would not be written at all.
        shown = given.translate(_glyphs()) or (MISSING if given else "")
        lacking = lacking or shown.count(MISSING) > given.count(MISSING)
        return _LONG_WORD.sub(_breakable, shown)

    made: dict[str, Any] = _every_text(said, text)
    return made, lacking


def _breakable(word: re.Match[str]) -> str:
    """A word longer than a column, with places at which a line may end."""
    whole = word[0]
    return "\u200b".join(whole[place : place + _STEP] for place in range(0, len(whole), _STEP))


_AS_IT_IS = {"kind", "language", "svg"}


def _every_text(node: Any, text: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return text(node)
    if isinstance(node, list | tuple):
        return [_every_text(each, text) for each in node]
    if isinstance(node, dict):
        if node.get("kind") == "digest":
            return node
        return {name: value if name in _AS_IT_IS else _every_text(value, text) for name, value in node.items()}
    return node
