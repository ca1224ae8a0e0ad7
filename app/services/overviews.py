"""A working group at a glance, for whoever may read the group, in a fixed number of statements."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.models.action import ActionItem
from app.models.columns import Language
from app.models.dialogue_session import AttendanceStatus, DialogueSessionItem
from app.models.organisation import OrganisationState
from app.models.overview import (
    FollowUpItem,
    Freshness,
    LastSession,
    OverviewActions,
    Reason,
    Suggestion,
    SuggestionKind,
    WorkingGroupOverview,
)
from app.models.session_record import SessionRecordState
from app.models.survey_round import SurveyRoundItem, SurveyRoundState
from app.models.template_content import ClimateDimension
from app.models.working_group import WorkingGroup, WorkingGroupState
from app.services import overview_rows as rows
from app.services.awaited_decisions import AWAITING, awaited
from app.services.calendar import STOCKHOLM, swedish_day
from app.services.current_phase import phase_in, shown_phase
from app.services.learning_loop import Standing, is_quiet, position
from app.services.recommendation_facts import Facts, Material, PhaseFacts
from app.services.recommendations import Picked, suggestions
from app.services.suggestible_material import MATERIALS, titles_in
from app.services.work import Work, admit
from app.services.working_groups import sleeps_on, state_now

_UNDER_WAY = {SurveyRoundState.PROPOSED, SurveyRoundState.OPEN, SurveyRoundState.CLOSED}
_KEYED = {kind.value: kind for kind in SuggestionKind}

Found = Sequence[sa.RowMapping]


async def read(
    work: Work, working_group_id: UUID, asked: tuple[str, ...], minutes: int | None
) -> tuple[WorkingGroupOverview, Language]:
    """The overview on this day, and the language of its own words. `asked`: languages, those of the program last."""
    group = await admit(work, "read_working_group_overview", WorkingGroup, working_group_id)
    language = next(Language(each) for each in asked if each in set(Language))
    met_on = None if group.last_session_at is None else swedish_day(group.last_session_at)
    given = {
        **work.actor.held,
        "group_id": group.id,
        "organisation_id": group.organisation_id,
        "now": work.now,
        "today": work.today,
        "day_begins": datetime.combine(work.today, time.min, STOCKHOLM),
        "met_on": met_on or date.min,
    }

    async def found(statement: sa.Executable) -> Found:
        return (await connection.execute(statement, given)).mappings().all()

    connection = await work.session.connection()
    seats = await found(rows.SEATS)
    sessions = {row["place"]: row for row in await found(rows.SESSIONS)}
    steps = await found(rows.OPEN_ACTIONS)
    promises = (await found(rows.PROMISES))[0]
    follow_ups = await found(rows.FOLLOW_UPS)
    awaiting = await found(AWAITING)
    rounds = {row["place"]: row for row in await found(rows.ROUNDS)}
    phase = next(iter(await found(phase_in(asked))), None)
    materials = await found(MATERIALS)

    state = state_now(group, work.today)
    due, overdue = _actions(steps, overdue=False), _actions(steps, overdue=True)
    to_follow_up = frozenset(row["key"] for row in follow_ups if row["due_on"] <= work.today)
    closed = work.organisations[group.organisation_id].state is not OrganisationState.ACTIVE
    picked: list[Picked] = []
    if not closed and state is not WorkingGroupState.CLOSED:
        facts = _facts(work, group, sessions, rounds, phase, materials, to_follow_up, overdue.total, minutes)
        picked = suggestions(facts)
    titles = await connection.execute(titles_in(asked), {"chosen": [each.material.id for each in picked]})
    said = {row.id: (row.title, row.language) for row in titles}

    return (
        WorkingGroupOverview(
            version=group.version,
            working_group_id=group.id,
            told_on=work.today,
            state=state,
            loop_position=position(
                Standing(
                    state,
                    record_unfinished=_record_state(work, sessions.get("last")) not in (None, SessionRecordState.FINAL),
                    session_planned="next" in sessions,
                    round_under_way="next" in rounds and rounds["next"]["state"] in _UNDER_WAY,
                    result_since_meeting="last" in rounds
                    and (group.last_session_at is None or rounds["last"]["released_at"] > group.last_session_at),
                    follow_up_due=bool(to_follow_up) or overdue.total > 0 or promises["effects_to_check"] > 0,
                    actions_open=due.total > 0,
                )
            ),
            phase=None if phase is None else shown_phase(phase),
            next_session=_shaped(DialogueSessionItem, sessions.get("next")),
            last_session=_last_session(work, sessions.get("last")),
            actions_due=due,
            actions_overdue=overdue,
            follow_ups=[_follow_up(row, language, work.today) for row in follow_ups],
            awaiting_approvals=awaited(group, seats, awaiting),
            last_round=_shaped(SurveyRoundItem, rounds.get("last")),
            next_round=_shaped(SurveyRoundItem, rounds.get("next")),
            freshness=Freshness(
                days_since_last_meeting=None if met_on is None else max(0, (work.today - met_on).days),
                dormant_on=sleeps_on(group),
                promises_made=promises["promises_made"],
                promises_kept=promises["promises_kept"],
            ),
            suggestions=[_suggested(facts, each, said[each.material.id], language) for each in picked],
        ),
        language,
    )


def _shaped(shape: Any, row: sa.RowMapping | None) -> Any:
    return None if row is None else shape.model_validate({name: row[name] for name in shape.model_fields})


def _actions(steps: Found, *, overdue: bool) -> OverviewActions:
    chosen = [row for row in steps if row["overdue"] is overdue]
    total = chosen[0]["total"] if chosen else 0
    return OverviewActions(total=total, items=[_shaped(ActionItem, row) for row in chosen])


def _record_state(work: Work, session: sa.RowMapping | None) -> SessionRecordState | None:
    """With the clock's part: after its deadline a review is over."""
    if session is None or session["session_record_id"] is None:
        return None
    state, deadline = session["record_state"], session["review_deadline"]
    late = state is SessionRecordState.UNDER_REVIEW and deadline is not None and deadline <= work.now
    return SessionRecordState.NOT_APPROVED if late else state


