"""A working group at a glance: where it is in its loop, what is due, what waits for whom, and what is suggested."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.models.action import ActionItem
from app.models.approval import SubjectType
from app.models.base import Linked, Output
from app.models.bounds import Few, Phrase, Tally, Text
from app.models.columns import DateOnly, Id, Moment, WholeNumber
from app.models.dialogue_session import DialogueSessionItem, SessionTitle
from app.models.followed_guide import PhaseKey
from app.models.guide_content import GuideKey
from app.models.inspiration_item import LanguageTag
from app.models.session_record import SessionRecordState
from app.models.survey_round import SurveyRoundItem
from app.models.template_content import TemplateKey
from app.models.working_group import WorkingGroupSeat, WorkingGroupState

MOST_LISTED = 10
"""Of what is due, and of follow-ups: what people can take in at a glance. How many there are is said besides."""
MOST_SUGGESTED = 5


class LoopPosition(StrEnum):
    """Where the group is in its loop. Of several that hold, the first in this order.

    `closed`: it has been ended. `forming`: the parties have not started it. `record`: the record of its last session
    is not final. `session`: a session is planned. `survey`: a survey round is proposed, open, or waiting for its
    result. `result`: a result has come since it last met. `followUp`: a follow-up's day has come, an action's day has
    passed, or the effect of a step has to be checked. `actions`: agreed steps are open. `template`: nothing is under
    way, and the group can choose what to talk about next.
    """

    CLOSED = "closed"
    FORMING = "forming"
    RECORD = "record"
    SESSION = "session"
    SURVEY = "survey"
    RESULT = "result"
    FOLLOW_UP = "followUp"
    ACTIONS = "actions"
    TEMPLATE = "template"


class SuggestionKind(StrEnum):
    """What is suggested; it is read by its id under `/dialogue-templates`, `/inspiration-items` or
    `/process-guides`."""

    DIALOGUE_TEMPLATE = "dialogueTemplate"
    INSPIRATION_ITEM = "inspirationItem"
    PROCESS_GUIDE = "processGuide"


class SuggestionReason(StrEnum):
    """Why something is suggested. Each is a rule that anybody can read and check."""

    GROUP_FORMING = "groupForming"
    SESSION_PLANNED = "sessionPlanned"
    GROUP_QUIET = "groupQuiet"
    NEVER_MET = "neverMet"
    RESULT_NOT_TALKED_ABOUT = "resultNotTalkedAbout"
    ACTIONS_OVERDUE = "actionsOverdue"
    FOLLOW_UP_DUE = "followUpDue"
    LOW_DIMENSION = "lowDimension"
    IN_PHASE = "inPhase"
    NEW_GROUP = "newGroup"
    NOT_TRIED = "notTried"
    LONG_AGO = "longAgo"
    FITS_TIME = "fitsTime"
    FITS_SIZE = "fitsSize"


SuggestionMinutes = Annotated[
    WholeNumber,
    Field(ge=1, le=1440, description="How long it takes; null: it is nothing that one does in one go."),
]


class OverviewPhase(Output):
    """Where the group is in the process guide that it follows."""

    followed_guide_id: Id
    guide_key: GuideKey
    guide_title: Phrase = Field(json_schema_extra={"example": "Första året"})
    language: LanguageTag
    phase: PhaseKey
    title: Phrase = Field(json_schema_extra={"example": "Börja i arbetet"})
    since: Moment = Field(description="When the group first came to the phase.")


class LastSession(DialogueSessionItem):
    """The session that the group held last, and what has become of its record."""

    session_record_id: Id | None = Field(description="Null: the record is destroyed.")
    record_state: SessionRecordState | None = Field(description="Null: the record is destroyed.")


class OverviewActions(Output):
    """The first of some steps, and how many there are."""

    total: Tally = Field(json_schema_extra={"example": 3})
    items: list[ActionItem] = Field(max_length=MOST_LISTED, description="The most urgent first.")


class FollowUpItem(Output):
    """What a session's template says that the group does some days afterwards."""

    dialogue_session_id: Id
    title: SessionTitle
    due_on: DateOnly
    due: bool = Field(description="Whether that day has come.", json_schema_extra={"example": True})
    what: Text = Field(json_schema_extra={"example": "Kort avstämning, 15 minuter: vad hände när vi prövade?"})


class AwaitingApproval(Output):
    """Something that is to be decided jointly, and who has not decided yet."""

    subject_type: SubjectType
    subject_id: Id
    title: Phrase = Field(json_schema_extra={"example": "Lärklimatet hösten 2026"})
    deadline: Moment | None = Field(description="After it nothing can be decided; null: there is none.")
    parties: Few[WorkingGroupSeat] = Field(description="Those whose decision is waited for.")


class Freshness(Output):
    """How fresh the group's learning is."""

    days_since_last_meeting: Tally | None = Field(
        description="Null: it has not met.", json_schema_extra={"example": 12}
    )
    dormant_on: DateOnly | None = Field(
        description="The day a started group goes dormant unless it meets; null for others."
    )
    promises_made: Tally = Field(
        description="Agreed steps that are done, or whose day has passed. Those that were dropped with a reason do not "
        "count.",
        json_schema_extra={"example": 4},
    )
    promises_kept: Tally = Field(description="Those of them that are done.", json_schema_extra={"example": 3})


class Reason(Output):
    """A rule that has led to the suggestion, and what it says in words."""

    code: SuggestionReason
    text: Text = Field(json_schema_extra={"example": "Ni har inte haft något samtal än."})


class Suggestion(Output):
    """Something for the group to use now, and why."""

    kind: SuggestionKind
    id: Id
    key: TemplateKey
    title: Phrase = Field(json_schema_extra={"example": "Det väl utförda arbetet"})
    language: LanguageTag
    minutes: SuggestionMinutes | None
    reasons: Few[Reason]


class WorkingGroupOverview(Linked):
    """Where a working group is, what is due, what waits for whom, how fresh its learning is, what is suggested now."""

    working_group_id: Id
    told_on: DateOnly = Field(description="The day in Sweden that everything here is told for.")
    state: WorkingGroupState
    loop_position: LoopPosition
    phase: OverviewPhase | None = Field(description="Null: the group follows no guide.")
    next_session: DialogueSessionItem | None = Field(description="Today or later; null: none is planned.")
    last_session: LastSession | None = Field(description="Null: it has held none.")
    actions_due: OverviewActions = Field(description="Open steps whose day has not passed.")
    actions_overdue: OverviewActions = Field(description="Open steps whose day has passed.")
    follow_ups: list[FollowUpItem] = Field(
        max_length=MOST_LISTED,
        description="What the templates of the sessions held say to do afterwards, by day, until the group has met on "
        "that day or later.",
    )
    awaiting_approvals: Few[AwaitingApproval] = Field(description="What waits for the decision of a party.")
    last_round: SurveyRoundItem | None = Field(description="The last one with a result; null: there is none.")
    next_round: SurveyRoundItem | None = Field(
        description="The one under way, or else the next one ahead; null: there is none."
    )
    freshness: Freshness
    suggestions: list[Suggestion] = Field(
        max_length=MOST_SUGGESTED, description="By fixed rules that say why; what comes first is most to the point."
    )
