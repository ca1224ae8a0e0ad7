"""A released result as tables: nothing but what is stored, in the order of the round's tree.

Nothing is computed, ordered or left out by what the figures say. A suppressed unit is a row that says so and why. Words
for those who do not see a chart, and recommended templates, are in the JSON.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from app.models.survey_release import ResultTable
from app.services.survey_results import WholeRelease
from app.services.table_writing import Cell, Sheet

_Content = dict[str, Any]
_Rows = Callable[[_Content], Iterator[Sequence[Cell]]]

_UNIT = ("unitId", "parentId", "name", "status", "reason", "validated")
_SHARES = ("favourable", "neutral", "unfavourable")
_HIDDEN = ("interval", "favourableInterval", "bands", "points", "dontKnow")
_MEASURES = (
    ("dimension", "dimensions"),
    ("total", "total"),
    ("item", "items"),
    ("standaloneItem", "standaloneItems"),
)


def tables(release: WholeRelease) -> list[Sheet]:
    """All tables, in the order of ResultTable. What is stored is read again for each: it may be much."""

    def rows(of: _Rows) -> Iterator[Sequence[Cell]]:
        return (row for unit in release.units for row in of(json.loads(unit.text)))

    return [
        Sheet(
            ResultTable.MEASURES.value,
            (
                *(*_UNIT, "kind", "key", "index", "indexBound", "zone", "zoneProvisional"),
                *("intervalLow", "intervalHigh", "nearlyEveryoneAnswered"),
                *(f"{share}{part}" for share in _SHARES for part in ("Percent", "Bound")),
                *("favourableIntervalLow", "favourableIntervalHigh", "dontKnowPercent", "dontKnowBound"),
                *(f"{part}HiddenReason" for part in _HIDDEN),
            ),
            rows(_measures),
        ),
        Sheet(
            ResultTable.UNITS.value,
            (
                *(*_UNIT, "respondentsFrom", "respondentsTo", "participationPercent", "participationBound"),
                *("nonResponseNotCovered", "contentHash"),
            ),
            ((*row, unit.content_hash) for unit in release.units for row in _units(json.loads(unit.text))),
        ),
        Sheet(ResultTable.POINTS.value, ("unitId", "kind", "key", "value", "percent", "bound"), rows(_points)),
        Sheet(
            ResultTable.COMPARISONS.value,
            ("unitId", "comparedWith", "status", "reason", "kind", "key", "index", "indexBound"),
            rows(_comparisons),
        ),
        Sheet(
            ResultTable.TRENDS.value,
            (
                *("unitId", "status", "reason", "earlierSurveyRoundId", "earlierTitle", "earlierReleasedAt"),
                *("key", "change"),
            ),
            rows(_trends),
        ),
        Sheet(
            ResultTable.ROUND.value,
            (
                *("surveyRoundId", "title", "instrumentId", "instrumentKey", "instrumentVersion"),
                *("instrumentContentHash", "validated", "zonesProvisional", *_ROUND),
                *("participationStatus", "participationReason", "participationPercent", "participationBound"),
                *("organisationStatus", "organisationReason", "straightLiningPercent", "straightLiningBound"),
                "contentHash",
            ),
            _round(json.loads(release.whole.text), release.whole.content_hash),
        ),
        Sheet(ResultTable.RELIABILITIES.value, ("key", "alpha"), _reliabilities(json.loads(release.whole.text))),
    ]


def _unit(content: _Content) -> tuple[Cell, ...]:
    validated = content["validation"]["validated"]
    return (*(content.get(name) for name in _UNIT[:-1]), validated)


def _measures_of(content: _Content) -> Iterator[tuple[str, _Content]]:
    """Of what is published or compared: each measure with its kind, in the questionnaire's order."""
    for kind, part in _MEASURES:
        found = content.get(part, [])
        for measure in found if isinstance(found, list) else [found]:
            yield kind, measure


def _measures(content: _Content) -> Iterator[Sequence[Cell]]:
    unit = _unit(content)
    if content["status"] == "suppressed":
        yield (*unit, *(None,) * 24)
        return
    for kind, measure in _measures_of(content):
        zone, bands = measure.get("zone") or {}, measure.get("bands") or {}
        hidden = {each["part"]: each["reason"] for each in measure["hiddenParts"]}
        yield (
            *(*unit, kind, measure["key"], measure.get("index"), measure.get("indexBound")),
            *(zone.get("key"), zone.get("provisional")),
            *(*_span(measure.get("interval")), measure.get("nearlyEveryoneAnswered")),
            *(cell for name in _SHARES for cell in _share(bands.get(name))),
            *(*_span(measure.get("favourableInterval")), *_share(measure.get("dontKnow"))),
            *(hidden.get(part) for part in _HIDDEN),
        )


def _units(content: _Content) -> Iterator[Sequence[Cell]]:
    respondents = content.get("respondents") or {}
    yield (
        *(*_unit(content), respondents.get("from"), respondents.get("to"), *_share(content.get("participation"))),
        content.get("nonResponseNotCovered"),
    )


def _points(content: _Content) -> Iterator[Sequence[Cell]]:
    for kind, measure in _measures_of(content):
        for point in measure.get("points") or ():
            yield content["unitId"], kind, measure["key"], point["value"], point["percent"], point["bound"]


def _comparisons(content: _Content) -> Iterator[Sequence[Cell]]:
    for name, compared in content.get("benchmark", {}).items():
        status = (content["unitId"], name, compared["status"], compared.get("reason"))
        if compared["status"] == "suppressed":
            yield (*status, None, None, None, None)
        for kind, measure in _measures_of(compared):
            yield (*status, kind, measure["key"], measure["index"], measure["indexBound"])


def _trends(content: _Content) -> Iterator[Sequence[Cell]]:
    trend = content.get("trend")
    if trend is None:
        return
    if trend["status"] == "suppressed":
        yield content["unitId"], trend["status"], trend["reason"], *(None,) * 5
        return
    earlier = (trend["earlierSurveyRoundId"], trend["earlierTitle"], trend["earlierReleasedAt"])
    for each in trend["dimensions"]:
        yield content["unitId"], each["status"], None, *earlier, each["key"], each["change"]


_ROUND = ("threshold", "rules", "opensAt", "closesAt", "releasedAt", "unitCount", "ballotsAccountedFor")


def _round(content: _Content, content_hash: str) -> Iterator[Sequence[Cell]]:
    instrument, participation, organisation = (
        content[part] for part in ("instrument", "participation", "organisation")
    )
    yield (
        *(content["surveyRoundId"], content["title"]),
        *(instrument[name] for name in ("id", "key", "instrumentVersion", "contentHash")),
        *(content["validation"]["validated"], content["zonesProvisional"], *(content[name] for name in _ROUND)),
        *(participation["status"], participation.get("reason")),
        *(_share(participation) if participation["status"] == "published" else (None, None)),
        *(organisation["status"], organisation.get("reason"), *_share(organisation.get("straightLining"))),
        content_hash,
    )


def _reliabilities(content: _Content) -> Iterator[Sequence[Cell]]:
    for each in content["organisation"].get("reliabilities", ()):
        yield each["key"], each["alpha"]


def _span(span: _Content | None) -> tuple[Cell, Cell]:
    return (None, None) if span is None else (span["low"], span["high"])


def _share(share: _Content | None) -> tuple[Cell, Cell]:
    return (None, None) if share is None else (share["percent"], share["bound"])
