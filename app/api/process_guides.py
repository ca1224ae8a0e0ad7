"""Process guides over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import PUBLISHED, listed, page_of, single, spoken
from app.api.dependencies import Reading
from app.api.negotiation import languages_asked
from app.api.operations import router_of
from app.api.paging import After, GuideOrder, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.process_guide import ProcessGuideItem, ProcessGuideRead
from app.services import process_guides

router = router_of("process-guides")

ProcessGuideId = Annotated[
    Id, Path(alias="processGuideId", description="The version of the guide; it is the same everywhere.")
]


@router.get("/process-guides", response_model=page_of(ProcessGuideItem), summary="List process guides")
async def list_process_guides(
    call: Reading,
    sort: Annotated[GuideOrder, Query(description="Order.")] = "title",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The latest version of each guide. Its texts come in the language that `Accept-Language` likes best among those
    that it is written in; `language` says in which."""
    request = asked(page, limit, after, sort)
    found = await process_guides.list_process_guides(call.work, request, languages_asked(call.request))
    return listed(call, ProcessGuideItem, found, request)


@router.get("/process-guides/{processGuideId}", response_model=ProcessGuideRead, summary="Read a process guide")
async def read_process_guide(call: Reading, process_guide_id: ProcessGuideId) -> Response:
    """One version of a guide with all its phases: aims, steps, what leaders and union representatives do, signs that
    the group is ready, and how each side rates how far it has come. `language` and `Content-Language` say in which
    language."""
    guide = await process_guides.read(call.work, process_guide_id, languages_asked(call.request))
    # As central dialogue templates are: the same to everyone who is signed in, and for them alone.
    return spoken(single(call.request, guide, f"/process-guides/{guide.id}", cache=PUBLISHED), guide.language)
