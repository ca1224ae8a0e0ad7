"""Free text after closing: read by both sides, withheld by either alone, let out by both in the same instant (R7).

What would be released now is every text that no party withholds, in a group of which so many are left as a group of
texts must have. The groups have no texts in common and none is ever shown with the others' sum, so that each by itself
being large enough is R3. What is not let out is deleted in the transaction that lets out the rest.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalRead, SubjectType, VoidReason
from app.models.columns import EnumArray
from app.models.release_figures import HiddenReason
from app.models.survey_round import SurveyRound
from app.models.survey_texts import (
    RoundTextsRead,
    SurveyText,
    SurveyTexts,
    SurveyTextsRead,
    SurveyTextsState,
    SurveyTextWithholding,
    TextsApprovalCreate,
    TextsReleased,
    TextsSuppressed,
    TextsWaiting,
    TextWithholdingCreate,
    WithholdingReason,
)
from app.models.template_content import both
from app.models.working_group import WorkingGroup
from app.services import joint_decision, policy
from app.services.errors import Code, Refusal
from app.services.joint_decision import Outcome, Subject
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.survey_texts import LEAST_TEXTS, texts_hash
from app.services.work import Work, admit, changed, shown
from app.services.working_groups import deciding_sides

NO_TEXTS = both(
    "Inga texter visas, till skydd för dem som har svarat.",
    "No texts are shown, to protect those who answered.",
)
SORTS: dict[str, Columns] = {"id": (col(SurveyText.id),)}

# --- What would be released now ---------------------------------------------------------------------------------------

_TEXTS_ID = sa.bindparam("texts_id", type_=sa.Uuid)
_OF_THESE = col(SurveyText.survey_texts_id) == _TEXTS_ID
_OTHER: Any = aliased(SurveyText)
_TEXT = (col(SurveyText.id), col(SurveyText.unit_id), col(SurveyText.question_id), col(SurveyText.text))


def _withheld(text: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(col(SurveyTextWithholding.survey_text_id) == text.id)


_LEAST = (
    sa.select(sa.func.greatest(LEAST_TEXTS, col(SurveyRound.threshold)))
    .join(SurveyTexts, col(SurveyTexts.survey_round_id) == col(SurveyRound.id))
    .where(col(SurveyTexts.id) == _TEXTS_ID)
    .scalar_subquery()
)
_LARGE_ENOUGH = (
    sa.select(_OTHER.question_id, _OTHER.unit_id)
    .where(_OTHER.survey_texts_id == _TEXTS_ID, ~_withheld(_OTHER))
    .group_by(_OTHER.question_id, _OTHER.unit_id)
    .having(sa.func.count() >= _LEAST)
)
_SHOWN = sa.and_(
    ~_withheld(SurveyText), sa.tuple_(col(SurveyText.question_id), col(SurveyText.unit_id)).in_(_LARGE_ENOUGH)
)
_TEXTS_SHOWN = sa.select(*_TEXT).where(_OF_THESE, _SHOWN)
_LEFT_OUT = sa.select(col(SurveyText.id)).where(_OF_THESE, ~_SHOWN)


async def _hash_now(work: Work, texts_id: UUID) -> str:
    found = (await work.session.execute(_TEXTS_SHOWN, {"texts_id": texts_id})).all()
    return await asyncio.to_thread(texts_hash, found)


# --- Reading ----------------------------------------------------------------------------------------------------------

_OF_ROUND = sa.select(
    col(SurveyTexts.id),
    col(SurveyTexts.state),
    policy.visible(SurveyTexts).label("visible"),
    sa.exists().where(col(SurveyText.survey_texts_id) == col(SurveyTexts.id)).label("any"),
).where(col(SurveyTexts.survey_round_id) == sa.bindparam("round_id", type_=sa.Uuid))


_PARTIES, _REASONS = ARRAY(sa.Uuid), EnumArray(WithholdingReason)


def _gathered(column: Any, kind: Any) -> sa.ScalarSelect[Any]:
    """Of all that withhold a text, in an order that is the same for each column."""
    gathered = sa.func.array_agg(aggregate_order_by(column, col(SurveyTextWithholding.party_id)))
    of_text = col(SurveyTextWithholding.survey_text_id) == col(SurveyText.id)
    return sa.select(sa.func.coalesce(gathered, sa.cast([], kind), type_=kind)).where(of_text).scalar_subquery()


_ITEMS: dict[SurveyTextsState, sa.Select[Any]] = {
    SurveyTextsState.UNDER_REVIEW: sa.select(
        *_TEXT,
        _SHOWN.label("shown"),
        _gathered(col(SurveyTextWithholding.party_id), _PARTIES).label("withholding_party_ids"),
        _gathered(sa.cast(col(SurveyTextWithholding.reason), sa.Text), _REASONS).label("reasons"),
    ).where(_OF_THESE),
    # Everything that is left is shown, and nothing remains of what was withheld.
    SurveyTextsState.RELEASED: sa.select(
        *_TEXT,
        sa.true().label("shown"),
        sa.cast([], _PARTIES).label("withholding_party_ids"),
        sa.cast([], _REASONS).label("reasons"),
    ).where(_OF_THESE),
}


async def read_of_round(work: Work, round_id: UUID) -> RoundTextsRead:
    """Whether there is something to read. Too few texts and so many withheld are one answer, also in its bytes; so is,
    for whoever may not read them, that texts are under review."""
    survey_round = await admit(work, "read_survey_round_texts", SurveyRound, round_id)
    if not survey_round.free_text:
        raise Refusal(Code.NOT_FOUND)
    found = (await work.session.execute(_OF_ROUND, work.actor.held | {"round_id": round_id})).one_or_none()
    content: TextsReleased | TextsWaiting | TextsSuppressed = TextsSuppressed(
        status="suppressed", reason=HiddenReason.NOT_ENOUGH_ANSWERS, text_alternative=NO_TEXTS
    )
    if found is not None and found.visible and found.state is SurveyTextsState.UNDER_REVIEW:
        content = TextsWaiting(status="underReview", survey_texts_id=found.id)
    elif found is not None and found.visible and found.any:
        content = TextsReleased(status="released", survey_texts_id=found.id)
    return RoundTextsRead(version=1, survey_round_id=round_id, content=content)


async def read(work: Work, texts_id: UUID) -> SurveyTextsRead:
    texts, approvals = await joint_decision.find_decided(work, SurveyTexts, texts_id)
    return await _shown(work, texts, approvals)


async def list_texts(
    work: Work, texts_id: UUID, request: PageRequest, unit_id: UUID | None, question_id: str | None
) -> Listed:
    """The texts in an order drawn by lot, of one group or question if asked for."""
    texts = await admit(work, "list_survey_texts", SurveyTexts, texts_id)
    query = _ITEMS[texts.state]
    if unit_id is not None:
        query = query.where(col(SurveyText.unit_id) == sa.bindparam("unit_id", type_=sa.Uuid))
    if question_id is not None:
        query = query.where(col(SurveyText.question_id) == sa.bindparam("question_id", type_=sa.String))
    given = {"unit_id": unit_id, "question_id": question_id}
    named = {name: value for name, value in given.items() if value is not None}
    return await page(work, query, SORTS, request, texts_id=texts_id, **named)


async def _shown(work: Work, texts: SurveyTexts, approvals: Sequence[Approval]) -> SurveyTextsRead:
    read = shown(work, SurveyTextsRead, texts, approvals=joint_decision.summaries(approvals))
    if texts.state is SurveyTextsState.RELEASED:
        # The same bytes for everyone who reads it; and how often something was withheld is nobody's business.
        read.version, read.allowed_actions = 1, []
    joint_decision.mark_decided(work, read.allowed_actions, "approve_survey_texts", texts.working_group_id, approvals)
    return read


# --- Withholding ------------------------------------------------------------------------------------------------------


async def withhold(work: Work, texts_id: UUID, data: TextWithholdingCreate) -> SurveyTextsRead:
    """One party alone keeps a text back. Said once more, its reason is replaced."""
    texts = await admit(work, "withhold_survey_text", SurveyTexts, texts_id)
    seat = work.actor.seats_at(texts.working_group_id)[0]
    named = sa.select(col(SurveyText.id)).where(col(SurveyText.id) == data.text_id, _OF_THESE)
    if (await work.session.execute(named, {"texts_id": texts_id})).first() is None:
        raise Refusal(Code.UNKNOWN_TEXT, "/textId")
    given = insert(SurveyTextWithholding).values(
        survey_text_id=data.text_id, party_id=seat.party_id, reason=data.reason
    )
    once = [col(SurveyTextWithholding.survey_text_id), col(SurveyTextWithholding.party_id)]
    await work.session.execute(given.on_conflict_do_update(index_elements=once, set_={"reason": data.reason}))
    return await _edited(work, "withhold_survey_text", texts, seat.mandate_id)


async def take_back(work: Work, texts_id: UUID, text_id: UUID, version: int) -> None:
    """A party no longer keeps a text back. What another party withholds is that party's own matter."""
    texts = await admit(work, "withdraw_text_withholding", SurveyTexts, texts_id, version)
    seats = work.actor.seats_at(texts.working_group_id)
    own = sa.delete(SurveyTextWithholding).where(
        col(SurveyTextWithholding.survey_text_id) == text_id,
        col(SurveyTextWithholding.party_id).in_([seat.party_id for seat in seats]),
        sa.exists().where(col(SurveyText.id) == text_id, _OF_THESE),
    )
    taken_back = await work.session.execute(own.returning(col(SurveyTextWithholding.party_id)), {"texts_id": texts_id})
    parties = set(taken_back.scalars())
    if not parties:
        raise Refusal(Code.NOT_FOUND)
    mandate_id = next(seat.mandate_id for seat in seats if seat.party_id in parties)
    await _edited(work, "withdraw_text_withholding", texts, mandate_id)


