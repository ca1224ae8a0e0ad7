"""What an endpoint is handed: the call with its transaction, the version it changes, the key it may repeat."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import structlog
from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.negotiation import best_type, sends_form, sends_json, sent_type, version_in
from app.api.operations import Operation
from app.database import Database
from app.models.bounds import LONGEST_HEADER
from app.services import actors, idempotency, passwords, second_factors, wall
from app.services.calendar import swedish_day
from app.services.errors import Code, Refusal
from app.services.idempotency import Identified, RequestKey
from app.services.key_store import KeyStore, KeyStoreUnavailable
from app.services.second_factors import Needed
from app.services.spelling import read_json
from app.services.tokens import Claims, ClientClaims, TokenKey
from app.services.vault import Vault
from app.services.work import Work

MadeT = TypeVar("MadeT", bound=Identified)

_log = structlog.get_logger("larande.keys")


class RequestRefusal(Exception):
    """The request breaks a rule of the protocol; `code` is a row of the problem table."""

    def __init__(self, code: str, *places: tuple[str, str], retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        """Seconds after which another try makes sense."""
        self.places = places
        """Where: ("query", name) or ("header", name)."""


def now() -> datetime:
    """The clock. Below this room time is an argument."""
    return datetime.now(UTC)


async def well_formed(request: Request) -> object:
    """Media types, query names and the JSON's own form, checked before anything is looked up; what the JSON says."""
    operation: Operation = request.app.state.operations[request.scope["route"].name]
    if best_type(request, operation.media_types) is None:
        raise RequestRefusal("notAcceptable")
    if unknown := sorted(set(request.query_params.keys()) - operation.query_names):
        raise RequestRefusal("unknownParameter", *(("query", name) for name in unknown[:100]))
    given = Counter(name for name, _ in request.query_params.multi_items())
    if twice := sorted(name for name in given.keys() - operation.repeated_names if given[name] > 1):
        # Two readers, one of them a proxy, would disagree on which of the values was meant.
        raise RequestRefusal("parameterTwice", *(("query", name) for name in twice))
    if operation.file_types:
        # Read by the service, in a thread: it may be large.
        if sent_type(request) not in operation.file_types:
            raise RequestRefusal("unsupportedMediaType")
        return None
    if operation.takes_body and (body := await request.body()) and not _takes_forms(request):
        if not sends_json(request):
            raise RequestRefusal("unsupportedMediaType")
        try:
            return read_json(body)
        except ValueError:
            raise RequestRefusal("malformed") from None
    return None


def _takes_forms(request: Request) -> bool:
    """OAuth's own endpoint takes the standard form as well."""
    return request.scope["route"].name == "create_token" and sends_form(request)


bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearerAuth",
    bearerFormat="JWT",
    description="Access token from POST /auth/token, valid for five minutes.",
)


async def signed_in(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Claims | ClientClaims:
    """The verified token of a person or a service client; no database is asked."""
    if credentials is None:
        raise Refusal(Code.NOT_SIGNED_IN)
    key: TokenKey = request.app.state.token_key
    return key.verify(credentials.credentials, now())


async def person_signed_in(claims: Claims | ClientClaims) -> Claims:
    """The token of a person: a service client has no account."""
    if isinstance(claims, ClientClaims):
        raise Refusal(Code.NOT_YOUR_ROLE)
    return claims


@dataclass(frozen=True)
class Call:
    """One request on its way: what was asked and the work to do it in."""

    request: Request
    work: Work
    key: RequestKey | None = None

    async def once(
        self, make: Callable[[], Awaitable[MadeT]], again: Callable[[Work, UUID], Awaitable[MadeT]]
    ) -> MadeT:
        """Do it once for each Idempotency-Key; `again(work, id)` shows what the first time made."""
        return await idempotency.once(self.work, self.key, make, lambda row_id: again(self.work, row_id))


# What somebody who still has to switch theirs on can do.
WITHOUT_SECOND_FACTOR = {
    *("read_me", "read_second_factor", "create_second_factor", "confirm_second_factor"),
    *("create_password_change", "list_sign_ins", "read_sign_in", "end_sign_in", "create_sign_out"),
}


@asynccontextmanager
async def opened_call(
    request: Request,
    claims: Claims | ClientClaims,
    opened: wall.Opens,
    key: RequestKey | None = None,
) -> AsyncIterator[Call]:
    """The call of whoever has this token, once they are let in; committed when it ends."""
    async with opened(_as(claims, now())) as session:
        moment = now()
        if isinstance(claims, ClientClaims):
            actor = await actors.load_client(session, claims, address_of(request), moment)
        else:
            actor = await actors.load(session, claims.person_id, claims.sign_in_id, swedish_day(moment))
            needed: Needed = request.app.state.second_factor_needed
            if needed.of(actor) and request.scope["route"].name not in WITHOUT_SECOND_FACTOR:
                await second_factors.demand(session, claims.sign_in_id)
        work = Work(session, actor, moment, now)
        yield Call(request, work, key)
    await _destroy_keys(request, work.rounds_over)


def _as(claims: Claims | ClientClaims, moment: datetime) -> wall.Context:
    if isinstance(claims, ClientClaims):
        return wall.serving(claims.client_id, claims.credential_id, moment)
    return wall.acting(claims.person_id, swedish_day(moment))


async def _destroy_keys(request: Request, round_ids: list[UUID]) -> None:
    """What the store cannot destroy now is destroyed by the next turn of whoever closes rounds (app/closing.py)."""
    for round_id in round_ids:
        key_store: KeyStore = request.app.state.key_store
        try:
            await asyncio.to_thread(key_store.destroy, round_id)
        except KeyStoreUnavailable:
            _log.warning("keys wait to be destroyed", survey_round_id=str(round_id))


Formed = Annotated[object, Depends(well_formed)]
SignedIn = Annotated[Claims | ClientClaims, Depends(signed_in)]


def address_of(request: Request) -> str:
    """Where the request comes from (a trusted proxy's Forwarded is already applied); empty from a socket file."""
    return request.client.host if request.client else ""


def key_store_of(call: Call) -> KeyStore:
    key_store: KeyStore = call.request.app.state.key_store
    return key_store


def vault_of(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def reading(request: Request, _formed: Formed, claims: SignedIn) -> AsyncIterator[Call]:
    async with opened_call(request, claims, database_of(request).read) as call:
        yield call


async def writing(request: Request, _formed: Formed, claims: SignedIn) -> AsyncIterator[Call]:
    async with opened_call(request, claims, database_of(request).write) as call:
        yield call


IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Send the same key again after a lost answer; the thing is made once.",
        json_schema_extra={
            "example": "6f1f0c3e-6d0b-4b39-9a53-1f3c2f0f7f11",
            "pattern": "^[!-~]{1,100}$",
            "maxLength": 100,
        },
    ),
]


