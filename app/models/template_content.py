"""What a dialogue template and the method texts say: the shapes that files, database and wire have in common.

Every field is required, also those that may be null, so that a template reads the same in both directions and
its hash can be computed from what the API answers.
"""

from enum import StrEnum
from typing import Annotated, Any, cast

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from app.models.base import Input, Resource, WireModel, absent
from app.models.columns import Language, Line, Paragraphs, WholeNumber

# --- Words ---------------------------------------------------------------------------------------------

_CLOSED = ConfigDict(extra="forbid")
_NOT_WRITTEN = "Null while it is not written in this language."


class LineTexts(TypedDict):
    """One line in each language."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    sv: Annotated[
        Line | None, Field(description=_NOT_WRITTEN, json_schema_extra={"example": "Det väl utförda arbetet"})
    ]
    en: Annotated[Line | None, Field(description=_NOT_WRITTEN, json_schema_extra={"example": "Work well done"})]


class Texts(TypedDict):
    """A text in each language."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    sv: Annotated[
        Paragraphs | None,
        Field(description=_NOT_WRITTEN, json_schema_extra={"example": "Vad är ett väl utfört arbete hos oss?"}),
    ]
    en: Annotated[
        Paragraphs | None,
        Field(description=_NOT_WRITTEN, json_schema_extra={"example": "What is work well done here?"}),
    ]


def both(sv: str, en: str) -> "Texts":
    """A text of the program's own in both languages."""
    return cast("Texts", {"sv": sv, "en": en})


def unlike(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("repeated", "The same value twice.")
    return values


class ClimateDimension(StrEnum):
    """A dimension of the learning climate, by its letter in the survey instrument."""

    WORK_AS_STARTING_POINT = "A"
    LEARNING_TOGETHER = "B"
    MISTAKES_AS_OCCASIONS = "C"
    KEEPING_LEARNING_ALIVE = "D"
    ROOM_FOR_JUDGEMENT = "E"
    LEADERSHIP_AND_CONDITIONS = "F"


class StepForm(StrEnum):
    """How people sit while they do a step."""

    PLENARY = "plenary"
    GROUP = "group"
    PAIR = "pair"
    INDIVIDUAL = "individual"
    INDIVIDUAL_THEN_PAIR = "individualThenPair"
    INDIVIDUAL_THEN_GROUP = "individualThenGroup"
    PARTY_THEN_PLENARY = "partyThenPlenary"


class RecordKind(StrEnum):
    """What is written down for a question."""

    GROUP = "group"
    PARTY = "party"
    NONE = "none"
    ACTION = "action"


TemplateKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=80,
        description="Names the template through all its versions.",
        json_schema_extra={"example": "val-utfort-arbete"},
    ),
]
TemplateVersion = Annotated[
    str,
    Field(
        pattern=r"^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})$",
        max_length=14,
        description="Major, minor and patch, as in semantic versioning.",
        json_schema_extra={"example": "1.0.0"},
    ),
]
TemplateLanguages = Annotated[
    list[Language],
    AfterValidator(unlike),
    Field(
        min_length=1,
        max_length=2,
        description="The languages in which every text must exist before the template is published.",
        json_schema_extra={"example": ["sv", "en"]},
    ),
]
ClimateDimensions = Annotated[
    list[ClimateDimension],
    AfterValidator(unlike),
    Field(
        max_length=6,
        description="The dimensions of the learning climate that the conversation serves.",
        json_schema_extra={"example": ["A", "B"]},
    ),
]
TotalMinutes = Annotated[
    WholeNumber,
    Field(ge=1, le=1440, description="The sum of the steps' minutes.", json_schema_extra={"example": 90}),
]
ManyTexts = Annotated[list[Texts], Field(max_length=30)]

# --- A template ------------------------------------------------------------------------------------------

_People = Annotated[WholeNumber, Field(ge=1, le=500, json_schema_extra={"example": 6})]


class GroupSize(WireModel):
    """How many people sit in one group."""

    min: _People
    max: _People


class Participants(WireModel):
    """Who takes part."""

    group_size: GroupSize
    composition: Texts
    parties: Texts


class Question(WireModel):
    """A question, what is written down for it, and what the facilitator may go on to ask."""

    id: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        max_length=40,
        description="Unique in the template; answers refer to it.",
        json_schema_extra={"example": "q1"},
    )
    text: Texts
    record: RecordKind = Field(json_schema_extra={"example": "group"})
    follow_ups: ManyTexts


