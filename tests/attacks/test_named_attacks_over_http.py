"""The attacks that need the whole service: rounds, answers, closing and results over HTTP."""

import asyncio
import itertools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col

from app.closing import close_due
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_release import ResultTable
from app.models.survey_round import SurveyRound
from app.services.ballot import new_token, token_hash
from app.services.survey_closing import Outcome
from tests.api.test_reports import HTML, PDF, SVG, VEGA_LITE, as_text
from tests.client import Client, Response
from tests.stories import Json, started_group, trail
from tests.survey_stories import an_instrument, open_round, units_of
from tests.tables import CSV, XLSX, get_csv, get_xlsx
from tests.world import World

RESPONSES = "/survey-responses"
MIXED = (5, 4, 4, 3, 2)


class Survey:
    """A round that both sides have opened, on the subunit with its own twelve and the units below it."""

    def __init__(self, world: World, group: Json, survey_round: Json, units: Mapping[str, UUID]) -> None:
        self.world, self.group, self.round, self.units = world, group, survey_round, units

    @property
    def path(self) -> str:
        return f"/survey-rounds/{self.round['id']}"

    @property
    def reader(self) -> Client:
        return self.world.employer_rep.client

    async def invite(self, unit: str, count: int) -> list[str]:
        tokens = [new_token() for _ in range(count)]
        rows = [
            SurveyInvitation(
                token_hash=token_hash(token), survey_round_id=UUID(self.round["id"]), unit_id=self.units[unit]
            )
            for token in tokens
        ]
        await self.world.add(*rows)
        return tokens

    async def answer(self, tokens: list[str]) -> None:
        for at, token in enumerate(tokens):
            value = MIXED[at % len(MIXED)]
            answers = {f"{key}{number}": value for key in "ABCDEF" for number in (1, 2, 3)} | {"S1": value}
            await self.world.nobody.signed_in(token).post(RESPONSES, {"answers": answers})

    async def close(self) -> dict[UUID, Outcome]:
        month = timedelta(days=30)
        moved = {
            column: sa.column(column, sa.DateTime(timezone=True)) - sa.literal(month, sa.Interval)
            for column in ("opens_at", "closes_at", "opened_at")
        }
        async with self.world.database.write() as session:
            await session.execute(
                sa.update(SurveyRound).where(col(SurveyRound.id) == UUID(self.round["id"])).values(**moved)
            )
        return await close_due(self.world.database, self.world.app.state.key_store, datetime.now(UTC))

    async def everything(self) -> dict[str, str]:
        """Every address of the round and its results that a party can read: text, ETag and length."""
        paths = [self.path, f"{self.path}/units", f"{self.path}/results", f"{self.path}/results/units?limit=100"]
        for unit in self.units.values():
            paths += [f"{self.path}/results/units/{unit}{part}" for part in ("", "/trend", "/benchmark")]
        read = {}
        for path in paths:
            response = await self.reader.request("GET", path)
            headers = {name: response.headers.get(name) for name in ("ETag", "Content-Length", "Link", "X-Total-Count")}
            body = response.json()
            body.pop("instance", None)
            body.pop("requestId", None)
            read[path] = json.dumps([response.status_code, headers, body], sort_keys=True)
        return read


async def a_survey(world: World, below: Mapping[str, int], **more: Any) -> Survey:
    group = await started_group(world)
    made = await units_of(world, below)
    survey_round = await open_round(world, group, instrument=await an_instrument(world), **more)
    units = {"rot": UUID(survey_round["rootUnitId"])} | {name: unit.id for name, unit in made.items()}
    return Survey(world, group, survey_round, units)


async def test_polling_during_the_round(world: World) -> None:
    """Every answer given changes nothing of what any address says, not its length and not its ETag."""
    survey = await a_survey(world, {"a": 10, "b": 10})
    tokens = await survey.invite("a", 8)
    before = await survey.everything()
    for token in tokens:
        await survey.answer([token])
        after = await survey.everything()
        assert {path for path in before if before[path] != after[path]} == set()


async def test_late_and_repeated_answers(world: World) -> None:
    """After closing none is taken, and one sent twice counts once: the release is the same with and without."""
    survey = await a_survey(world, {"a": 12})
    tokens = await survey.invite("a", 9)
    await survey.answer(tokens[:8])
    holder = world.nobody.signed_in(tokens[0])
    await holder.refused("POST", RESPONSES, 409, "surveyAlreadyAnswered", json={"answers": {"A1": 1}})
    assert (await survey.close())[UUID(survey.round["id"])] is Outcome.RELEASED
    released = await survey.everything()
    late = world.nobody.signed_in(tokens[8])
    await late.refused("POST", RESPONSES, 401, "surveyTokenUnknown", json={"answers": {"A1": 1}})
    assert await survey.everything() == released