def check_idempotency_key(key: str | None) -> None:
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,100}", key):
        raise RequestRefusal("idempotencyKeyInvalid", ("header", "Idempotency-Key"))


async def request_key(
    request: Request, _formed: Formed, _claims: SignedIn, idempotency_key: IdempotencyKeyHeader = None
) -> RequestKey | None:
    check_idempotency_key(idempotency_key)
    if idempotency_key is None:
        return None
    told = "\n".join([request.scope["route"].name, request.scope["path"]]).encode() + b"\n" + await request.body()
    token_key: TokenKey = request.app.state.token_key
    # Keyed: a plain hash of a request with one e-mail address in it would give the address away.
    return RequestKey(idempotency_key, token_key.pseudonym("request", hashlib.sha256(told).hexdigest()))


Key = Annotated[RequestKey | None, Depends(request_key)]


async def creating(request: Request, claims: SignedIn, key: Key) -> AsyncIterator[Call]:
    async with opened_call(request, claims, database_of(request).write, key) as call:
        yield call


async def expected_version(
    _claims: SignedIn,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag you read. Only its version part is compared.",
            json_schema_extra={"example": '"3-9f86d081884c7d65"', "maxLength": LONGEST_HEADER},
        ),
    ] = None,
) -> int:
    """The version the client means to change."""
    if if_match is None or if_match.strip() == "*":
        raise RequestRefusal("preconditionRequired", ("header", "If-Match"))
    version = version_in(if_match)
    if version is None:
        raise Refusal(Code.STALE_VERSION)
    return version


@dataclass(frozen=True)
class Asking:
    """A signed-in request that is not believed before it has proved once more who it is.

    Proving hashes a password, during which no connection may be held: the transaction is opened afterwards.
    """

    request: Request
    claims: Claims
    key: RequestKey | None

    @asynccontextmanager
    async def believed(self, prove: Callable[[], Awaitable[None]]) -> AsyncIterator[Call]:
        """The call, once `prove` has let it pass. A request that was carried out before need not prove it again."""
        database = database_of(self.request)
        async with opened_call(self.request, self.claims, database.read) as call:
            again = await idempotency.was_done(call.work, self.key)
        if not again:
            await prove()
        async with opened_call(self.request, self.claims, database.write, self.key) as call:
            yield call


async def asking(request: Request, claims: SignedIn, key: Key) -> Asking:
    if isinstance(claims, ClientClaims):
        # A service client has nothing to prove; one that is let in no more is told that first.
        async with opened_call(request, claims, database_of(request).read):
            raise Refusal(Code.NOT_YOUR_ROLE)
    if key is not None:
        # The body holds a password: what is kept of it must not be quicker to guess than the password's own hash.
        salt = request.app.state.token_key.pseudonym("request", key.key)[:16]
        slow = await passwords.hashed(key.request_hash.hex(), salt=salt)
        key = RequestKey(key.key, hashlib.sha256(slow.encode()).digest())
    return Asking(request, claims, key)


@dataclass(frozen=True)
class Changing:
    """A signed-in change of which it depends on the request whether it has to prove once more who asks."""

    request: Request
    claims: Claims | ClientClaims

    @asynccontextmanager
    async def call(self, prove: Callable[[], Awaitable[None]] | None) -> AsyncIterator[Call]:
        """The call; with `prove`, once that has let it pass, and before that only whoever is still let in."""
        database = database_of(self.request)
        if prove is not None:
            async with opened_call(self.request, self.claims, database.read):
                pass
            await prove()
        async with opened_call(self.request, self.claims, database.write) as call:
            yield call


async def changing(request: Request, _formed: Formed, claims: SignedIn) -> Changing:
    return Changing(request, claims)


# "function" scope: the transaction is committed before the answer is sent. The default scope commits after it,
# and a failed commit would already have answered 201.
Reading = Annotated[Call, Depends(reading, scope="function")]
Writing = Annotated[Call, Depends(writing, scope="function")]
Creating = Annotated[Call, Depends(creating, scope="function")]
Proving = Annotated[Asking, Depends(asking)]
Perhaps = Annotated[Changing, Depends(changing)]
Version = Annotated[int, Depends(expected_version)]
