"""What could be shown of a round, foreseen from head-counts alone."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.models.base import Linked, Output
from app.models.bounds import Many
from app.models.columns import Count, Id
from app.models.survey_round import Threshold
from app.models.template_content import Texts
from app.models.unit import UnitName

USUAL_RESPONSE_RATE = 0.7


class Protection(StrEnum):
    """Whether a group is large enough to be shown."""

    SHOWN = "shown"
    HIDDEN = "hidden"


ResponseRate = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="The part of each unit that is assumed to answer everything, read in whole per cents.",
        json_schema_extra={"example": USUAL_RESPONSE_RATE},
    ),
]


class ProtectedUnit(Output):
    """Whether a unit could have a result of its own."""

    unit_id: Id
    parent_id: Id | None = Field(description="The unit above it in the round; null for the root.")
    name: UnitName
    headcount: Count = Field(
        description="Invited in the unit and in all units below it.", json_schema_extra={"example": 9}
    )
    status: Protection
    group_under_id: Id | None = Field(
        description="For a hidden unit: the nearest unit above it that could be shown; null when there is none."
    )
    advice: Texts | None = Field(description="For a hidden unit: what can be done about it.")


class ProtectionRead(Linked):
    """Which units could be shown if every unit answered at this rate. It says nothing of how anyone will answer."""

    survey_round_id: Id
    response_rate: ResponseRate
    threshold: Threshold
    shown_count: Count = Field(description="Units that could be shown.", json_schema_extra={"example": 31})
    hidden_count: Count = Field(description="Units that could not.", json_schema_extra={"example": 10})
    units: Many[ProtectedUnit] = Field(description="Parents before children, as in the round's list of units.")
