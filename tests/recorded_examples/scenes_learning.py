"""What the group at the laboratory has learned: written down, looked at again, and shared by both sides."""

from tests.recorded_examples.player import Player

KATARINA, ANNELI = "katarina.wikmark", "anneli.kettunen"


async def learns(play: Player) -> None:
    here, log = f"/organisations/{play.things['organisation']}", f"{play.things['group']}/learning-log-entries"
    first = await play.post(
        KATARINA,
        log,
        {
            "title": "Dagslistan gör överlämningen kortare",
            "text": "När provmottagningen vet dagen före vad som kommer ryms genomgången på tio minuter.",
            "learnedMonth": "2026-10",
        },
    )
    with play.showing():
        second = await play.post(
            ANNELI,
            log,
            {
                "title": "Frågor blir fler när handledningen har en fast tid",
                "text": "När tisdagstimmen var avsatt ställdes frågor som annars hade fått vänta. "
                "Det krävde att ingen bokade något annat på den.",
                "learnedMonth": "2026-11",
                "dialogueSessionId": play.things["session"].rpartition("/")[2],
            },
        )
    spare = await play.post(
        ANNELI, log, {"title": "Samma sak en gång till", "text": "Skrevs två gånger.", "learnedMonth": "2026-11"}
    )
    await play.remove(ANNELI, f"/learning-log-entries/{spare['id']}")
    one, two = (f"/learning-log-entries/{each['id']}" for each in (first, second))
    await play.step(KATARINA, f"{one}/transitions", {"to": "proposed"})
    for who in (KATARINA, ANNELI):
        await play.decide(who, one)
    with play.showing():
        await play.change(ANNELI, two, {"title": "Frågorna blir fler när handledningen har en fast tid"})
        await play.post(
            KATARINA, f"{two}/revisits", {"stillHolds": "Det håller, men timmen behöver försvaras varje höst."}
        )
        await play.step(ANNELI, f"{two}/transitions", {"to": "proposed"})
        await play.decide(ANNELI, two)
    await play.decide(KATARINA, two, "approveWithDissent", statement="Vi hade hellre väntat till våren.")
    with play.showing():
        await play.get(KATARINA, two)
        await play.get(KATARINA, f"{two}/approvals?limit=3")
        await play.get(KATARINA, f"{log}?limit=3")
        await play.get("gunvor.haglof", f"{here}/learning-library?limit=3")
