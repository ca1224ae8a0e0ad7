"""What working groups have been reminded of, over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, page_of, single
from app.api.dependencies import Reading
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.group_reminder import GroupReminderItem, GroupReminderRead
from app.services import group_reminders

router = router_of("reminders")

GroupReminderId = Annotated[Id, Path(alias="groupReminderId", description="The reminder.")]


@router.get(
    "/organisations/{organisationId}/group-reminders",
    response_model=page_of(GroupReminderItem),
    summary="List what working groups are reminded of",
)
async def list_group_reminders(
    call: Reading,
    organisation_id: OrganisationId,
    working_group_id: Annotated[Id | None, Query(alias="workingGroupId", description="Only of this group.")] = None,
    sort: ByCreation = "-createdAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """What the groups at whose table you speak for a party were reminded of in the last 60 days. A service client with
    `reminders:read` sees those of the whole organisation, and is told of each as it comes (`groupReminder` in
    `GET /changes` and in webhooks): that something is due, never what it says or who has not done it."""
    request = asked(page, limit, after, sort)
    found = await group_reminders.list_reminders(call.work, organisation_id, request, working_group_id)
    return listed(call, GroupReminderItem, found, request)


@router.get(
    "/group-reminders/{groupReminderId}",
    response_model=GroupReminderRead,
    summary="Read what a working group is reminded of",
)
async def read_group_reminder(call: Reading, group_reminder_id: GroupReminderId) -> Response:
    """Of which thing the group was reminded, and from which day that counts. What has been settled since stays here."""
    reminder = await group_reminders.read(call.work, group_reminder_id)
    return single(call.request, reminder, f"/group-reminders/{reminder.id}")