async def test_closing_twice(world: World) -> None:
    survey = await a_survey(world, {"a": 12})
    await survey.answer(await survey.invite("a", 8))
    await survey.close()
    released = await survey.everything()
    again = await close_due(world.database, world.app.state.key_store, datetime.now(UTC) + timedelta(days=1))
    assert UUID(survey.round["id"]) not in again
    assert await survey.everything() == released
    with pytest.raises(sa.exc.DBAPIError):
        async with world.database.write() as session:
            await session.execute(sa.text("UPDATE survey_result SET content = '{}'"))


async def test_a_second_round_on_a_clone_or_a_part_of_those_asked(world: World) -> None:
    """Two results of nearly the same people would be told apart by those few who are in one of them alone."""
    survey = await a_survey(world, {"a": 12})
    await survey.answer(await survey.invite("a", 8))
    await survey.close()
    drafted = await world.employer_rep.client.post(
        f"/working-groups/{survey.group['id']}/survey-rounds",
        {
            "title": "En gång till",
            "instrumentId": str((await an_instrument(world)).id),
            "opensAt": datetime.now(UTC).isoformat(),
            "closesAt": (datetime.now(UTC) + timedelta(days=20)).isoformat(),
        },
    )
    path = f"/survey-rounds/{drafted['id']}"
    response = await world.saco_rep.client.request(
        "POST", f"{path}/transitions", json={"to": "proposed"}, etag=await world.saco_rep.client.etag(path)
    )
    if response.status_code == 201:
        proposed = await world.employer_rep.client.get(path)
        sent = {"decision": "approve", "contentHash": proposed["contentHash"]}
        etag = await world.employer_rep.client.etag(path)
        response = await world.employer_rep.client.request("POST", f"{path}/approvals", json=sent, etag=etag)
    assert (response.status_code, response.json()["code"]) == (409, "roundTooSoon")


async def test_the_threshold_lowered_by_one_party_or_after_opening(world: World) -> None:
    survey = await a_survey(world, {"a": 12})
    etag = await survey.reader.etag(survey.path)
    sent: dict[str, Any] = {"json": {"threshold": 5}, "etag": etag}
    await survey.reader.refused("PATCH", survey.path, 409, "roundNotDraft", **sent)
    assert (await survey.reader.get(survey.path))["threshold"] == survey.round["threshold"]


async def test_length_order_and_totals_of_what_is_suppressed(world: World) -> None:
    """Two units that are not shown, one without a single answer: alike in length, text and place in the list."""
    survey = await a_survey(world, {"aa": 12, "bb": 12, "cc": 12})
    await survey.answer(await survey.invite("aa", 9))
    await survey.answer(await survey.invite("bb", 4))
    await survey.answer(await survey.invite("rot", 8))
    await survey.close()
    listed = await survey.reader.get(f"{survey.path}/results/units?limit=100")
    items = next(value for value in listed.values() if isinstance(value, list))
    hidden = [each for each in items if each["status"] == "suppressed"]
    assert {each["unitId"] for each in hidden} >= {str(survey.units["bb"]), str(survey.units["cc"])}
    read = [
        await survey.reader.request("GET", f"{survey.path}/results/units/{survey.units[unit]}", expect=200)
        for unit in ("bb", "cc")
    ]
    assert len({each.headers["Content-Length"] for each in read}) == 1
    for each in read:
        assert "notEnoughAnswers" in each.text
    units = await survey.reader.get(f"{survey.path}/units?limit=100")
    in_tree = next(value for value in units.values() if isinstance(value, list))
    assert [each["unitId"] for each in items] == [each["unitId"] for each in in_tree]


async def test_the_old_round_after_units_were_moved_renamed_and_closed(world: World) -> None:
    """The tree of today is not the one that was asked: an old result read along it would be about other people."""
    survey = await a_survey(world, {"a": 12, "b": 12, "c": 12})
    for unit in ("a", "b"):
        await survey.answer(await survey.invite(unit, 9))
    await survey.close()
    released = await survey.everything()
    admin = world.administrator.client
    await admin.change(f"/units/{survey.units['a']}", {"parentId": str(survey.units["b"])})
    await admin.change(f"/units/{survey.units['b']}", {"name": "Ett annat namn", "headcount": 24})
    await admin.change(f"/units/{survey.units['c']}", {"validTo": datetime.now(UTC).date().isoformat()})
    assert await survey.everything() == released


