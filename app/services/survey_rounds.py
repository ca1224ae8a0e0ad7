"""Survey rounds."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.survey_round import SurveyRound, SurveyRoundRead, SurveyUnit, round_state
from app.services.work import Work, find, shown


async def read(work: Work, round_id: UUID) -> SurveyRoundRead:
    survey_round = await find(work, SurveyRound, round_id)
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(SurveyUnit.headcount), 0)).where(
        col(SurveyUnit.survey_round_id) == round_id
    )
    unit_count, headcount = (await work.session.execute(counted)).one()
    return shown(
        work,
        SurveyRoundRead,
        survey_round,
        state=round_state(survey_round, work.now),
        unit_count=unit_count,
        headcount=headcount,
        keys_made=[],
        content=None,
        approvals=[],
    )
