"""Released results and the keys that release them, over HTTP."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated

import rfc8785
from fastapi import Path, Query, Response

from app.api import report_files
from app.api.answers import kept, kept_file, listed, page_of, single
from app.api.dependencies import Call, Creating, Reading, key_store_of
from app.api.exports import documented, format_of, name_of, written
from app.api.file_turns import Export, Exporting
from app.api.negotiation import CSV, HTML, JSON, PDF, SVG, VEGA_LITE, XLSX
from app.api.operations import router_of
from app.api.paging import After, ByTree, Limit, PageNumber, asked
from app.api.survey_rounds import SurveyRoundId
from app.models.bounds import LARGEST_FILE
from app.models.columns import Id
from app.models.survey_release import (
    ResultTable,
    SurveyResultItem,
    SurveyResultsRead,
    UnitBenchmarkRead,
    UnitChart,
    UnitResultRead,
    UnitTrendRead,
)
from app.models.survey_unlock import SurveyUnlockCreate, SurveyUnlocksRead
from app.services import survey_reports, survey_results, survey_unlocks
from app.services.survey_charts import as_svg, as_vega_lite
from app.services.survey_result_tables import tables

router = router_of("survey-results")

_FILES = documented(
    '"unitId";"parentId";"name";"status"\r\n"019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b";"";"Provtagning";"suppressed"\r\n'
)
_CHARTS = {
    SVG: {
        "schema": {
            "type": "string",
            "maxLength": LARGEST_FILE,
            "description": "A chart by itself, with the same in words, in the language of Accept-Language.",
        },
        "example": '<svg xmlns="http://www.w3.org/2000/svg" lang="sv" role="img"><title>Provtagning</title></svg>',
    },
    VEGA_LITE: {"schema": {"$ref": "#/components/schemas/VegaLite"}},
}
UnitId = Annotated[Id, Path(alias="unitId", description="The unit, as it was in the round.")]


def _unlocks(call: Call, unlocks: SurveyUnlocksRead, status: int = 200) -> Response:
    return single(call.request, unlocks, f"/survey-rounds/{unlocks.id}/unlocks", status=status)


@router.get(
    "/survey-rounds/{surveyRoundId}/results",
    response_model=SurveyResultsRead,
    responses={200: {"content": {**_FILES[200]["content"], **report_files.documented("Everything, with charts.")}}},
    summary="Read a round's result",
)
async def read_survey_results(
    asking: Export,
    survey_round_id: SurveyRoundId,
    table: Annotated[
        ResultTable | None, Query(description="For CSV alone: which table. The measures, when none is named.")
    ] = None,
) -> Response:
    """What holds for the whole round: the questionnaire, whether it is validated, the threshold, participation. It is
    released to both sides in the same instant and never changes.

    As CSV or XLSX everything that was released, a row for each unit and measure in the order of the tree. A suppressed
    unit is a row that says so. As HTML or PDF a report with charts, tables and the same in words, for rounds of at most
    100 units; of larger ones each unit has its own.
    """
    media_type = format_of(asking.request, (JSON, CSV, XLSX, HTML, PDF), {"table": (CSV,)})
    if media_type == JSON:
        async with asking.call() as call:
            stored = await survey_results.read(call.work, survey_round_id)
        members = {"surveyRoundId": str(survey_round_id), "contentHash": stored.content_hash}
        return kept(call.request, members, "content", stored.text, f"/survey-rounds/{survey_round_id}/results")
    if media_type in {HTML, PDF}:
        return await _report(asking, survey_reports.gather, media_type, "survey-results", survey_round_id)
    async with asking.turn():
        async with asking.call() as call:
            release = await survey_results.read_all(call.work, survey_round_id)
        content = await written(lambda: tables(release), media_type, table)
    return kept_file(asking.request, content, media_type, name_of("survey-results", media_type, table))


@router.get(
    "/survey-rounds/{surveyRoundId}/results/units",
    response_model=page_of(SurveyResultItem),
    summary="List the units of a round's result",
)
async def list_unit_results(
    call: Reading,
    survey_round_id: SurveyRoundId,
    sort: ByTree = "position",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Every unit of the round in the order of its tree, and whether its result is shown. None is ranked."""
    request = asked(page, limit, after, sort)
    found = await survey_results.list_units(call.work, survey_round_id, request)
    return listed(call, SurveyResultItem, found, request)


