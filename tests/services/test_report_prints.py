"""Reports as PDF and as a page: accessible, complete, the same each time, and nothing in them is ever markup."""

import base64
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from app.models.columns import Language
from app.services.report_pages import POLICY, as_html
from app.services.report_prints import MISSING, as_pdf
from app.services.reports import Digest, Facts, Heading, Label, Picture, Points, Report, Table, Words, Written
from tests.printed import Printed, looked_at, outside, pictures, read_pdf

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
HOSTILE = (
    '<script>alert("x")</script> <img src=x onerror=alert(1)> &amp; ]]> <!-- --> '
    '#strong[fet] #read("/etc/passwd") #import "@preview/a:1.0.0": * #pagebreak() [*b*] _i_ $x^2$ @ref <märke> `kod` '
    "= Rubrik // /* kommentar */ \\textbf{x} {{7*7}} ${x} %00 =1+1 +1 -1 @SUM(A1) 'x"
)
UNDRAWN = "Bra 🙂 och 漢字 och العربية"
ODD = "mjukt\u00adtecken, tab\there, noll\u200bbredd, \u202eomvänt\u202c, \ufeffmärke, e\u0301, ☺\ufe0f"
LONG = "x" * 900
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="30" viewBox="0 0 640 30" role="img">'
    '<title>Staplar</title><desc>En stapel.</desc><rect width="300" height="12" fill="#12436d" />'
    '<text x="0" y="26" font-family="DejaVu Sans" font-size="11">Lärande på tåg i Åmål</text></svg>'
)


def a_report(language: Language = Language.SWEDISH, **more: Any) -> Report:
    parts = [
        Words("Först det här.\nEn rad till.\n\nEtt stycke till."),
        Facts([("Diarienummer", "MHV 2026/0412"), ("Plats", f"https://exempel.se/{LONG}")]),
        Heading("Svaren åäö ÅÄÖ"),
        Label("q1. Vad är ett väl utfört arbete?"),
        Written(f"{HOSTILE}\n\nSedan det här."),
        Written(ODD),
        Heading("Åtgärder"),
        Heading("I ordning", 3),
        Table(
            "Tabell ett",
            ["Nr", "Åtgärd", "Ansvarig"],
            [[str(number), HOSTILE, LONG[:200]] for number in range(1, 30)],
            (1, 6, 3),
        ),
        Points(["Första punkten", UNDRAWN]),
        Heading("Diagram"),
        Picture(SVG, "Bild ett", "En stapel som är 47 lång: Lära tillsammans."),
        Digest(HASH),
    ]
    given: dict[str, Any] = {
        "title": "Samtalet om <b>provet</b> #pagebreak()",
        "subject": "Prov",
        "mark": "MHV 2026/0412",
        "language": language,
        "moment": datetime(2026, 11, 23, 13, tzinfo=UTC),
        "parts": parts,
    }
    return Report(**given | more)


@cache
def printed() -> tuple[bytes, Printed]:
    made = as_pdf(a_report())
    return made, read_pdf(made)


def test_it_says_what_it_is_and_in_which_language() -> None:
    _made, read = printed()
    assert read.catalog == {"language": "sv-SE", "marked": True, "shows_title": True}
    assert read.title == "Samtalet om <b>provet</b> #pagebreak() – Prov"
    assert read.declared
    assert read_pdf(as_pdf(a_report(Language.ENGLISH, parts=[]))).catalog["language"] == "en-GB"


def test_headings_come_in_order_and_every_part_is_tagged() -> None:
    _made, read = printed()
    headings = [each.kind for each in read.root.every() if each.kind[:1] == "H" and each.kind[1:].isdigit()]
    assert headings == ["H1", "H2", "H2", "H3", "H2"]
    kinds = {each.kind for each in read.root.every()}
    assert {"P", "BlockQuote", "L", "LI", "LBody", "Table", "TH", "TD", "Figure", "Caption"} <= kinds
    assert read.untagged == []
    marked = [each for element in read.root.every() for each in element.marked]
    assert len(marked) == len(set(marked)) > 100


def test_tables_have_headers_and_pictures_have_words() -> None:
    _made, read = printed()
    (table,) = read.root.every("Table")
    assert [each.scope for each in table.every("TH")] == ["Column"] * 3
    assert len(list(table.every("TR"))) == 30
    assert len(list(table.every("TD"))) == 29 * 3
    (figure,) = [each for each in read.root.every("Figure") if each.alternative]
    assert figure.alternative == "En stapel som är 47 lång: Lära tillsammans."
    assert not [each for each in read.root.every("Figure") if not each.alternative and each.marked]


def test_every_font_is_in_the_file_and_nothing_runs_off_a_page() -> None:
    made, read = printed()
    assert len(read.fonts) >= 3
    assert all(read.fonts.values())
    assert len(read.pages) > 2
    assert outside(made) == []
    assert f"Sida 1 av {len(read.pages)}" in read.pages[0]
    assert all("MHV 2026/0412" in page for page in read.pages)


