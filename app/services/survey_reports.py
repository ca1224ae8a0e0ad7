"""A released result as a report for people: what is stored and nothing else, with charts, tables and the same in words.

Nothing is computed here. It is the same for everyone who may read the result.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.release_figures import ResultStatus
from app.models.survey_release import SurveyRelease, UnitChart
from app.services import survey_results, wall
from app.services.calendar import written_moment
from app.services.errors import Code, Refusal
from app.services.release_content import names_of
from app.services.release_texts import TOTAL_NAME, Text
from app.services.report_words import CHART, UNSHOWN
from app.services.report_words import RESULT as WORDS
from app.services.reports import Digest, Facts, Heading, Label, Part, Picture, Points, Report, Table, Words
from app.services.survey_charts import BANDS, Chart, as_svg, chart_of, number_said, share_said
from app.services.survey_results import Stored
from app.services.work import Work

MOST_UNITS = 100
"""In one report: some 300 pages."""

Content = Mapping[str, Any]

_INSTRUMENT = (
    sa.select(col(Instrument.content))
    .join(SurveyRelease, col(SurveyRelease.instrument_id) == col(Instrument.id))
    .where(col(SurveyRelease.survey_round_id) == sa.bindparam("round_id", type_=sa.Uuid))
)


@dataclass(frozen=True)
class GatheredResult:
    """What was released of a round, or of one of its units, and what dimensions and statements are called."""

    whole: Content
    units: Sequence[tuple[Content, str]]
    """The units that are told of, each with its hash."""
    content_hash: str
    names: Mapping[str, Text]


async def gather(work: Work, round_id: UUID) -> GatheredResult:
    """All of the round. Wants a transaction."""
    whole = await survey_results.read(work, round_id)
    if json.loads(whole.text)["unitCount"] > MOST_UNITS:
        raise Refusal(Code.SELECTION_TOO_LARGE)
    release = await survey_results.read_all(work, round_id)
    return await _named(work, round_id, whole, release.units, whole.content_hash)


async def gather_unit(work: Work, round_id: UUID, unit_id: UUID) -> GatheredResult:
    """One unit of it. Wants a transaction."""
    unit = await survey_results.read_unit(work, "read_unit_result", round_id, unit_id)
    whole = await survey_results.read(work, round_id)
    return await _named(work, round_id, whole, [unit], unit.content_hash)


async def _named(
    work: Work, round_id: UUID, whole: Stored, units: Sequence[Stored], content_hash: str
) -> GatheredResult:
    # A service client does not see every questionnaire. What is taken of it the result says too, in its words.
    async with wall.beyond(work.session):
        content = (await work.session.execute(_INSTRUMENT, {"round_id": round_id})).scalar_one()
    names = names_of(InstrumentContent.model_validate(content))
    read = [(json.loads(each.text), each.content_hash) for each in units]
    return GatheredResult(json.loads(whole.text), read, content_hash, names)


def report(gathered: GatheredResult, language: Language) -> Report:
    """The whole round, or what was gathered of it, in one language."""
    alone = len(gathered.units) == 1 and gathered.whole["unitCount"] > 1
    title = gathered.units[0][0]["name"] if alone else gathered.whole["title"]
    subject = WORDS["unit_result" if alone else "result"][language]
    return Report(
        title=title,
        subject=subject,
        mark=f"{subject} · SHA-256 {gathered.content_hash[:16]}…",
        language=language,
        moment=datetime.fromisoformat(gathered.whole["releasedAt"]),
        parts=list(_parts(gathered, alone, language)),
    )


def chart(gathered: GatheredResult, kind: UnitChart, language: Language) -> Chart:
    """A chart of the one unit that was gathered."""
    ((content, content_hash),) = gathered.units
    return chart_of(content, content_hash, gathered.names, kind, language)


def _parts(gathered: GatheredResult, alone: bool, language: Language) -> Iterator[Part]:
    whole, said = gathered.whole, language.value
    yield Words(WORDS["intro"][language])
    yield Words(whole["validation"]["text"][said])
    yield Facts(list(_facts(whole, language)))
    yield from _zones(whole, language)
    if not alone:
        yield Words(whole["organisation"]["textAlternative"][said])
    called = {content["unitId"]: content["name"] for content, _hash in gathered.units}
    for content, content_hash in gathered.units:
        if not alone:
            yield Heading(content["name"])
            above = called.get(content["parentId"])
            if above is not None:
                yield Facts([(WORDS["within"][language], above)])
        yield Words(content["textAlternative"][said])
        if content["status"] == ResultStatus.PUBLISHED:
            yield from _unit(gathered, content, content_hash, 2 if alone else 3, language)
    yield Heading(WORDS["hashes"][language])
    yield Digest(gathered.content_hash)


def _facts(whole: Content, language: Language) -> Iterator[tuple[str, str]]:
    instrument = whole["instrument"]
    titles = instrument["title"]
    title = titles[language.value] or titles["sv"] or titles["en"]
    opens, closes, released = (datetime.fromisoformat(whole[each]) for each in ("opensAt", "closesAt", "releasedAt"))
    yield WORDS["round"][language], whole["title"]
    yield WORDS["instrument"][language], f"{title} ({WORDS['version'][language]} {instrument['instrumentVersion']})"
    yield WORDS["answered"][language], f"{written_moment(opens, language)} – {written_moment(closes, language)}"
    yield WORDS["released"][language], written_moment(released, language)
    yield WORDS["threshold"][language], WORDS["at_least"][language].format(whole["threshold"])
    yield WORDS["units"][language], str(whole["unitCount"])
    yield WORDS["participation"][language], whole["participation"]["textAlternative"][language.value]


def _zones(whole: Content, language: Language) -> Iterator[Part]:
    if whole["zones"]:
        named = [
            (WORDS["from"][language].format(zone["fromIndex"]), _in(zone["text"], language)) for zone in whole["zones"]
        ]
        yield Label(WORDS["provisional_zones" if whole["zonesProvisional"] else "zones"][language])
        yield Facts(named)


def _in(text: Content, language: Language) -> str:
    """In the language, or in the other where it is not written in this one."""
    return str(text[language.value] or text["sv"] or text["en"])


def _unit(
    gathered: GatheredResult, content: Content, content_hash: str, level: int, language: Language
) -> Iterator[Part]:
    """A published unit: charts with their tables, statements, comparisons, what a conversation can begin with."""
    for chart, table in ((UnitChart.INDEXES, _index_table), (UnitChart.SHARES, _share_table)):
        drawn = chart_of(content, content_hash, gathered.names, chart, language)
        yield Heading(WORDS["dimensions" if chart is UnitChart.INDEXES else "spread"][language], level)
        yield Picture(as_svg(drawn, titled=False), CHART[chart][language], drawn.instead)
        yield table(gathered, content, language)
        if chart is UnitChart.INDEXES:
            yield Words(content["total"]["textAlternative"][language.value])
    yield Heading(WORDS["statements"][language], level)
    yield _statements(gathered, content, language)
    on_scale = list(_on_scale(gathered, content, language))
    if on_scale:
        columns = [WORDS[name][language] for name in ("statement", "on_scale")]
        yield Table(WORDS["on_scale"][language], columns, on_scale, (1, 1))
    if content["standaloneItems"]:
        yield Label(WORDS["standing_alone"][language])
        yield Points([each["textAlternative"][language.value] for each in content["standaloneItems"]])
    yield Heading(WORDS["compared"][language], level)
    yield Facts(
        [
            (WORDS[each][language], content["benchmark"][each]["textAlternative"][language.value])
            for each in ("parent", "others", "organisations")
        ]
    )
    yield Heading(WORDS["trend"][language], level)
    yield from _trend(content["trend"], language)
    yield Heading(WORDS["templates"][language], level)
    yield Words(WORDS["templates_for"][language])
    yield Facts(list(_templates(gathered, content, language)))


def _hidden(measure: Content, part: str, language: Language) -> str:
    reason = next(each["reason"] for each in measure["hiddenParts"] if each["part"] == part)
    return UNSHOWN[reason][language]


def _index_table(gathered: GatheredResult, content: Content, language: Language) -> Table:
    zones = {zone["key"]: _in(zone["text"], language) for zone in gathered.whole["zones"]}
    rows = []
    for each, name in [
        *((each, gathered.names[each["key"]]) for each in content["dimensions"]),
        (content["total"], TOTAL_NAME),
    ]:
        span = each["interval"]
        rows.append(
            (
                name[language.value],
                number_said(each["index"], each["indexBound"], language),
                f"{span['low']}–{span['high']}" if span else _hidden(each, "interval", language),
                zones[each["zone"]["key"]] if each["zone"] else "–",
            )
        )
    columns = [WORDS[name][language] for name in ("dimension", "index", "interval", "zone")]
    return Table(_as_table("indexes", language), columns, rows, (4, 2, 3, 4))


def _as_table(chart: str, language: Language) -> str:
    return CHART["as_table"][language].format(CHART[chart][language])


def _share_table(gathered: GatheredResult, content: Content, language: Language) -> Table:
    rows = [
        (gathered.names[each["key"]][language.value], *_shares(each["bands"], language))
        for each in content["dimensions"]
    ]
    columns = [WORDS["dimension"][language], *(_capital(CHART[band][language]) for band in BANDS)]
    return Table(_as_table("shares", language), columns, rows, (4, 3, 3, 3))


def _shares(bands: Content | None, language: Language) -> list[str]:
    if bands is None:
        return [CHART["hidden"][language]] * len(BANDS)
    return [share_said(bands[band], language) for band in BANDS]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _statements(gathered: GatheredResult, content: Content, language: Language) -> Table:
    rows = []
    for each in content["items"]:
        unknown = share_said(each["dontKnow"], language)
        if any(hidden["part"] == "dontKnow" for hidden in each["hiddenParts"]):
            unknown = CHART["hidden"][language]
        rows.append((gathered.names[each["key"]][language.value], *_shares(each["bands"], language), unknown))
    columns = [
        WORDS["statement"][language],
        *(_capital(CHART[band][language]) for band in BANDS),
        WORDS["dont_know"][language],
    ]
    return Table(WORDS["spread"][language], columns, rows, (7, 3, 3, 3, 3))


def _on_scale(gathered: GatheredResult, content: Content, language: Language) -> Iterator[tuple[str, str]]:
    for each in content["items"]:
        if each["points"] is not None:
            said = [f"{point['value']}: {share_said(point, language)}" for point in each["points"]]
            yield gathered.names[each["key"]][language.value], ", ".join(said)


def _trend(trend: Content, language: Language) -> Iterator[Part]:
    if trend["status"] == ResultStatus.SUPPRESSED:
        yield Words(trend["textAlternative"][language.value])
        return
    released = written_moment(datetime.fromisoformat(trend["earlierReleasedAt"]), language)
    named = trend["earlierTitle"]
    yield Facts([(WORDS["earlier"][language], f"{named} ({released})" if named else released)])
    yield Points([each["textAlternative"][language.value] for each in trend["dimensions"]])


def _templates(gathered: GatheredResult, content: Content, language: Language) -> Iterator[tuple[str, str]]:
    for each in content["lowestDimensions"]:
        titles = [_in(template["title"], language) for template in each["templates"]]
        yield gathered.names[each["key"]][language.value], ", ".join(titles) or WORDS["no_template"][language]
