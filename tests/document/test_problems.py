"""The reasons why requests are refused, and what the document says of them."""

import re

from app.api.problem_texts import FIELD_TEXTS, PROBLEMS, SUBJECTS
from app.api.problems import TYPE_ROOT
from app.services.errors import Code
from tests.document.reading import DOCUMENT, SCHEMAS

# Codes that only the protocol gives; all others are reasons a service may give.
PROTOCOL = {
    "malformed",
    "hostInvalid",
    "addressUnreadable",
    "authorizationTwice",
    "headerTwice",
    "contentEncodingUnsupported",
    "methodNotAllowed",
    "notAcceptable",
    "bodyTooLarge",
    "unsupportedMediaType",
    "validationFailed",
    "unknownParameter",
    "notForThisFormat",
    "parameterTwice",
    "preconditionRequired",
    "idempotencyKeyInvalid",
    "unexpected",
    "unexpectedUnlogged",
    "databaseAway",
    "keyStoreAway",
    "archiveKeysAway",
    # limits
    "requestUnreadable",
    "requestTooSlow",
    "addressTooLong",
    "headersTooLarge",
    "tooManyRequests",
    "serverBusy",
}


def test_every_reason_has_words_in_both_languages_and_none_is_left_over() -> None:
    assert set(PROBLEMS) == {code.value for code in Code} | PROTOCOL
    for code, text in PROBLEMS.items():
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", code)
        assert 400 <= text.status <= 503
        for language in ("sv", "en"):
            title, detail = text.title[language], text.detail[language]
            assert title, code
            assert detail.endswith((".", "?")), code
            assert not title.endswith("."), code
            # People read it; what a program reads has its own page at the problem's address.
            assert not re.search(r"\b(errors|allowedActions)\.|\b(Se|See) (errors|allowedActions)\b", detail), code
        assert text.title["sv"] != text.title["en"], code
    assert SCHEMAS["ProblemCode"]["enum"] == sorted(PROBLEMS)


def test_every_status_a_reason_has_is_documented_somewhere() -> None:
    documented = {int(name.removeprefix("Problem")) for name in DOCUMENT["components"]["responses"]}
    # 405 belongs to no operation: no operation has the method that is refused.
    assert {text.status for text in PROBLEMS.values()} == documented | {405}


def test_words_about_fields_are_whole_in_both_languages() -> None:
    for kind, text in FIELD_TEXTS.items():
        assert set(text) == {"sv", "en"}, kind
        assert set(re.findall(r"\{\w+\}", text["sv"])) == set(re.findall(r"\{\w+\}", text["en"])), kind
        assert text["sv"] != text["en"], kind


def test_a_problems_type_is_an_address() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        for body in response["content"].values():
            assert re.fullmatch(re.escape(TYPE_ROOT) + r"[a-z]+(-[a-z]+)*", body["example"]["type"])


def test_no_reason_is_told_of_in_two_tables() -> None:
    assert sum(map(len, SUBJECTS)) == len(PROBLEMS)
