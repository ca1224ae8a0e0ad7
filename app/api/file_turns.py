"""Files that take their time: each waits for its turn, and holds no connection while it is made."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.api.dependencies import Call, Formed, RequestRefusal, SignedIn, database_of, opened_call
from app.services import wall
from app.services.tokens import Claims, ClientClaims


class Turns:
    """So many at a time, first come, first served. When too many wait, the next is asked to come again.

    Or a few who ask for files over and over would take all places of requests that are under way; and one of them those
    of everybody else, who therefore has a few places and no more.
    """

    def __init__(self, at_a_time: int, most_waiting: int, most_of_one: int, retry_after: int) -> None:
        self._free = asyncio.Semaphore(at_a_time)
        self._most_waiting = most_waiting
        self._most_of_one = most_of_one
        self.waiting = 0
        self._here: Counter[UUID] = Counter()
        self._retry_after = retry_after

    @asynccontextmanager
    async def turn(self, caller: UUID) -> AsyncIterator[None]:
        full = self._free.locked() and self.waiting >= self._most_waiting
        if full or self._here[caller] >= self._most_of_one:
            raise RequestRefusal("serverBusy", retry_after=self._retry_after)
        self._here[caller] += 1
        try:
            await self._come_first()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._here[caller] -= 1
            self._here += Counter()  # whoever has none is forgotten

    async def _come_first(self) -> None:
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1


@dataclass(frozen=True)
class Exporting:
    """A signed-in request for a page, or for a file that takes its time.

    A file waits for its turn without holding a connection, and holds none while it is written.
    """

    request: Request
    claims: Claims | ClientClaims

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        async with opened_call(self.request, self.claims, database_of(self.request).read) as call:
            yield call

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Call]:
        """For what is gathered in one transaction, out of the wall: it has to say itself that it only reads."""
        async with opened_call(self.request, self.claims, database_of(self.request).write) as call:
            yield call

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Call]:
        """The same, and it can do nothing but read."""
        async with self.transaction() as call:
            await wall.only_reading(call.work.session)
            yield call

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Each file may be large, and takes the processor."""
        turns: Turns = self.request.app.state.exports
        claims = self.claims
        return turns.turn(claims.client_id if isinstance(claims, ClientClaims) else claims.person_id)


async def exporting(request: Request, _formed: Formed, claims: SignedIn) -> Exporting:
    return Exporting(request, claims)


Export = Annotated[Exporting, Depends(exporting)]