def _last_session(work: Work, session: sa.RowMapping | None) -> LastSession | None:
    if session is None:
        return None
    told = {name: session[name] for name in LastSession.model_fields}
    return LastSession.model_validate(told | {"record_state": _record_state(work, session)})


def _follow_up(row: sa.RowMapping, language: Language, today: date) -> FollowUpItem:
    other = Language.SWEDISH if language is Language.ENGLISH else Language.ENGLISH
    what = row["what"][language.value] or row["what"][other.value]
    return FollowUpItem(
        dialogue_session_id=row["dialogue_session_id"],
        title=row["title"],
        due_on=row["due_on"],
        due=row["due_on"] <= today,
        what=what,
    )


def _facts(
    work: Work,
    group: WorkingGroup,
    sessions: dict[str, sa.RowMapping],
    rounds: dict[str, sa.RowMapping],
    phase: sa.RowMapping | None,
    materials: Found,
    to_follow_up: frozenset[str],
    overdue: int,
    minutes: int | None,
) -> Facts:
    last, result = sessions.get("last"), rounds.get("last")
    began = max(filter(None, [group.last_session_at, group.started_at]), default=None)
    since = None if began is None or "next" in sessions else (work.today - swedish_day(began)).days
    return Facts(
        materials=tuple(_materials(work, materials)),
        forming=group.state is WorkingGroupState.FORMING,
        met=group.last_session_at is not None,
        days_quiet=since if since is not None and is_quiet(since, group.dormancy_interval_days) else None,
        planned=sessions["next"]["key"] if "next" in sessions else None,
        last_held=None if last is None else last["key"],
        to_follow_up=to_follow_up,
        lowest=() if result is None else tuple(_lowest(result["lowest"] or [])),
        days_since_result=None if result is None else (work.today - swedish_day(result["released_at"])).days,
        overdue=overdue,
        days_since_started=None if group.started_at is None else (work.today - swedish_day(group.started_at)).days,
        phase=None if phase is None else _phase_facts(phase),
        people=None if last is None else _people(last),
        minutes=minutes,
    )


def _phase_facts(phase: sa.RowMapping) -> PhaseFacts:
    return PhaseFacts(phase["key"], phase["phase_title"], tuple(phase["templates"]), tuple(phase["pieces"]))


def _people(session: sa.RowMapping) -> int | None:
    """How many were there; None where nobody has said how many employees took part."""
    if session["employee_headcount"] is None:
        return None
    present = [each for each in session["attendances"] if each.status is AttendanceStatus.PRESENT]
    return len(present) + int(session["employee_headcount"])


def _lowest(dimensions: Iterable[dict[str, Any]]) -> Iterable[ClimateDimension]:
    named = [each["climateDimension"] for each in dimensions]
    return (ClimateDimension(each) for each in dict.fromkeys(named) if each is not None)


def _materials(work: Work, found: Found) -> Iterable[Material]:
    """By key; an organisation's own template stands for the central one of the same key."""
    own = {row["key"] for row in found if row["own"]}
    for row in sorted(found, key=lambda row: (row["kind"], row["key"], str(row["id"]))):
        if row["own"] or row["key"] not in own or row["kind"] != SuggestionKind.DIALOGUE_TEMPLATE:
            yield Material(
                kind=_KEYED[row["kind"]],
                id=row["id"],
                key=row["key"],
                minutes=row["minutes"],
                dimensions=tuple(ClimateDimension(each) for each in row["dimensions"]),
                templates=tuple(row["templates"]),
                least=row["least"] or 1,
                most=row["most"] or 500,
                days_since_held=None if row["held_on"] is None else (work.today - row["held_on"]).days,
            )


def _suggested(facts: Facts, picked: Picked, said: tuple[str, str], language: Language) -> Suggestion:
    material = picked.material
    title, its_language = said
    return Suggestion(
        kind=material.kind,
        id=material.id,
        key=material.key,
        title=title,
        language=its_language,
        minutes=material.minutes,
        reasons=[Reason(code=rule.code, text=rule.reason(facts, material, language)) for rule in picked.reasons],
    )
