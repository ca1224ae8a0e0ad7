"""Steps of a story taken without HTTP: by the services, as whoever takes them, each in a transaction of its own.

What a test is about, it asks over HTTP. What leads up to it has been asked so by others, hundreds of times, and half of
what it cost was the asking. Nothing is skipped but that: the token is verified, the person let in, both walls stand,
and the services decide and write all there is (tests/test_stories.py compares it with what comes over HTTP).
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from app.models.approval import ApprovalCreate
from app.services import actors, wall
from app.services.calendar import swedish_day
from app.services.tokens import Claims, TokenKey
from app.services.work import Work
from tests.world import Someone, World

Given = ParamSpec("Given")
Made = TypeVar("Made")


def _now() -> datetime:
    return datetime.now(UTC)


async def act(
    world: World,
    who: Someone,
    service: Callable[Concatenate[Work, Given], Awaitable[Made]],
    *given: Given.args,
    **named: Given.kwargs,
) -> Made:
    """What the service makes of it when this person asks."""
    key: TokenKey = world.app.state.token_key
    assert who.client.token is not None
    now = _now()
    claims = key.verify(who.client.token, now)
    assert isinstance(claims, Claims)
    today = swedish_day(now)
    async with world.database.write(wall.acting(claims.person_id, today)) as session:
        actor = await actors.load(session, claims.person_id, claims.sign_in_id, today)
        return await service(Work(session, actor, now, _now), *given, **named)


async def decide(
    world: World,
    who: Someone,
    kind: type[Any],
    approve: Callable[..., Awaitable[Any]],
    subject_id: UUID | str,
    *given: Any,
    **said: Any,
) -> None:
    """One party's decision on what is there now, an approval unless something else is `said`; `given` is what the
    service asks for beyond it."""

    async def decided(work: Work) -> None:
        subject = await work.session.get_one(kind, UUID(str(subject_id)))
        body = {"contentHash": subject.content_hash, "decision": "approve", **said}
        await approve(work, subject.id, subject.version, ApprovalCreate.model_validate(body), *given)

    await act(world, who, decided)
