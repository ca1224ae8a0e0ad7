"""What a piece of inspiration says: the shape of `inspiration/<key>.json` in a content pack.

Optional fields are left out, never null: the piece's hash is over what its file says, and stays when pieces learn to
say more.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from app.models.base import LeftOut, WireModel, absent
from app.models.bounds import LONGEST_ADDRESS
from app.models.columns import LongText, WholeNumber
from app.models.template_content import ClimateDimensions, LineTexts, TemplateKey, TemplateVersion, Texts, unlike

_CLOSED = ConfigDict(extra="forbid")
_NOT_WRITTEN = "Null while it is not written in this language."


class LongTexts(TypedDict):
    """A long text in each language."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    sv: Annotated[
        LongText | None, Field(description=_NOT_WRITTEN, json_schema_extra={"example": "Vi brukar börja med frågan."})
    ]
    en: Annotated[
        LongText | None, Field(description=_NOT_WRITTEN, json_schema_extra={"example": "We begin with the question."})
    ]


class InspirationKind(StrEnum):
    """What a piece of inspiration is."""

    ARTICLE = "article"
    FILM = "film"
    PODCAST = "podcast"
    EXERCISE = "exercise"
    CASE = "case"


class Phase(StrEnum):
    """Where a working group is in its process."""

    ANCHOR = "anchor"
    BEGIN_IN_THE_WORK = "beginInTheWork"
    LOOK_TOGETHER = "lookTogether"
    TRY = "try"
    FOLLOW_UP = "followUp"
    KEEP_ALIVE = "keepAlive"


InspirationKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=80,
        description="Names the piece through all its versions.",
        json_schema_extra={"example": "borja-i-arbetet"},
    ),
]
Licence = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]*$",
        max_length=60,
        description="As SPDX names it.",
        json_schema_extra={"example": "CC0-1.0"},
    ),
]
WebAddress = Annotated[
    str,
    Field(
        # No user name, no port and no fragment: a plain address of something published.
        pattern=r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(/[A-Za-z0-9._~%!$&'()*+,;=:/?@-]*)?$",
        max_length=LONGEST_ADDRESS,
        json_schema_extra={"example": "https://media.larande.example/en-dag-pa-verkstaden"},
    ),
]
TemplateKeys = Annotated[
    list[TemplateKey],
    AfterValidator(unlike),
    Field(
        max_length=20,
        description="The dialogue templates it goes with.",
        json_schema_extra={"example": ["val-utfort-arbete"]},
    ),
]
InspirationKeys = Annotated[
    list[InspirationKey],
    AfterValidator(unlike),
    Field(
        max_length=20,
        description="The pieces of inspiration it goes with.",
        json_schema_extra={"example": ["borja-i-arbetet"]},
    ),
]
Phases = Annotated[
    list[Phase],
    AfterValidator(unlike),
    Field(max_length=6, description="The phases in which it helps.", json_schema_extra={"example": ["anchor"]}),
]
ReadingMinutes = Annotated[
    WholeNumber,
    Field(ge=1, le=480, description="How long it takes to read, see, hear or do.", json_schema_extra={"example": 4}),
]


class InspirationContent(WireModel):
    """`inspiration/<key>.json`: one version of one piece. In `body` "## " before a heading and "- " before what is
    listed are the only marks."""

    key: InspirationKey
    item_version: TemplateVersion = Field(
        default="1.0.0", description="1.0.0 where it is left out; a changed piece needs a new one."
    )
    kind: InspirationKind
    title: LineTexts
    summary: Texts
    body: LongTexts
    reading_minutes: ReadingMinutes
    source: Texts = Field(description="Who says so, and where it comes from.")
    licence: Licence
    templates: TemplateKeys
    dimensions: ClimateDimensions
    phases: Phases
    media_url: LeftOut[WebAddress] = absent(description="Where the film or the podcast is.")
    transcript: LeftOut[LongTexts] = absent(description="What is said and shown; a film and a podcast need it.")
    picture_url: LeftOut[WebAddress] = absent(description="Where a picture is that goes with it.")
    text_alternative: LeftOut[Texts] = absent(description="What the picture shows; a picture needs it.")
