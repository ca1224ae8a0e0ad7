"""The secrets of service clients: made, shown once, followed by another without a gap, removed, found nowhere."""

import asyncio
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
import time_machine
from sqlmodel import SQLModel, col

from app.models.service_client_credential import ServiceClientCredential
from tests import stories
from tests.machines import HERE, a_secret, consented, get_in, hr_system, machine, registered, try_in
from tests.world import World

WRONG = "larande_client_" + "A" * 43


async def last_used(world: World, credential_id: str) -> Any:
    read = await world.saco_rep.client.get(f"/service-client-credentials/{credential_id}")
    return read["lastUsedAt"]


async def test_a_secret_is_shown_once(world: World) -> None:
    made = await registered(world)
    answer = await world.administrator.client.request(
        "POST", f"/service-clients/{made['id']}/credentials", json={}, expect=201
    )
    secret = answer.json()
    # 256 bits behind a name that scanners look for.
    assert re.fullmatch(r"larande_client_[A-Za-z0-9_-]{43}", secret["secret"])
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Location"].endswith(f"/service-client-credentials/{secret['id']}")
    assert (secret["expiresAt"], secret["lastUsedAt"]) == (made["expiresAt"], None)
    for who in (world.administrator, world.saco_rep, world.employer_rep):
        read = await who.client.get(f"/service-client-credentials/{secret['id']}")
        assert (read["secret"], read["serviceClientId"]) == (None, made["id"])
        (summary,) = (await who.client.get(f"/service-clients/{made['id']}"))["credentials"]
        assert summary == {key: read[key] for key in summary}
    async with world.database.read() as session:
        kept = await session.execute(sa.select(col(ServiceClientCredential.secret_hash)))
        assert hashlib.sha256(secret["secret"].encode()).digest() in set(kept.scalars())


async def test_a_request_sent_twice_shows_the_secret_once(world: World) -> None:
    made = await registered(world)
    key = {"Idempotency-Key": "secret-1"}
    path = f"/service-clients/{made['id']}/credentials"
    first = await world.administrator.client.post(path, {}, headers=key)
    again = await world.administrator.client.post(path, {}, headers=key)
    assert (again["id"], again["secret"]) == (first["id"], None)


async def test_one_secret_follows_another_without_a_gap(world: World) -> None:
    it = await machine(world)
    second = await a_secret(world, it.id)
    path = f"{it.path}/credentials"
    await world.administrator.client.refused("POST", path, 409, "twoSecretsLive", json={})
    for secret in (it.secret, second["secret"]):
        assert (await try_in(world.nobody, it.id, secret)).status_code == 200
    old = await get_in(world.nobody, it)
    await world.administrator.client.change(
        f"/service-client-credentials/{it.credential_id}", None, 204, method="DELETE"
    )
    # Neither the secret nor the token that was got with it is good for anything from then on.
    await old.refused("GET", "/me", 401, "tokenInvalid")
    assert (await try_in(world.nobody, it.id, it.secret)).json()["code"] == "clientRefused"
    assert (await try_in(world.nobody, it.id, second["secret"])).status_code == 200
    await a_secret(world, it.id)


async def test_at_most_two_secrets_however_many_ask_at_once(world: World) -> None:
    made = await registered(world)
    path = f"/service-clients/{made['id']}/credentials"
    answers = await asyncio.gather(*(world.administrator.client.request("POST", path, json={}) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409, 409, 409]


async def test_a_secret_expires_and_makes_way(world: World) -> None:
    it = await machine(world)
    tomorrow = stories.soon(1)
    short = await a_secret(world, it.id, expiresAt=tomorrow)
    path = f"{it.path}/credentials"
    client = await world.administrator.client.get(it.path)
    for late in ("2020-01-01T00:00:00Z", (datetime.fromisoformat(client["expiresAt"]) + timedelta(days=1)).isoformat()):
        await world.administrator.client.refused("POST", path, 422, "expiryUnfit", json={"expiresAt": late})
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        refused = await try_in(world.nobody, it.id, short["secret"])
        assert (refused.status_code, refused.json()["code"]) == (401, "clientRefused")
        assert (await try_in(world.nobody, it.id, it.secret)).status_code == 200
        administrator = await stories.now_as(world, world.administrator)
        new = await administrator.post(path, {})
        ids = [each["id"] for each in (await administrator.get(it.path))["credentials"]]
        assert ids == [it.credential_id, new["id"]]


async def test_when_a_secret_was_last_used_is_known_by_the_hour(world: World) -> None:
    it = await machine(world)
    assert await last_used(world, it.credential_id) is None
    nine = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    for later, hour in ((20, 0), (50, 0), (200, 3)):
        with time_machine.travel(nine + timedelta(minutes=later), tick=True):
            assert (await try_in(world.nobody, it.id, it.secret)).status_code == 200
            client = await stories.now_as(world, world.saco_rep)
            read = await client.get(f"/service-client-credentials/{it.credential_id}")
            assert datetime.fromisoformat(read["lastUsedAt"]) == nine + timedelta(hours=hour)
            assert read["version"] == 1
            assert (await client.get(it.path))["credentials"][0]["lastUsedAt"] == read["lastUsedAt"]


async def test_a_burst_does_not_wait_for_the_mark_of_its_use(world: World) -> None:
    it = await machine(world)
    async with world.database.write() as session:
        holding = (
            sa.select(ServiceClientCredential)
            .with_for_update()
            .where(col(ServiceClientCredential.secret_hash) == hashlib.sha256(it.secret.encode()).digest())
        )
        await session.execute(holding)
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(try_in(world.nobody, it.id, it.secret) for _ in range(5)))
        assert {each.status_code for each in answers} == {200}
    assert (await try_in(world.nobody, it.id, it.secret)).status_code == 200
    assert await last_used(world, it.credential_id) is not None


