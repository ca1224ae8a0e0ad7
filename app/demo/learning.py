"""What a group of the story follows and learns, as events beside its sessions."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from app.demo.cast import without_nulls
from app.demo.dialogue import Event, Talks, decision_of
from app.demo.story import Lesson, Revisit, Step, ToldDecision, ToldGuide, ToldGuideStep, ToldRating
from app.models.followed_guide import FollowedGuide, FollowedGuideCreate, FollowedGuideTransition, SelfRatingCreate
from app.models.learning_log_entry import (
    LearningLogEntry,
    LearningLogEntryCreate,
    LearningLogEntryTransition,
    LearningRevisitCreate,
)
from app.services import followed_guides, learning_log_entries

LANGUAGES = ("sv",)


def events(talks: Talks) -> Iterator[Event]:
    if talks.story.guide is not None:
        yield from _of_guide(talks, talks.story.guide)
    for lesson in talks.story.lessons:
        yield from _of_lesson(talks, lesson)


# --- The guide


def _of_guide(talks: Talks, told: ToldGuide) -> Iterator[Event]:
    at, followed = talks.cast.clock.moment, dict[str, UUID]()
    yield Event(at(told.begun.day, 13), partial(_follow, talks, told, followed))
    for rating in told.ratings:
        yield Event(at(rating.day, 15, 20), partial(_rate, talks, rating, followed))
    for step in told.steps:
        yield Event(at(step.day, 15, 40), partial(_move_on, talks, step, followed))


async def _follow(talks: Talks, told: ToldGuide, followed: dict[str, UUID]) -> None:
    cast = talks.cast
    work, group_id = await cast.acting(told.begun.by), cast.groups[talks.story.group.id]
    chosen = FollowedGuideCreate.model_validate({"processGuideId": cast.guides[told.key]})
    followed["id"] = (await followed_guides.create(work, group_id, chosen, LANGUAGES)).id


async def _rate(talks: Talks, rating: ToldRating, followed: dict[str, UUID]) -> None:
    work = await talks.cast.acting(rating.by)
    said = SelfRatingCreate.model_validate({"phase": rating.phase, "level": rating.level})
    await followed_guides.rate(work, followed["id"], said, LANGUAGES)


async def _move_on(talks: Talks, told: ToldGuideStep, followed: dict[str, UUID]) -> None:
    work, version = await talks.cast.acting(told.by), await talks.cast.version(FollowedGuide, followed["id"])
    step = FollowedGuideTransition.model_validate(without_nulls({"to": told.to, "reason": told.reason}))
    await followed_guides.transition(work, followed["id"], version, step, LANGUAGES)


# --- The learning log


def _of_lesson(talks: Talks, lesson: Lesson) -> Iterator[Event]:
    at, entry = talks.cast.clock.moment, dict[str, UUID]()
    yield Event(at(lesson.written.day, 16, 10), partial(_note, talks, lesson, entry))
    for revisit in lesson.revisits:
        yield Event(at(revisit.day, 15), partial(_look_again, talks, revisit, entry))
    if lesson.proposed is not None:
        yield Event(at(lesson.proposed.day, 9), partial(_propose, talks, lesson.proposed, entry))
    for place, decision in enumerate(lesson.decisions):
        yield Event(at(decision.day, 10, 7 * place), partial(_decide, talks, decision, entry))


async def _note(talks: Talks, lesson: Lesson, entry: dict[str, UUID]) -> None:
    cast = talks.cast
    words = {
        "title": lesson.title,
        "text": lesson.text,
        "learnedMonth": f"{cast.clock.day(lesson.written.day):%Y-%m}",
        "dialogueSessionId": talks.sessions[lesson.session] if lesson.session else None,
    }
    data = LearningLogEntryCreate.model_validate(without_nulls(words))
    work = await cast.acting(lesson.written.by)
    entry["id"] = (await learning_log_entries.create(work, cast.groups[talks.story.group.id], data)).id


async def _look_again(talks: Talks, revisit: Revisit, entry: dict[str, UUID]) -> None:
    noted = LearningRevisitCreate.model_validate(without_nulls({"stillHolds": revisit.still_holds}))
    await learning_log_entries.revisit(await talks.cast.acting(revisit.by), entry["id"], noted)


async def _propose(talks: Talks, told: Step, entry: dict[str, UUID]) -> None:
    work, version = await talks.cast.acting(told.by), await talks.cast.version(LearningLogEntry, entry["id"])
    await learning_log_entries.transition(
        work, entry["id"], version, LearningLogEntryTransition.model_validate({"to": "proposed"})
    )


async def _decide(talks: Talks, told: ToldDecision, entry: dict[str, UUID]) -> None:
    work = await talks.cast.acting(told.by)
    read = await learning_log_entries.read(work, entry["id"])
    await learning_log_entries.approve(work, entry["id"], read.version, decision_of(told, read.content_hash))
