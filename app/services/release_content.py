"""What a release stores and sends: the figures of `release` with names, reasons, templates, and the hashes over all.

Each part is a text, RFC 8785 canonical JSON, that is sent as it is. A unit's hash is SHA-256 over its text; the
release's is over {"release": the round's part, "units": the units' hashes in the tree's order}.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785

from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.release_figures import HiddenReason, ResultStatus, ValueBound
from app.models.survey_round import SurveyRound, SurveyUnit
from app.models.template_content import LineTexts, Texts
from app.services import release_texts as texts
from app.services.content_hash import content_hash
from app.services.disclosure import Bound, Shown, index_shown
from app.services.release import Release
from app.services.release_figures import TOTAL
from app.services.release_measures import Content, Zones, index_content
from app.services.release_measures import Zone as ShownZone
from app.services.release_texts import Text
from app.services.scoring import Scheme

LEAST_ORGANISATIONS = 5

NO_EARLIER_RESULT: Text = {
    "sv": "Det finns inget tidigare resultat för enheten att jämföra med.",
    "en": "There is no earlier result of the unit to compare with.",
}
NO_UNIT_ABOVE: Text = {
    "sv": "Det finns ingen enhet ovanför i mätningen.",
    "en": "There is no unit above it in the round.",
}
WHOLE_ROUND: Text = {
    "sv": "Enheten är hela mätningen; det finns inga andra att jämföra med.",
    "en": "The unit is the whole round; there are no others to compare with.",
}
COMPARISON_SUPPRESSED: Text = {
    "sv": "Jämförelsen visas inte, till skydd för dem som har svarat.",
    "en": "The comparison is not shown, to protect those who answered.",
}
NOT_ENOUGH_ORGANISATIONS: Text = {
    "sv": "En jämförelse mellan organisationer visas först när minst fem andra har ett resultat och ingen av dem står "
    "för mer än hälften av svaren.",
    "en": "Organisations are compared only when at least five others have a result and none of them accounts for more "
    "than half of the answers.",
}
NO_ALPHA: Text = {"sv": "visas inte", "en": "not shown"}


@dataclass(frozen=True)
class Earlier:
    """What was kept of a unit in the latest earlier round of the same questionnaire, for its trend."""

    survey_round_id: UUID | None
    """With the title None for a round of another working group."""
    title: str | None
    released_at: datetime
    kept: Content


@dataclass(frozen=True)
class Surroundings:
    """What a release is made beside: the round, its questionnaire, and the world on the day it is released."""

    survey_round: SurveyRound
    instrument: Instrument
    content: InstrumentContent
    scheme: Scheme
    units: Sequence[SurveyUnit]
    """In the order of the tree."""
    earlier: Mapping[UUID, Earlier]
    organisations: Sequence[Content]
    """Of each other organisation the sums kept of its latest whole round, by dimension."""
    templates: Sequence[tuple[frozenset[str], Content]]
    """Published templates: the dimensions of the climate they serve, and how they are named."""


@dataclass(frozen=True)
class Part:
    """A text as it is stored and sent."""

    text: str
    content_hash: str
    published: bool = True


def part_of(content: Content, *, published: bool = True) -> Part:
    text = rfc8785.dumps(content)
    return Part(text.decode(), hashlib.sha256(text).hexdigest(), published)


def unit_parts(around: Surroundings, release: Release) -> Iterator[Part]:
    """Every unit's part in the order of the tree, one at a time: all of them are many times larger than the answers."""
    organisations = _organisations(around)
    for unit, figures in zip(around.units, release.units, strict=True):
        published = figures["status"] == ResultStatus.PUBLISHED
        content = {
            "surveyRoundId": str(around.survey_round.id),
            "unitId": str(unit.unit_id),
            "parentId": None if unit.parent_id is None else str(unit.parent_id),
            "name": unit.name,
            "validation": _plain(around.content.validation),
            **figures,
        }
        if published:
            content |= {
                "dimensions": [_with_reasons(each) for each in figures["dimensions"]],
                "total": _with_reasons(figures["total"]),
                "items": [_with_reasons(each) for each in figures["items"]],
                "standaloneItems": [_with_reasons(each) for each in figures["standaloneItems"]],
                "lowestDimensions": [_lowest(around, key) for key in figures["lowestDimensions"]],
                "benchmark": _benchmark(unit, figures["benchmark"], organisations),
                "trend": _trend(figures["trend"], around.earlier.get(unit.unit_id)),
            }
        yield part_of(content, published=published)


