"""Calendar feeds: a person makes one for a calendar program, sees which there are, and revokes them."""

import secrets
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.calendar_feed import CalendarFeed, CalendarFeedCreate, CalendarFeedRead
from app.models.working_group import WorkingGroup
from app.services import policy
from app.services.errors import Code, Refusal
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.sign_ins import digest
from app.services.work import Work, admit, created, find, find_oneself, removed, shown

TOKEN_BYTES = 32
SUFFIX = ".ics"
"""Some programs look at the end of an address to see what it is."""

_SORTS: dict[str, Columns] = {"createdAt": (col(CalendarFeed.created_at), col(CalendarFeed.id))}
_ITEMS = sa.select(col(CalendarFeed.id), col(CalendarFeed.working_group_id), col(CalendarFeed.created_at)).where(
    policy.visible(CalendarFeed)
)


async def list_calendar_feeds(work: Work, request: PageRequest) -> Listed:
    policy.require(work.actor, "list_calendar_feeds")
    return await page(work, _ITEMS, _SORTS, request)


async def create(work: Work, data: CalendarFeedCreate, home: str) -> CalendarFeedRead:
    """The only answer that holds the address, which begins with `home`."""
    policy.require(work.actor, "create_calendar_feed")
    person = await find_oneself(work)
    if data.working_group_id is not None:
        await _check_group(work, data.working_group_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed(
        person_id=person.id,
        working_group_id=data.working_group_id,
        token_hash=digest(token),
        created_at=work.now,
    )
    await created(work, "create_calendar_feed", feed)
    return shown(work, CalendarFeedRead, feed, address=f"{home}{token}{SUFFIX}")


async def read(work: Work, feed_id: UUID) -> CalendarFeedRead:
    return shown(work, CalendarFeedRead, await find(work, CalendarFeed, feed_id), address=None)


async def revoke(work: Work, feed_id: UUID, version: int) -> None:
    """From this moment the address shows nothing; calendars keep what they have fetched."""
    await removed(
        work, "revoke_calendar_feed", await admit(work, "revoke_calendar_feed", CalendarFeed, feed_id, version)
    )


async def _check_group(work: Work, group_id: UUID) -> None:
    try:
        await find(work, WorkingGroup, group_id)
    except Refusal as refusal:
        if refusal.code is Code.NOT_FOUND:
            raise Refusal(Code.UNKNOWN_WORKING_GROUP, "/workingGroupId") from None
        raise