async def test_both_sides_read_the_result_from_the_same_instant(world: World) -> None:
    """Asked in turn while the round closes, neither is ever told what the other is not."""
    survey = await a_survey(world, {"a": 12, "b": 12})
    for unit in ("a", "b"):
        await survey.answer(await survey.invite(unit, 9))
    closing = asyncio.create_task(survey.close())
    heard: list[Response] = []
    while not heard or heard[-1].status_code != 200:
        for reader in (world.employer_rep.client, world.saco_rep.client):
            heard += [await reader.request("GET", f"{survey.path}/results")]
    await closing
    statuses = [each.status_code for each in heard]
    assert statuses == sorted(statuses, reverse=True), "once one has been shown it, so is the other"
    assert set(statuses) == {409, 200}
    last = await world.employer_rep.client.request("GET", f"{survey.path}/results")
    assert {each.content for each in heard if each.status_code == 200} == {last.content}


async def test_one_view_for_both_sides(world: World) -> None:
    """The same bytes and the same ETag."""
    survey = await a_survey(world, {"a": 12})
    await survey.answer(await survey.invite("a", 9))
    await survey.close()
    for path in (f"{survey.path}/results", f"{survey.path}/results/units/{survey.units['a']}"):
        one, other = [await who.client.request("GET", path, expect=200) for who in (world.employer_rep, world.saco_rep)]
        assert (one.content, one.headers["ETag"]) == (other.content, other.headers["ETag"])


async def test_erased_answers(world: World) -> None:
    """No answer can be taken out, neither before closing nor after: two results that differ by one would tell it."""
    survey = await a_survey(world, {"a": 12})
    tokens = await survey.invite("a", 9)
    await survey.answer(tokens)
    for path in (RESPONSES, "/survey-forms/current", f"{survey.path}/results", survey.path):
        for caller in (world.nobody.signed_in(tokens[0]), survey.reader):
            assert (await caller.request("DELETE", path)).status_code == 405
    voided = await survey.reader.request(
        "DELETE", f"{survey.path}/units/{survey.units['a']}/invitations", etag=await survey.reader.etag(survey.path)
    )
    assert voided.status_code == 409, "answered invitations cannot be called back"
    await survey.close()
    released = await survey.everything()
    shown = await survey.reader.get(f"{survey.path}/results/units/{survey.units['a']}")
    assert shown["content"]["status"] == "published"
    # Somebody leaves and is deactivated; the people of the unit are fewer.
    await world.administrator.client.change(f"/people/{world.employee.id}", {"active": False})
    await survey.reader.change(f"/units/{survey.units['a']}", {"headcount": 8})
    assert await survey.everything() == released


async def test_a_benchmark_of_two_organisations(world: World) -> None:
    """With one other organisation in it, the benchmark would be that organisation's result."""
    instrument = await an_instrument(world)
    async with World(world.app) as another:
        surveys = []
        for there in (another, world):
            units = await units_of(there, {"a": 12})
            opened = await open_round(there, await started_group(there), instrument=instrument)
            survey = Survey(there, {}, opened, {"rot": UUID(opened["rootUnitId"]), "a": units["a"].id})
            await survey.answer(await survey.invite("a", 9))
            await survey.close()
            surveys.append(survey)
        for survey in surveys:
            read = await survey.reader.get(f"{survey.path}/results/units/{survey.units['rot']}/benchmark")
            assert read["benchmark"]["organisations"]["reason"] == "notEnoughOrganisations"
        # The second knows no more of the first than of one that never asked.
        assert str(another.organisation.id) not in json.dumps(await surveys[1].everything())
        for path in (surveys[0].path, f"{surveys[0].path}/results"):
            await surveys[1].reader.refused("GET", path, 404, "notFound")