def whole_part(
    around: Surroundings, release: Release, hashes: Sequence[str], *, accounted_for: bool, now: datetime
) -> Part:
    """The round's part, with the hash over everything released."""
    survey_round, instrument, content = around.survey_round, around.instrument, around.content
    decided: Mapping[str, Any] = survey_round.content or {}
    root = next(figures for figures, unit in zip(release.units, around.units, strict=True) if unit.parent_id is None)
    whole = {
        "surveyRoundId": str(survey_round.id),
        "title": survey_round.title,
        "instrument": {
            "id": str(instrument.id),
            "key": instrument.key,
            "instrumentVersion": instrument.instrument_version,
            "contentHash": instrument.content_hash,
            "title": dict(content.title),
        },
        "validation": _plain(content.validation),
        "zones": [_plain(zone) for zone in content.scoring.zones],
        "zonesProvisional": content.scoring.zones_provisional,
        "threshold": survey_round.threshold,
        "rules": decided["rules"],
        "opensAt": _written(survey_round.opens_at),
        "closesAt": _written(survey_round.closes_at),
        "releasedAt": _written(now),
        "unitCount": len(around.units),
        "ballotsAccountedFor": accounted_for,
        "participation": _participation(root),
        "organisation": _organisation(around, release.organisation),
    }
    return Part(rfc8785.dumps(whole).decode(), content_hash({"release": whole, "units": list(hashes)}))


def names_of(content: InstrumentContent) -> dict[str, Text]:
    """What the questionnaire's dimensions and items are called, by key."""
    dimensions = {each.key: _in_both(each.name) for each in content.dimensions}
    return dimensions | {each.id: _in_both(each.text) for each in content.items}


def zones_of(content: InstrumentContent) -> Zones:
    """The questionnaire's neutral words for where an index lies."""
    scoring = content.scoring
    rising = tuple(ShownZone(each.key, each.from_index, _in_both(each.text)) for each in scoring.zones)
    return Zones(rising, scoring.zones_provisional)


def _in_both(text: Texts | LineTexts) -> Text:
    """A text in both languages; where it is not written in one, the other stands there."""
    return {"sv": text["sv"] or text["en"] or "", "en": text["en"] or text["sv"] or ""}


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _plain(shape: Any) -> Content:
    content: Content = shape.model_dump(mode="json", by_alias=True)
    return content


def _kept_back(reason: HiddenReason, text: Text) -> Content:
    return {"status": ResultStatus.SUPPRESSED.value, "reason": reason.value, "textAlternative": text}


# --- Why something is not shown ----------------------------------------------------------------------------------


def _with_reasons(measure: Content) -> Content:
    """With the reason for every part that is null. What is shown decides it alone, so that it tells nothing more."""
    absent = [part for part in ("bands", "points", "dontKnow") if part in measure and measure[part] is None]
    hidden = [{"part": part, "reason": HiddenReason.NOT_ENOUGH_ANSWERS.value} for part in absent]
    if "interval" in measure and measure["interval"] is None:
        hidden.append({"part": "interval", "reason": _why_no_interval(measure, measure["indexBound"])})
    if "favourableInterval" in measure and measure["favourableInterval"] is None:
        bands = measure["bands"]
        bound = ValueBound.ABOUT.value if bands is None else bands["favourable"]["bound"]
        reason = HiddenReason.NOT_ENOUGH_ANSWERS if bands is None else _why_no_interval(measure, bound)
        hidden.append({"part": "favourableInterval", "reason": reason})
    return measure | {"hiddenParts": hidden}


def _why_no_interval(measure: Content, bound: str) -> str:
    if bound != Bound.ABOUT:
        return HiddenReason.END_OF_SCALE.value
    if measure["nearlyEveryoneAnswered"]:
        return HiddenReason.NEARLY_EVERYONE_ANSWERED.value
    return HiddenReason.NOT_ENOUGH_ANSWERS.value


# --- A unit ------------------------------------------------------------------------------------------------------


def _lowest(around: Surroundings, key: str) -> Content:
    """A dimension, and the conversations that serve it."""
    dimension = next(each for each in around.content.dimensions if each.key == key)
    climate = dimension.climate_dimension
    serving = [named for dimensions, named in around.templates if climate is not None and climate.value in dimensions]
    return {"key": key, "climateDimension": climate and climate.value, "templates": serving}


