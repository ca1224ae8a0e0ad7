"""A group that follows a process guide."""

from tests.recorded_examples.player import Player


async def follows_a_guide(play: Player) -> None:
    """Anneli and Katarina begin with the restart, end it for the first year, and say how far they think they have
    come; Jonna, who leads the group's sessions, moves it on."""
    katarina, anneli, jonna = "katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom"
    group = play.things["group"]
    listed = (await play.get(anneli, "/process-guides"))["items"]
    guides = {each["key"]: each["id"] for each in listed}
    first = await play.post(anneli, f"{group}/followed-guides", {"processGuideId": guides["omstart"]})
    ending = {"to": "ended", "reason": "Vi är en ny grupp och tar det första året i stället."}
    await play.step(anneli, f"/followed-guides/{first['id']}/transitions", ending)
    with play.showing():
        followed = await play.post(katarina, f"{group}/followed-guides", {"processGuideId": guides["forsta-aret"]})
    path = f"/followed-guides/{followed['id']}"
    await play.post(katarina, f"{path}/self-ratings", {"phase": "anchor", "level": 4})
    with play.showing():
        await play.post(anneli, f"{path}/self-ratings", {"phase": "anchor", "level": 3})
    await play.step(jonna, f"{path}/transitions", {"to": "phaseDone"})
    skipping = {"to": "phaseSkipped", "reason": "Vi gick bredvid varandra redan i september."}
    with play.showing():
        await play.step(anneli, f"{path}/transitions", skipping)
        await play.get(katarina, path)
        await play.get(katarina, f"{group}/followed-guides?limit=2")