async def test_timing_of_token_and_response(world: World) -> None:
    """Neither row says when it was written, and nothing else that is stored does for it."""
    survey = await a_survey(world, {"a": 12})
    tokens = await survey.invite("a", 2)
    clocks = "SELECT table_name, column_name FROM information_schema.columns WHERE data_type LIKE '%time%'"
    changed = "SELECT count(*) FROM {} WHERE {} BETWEEN :since AND clock_timestamp()"
    async with world.database.read() as session:
        timed = [tuple(row) for row in await session.execute(sa.text(f"{clocks} AND table_schema = 'public'"))]
    assert not {"survey_invitation", "sealed_response"} & {table for table, _ in timed}
    assert {"audit_entry", "survey_round"} <= {table for table, _ in timed}
    since = datetime.now(UTC)
    await survey.answer(tokens)
    async with world.database.read() as session:
        written = {
            (table, column): (await session.execute(sa.text(changed.format(table, column)), {"since": since})).scalar()
            for table, column in timed
        }
    assert len(written) > 50
    assert {where for where, count in written.items() if count} == set()


async def test_the_audit_counts_nobody(world: World) -> None:
    """What is kept about the round is what was done with it: nothing per answer, and no number of them."""
    trails = []
    async with World(world.app) as another:
        for there, count in ((world, 8), (another, 11)):
            survey = await a_survey(there, {"a": 12})
            await survey.answer(await survey.invite("a", count))
            await survey.close()
            entries = await trail(there.employer_rep, there, subjectId=survey.round["id"])
            trails.append([each["operation"] for each in entries])
    assert trails[0] == trails[1]
    assert "release_survey_round" in trails[0]
    assert not any("response" in operation or "answer" in operation for operation in trails[0])


async def test_no_other_form_says_more_than_the_released_one(world: World) -> None:
    """Metrics: what is not there cannot leak. Sheets and reports hold no figure that the released texts do not."""
    survey = await a_survey(world, {"a": 12, "b": 12})
    await survey.answer([*await survey.invite("a", 9), *await survey.invite("b", 3)])
    await survey.close()
    paths = [f"{survey.path}/results", *(f"{survey.path}/results/units/{unit}" for unit in survey.units.values())]
    released = [(await survey.reader.request("GET", path)).text for path in paths]
    # An id, a key, a hash or a moment would let any figure through by chance.
    ids, moments = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|prov-[0-9a-f]{8}|[0-9a-f]{64}", "[0-9-]{10}T[0-9:.]+Z"
    named = re.compile(f"{ids}|{moments}")
    bare = [named.sub(" ", text) for text in released]
    figures = {float(found) for text in bare for found in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", text)}
    assert len(figures) < 30, figures  # no sieve that lets everything through
    sheets = await get_xlsx(survey.reader, paths[0])
    sheets |= {table: await get_csv(survey.reader, f"{paths[0]}?table={table}") for table in ResultTable}
    cells = {value for rows in sheets.values() for row in rows for value in row.values()}
    numbers = {float(cell) for cell in cells if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", str(cell))}
    assert numbers
    assert numbers <= figures
    moment = r"\w+dag\s+[0-9]+\s+\w+\s+[0-9]{4}\s+kl\.\s+[0-9.]+\s+\(UTC\+[12]\)"
    for path, form in itertools.product(paths, (HTML, PDF)):
        page = await as_text(survey.reader, path, HTML)
        sums = ["[^0-9a-f]*".join(each) for each in re.findall("[0-9a-f]{64}", page)]
        said = page.rpartition("}")[2] if form == HTML else await as_text(survey.reader, path, PDF)
        said = re.sub("|".join([moment, "SHA-256", "[0-9a-f]+…", "Sida [0-9]+ av [0-9]+", *sums]), " ", said)
        told = {float(found.replace(",", ".")) for found in re.findall(r"[0-9]+(?:,[0-9]+)?", said)}
        assert len(told) > 3
        assert told <= figures | {0, 25, 50, 75, 100}, (path, form, told - figures)  # a chart's scale
    for path, chart in itertools.product(paths[1:2], ("indexes", "shares")):
        drawn = await survey.reader.request("GET", f"{path}?chart={chart}", headers={"Accept": VEGA_LITE})
        values = {each["percent"] for each in drawn.json()["data"]["values"]} - {None}
        assert values
        assert values <= figures
    document = world.app.openapi()
    results = {path: operations for path, operations in document["paths"].items() if "/results" in path}
    assert results
    for path, operations in results.items():
        files = {CSV, XLSX} if path == "/survey-rounds/{surveyRoundId}/results" else {SVG, VEGA_LITE}
        for answer in operations["get"]["responses"].values():
            assert set(answer.get("content", {"application/json": None})) <= {"application/json", HTML, PDF} | files
    others = [path for path in document["paths"] if path != "/people/{personId}/data-export"]  # of one's own data
    assert not any("metrics" in path or "export" in path for path in others)
