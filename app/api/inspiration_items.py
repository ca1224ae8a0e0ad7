"""Pieces of inspiration over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import PUBLISHED, listed, page_of, single, spoken
from app.api.dependencies import Reading
from app.api.negotiation import languages_asked
from app.api.operations import router_of
from app.api.paging import After, InspirationOrder, Limit, PageNumber, asked
from app.models.columns import Id, SearchWords
from app.models.inspiration_content import InspirationKind, Phase
from app.models.inspiration_item import InspirationItemItem, InspirationItemRead
from app.models.template_content import ClimateDimension, TemplateKey
from app.services import inspiration_items
from app.services.inspiration_items import Wanted

router = router_of("inspiration-items")

InspirationItemId = Annotated[
    Id, Path(alias="inspirationItemId", description="The version of the piece; it is the same everywhere.")
]


@router.get("/inspiration-items", response_model=page_of(InspirationItemItem), summary="List pieces of inspiration")
async def list_inspiration_items(
    call: Reading,
    kind: Annotated[list[InspirationKind], Query(max_length=5, description="Those of any of these kinds.")] = [],  # noqa: B006
    dimension: Annotated[
        list[ClimateDimension], Query(max_length=6, description="Those that serve any of these dimensions.")
    ] = [],  # noqa: B006
    phase: Annotated[list[Phase], Query(max_length=6, description="Those that help in any of these phases.")] = [],  # noqa: B006
    template: Annotated[
        TemplateKey | None, Query(description="Those that go with the dialogue template of this key.")
    ] = None,
    q: Annotated[
        SearchWords | None, Query(description="Words in the texts; Swedish and English word forms are understood.")
    ] = None,
    sort: Annotated[InspirationOrder, Query(description="Order.")] = "title",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The latest version of each piece. Titles and summaries come in the language that `Accept-Language` likes best
    among those that the piece is written in; `language` says in which."""
    wanted = Wanted(tuple(kind), tuple(dimension), tuple(phase), template, q)
    request = asked(page, limit, after, sort)
    languages = languages_asked(call.request)
    found = await inspiration_items.list_inspiration_items(call.work, request, wanted, languages)
    return listed(call, InspirationItemItem, found, request)


@router.get(
    "/inspiration-items/{inspirationItemId}",
    response_model=InspirationItemRead,
    summary="Read a piece of inspiration",
)
async def read_inspiration_item(call: Reading, inspiration_item_id: InspirationItemId) -> Response:
    """One version of a piece, in the language that `Accept-Language` likes best among those that it is written in;
    `language` and `Content-Language` say in which."""
    item = await inspiration_items.read(call.work, inspiration_item_id, languages_asked(call.request))
    # As central dialogue templates are: the same to everyone who is signed in, and for them alone.
    return spoken(single(call.request, item, f"/inspiration-items/{item.id}", cache=PUBLISHED), item.language)
