"""Followed guides: a working group goes through one version of a process guide at its own pace, and each party says how
far it thinks that the group has come."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from app.models.followed_guide import (
    FollowedGuide,
    FollowedGuideCreate,
    FollowedGuideRead,
    FollowedGuideState,
    FollowedGuideTransition,
    FollowedPhase,
    GuideRating,
    PartyRating,
    PhaseSkip,
    PhaseStatus,
    SelfRatingCreate,
)
from app.models.inspiration_content import Phase
from app.models.process_guide import ProcessGuide
from app.models.working_group import WorkingGroup, WorkingGroupSeat
from app.services import guide_progress, policy
from app.services.content_languages import in_best_language, language_said, said
from app.services.errors import Code, Refusal
from app.services.joint_decision import speaking_seat
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, find, refuse_unfit, shown, store
from app.services.working_groups import seats

Asked = tuple[str, ...]
"""The languages that the caller would read, the best first."""

_SORTS: dict[str, Columns] = {"createdAt": (col(FollowedGuide.created_at), col(FollowedGuide.id))}
_FOLLOWED_NOW = sa.select(col(FollowedGuide.id)).where(
    col(FollowedGuide.working_group_id) == sa.bindparam("group_id"),
    col(FollowedGuide.state) == FollowedGuideState.FOLLOWING,
)
_GUIDE_AND_GROUP = (
    sa.select(ProcessGuide, col(WorkingGroup.state))
    .select_from(FollowedGuide)
    .join(ProcessGuide, col(ProcessGuide.id) == col(FollowedGuide.process_guide_id))
    .join(WorkingGroup, col(WorkingGroup.id) == col(FollowedGuide.working_group_id))
    .where(col(FollowedGuide.id) == sa.bindparam("followed_id"))
)
_LATEST_RATINGS = (
    sa.select(GuideRating)
    .where(col(GuideRating.followed_guide_id) == sa.bindparam("followed_id"))
    .ext(distinct_on(col(GuideRating.phase), col(GuideRating.party_id)))
    .order_by(
        col(GuideRating.phase),
        col(GuideRating.party_id),
        col(GuideRating.rated_at).desc(),
        col(GuideRating.id).desc(),
    )
)


@lru_cache(maxsize=64)
def _in(asked: Asked) -> sa.Select[*tuple[Any, ...]]:
    """What a group follows and has followed, in the languages asked for."""
    guide_id: Any = col(ProcessGuide.id)
    content: Any = col(ProcessGuide.content)
    return (
        sa.select(
            col(FollowedGuide.id),
            col(FollowedGuide.process_guide_id),
            col(ProcessGuide.key).label("guide_key"),
            col(ProcessGuide.guide_version),
            language_said(guide_id, content, asked).label("language"),
            said(guide_id, content, "title", asked).label("title"),
            col(FollowedGuide.state),
            col(FollowedGuide.current_phase),
            col(FollowedGuide.created_at),
            col(FollowedGuide.ended_at),
        )
        .join(ProcessGuide, guide_id == col(FollowedGuide.process_guide_id))
        .where(col(FollowedGuide.working_group_id) == sa.bindparam("working_group_id"), policy.visible(FollowedGuide))
    )


async def list_followed_guides(work: Work, working_group_id: UUID, request: PageRequest, asked: Asked) -> Listed:
    """The guide that the group follows and those that it has followed."""
    await admit(work, "list_followed_guides", WorkingGroup, working_group_id)
    return await page(work, _in(asked), _SORTS, request, working_group_id=working_group_id)


async def create(work: Work, working_group_id: UUID, data: FollowedGuideCreate, asked: Asked) -> FollowedGuideRead:
    """The group begins with the first phase. The version is pinned: what is published later does not change it."""
    group = await admit(work, "create_followed_guide", WorkingGroup, working_group_id)
    guide = await work.session.get(ProcessGuide, data.process_guide_id)
    if guide is None:
        raise Refusal(Code.UNKNOWN_GUIDE, "/processGuideId")
    if (await work.session.execute(_FOLLOWED_NOW, {"group_id": group.id})).first() is not None:
        raise Refusal(Code.GUIDE_FOLLOWED_ALREADY)
    progress = guide_progress.begun([Phase(each["key"]) for each in guide.content["phases"]], work.now)
    followed = FollowedGuide(
        organisation_id=group.organisation_id,
        working_group_id=group.id,
        process_guide_id=guide.id,
        progress=progress,
        current_phase=guide_progress.current(progress),
        created_at=work.now,
    )
    await created(work, "create_followed_guide", followed)
    return await _read(work, followed, asked)


async def read(work: Work, followed_guide_id: UUID, asked: Asked) -> FollowedGuideRead:
    return await _read(work, await find(work, FollowedGuide, followed_guide_id), asked)


async def transition(
    work: Work, followed_guide_id: UUID, version: int, data: FollowedGuideTransition, asked: Asked
) -> FollowedGuideRead:
    """On to the next phase, back to an earlier one, or no further. The guide is completed when its last phase is."""
    followed = await admit(work, "transition_followed_guide", FollowedGuide, followed_guide_id, version)
    refuse_unfit(data, {"phase": {"earlierPhase"}, "reason": {"phaseSkipped", "ended"}})
    changes: dict[str, Any] = {}
    match data.to:
        case "phaseDone":
            progress = guide_progress.settled(followed.progress, PhaseStatus.DONE, work.now)
        case "phaseSkipped":
            if data.reason is None:
                raise Refusal(Code.REASON_MISSING, "/reason")
            skip = PhaseSkip(phase=guide_progress.here(followed.progress), reason=data.reason)
            changes["skips"] = [*followed.skips, skip]
            progress = guide_progress.settled(followed.progress, PhaseStatus.SKIPPED, work.now)
        case "earlierPhase":
            if data.phase is None or not guide_progress.can_go_back(followed.progress, data.phase):
                raise Refusal(Code.PHASE_NOT_EARLIER, "/phase")
            progress = guide_progress.gone_back(followed.progress, data.phase, work.now)
        case "ended":
            progress = guide_progress.broken_off(followed.progress, work.now)
            changes |= {"state": FollowedGuideState.ENDED, "end_reason": data.reason}
    changes |= {"progress": progress, "current_phase": guide_progress.current(progress)}
    if changes["current_phase"] is None:
        changes = {"state": FollowedGuideState.COMPLETED, "ended_at": work.now} | changes
    await changed(work, "transition_followed_guide", followed, changes)
    return await _read(work, followed, asked)


async def rate(work: Work, followed_guide_id: UUID, data: SelfRatingCreate, asked: Asked) -> FollowedGuideRead:
    """A party's word on a phase. The guide counts it as a change: whoever moves the group on has seen it."""
    followed = await admit(work, "rate_followed_guide", FollowedGuide, followed_guide_id)
    seat = speaking_seat(work, followed.working_group_id, data.mandate_id)
    if not guide_progress.has_begun(followed.progress, data.phase):
        raise Refusal(Code.PHASE_NOT_BEGUN, "/phase")
    rating = GuideRating(
        organisation_id=followed.organisation_id,
        working_group_id=followed.working_group_id,
        followed_guide_id=followed.id,
        phase=data.phase,
        party_id=seat.party_id,
        level=data.level,
        rated_at=work.now,
    )
    work.session.add(rating)
    await store(work.session)
    await changed(work, "rate_followed_guide", followed, mandate_id=seat.mandate_id, about=rating)
    return await _read(work, followed, asked)