async def test_a_secret_removed_in_the_middle_of_a_burst_lets_nobody_in_from_then_on(world: World) -> None:
    it = await hr_system(world)
    tag = await world.administrator.client.etag(f"/service-client-credentials/{it.credential_id}")
    removed = asyncio.Event()
    after: list[int] = []

    async def calls() -> None:
        for _ in range(12):
            since = removed.is_set()
            response = await it.client.request("GET", f"{world.path}/people")
            if since:
                after.append(response.status_code)

    async def remove() -> None:
        path = f"/service-client-credentials/{it.credential_id}"
        await world.administrator.client.request("DELETE", path, etag=tag, expect=204)
        removed.set()

    await asyncio.gather(*(calls() for _ in range(4)), remove())
    assert after
    assert set(after) == {401}


async def test_removing_twice_and_ending_at_once(world: World) -> None:
    it = await machine(world)
    path = f"/service-client-credentials/{it.credential_id}"
    tags = [await world.administrator.client.etag(each) for each in (path, it.path)]
    answers = await asyncio.gather(
        *(world.administrator.client.request("DELETE", path, etag=tags[0]) for _ in "ab"),
        world.administrator.client.request("POST", f"{it.path}/transitions", json={"to": "ended"}, etag=tags[1]),
    )
    told = [each.status_code for each in answers]
    assert told[2] == 201
    assert sorted(told[:2]) in ([204, 404], [404, 404])
    assert (await try_in(world.nobody, it.id, it.secret)).status_code == 401


async def test_only_the_administrator_makes_and_removes_secrets(world: World) -> None:
    it = await machine(world)
    path = f"/service-client-credentials/{it.credential_id}"
    for who in (world.employer_rep, world.saco_rep):
        await who.client.refused("POST", f"{it.path}/credentials", 403, "notYourRole", json={})
        await who.client.refused("DELETE", path, 403, "notYourRole", etag='"1"')
    for client in (world.employee.client, world.archivist.client, it.client):
        await client.refused("GET", path, 404, "notFound")
    await world.nobody.refused("GET", path, 401, "notSignedIn")
    await world.administrator.client.refused("DELETE", path, 428, "preconditionRequired")
    await world.administrator.client.refused("DELETE", path, 412, "staleVersion", etag='"9"')


async def test_the_secret_is_nowhere_but_in_the_one_answer(world: World) -> None:
    """Not in the database, a log line, an audit entry, a header, another answer or a refusal; nor is a wrong one."""
    with structlog.testing.capture_logs() as events:
        it = await consented(world, allowedNetworks=[HERE])
        body = {"grantType": "client_credentials", "clientId": it.id, "clientSecret": it.secret}
        answers = [
            await try_in(world.nobody, it.id, it.secret),
            await try_in(world.nobody, it.id, WRONG),
            await world.nobody.request("POST", "/auth/token", json=body | {"clientId": "?"}),
            await world.nobody.request("POST", "/auth/token", json=body | {"scope": "people:write"}),
            await world.nobody.request("POST", "/auth/token", json=body | {it.secret[-40:]: "x"}),
            await world.nobody.request("GET", "/me", headers={"Authorization": f"Bearer {it.secret}"}),
            await it.client.request("GET", "/me"),
        ]
        for who in (world.administrator, world.saco_rep):
            paths = (
                it.path,
                f"{it.path}/approvals",
                f"/service-client-credentials/{it.credential_id}",
                f"{world.path}/service-clients",
                f"{world.path}/audit-entries?limit=100",
            )
            answers += [await who.client.request("GET", path) for path in paths]
    looked_for = [it.secret.removeprefix("larande_client_"), WRONG.removeprefix("larande_client_")]
    looked_for += [hashlib.sha256(it.secret.encode()).hexdigest()]
    for answer in answers:
        told = answer.text + str(answer.headers)
        assert not any(each in told for each in looked_for), answer.request.url
    assert not any(each in str(events) for each in looked_for)
    async with world.database.read() as session:
        for table in SQLModel.metadata.tables.values():
            dump = await session.execute(sa.text(f'SELECT to_jsonb(t)::text FROM "{table.name}" t'))  # noqa: S608
            stored = "".join(dump.scalars())
            assert looked_for[0] not in stored, table.name
            assert looked_for[1] not in stored, table.name
