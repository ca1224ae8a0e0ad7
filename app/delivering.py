"""Sending webhooks beside whatever else the process does. Several processes may do it at once.

Nothing is said of what is sent but the endpoint's id: addresses may tell whose they are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog

from app.database import Database, DatabaseAway
from app.models.webhook_delivery import DeliveryFault
from app.services import webhook_making, webhook_sending
from app.services.vault import BoxClosed, Vault
from app.services.wall import SYSTEM
from app.services.webhook_sending import Outcome, Sending, TargetAway, Tell, Turn, outcome_of

EVERY_S = 1.0
AWAY_WAIT_S = 5.0
MADE_IN_A_ROW = 20
"""Times that deliveries are made before some are sent: a large import is no reason to wait."""
ENDPOINTS_AT_ONCE = 16
"""Each with up to webhook_sending.SENT_AT_ONCE requests: one that is slow keeps only its own waiting."""

_log = structlog.get_logger("larande.webhooks")


class Deliverer:
    """What is sent where, by one process."""

    def __init__(self, database: Database, tell: Tell, vault: Vault) -> None:
        self._database = database
        self._tell = tell
        self._vault = vault
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        self._turns: dict[UUID, int] = {}
        """For each endpoint, which of all turns was its last."""
        self._turns_given = 0

    async def run(self, stop: asyncio.Event, every: float = EVERY_S) -> None:
        """Until told to stop, through every absence of the database; what has begun then is finished."""
        while not stop.is_set():
            pause = every
            try:
                await self.begin(datetime.now(UTC))
            except DatabaseAway as error:
                _log.warning("webhooks wait", kind=type(error.__cause__).__name__)
                pause = AWAY_WAIT_S
            except Exception:
                _log.exception("webhooks could not be looked for")
                pause = AWAY_WAIT_S
            ended = asyncio.create_task(stop.wait())
            # As soon as one endpoint is done there may be more for it.
            await asyncio.wait([ended, *self._busy.values()], timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
        await self.finish()

    async def begin(self, now: datetime) -> None:
        """Make deliveries of what has changed, and begin to send where something is due and nothing on its way."""
        for _ in range(MADE_IN_A_ROW):
            async with self._database.write(SYSTEM) as session:
                if not await webhook_making.make_deliveries(session, now):
                    break
        self._busy = {key: task for key, task in self._busy.items() if not task.done()}
        async with self._database.read(SYSTEM) as session:
            due = await webhook_sending.endpoints_due(session, now, self._busy.keys())
        # By turns: an endpoint with much to be sent would otherwise be first until it has got it all.
        due.sort(key=lambda endpoint_id: self._turns.get(endpoint_id, 0))
        for endpoint_id in due[: max(0, ENDPOINTS_AT_ONCE - len(self._busy))]:
            self._turns_given += 1
            self._turns[endpoint_id] = self._turns_given
            self._busy[endpoint_id] = asyncio.create_task(self._turn(endpoint_id))

    async def finish(self) -> None:
        """Return when nothing is on its way."""
        await asyncio.gather(*self._busy.values())
        self._busy = {}

    async def _turn(self, endpoint_id: UUID) -> None:
        try:
            async with self._database.write(SYSTEM) as session:
                turn = await webhook_sending.take(session, endpoint_id, datetime.now(UTC))
            if turn is not None:
                await asyncio.gather(*(self._send(turn, each) for each in turn.sendings))
        except DatabaseAway as error:
            # What was taken and is not marked is sent again in a while, with the same id.
            _log.warning("webhooks wait", kind=type(error.__cause__).__name__)
        except Exception:
            _log.exception("webhooks could not be sent", webhook_endpoint_id=str(endpoint_id))

    async def _send(self, turn: Turn, sending: Sending) -> None:
        outcome = await self._attempt(turn, sending)
        async with self._database.write(SYSTEM) as session:
            await webhook_sending.mark(session, sending, outcome, datetime.now(UTC))

    async def _attempt(self, turn: Turn, sending: Sending) -> Outcome:
        try:
            headers = webhook_sending.signed(self._vault, turn, sending, datetime.now(UTC))
            return outcome_of(await self._tell(turn.url, headers, sending.body))
        except TargetAway as away:
            return Outcome(fault=away.fault)
        except BoxClosed:
            # Sealed under an earlier token secret: whoever runs this makes a new one for the endpoint.
            _log.error("a webhook's secret cannot be opened", webhook_endpoint_id=str(turn.endpoint_id))
            return Outcome(fault=DeliveryFault.UNREACHABLE)


@asynccontextmanager
async def delivering_webhooks(database: Database, tell: Tell, vault: Vault) -> AsyncIterator[None]:
    """Webhooks are sent meanwhile; at the end, what has begun is finished."""
    stop = asyncio.Event()
    task = asyncio.create_task(Deliverer(database, tell, vault).run(stop))
    try:
        yield
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await task
