"""Calendars for calendar programs, which cannot sign in: at the root, outside the document.

The secret stands in the address because there is nowhere else for it (docs/decisions/calendar-feeds.md). The log names
the route and never the address; answers send no referrer.
"""

import asyncio
import hashlib

from fastapi import APIRouter, Request, Response

from app.api.dependencies import database_of, now
from app.api.negotiation import etag, is_none_match
from app.services import actors, calendar_entries, icalendar_text, wall
from app.services.calendar import swedish_day
from app.services.errors import Code, Refusal
from app.services.work import Work

router = APIRouter(include_in_schema=False)

PREFIX = "/calendar-feeds/"
CACHE = "private, max-age=300"


@router.get(PREFIX + "{address}")
async def read_calendar(request: Request, address: str) -> Response:
    """What the person to whom the address was given may read at this moment."""
    moment = now()
    today = swedish_day(moment)
    database = database_of(request)
    async with database.read(wall.ENTRANCE) as session:
        person_id, group_id = await calendar_entries.whose(session, address)
    async with database.read(wall.acting(person_id, today)) as session:
        actor = await actors.load_by_person(session, person_id, today)
        if actor is None:
            raise Refusal(Code.NOT_FOUND)  # like an address that was never given
        entries = await calendar_entries.entries(Work(session, actor, moment), group_id)
    # A fifth of a second for each thousand: others are answered meanwhile.
    body = await asyncio.to_thread(icalendar_text.written, entries, actor.language)
    tag = etag(1, hashlib.sha256(body).hexdigest())
    headers = {"ETag": tag, "Cache-Control": CACHE}
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers | {"Content-Type": icalendar_text.MEDIA_TYPE})
