"""A whole unit tree, as it was, is and will be."""

from typing import Annotated

from pydantic import Field

from app.models.base import Input, Linked, Output
from app.models.bounds import Many, VeryMany
from app.models.columns import Id
from app.models.unit import ExternalId, FirstDay, Headcount, LastDay, UnitName

UNITS_AT_MOST = 20_000
PERIODS_AT_MOST = 100

ParentExternalId = Annotated[
    ExternalId | None, Field(description="The unit above; null at the top.", json_schema_extra={"example": "ORG-1"})
]
MergedInto = Annotated[
    ExternalId | None,
    Field(description="The unit that it became part of when it closed.", json_schema_extra={"example": "ORG-12"}),
]


class TreePeriod(Input):
    """What a unit is called and where it lies, from one day to another, both inclusive."""

    name: UnitName
    parent_external_id: ParentExternalId = None
    valid_from: FirstDay
    valid_to: LastDay | None = Field(default=None, description="Null: until further notice.")


class TreeUnit(Input):
    """A unit of the tree with its periods, the oldest first and without gaps."""

    external_id: ExternalId
    headcount: Headcount | None = Field(
        default=None,
        description="Employees in the unit itself, without those below. Null or left out: not known any more.",
    )
    merged_into_external_id: MergedInto = None
    periods: list[TreePeriod] = Field(min_length=1, max_length=PERIODS_AT_MOST)


class UnitTreeInput(Input):
    """The whole tree. Open units with an `externalId` that are not in it are closed, with yesterday as their last day;
    units without one are kept by hand and stay."""

    units: list[TreeUnit] = Field(max_length=UNITS_AT_MOST)


class TreePeriodRead(Output):
    """What a unit was called and where it lay, from one day to another, both inclusive."""

    name: UnitName
    parent_external_id: ParentExternalId = Field(description="Null at the top, and below a unit that is kept by hand.")
    valid_from: FirstDay
    valid_to: LastDay | None = Field(description="Null: until further notice.")


class TreeUnitRead(Output):
    """A unit with its periods, the oldest first."""

    id: Id
    external_id: ExternalId | None = Field(description="Null: the unit is kept by hand.")
    headcount: Headcount | None
    merged_into_external_id: MergedInto
    periods: Many[TreePeriodRead]


class UnitTreeRead(Linked, Output):
    """The tree with everything it was. Its version counts the changes of all units."""

    organisation_id: Id
    units: VeryMany[TreeUnitRead]
