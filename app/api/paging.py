"""The query parameters that all lists share."""

from typing import Annotated, Literal

from fastapi import Query

from app.services.listing import PageRequest

PageNumber = Annotated[
    int,
    Query(ge=0, le=10_000_000, description="Page, from 1. A page outside the list is empty."),
]
Limit = Annotated[int, Query(ge=1, le=100, description="Rows a page.")]
After = Annotated[
    str | None,
    Query(max_length=1000, description="Place to continue from; found in the `next` link, not made by hand."),
]


def asked(page: int, limit: int, after: str | None, sort: str | None = None) -> PageRequest:
    return PageRequest(page, limit, after, sort)


ByCreation = Annotated[Literal["createdAt", "-createdAt"], Query(description="Order.")]
ByTree = Annotated[Literal["position", "-position"], Query(description="Order of the tree: parents first.")]
ByPlace = Annotated[Literal["position", "-position"], Query(description="Order of the plan: kind by kind.")]
ByDecision = Annotated[Literal["decidedAt", "-decidedAt"], Query(description="Order.")]
