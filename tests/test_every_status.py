"""What any operation may answer, whatever it is about: each such status is got from each operation that documents it.

The others are met by the authorisation matrix and by the tests of each noun. At the end of a whole run nothing may be
documented that no test has met: see tests/contract.py.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from app.api.dependencies import WITHOUT_SECOND_FACTOR
from app.main import create_app
from app.models.idempotency_key import IdempotencyKey
from app.models.sign_in import Credential
from app.services import passwords
from app.services.tokens import TokenKey
from tests.client import Client, client_for
from tests.conftest import settings_for
from tests.contract import document, resolved
from tests.signing_in import PASSWORD
from tests.world import World

NOBODYS = UUID("019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b")
"""An id that nothing and nobody has."""
MANY = 50
"""At least as many operations have a body, or take an Idempotency-Key: a test that looks at none must not pass."""
# Which operations other tests get a status from.
NONE: frozenset[str] = frozenset()
RESPONDENTS = frozenset({"read_survey_form", "create_survey_response"})
WITHOUT_DATABASE = frozenset({"read_api_info", "read_archive_keys", "read_interest_consent"})
SLOWED_DOWN_BY_ACCOUNT = frozenset(
    {"create_token", "create_password_reset", "set_password", "create_authorisation_request"}
)
# Between the service, a browser and an identity provider: tests/api/test_provider_sign_in.py.
BY_WAY_OF_A_BROWSER = frozenset({"create_authorisation_request"})


@dataclass(frozen=True)
class Request:
    """One operation's request as the document describes it, with a version where one has to be named."""

    operation: str
    method: str
    path: str
    json: Any
    tag: str | None
    keyed: bool
    """Whether it may carry an Idempotency-Key."""

    async def by(self, client: Client, **other: Any) -> httpx2.Response:
        return await client.request(self.method, self.path, **{"json": self.json, "etag": self.tag} | other)


@cache
def _requests() -> list[tuple[Request, frozenset[str]]]:
    """A request for each operation, and the statuses that the document promises for it."""
    found = []
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            parameters = {parameter["name"] for parameter in operation["parameters"]}
            request = Request(
                operation["operationId"],
                method.upper(),
                re.sub(r"\{\w+\}", str(NOBODYS), path),
                body and _ONE_OF_MANY.get(operation["operationId"], _example(body)),
                '"1"' if "If-Match" in parameters else None,
                "Idempotency-Key" in parameters,
            )
            found.append((request, frozenset(operation["responses"])))
    return found


# Where an example shows everything that may be sent, but not together, or what leads nowhere.
_ONE_OF_MANY = {
    "create_survey_response": {"token": "A" * 43, "answers": {"A1": 4}},
    "create_token": {"grantType": "password", "username": "anna.berg@example.se", "password": PASSWORD},
    "create_authorisation_request": {"identityProviderId": str(NOBODYS)},
    "create_second_factor": {"password": PASSWORD},
    "create_recovery_codes": {"password": PASSWORD},
    "remove_second_factor": {"password": PASSWORD},
    "create_password_change": {"currentPassword": PASSWORD, "newPassword": "nio tranor över mossen"},
    "create_legal_hold": {"heldGroupId": str(NOBODYS), "reason": "Prövas.", "caseNumber": "KRG 1-26"},
}


def _example(body: dict[str, Any]) -> Any:
    """The first example of a body: its own, or that of its shape, or of the first that it may have."""
    if "examples" in body:
        return next(iter(body["examples"].values()))["value"]
    if "example" in body:
        return body["example"]
    shape = resolved(body["schema"])
    return shape["example"] if "example" in shape else _example({"schema": shape["oneOf"][0]})


async def met(status: int, ask: Callable[[Request], Awaitable[httpx2.Response]], but: frozenset[str] = NONE) -> None:
    """The operations that document the status give it. Those named do so for reasons of their own: in other tests."""
    documented = [request for request, statuses in _requests() if str(status) in statuses]
    assert but < {request.operation for request in documented}, "those named, and at least one more"
    answers = [(request.operation, await ask(request)) for request in documented if request.operation not in but]
    others = [f"{name}: {answer.status_code} {answer.text}" for name, answer in answers if answer.status_code != status]
    assert not others, "\n".join(others)


@asynccontextmanager
async def asked_of(app: FastAPI) -> AsyncIterator[Client]:
    async with client_for(app) as client:
        yield client
    await app.state.database.close()


@pytest.fixture
def someone(world: World) -> Client:
    """Who may do much; nothing is there for it to be done to."""
    return world.administrator.client


# --- Before anybody asks who it is -----------------------------------------------------------------------------


async def test_400(client: Client) -> None:
    await met(400, lambda request: request.by(client, headers={"Host": "no host"}))


async def test_400_for_what_is_no_json(someone: Client) -> None:
    """Wherever a body is read."""
    sent = {"content": b"{", "headers": {"Content-Type": "application/json"}, "json": None}
    for request in _with_body():
        answer = await request.by(someone, **sent)
        # An import is a table as well as JSON, and is looked at by its media type first.
        assert answer.status_code == 400 or request.operation == "create_import", request


