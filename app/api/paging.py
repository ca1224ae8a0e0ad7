"""The query parameters that all lists share."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.bounds import LAST_PAGE
from app.services.listing import PageRequest

PageNumber = Annotated[
    int,
    Query(ge=0, le=LAST_PAGE, description="Page, from 1. A page outside the list is empty."),
]
Limit = Annotated[int, Query(ge=1, le=100, description="Rows a page.")]
After = Annotated[
    str | None,
    Query(max_length=1000, description="Place to continue from; found in the `next` link, not made by hand."),
]


def asked(page: int, limit: int, after: str | None, sort: str | None = None) -> PageRequest:
    return PageRequest(page, limit, after, sort)


# --- Orders: each of them a choice with a name -----------------------------------------------------------

NameOrder = TypeAliasType(
    "NameOrder", Annotated[Literal["name", "-name"], Field(description="By name in Swedish order; `-`: backwards.")]
)
CreationOrder = TypeAliasType(
    "CreationOrder", Annotated[Literal["createdAt", "-createdAt"], Field(description="`-`: the latest first.")]
)
PositionOrder = TypeAliasType(
    "PositionOrder", Annotated[Literal["position", "-position"], Field(description="By place; `-`: backwards.")]
)
DecisionOrder = TypeAliasType(
    "DecisionOrder", Annotated[Literal["decidedAt", "-decidedAt"], Field(description="`-`: the latest first.")]
)
DueOrder = TypeAliasType(
    "DueOrder", Annotated[Literal["dueOn", "-dueOn"], Field(description="`-`: the last due first.")]
)
FinalOrder = TypeAliasType(
    "FinalOrder", Annotated[Literal["finalAt", "-finalAt"], Field(description="`-`: the latest first.")]
)
EventOrder = TypeAliasType(
    "EventOrder", Annotated[Literal["happenedAt", "-happenedAt"], Field(description="`-`: the latest first.")]
)
DestructionOrder = TypeAliasType(
    "DestructionOrder", Annotated[Literal["destroyedAt", "-destroyedAt"], Field(description="`-`: the latest first.")]
)
SharedOrder = TypeAliasType(
    "SharedOrder", Annotated[Literal["sharedAt", "-sharedAt"], Field(description="`-`: the latest first.")]
)
LearningOrder = TypeAliasType(
    "LearningOrder",
    Annotated[
        Literal["createdAt", "-createdAt", "lastLookedAtOn", "-lastLookedAtOn"],
        Field(description="By when it was written or by when it was last looked at again; `-`: the latest first."),
    ],
)
StartOrder = TypeAliasType(
    "StartOrder", Annotated[Literal["startsAt", "-startsAt"], Field(description="`-`: the latest first.")]
)
SignInOrder = TypeAliasType(
    "SignInOrder", Annotated[Literal["startedAt", "-startedAt"], Field(description="`-`: the latest first.")]
)
TemplateOrder = TypeAliasType(
    "TemplateOrder",
    Annotated[
        Literal["title", "-title", "totalMinutes", "-totalMinutes"],
        Field(description="By the Swedish title or by how long it takes; `-`: backwards."),
    ],
)
InspirationOrder = TypeAliasType(
    "InspirationOrder",
    Annotated[
        Literal["title", "-title", "readingMinutes", "-readingMinutes", "publishedAt", "-publishedAt"],
        Field(description="By the title, by how long it takes or by when it was published; `-`: backwards."),
    ],
)
GuideOrder = TypeAliasType(
    "GuideOrder",
    Annotated[
        Literal["title", "-title", "months", "-months"],
        Field(description="By the title or by how long it takes; `-`: backwards."),
    ],
)
InstrumentOrder = TypeAliasType(
    "InstrumentOrder",
    Annotated[
        Literal["title", "-title", "publishedAt", "-publishedAt"],
        Field(description="By the Swedish title or by when it was published; `-`: backwards."),
    ],
)
DomainOrder = TypeAliasType(
    "DomainOrder", Annotated[Literal["domain", "-domain"], Field(description="By the domain's name; `-`: backwards.")]
)
KindOrder = TypeAliasType(
    "KindOrder", Annotated[Literal["kind", "-kind"], Field(description="By kind; `-`: backwards.")]
)
IdOrder = TypeAliasType("IdOrder", Annotated[Literal["id", "-id"], Field(description="By id; `-`: backwards.")])

ByCreation = Annotated[CreationOrder, Query(description="Order.")]
ByTree = Annotated[PositionOrder, Query(description="Order of the tree: parents first.")]
ByPlace = Annotated[PositionOrder, Query(description="Order of the plan: kind by kind.")]
ByDecision = Annotated[DecisionOrder, Query(description="Order.")]
