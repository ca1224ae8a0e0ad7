"""What a release is made beside: the frozen tree, earlier results, other organisations, templates."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.survey_release import SurveyRelease, SurveySums
from app.models.survey_round import SurveyRound, SurveyUnit
from app.services.dialogue_templates import published_for
from app.services.instrument_content import scheme_of
from app.services.release_content import Earlier, Surroundings

_UNITS = (
    sa.select(SurveyUnit)
    .where(col(SurveyUnit.survey_round_id) == sa.bindparam("round_id", type_=sa.Uuid))
    .order_by(col(SurveyUnit.position))
)
# The same questions word for word, whoever has imported them.
_SAME_QUESTIONNAIRE = sa.and_(
    col(Instrument.key) == sa.bindparam("key", type_=sa.String),
    col(Instrument.instrument_version) == sa.bindparam("instrument_version", type_=sa.String),
    col(Instrument.content_hash) == sa.bindparam("content_hash", type_=sa.String),
)
_ORGANISATION_ID = sa.bindparam("organisation_id", type_=sa.Uuid)
_KEPT = (
    sa.select(
        col(SurveySums.unit_id),
        col(SurveyRound.id),
        col(SurveyRound.working_group_id),
        col(SurveyRound.title),
        col(SurveyRelease.released_at),
        col(SurveySums.invited),
        col(SurveySums.measures),
    )
    .join(SurveyRelease, col(SurveyRelease.survey_round_id) == col(SurveySums.survey_round_id))
    .join(SurveyRound, col(SurveyRound.id) == col(SurveySums.survey_round_id))
    .join(Instrument, col(Instrument.id) == col(SurveyRelease.instrument_id))
    .where(_SAME_QUESTIONNAIRE)
)
_EARLIER = (
    _KEPT.where(col(SurveyRelease.organisation_id) == _ORGANISATION_ID)
    .ext(distinct_on(col(SurveySums.unit_id)))
    .order_by(col(SurveySums.unit_id), col(SurveyRelease.released_at).desc())
)
_OTHERS = (
    _KEPT.where(
        col(SurveyRelease.organisation_id) != _ORGANISATION_ID, col(SurveySums.unit_id) == col(SurveyRound.root_unit_id)
    )
    .ext(distinct_on(col(SurveyRelease.organisation_id)))
    .order_by(col(SurveyRelease.organisation_id), col(SurveyRelease.released_at).desc())
)


async def surroundings_of(session: AsyncSession, survey_round: SurveyRound) -> Surroundings:
    instrument = (
        await session.execute(sa.select(Instrument).where(col(Instrument.id) == survey_round.instrument_id))
    ).scalar_one()
    content = InstrumentContent.model_validate(instrument.content)
    units = (await session.execute(_UNITS, {"round_id": survey_round.id})).scalars().all()
    same = {
        "key": instrument.key,
        "instrument_version": instrument.instrument_version,
        "content_hash": instrument.content_hash,
        "organisation_id": survey_round.organisation_id,
    }
    earlier = {
        row.unit_id: Earlier(
            # Of another group's round it is not said which it was: not everyone at this table may read that one.
            row.id if row.working_group_id == survey_round.working_group_id else None,
            row.title if row.working_group_id == survey_round.working_group_id else None,
            row.released_at,
            {"invited": row.invited, "dimensions": row.measures},
        )
        for row in await session.execute(_EARLIER, same)
    }
    return Surroundings(
        survey_round=survey_round,
        instrument=instrument,
        content=content,
        scheme=scheme_of(content),
        units=units,
        earlier=earlier,
        organisations=[row.measures for row in await session.execute(_OTHERS, same)],
        templates=await published_for(session, survey_round.organisation_id),
    )