def _with_body() -> list[Request]:
    found = [request for request, _ in _requests() if request.json is not None]
    assert len(found) > MANY
    return found


async def test_405(client: Client) -> None:
    """At every address, for every method that it does not have."""
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    asked = 0
    for path, item in document()["paths"].items():
        address = re.sub(r"\{\w+\}", str(NOBODYS), path)
        for method in sorted(methods - {method.upper() for method in item}):
            await client.request(method, address, expect=405)
            asked += 1
    assert asked > MANY


async def test_408(database_url: str) -> None:
    forever = asyncio.Event()

    async def what_never_comes() -> AsyncIterator[bytes]:
        yield b"{"
        await forever.wait()

    async with asked_of(create_app(settings_for(database_url, body_seconds=0.001))) as client:
        await met(408, lambda request: request.by(client, json=None, content=what_never_comes()))


async def test_413(client: Client) -> None:
    large = b" " * (1024 * 1024 + 1)
    await met(413, lambda request: request.by(client, json=None, content=large))


async def test_414(client: Client) -> None:
    await met(414, lambda request: request.by(client, params={"long": "x" * 9_000}))


async def test_415(client: Client) -> None:
    await met(415, lambda request: request.by(client, headers={"Content-Encoding": "gzip"}))


async def test_415_for_what_does_not_say_that_it_is_json(someone: Client) -> None:
    """Wherever a body is read."""
    sent = {"content": b"name", "headers": {"Content-Type": "text/plain"}, "json": None}
    for request in _with_body():
        answer = await request.by(someone, **sent)
        assert answer.status_code == 415, request


async def test_429(database_url: str) -> None:
    async with asked_of(create_app(settings_for(database_url, strangers_per_minute=1))) as client:
        await client.get("/api-info")
        await met(429, lambda request: request.by(client), SLOWED_DOWN_BY_ACCOUNT)


async def test_431(client: Client) -> None:
    await met(431, lambda request: request.by(client, headers={"X-Large": "x" * 33_000}))


async def test_503_when_too_many_ask_at_once(database_url: str) -> None:
    # As if as many as it takes were under way.
    settings = settings_for(database_url).model_copy(update={"requests_at_once": 0})
    async with asked_of(create_app(settings)) as client:
        await met(503, lambda request: request.by(client), RESPONDENTS)


# --- Before anything is looked up ------------------------------------------------------------------------------


async def test_401(client: Client) -> None:
    await met(401, lambda request: request.by(client), BY_WAY_OF_A_BROWSER)


async def test_406(someone: Client) -> None:
    await met(406, lambda request: request.by(someone, headers={"Accept": "application/x-none"}))


async def test_412(someone: Client) -> None:
    # Not a version of ours, whatever the thing's is.
    await met(412, lambda request: request.by(someone, etag='"no version"'))


async def test_422(someone: Client) -> None:
    await met(422, lambda request: request.by(someone, params={"unknown": "x"}))


async def test_428(someone: Client) -> None:
    await met(428, lambda request: request.by(someone, etag=None))


# --- What happens to anything ----------------------------------------------------------------------------------


async def test_403(database_url: str) -> None:
    """Whoever has yet to switch a second factor on does nothing else."""
    app = create_app(settings_for(database_url, require_second_factor="everyone"))
    async with asked_of(app), World(app) as world:
        others = frozenset(WITHOUT_SECOND_FACTOR - {"read_me", "read_sign_in", "end_sign_in"})
        await met(
            403,
            lambda request: request.by(world.administrator.client),
            others | {"create_token", "sign_out"} | BY_WAY_OF_A_BROWSER,
        )


async def test_404(someone: Client) -> None:
    await met(404, lambda request: request.by(someone))


async def test_409_for_a_key_used_for_something_else(world: World, someone: Client) -> None:
    """Wherever a request may carry an Idempotency-Key."""
    who = {"person_id": world.administrator.person.id}
    now = datetime.now(UTC)
    await world.add(
        IdempotencyKey(**who, key="used", request_hash=b"", created_at=now),
        Credential(**who, password_hash=await passwords.hashed(PASSWORD), changed_at=now),
    )
    taken = [request for request, _ in _requests() if request.keyed and request.operation != "create_token"]
    assert len(taken) > MANY
    for request in taken:
        answer = await request.by(someone, headers={"Idempotency-Key": "used"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotencyKeyReused"), request


async def test_500(someone: Client, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program's, put in."""
    # As an item: taken back as an attribute it would be gone, for it is in no __dict__.
    monkeypatch.setitem(app.state._state, "operations", {})
    await met(500, lambda request: request.by(someone))


async def test_503_when_the_database_is_away() -> None:
    app = create_app(settings_for("postgresql://nobody@127.0.0.1:1/away"))
    key: TokenKey = app.state.token_key
    async with asked_of(app) as nobody:
        someone = nobody.signed_in(key.issue(NOBODYS, NOBODYS, datetime.now(UTC)))
        with_a_slip = {"read_survey_form": nobody.signed_in("A" * 43), "create_survey_response": nobody}
        await met(
            503,
            lambda request: request.by(with_a_slip.get(request.operation, someone)),
            WITHOUT_DATABASE | BY_WAY_OF_A_BROWSER,
        )
