"""Answering a survey: what is taken, what is refused, and that nothing of it can be seen or tied to anybody."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from fastapi import FastAPI
from sqlmodel import SQLModel

from app import logs
from app.database import DatabaseAway
from app.main import MAX_SURVEY_RESPONSE_BYTES, create_app
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_round import SurveyRoundState
from app.services import ballot, survey_answers, survey_forms
from app.services.ballot import SEAL_BYTES, Ballot
from app.services.scoring import DONT_KNOW, SKIPPED
from tests.client import BASE, Client, client_for
from tests.conftest import settings_for
from tests.database import Database
from tests.survey_ballots import ITEMS, QUESTION, SurveyStage, instrument_content, open_round

FORM, RESPONSES = "/survey-forms/current", "/survey-responses"
GOOD = {"answers": {"A1": 4}}
NOW = datetime.now(UTC)


@pytest.fixture
async def stage(database: Database) -> SurveyStage:
    stage = await open_round(database, free_text=True)
    await stage.invite(2)
    return stage


@pytest.fixture
def holder(client: Client, stage: SurveyStage) -> Client:
    """Whoever holds the first token."""
    return client.signed_in(stage.tokens[0])


async def assert_usable(holder: Client, stage: SurveyStage) -> None:
    """Nothing was stored or used up, and the token still answers."""
    assert (await stage.boxes(), await stage.used()) == ([], set())
    await holder.post(RESPONSES, GOOD)
    assert (len(await stage.boxes()), len(await stage.used())) == (1, 1)


# --- What is taken -------------------------------------------------------------------------------------------------


async def test_what_is_sent_is_what_the_key_opens(holder: Client, stage: SurveyStage) -> None:
    sent = {
        "answers": {"A1": 1, "B1": 5, "C1": "dontKnow", "D1": None, "G1": 3},
        "texts": {QUESTION: "  Tid att prova 🙂\n"},
    }
    thanks = await holder.post(RESPONSES, sent)
    assert set(thanks) == {"sv", "en"}
    said = {"A1": 1, "B1": 5, "C1": DONT_KNOW, "G1": 3}
    assert await stage.ballots() == [
        Ballot(1, tuple(said.get(each, SKIPPED) for each in ITEMS), ("Tid att prova 🙂",)),
    ]
    assert await stage.used() == {ballot.token_hash(stage.tokens[0])}


@pytest.mark.parametrize(
    "sent",
    [
        {"answers": {"A1": 1}},
        {"answers": {"A1": "dontKnow"}},
        {"answers": {}, "texts": {QUESTION: "Bara ord."}},
        {"answers": {"A1": None}, "texts": {QUESTION: "x" * 200}},
        {"answers": dict.fromkeys(ITEMS, 5), "texts": {QUESTION: None}},
        {"answers": dict.fromkeys(ITEMS, 5), "texts": {QUESTION: "🙂" * 200}},
    ],
)
async def test_one_answer_of_any_kind_is_enough(holder: Client, stage: SurveyStage, sent: Any) -> None:
    await holder.post(RESPONSES, sent)
    assert len(await stage.ballots()) == 1


async def test_the_token_may_stand_in_the_body(client: Client, stage: SurveyStage) -> None:
    first, second = stage.tokens
    await client.post(RESPONSES, GOOD | {"token": first})
    await client.signed_in(second).refused("POST", RESPONSES, 422, "surveyTokensDiffer", json=GOOD | {"token": first})
    assert len(await stage.boxes()) == 1
    await client.signed_in(second).post(RESPONSES, GOOD | {"token": second})
    assert len(await stage.boxes()) == 2


async def test_everybody_is_thanked_with_the_same_bytes(client: Client, database: Database) -> None:
    heard = set()
    for more in ({}, {"two_keys": True}, {"free_text": True}):
        stage = await open_round(database, **more)
        for unit, sent in ((0, GOOD), (1, {"answers": dict.fromkeys(ITEMS, 2)})):
            (token,) = await stage.invite(1, unit=unit)
            tag = {"Accept-Language": "en" if unit else "sv"}
            response = await client.signed_in(token).request("POST", RESPONSES, json=sent, headers=tag, expect=201)
            drawn = {"traceparent", "x-request-id"}
            headers = tuple((name, value) for name, value in response.headers.items() if name not in drawn)
            heard.add((response.content, headers))
    assert len(heard) == 1
    assert {name for name, _ in headers}.isdisjoint({"location", "set-cookie", "etag"})
    assert dict(headers)["cache-control"] == "no-store"


async def test_boxes_of_a_round_are_equally_long_whatever_is_in_them(client: Client, stage: SurveyStage) -> None:
    full = {"answers": dict.fromkeys(ITEMS, 5), "texts": {QUESTION: "å" * 200}}
    for token, sent in zip(stage.tokens, (GOOD, full), strict=True):
        await client.signed_in(token).post(RESPONSES, sent)
    lengths = {len(box) for box in await stage.boxes()}
    assert lengths == {3 + len(ITEMS) + 2 + 4 * 200 + SEAL_BYTES}


async def test_two_keys_are_both_needed(client: Client, database: Database) -> None:
    stage = await open_round(database, two_keys=True)
    (token,) = await stage.invite(1)
    await client.signed_in(token).post(RESPONSES, GOOD)
    assert (await stage.ballots())[0].answers[0] == 4
    assert {len(box) for box in await stage.boxes()} == {3 + len(ITEMS) + 3 * SEAL_BYTES}


@pytest.mark.parametrize(("lowest", "highest"), [(0, 10), (1, 4), (3, 7)])
async def test_an_answer_is_stored_as_it_was_given_on_any_scale(
    client: Client, database: Database, lowest: int, highest: int
) -> None:
    """Also a zero, which is no skipped item."""
    points = [{"value": value, "label": {"sv": "x", "en": "y"}} for value in range(lowest, highest + 1)]
    content = instrument_content(scale={"points": points, "dontKnow": None})
    stage = await open_round(database, content=content)
    for value in (lowest, highest):
        (token,) = await stage.invite(1)
        await client.signed_in(token).post(RESPONSES, {"answers": {"A1": value}})
    assert {each.answers[0] for each in await stage.ballots()} == {lowest, highest}
    (token,) = await stage.invite(1)
    for other in (lowest - 1, highest + 1, "dontKnow"):
        sent = {"answers": {"A1": other}}
        await client.signed_in(token).refused("POST", RESPONSES, 422, "surveyAnswerRefused", json=sent)


# --- What is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ({"answers": {"A9": 3}}, {"/answers/A9": "surveyItemUnknown"}),
        ({"answers": {"a1": 3, "A1": 3}}, {"/answers/a1": "surveyItemUnknown"}),
        ({"answers": {"A9": None, "A1": 3}}, {"/answers/A9": "surveyItemUnknown"}),
        ({"answers": {QUESTION: 3}}, {f"/answers/{QUESTION}": "surveyItemUnknown"}),
        ({"answers": {"<script>": 3}}, {"/answers/…": "surveyItemUnknown"}),
        ({"answers": {"": 3}}, {"/answers/…": "surveyItemUnknown"}),
        ({"answers": {"A1": 0}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": 6}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": -1}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": 10**30}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": 3.0}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": True}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": "3"}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": "dontknow"}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": [3]}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        ({"answers": {"A1": {"value": 3}}}, {"/answers/A1": "surveyAnswerNotOffered"}),
        (
            {"answers": {"A1": 7, "B9": 1, "C1": 3}, "texts": {"Q9": "Hej"}},
            {
                "/answers/A1": "surveyAnswerNotOffered",
                "/answers/B9": "surveyItemUnknown",
                "/texts/Q9": "surveyItemUnknown",
            },
        ),
        ({"answers": {"A1": 3}, "texts": {QUESTION: "x" * 201}}, {f"/texts/{QUESTION}": "surveyTextTooLong"}),
    ],
)
async def test_what_does_not_fit_the_questionnaire_is_named_and_the_token_stays(
    holder: Client, stage: SurveyStage, sent: Any, pointers: dict[str, str]
) -> None:
    problem = await holder.refused("POST", RESPONSES, 422, "surveyAnswerRefused", json=sent)
    assert {each["pointer"]: each["code"] for each in problem["errors"]} == pointers
    assert "script" not in json.dumps(problem)
    await assert_usable(holder, stage)


@pytest.mark.parametrize(
    "sent", [{"answers": {}}, {"answers": {"A1": None}}, {"answers": {}, "texts": {QUESTION: None}}]
)
async def test_an_answer_without_any_is_none(holder: Client, stage: SurveyStage, sent: Any) -> None:
    await holder.refused("POST", RESPONSES, 422, "surveyAnswerEmpty", json=sent)
    await assert_usable(holder, stage)


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/answers"),
        ({"answers": None}, "/answers"),
        ({"answers": [3, 4]}, "/answers"),
        ({"answers": {f"A{number}": 3 for number in range(201)}}, "/answers"),
        ({"answers": {"A1": 3}, "unit": "x"}, "/unit"),
        ({"answers": {"A1": 3}, "token": 7}, "/token"),
        ({"answers": {"A1": 3}, "token": "x" * 101}, "/token"),
        ({"answers": {"A1": 3}, "texts": {QUESTION: 7}}, f"/texts/{QUESTION}"),
        ({"answers": {"A1": 3}, "texts": {QUESTION: ""}}, f"/texts/{QUESTION}"),
        ({"answers": {"A1": 3}, "texts": {QUESTION: "a\u0000b"}}, f"/texts/{QUESTION}"),
        ({"answers": {"A1": 3}, "texts": {QUESTION: "\ud800"}}, f"/texts/{QUESTION}"),
        ({"answers": {"A1": 3}, "texts": {QUESTION: "x" * 10_001}}, f"/texts/{QUESTION}"),
        ({"answers": {"A1": 3}, "texts": {f"Q{number}": "x" for number in range(6)}}, "/texts"),
    ],
)
async def test_what_has_another_shape_is_refused_and_the_token_stays(
    holder: Client, stage: SurveyStage, sent: Any, pointer: str
) -> None:
    raw = {"content": json.dumps(sent).encode(), "headers": {"Content-Type": "application/json"}}
    problem = await holder.refused("POST", RESPONSES, 422, "validationFailed", **raw)
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    await assert_usable(holder, stage)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"7"])
async def test_a_body_that_is_no_object_is_refused_as_a_whole(holder: Client, stage: SurveyStage, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    problem = await holder.refused("POST", RESPONSES, 422, "validationFailed", content=body, headers=kind)
    assert [each["pointer"] for each in problem["errors"]] == [""]
    await assert_usable(holder, stage)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"answers": {"A1": 1, "A1": 5}}', b'{"answers": {"A1": NaN}}'])
async def test_what_is_not_json_is_malformed(holder: Client, stage: SurveyStage, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    await holder.refused("POST", RESPONSES, 400, "malformed", content=body, headers=kind)
    await holder.refused("POST", RESPONSES, 415, "unsupportedMediaType", content=body, headers={"Content-Type": "a/b"})
    await holder.refused("POST", f"{RESPONSES}?unit=1", 422, "unknownParameter", json=GOOD)
    await holder.refused("POST", RESPONSES, 406, "notAcceptable", json=GOOD, headers={"Accept": "text/html"})
    await assert_usable(holder, stage)


async def test_texts_are_refused_where_none_are_asked_for(client: Client, database: Database) -> None:
    stage = await open_round(database)
    (token,) = await stage.invite(1)
    holder = client.signed_in(token)
    sent = GOOD | {"texts": {QUESTION: "Hej"}}
    problem = await holder.refused("POST", RESPONSES, 422, "surveyAnswerRefused", json=sent)
    assert problem["errors"][0]["pointer"] == f"/texts/{QUESTION}"
    await assert_usable(holder, stage)


async def test_answers_to_another_instrument_are_refused(
    client: Client, database: Database, stage: SurveyStage
) -> None:
    items = [each | {"id": f"X{each['id']}"} for each in instrument_content()["items"]]
    other = await open_round(database, content=instrument_content(items=items))
    (token,) = await other.invite(1)
    for caller, sent in ((client.signed_in(token), "A1"), (client.signed_in(stage.tokens[0]), "XA1")):
        await caller.refused("POST", RESPONSES, 422, "surveyAnswerRefused", json={"answers": {sent: 3}})
    await client.signed_in(token).post(RESPONSES, {"answers": {"XA1": 3}})
    assert (len(await other.boxes()), len(await stage.boxes())) == (1, 0)


async def _chunks(size: int) -> AsyncIterator[bytes]:
    yield b'{"answers": {"A1": 3}, "texts": {"Q1": "'
    for _ in range(size // 8192):
        yield b"x" * 8192


async def test_a_body_larger_than_any_answer_is_refused(holder: Client, stage: SurveyStage) -> None:
    kind = {"Content-Type": "application/json"}
    for content in (b" " * (MAX_SURVEY_RESPONSE_BYTES + 1), _chunks(MAX_SURVEY_RESPONSE_BYTES)):
        await holder.refused("POST", RESPONSES, 413, "bodyTooLarge", content=content, headers=kind)
    await assert_usable(holder, stage)


async def test_the_longest_answer_there_is_fits(client: Client, database: Database) -> None:
    """Two hundred items and five texts of a thousand characters, each escaped as two surrogates."""
    one = instrument_content()["items"][0]
    questions = [{"id": f"Q{number}", "text": {"sv": "x", "en": "y"}, "maxCharacters": 1000} for number in range(5)]
    items = [one | {"id": f"I{number:039d}"} for number in range(200)]
    stage = await open_round(database, content=instrument_content(items=items, openQuestions=questions), free_text=True)
    (token,) = await stage.invite(1)
    sent = {
        "answers": {each["id"]: "dontKnow" for each in items},
        "texts": {each["id"]: "🙂" * 1000 for each in questions},
    }
    raw = json.dumps(sent, indent=1).encode()
    await client.signed_in(token).request(
        "POST", RESPONSES, content=raw, headers={"Content-Type": "application/json"}, expect=201
    )
    assert (await stage.ballots())[0].texts == ("🙂" * 1000,) * 5


# --- Once, and in time -----------------------------------------------------------------------------------------------


async def test_a_token_works_once(holder: Client, stage: SurveyStage) -> None:
    await holder.post(RESPONSES, GOOD)
    before = await stage.boxes()
    await holder.refused("POST", RESPONSES, 409, "surveyAlreadyAnswered", json={"answers": {"A1": 1}})
    assert await stage.boxes() == before


async def test_of_twenty_at_once_with_one_token_one_is_stored(holder: Client, stage: SurveyStage) -> None:
    sent = [{"answers": {"A1": 1 + number % 5, "G1": 2}} for number in range(20)]
    sent[0] = {"answers": {"A9": 1}}  # a bad one uses nothing up, not even for those beside it
    answers = await asyncio.gather(*(holder.request("POST", RESPONSES, json=each) for each in sent))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 18, 422]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"surveyAlreadyAnswered"}
    winner = next(each for each, answer in zip(sent, answers, strict=True) if answer.status_code == 201)
    assert [each.answers[0] for each in await stage.ballots()] == [winner["answers"]["A1"]]


async def test_none_are_lost_or_doubled_in_a_burst(app: FastAPI, database: Database) -> None:
    stages = [await open_round(database) for _ in range(2)]
    sent: list[tuple[str, int, SurveyStage]] = []
    for number, stage in enumerate(stages):
        tokens = await stage.invite(250)
        sent += [(token, 1 + (place + number) % 5, stage) for place, token in enumerate(tokens)]
    places = iter(sent[::2] + sent[1::2])
    async with client_for(app) as client:

        async def answer_some() -> None:
            for token, value, _ in places:
                await client.signed_in(token).post(RESPONSES, {"answers": {"A1": value}})

        await asyncio.gather(*(answer_some() for _ in range(50)))
    for stage in stages:
        values = sorted(each.answers[0] for each in await stage.ballots())
        assert values == sorted(value for _, value, of in sent if of is stage)
        assert len(await stage.used()) == 250


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"opens_at": NOW + timedelta(days=1)}, "surveyNotOpenYet"),
        ({"opens_at": NOW - timedelta(days=2), "closes_at": NOW - timedelta(days=1)}, "surveyClosed"),
        ({"state": SurveyRoundState.CLOSED}, "surveyClosed"),
    ],
)
async def test_outside_its_time_a_round_takes_nothing(
    holder: Client, stage: SurveyStage, values: dict[str, Any], code: str
) -> None:
    was = {name: getattr(stage.survey_round, name) for name in values}
    await stage.change(**values)
    await holder.refused("POST", RESPONSES, 409, code, json=GOOD)
    await stage.change(**was)
    await assert_usable(holder, stage)


# --- Nothing to be seen ---------------------------------------------------------------------------------------------


def test_the_tables_hold_exactly_what_they_should() -> None:
    """docs: no time, no address, no order, and nothing that both tables have beside the round."""
    columns = {table.name: set(table.columns.keys()) for table in SQLModel.metadata.sorted_tables}
    assert columns["survey_invitation"] == {"token_hash", "survey_round_id", "unit_id", "used"}
    assert columns["sealed_response"] == {"id", "survey_round_id", "ciphertext"}


async def test_the_migrated_tables_too(database: Database) -> None:
    query = sa.text(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
        "WHERE table_name IN ('survey_invitation', 'sealed_response') GROUP BY 1"
    )
    async with database.read() as session:
        found = {name: set(columns) for name, columns in await session.execute(query)}
    for model in (SurveyInvitation, SealedResponse):
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        assert found[table.name] == set(table.columns.keys())


async def test_an_answer_never_touches_the_round(client: Client, database: Database, stage: SurveyStage) -> None:
    """No version, no time; nothing to see for who reads the round again and again."""
    row = sa.text("SELECT to_jsonb(survey_round) FROM survey_round WHERE id = :id")

    async def read() -> Any:
        async with database.read() as session:
            return (await session.execute(row, {"id": stage.round_id})).scalar_one()

    before = await read()
    await client.signed_in(stage.tokens[0]).post(RESPONSES, GOOD)
    assert await read() == before


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that anything logs, at the most talkative level."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.configure("json", "debug")
    yield written
    monkeypatch.undo()
    logs.configure("json", "warning")


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_no_line_is_logged_and_no_trace_goes_on(client: Client, stage: SurveyStage, log: io.StringIO) -> None:
    logging.getLogger("httpx2").setLevel("WARNING")  # the test client's own
    holder = client.signed_in(stage.tokens[0])
    heard = []
    for method, path, sent, status in (
        ("GET", FORM, None, 200),
        ("POST", RESPONSES, {"answers": {"A1": 9}}, 422),
        ("POST", RESPONSES, {"answers": 9}, 422),
        ("POST", RESPONSES, GOOD, 201),
        ("POST", RESPONSES, GOOD, 409),
        ("GET", FORM, None, 200),
        ("DELETE", RESPONSES, None, 405),
        ("GET", f"/survey-forms/{stage.tokens[1]}", None, 404),
        ("POST", f"{RESPONSES}/", GOOD, 404),
        ("POST", RESPONSES, {"answers": {"A1": 3}, stage.tokens[1]: 1}, 422),
        ("POST", f"{RESPONSES}?{stage.tokens[1]}=1", GOOD, 422),
    ):
        answer = await holder.request(method, path, json=sent, headers={"traceparent": TRACE}, expect=status)
        assert not any(token in answer.text for token in stage.tokens)
        heard += [answer.headers["traceparent"].split("-")[1], answer.headers["X-Request-Id"]]
        assert "set-cookie" not in answer.headers
    assert len(set(heard)) == len(heard)
    assert TRACE.split("-")[1] not in heard
    assert log.getvalue() == ""
    await client.request("GET", "/api-info")
    assert "api-info" in log.getvalue(), "others' requests are logged"
    assert all(each not in log.getvalue() for each in heard)


async def test_faults_are_only_counted(
    app: FastAPI, client: Client, stage: SurveyStage, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.getLogger("httpx2").setLevel("WARNING")
    app.state.faults_in_answering.clear()

    def fail(*_given: object) -> None:
        raise KeyError(f"of {stage.tokens[0]}: A1 = 4")

    with monkeypatch.context() as patch:
        patch.setattr(survey_answers, "sealed", fail)
        for _ in range(11):
            response = await client.signed_in(stage.tokens[0]).request("POST", RESPONSES, json=GOOD, expect=500)
            assert response.json()["code"] == "unexpectedUnlogged"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["kind"], line["count"]) for line in lines] == [
        ("faults in answering", "KeyError", 1),
        ("faults in answering", "KeyError", 10),
    ]
    assert all(set(line) == {"event", "kind", "count", "level", "timestamp"} for line in lines)
    await assert_usable(client.signed_in(stage.tokens[0]), stage)


async def test_a_database_that_is_away_is_said_and_not_logged(
    client: Client, stage: SurveyStage, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.getLogger("httpx2").setLevel("WARNING")

    async def away(*_given: object) -> None:
        raise DatabaseAway from OSError()

    for room, name in ((survey_forms, "invitations"), (survey_answers, "store")):
        with monkeypatch.context() as patch:
            patch.setattr(room, name, away)
            response = await client.signed_in(stage.tokens[0]).request("POST", RESPONSES, json=GOOD, expect=503)
            assert response.headers["Retry-After"] == "5"
            assert response.json()["code"] == "databaseAway"
    assert log.getvalue() == ""
    assert structlog.contextvars.get_contextvars() == {}
    await assert_usable(client.signed_in(stage.tokens[0]), stage)


async def test_pages_of_listed_origins_may_ask_and_answer(database_url: str, stage: SurveyStage) -> None:
    page = "https://svara.example.se"
    app = create_app(settings_for(database_url, cors_origins=page))
    async with client_for(app) as client:
        asks = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Authorization, Content-Type",
        }
        preflight = await client.http.options(BASE + RESPONSES, headers=asks | {"Origin": page})
        assert preflight.headers["Access-Control-Allow-Origin"] == page
        holder = client.signed_in(stage.tokens[0])
        for method, path, sent in (("GET", FORM, None), ("POST", RESPONSES, GOOD)):
            answer = await holder.request(method, path, json=sent, headers={"Origin": page})
            assert answer.status_code < 300
            assert answer.headers["Access-Control-Allow-Origin"] == page
    await app.state.ballot_box.close()
    await app.state.database.close()
