"""The one who puts answers into the ballot box: a single task that commits whatever waits together.

A transaction for each answer costs a wait for the disk each; a transaction for all that wait costs one, and blurs which
token belongs to which box. An answer is acknowledged when its transaction is committed, and not before.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime

from app.database import Database
from app.services import survey_answers, survey_forms
from app.services.errors import Code, Refusal
from app.services.survey_answers import Answer, Sealed
from app.services.survey_forms import Invitation, Questionnaires
from app.services.wall import BALLOT

LARGEST_BATCH = 256
MOST_WAITING = 4_096
"""Beyond this an answer is not taken in, but asked to come again."""
RETRY_WHEN_FULL_S = 5


@dataclass(frozen=True, eq=False)
class _Waiting:
    answer: Answer
    stored: asyncio.Future[None]


class BallotBox:
    """Answers of all rounds, on their way into the database of one process."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.questionnaires = Questionnaires()
        self._database = database
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    async def put(self, answer: Answer) -> None:
        """Return once the answer is committed. Raises `Refusal` or `DatabaseAway`, and then it is not stored.

        Whoever is cancelled while waiting will not hear what became of the answer; it is stored whole or not at all.
        """
        if self._closed or len(self._waiting) >= MOST_WAITING:
            raise Refusal(Code.SURVEY_BUSY, retry_after=RETRY_WHEN_FULL_S)
        waiting = _Waiting(answer, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            # In a context of its own: nothing of the request that happens to start it may stick to the others.
            self._writer = asyncio.create_task(self._write(), context=Context())
        await waiting.stored

    async def close(self) -> None:
        """Take in no more, and return when everything that waited has been stored or refused."""
        self._closed = True
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        """As long as something waits. Who comes while a batch is written is of the next one."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_BATCH))]
            try:
                again = await self._store([each for each in batch if not each.stored.done()])
            except Exception as error:
                # Whatever happened, it happened to the whole transaction, and each of them is told.
                for each in batch:
                    _refuse(each, error)
            else:
                self._waiting.extendleft(reversed(again))

    async def _store(self, batch: Sequence[_Waiting]) -> list[_Waiting]:
        """Store what can be stored, answer all that is settled, and give back what has to be looked at again."""
        now = self._clock()
        boxes = await self._sealed(batch, now)
        if boxes:
            async with self._database.write_at_once(BALLOT) as connection:
                stored = await survey_answers.store(connection, list(boxes.values()), now)
            for each in [each for each, box in boxes.items() if box.id in stored]:
                if not each.stored.done():
                    each.stored.set_result(None)
        # The token was used, or the round closed, since it was looked at: the next look says which.
        return [each for each in batch if not each.stored.done()]

    async def _sealed(self, batch: Sequence[_Waiting], now: datetime) -> dict[_Waiting, Sealed]:
        """A box for each answer that can be taken; the others are told why not."""
        admitted: dict[_Waiting, Invitation] = {}
        async with self._database.read(BALLOT) as session:
            found = await survey_forms.invitations(session, [each.answer.token_hash for each in batch])
            for each in batch:
                try:
                    admitted[each] = survey_forms.admit(found.get(each.answer.token_hash), now)
                except Refusal as refusal:
                    _refuse(each, refusal)
            round_ids = {each.survey_round_id for each in admitted.values()}
            questionnaires = await self.questionnaires.of(session, round_ids)
        boxes: dict[_Waiting, Sealed] = {}
        for each, invitation in admitted.items():
            questionnaire = questionnaires.get(invitation.survey_round_id)
            if questionnaire is None:
                continue  # closed between the two statements: it is looked at again
            try:
                boxes[each] = survey_answers.sealed(questionnaire, invitation, each.answer)
            except Exception as error:
                _refuse(each, error)  # also a fault of ours: it is this answer's alone
        return boxes


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting.stored.done():
        waiting.stored.set_exception(error)
