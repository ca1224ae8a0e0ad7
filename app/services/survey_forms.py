"""What a survey token opens, and the questionnaire its holder is shown."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent, OpenQuestion
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_form import FormItem, FormPoint, FormQuestion, FormScale, SurveyFormRead
from app.models.survey_round import SurveyRound, SurveyRoundState, SurveyUnit
from app.models.template_content import LineTexts, Texts
from app.services import ballot
from app.services.ballot import Layout
from app.services.errors import Code, Refusal
from app.services.instrument_content import layout_of
from app.services.scoring import DONT_KNOW

MOST_KEPT = 50
"""Rounds whose questionnaires are kept in memory; others are read when they are asked for."""

FREE_TEXT_NOTICE = {
    Language.SWEDISH: "Det du skriver med egna ord kan bli offentligt. Företrädare för arbetsgivaren och för facket i "
    "arbetsgruppen läser alla texter, utan att se vem som har skrivit dem, innan de visas för fler. Skriv inget som "
    "pekar ut dig själv eller någon annan.",
    Language.ENGLISH: "What you write in your own words can become public. Representatives of the employer and of the "
    "unions in the working group read all texts, without seeing who wrote them, before they are shown to others. "
    "Write nothing that points out yourself or anybody else.",
}


# --- The invitation that a token is ---------------------------------------------------------------------------


class Invitation(NamedTuple):
    """A right to answer, as it stands now. It lives no longer than the request."""

    token_hash: bytes
    used: bool
    survey_round_id: UUID
    unit_position: int
    state: SurveyRoundState
    opens_at: datetime
    closes_at: datetime


_INVITATIONS = (
    sa.select(
        col(SurveyInvitation.token_hash),
        col(SurveyInvitation.used),
        col(SurveyInvitation.survey_round_id),
        col(SurveyUnit.position),
        col(SurveyRound.state),
        col(SurveyRound.opens_at),
        col(SurveyRound.closes_at),
    )
    .join(SurveyRound, col(SurveyRound.id) == col(SurveyInvitation.survey_round_id))
    .join(
        SurveyUnit,
        sa.and_(
            col(SurveyUnit.survey_round_id) == col(SurveyInvitation.survey_round_id),
            col(SurveyUnit.unit_id) == col(SurveyInvitation.unit_id),
        ),
    )
    .where(col(SurveyInvitation.token_hash) == sa.any_(sa.bindparam("hashes", type_=sa.ARRAY(sa.LargeBinary))))
)


async def invitations(session: AsyncSession, hashes: Sequence[bytes]) -> dict[bytes, Invitation]:
    """Those of these tokens that anybody was invited with."""
    found = await session.execute(_INVITATIONS, {"hashes": list(hashes)})
    return {row.token_hash: Invitation(*row) for row in found}


def admit(invitation: Invitation | None, now: datetime) -> Invitation:
    """The invitation, if its round can be answered now.

    Whether it has been used is nobody's to ask here: whoever printed or mailed the links could find out who has
    answered, without a trace. Only an answer that would be taken is told (`survey_answers.sealed`), and such a one
    uses the token up. A round that is released, or was never opened, is as unknown as a token that was made up.
    """
    if invitation is None or invitation.state not in (SurveyRoundState.OPEN, SurveyRoundState.CLOSED):
        raise Refusal(Code.SURVEY_TOKEN_UNKNOWN)
    if invitation.state is SurveyRoundState.CLOSED or invitation.closes_at <= now:
        raise Refusal(Code.SURVEY_CLOSED)
    if now < invitation.opens_at:
        raise Refusal(Code.SURVEY_NOT_OPEN_YET)
    return invitation


# --- The questionnaire of a round -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Questionnaire:
    """What an open round asks and which keys it seals for. All of it is fixed when the round opens."""

    content: InstrumentContent
    open_questions: tuple[OpenQuestion, ...]
    layout: Layout
    public_keys: tuple[bytes, ...]
    item_ids: frozenset[str]
    question_ids: frozenset[str]
    offered: Mapping[int | str, int]
    """What one can answer an item with, and how a ballot says it."""


_QUESTIONNAIRES = (
    sa.select(
        col(SurveyRound.id),
        col(SurveyRound.free_text),
        col(SurveyRound.public_key),
        col(SurveyRound.employer_public_key),
        col(SurveyRound.union_public_key),
        col(Instrument.content),
    )
    .join(Instrument, col(Instrument.id) == col(SurveyRound.instrument_id))
    .where(
        col(SurveyRound.id) == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid))),
        col(SurveyRound.state) == SurveyRoundState.OPEN,
    )
)


def _questionnaire(row: sa.Row[Any]) -> Questionnaire:
    content = InstrumentContent.model_validate(row.content)
    questions = tuple(content.open_questions) if row.free_text else ()
    offered: dict[int | str, int] = {point.value: point.value for point in content.scale.points}
    if content.scale.dont_know is not None:
        offered["dontKnow"] = DONT_KNOW
    return Questionnaire(
        content=content,
        open_questions=questions,
        layout=layout_of(content, row.free_text),
        public_keys=tuple(ballot.locks_of(row.public_key, (row.employer_public_key, row.union_public_key))),
        item_ids=frozenset(item.id for item in content.items),
        question_ids=frozenset(question.id for question in questions),
        offered=offered,
    )


class Questionnaires:
    """The questionnaires of the rounds that were answered last. Nothing in one ever changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, Questionnaire] = OrderedDict()

    async def of(self, session: AsyncSession, round_ids: Collection[UUID]) -> dict[UUID, Questionnaire]:
        """Those of open rounds among these."""
        found = {each: self._kept[each] for each in round_ids if each in self._kept}
        if missing := [each for each in round_ids if each not in found]:
            for row in await session.execute(_QUESTIONNAIRES, {"ids": missing}):
                found[row.id] = _questionnaire(row)
        for each, questionnaire in found.items():
            self._kept[each] = questionnaire
            self._kept.move_to_end(each)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


