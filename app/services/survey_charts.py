"""A published unit's figures as charts: SVG that needs nothing else, and Vega-Lite for front ends. Pure.

They show what is released and nothing else, in the questionnaire's order: nothing is ranked, and no colour says that a
value is good or bad: none is red or green. Each says in words what it shows. A suppressed unit's says that it is.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from app.models.columns import Language
from app.models.release_figures import ResultStatus
from app.models.survey_release import UnitChart
from app.services.disclosure import Bound, Shown
from app.services.release_texts import Text, number, percent
from app.services.report_words import CHART as WORDS

BANDS = ("favourable", "neutral", "unfavourable")
_COLOURS = {"favourable": "#12436d", "neutral": "#b8c4ce", "unfavourable": "#e0a526"}
_INK, _FAINT = "#1b1b1b", "#5b6770"


@dataclass(frozen=True)
class Part:
    """A coloured length of a bar: what it stands for, how long it is, and how that is said."""

    name: str
    percent: int
    said: str


@dataclass(frozen=True)
class Bar:
    """A dimension: its index with the uncertainty where that is shown, or the shares of its answers."""

    key: str
    label: str
    parts: Sequence[Part]
    said: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Chart:
    """What is drawn, in one language."""

    chart: UnitChart
    language: Language
    title: str
    instead: str
    """All of it in words."""
    bars: Sequence[Bar]
    content_hash: str


def number_said(value: int, bound: str, language: Language) -> str:
    """An index in words: 65, 95 or more."""
    return number(Shown(value, Bound(bound)))[language.value]


def share_said(share: Mapping[str, Any] | None, language: Language) -> str:
    """A share in words: 60 %, 90 % or more; a dash where there is none."""
    return "–" if share is None else percent(Shown(share["percent"], Bound(share["bound"])))[language.value]


def chart_of(
    content: Mapping[str, Any], content_hash: str, names: Mapping[str, Text], chart: UnitChart, language: Language
) -> Chart:
    """The chart of a unit's released content. Without bars where the unit is suppressed."""
    title = f"{content['name']}. {WORDS[chart][language]}"
    if content["status"] == ResultStatus.SUPPRESSED:
        return Chart(chart, language, title, content["textAlternative"][language.value], [], content_hash)
    dimensions = content["dimensions"]
    labels = _labels([(each["key"], names[each["key"]][language.value]) for each in dimensions])
    make = _of_index if chart is UnitChart.INDEXES else _of_shares
    bars = [make(each, labels[each["key"]], language) for each in dimensions]
    instead = " ".join(each["textAlternative"][language.value] for each in dimensions)
    return Chart(chart, language, title, instead, bars, content_hash)


