"""What the library's own authors ask of a SCIM server, and of a storage behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import anyio.from_thread
import anyio.to_thread
import httpx2
import pytest
from scim2_models import ResourceType, ScimProvider
from scim2_server import testing
from scim2_server.storage import AsyncScimStorage, SearchPage
from scim2_server.testing import AsyncScimStorageContract, BlockingStorage

from app.api.scim.shapes import PROVIDER
from app.api.scim.storage import Storage
from app.models.columns import Language
from app.models.organisation import ApprovalRule, Organisation
from app.models.service_client import Scope, ServiceClient, ServiceClientKind
from app.models.service_client_credential import ServiceClientCredential
from app.services import actors, wall
from app.services.tokens import ClientClaims
from app.services.work import Work
from tests.api.scim.provisioning import ENTERPRISE, Provisioning, brake_off
from tests.database import Database
from tests.in_process import ROOT
from tests.world import World, organisation_number


class Bridge(httpx2.BaseTransport):
    """From the tester, which knows no event loop, to the application in this one."""

    def __init__(self, hr: Provisioning) -> None:
        self.hr = hr

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = anyio.from_thread.run(self.ask, request)
        return httpx2.Response(response.status_code, headers=response.headers, content=response.content)

    async def ask(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        content = request.read()
        http = self.hr.world.nobody.http
        return await http.request(request.method, str(request.url), headers=headers, content=content or None)


async def test_the_library_s_tester_passes_in_full(world: World, hr: Provisioning) -> None:
    # Here, for loading them takes more than a second, and each worker reads this file.
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import Status, check_server

    await brake_off(world)
    client = SyncSCIMClient(
        httpx2.Client(
            base_url=f"{ROOT}/scim/v2",
            transport=Bridge(hr),
            headers={"Authorization": f"Bearer {hr.machine.client.token}"},
        )
    )
    results = await anyio.to_thread.run_sync(check_server, client)
    faults = [
        f"{each.status.name} {each.resource_type} {each.title}: {each.reason}"
        for each in results
        if each.status not in {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
    ]
    assert not faults, "\n".join(faults)
    assert sum(each.status is Status.SUCCESS for each in results) >= 70


# --- The storage contract --------------------------------------------------------------------------------------------


class OneByOne(AsyncScimStorage):
    """Our storage with a transaction for each call, as each of the contract's calls stands for a request of its own.

    Somebody who is taken in has an address, as the service makes sure of before it calls the storage.
    """

    def __init__(self, database: Database, claims: ClientClaims) -> None:
        self.database, self.claims = database, claims

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Storage]:
        now = datetime.now(UTC)
        context = wall.serving(self.claims.client_id, self.claims.credential_id, now)
        async with self.database.write(context) as session:
            actor = await actors.load_client(session, self.claims, "127.0.0.1", now)
            storage = Storage(Work(session, actor, now), writes=True)
            async with storage.operation():
                yield storage

    async def get(self, resource_type: ResourceType, resource_id: str, *, response_parameters: Any = None) -> Any:
        async with self.opened() as storage:
            return await storage.get(resource_type, resource_id, response_parameters=response_parameters)

    async def search(self, resource_types: Any, search_request: Any, *, position: Any = None) -> SearchPage:
        async with self.opened() as storage:
            return await storage.search(resource_types, search_request, position=position)

    async def create(self, resource_type: ResourceType, resource: Any) -> Any:
        if resource_type.name == "User":
            resource = resource.model_copy(deep=True)
            others = resource.emails or []
            own = {"value": f"{uuid4().hex}@example.se", "type": "work", "primary": True}
            with_address = type(resource).model_validate({"userName": "x", "emails": [own]})
            resource.emails = others or with_address.emails
        async with self.opened() as storage:
            return await storage.create(resource_type, resource)

    async def update(self, resource_type: ResourceType, resource: Any, *, expected_version: str | None = None) -> Any:
        async with self.opened() as storage:
            return await storage.update(resource_type, resource, expected_version=expected_version)

    async def delete(self, resource_type: Any, resource_id: str, *, expected_version: str | None = None) -> None:
        async with self.opened() as storage:
            await storage.delete(resource_type, resource_id, expected_version=expected_version)


async def _founded(database: Database) -> ClientClaims:
    """An organisation without people or units, and its HR system."""
    now = datetime.now(UTC)
    organisation = Organisation(
        organisation_number=organisation_number(),
        name="Tom myndighet",
        approval_rule=ApprovalRule.EVERY,
        languages=[Language.SWEDISH],
        created_at=now,
    )
    client = ServiceClient(
        organisation_id=organisation.id,
        name="Personalsystemet",
        purpose="Prov.",
        kind=ServiceClientKind.HR_SYSTEM,
        scopes=[Scope.PEOPLE_WRITE, Scope.UNITS_WRITE],
        contact="it@example.se",
        expires_at=now + timedelta(days=1),
        allowed_networks=["127.0.0.1/32"],
        approval_rule=ApprovalRule.EVERY,
        content_hash="",
        created_at=now,
    )
    credential = ServiceClientCredential(
        organisation_id=organisation.id,
        service_client_id=client.id,
        secret_hash=uuid4().bytes,
        expires_at=now + timedelta(days=1),
        created_at=now,
    )
    async with database.write() as session:
        for row in (organisation, client, credential):
            session.add(row)
            await session.flush()
    return ClientClaims(client.id, credential.id, now + timedelta(minutes=5))


KEPT_FILTERS = [
    # The library's own evaluator takes a piece of a text for a moment in time.
    *(each for each in testing.SEARCH_FILTERS if "title" not in each and "meta.created co" not in each),
    'displayName eq "ALICE"',
    'displayName ne "Alice" and not (active eq false)',
    'not (name.familyName eq "smith")',
    "name.givenName eq null",
    'groups[display eq "Alice"]',
    "groups pr",
    'id eq "unknown"',
    'id ne "unknown"',
    f'{ENTERPRISE}:department pr or externalId eq "x"',
    f"{ENTERPRISE}:manager pr",
]
KEPT_SORTS = [each for each in testing.SEARCH_SORTS if each != "title" and not each.startswith("emails")]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def reached(database_url: str, runner: asyncio.Runner) -> Iterator[Database]:
    """By one connection, whoever asks."""

    async def opened() -> Database:
        return Database(database_url, 1)

    database = runner.run(opened())
    yield database
    runner.run(database.close())


class TestStorage(AsyncScimStorageContract):
    """All of it but cursors, which the service does not announce."""

    test_cursor_pages_every_resource_once = None  # type: ignore[assignment]
    test_cursor_pages_in_sort_order = None  # type: ignore[assignment]
    test_cursor_pages_equal_sort_values_once = None  # type: ignore[assignment]
    test_cursor_pages_back = None  # type: ignore[assignment]
    test_cursor_gives_stable_pages_when_a_resource_of_the_page_is_deleted = None
    test_cursor_gives_stable_pages_when_a_resource_is_created = None  # type: ignore[assignment]
    test_cursor_pages_back_after_a_deletion = None  # type: ignore[assignment]
    test_cursor_with_count_zero = None  # type: ignore[assignment]
    test_cursor_at_the_root = None  # type: ignore[assignment]

    @pytest.mark.parametrize("scim_filter", KEPT_FILTERS)
    def test_search_filters_as_the_filter_evaluator(
        self, storage: Any, provider: Any, user_type: Any, user_model: Any, scim_filter: str
    ) -> None:
        super().test_search_filters_as_the_filter_evaluator(storage, provider, user_type, user_model, scim_filter)

    @pytest.mark.parametrize("sort_order", ["ascending", "descending"])
    @pytest.mark.parametrize("sort_by", KEPT_SORTS)
    def test_search_sorts_as_search_request_sort(
        self, storage: Any, provider: Any, user_type: Any, user_model: Any, sort_by: str, sort_order: str
    ) -> None:
        super().test_search_sorts_as_search_request_sort(storage, provider, user_type, user_model, sort_by, sort_order)

    def search_or_skip(self, storage: Any, resource_types: Any, search_request: Any) -> Any:
        return self.search(storage, resource_types, search_request)  # nothing is skipped here

    @staticmethod
    def require(supported: bool, feature: str) -> None:
        assert supported, f"the service does not support {feature}"

    @pytest.fixture
    def provider(self) -> ScimProvider:
        return PROVIDER

    @pytest.fixture
    def storage(self, runner: asyncio.Runner, reached: Database) -> Iterator[Any]:
        with PROVIDER:
            yield BlockingStorage(OneByOne(reached, runner.run(_founded(reached))), runner)

    def search_users(self) -> list[dict[str, Any]]:
        """With addresses that are nobody else's; the storage keeps one of several."""
        users: list[dict[str, Any]] = json.loads(json.dumps(super().search_users()))
        for user in users:
            user.pop("title", None)
            for email in user.get("emails", []):
                email["value"] = f"{uuid4().hex[:8]}.{email['value']}"
            user.setdefault("active", True)
        return users
