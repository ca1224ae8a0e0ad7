"""How long things are kept, what must not be destroyed, and what both sides have decided to destroy."""

from tests.recorded_examples.player import Player

GUNVOR = "gunvor.haglof"


async def rules(play: Player) -> None:
    here = f"/organisations/{play.things['organisation']}"
    rule = {"kind": "sessionRecords", "keepMonths": 120, "archiveClass": "2.4.1", "decisionReference": "MHV 2026/0045"}
    with play.showing():
        made = await play.post(GUNVOR, f"{here}/retention-rules", rule)
    other = await play.post(GUNVOR, f"{here}/retention-rules", rule | {"kind": "signIns", "keepMonths": 13})
    with play.showing():
        await play.get(GUNVOR, f"{here}/retention-rules?limit=3")
        await play.get(GUNVOR, f"/retention-rules/{made['id']}")
        await play.change(GUNVOR, f"/retention-rules/{made['id']}", {"keepMonths": 132})
    await play.remove(GUNVOR, f"/retention-rules/{other['id']}")


async def holds(play: Player) -> None:
    here = f"/organisations/{play.things['organisation']}"
    reason = {"reason": "Målet prövas i kammarrätten.", "caseNumber": "KRG 0512-26"}
    with play.showing():
        hold = await play.post(
            GUNVOR, f"{here}/legal-holds", reason | {"heldRecordId": play.things["record"].rpartition("/")[2]}
        )
        await play.get(GUNVOR, f"/legal-holds/{hold['id']}")
    await play.post(GUNVOR, f"{here}/legal-holds", reason | {"heldGroupId": play.things["group"].rpartition("/")[2]})
    with play.showing():
        await play.get(GUNVOR, f"{here}/legal-holds?limit=3")
        await play.step(GUNVOR, f"/legal-holds/{hold['id']}/transitions", {"to": "lifted"})


async def destructions(play: Player) -> None:
    """The first record of the group for permits, where the employer and one union decide."""
    yusuf, mikael = "yusuf.karahan", "mikael.bjornfot"
    here = f"/organisations/{play.things['organisation']}"
    found = await play.get(mikael, f"{here}/session-records?limit=100")
    record = next(each for each in found["items"] if each["title"] == "Det väl utförda beslutet")
    path, group = f"/session-records/{record['id']}", f"/working-groups/{record['workingGroupId']}"
    why = {
        "reason": "Gruppens första protokoll finns i diariet och behövs inte här.",
        "decisionReference": "MHV 2026/0077",
    }
    first = await play.post(yusuf, f"{path}/destructions", why)
    await play.step(yusuf, f"/destructions/{first['id']}/transitions", {"to": "withdrawn"})
    with play.showing():
        second = await play.post(yusuf, f"{path}/destructions", why)
        destruction = f"/destructions/{second['id']}"
        await play.get(mikael, destruction)
        await play.decide(mikael, destruction)
        await play.get(yusuf, f"{group}/destructions?limit=3")
    await play.decide(yusuf, destruction)
    await play.get(yusuf, f"{destruction}/approvals?limit=3")
    log = await play.get(GUNVOR, f"{here}/destruction-log-entries?limit=3")
    await play.get(GUNVOR, f"/destruction-log-entries/{log['items'][0]['id']}")