def _labels(named: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Two dimensions of one name are told apart by their keys."""
    names = [name for _key, name in named]
    return {key: name if names.count(name) == 1 else f"{name} ({key})" for key, name in named}


def _of_index(measure: Mapping[str, Any], label: str, language: Language) -> Bar:
    said = number_said(measure["index"], measure["indexBound"], language)
    span = measure["interval"] or {"low": None, "high": None}
    return Bar(measure["key"], label, [Part("index", measure["index"], said)], said, span["low"], span["high"])


def _of_shares(measure: Mapping[str, Any], label: str, language: Language) -> Bar:
    bands = measure["bands"]
    if bands is None:
        return Bar(measure["key"], label, [], WORDS["hidden"][language])
    shown = [(band, bands[band]) for band in BANDS if bands[band] is not None]
    parts = [Part(band, share["percent"], share_said(share, language)) for band, share in shown]
    said = ", ".join(f"{WORDS[part.name][language]} {part.said}" for part in parts)
    return Bar(measure["key"], label, parts, said)


# --- SVG -----------------------------------------------------------------------------------------------------------

_WIDTH, _PLOT = 640, 500
_LINE, _THICK, _GAP = 15, 16, 12
_LETTERS = 88
"""Of a line over a bar, at most; the widest letters are rare."""
_FONT = "DejaVu Sans, Verdana, Arial, sans-serif"


def as_svg(chart: Chart, *, titled: bool = True) -> str:
    """A drawing by itself: no script, no style, no address; `title` and `desc` say the same in words.

    Where it has a caption, its title need not be drawn."""
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "lang": chart.language.value,
            "role": "img",
            "font-family": _FONT,
            "font-size": "11",
        },
    )
    SubElement(svg, "title").text = chart.title
    SubElement(svg, "desc").text = chart.instead
    ground = SubElement(svg, "rect", {"width": str(_WIDTH), "fill": "#ffffff"})
    y = _write_lines(svg, chart.title, _LINE, bold=True) + 6 if titled else 0
    if not chart.bars:
        y = _write_lines(svg, chart.instead, y + _LINE)
    elif chart.chart is UnitChart.INDEXES:
        y = _draw_scale(svg, y, [f"{value}" for value in (0, 25, 50, 75, 100)])
        y = _draw_bars(svg, y, chart.bars)
        if any(bar.low is not None for bar in chart.bars):
            y = _write_lines(svg, WORDS["interval_shown"][chart.language], y + _LINE + 5)
    else:
        y = _draw_legend(svg, y, chart)
        y = _draw_bars(svg, y, chart.bars)
    for element in (svg, ground):
        element.set("height", str(y + 6))
    svg.set("width", str(_WIDTH))
    svg.set("viewBox", f"0 0 {_WIDTH} {y + 6}")
    return tostring(svg, encoding="unicode")


def _write(svg: Element, text: str, x: float, y: float, **more: str) -> None:
    SubElement(svg, "text", {"x": f"{x:g}", "y": f"{y:g}", "fill": _INK} | more).text = text


def _write_lines(svg: Element, text: str, y: int, *, bold: bool = False) -> int:
    """The text in lines, the first one on `y`; where the last one stands."""
    more = {"font-weight": "bold"} if bold else {}
    for number_, line in enumerate(textwrap.wrap(text, _LETTERS - 10 * bold) or [""]):
        y += _LINE if number_ else 0
        _write(svg, line, 0, y, **more)
    return y


def _draw_scale(svg: Element, y: int, labels: Sequence[str]) -> int:
    for place, label in enumerate(labels):
        x = place * _PLOT / (len(labels) - 1)
        anchor = "start" if place == 0 else "end" if place == len(labels) - 1 else "middle"
        _write(svg, label, x, y + 10, **{"text-anchor": anchor, "fill": _FAINT, "font-size": "9"})
    SubElement(svg, "rect", {"y": f"{y + 14}", "width": str(_PLOT), "height": "1", "fill": _FAINT})
    return y + 16


def _draw_legend(svg: Element, y: int, chart: Chart) -> int:
    shown = [band for band in BANDS if any(part.name == band for bar in chart.bars for part in bar.parts)]
    for place, band in enumerate(shown):
        x = place * 170
        SubElement(svg, "rect", {"x": f"{x}", "y": f"{y}", "width": "12", "height": "12", "fill": _COLOURS[band]})
        _write(svg, WORDS[band][chart.language], x + 17, y + 10)
    return y + 16


def _draw_bars(svg: Element, y: int, bars: Sequence[Bar]) -> int:
    for bar in bars:
        y = _write_lines(svg, bar.label, y + _GAP + 6) + 5
        if not bar.parts:
            _write(svg, bar.said, 0, y + 12, fill=_FAINT)
        elif bar.parts[0].name == "index":
            _draw_index(svg, y, bar)
        else:
            y = _draw_shares(svg, y, bar)
        y += _THICK
    return y


def _draw_index(svg: Element, y: int, bar: Bar) -> None:
    scale = _PLOT / 100
    SubElement(svg, "rect", {"y": f"{y}", "width": str(_PLOT), "height": str(_THICK), "fill": "#eef1f4"})
    length = f"{bar.parts[0].percent * scale:g}"
    SubElement(svg, "rect", {"y": f"{y}", "width": length, "height": str(_THICK), "fill": _COLOURS["favourable"]})
    if bar.low is not None and bar.high is not None:
        low, high, middle = bar.low * scale, bar.high * scale, y + _THICK / 2
        path = f"M{low:g} {middle - 4:g}v8M{low:g} {middle:g}H{high:g}M{high:g} {middle - 4:g}v8"
        # White beside black: it is seen on the bar and beside it.
        for colour, width in (("#ffffff", "4"), ("#000000", "1.5")):
            SubElement(svg, "path", {"d": path, "fill": "none", "stroke": colour, "stroke-width": width})
    _write(svg, bar.said, _PLOT + 8, y + 12, **{"font-weight": "bold"})


def _draw_shares(svg: Element, y: int, bar: Bar) -> int:
    """Shares are rounded one by one: where they make more than a hundred, all become that much shorter."""
    scale = _PLOT / max(100, sum(part.percent for part in bar.parts))
    x = 0.0
    for part in bar.parts:
        length = part.percent * scale
        place = {"x": f"{x:g}", "y": f"{y}", "width": f"{length:g}", "height": str(_THICK)}
        SubElement(svg, "rect", place | {"fill": _COLOURS[part.name], "stroke": "#ffffff", "stroke-width": "1"})
        x += length
    return _write_lines(svg, bar.said, y + _THICK + 12) - _THICK + 3


# --- Vega-Lite -------------------------------------------------------------------------------------------------------


def as_vega_lite(chart: Chart) -> dict[str, Any]:
    """A specification with its data in it: Vega-Lite 6, which draws without asking anybody for anything."""
    made = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": textwrap.wrap(chart.title, 70), "anchor": "start"},
        "description": chart.instead,
        "usermeta": {"contentHash": chart.content_hash, "language": chart.language.value},
        "width": 420,
        "data": {"values": list(_values(chart))},
    }
    labels = [bar.label for bar in chart.bars]
    # With its domain said, a dimension of which nothing is shown keeps its place.
    bars = {
        "field": "label",
        "type": "nominal",
        "scale": {"domain": labels},
        "axis": {"title": None, "labelLimit": 320},
    }
    if not chart.bars:
        return made | {"mark": "text", "encoding": {"text": {"field": "said"}}}
    if chart.chart is UnitChart.SHARES:
        hidden = [{"filter": "!isValid(datum.percent)"}]
        said = {"x": {"value": 0}, "text": {"field": "said"}}
        return made | {
            "encoding": {"y": bars},
            "layer": [
                {"mark": {"type": "bar", "stroke": "#ffffff"}, "encoding": _of_bands(chart)},
                {"mark": {"type": "text", "align": "left", "dx": 6}, "transform": hidden, "encoding": said},
            ],
        }
    x = {"type": "quantitative", "scale": {"domain": [0, 100]}, "axis": {"title": None, "values": [0, 25, 50, 75, 100]}}
    spanned = [{"filter": "isValid(datum.low)"}]
    span = {"x": {"field": "low"} | x, "x2": {"field": "high"}}
    index = {"x": {"field": "percent"} | x}
    said = {"x": {"field": "percent"} | x, "text": {"field": "said"}}
    return made | {
        "encoding": {"y": bars},
        "layer": [
            {"mark": {"type": "bar", "color": _COLOURS["favourable"]}, "encoding": index},
            {"mark": {"type": "rule", "color": "#ffffff", "strokeWidth": 4}, "transform": spanned, "encoding": span},
            {"mark": {"type": "rule", "color": "#000000"}, "transform": spanned, "encoding": span},
            {"mark": {"type": "text", "align": "left", "dx": 6, "dy": -9}, "encoding": said},
        ],
    }


def _values(chart: Chart) -> Iterator[dict[str, Any]]:
    for bar in chart.bars:
        for place, part in enumerate(bar.parts):
            named = {"key": bar.key, "label": bar.label, "percent": part.percent, "said": part.said}
            if chart.chart is UnitChart.INDEXES:
                yield named | {"low": bar.low, "high": bar.high}
            else:
                yield named | {"band": WORDS[part.name][chart.language], "place": place}
        if not bar.parts:
            yield {"key": bar.key, "label": bar.label, "percent": None, "said": bar.said, "band": None, "place": 0}
    if not chart.bars:
        yield {"said": chart.instead}


def _of_bands(chart: Chart) -> dict[str, Any]:
    return {
        "x": {
            "field": "percent",
            "type": "quantitative",
            "stack": "zero",
            "axis": {"title": "%", "values": [0, 25, 50, 75, 100]},
        },
        "color": {
            "field": "band",
            "type": "nominal",
            "scale": {
                "domain": [WORDS[band][chart.language] for band in BANDS],
                "range": [_COLOURS[band] for band in BANDS],
            },
            "legend": {"title": None},
        },
        "order": {"field": "place", "type": "quantitative"},
        "tooltip": [{"field": "label"}, {"field": "band"}, {"field": "said"}],
    }
