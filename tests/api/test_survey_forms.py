"""Reading the questionnaire behind a survey link, and what is said when there is none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.models.survey_round import SurveyRoundState
from app.services.survey_forms import FREE_TEXT_NOTICE
from tests.client import Client
from tests.database import Database
from tests.survey_ballots import ITEMS, QUESTION, instrument_content, open_round

FORM, RESPONSES = "/survey-forms/current", "/survey-responses"
PAST, FUTURE = datetime(2024, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=9)


def in_language(tag: str) -> dict[str, str]:
    return {"Accept-Language": tag}


async def test_the_form_is_whole_in_swedish(client: Client, database: Database) -> None:
    stage = await open_round(database, free_text=True)
    (token,) = await stage.invite(1)
    form = await client.signed_in(token).get(FORM)
    assert next(iter(form)) == "privacyNotices"
    assert form == {
        "privacyNotices": ["Först på svenska", "Sedan på svenska"],
        "language": "sv",
        "title": "Titel på svenska",
        "validationNotice": "Oprövat på svenska",
        "instruction": "Instruktion på svenska",
        "closesAt": stage.survey_round.closes_at.isoformat().replace("+00:00", "Z"),
        "scale": {
            "points": [{"value": value, "label": f"Punkt {value} på svenska"} for value in range(1, 6)],
            "dontKnow": "Vet ej på svenska",
        },
        "items": [{"id": each, "text": f"{each} på svenska"} for each in ITEMS],
        "openQuestions": [{"id": QUESTION, "text": "Fråga på svenska", "maxCharacters": 200}],
        "freeTextNotice": FREE_TEXT_NOTICE["sv"],  # type: ignore[index]
    }


async def test_the_form_is_whole_in_english(client: Client, database: Database) -> None:
    stage = await open_round(database, free_text=True)
    (token,) = await stage.invite(1)
    response = await client.signed_in(token).request("GET", FORM, expect=200, headers=in_language("en-GB, sv;q=0.5"))
    assert response.headers["Content-Language"] == "en"
    assert response.headers["Cache-Control"] == "no-store"
    assert "på svenska" not in response.text
    assert response.json()["privacyNotices"] == ["Först in English", "Sedan in English"]
    assert response.json()["freeTextNotice"].startswith("What you write in your own words can become public.")


@pytest.mark.parametrize(
    ("languages", "asked", "got"), [(["sv"], "en", "sv"), (["en"], "sv", "en"), (["sv"], "fi", "sv")]
)
async def test_a_language_that_is_not_there_falls_back(
    client: Client, database: Database, languages: list[str], asked: str, got: str
) -> None:
    stage = await open_round(database, content=instrument_content(languages=languages))
    (token,) = await stage.invite(1)
    assert (await client.signed_in(token).get(FORM, headers=in_language(asked)))["language"] == got


async def test_open_questions_are_there_only_where_they_are_agreed(client: Client, database: Database) -> None:
    tested = {"validated": True, "text": {"sv": "Prövat", "en": "Tested"}}
    scale = instrument_content()["scale"] | {"dontKnow": None}
    stage = await open_round(database, content=instrument_content(validation=tested, scale=scale))
    (token,) = await stage.invite(1)
    form = await client.signed_in(token).get(FORM)
    assert (form["openQuestions"], form["freeTextNotice"], form["validationNotice"]) == ([], None, None)
    assert form["scale"]["dontKnow"] is None


async def test_reading_uses_nothing_up(client: Client, database: Database) -> None:
    stage = await open_round(database)
    (token,) = await stage.invite(1)
    forms = [await client.signed_in(token).get(FORM) for _ in range(2)]
    assert forms[0] == forms[1]
    assert await stage.used() == set()


async def test_a_changed_closing_time_is_shown_at_once(client: Client, database: Database) -> None:
    stage = await open_round(database)
    (token,) = await stage.invite(1)
    await client.signed_in(token).get(FORM)
    await stage.change(closes_at=FUTURE)
    form = await client.signed_in(token).get(FORM)
    assert form["closesAt"] == FUTURE.isoformat().replace("+00:00", "Z")


DRAWN = ("traceparent", "x-request-id")
CASES: list[tuple[dict[str, Any], bool, int, str]] = [
    ({"opens_at": FUTURE - timedelta(days=1), "closes_at": FUTURE}, False, 409, "surveyNotOpenYet"),
    ({"opens_at": PAST, "closes_at": PAST + timedelta(days=1)}, False, 409, "surveyClosed"),
    ({"opens_at": PAST, "closes_at": PAST + timedelta(days=1)}, True, 409, "surveyClosed"),
    ({"state": SurveyRoundState.CLOSED}, False, 409, "surveyClosed"),
    ({"state": SurveyRoundState.CLOSED}, True, 409, "surveyClosed"),
    ({"state": SurveyRoundState.RELEASED}, False, 401, "surveyTokenUnknown"),
    ({"state": SurveyRoundState.RELEASED}, True, 401, "surveyTokenUnknown"),
    ({"state": SurveyRoundState.CANCELLED}, False, 401, "surveyTokenUnknown"),
    ({"state": SurveyRoundState.PROPOSED}, False, 401, "surveyTokenUnknown"),
]


async def refusals(client: Client, token: str | None, status: int, code: str) -> list[tuple[Any, Any]]:
    """What reading and answering are refused with, without what is drawn anew for each request."""
    found = []
    for method, path, json in (("GET", FORM, None), ("POST", RESPONSES, {"answers": {"A1": 3}})):
        caller = client.signed_in(token) if token is not None else client
        response = await caller.request(method, path, json=json, expect=status)
        body, headers = response.json(), dict(response.headers)
        assert body["code"] == code
        assert headers["cache-control"] == "no-store"
        assert "set-cookie" not in headers
        for drawn in DRAWN:
            del headers[drawn]
        del body["instance"]
        found.append((body, headers))
    return found


async def test_nobody_sees_from_a_link_whether_it_has_been_used(client: Client, database: Database) -> None:
    """Who printed or mailed the links holds them all. Only an answer that would be taken tells, and uses one up."""
    stage = await open_round(database, free_text=True)
    used, free = await stage.invite(2)
    good = {"answers": {"A1": 3}}
    await client.signed_in(used).post(RESPONSES, good)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", FORM, {}),
        ("HEAD", FORM, {}),
        ("POST", RESPONSES, {"json": {"answers": {"A9": 3}}}),
        ("POST", RESPONSES, {"json": {"answers": {"A1": 77}}}),
        ("POST", RESPONSES, {"json": {"answers": {}}}),
        ("POST", RESPONSES, {"json": {"answers": {"A1": 3}, "texts": {QUESTION: "å" * 201}}}),
        ("POST", RESPONSES, {"json": {"answers": {"A1": 3}, "more": 1}}),
        ("POST", RESPONSES, {"content": b"{"}),
    ]
    for method, path, options in asked:
        heard = []
        for token in (used, free):
            response = await client.signed_in(token).request(method, path, **options)
            body = response.json() if response.content else {}
            body.pop("instance", None)
            headers = {name: value for name, value in response.headers.items() if name not in DRAWN}
            heard.append((response.status_code, body, headers))
        assert heard[0] == heard[1], (method, options)
        assert heard[0][0] != 201
    assert len(await stage.used()) == 1
    await client.signed_in(used).refused("POST", RESPONSES, 409, "surveyAlreadyAnswered", json=good)
    await client.signed_in(free).post(RESPONSES, good)


@pytest.mark.parametrize(("round_values", "answered", "status", "code"), CASES)
async def test_a_token_that_opens_nothing_now_is_told_why_and_nothing_else(
    client: Client, database: Database, round_values: dict[str, Any], answered: bool, status: int, code: str
) -> None:
    """And the same whatever the organisation, the unit and the token."""
    heard = []
    for unit in (0, 1, 1):
        stage = await open_round(database)
        (token,) = await stage.invite(1, unit=unit)
        if answered:
            await client.signed_in(token).post(RESPONSES, {"answers": {"A1": 3}})
        await stage.change(**round_values)
        heard.append(await refusals(client, token, status, code))
        assert len(await stage.boxes()) == answered
    assert heard[0] == heard[1] == heard[2]
    assert heard[0][0] == heard[0][1], "reading and answering alike"


@pytest.mark.parametrize(
    "token",
    [None, "A" * 43, "x", "", "A" * 42 + "B", "é" * 43, "A" * 100, "A" * 44, "A" * 43 + "=", "e30.e30.x"],
)  # fmt: skip
async def test_whatever_is_no_token_is_unknown(client: Client, database: Database, token: str | None) -> None:
    await open_round(database)
    known = await refusals(client, "A" * 43, 401, "surveyTokenUnknown")
    sent = token.encode() if token is not None else None
    headers = {"Authorization": b"Bearer " + sent} if sent is not None else {}
    for (method, path, json), wanted in zip(
        (("GET", FORM, None), ("POST", RESPONSES, {"answers": {"A1": 3}})), known, strict=True
    ):
        response = await client.request(method, path, json=json, headers=headers, expect=401)  # type: ignore[arg-type]
        assert response.json() | {"instance": ""} == wanted[0] | {"instance": ""}


async def test_an_account_is_no_way_in(client: Client, database: Database) -> None:
    """An access token is not a survey token, and a survey token signs nobody in."""
    stage = await open_round(database)
    (token,) = await stage.invite(1)
    await client.signed_in(token).refused("GET", "/me", 401, "tokenInvalid")
    response = await client.request("GET", FORM, headers={"Authorization": f"Basic {token}"}, expect=401)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="larande"'
    response = await client.request("GET", FORM, headers={"Cookie": f"token={token}"}, expect=401)
    await client.refused("GET", f"{FORM}?token={token}", 422, "unknownParameter")


async def test_the_words_say_that_the_survey_may_be_over(client: Client) -> None:
    for tag, words in (("sv", "avslutad"), ("en", "may be over")):
        problem = (await client.request("GET", FORM, expect=401, headers=in_language(tag))).json()
        assert words in problem["detail"]
