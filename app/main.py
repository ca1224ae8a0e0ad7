"""Wiring: settings in, application out."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from app.api import (
    api_info,
    calendars,
    collection,
    docs,
    document,
    limits,
    operations,
    problems,
    scim,
    token_keys,
    webhook_deliveries,
)
from app.api.catalogue import ROUTERS
from app.api.dependencies import now
from app.api.doors import Doors
from app.api.file_turns import Turns
from app.api.last_resort import LastResort
from app.api.middleware import ListedOrigins, RequestFrame, TrustedProxies
from app.api.operations import BASE, SURVEY_RESPONSES
from app.api.scim.application import ScimApplication
from app.archive_key_directory import open_archive_keys
from app.ballot_box import BallotBox
from app.closing import closing_rounds
from app.database import Database
from app.delivering import delivering_webhooks
from app.importing import keeping_days
from app.key_directory import open_key_directory
from app.name_service import NameService
from app.outbound import WEBHOOK_WITHIN_S, Outbound
from app.reminding import reminding_groups
from app.retention import keeping_retention
from app.services import table_files
from app.services.archive_keys import ArchiveKeySource, KeptNowhere
from app.services.key_store import KeyStore
from app.services.relying_party import RelyingParty
from app.services.reminder_mail import ReminderPages
from app.services.second_factors import Needed
from app.services.token_keys import KeySource, Unsaved, new_pair, ring_of
from app.services.tokens import TokenKey
from app.services.vault import Vault
from app.settings import Settings, names_in
from app.smtp import server_at
from app.token_key_directory import open_token_keys
from app.worker import Workshop, working

MAX_BODY_BYTES = 1024 * 1024
MAX_SURVEY_RESPONSE_BYTES = 128 * 1024
"""Room for the longest texts of five open questions, with every character escaped."""

MAX_FILE_BYTES = table_files.MOST_BYTES
MAX_TREE_BYTES = 8 * 1024 * 1024
EXPORTS_AT_A_TIME = 2
"""Files that are being written; each may take some hundred MiB and a processor for some seconds."""
EXPORTS_WAITING = 20
EXPORTS_OF_ONE = 10


def create_app(settings: Settings) -> FastAPI:
    """The whole service. `settings` must say which database and which token secret to use.

    Without a key directory it can be described and does all but open and close survey rounds; without one for archive
    keys, all but sign archive packages; without one for token keys it signs with a key that it keeps in memory.
    Raises `KeyStoreUnavailable` or `KeysUnavailable` when there is one that cannot be used.
    """
    if settings.database_url is None or settings.token_secret is None:
        raise ValueError("create_app needs a database address and a token secret; `larande serve` finds both")
    database = Database(settings.database_url.get_secret_value(), settings.pool_size)
    ballot_box = BallotBox(database, now)
    outbound = Outbound(names_in(settings.identity_provider_networks))
    webhooks = webhook_door(settings)
    key_store = None if settings.key_directory is None else open_key_directory(settings.key_directory)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as beside:
            if settings.worker == "inside":
                await beside.enter_async_context(keeping_retention(database))
                await beside.enter_async_context(keeping_days(database))
                await beside.enter_async_context(delivering_webhooks(database, webhooks.tell, vault_of(settings)))
                letters = settings.smtp_url is not None
                await beside.enter_async_context(reminding_groups(database, by_letter=letters))
            if key_store is not None and settings.worker == "inside":
                await beside.enter_async_context(closing_rounds(database, key_store))
                await beside.enter_async_context(working(workshop_of(settings, database, key_store)))
            yield
            await ballot_box.close()
            await outbound.close()
            await webhooks.close()
        await database.close()

    app = FastAPI(
        title=document.TITLE,
        version=api_info.VERSION,
        openapi_url=None,  # served in two languages (app/api/docs)
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,
        strict_content_type=True,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestFrame),
            Middleware(TrustedProxies, networks=names_in(settings.trusted_proxies)),
            Middleware(
                ListedOrigins,
                allow_origins=names_in(settings.cors_origins),
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    "If-Match",
                    "If-None-Match",
                    "Idempotency-Key",
                    "traceparent",
                ],
                expose_headers=[
                    *("ETag", "Location", "Retry-After", "traceparent", "X-Request-Id"),
                    *("RateLimit", "RateLimit-Policy"),
                ],
                allow_credentials=True,
            ),
            Middleware(
                limits.RateLimited,
                allowances=limits.Allowances.per_minute(
                    settings.reads_per_minute, settings.writes_per_minute, settings.strangers_per_minute
                ),
            ),
            Middleware(LastResort),
            Middleware(
                limits.WholeRequests,
                max_body_bytes=MAX_BODY_BYTES,
                larger={"imports": MAX_FILE_BYTES, "unit-tree": MAX_TREE_BYTES},
                smaller={BASE + SURVEY_RESPONSES: MAX_SURVEY_RESPONSE_BYTES},
                body_seconds=settings.body_seconds,
            ),
            Middleware(limits.AtOnce, most=settings.requests_at_once),
        ],
    )
    app.state.database = database
    app.state.ballot_box = ballot_box
    app.state.faults_in_answering = Counter()
    app.state.exports = Turns(EXPORTS_AT_A_TIME, EXPORTS_WAITING, EXPORTS_OF_ONE, limits.RETRY_WHEN_BUSY)
    app.state.vault = vault_of(settings)
    app.state.second_factor_needed = Needed(settings.require_second_factor)
    app.state.relying_party = RelyingParty(outbound.call, settings.sign_in_return_url)
    app.state.may_tell = webhooks.may_tell
    app.state.look_up_texts = NameService(names_in(settings.name_servers)).texts
    app.state.token_key = TokenKey(settings.token_secret.get_secret_value().encode(), _token_keys(settings))
    app.state.archive_keys = _archive_keys(settings)
    if key_store is not None:
        app.state.key_store = key_store
    app.state.front_end_url = settings.front_end_url
    app.state.origins = names_in(settings.cors_origins)
    # Not included, but taken over: around an included router's routes the framework builds others, and asks both.
    operations_by_noun = [route for router in ROUTERS for route in router.routes]
    app.router.routes += [Doors(operations_by_noun), *operations_by_noun]
    app.mount(scim.PATH, ScimApplication(now), name="scim")
    app.include_router(api_info.health)
    app.include_router(token_keys.router)
    app.include_router(calendars.router)
    app.webhooks.routes += webhook_deliveries.messages.routes
    docs.install(app)
    collection.install(app)
    problems.install(app)
    document.install(app)
    operations.install(app)
    return app


def webhook_door(settings: Settings) -> Outbound:
    """By which webhooks go out: not to where identity providers may be, but to networks of their own."""
    return Outbound(names_in(settings.webhook_networks), WEBHOOK_WITHIN_S)


def vault_of(settings: Settings) -> Vault:
    if settings.token_secret is None:
        raise ValueError("what is sealed needs a token secret")
    return Vault(settings.token_secret.get_secret_value().encode())


def _token_keys(settings: Settings) -> KeySource:
    if settings.token_key_directory is None:
        return Unsaved(ring_of(new_pair(now())))
    return open_token_keys(settings.token_key_directory, now())


def _archive_keys(settings: Settings) -> ArchiveKeySource:
    if settings.archive_key_directory is None:
        return KeptNowhere()
    return open_archive_keys(settings.archive_key_directory, now())


def workshop_of(settings: Settings, database: Database, key_store: KeyStore) -> Workshop:
    """What a worker of this installation has at hand."""
    mailer = server_at(settings.smtp_url.get_secret_value()) if settings.smtp_url is not None else None
    return Workshop(
        database,
        key_store,
        mailer,
        settings.mail_from,
        settings.front_end_url,
        vault_of(settings),
        settings.sign_in_url,
        settings.interest_url,
        ReminderPages(settings.public_url.rstrip("/") + BASE, settings.group_url, settings.unsubscribe_url),
    )