# --- The form -----------------------------------------------------------------------------------------------------


async def read(
    session: AsyncSession, questionnaires: Questionnaires, token: str, language: Language, now: datetime
) -> SurveyFormRead:
    """The form for whoever holds the token, in their language if the instrument has it, otherwise in Swedish."""
    token_hash = ballot.token_hash(token)
    invitation = admit((await invitations(session, [token_hash])).get(token_hash), now)
    of_round = await questionnaires.of(session, [invitation.survey_round_id])
    if (questionnaire := of_round.get(invitation.survey_round_id)) is None:
        raise Refusal(Code.SURVEY_CLOSED)  # just now, between the two statements
    return _form(questionnaire, language, invitation.closes_at)


def _form(questionnaire: Questionnaire, asked: Language, closes_at: datetime) -> SurveyFormRead:
    content = questionnaire.content
    language = next(each for each in (asked, Language.SWEDISH, *content.languages) if each in content.languages)

    def text(texts: Texts | LineTexts) -> str:
        return texts[language.value] or ""

    scale = content.scale
    return SurveyFormRead(
        privacy_notices=[text(each) for each in content.privacy_notices],
        language=language,
        title=text(content.title),
        validation_notice=None if content.validation.validated else text(content.validation.text),
        instruction=text(content.instruction),
        closes_at=closes_at,
        scale=FormScale(
            points=[FormPoint(value=point.value, label=text(point.label)) for point in scale.points],
            dont_know=text(scale.dont_know) if scale.dont_know is not None else None,
        ),
        items=[FormItem(id=item.id, text=text(item.text)) for item in content.items],
        open_questions=[
            FormQuestion(id=question.id, text=text(question.text), max_characters=question.max_characters)
            for question in questionnaire.open_questions
        ],
        free_text_notice=FREE_TEXT_NOTICE[language] if questionnaire.open_questions else None,
    )
