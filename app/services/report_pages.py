"""A report as one page of HTML that needs nothing else: no script, no file, no address. Knows no database.

The page is built as a tree, and whoever writes the tree down escapes every text in it.
"""

import base64
import hashlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from app.services.reports import Digest, Facts, Heading, Label, Part, Picture, Points, Report, Table, Words, Written

_STYLE = """
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 "DejaVu Sans",Verdana,Arial,sans-serif;
color:#1b1b1b;background:#fff;overflow-wrap:anywhere}
h1,h2,h3,h4{color:#12436d;line-height:1.25;margin:1.8em 0 .6em}
h1{font-size:1.7rem;margin-top:0}h2{font-size:1.3rem}h3{font-size:1.1rem}h4{font-size:1rem}
p{margin:.6em 0;white-space:pre-line}.label{font-weight:bold}
blockquote{margin:.6em 0;padding-left:.9em;border-left:3px solid #a6b4c0;white-space:pre-line}
dl{display:grid;grid-template-columns:minmax(9rem,1fr) 3fr;gap:.3em 1em;margin:.6em 0}dt{font-weight:bold}dd{margin:0}
table{border-collapse:collapse;width:100%;margin:1em 0;font-size:.92rem;overflow-wrap:break-word}
.wide{overflow-x:auto}
caption{text-align:left;font-weight:bold;padding-bottom:.3em}
th,td{text-align:left;vertical-align:top;padding:.35em .5em;border-bottom:1px solid #c9ced3;white-space:pre-line}
thead th{border-bottom:2px solid #12436d}tbody th{font-weight:normal}
figure{margin:1em 0}figcaption{font-weight:bold;font-size:.92rem;margin-bottom:.3em}img{max-width:100%;height:auto}
code{font-family:"DejaVu Sans Mono",monospace;font-size:.9rem}
@media print{body{margin:0;max-width:none}h1,h2,h3,h4{break-after:avoid}tr,figure{break-inside:avoid}
.wide{overflow:visible}}
""".strip()
_ALLOWED = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; style-src 'sha256-{_ALLOWED}'; img-src data:; base-uri 'none'; form-action 'none'; sandbox"
)
"""What a browser may do with such a page: show it with the pictures in it, in this style, and nothing else."""


def as_html(report: Report) -> bytes:
    """The report as a page: UTF-8, and the same bytes from the same report."""
    html = Element("html", {"lang": report.language.value})
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _in_the_page(POLICY)})
    SubElement(head, "title").text = f"{report.title} – {report.subject}"
    SubElement(head, "style").text = _STYLE
    body = SubElement(SubElement(html, "body"), "main")
    SubElement(body, "h1").text = _xml(report.title)
    for part in report.parts:
        body.extend(_elements(part))
    written: bytes = tostring(html, encoding="utf-8", method="html")
    return b"<!DOCTYPE html>\n" + written + b"\n"


def _in_the_page(policy: str) -> str:
    """A page cannot put itself into a sandbox; the header does."""
    return policy.removesuffix("; sandbox")


def _elements(part: Part) -> Iterator[Element]:
    match part:
        case Heading():
            yield _saying(f"h{part.level}", part.text)
        case Words():
            yield _saying("p", part.text)
        case Label():
            yield _saying("p", part.text, {"class": "label"})
        case Written():
            yield _saying("blockquote", part.text, {"dir": "auto"})
        case Digest():
            paragraph = Element("p")
            paragraph.append(_saying("code", part.text))
            yield paragraph
        case Points():
            points = Element("ul")
            points.extend(_saying("li", text) for text in part.texts)
            yield points
        case Facts():
            facts = Element("dl")
            for name, value in part.rows:
                facts.extend((_saying("dt", name), _saying("dd", value)))
            yield facts
        case Table():
            yield _table(part)
        case Picture():
            yield _picture(part)


def _saying(tag: str, text: str, attributes: dict[str, str] | None = None) -> Element:
    element = Element(tag, attributes or {})
    element.text = _xml(text)
    return element


def _xml(text: str) -> str:
    """Without what no page can hold; the service lets none of it in."""
    return "".join(each for each in text if each in "\n\t" or each >= " ")


def _table(part: Table) -> Element:
    """On a narrow screen it is moved sideways by itself, by keyboard too, and the text around it stays where it is."""
    around = Element("div", {"class": "wide", "role": "region", "aria-label": _xml(part.caption), "tabindex": "0"})
    table = SubElement(around, "table")
    table.append(_saying("caption", part.caption))
    header = SubElement(SubElement(table, "thead"), "tr")
    header.extend(_saying("th", column, {"scope": "col"}) for column in part.columns)
    rows = SubElement(table, "tbody")
    for first, *others in part.rows:
        row = SubElement(rows, "tr")
        row.append(_saying("th", first, {"scope": "row", "dir": "auto"}))
        row.extend(_saying("td", cell, {"dir": "auto"}) for cell in others)
    return around


def _picture(part: Picture) -> Element:
    """As a picture, a drawing runs nothing, whatever is in it."""
    figure = Element("figure")
    figure.append(_saying("figcaption", part.caption))
    drawing = base64.b64encode(part.svg.encode()).decode()
    SubElement(figure, "img", {"src": f"data:image/svg+xml;base64,{drawing}", "alt": _xml(part.instead)})
    return figure
