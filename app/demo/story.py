"""The story of the demo agency, read from `app/content/demo`. Days are working days counted from the day of loading."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.models.approval import Decision
from app.models.columns import Language
from app.models.dialogue_session import MeetingForm
from app.models.inspiration_content import Phase
from app.models.organisation import ApprovalRule
from app.models.party import Side
from app.models.person import Role
from app.models.working_group import WorkingGroupLevel


class Told(BaseModel):
    """A part of the story; a misspelt word in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Told):
    """Somebody does something on a day."""

    day: int
    by: str


class ToldPerson(Told):
    id: str
    name: str
    email: str
    account: str
    roles: tuple[Role, ...] = ()
    language: Language = Language.SWEDISH
    outside: bool = False
    leaves: int | None = None


class ToldParty(Told):
    side: Side
    name: str


class ToldMandate(Told):
    id: str
    party: str
    function: str
    by: str
    given: int
    group: str | None = None
    from_: int | None = Field(default=None, alias="from")
    to: int | None = None


class Agency(Told):
    password: str
    begins: int
    first_day_years_ago: int
    organisation: dict[str, Any]
    parties: dict[str, ToldParty]
    people: tuple[ToldPerson, ...]
    mandates: tuple[ToldMandate, ...]


class ToldUnit(Told):
    id: str
    name: str
    under: str | None = None
    heads: int | None = None


class UnitChange(Step):
    unit: str
    name: str | None = None
    under: str | None = None
    heads: int | None = None
    closed: bool = False


class Units(Told):
    units: tuple[ToldUnit, ...]
    changes: tuple[UnitChange, ...]


class ToldDecision(Step):
    decision: Decision = Decision.APPROVE
    says: str | None = None


class Ending(Step):
    """A group closed or a session cancelled, and why."""

    reason: str


class Settled(Step):
    to: Literal["done", "dropped"]
    reason: str | None = None


class Checked(Step):
    effect: str


class ToldAction(Told):
    what: str
    owner: str
    question: str
    due: int
    settled: Settled | None = None
    checked: Checked | None = None


class ToldStatement(Step):
    party: str
    published: bool
    answers: dict[str, str] = {}
    differences: str | None = None


class ToldNote(Step):
    text: str


class Review(Step):
    """The record is sent to the parties, with changed answers if a party had asked for some."""

    deadline: int
    decisions: tuple[ToldDecision, ...]
    answers: dict[str, str] | None = None


class Registered(Step):
    case_number: str
    archive_class: str
    retained_years: int | None = None
    legal_hold: bool = False


class Appendix(Told):
    id: str
    title: str
    shared_picture: str
    begun: Step
    review: tuple[Review, ...]


class ToldSession(Told):
    id: str
    template: str
    title: str | None = None
    planned: Step
    prepared: int | None = None
    starts: int
    form: MeetingForm
    place: str
    facilitator: str
    facilitator_function: str
    held: bool = False
    cancelled: Ending | None = None
    present: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    headcount: int | None = None
    answers: dict[str, str] = {}
    shared_picture: str | None = None
    handovers: tuple[dict[str, Any], ...] = ()
    actions: tuple[ToldAction, ...] = ()
    statements: tuple[ToldStatement, ...] = ()
    notes: tuple[ToldNote, ...] = ()
    review: tuple[Review, ...] = ()
    registered: Registered | None = None
    appendices: tuple[Appendix, ...] = ()


class ToldGuideStep(Step):
    to: Literal["phaseDone", "phaseSkipped"]
    reason: str | None = None


class ToldRating(Step):
    phase: Phase
    level: int


class ToldGuide(Told):
    """The process guide that a group follows, and what each party says of a phase."""

    key: str
    begun: Step
    steps: tuple[ToldGuideStep, ...] = ()
    ratings: tuple[ToldRating, ...] = ()


class Revisit(Step):
    still_holds: str | None = None


class Lesson(Told):
    """What the group has learned, in its log; shared with the agency when both sides decide so."""

    title: str
    text: str
    session: str | None = None
    written: Step
    revisits: tuple[Revisit, ...] = ()
    proposed: Step | None = None
    decisions: tuple[ToldDecision, ...] = ()


class ToldGroup(Told):
    id: str
    name: str
    purpose: str
    unit: str
    level: WorkingGroupLevel
    parties: tuple[str, ...]
    proposed: Step
    approvals: tuple[ToldDecision, ...]
    rule: ApprovalRule | None = None
    interval: int | None = None
    closed: Ending | None = None


class GroupStory(Told):
    group: ToldGroup
    guide: ToldGuide | None = None
    sessions: tuple[ToldSession, ...] = ()
    lessons: tuple[Lesson, ...] = ()


GROUPS = ("kustzon", "fartyg", "provtagning", "tillstand", "servicecenter")

ToldT = TypeVar("ToldT", bound=Told)


def _read(shape: type[ToldT], *path: str) -> ToldT:
    file = resources.files("app.content").joinpath("demo", *path)
    return shape.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


@cache
def agency() -> Agency:
    return _read(Agency, "agency.toml")


@cache
def units() -> Units:
    return _read(Units, "units.toml")


@cache
def groups() -> tuple[GroupStory, ...]:
    return tuple(_read(GroupStory, "groups", f"{name}.toml") for name in GROUPS)
