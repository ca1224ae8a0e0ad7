"""Whoever waits for a person holds nothing of theirs meanwhile, so that two who change it never block each other.

The person's row is taken before all that is theirs (docs/decisions/order-of-locks.md). In another order two requests
would wait for each other crosswise until PostgreSQL stops one of them after a second, and everybody who waits behind
them is told that the database is away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from app.models.identity import Identity
from app.models.party import Party
from app.models.person import Person
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.sign_in import Credential, LinkKind, PersonInvitation, SignIn, SignInMethod
from app.services import identities, second_factors
from app.services.authorisation_requests import _STILL_SIGNED_IN
from app.services.errors import Refusal
from app.services.invitations import _HELD
from app.services.joint_decision import _STILL_SPEAKS
from app.services.wall import ENTRANCE
from tests.database import as_owner
from tests.provider_stage import register
from tests.second_factors import enrolled
from tests.signing_in import calling_from, give_password, invitation, sign_in, try_password
from tests.world import Someone, World

THEIRS = (Credential, PersonInvitation, SignIn, Identity)
_ONE_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def waits_for(
    world: World, held: sa.Select[Any], free: Iterable[sa.Select[Any]], act: Callable[[], Awaitable[Any]]
) -> Any:
    """What comes of it, once the rows that it waits for are free; until then the others can be had at once."""
    async with world.database.write() as session:
        await session.execute(held.with_for_update(key_share=True))
        acting = asyncio.ensure_future(act())
        for _ in range(200):
            if (await as_owner(world.database, _ONE_WAITS))[0]:
                break
            await asyncio.sleep(0.05)
        assert not acting.done()
        for rows in free:
            await session.execute(rows.with_for_update(nowait=True))
    return await acting


async def waits_empty_handed(world: World, someone: Someone, act: Callable[[], Awaitable[Any]]) -> Any:
    """The same for the person's own row, and all that hangs on it."""
    return await waits_for(world, _person(someone), (_of(someone, row_type) for row_type in THEIRS), act)


def _person(someone: Someone) -> sa.Select[Any]:
    return sa.select(col(Person.id)).where(col(Person.id) == someone.person.id)


def _sign_in(someone: Someone, **more: Any) -> SignIn:
    now = datetime.now(UTC)
    return SignIn(
        person_id=someone.person.id,
        address_hash=b"",
        method=SignInMethod.PASSWORD,
        started_at=now,
        last_used_at=now,
        mandate_ids=[],
        **more,
    )


def _of(someone: Someone, row_type: Any) -> sa.Select[Any]:
    return sa.select(row_type).where(row_type.person_id == someone.person.id)


async def test_signing_in_takes_the_person_first(app: FastAPI, world: World) -> None:
    await give_password(world, world.employee)
    async with calling_from(app) as caller:
        answer = await waits_empty_handed(world, world.employee, lambda: try_password(caller, world.employee))
    assert answer.status_code == 200


async def test_setting_a_password_takes_the_person_first(app: FastAPI, world: World) -> None:
    await give_password(world, world.employee)
    sent = {"token": await invitation(world, world.employee), "password": "nio tranor över mossen"}
    async with calling_from(app) as caller:
        await sign_in(caller, world.employee)
        answer = await waits_empty_handed(
            world, world.employee, lambda: caller.request("POST", "/auth/credentials", json=sent)
        )
    assert answer.status_code == 204


@pytest.mark.parametrize("statement", [_HELD, _STILL_SIGNED_IN])
async def test_coming_back_from_a_provider_takes_the_person_first(
    world: World, statement: sa.Select[tuple[Person]]
) -> None:
    now = datetime.now(UTC)
    token_hash = uuid4().bytes
    link = PersonInvitation(
        token_hash=token_hash,
        person_id=world.employee.person.id,
        kind=LinkKind.INVITATION,
        created_at=now,
        expires_at=datetime.max.replace(tzinfo=UTC),
    )
    present = _sign_in(world.employee)
    await world.add(link, present)
    given = {
        "token_hash": token_hash,
        "now": now,
        "person_id": world.employee.person.id,
        "sign_in_id": present.id,
        "kinds": list(LinkKind),
    }

    async def take() -> Any:
        async with world.database.write(ENTRANCE) as session:
            return (await session.execute(statement, given)).one_or_none()

    assert await waits_empty_handed(world, world.employee, take) is not None


async def test_a_linked_account_takes_the_person_first(world: World) -> None:
    provider, now = UUID(await register(world, f"https://{uuid4().hex}.example")), datetime.now(UTC)
    person_id = world.employee.person.id
    await world.add(Identity(person_id=person_id, identity_provider_id=provider, subject="åsa", created_at=now))

    async def come_in() -> str:
        async with world.database.write(ENTRANCE) as session:
            try:
                await identities.linked(session, provider, "åsa")
            except Refusal as refusal:
                return refusal.code
        return "let in"

    # The provider is bound to no domain, which is found out once the person is held.
    assert await waits_empty_handed(world, world.employee, come_in) == "identityNotLinked"


async def test_a_decision_takes_the_party_before_the_person(world: World) -> None:
    """As whoever gives a mandate does."""
    seat = {"mandate_id": world.saco_rep.mandate_id, "day": datetime.now(UTC).date()}

    async def speak() -> Any:
        async with world.database.write() as session:
            return (await session.execute(_STILL_SPEAKS, seat)).first()

    saco = sa.select(col(Party.id)).where(col(Party.id) == world.saco.id)
    assert await waits_for(world, saco, [_person(world.saco_rep)], speak) is not None


async def test_erasing_takes_a_second_factor_before_its_codes(app: FastAPI, world: World) -> None:
    """As whoever uses a code up does."""
    await give_password(world, world.employee)
    async with calling_from(app) as caller:
        await enrolled(caller, world.employee)
    await left(world, world.employee)
    factor = sa.select(col(SecondFactor.person_id)).where(col(SecondFactor.person_id) == world.employee.person.id)
    await waits_for(world, factor, [_of(world.employee, RecoveryCode)], lambda: erased(world, world.employee))


async def test_erasing_takes_sign_ins_in_the_order_of_their_ids(world: World) -> None:
    """As whoever ends several does, wherever PostgreSQL has put them."""
    # The table has it last.
    await world.add(_sign_in(world.employee, id=UUID(int=world.employee.person.id.int >> 64)))
    await left(world, world.employee)
    order = _of(world.employee, SignIn).order_by(col(SignIn.id))
    await waits_for(world, order.limit(1), [order.offset(1)], lambda: erased(world, world.employee))


async def test_resetting_a_second_factor_takes_the_person_first(app: FastAPI, world: World) -> None:
    await give_password(world, world.employee)
    async with calling_from(app) as caller:
        await enrolled(caller, world.employee)

    async def reset() -> None:
        async with world.database.write() as session:
            await second_factors.reset(session, world.employee.person.email, datetime.now(UTC))

    free = [_of(world.employee, row_type) for row_type in (SecondFactor, RecoveryCode, SignIn)]
    await waits_for(world, _person(world.employee), free, reset)


async def left(world: World, someone: Someone) -> None:
    """Whoever is erased by somebody else has left before."""
    await world.administrator.client.change(f"/people/{someone.id}", {"active": False})


async def erased(world: World, someone: Someone) -> None:
    await world.administrator.client.change(f"/people/{someone.id}", None, 204, method="DELETE")