def test_its_pages_look_as_they_should_and_swedish_letters_are_drawn() -> None:
    made, read = printed()
    assert len(looked_at(made, "report")) == len(read.pages)
    # The dots and rings are there in every place and weight: without them the same page is another picture.
    pages = []
    for letters in ("åäö ÅÄÖ é", "aäö ÅÄÖ é", "åaö ÅÄÖ é", "åäo ÅÄÖ é", "åäö AÄÖ é", "åäö ÅAÖ é", "åäö ÅÄO é"):
        spoken = [Words(letters), Heading(letters), Written(letters), Table("", [letters], [[letters]], (1,))]
        pages += [pictures(as_pdf(a_report(parts=[part])))[0].tobytes() for part in spoken]
    assert len(set(pages)) == len(pages)


def test_the_text_comes_out_in_reading_order_and_as_it_was_written() -> None:
    _made, read = printed()
    order = ["Först det här. En rad till. Ett stycke till.", "Diarienummer: MHV 2026/0412", "Svaren åäö ÅÄÖ"]
    order += ["Vad är ett väl utfört arbete?", " ".join(HOSTILE.split()), "Sedan det här.", "Åtgärder", "I ordning"]
    order += ["Tabell ett", "Första punkten", "Bild ett", "Lärande på tåg i Åmål", HASH]
    places = [read.text.find(each) for each in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)
    assert "root:" not in read.text


def test_what_the_font_lacks_is_said_and_what_nobody_sees_is_left_out() -> None:
    _made, read = printed()
    assert f"Bra {MISSING} och {MISSING * 2} och" in read.text
    assert "Typsnittet saknar några av textens tecken." in read.text
    assert "omvänt" in read.text
    assert not {"\u202e", "\ufeff", "\ufe0f"} & set(read.text)
    assert "Typsnittet saknar" not in read_pdf(as_pdf(a_report(parts=[Words(HOSTILE)]))).text


def test_what_nobody_sees_alone_is_no_reason_not_to_print() -> None:
    """A title may be a variation selector and nothing else; PDF/UA-1 takes no heading and no picture without words."""
    unseen = "\ufe0f"
    parts = [Heading(unseen), Picture(SVG, unseen, unseen), Written(unseen)]
    read = read_pdf(as_pdf(a_report(title=unseen, parts=parts)))
    assert read.text.count(MISSING) >= len(parts)
    assert "Typsnittet saknar några av textens tecken." in read.text


def test_the_same_report_is_the_same_file() -> None:
    assert as_pdf(a_report()) == printed()[0]
    assert as_html(a_report()) == as_html(a_report())
    assert a_report().digest() == a_report().digest()
    assert a_report(mark="MHV 2026/0413").digest() != a_report().digest()
    assert a_report(moment=datetime(2026, 11, 24, tzinfo=UTC)).digest() != a_report().digest()


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_any_moment_can_be_told_of(year: int) -> None:
    assert as_pdf(a_report(moment=datetime(year, 1, 1, tzinfo=UTC), parts=[])).startswith(b"%PDF-1.7")


def test_lines_paragraphs_and_cells_weigh_more_than_what_stands_in_them() -> None:
    def weight(*parts: Any) -> int:
        return a_report(title="", mark="", parts=parts).weight()

    assert weight(Words("ab")) - weight(Words("a")) == 1
    assert weight(Words("a\nb")) > weight(Words("a b")) + 20
    assert weight(Words("a\n\nb")) > weight(Words("a\nb")) + 100
    assert weight(Table("", ["a"], [["b"]])) > weight(Words("ab")) + 140
    # A page of letters in narrow columns takes three times what it takes as running text.
    assert weight(Table("", ["a"], [["b" * 1000]])) > 3 * weight(Words("b" * 1000))


# --- As a page ----------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_holds_the_texts_and_nothing_that_a_browser_would_run_or_fetch() -> None:
    content = as_html(a_report())
    page = Page(content)
    tags = [tag for tag, _attributes in page.elements]
    assert tags[:2] == ["html", "head"]
    assert page.elements[0][1] == {"lang": "sv"}
    allowed = "html head meta title style body main h1 h2 h3 p blockquote dl dt dd ul li code figure figcaption img"
    assert set(tags) == {*allowed.split(), "div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    names = {name for _tag, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"href", "style"}}
    drawing = base64.b64encode(SVG.encode()).decode()
    assert [attributes for _tag, attributes in page.elements if "src" in attributes] == [
        {"src": f"data:image/svg+xml;base64,{drawing}", "alt": "En stapel som är 47 lång: Lära tillsammans."}
    ]
    for text in (HOSTILE, UNDRAWN, "Samtalet om <b>provet</b> #pagebreak()", HASH, LONG):
        assert text in page.text
    assert "default-src 'none'" in POLICY
    assert [each for tag, each in page.elements if tag == "th"][:3] == [{"scope": "col"}] * 3
    assert tags.count("h1") == 1
    # What can be moved sideways by itself has a name, and a keyboard gets there.
    (around,) = [attributes for tag, attributes in page.elements if tag == "div"]
    assert around == {"class": "wide", "role": "region", "aria-label": "Tabell ett", "tabindex": "0"}


def test_a_page_cannot_be_broken_out_of_by_a_style_or_a_title() -> None:
    for text in ("</style><script>x</script>", "</title><script>x</script>", "</svg><script>x</script>"):
        report = a_report(title=text, subject=text, parts=[Words(text), Picture(SVG, text, text)])
        tags = [tag for tag, _attributes in Page(as_html(report)).elements]
        assert "script" not in tags
        assert tags.count("style") == 1
