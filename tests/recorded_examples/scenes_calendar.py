"""Calendars that people subscribe to."""

from tests.recorded_examples.player import Player


async def subscribes(play: Player) -> None:
    """Anneli makes one of all that she may read and one of the group, and revokes the first."""
    anneli = "anneli.kettunen"
    first = await play.post(anneli, "/me/calendar-feeds", {})
    of_group = {"workingGroupId": play.things["group"].rpartition("/")[2]}
    with play.showing():
        made = await play.post(anneli, "/me/calendar-feeds", of_group)
    await play.get(anneli, f"/calendar-feeds/{made['id']}")
    await play.get(anneli, "/me/calendar-feeds?limit=2")
    await play.remove(anneli, f"/calendar-feeds/{first['id']}")
