"""A survey answer: held against the questionnaire, sealed, and stored while its token is used up.

When, and with how many at once, is `app/ballot_box.py`'s to say. Nothing here keeps or tells more of an answer than its
sealed box.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from app.models.columns import UtcDateTime
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.services import ballot
from app.services.ballot import Ballot
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.given_rows import Columns, as_arrays, given_rows
from app.services.scoring import SKIPPED
from app.services.survey_forms import Invitation, Questionnaire

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True, repr=False)
class Answer:
    """What somebody sent. It has no repr: an answer must not end up in any error's words."""

    token_hash: bytes
    answers: Mapping[str, Any]
    texts: Mapping[str, str | None]


class Sealed(NamedTuple):
    """An answer that nobody can read any more, on its way into the box."""

    id: UUID
    token_hash: bytes
    survey_round_id: UUID
    ciphertext: bytes


# --- Holding an answer against the questionnaire ------------------------------------------------------------------


def ballot_of(questionnaire: Questionnaire, unit_position: int, answer: Answer) -> Ballot:
    """The answer as a ballot. Refuses whatever the questionnaire does not ask or offer, and an answer without any."""
    faults = [*_faults_in_answers(questionnaire, answer.answers), *_faults_in_texts(questionnaire, answer.texts)]
    if faults:
        raise Refusal(Code.SURVEY_ANSWER_REFUSED, fields=faults)
    if not any(value is not None for value in (*answer.answers.values(), *answer.texts.values())):
        raise Refusal(Code.SURVEY_ANSWER_EMPTY, "/answers")
    values = (answer.answers.get(item.id) for item in questionnaire.content.items)
    return Ballot(
        unit_position,
        tuple(SKIPPED if value is None else questionnaire.offered[value] for value in values),
        tuple(answer.texts.get(question.id) or "" for question in questionnaire.open_questions),
    )


def _faults_in_answers(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> list[FieldRefusal]:
    faults = []
    for item_id, value in answers.items():
        if item_id not in questionnaire.item_ids:
            faults.append(FieldRefusal(_pointer("answers", item_id), Code.SURVEY_ITEM_UNKNOWN))
        # True is 1 and 4.0 is 4 to a dictionary; a list is nothing that one could look up.
        elif value is not None and (type(value) not in (int, str) or value not in questionnaire.offered):
            faults.append(FieldRefusal(_pointer("answers", item_id), Code.SURVEY_ANSWER_NOT_OFFERED))
    return faults


def _faults_in_texts(questionnaire: Questionnaire, texts: Mapping[str, str | None]) -> list[FieldRefusal]:
    longest = {question.id: question.max_characters for question in questionnaire.open_questions}
    faults = []
    for question_id, text in texts.items():
        if question_id not in longest:
            faults.append(FieldRefusal(_pointer("texts", question_id), Code.SURVEY_ITEM_UNKNOWN))
        elif text is not None and len(text) > longest[question_id]:
            faults.append(FieldRefusal(_pointer("texts", question_id), Code.SURVEY_TEXT_TOO_LONG))
    return faults


def _pointer(field: str, name: str) -> str:
    """Only a name that could be an item's is repeated; another may be what somebody tried to smuggle in."""
    return f"/{field}/{name if _ID.fullmatch(name) else '…'}"


# --- Sealing and storing ------------------------------------------------------------------------------------------


def sealed(questionnaire: Questionnaire, invitation: Invitation, answer: Answer) -> Sealed:
    """The answer in its box, which is as long as every other of the round.

    That the token is used is said last, of an answer that would have been taken: whatever else is sent with a token,
    is answered alike whether its holder has answered or not.
    """
    payload = ballot.encode(questionnaire.layout, ballot_of(questionnaire, invitation.unit_position, answer))
    if invitation.used:
        raise Refusal(Code.SURVEY_ALREADY_ANSWERED)
    ciphertext = ballot.seal(questionnaire.public_keys, payload)
    return Sealed(uuid4(), invitation.token_hash, invitation.survey_round_id, ciphertext)


_BOX: Columns = {"id": sa.Uuid(), "token_hash": sa.LargeBinary(), "ciphertext": sa.LargeBinary()}
_SEALED = given_rows(_BOX)
# Closing and a change of the closing time lock the round's row for themselves: an answer is before or after them, and
# what comes after finds the round as they have left it.
_OPEN_ROUNDS = (
    sa.select(col(SurveyRound.id))
    .where(
        col(SurveyRound.id) == sa.any_(sa.bindparam("round_ids", type_=sa.ARRAY(sa.Uuid))),
        col(SurveyRound.state) == SurveyRoundState.OPEN,
        col(SurveyRound.opens_at) <= sa.bindparam("now", type_=UtcDateTime),
        col(SurveyRound.closes_at) > sa.bindparam("now", type_=UtcDateTime),
    )
    .order_by(col(SurveyRound.id))
    .with_for_update(read=True)
    .cte("open_round")
)
_TAKEN = (
    sa.update(SurveyInvitation)
    .where(
        col(SurveyInvitation.token_hash) == _SEALED.c.token_hash,
        col(SurveyInvitation.survey_round_id) == _OPEN_ROUNDS.c.id,
        sa.not_(col(SurveyInvitation.used)),
    )
    .values(used=True)
    .returning(_SEALED.c.id, col(SurveyInvitation.survey_round_id), _SEALED.c.ciphertext)
    .cte("taken")
)
# The ids are random. In their order the boxes lie as if shuffled, and not as the invitations were used.
_PUT_IN = (
    sa.insert(SealedResponse)
    .from_select(
        ["id", "survey_round_id", "ciphertext"],
        sa.select(_TAKEN.c.id, _TAKEN.c.survey_round_id, _TAKEN.c.ciphertext).order_by(_TAKEN.c.id),
    )
    .cte("put_in")
)
_STORE = sa.select(_TAKEN.c.id).add_cte(_PUT_IN)


async def store(connection: AsyncConnection, boxes: Sequence[Sealed], now: datetime) -> set[UUID]:
    """Put the boxes in and use up their tokens, in one statement and so in one transaction; the ids of those put in.

    The others' round is no longer open, or their token is used, be it by another of these boxes: of those with one
    token PostgreSQL takes one, whichever.
    """
    values = as_arrays(_BOX, [box._asdict() for box in boxes]) | {
        "round_ids": sorted({box.survey_round_id for box in boxes}),
        "now": now,
    }
    return set((await connection.execute(_STORE, values)).scalars())