async def _read(work: Work, followed: FollowedGuide, asked: Asked) -> FollowedGuideRead:
    given = {"followed_id": followed.id}
    around = (await work.session.execute(_GUIDE_AND_GROUP, given)).one()
    guide: ProcessGuide = around.ProcessGuide
    language, _languages, content = await in_best_language(work.session, guide.id, guide.title, guide.content, asked)
    ratings = (await work.session.execute(_LATEST_RATINGS, given)).scalars().all()
    table = await seats(work, followed.working_group_id)
    return shown(
        work,
        FollowedGuideRead,
        followed,
        {WorkingGroup: around},
        guide_key=guide.key,
        guide_version=guide.guide_version,
        language=language,
        title=content["title"],
        next_phase=guide_progress.upcoming(followed.progress),
        phases=_phases(followed, content["phases"], table, ratings),
    )


def _phases(
    followed: FollowedGuide,
    told: Iterable[dict[str, Any]],
    table: Iterable[WorkingGroupSeat],
    ratings: Iterable[GuideRating],
) -> list[FollowedPhase]:
    said_of = {(rating.phase, rating.party_id): rating for rating in ratings}
    # The last time that a phase was skipped is the one that counts.
    skipped = {skip.phase: skip.reason for skip in followed.skips}
    return [
        FollowedPhase(
            key=each.phase,
            title=phase["title"],
            status=each.status,
            begun_at=each.begun_at,
            left_at=each.left_at,
            skip_reason=skipped[each.phase] if each.status is PhaseStatus.SKIPPED else None,
            question=phase["selfRating"]["question"],
            self_ratings=[
                _rating(seat, said_of.get((each.phase, seat.id)), phase["selfRating"]["levels"]) for seat in table
            ],
        )
        for each, phase in zip(followed.progress, told, strict=True)
    ]


def _rating(seat: WorkingGroupSeat, rating: GuideRating | None, levels: list[str]) -> PartyRating:
    return PartyRating(
        party_id=seat.id,
        side=seat.side,
        name=seat.name,
        level=rating.level if rating else None,
        words=levels[rating.level - 1] if rating else None,
        rated_at=rating.rated_at if rating else None,
    )
