"""A PDF as readers take it: its tags, its fonts, its text. Read by other programs than the one that wrote it."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2

MARGIN = 28
"""Points: a centimetre, which every printer can leave white."""
SIGNAL = 60
"""Of 255: how much stronger a red or a green is than the other colours before it looks like one."""


@dataclass
class Element:
    """An element of the structure: what it is, its words for those who do not see it, and what is in it."""

    kind: str
    alternative: str | None
    scope: str | None
    children: list["Element"] = field(default_factory=list)
    marked: list[tuple[int, int]] = field(default_factory=list)
    """Page and number of marked content that is directly in it."""

    def every(self, kind: str | None = None) -> Iterator["Element"]:
        """This and all in it, in reading order."""
        if kind is None or self.kind == kind:
            yield self
        for child in self.children:
            yield from child.every(kind)


@dataclass
class Printed:
    """What there is to know of a PDF."""

    catalog: dict[str, Any]
    title: str
    declared: bool
    """Whether it says of itself that it is PDF/UA-1."""
    root: Element
    fonts: dict[str, bool]
    """Every font, and whether it is in the file."""
    untagged: list[str]
    """What is drawn and is neither tagged nor decoration."""
    pages: list[str]
    """The text of each page, as a program takes it out."""

    @property
    def text(self) -> str:
        """All of it on one line, however lines were broken."""
        return " ".join(" ".join(self.pages).replace("\u200b", "").split())


def read_pdf(content: bytes) -> Printed:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        root = pdf.Root
        catalog = {
            "language": str(root.Lang),
            "marked": bool(root.MarkInfo.Marked),
            "shows_title": bool(root.ViewerPreferences.DisplayDocTitle),
        }
        place = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        kinds = {str(kind): str(as_kind) for kind, as_kind in root.StructTreeRoot.get("/RoleMap", {}).items()}
        (tree,) = _elements(root.StructTreeRoot.K, place, kinds)
        fonts = {str(font.BaseFont): _is_inside(font) for page in pdf.pages for font in _fonts(page)}
        untagged = [found for page in pdf.pages for found in _untagged(page)]
        title, declared = str(pdf.docinfo["/Title"]), b"<pdfuaid:part>1</pdfuaid:part>" in root.Metadata.read_bytes()
    return Printed(catalog, title, declared, tree, fonts, untagged, list(texts(content)))


def _elements(node: Any, place: dict[Any, int], kinds: dict[str, str]) -> list[Element]:
    nodes = list(node) if isinstance(node, pikepdf.Array) else [node]
    return [_element(each, place, kinds) for each in nodes if isinstance(each, pikepdf.Dictionary) and "/S" in each]


def _element(node: Any, place: dict[Any, int], kinds: dict[str, str]) -> Element:
    kind = str(node.S)
    attributes = node.get("/A", [])
    given = list(attributes) if isinstance(attributes, pikepdf.Array) else [attributes]
    scopes = [str(each.Scope) for each in given if isinstance(each, pikepdf.Dictionary) and "/Scope" in each]
    element = Element(
        kinds.get(kind, kind).removeprefix("/"),
        str(node.Alt) if "/Alt" in node else None,
        scopes[0].removeprefix("/") if scopes else None,
    )
    held = node.get("/K", [])
    for each in held if isinstance(held, pikepdf.Array) else [held]:
        if isinstance(each, pikepdf.Dictionary) and "/S" in each:
            element.children.append(_element(each, place, kinds))
        elif isinstance(each, pikepdf.Dictionary) and "/MCID" in each:
            element.marked.append((place[(each.get("/Pg") or node.Pg).objgen], int(each.MCID)))
        elif isinstance(each, int):
            element.marked.append((place[node.Pg.objgen], each))
    return element


def _fonts(page: Any) -> Iterator[Any]:
    held = [page.obj]
    while held:
        resources = held.pop().get("/Resources", {})
        yield from resources.get("/Font", {}).values()
        held += [each for each in resources.get("/XObject", {}).values() if "/Resources" in each]


def _is_inside(font: Any) -> bool:
    described = font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else font.FontDescriptor
    return bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(described.keys()))


_SHOWS = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Do", "sh"}


def _untagged(page: Any) -> Iterator[str]:
    depth = 0
    for instruction in pikepdf.parse_content_stream(page):
        name = str(instruction.operator)
        if name in {"BMC", "BDC"}:
            depth += 1
        elif name == "EMC":
            depth -= 1
        elif name in _SHOWS and depth == 0:
            yield name


def texts(content: bytes) -> Iterator[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            yield page.get_textpage().get_text_bounded()
    finally:
        document.close()


def pictures(content: bytes, scale: float = 1) -> list[Any]:
    """Every page as it looks, with `scale` points of the picture to each of the page's."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.render(scale=scale).to_pil() for page in document]
    finally:
        document.close()


def looked_at(content: bytes, name: str) -> list[Any]:
    """What can be said of its pages without eyes: none is empty or runs into its margin, and nothing is red or green.

    For eyes they are kept, larger, in the directory that LARANDE_TEST_PICTURES names.
    """
    if place := os.environ.get("LARANDE_TEST_PICTURES"):
        for number, page in enumerate(pictures(content, 2), 1):
            page.save(Path(place) / f"{name}-{number}.png")
    pages = pictures(content)
    for page in pages:
        drawn = page.convert("L").point(lambda light: 255 - light).getbbox()
        assert drawn is not None
        left, top, right, bottom = drawn
        assert min(left, top, page.width - right, page.height - bottom) >= MARGIN, drawn
        colours: Any = page.convert("RGB").getcolors(maxcolors=page.width * page.height)
        assert not [each for _, each in colours if _red_or_green(*each)]
    return pages


def _red_or_green(red: int, green: int, blue: int) -> bool:
    return max(red, green) - blue > SIGNAL and abs(red - green) > SIGNAL


def outside(content: bytes) -> list[str]:
    """Characters that are drawn beyond the edge of a page."""
    document = pypdfium2.PdfDocument(content)
    found = []
    try:
        for page in document:
            width, height = page.get_size()
            text = page.get_textpage()
            for place in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(place)
                if left < 0 or bottom < 0 or right > width or top > height:
                    found.append(text.get_text_range(place, 1))
    finally:
        document.close()
    return found