def _benchmark(unit: SurveyUnit, benchmark: Content, organisations: Content) -> Content:
    parent, others = benchmark["parent"], benchmark["others"]
    shown = {"status": ResultStatus.PUBLISHED.value}
    alone = unit.parent_id is None
    no_parent = (
        _kept_back(HiddenReason.NO_UNIT_ABOVE, NO_UNIT_ABOVE)
        if alone
        else _kept_back(HiddenReason.NOT_ENOUGH_ANSWERS, COMPARISON_SUPPRESSED)
    )
    no_others = (
        _kept_back(HiddenReason.WHOLE_ROUND, WHOLE_ROUND)
        if alone
        else _kept_back(HiddenReason.NOT_ENOUGH_ANSWERS, COMPARISON_SUPPRESSED)
    )
    return {
        "parent": no_parent if parent is None else shown | parent,
        "others": no_others if others is None else shown | others,
        "organisations": organisations,
    }


def _trend(trend: Content | None, earlier: Earlier | None) -> Content:
    if trend is None or earlier is None:
        return _kept_back(HiddenReason.NO_EARLIER_RESULT, NO_EARLIER_RESULT)
    return {
        "status": ResultStatus.PUBLISHED.value,
        "earlierSurveyRoundId": None if earlier.survey_round_id is None else str(earlier.survey_round_id),
        "earlierTitle": earlier.title,
        "earlierReleasedAt": _written(earlier.released_at),
        **trend,
    }


def _organisations(around: Surroundings) -> Content:
    """R11: the others' answers together, dimension by dimension, where there are enough of them; in steps of five."""
    names = names_of(around.content)
    shown: list[tuple[str, Shown]] = []
    for key in around.scheme.dimensions:
        sums = [each[key] for each in around.organisations if key in each]
        counts = [each["n"] for each in sums]
        if len(sums) < LEAST_ORGANISATIONS or 2 * max(counts) > sum(counts):
            continue
        mean = sum(each["coded"] for each in sums) / sum(counts)
        index = (mean - around.scheme.low) * 100 / (around.scheme.high - around.scheme.low)
        shown.append((key, index_shown(index, 0)))
    if not shown:
        return _kept_back(HiddenReason.NOT_ENOUGH_ORGANISATIONS, NOT_ENOUGH_ORGANISATIONS)
    return {
        "status": ResultStatus.PUBLISHED.value,
        "dimensions": [{"key": key, **index_content(index)} for key, index in shown],
        "textAlternative": texts.joined(*(texts.compared(names[key], index) for key, index in shown), between="; "),
    }


# --- The whole round ---------------------------------------------------------------------------------------------


def _participation(root: Content) -> Content:
    if root["status"] != ResultStatus.PUBLISHED:
        return {name: root[name] for name in ("status", "reason", "textAlternative")}
    return {
        "status": ResultStatus.PUBLISHED.value,
        **root["participation"],
        "textAlternative": root["textAlternative"],
    }


def _organisation(around: Surroundings, organisation: Content) -> Content:
    if organisation["status"] != ResultStatus.PUBLISHED:
        return organisation
    names = names_of(around.content) | {TOTAL: texts.TOTAL_NAME}
    alphas = [_alpha(names[each["key"]], each["alpha"]) for each in organisation["reliability"]]
    listed = texts.joined(*alphas, between="; ")
    reliability = {
        "sv": f"Tillförlitlighet (Cronbachs alfa): {listed['sv']}.",
        "en": f"Reliability (Cronbach's alpha): {listed['en']}.",
    }
    straight = organisation["straightLining"]
    alike = None
    if straight is not None:
        share = texts.percent(Shown(straight["percent"], Bound(straight["bound"])))
        alike = {
            "sv": f"Svarade lika på påståenden som säger motsatta saker: {share['sv']}.",
            "en": f"Gave one and the same answer to statements that say opposite things: {share['en']}.",
        }
    return {
        "status": ResultStatus.PUBLISHED.value,
        "reliabilities": organisation["reliability"],
        "straightLining": straight,
        "textAlternative": texts.joined(reliability, alike),
    }


def _alpha(name: Text, alpha: float | None) -> Text:
    value = NO_ALPHA if alpha is None else {"sv": f"{alpha:.2f}".replace(".", ","), "en": f"{alpha:.2f}"}
    return {language: f"{name[language]} {value[language]}" for language in ("sv", "en")}