class Step(WireModel):
    """One step of the conversation."""

    order: WholeNumber = Field(ge=1, le=50, description="Its place, from 1.", json_schema_extra={"example": 1})
    minutes: WholeNumber = Field(ge=1, le=480, json_schema_extra={"example": 90})
    form: StepForm = Field(json_schema_extra={"example": "group"})
    title: LineTexts
    instruction: Texts
    questions: list[Question] = Field(max_length=20)
    facilitator_notes: ManyTexts
    output: Texts | None = Field(description="What the step leaves behind, if anything.")


class FollowUp(WireModel):
    """What to do some days after the conversation."""

    after_days: WholeNumber = Field(ge=0, le=1000, json_schema_extra={"example": 14})
    what: Texts


class TemplateContent(WireModel):
    """All that a template says. `contentHash` is SHA-256 over the RFC 8785 canonical JSON of this object."""

    languages: TemplateLanguages
    title: LineTexts
    subtitle: LineTexts
    purpose: Texts
    when_to_use: Texts
    not_suitable: Texts
    participants: Participants
    total_minutes: TotalMinutes
    preparations: ManyTexts
    inspirations: ManyTexts
    opening_words: Texts
    steps: list[Step] = Field(max_length=50)
    watch_outs: ManyTexts
    follow_ups: list[FollowUp] = Field(max_length=20)
    variants: ManyTexts
    climate_dimensions: ClimateDimensions


# --- A template's changes: merge patch all the way down, lists as wholes ---------------------------------------


class LineTextsPatch(TypedDict, total=False):
    """The languages that change; null takes one away."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    sv: Annotated[Line | None, Field(json_schema_extra={"example": "Det väl utförda arbetet"})]
    en: Annotated[Line | None, Field(json_schema_extra={"example": "Work well done"})]


class TextsPatch(TypedDict, total=False):
    """The languages that change; null takes one away."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    sv: Annotated[Paragraphs | None, Field(json_schema_extra={"example": "Vad är ett väl utfört arbete hos oss?"})]
    en: Annotated[Paragraphs | None, Field(json_schema_extra={"example": "What is work well done here?"})]


class GroupSizePatch(Input):
    """Merge patch."""

    min: _People = absent()
    max: _People = absent()


class ParticipantsPatch(Input):
    """Merge patch."""

    group_size: GroupSizePatch = absent()
    composition: TextsPatch = absent()
    parties: TextsPatch = absent()


class TemplateContentPatch(Input):
    """Merge patch; a list is replaced as a whole."""

    languages: TemplateLanguages = absent()
    title: LineTextsPatch = absent()
    subtitle: LineTextsPatch = absent()
    purpose: TextsPatch = absent()
    when_to_use: TextsPatch = absent()
    not_suitable: TextsPatch = absent()
    participants: ParticipantsPatch = absent()
    total_minutes: TotalMinutes = absent()
    preparations: ManyTexts = absent()
    inspirations: ManyTexts = absent()
    opening_words: TextsPatch = absent()
    steps: list[Step] = Field(default_factory=lambda: None, max_length=50)  # type: ignore[arg-type]
    watch_outs: ManyTexts = absent()
    follow_ups: list[FollowUp] = Field(default_factory=lambda: None, max_length=20)  # type: ignore[arg-type]
    variants: ManyTexts = absent()
    climate_dimensions: ClimateDimensions = absent()


# --- The method texts ------------------------------------------------------------------------------------------


class MethodRole(WireModel):
    """A role at the conversation and its task."""

    id: str = Field(pattern=r"^[a-z][a-z_]{0,39}$", max_length=40, json_schema_extra={"example": "note_taker"})
    name: LineTexts
    task: Texts


class RecordValue(WireModel):
    """What a question's `record` means."""

    record: RecordKind = Field(json_schema_extra={"example": "group"})
    meaning: Texts


class MethodTexts(WireModel):
    """What holds for every conversation, whichever template it follows."""

    roles: list[MethodRole] = Field(max_length=20)
    ground_rules: ManyTexts
    record_exclusions: ManyTexts = Field(description="What is never written down.")
    escalation_note: Texts = Field(description="What to do when a matter does not belong in the conversation.")
    inclusion_measures: ManyTexts = Field(description="So that everyone can take part.")
    record_values: list[RecordValue] = Field(max_length=10)


class MethodTextsRead(Resource, MethodTexts):
    """The method texts of the content pack in use."""

    pack_key: TemplateKey
    pack_version: TemplateVersion