@router.get(
    "/survey-rounds/{surveyRoundId}/results/units/{unitId}",
    response_model=UnitResultRead,
    responses={200: {"content": {**report_files.documented("With charts."), **_CHARTS}}},
    summary="Read a unit's result",
)
async def read_unit_result(
    asking: Export,
    survey_round_id: SurveyRoundId,
    unit_id: UnitId,
    chart: Annotated[
        UnitChart | None,
        Query(description="For SVG and Vega-Lite alone: which chart. The indexes, when none is named."),
    ] = None,
) -> Response:
    """The unit with everyone in the units below it: figures, the same in words, what they can be held against, and
    templates for a conversation about the lowest dimensions. A suppressed unit says that it is, and why.

    As HTML or PDF a report with charts; as SVG or Vega-Lite one of its charts, to put into a page. Nothing is ranked,
    and no colour says that a value is good or bad.
    """
    of_charts = (SVG, VEGA_LITE)
    media_type = format_of(asking.request, (JSON, HTML, PDF, *of_charts), {"chart": of_charts})
    if media_type in of_charts:
        return await _chart(asking, survey_round_id, unit_id, chart or UnitChart.INDEXES, media_type)
    if media_type != JSON:
        return await _report(asking, survey_reports.gather_unit, media_type, "unit-result", survey_round_id, unit_id)
    async with asking.call() as call:
        stored = await survey_results.read_unit(call.work, "read_unit_result", survey_round_id, unit_id)
    members = {"surveyRoundId": str(survey_round_id), "unitId": str(unit_id), "contentHash": stored.content_hash}
    path = f"/survey-rounds/{survey_round_id}/results/units/{unit_id}"
    return kept(asking.request, members, "content", stored.text, path)


async def _report(
    asking: Exporting,
    gather: Callable[..., Awaitable[survey_reports.GatheredResult]],
    media_type: str,
    name: str,
    *ids: Id,
) -> Response:
    language = report_files.language_of(asking.request)
    async with asking.turn():
        # In one transaction, for the service steps out of what a service client sees otherwise.
        async with asking.reading() as call:
            gathered = await gather(call.work, *ids)
        return await report_files.reported(
            asking.request, lambda: survey_reports.report(gathered, language), 1, media_type, name
        )


async def _chart(asking: Exporting, survey_round_id: Id, unit_id: Id, chart: UnitChart, media_type: str) -> Response:
    language = report_files.language_of(asking.request)
    async with asking.reading() as call:
        gathered = await survey_reports.gather_unit(call.work, survey_round_id, unit_id)
    drawn = survey_reports.chart(gathered, chart, language)
    content = as_svg(drawn) if media_type == SVG else json.dumps(as_vega_lite(drawn), ensure_ascii=False)
    name = f"{chart}.svg" if media_type == SVG else f"{chart}.vl.json"
    return kept_file(asking.request, content.encode(), media_type, name, language)


@router.get(
    "/survey-rounds/{surveyRoundId}/results/units/{unitId}/trend",
    response_model=UnitTrendRead,
    summary="Read a unit's trend",
)
async def read_unit_trend(call: Reading, survey_round_id: SurveyRoundId, unit_id: UnitId) -> Response:
    """Since the latest earlier round of the same questionnaire in which the unit was published. Part of the unit's
    released result."""
    stored = await survey_results.read_unit(call.work, "read_unit_trend", survey_round_id, unit_id)
    return _part(call, survey_round_id, unit_id, "trend", stored.text)


@router.get(
    "/survey-rounds/{surveyRoundId}/results/units/{unitId}/benchmark",
    response_model=UnitBenchmarkRead,
    summary="Read what a unit's result can be held against",
)
async def read_unit_benchmark(call: Reading, survey_round_id: SurveyRoundId, unit_id: UnitId) -> Response:
    """The unit above, the others in the round, and other organisations together, each where nobody can be singled out.
    Part of the unit's released result."""
    stored = await survey_results.read_unit(call.work, "read_unit_benchmark", survey_round_id, unit_id)
    return _part(call, survey_round_id, unit_id, "benchmark", stored.text)


def _part(call: Call, survey_round_id: Id, unit_id: Id, name: str, text: str) -> Response:
    """A member of the unit's content by itself; of a suppressed unit, that it is."""
    content = json.loads(text)
    suppressed = {each: content[each] for each in ("status", "reason", "textAlternative") if each in content}
    members = {"surveyRoundId": str(survey_round_id), "unitId": str(unit_id), "validation": content["validation"]}
    part = rfc8785.dumps(content.get(name, suppressed)).decode()
    path = f"/survey-rounds/{survey_round_id}/results/units/{unit_id}/{name}"
    return kept(call.request, members, name, part, path)


@router.get(
    "/survey-rounds/{surveyRoundId}/unlocks", response_model=SurveyUnlocksRead, summary="Read who has handed in keys"
)
async def read_survey_unlocks(call: Reading, survey_round_id: SurveyRoundId) -> Response:
    """In two-key mode: which sides have handed in the keys that open the answers, once the round has closed."""
    return _unlocks(call, await survey_unlocks.read(call.work, survey_round_id, key_store_of(call)))


@router.post(
    "/survey-rounds/{surveyRoundId}/unlocks",
    response_model=SurveyUnlocksRead,
    status_code=201,
    summary="Hand in a side's key",
)
async def unlock_survey_round(call: Creating, survey_round_id: SurveyRoundId, unlock: SurveyUnlockCreate) -> Response:
    """In two-key mode, after the closing time: your side's 24 words. When both sides have handed in theirs, the answers
    are opened and the result is released to both, as a rule within a minute."""
    store = key_store_of(call)
    made = await call.once(
        lambda: survey_unlocks.unlock(call.work, survey_round_id, store, unlock),
        lambda work, round_id: survey_unlocks.read(work, round_id, store),
    )
    return _unlocks(call, made, 201)
