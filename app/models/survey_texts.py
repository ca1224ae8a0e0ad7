"""What people wrote in a round that asked open questions: read by both sides, then released by both at once."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Column
from typing_extensions import TypeAliasType

from app.models.approval import ApprovalSummary, ContentHash
from app.models.base import Input, LeftOut, Linked, Output, Resource, Table, VersionedRow, absent
from app.models.bounds import Few, Many
from app.models.columns import Id, Moment, Paragraphs, UtcDateTime, YesNo, enum_column
from app.models.instrument_content import QuestionId
from app.models.release_figures import HiddenReason, TextAlternative


class SurveyTextsState(StrEnum):
    """Whether the parties are still reading what was written."""

    UNDER_REVIEW = "underReview"
    RELEASED = "released"


class WithholdingReason(StrEnum):
    """By what somebody could be recognised. A choice, since words about it would point at the person once more."""

    AUTHOR_RECOGNISABLE = "authorRecognisable"
    OTHER_PERSON_RECOGNISABLE = "otherPersonRecognisable"
    EVENT_RECOGNISABLE = "eventRecognisable"


class SurveyTexts(VersionedRow, table=True):
    """All texts of one round, and whether both sides have let them out."""

    organisation_id: UUID = Column(foreign_key="organisation.id")
    working_group_id: UUID = Column(foreign_key="working_group.id")
    survey_round_id: UUID = Column(foreign_key="survey_round.id", unique=True)
    state: SurveyTextsState = Column(default=SurveyTextsState.UNDER_REVIEW, sa_column=enum_column(SurveyTextsState))
    content_hash: str
    """Over the texts that would be let out now; follows every withholding."""
    released_at: datetime | None = Column(default=None, sa_type=UtcDateTime)


class SurveyText(Table, table=True):
    """One text. Its id is random, so that its place in any order tells nothing of when it was written, nor with which
    answer to another question."""

    id: UUID = Column(primary_key=True)
    survey_texts_id: UUID = Column(foreign_key="survey_texts.id")
    unit_id: UUID = Column(foreign_key="unit.id")
    """The root or a unit right below it: the group the text is shown with."""
    question_id: str
    text: str

    __table_args__ = (sa.Index("ix_survey_text_survey_texts_id_id", "survey_texts_id", "id"),)


class SurveyTextWithholding(Table, table=True):
    """A party's readers found that somebody could be recognised. Gone, with the text, when the others are released."""

    survey_text_id: UUID = Column(foreign_key="survey_text.id", primary_key=True)
    party_id: UUID = Column(foreign_key="party.id", primary_key=True)
    reason: WithholdingReason = Column(sa_column=enum_column(WithholdingReason))


# --- On the wire --------------------------------------------------------------------------------------------------


class TextWithholdingCreate(Input):
    """A text that your party does not want shown, because somebody could be recognised by it."""

    text_id: Id
    reason: WithholdingReason


class TextsApprovalCreate(Input):
    """Your party has read the texts and lets out exactly those whose hash is given.

    There is no dissent and no request for change in words: they would outlive the texts they are about.
    """

    content_hash: ContentHash
    decision: Literal["approve"]
    mandate_id: LeftOut[Id] = absent(description="Needed only by somebody who holds several mandates at the table.")


class SurveyTextsRead(Resource):
    """The texts of a round as a whole: while both sides read them, and once they are released."""

    survey_round_id: Id
    working_group_id: Id
    state: SurveyTextsState
    content_hash: ContentHash = Field(
        description="What an approval must name: SHA-256 over the RFC 8785 canonical JSON of {“texts”: [{“id”, "
        "“unitId”, “questionId”, “text”}, …]}, the texts with `shown` in the order of their list."
    )
    approvals: Many[ApprovalSummary] = Field(description="Decisions that count on these texts.")
    released_at: Moment | None = Field(description="When both sides had let them out; null until then.")


class SurveyTextItem(Output):
    """A text, in an order drawn by lot. Nothing says who wrote it, when, in which unit, or what else they answered."""

    id: Id
    unit_id: Id = Field(
        description="The group it is shown with: the round's root, or a unit right below it that has enough texts of "
        "its own."
    )
    question_id: QuestionId
    text: Annotated[Paragraphs, Field(json_schema_extra={"example": "Att vi hinner prata med varandra."})]
    shown: YesNo = Field(
        description="While under review, whether it would be released now: not if a party withholds it, nor if so "
        "many are withheld that its group becomes too small.",
        json_schema_extra={"example": True},
    )
    withholding_party_ids: Few[Id] = Field(description="The parties that withhold it. Empty once released.")
    reasons: Few[WithholdingReason] = Field(description="Their reasons, in the same order.")


class TextsWaiting(Output):
    """Both sides' representatives at the table are reading."""

    status: Literal["underReview"]
    survey_texts_id: Id


class TextsReleased(Output):
    """The texts are there to be read."""

    status: Literal["released"]
    survey_texts_id: Id


class TextsSuppressed(Output):
    """No text is shown. Why is never told apart: too few were written, or so many were withheld."""

    status: Literal["suppressed"]
    reason: Literal[HiddenReason.NOT_ENOUGH_ANSWERS]
    text_alternative: TextAlternative


RoundTexts = TypeAliasType(
    "RoundTexts",
    Annotated[
        TextsReleased | TextsWaiting | TextsSuppressed,
        Field(discriminator="status", description="Where the texts of a round are."),
    ],
)


class RoundTextsRead(Linked):
    """Whether a round has texts to be read, and where."""

    survey_round_id: Id
    content: RoundTexts
