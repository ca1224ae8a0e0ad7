"""Charts of a unit's result: what is released in the questionnaire's order, in words too, and neither red nor green."""

import colorsys
import json
import re
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
import vl_convert

from app.models.columns import Language
from app.models.survey_release import UnitChart
from app.services.survey_charts import Chart, as_svg, as_vega_lite, chart_of

HOSTILE = "</text><script>alert(1)</script> =1+1 #x & \"y\" 'z'"
NAMES = {
    "A": {"sv": "Arbetet som utgångspunkt", "en": "The work as starting point"},
    "B": {"sv": HOSTILE, "en": HOSTILE},
    "C": {"sv": "Samma namn", "en": "The same name"},
    "D": {"sv": "Samma namn", "en": "The same name"},
}
ABOUT, AT_LEAST, AT_MOST = "about", "atLeast", "atMost"


def share(percent: int, bound: str = ABOUT) -> dict[str, Any]:
    return {"percent": percent, "bound": bound}


def measure(key: str, index: int, bound: str = ABOUT, interval: Any = None, bands: Any = None) -> dict[str, Any]:
    told = {language: f"{NAMES[key][language]}: {index}." for language in ("sv", "en")}
    return {
        "key": key,
        "index": index,
        "indexBound": bound,
        "interval": interval,
        "bands": bands,
        "textAlternative": told,
    }


BANDS = {"favourable": share(90, AT_LEAST), "neutral": share(10, AT_MOST), "unfavourable": share(10, AT_MOST)}
PUBLISHED: dict[str, Any] = {
    "name": "Provtagning, Ängelholm",
    "status": "published",
    "dimensions": [
        measure("A", 62, interval={"low": 55, "high": 69}, bands=BANDS),
        measure("B", 95, AT_LEAST, bands={"favourable": share(60), "neutral": None, "unfavourable": share(40)}),
        measure("C", 41),
        measure("D", 5, AT_MOST, bands=BANDS),
    ],
}
SUPPRESSED: dict[str, Any] = {
    "name": "Kustzon",
    "status": "suppressed",
    "textAlternative": {"sv": "Resultatet visas inte, till skydd för dem som har svarat.", "en": "Not shown."},
}


def drawn(
    kind: UnitChart, language: Language = Language.SWEDISH, content: dict[str, Any] = PUBLISHED
) -> tuple[Chart, Element, dict[str, Any]]:
    chart = chart_of(content, "ab" * 32, NAMES, kind, language)
    return chart, fromstring(as_svg(chart)), as_vega_lite(chart)  # noqa: S314


def texts(svg: Element) -> list[str]:
    return [each.text or "" for each in svg.iter() if each.tag.endswith("}text")]


def widths(svg: Element, colour: str) -> list[float]:
    return [float(each.attrib["width"]) for each in svg.iter() if each.get("fill") == colour and "y" in each.attrib]


def test_indexes_are_as_long_as_they_are_and_stand_in_the_questionnaires_order() -> None:
    _chart, svg, vega = drawn(UnitChart.INDEXES)
    assert widths(svg, "#12436d") == [5 * value for value in (62, 95, 41, 5)]
    said = texts(svg)
    labels = ["Arbetet som utgångspunkt", HOSTILE, "Samma namn (C)", "Samma namn (D)"]
    assert [each for each in said if each in labels] == labels
    assert [each for each in said if each in {"62", "95 eller mer", "41", "5 eller mindre"}] == [
        *("62", "95 eller mer"),
        *("41", "5 eller mindre"),
    ]
    # Only where an uncertainty is shown there is a line for it.
    assert sum(each.tag.endswith("}path") for each in svg.iter()) == 2
    values = vega["data"]["values"]
    assert [(each["label"], each["percent"], each["low"], each["high"]) for each in values] == list(
        zip(labels, (62, 95, 41, 5), (55, None, None, None), (69, None, None, None), strict=True)
    )