async def _edited(work: Work, operation: str, texts: SurveyTexts, mandate_id: UUID) -> SurveyTextsRead:
    """Other texts would be let out now: nobody has approved that. The trail does not say which."""
    await joint_decision.void(work, operation, texts.id, VoidReason.EDITED)
    after = {"content_hash": await _hash_now(work, texts.id)}
    await changed(work, operation, texts, after, mandate_id=mandate_id)
    return await _shown(work, texts, [])


# --- Letting out ------------------------------------------------------------------------------------------------------


async def approve(work: Work, texts_id: UUID, version: int, data: TextsApprovalCreate) -> ApprovalRead:
    """One party's decision; the last one needed releases the texts for both sides in the same instant."""
    texts = await admit(work, "approve_survey_texts", SurveyTexts, texts_id, version)
    approving = ApprovalCreate.model_validate(data.model_dump(by_alias=True, exclude_unset=True))
    subject = await _subject(work, texts)
    approval, outcome = await joint_decision.decide(work, "approve_survey_texts", subject, approving)
    if outcome is Outcome.REACHED:
        await _delete_what_is_left_out(work, texts.id)
        released = {"state": SurveyTextsState.RELEASED, "released_at": work.now}
        await changed(work, "approve_survey_texts", texts, released, mandate_id=approval.mandate_id)
    return shown(work, ApprovalRead, approval)


async def _subject(work: Work, texts: SurveyTexts) -> Subject:
    """What is approved is what the rows say now, whatever hash was stored: nothing else can be let out."""
    group = await work.session.get_one(WorkingGroup, texts.working_group_id)
    return Subject(
        SubjectType.SURVEY_TEXTS,
        texts.id,
        texts.organisation_id,
        texts.working_group_id,
        await _hash_now(work, texts.id),
        group.approval_rule,
        await deciding_sides(work, group.id),
    )


async def _delete_what_is_left_out(work: Work, texts_id: UUID) -> None:
    left_out = (await work.session.execute(_LEFT_OUT, {"texts_id": texts_id})).scalars().all()
    every = sa.select(col(SurveyText.id)).where(_OF_THESE)
    withholdings = sa.delete(SurveyTextWithholding).where(col(SurveyTextWithholding.survey_text_id).in_(every))
    await work.session.execute(withholdings, {"texts_id": texts_id})
    gone = sa.delete(SurveyText).where(col(SurveyText.id) == sa.any_(sa.bindparam("left_out", type_=ARRAY(sa.Uuid))))
    await work.session.execute(gone, {"left_out": list(left_out)}, execution_options={"synchronize_session": False})
