"""What each organisation adds to the figures of a quarter. Read by the service itself, and never shown."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.central_aggregate import CentralContribution
from app.models.columns import UtcDateTime
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.dialogue_template import DialogueTemplate
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.organisation import Organisation
from app.models.survey_release import SurveyRelease, SurveySums
from app.models.survey_round import SurveyRound
from app.models.working_group import WorkingGroup
from app.services.central_figures import Answers, Members, Weights

LOCAL = ""
"""In the place of a key: organisations' own templates, all together."""

_START, _END = sa.bindparam("start", type_=UtcDateTime), sa.bindparam("end", type_=UtcDateTime)
# As it was at the end, also when this is asked some time later.
_GROUPS = (
    sa.select(col(WorkingGroup.organisation_id), sa.func.count().label("held"))
    .join(Organisation, col(Organisation.id) == col(WorkingGroup.organisation_id))
    .where(
        col(WorkingGroup.started_at) < _END,
        sa.func.coalesce(col(WorkingGroup.closed_at), _END) >= _END,
        sa.func.coalesce(col(Organisation.closed_at), _END) >= _END,
    )
    .group_by(col(WorkingGroup.organisation_id))
)
_KEY = sa.case((col(DialogueTemplate.organisation_id).is_(None), col(DialogueTemplate.key)), else_=LOCAL)
_SESSIONS = (
    sa.select(col(DialogueSession.organisation_id), _KEY, sa.func.count())
    .join(DialogueTemplate, col(DialogueTemplate.id) == col(DialogueSession.dialogue_template_id))
    .where(
        col(DialogueSession.state) == DialogueSessionState.HELD,
        col(DialogueSession.held_at) >= _START,
        col(DialogueSession.held_at) < _END,
    )
    .group_by(col(DialogueSession.organisation_id), _KEY)
)
_TEMPLATES = sa.select(col(DialogueTemplate.key)).where(col(DialogueTemplate.organisation_id).is_(None)).distinct()
_INSTRUMENTS = (
    sa.select(Instrument)
    .where(col(Instrument.organisation_id).is_(None))
    .order_by(col(Instrument.key), col(Instrument.instrument_version))
)
_RESULTS = (
    sa.select(col(SurveyRelease.instrument_id), col(SurveyRound.id), col(SurveySums.measures))
    .select_from(SurveyRelease)
    .ext(distinct_on(col(SurveyRelease.instrument_id), col(SurveyRelease.organisation_id)))
    .join(SurveyRound, col(SurveyRound.id) == col(SurveyRelease.survey_round_id))
    .join(
        SurveySums,
        sa.and_(
            col(SurveySums.survey_round_id) == col(SurveyRound.id),
            col(SurveySums.unit_id) == col(SurveyRound.root_unit_id),
        ),
    )
    .join(Instrument, col(Instrument.id) == col(SurveyRelease.instrument_id))
    .where(
        col(Instrument.organisation_id).is_(None),
        col(SurveyRelease.released_at) >= sa.bindparam("since", type_=UtcDateTime),
        col(SurveyRelease.released_at) < _END,
    )
    .order_by(
        col(SurveyRelease.instrument_id), col(SurveyRelease.organisation_id), col(SurveyRelease.released_at).desc()
    )
)
_EARLIER = sa.select(col(CentralContribution.family), col(CentralContribution.members))


@dataclass(frozen=True)
class Activity:
    """By organisation: groups under way, and sessions held by the key of the template."""

    groups: Weights
    sessions: Mapping[str, Weights]


@dataclass(frozen=True)
class Measured:
    """A central instrument and, by dimension and round, what was answered."""

    key: str
    version: str
    lowest: int
    highest: int
    answers: Mapping[str, Mapping[UUID, Answers]]


async def activity(session: AsyncSession, start: datetime, end: datetime) -> Activity:
    given = {"start": start, "end": end}
    groups = {each.organisation_id: each.held for each in await session.execute(_GROUPS, given)}
    sessions: dict[str, dict[UUID, int]] = {key: {} for key in sorted((await session.execute(_TEMPLATES)).scalars())}
    sessions[LOCAL] = {}
    for organisation_id, key, held in await session.execute(_SESSIONS, given):
        sessions[key][organisation_id] = held
    return Activity(groups, sessions)


async def measured(session: AsyncSession, since: datetime, end: datetime) -> list[Measured]:
    results: defaultdict[UUID, dict[UUID, Mapping[str, Mapping[str, float]]]] = defaultdict(dict)
    for instrument_id, round_id, measures in await session.execute(_RESULTS, {"since": since, "end": end}):
        results[instrument_id][round_id] = measures
    found = []
    for instrument in (await session.execute(_INSTRUMENTS)).scalars():
        content = InstrumentContent.model_validate(instrument.content)
        answers = {
            dimension.key: {
                round_id: Answers(int(measures[dimension.key]["n"]), measures[dimension.key]["coded"])
                for round_id, measures in results[instrument.id].items()
                if dimension.key in measures
            }
            for dimension in content.dimensions
        }
        scale = content.scale
        found.append(Measured(instrument.key, instrument.instrument_version, scale.lowest, scale.highest, answers))
    return found


async def earlier(session: AsyncSession) -> Mapping[str, list[Members]]:
    """By family, of whom what has been published is."""
    found: defaultdict[str, list[Members]] = defaultdict(list)
    for family, members in await session.execute(_EARLIER):
        found[family].append(frozenset(members))
    return found