def test_shares_that_are_hidden_have_no_bar_and_say_so() -> None:
    _chart, svg, vega = drawn(UnitChart.SHARES)
    said = texts(svg)
    assert "gynnsamma 90 % eller mer, varken eller 10 % eller mindre, ogynnsamma 10 % eller mindre" in said
    assert "gynnsamma 60 %, ogynnsamma 40 %" in said
    assert "visas inte" in said
    assert len(widths(svg, "#e0a526")) == 3 + 1  # and the legend's
    assert [each["percent"] for each in vega["data"]["values"] if each["key"] == "C"] == [None]
    # Coded shares make 110 % of a hundred: no bar runs off its scale.
    assert sum(widths(svg, "#12436d")[1:2] + widths(svg, "#b8c4ce")[1:2] + widths(svg, "#e0a526")[1:2]) <= 500.1


@pytest.mark.parametrize("kind", list(UnitChart))
@pytest.mark.parametrize("language", list(Language))
def test_a_chart_says_in_words_what_it_shows_and_holds_nothing_to_run(kind: UnitChart, language: Language) -> None:
    chart, svg, vega = drawn(kind, language)
    plain = {each.tag.rpartition("}")[2]: each.text for each in svg.iter()}
    assert plain["title"] == chart.title
    assert plain["desc"] == chart.instead == vega["description"]
    assert "Arbetet som utgångspunkt: 62." in chart.instead or "The work as starting point: 62." in chart.instead
    assert svg.get("role") == "img"
    assert svg.get("lang") == language.value
    tags = {each.tag.rpartition("}")[2] for each in svg.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "text", "path"}
    assert not {
        name for each in svg.iter() for name in each.attrib if "href" in name or name.startswith(("on", "style"))
    }
    low = [float(each.get("y", "0")) for each in svg.iter()]
    assert max(low) < float(svg.attrib["height"])


def test_no_colour_is_red_or_green() -> None:
    for kind in UnitChart:
        _chart, svg, vega = drawn(kind)
        colours = set(re.findall(r"#[0-9a-f]{6}", json.dumps(vega) + str([each.attrib for each in svg.iter()])))
        assert len(colours) >= 3
        for colour in colours:
            red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
            hue, _light, saturation = colorsys.rgb_to_hls(red, green, blue)
            assert saturation < 0.2 or 30 <= hue * 360 <= 50 or 190 <= hue * 360 <= 270, colour


@pytest.mark.parametrize("kind", list(UnitChart))
def test_a_suppressed_unit_has_no_number_in_its_chart(kind: UnitChart) -> None:
    chart, svg, vega = drawn(kind, content=SUPPRESSED)
    assert chart.bars == []
    assert "Resultatet visas inte" in " ".join(texts(svg))
    assert not re.search(r"\d", " ".join(texts(svg)).replace("från 0 till 100", ""))
    assert vega["data"]["values"] == [{"said": chart.instead}]


@pytest.mark.parametrize("kind", list(UnitChart))
def test_vega_lite_draws_it(kind: UnitChart) -> None:
    """The real one, without a network: with every label, and every bar as long as it is."""
    _chart, _svg, vega = drawn(kind)
    # Vega-Lite shortens long labels; a short one tells as much.
    made = fromstring(vl_convert.vegalite_to_svg(json.dumps(vega), allowed_base_urls=[]))  # noqa: S314
    said = " ".join(each.text or "" for each in made.iter())
    for label in ("Arbetet som utgångspunkt", "Samma namn (C)", "Samma namn (D)"):
        assert label in said
    assert ("visas inte" in said) == (kind is UnitChart.SHARES)
    assert not [each for each in made.iter() if each.tag.endswith(("}script", "}a", "}image"))]
    hidden = vl_convert.vegalite_to_svg(json.dumps(drawn(kind, content=SUPPRESSED)[2]), allowed_base_urls=[])
    assert "Resultatet visas inte" in hidden
