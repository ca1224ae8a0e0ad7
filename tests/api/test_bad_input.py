"""Bad input is a 4xx problem that names the field: never a 5xx, nothing stored, nothing of it repeated."""

import gzip
import json
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.main import MAX_BODY_BYTES
from app.models import columns
from tests.client import BASE, Client, Response, client_for
from tests.world import World, organisation_number

PATH = "/organisations"
JSON = {"Content-Type": "application/json"}


def a_workplace(**more: Any) -> dict[str, Any]:
    return {"organisationNumber": organisation_number(), "name": "Myndigheten för fel", **more}


async def how_many(client: Client) -> int:
    total: int = (await client.get(PATH, params={"limit": 1}))["_meta"]["totalRecords"]
    return total


async def sent_raw(client: Client, body: bytes, expect: int, headers: dict[str, str] | None = None) -> Any:
    """POST these very bytes as an organisation; nothing may come of it."""
    before = await how_many(client)
    response = await client.request("POST", PATH, content=body, headers={**JSON, **(headers or {})}, expect=expect)
    assert await how_many(client) == before
    return response.json()


def pointers(problem: Any) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in problem["errors"]}


# --- Fields -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("hittepå", "x", "extraForbidden"),
        ("union", "Seko", "extraForbidden"),
        ("short_name", "MFF", "extraForbidden"),
        ("name", 7, "stringType"),
        ("name", None, "stringType"),
        ("name", ["Myndigheten"], "stringType"),
        ("name", {"sv": "Myndigheten"}, "stringType"),
        ("name", "", "stringTooShort"),
        ("name", " \t\n ", "stringTooShort"),
        ("name", "\u00ad\u200d", "stringTooShort"),
        ("name", "å" * 201, "stringTooLong"),
        ("name", "å" * 100_000, "stringTooLong"),
        ("name", "rad ett\nrad två", "controlCharacter"),
        ("name", "a\u0000b", "controlCharacter"),
        ("name", "a\u001b[31mb", "controlCharacter"),
        ("name", "a\u202eb", "controlCharacter"),
        ("name", "a\ufeffb", "controlCharacter"),
        ("name", "a\uffffb", "controlCharacter"),
        ("name", "a" + "\u0301\u0316" * 20, "controlCharacter"),
        ("approvalRule", "alla", "enum"),
        ("approvalRule", True, "enum"),
        ("languages", "sv", "listType"),
        ("languages", [], "tooShort"),
        ("languages", ["sv", "en", "sv"], "tooLong"),
        ("dormancyIntervalDays", "180", "intType"),
        ("dormancyIntervalDays", 180.0, "intType"),
        ("dormancyIntervalDays", True, "intType"),
        ("dormancyIntervalDays", 13, "greaterThanEqual"),
        ("dormancyIntervalDays", 10**400, "lessThanEqual"),
        ("dormancyIntervalDays", -(10**30), "greaterThanEqual"),
        ("dormancyIntervalDays", 1e300, "intType"),
        ("organisationNumber", 2021990417, "stringType"),
        ("organisationNumber", "202100\u00006883", "organisationNumberForm"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(shared: World, field: str, value: Any, code: str) -> None:
    body = json.dumps(a_workplace(**{field: value})).encode()
    problem = await sent_raw(shared.administrator.client, body, 422)
    place = "/" + (field if field.isascii() else "…")
    assert pointers(problem) == {place: code}
    assert "Myndigheten" not in str(problem)
    if len(str(value)) > 4:
        assert str(value)[:40] not in str(problem["errors"])


async def test_what_is_wrong_inside_a_list_is_named_by_its_place(shared: World) -> None:
    problem = await sent_raw(shared.administrator.client, json.dumps(a_workplace(languages=["sv", "fi"])).encode(), 422)
    assert pointers(problem) == {"/languages/1": "enum"}


async def test_every_field_that_does_not_fit_is_named_at_once(shared: World) -> None:
    problem = await sent_raw(shared.administrator.client, b'{"organisationNumber": 1, "x": 2}', 422)
    assert pointers(problem) == {"/organisationNumber": "stringType", "/name": "missing", "/x": "extraForbidden"}


async def test_a_flood_of_faults_is_answered_briefly(shared: World) -> None:
    body = json.dumps(a_workplace(**{f"f{n}": n for n in range(5_000)})).encode()
    assert len((await sent_raw(shared.administrator.client, body, 422))["errors"]) == 100


@pytest.mark.parametrize(
    "body",
    [
        rb'{"organisationNumber": "2021990417", "name": "a\ud800b"}',
        rb'{"organisationNumber": "2021990417", "name": "\udfff\ud800"}',
        rb'{"organisationNumber": "2021990417", "name": "a", "\ud800": 1}',
        rb'{"organisationNumber": "2021990417", "name": {"\udc00": "\ud800"}}',
        rb'{"organisationNumber": "\ud83d", "name": "a"}',
        rb'{"organisationNumber": "2021990417", "name": "a", "languages": ["\ud83d"]}',
        rb'{"organisationNumber": "2021990417", "name": "a", "a\u0000b": 1}',
        rb'{"organisationNumber": "2021990417", "name": "a", "a/b~c": 1}',
    ],
)
async def test_surrogates_and_odd_names_are_refused_wherever_they_stand(shared: World, body: bytes) -> None:
    problem = await sent_raw(shared.administrator.client, body, 422)
    assert problem["code"] == "validationFailed"
    assert "ud8" not in str(problem)


def test_piled_up_marks_do_not_stop_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of marks on one letter took minutes to normalise: such text is refused before that."""
    looked_at: list[tuple[str, int]] = []

    class Watched:
        category = staticmethod(unicodedata.category)

        @staticmethod
        def normalize(form: Literal["NFC"], text: str) -> str:
            looked_at.append(("normalize", len(text)))
            return unicodedata.normalize(form, text)

        @staticmethod
        def combining(character: str) -> int:
            looked_at.append(("combining", len(character)))
            return unicodedata.combining(character)

    monkeypatch.setattr(columns, "unicodedata", Watched)
    text = TypeAdapter(columns.Paragraphs)
    with pytest.raises(ValidationError):
        text.validate_python("a" + "\u0301\u0316" * 250_000)
    assert looked_at == [], "so long a text is not looked at"
    with pytest.raises(ValidationError):
        text.validate_python("a" + "\u0301\u0316" * 4_900)
    assert set(looked_at) == {("combining", 1)}
    assert len(looked_at) < 50, "no further than to the mark that is one too many"
    text.validate_python("a\u0301")
    assert looked_at[-1] == ("normalize", 2)


# --- Bodies -----------------------------------------------------------------------------------------------

NAME = b'"organisationNumber": "2021990417", "name": "x"'


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'name': 1}",
        b"name=x",
        b"\xff\xfe{\x00}\x00",
        '{"name": "x"}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"name": "\xc3\x28"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "a\x00b"}',
        b'{"name": "a\nb"}',
        b"{" + NAME + b', "dormancyIntervalDays": NaN}',
        b"{" + NAME + b', "dormancyIntervalDays": Infinity}',
        b"{" + NAME + b', "dormancyIntervalDays": -Infinity}',
        b"{" + NAME + b', "name": "y"}',
        b"{" + NAME + b', "settings": {"a": 1, "a": 2}}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"{" + NAME + b', "dormancyIntervalDays": ' + b"9" * 5_000 + b"}",
        b"{} {}",
        b"\x00",
    ],
    ids=lambda body: repr(body[:30]),
)
async def test_what_is_not_json_is_malformed(shared: World, body: bytes) -> None:
    problem = await sent_raw(shared.administrator.client, body, 400)
    assert problem["code"] == "malformed"
    assert "errors" not in problem


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"7", b"true"])
async def test_a_body_that_is_no_object_is_refused_as_a_whole(shared: World, body: bytes) -> None:
    problem = await sent_raw(shared.administrator.client, body, 422)
    assert list(pointers(problem)) == [""]


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
     "application/merge-patch+json", "application/vnd.api+json", "json", "", ";", "text/plain, application/json"],
)  # fmt: skip
async def test_only_json_is_taken(shared: World, media_type: str) -> None:
    body = json.dumps(a_workplace()).encode()
    problem = await sent_raw(shared.administrator.client, body, 415, {"Content-Type": media_type})
    assert problem["code"] == "unsupportedMediaType"


async def test_a_body_without_content_type_is_not_guessed(shared: World) -> None:
    admin = shared.administrator.client
    response = await admin.request("POST", PATH, content=json.dumps(a_workplace()).encode(), expect=415)
    assert response.json()["code"] == "unsupportedMediaType"


async def test_json_may_name_its_charset_and_a_patch_its_kind(world: World) -> None:
    admin = world.administrator.client
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    body = json.dumps(a_workplace()).encode()
    await admin.request("POST", PATH, content=body, headers=headers, expect=201)
    merge = {"Content-Type": "application/merge-patch+json", "If-Match": await admin.etag(world.path)}
    await admin.request("PATCH", world.path, content=b'{"shortName": "MM"}', headers=merge, expect=200)


async def _in_chunks(size: int) -> AsyncIterator[bytes]:
    yield b'{"name": "'
    for _ in range(size // 65536 + 1):
        yield b"x" * 65536


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_large_body_is_refused_declared_or_not(shared: World, method: str) -> None:
    admin = shared.administrator.client
    path = PATH if method == "POST" else shared.path
    before = await how_many(admin)
    for content in (b'{"name": "' + b"x" * MAX_BODY_BYTES, _in_chunks(MAX_BODY_BYTES)):
        headers = {**JSON, "If-Match": '"1"'}
        problem = (await admin.request(method, path, content=content, headers=headers, expect=413)).json()
        assert problem["code"] == "bodyTooLarge"
    assert await how_many(admin) == before


async def test_a_large_body_is_refused_before_anyone_is_known(client: Client) -> None:
    headers = {**JSON, "Content-Length": str(MAX_BODY_BYTES + 1)}
    for method, path in (("GET", PATH), ("POST", PATH), ("POST", "/nowhere")):
        response = await client.request(method, path, content=b"{}", headers=headers, expect=413)
        assert response.headers["content-type"] == "application/problem+json"


async def test_the_largest_body_allowed_is_read(world: World) -> None:
    body = json.dumps(a_workplace()).encode()
    padded = body + b" " * (MAX_BODY_BYTES - len(body))
    await world.administrator.client.request("POST", PATH, content=padded, headers=JSON, expect=201)


# --- Addresses and parameters -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("page=-1", "validationFailed", "/query/page"),
        ("page=10000001", "validationFailed", "/query/page"),
        ("page=1.5", "validationFailed", "/query/page"),
        ("page=", "validationFailed", "/query/page"),
        ("page=" + "9" * 400, "validationFailed", "/query/page"),
        ("limit=0", "validationFailed", "/query/limit"),
        ("limit=101", "validationFailed", "/query/limit"),
        ("limit=%D9%A3", "validationFailed", "/query/limit"),
        ("limit=NaN", "validationFailed", "/query/limit"),
        ("sort=created", "validationFailed", "/query/sort"),
        ("sort=--name", "validationFailed", "/query/sort"),
        ("q=", "validationFailed", "/query/q"),
        ("q=%00", "validationFailed", "/query/q"),
        ("q=a%00b", "validationFailed", "/query/q"),
        ("q=" + "x" * 101, "validationFailed", "/query/q"),
        ("q=a%E2%80%AEb", "validationFailed", "/query/q"),
        ("after=%00", "cursorInvalid", "/query/after"),
        ("after=abc", "cursorInvalid", "/query/after"),
        ("after=" + "x" * 1001, "validationFailed", "/query/after"),
        ("page=1&page=2", "parameterTwice", "/query/page"),
        ("q=a&sort=name&q=b", "parameterTwice", "/query/q"),
        ("offset=3", "unknownParameter", "/query/offset"),
        ("Page=3", "unknownParameter", "/query/Page"),
        ("page[]=3", "unknownParameter", "/query/…"),
        ("%00=1", "unknownParameter", "/query/…"),
        ("sort=name&zz=%3Cscript%3E", "unknownParameter", "/query/zz"),
        ("=", "unknownParameter", "/query/…"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_named(shared: World, query: str, code: str, pointer: str) -> None:
    problem = await shared.employee.client.refused("GET", f"{PATH}?{query}", 422, code)
    assert list(pointers(problem)) == [pointer]
    assert "script" not in str(problem)


async def test_what_looks_like_code_comes_back_as_the_text_it_is(world: World) -> None:
    name = 'Myndigheten "a\\b" </script><b>&amp;{{7*7}}${7}%s\'; --'
    sent = a_workplace(name=name)
    made = await world.administrator.client.request("POST", PATH, json=sent, expect=201)
    assert made.json()["name"] == name
    assert made.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "words", ["%FF%FE", "%", "%zz", "'; drop table organisation; --", "a:*", "!!!", "\\", "%25_", "((&|", "-"]
)
async def test_odd_search_words_are_just_words(shared: World, words: str) -> None:
    assert (await shared.employee.client.get(PATH, params={"q": words}))["items"] == []


async def test_parameters_are_refused_where_there_are_none(shared: World) -> None:
    await shared.employee.client.refused("GET", f"{shared.path}?fields=name", 422, "unknownParameter")
    await shared.nobody.refused("GET", "/api-info?x", 422, "unknownParameter")


@pytest.mark.parametrize(
    "bad", ["1", "%00", "null", "abc%20", "0" * 33, "%F0%9F%98%80", "x" * 5000, "'", "..%2f..%2fetc"]
)
async def test_an_id_that_is_none_is_refused(shared: World, bad: str) -> None:
    response = await shared.employee.client.request("GET", f"{PATH}/{bad}")
    assert response.status_code in {404, 422}
    if response.status_code == 422:
        assert pointers(response.json()) == {"/path/organisationId": "uuidParsing"}


@pytest.mark.parametrize(
    "path",
    [f"{BASE}/organisations/", f"{BASE}/", BASE, f"{BASE}//organisations", "/larande/v2/organisations",
     f"{BASE}/Organisations", f"{BASE}/nowhere", f"{BASE}/nowhere/%00", f"{BASE}/docs-assets/%00",
     f"{BASE}/docs-assets/../../etc/passwd", f"{BASE}/docs-assets/..%2f..%2fetc%2fpasswd", f"{BASE}/docs-assets/",
     f"{BASE}/docs-assets/" + "x" * 5000],
)  # fmt: skip
async def test_an_unknown_address_is_a_404_and_never_a_redirect(shared: World, path: str) -> None:
    response = await shared.nobody.http.get("http://testserver" + path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "notFound"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", f"{BASE}/organisations", "GET, POST"),
        ("PUT", f"{BASE}/organisations/019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b", "GET, PATCH"),
        ("GET", f"{BASE}/organisations/019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b/transitions", "POST"),
        ("POST", f"{BASE}/api-info", "GET"),
        ("HEAD", f"{BASE}/api-info", "GET"),
        ("OPTIONS", f"{BASE}/organisations", "GET, POST"),
        ("TRACE", f"{BASE}/organisations", "GET, POST"),
        ("SPANA", f"{BASE}/organisations", "GET, POST"),
        ("POST", "/health/live", "GET"),
        ("POST", f"{BASE}/docs-assets/swagger-ui.css", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(client: Client, method: str, path: str, allow: str) -> None:
    response = await client.http.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert response.headers["content-type"] == "application/problem+json"


# --- Headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml, text/*;q=0.5",
        "application/json;q=0",
        "application/*;q=0.0, text/html",
        "x",
        "*/*;q=0",
    ],
)
async def test_who_does_not_take_json_is_told_so(shared: World, accept: str) -> None:
    await shared.employee.client.refused("GET", PATH, 406, "notAcceptable", headers={"Accept": accept})


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "text/html, application/json;q=0.1",
        "",
        "APPLICATION/JSON",
        "a,b;q=2;;,*/*",
        "application/json;v=1",
    ],
)
async def test_who_takes_json_gets_it(shared: World, accept: str) -> None:
    await shared.employee.client.request("GET", PATH, headers={"Accept": accept}, expect=200)


async def test_two_authorizations_are_none(shared: World) -> None:
    """Two readers may disagree on which of them counts."""
    tokens = [f"Bearer {who.client.token}".encode() for who in (shared.employer_rep, shared.saco_rep)]
    for path in ("/me", "/survey-forms/current", "/survey-responses"):
        method = "POST" if path == "/survey-responses" else "GET"
        headers = [(b"Authorization", token) for token in tokens]
        response = await shared.nobody.http.request(method, f"{BASE}{path}", headers=headers)
        assert (response.status_code, response.json()["code"]) == (400, "authorizationTwice")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
async def test_a_compressed_body_is_said_to_be_one(world: World, coding: str) -> None:
    body = json.dumps(a_workplace()).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    for sent in (body, gzip.compress(body)):
        answer = await world.administrator.client.request("POST", PATH, content=sent, headers=headers, expect=415)
        assert answer.json()["code"] == "contentEncodingUnsupported"
        assert answer.headers["Accept-Encoding"] == "identity"
    plain = headers | {"Content-Encoding": "Identity"}
    await world.administrator.client.request("POST", PATH, content=body, headers=plain, expect=201)


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key", "Content-Type"])
async def test_what_must_be_said_once_is_not_said_twice(shared: World, name: str) -> None:
    """A proxy may heed the one and the program the other: then the wrong version is changed, or a thing made twice."""
    admin = shared.administrator.client
    tag = await admin.etag(shared.path)
    said = {"If-Match": (tag, '"7"'), "Idempotency-Key": ("a", "b"), "Content-Type": ("application/json", "text/plain")}
    once = {"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json", "If-Match": tag}
    sent = [pair for pair in once.items() if pair[0] != name] + [(name, value) for value in said[name]]
    body = json.dumps({"name": "Två gånger"}).encode()
    response = await shared.nobody.http.request("PATCH", f"{BASE}{shared.path}", headers=sent, content=body)
    assert (response.status_code, response.json()["code"]) == (400, "headerTwice")
    assert (await admin.get(shared.path))["name"] != "Två gånger"


@pytest.mark.parametrize(
    "host",
    ["a b", "a/b", "evil.example/x?", "user@evil.example", "a:99999", "a:b", "[::1", "<x>", "å.example", "a\\b", "a,b"],
)
async def test_a_host_that_is_none_is_refused(shared: World, host: str) -> None:
    headers = [(b"Host", host.encode("latin-1"))]
    response = await shared.nobody.http.get(f"{BASE}/api-info", headers=headers)
    assert response.status_code == 400
    assert response.json()["code"] == "hostInvalid"
    assert host not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "sv;q=" + "9" * 5000},
        {"Accept-Language": "\xff\xfe" * 100},
        {"Accept-Language": ",;," * 2000},
        {"Accept": ";;;,,,*/*" + ",a/b" * 2000},
        {"If-None-Match": '"' * 3000},
        {"traceparent": "x" * 10_000},
        {"Cookie": "\xff" * 4000},
        {"Forwarded": "for=" * 3000},
        {"Content-Length": "²"},
        {"Content-Type": "\xff"},
        {"Origin": "null"},
        {"Range": "bytes=0-1"},
        {"X-HTTP-Method-Override": "DELETE"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_odd_headers_are_borne(shared: World, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    await shared.employee.client.request("GET", PATH, headers=raw, expect=200)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    ["Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer \xff", "Bearer " + "x" * 9000, "bearer null", ""],
)
async def test_odd_credentials_are_not_signed_in(client: Client, value: str) -> None:
    headers = {"Authorization": value.encode("latin-1")}
    response = await client.request("GET", PATH, headers=headers, expect=401)  # type: ignore[arg-type]
    assert response.headers["www-authenticate"].startswith("Bearer")


# --- Anything at all --------------------------------------------------------------------------------------------

_texts = st.text(alphabet=st.characters(codec=None), max_size=20) | st.sampled_from(["\ud800", "\x00", "a\u0301" * 40])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)
_FIELDS = ["organisationNumber", "name", "shortName", "approvalRule", "languages", "dormancyIntervalDays"]
_FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[Client]:
    async with World(app) as world:
        yield world.administrator.client


def _no_fault(response: Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"


@_FEW
@given(body=st.dictionaries(st.sampled_from(_FIELDS) | _texts, _json, max_size=6) | _json)
async def test_no_json_is_a_fault_of_ours(admin: Client, body: Any) -> None:
    response = await admin.request("POST", PATH, content=json.dumps(body).encode(), headers=JSON)
    _no_fault(response)
    # A right organisation number does not come about by chance.
    assert response.status_code in {400, 422}


@_FEW
@given(body=st.binary(max_size=200))
async def test_no_bytes_are_a_fault_of_ours(admin: Client, body: bytes) -> None:
    _no_fault(await admin.request("POST", PATH, content=body, headers=JSON))


@_FEW
@given(changes=st.dictionaries(st.sampled_from(_FIELDS[1:]), _json, max_size=3))
async def test_a_patch_takes_effect_wholly_or_not_at_all(world: World, changes: dict[str, Any]) -> None:
    client = world.administrator.client
    before = await client.get(world.path)
    headers = {**JSON, "If-Match": f'"{before["version"]}"'}
    response = await client.request("PATCH", world.path, content=json.dumps(changes).encode(), headers=headers)
    _no_fault(response)
    after = await client.get(world.path)
    assert response.json() == after if response.status_code == 200 else before == after


@_FEW
@given(
    name=st.text(alphabet=st.characters(codec="utf-8"), max_size=12),
    value=st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
)
async def test_no_query_is_a_fault_of_ours(app: FastAPI, name: str, value: str) -> None:
    async with client_for(app) as client:
        for key in (name, "q", "page", "after", "sort"):
            _no_fault(await client.request("GET", PATH, params={key: value}))
            _no_fault(await client.request("GET", "/api-info", params={key: value}))
