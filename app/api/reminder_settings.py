"""How one wants to be reminded, over HTTP, and the one press in a letter that ends it."""

from typing import Annotated, Any

from fastapi import Path, Request, Response

from app.api.answers import nothing, tagged
from app.api.dependencies import Call, Formed, Reading, Version, Writing
from app.api.entrance import In, place_of
from app.api.operations import router_of
from app.models.reminder_settings import ReminderSettingsRead, ReminderSettingsUpdate
from app.services import reminder_settings

router = router_of("reminders")

SELF = "/me/reminder-settings"

UnsubscriptionId = Annotated[
    str,
    Path(
        alias="unsubscriptionId",
        pattern="^[A-Za-z0-9_-]{1,100}$",
        max_length=100,
        description="What stands in the letter's `List-Unsubscribe` header and in its link. It cannot be guessed, and "
        "it can do nothing else.",
        json_schema_extra={"example": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"},
    ),
]
_PUBLIC: dict[str, Any] = {"security": []}


def _answer(call: Call, settings: ReminderSettingsRead) -> Response:
    return tagged(call.request, settings, settings.version, SELF)


@router.get("/me/reminder-settings", response_model=ReminderSettingsRead, summary="Read how you are reminded")
async def read_reminder_settings(call: Reading) -> Response:
    """Of what you are reminded by e-mail, how often, and when not.

    A working group is reminded after its sessions, before an action is due, while a decision waits for a party, and
    before it becomes dormant. Everybody in it is told the same, and of each thing once. Without a change of yours
    there is one letter on a weekday with something to say, at about eight.
    """
    return _answer(call, await reminder_settings.read(call.work))


@router.patch("/me/reminder-settings", response_model=ReminderSettingsRead, summary="Change how you are reminded")
async def update_reminder_settings(call: Writing, version: Version, changes: ReminderSettingsUpdate) -> Response:
    """Merge patch. It counts for the next letter; what is off is not told later either."""
    return _answer(call, await reminder_settings.update(call.work, version, changes))


@router.post(
    "/reminder-unsubscriptions/{unsubscriptionId}",
    status_code=204,
    summary="End reminders from a letter",
    openapi_extra=_PUBLIC,
)
async def unsubscribe_from_reminders(
    request: Request, _formed: Formed, entrance: In, unsubscription_id: UnsubscriptionId
) -> Response:
    """No more reminders by e-mail for whoever got the letter, as if `digest` had been set to `off`.

    Mail programs ask this by themselves when their user presses "unsubscribe" (RFC 8058). What they send in the body is
    not looked at. It is the same in every letter; an unknown one is answered in the same way. Looking at the address
    ends nothing.
    """
    await reminder_settings.unsubscribe(entrance, unsubscription_id, place_of(request))
    return nothing()
