"""One's calendar feeds over HTTP."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import base_url, listed, nothing, page_of, single
from app.api.calendars import PREFIX
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.calendar_feed import CalendarFeedCreate, CalendarFeedItem, CalendarFeedRead
from app.models.columns import Id
from app.services import calendar_feeds

router = router_of("calendar-feeds")

CalendarFeedId = Annotated[Id, Path(alias="calendarFeedId", description="The calendar.")]


def _answer(call: Call, feed: CalendarFeedRead, status: int = 200) -> Response:
    return single(call.request, feed, f"/calendar-feeds/{feed.id}", status=status)


@router.get("/me/calendar-feeds", response_model=page_of(CalendarFeedItem), summary="List one's calendars")
async def list_calendar_feeds(
    call: Reading, sort: ByCreation = "-createdAt", page: PageNumber = 1, limit: Limit = 20, after: After = None
) -> Response:
    """Your calendars, without their addresses. Nobody else sees them."""
    request = asked(page, limit, after, sort)
    return listed(call, CalendarFeedItem, await calendar_feeds.list_calendar_feeds(call.work, request), request)


@router.post(
    "/me/calendar-feeds", response_model=CalendarFeedRead, status_code=201, summary="Make a calendar to subscribe to"
)
async def create_calendar_feed(call: Creating, feed: CalendarFeedCreate) -> Response:
    """Sessions, due days of actions and times of surveys for your calendar program, in your language: of one group, or
    of all that you may read. The answer holds the address, and nothing ever will again: when it is lost, make another.
    What it shows follows what you may read at the time; no notes, no answers and nobody's name."""
    home = base_url(call.request) + PREFIX
    made = await call.once(lambda: calendar_feeds.create(call.work, feed, home), calendar_feeds.read)
    return _answer(call, made, 201)


@router.get("/calendar-feeds/{calendarFeedId}", response_model=CalendarFeedRead, summary="Read about a calendar")
async def read_calendar_feed(call: Reading, calendar_feed_id: CalendarFeedId) -> Response:
    """Of what your calendar is, and since when; never its address."""
    return _answer(call, await calendar_feeds.read(call.work, calendar_feed_id))


@router.delete("/calendar-feeds/{calendarFeedId}", status_code=204, summary="Revoke a calendar")
async def revoke_calendar_feed(call: Writing, version: Version, calendar_feed_id: CalendarFeedId) -> Response:
    """From this moment the address shows nothing. Calendar programs may keep what they have fetched already."""
    await calendar_feeds.revoke(call.work, calendar_feed_id, version)
    return nothing()
