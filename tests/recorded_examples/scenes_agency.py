"""People sign in; the agency, its units, parties, people and mandates."""

from app.demo import story
from tests.recorded_examples.phone import shown_by
from tests.recorded_examples.player import Player

PASSWORD = story.agency().password


async def signs_in(play: Player) -> None:
    """Katarina, who speaks for the employer, signs in as her browser does it, and looks round."""
    await play.get(None, "/api-info")
    address = "katarina.wikmark@mhv.example"
    form = {"grant_type": "password", "username": address, "password": PASSWORD}
    await play.ask(None, "POST", "/auth/token", form=form, expect=200)
    tokens = await play.post(
        None, "/auth/token", {"grantType": "password", "username": address, "password": PASSWORD}, expect=200
    )
    wrong = {"grantType": "password", "username": address, "password": "vantar-inte-alls"}
    await play.ask(None, "POST", "/auth/token", wrong)
    me = await play.get("katarina.wikmark", "/me")
    play.things["organisation"] = me["organisation"]["id"]
    play.things["employer"] = me["mandates"][0]["partyId"]
    play.things["katarina"] = me["mandates"][0]["id"]
    for who, party in (("anneli.kettunen", "ofr"), ("samira.tavakoli", "saco"), ("peder.nikolaisen", "seko")):
        mine = await play.get(who, "/me")
        play.things[party] = mine["mandates"][0]["partyId"]
        play.things[who.partition(".")[0]] = mine["mandates"][0]["id"]
    facilitator = await play.get("jonna.fjellstrom", "/me")
    play.things["jonna"] = facilitator["id"]
    sign_ins = await play.get("katarina.wikmark", "/me/sign-ins?limit=3")
    other = next(each for each in sign_ins["items"] if not each.get("current"))
    await play.get("katarina.wikmark", f"/sign-ins/{other['id']}")
    await play.remove("katarina.wikmark", f"/sign-ins/{other['id']}")
    await play.post("katarina.wikmark", "/me/sign-outs", {"of": "others"})
    await play.post(None, "/auth/password-resets", {"email": "mikael.bjornfot@mhv.example"}, expect=202)
    await play.ask(None, "POST", "/auth/sign-out", {"refreshToken": tokens["refreshToken"]}, expect=204)


async def second_factor(play: Player) -> None:
    """Gunvor, the archivist, takes a second factor, new codes, and gives it back; Åsa changes her password."""
    who = "gunvor.haglof"
    await play.get(who, "/me/second-factor")
    asked = await play.post(who, "/me/second-factor", {"password": PASSWORD})
    code = shown_by(asked["secret"])
    await play.ask(who, "POST", "/me/second-factor/confirmations", {"oneTimeCode": code}, expect=201)
    with play.showing():
        await play.get(who, "/me/second-factor")
    play.later(minutes=3)
    proof = {"oneTimeCode": shown_by(asked["secret"])}
    await play.post(who, "/me/second-factor/recovery-codes", proof)
    play.later(minutes=3)
    await play.ask(who, "POST", "/me/second-factor/removals", {"password": PASSWORD}, expect=204)
    change = {"currentPassword": PASSWORD, "newPassword": "nio tranor över mossen"}
    await play.ask("asa.lindqvist", "POST", "/me/password-changes", change, expect=204)


async def reminders(play: Player) -> None:
    """Katarina wants one letter a week; somebody else ends theirs from the letter. What it would say is listed too."""
    who, path = "katarina.wikmark", "/me/reminder-settings"
    with play.showing():
        await play.get(who, path)
        await play.change(who, path, {"digest": "weekly", "quietTo": "07:30"})
        letter = "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r"
        await play.ask(None, "POST", f"/reminder-unsubscriptions/{letter}", expect=204)
    await play.are_reminded()
    listed = await play.get(who, f"/organisations/{play.things['organisation']}/group-reminders?limit=3")
    play.things["reminder"] = listed["items"][0]["id"]
    await play.get(who, f"/group-reminders/{play.things['reminder']}")


async def agency(play: Player) -> None:
    """The administrator takes in another agency, and looks after this one."""
    admin, here = "lars-erik.vinge", play.things["organisation"]
    other = await play.post(
        admin,
        "/organisations",
        {
            "organisationNumber": "202199-0425",
            "name": "Myndigheten för fjäll och skog",
            "shortName": "MFS",
            "englishName": "Agency for Mountains and Forests",
            "approvalRule": "every",
            "languages": ["sv", "en"],
            "dormancyIntervalDays": 180,
        },
    )
    await play.get(admin, "/organisations?limit=3")
    await play.get(admin, f"/organisations/{here}")
    await play.change(admin, f"/organisations/{here}", {"dormancyIntervalDays": 150})
    tree = f"/organisations/{other['id']}/unit-tree"
    units = [
        ("F-1", "Myndigheten för fjäll och skog", None, None),
        ("F-2", "Fjällenheten", "F-1", 26),
        ("F-3", "Skogsenheten", "F-1", 41),
    ]
    wanted = [
        {
            "externalId": key,
            "headcount": heads,
            "periods": [{"name": name, "parentExternalId": under, "validFrom": "2026-01-01"}],
        }
        for key, name, under, heads in units
    ]
    with play.showing():
        await play.change(admin, tree, {"units": wanted}, "PUT", of=tree)
        await play.get(admin, tree)
    await play.step(admin, f"/organisations/{other['id']}/transitions", {"to": "closed"})


async def units(play: Player) -> None:
    """Katarina finds the laboratories, adds a unit, and renames one from the new year."""
    who, here = "katarina.wikmark", f"/organisations/{play.things['organisation']}"
    await play.get(who, f"{here}/units?limit=3&sort=name")
    names = ("Biologilaboratoriet", "Kemilaboratoriet")
    found = [await play.get(who, f"{here}/units?q={name}") for name in names]
    play.things["units"] = {name: each["items"][0]["id"] for name, each in zip(names, found, strict=True)}
    laboratory = play.things["units"]["Biologilaboratoriet"]
    team = await play.post(
        who,
        f"{here}/units",
        {
            "name": "Planktongruppen",
            "parentId": laboratory,
            "externalId": "ORG-1048",
            "headcount": 12,
            "validFrom": "2026-11-01",
        },
    )
    play.things["team"] = team["id"]
    await play.get(who, f"/units/{laboratory}")
    with play.showing():
        await play.change(
            who, f"/units/{team['id']}", {"name": "Planktongruppen i Lysekil", "effectiveOn": "2026-11-15"}
        )


async def parties(play: Player) -> None:
    """A fifth party comes, gets its right name, and leaves again."""
    admin, here = "lars-erik.vinge", f"/organisations/{play.things['organisation']}"
    new = await play.post(admin, f"{here}/parties", {"side": "union", "name": "Ledarna"})
    await play.get("samira.tavakoli", f"{here}/parties?limit=3")
    await play.get("samira.tavakoli", f"/parties/{play.things['saco']}")
    await play.change(admin, f"/parties/{new['id']}", {"name": "Ledarna inom staten"})
    newcomer = await play.person("inga-marja.labba")
    first = {"personId": str(newcomer.id), "function": "Ordförande i Ledarna"}
    await play.post(admin, f"/parties/{new['id']}/mandates", first)
    await play.step("inga-marja.labba", f"/parties/{new['id']}/transitions", {"to": "closed"})


async def people(play: Player) -> None:
    """A newcomer is taken in and invited, sets a password, and moves; somebody who left is erased."""
    admin, here = "lars-erik.vinge", f"/organisations/{play.things['organisation']}"
    newcomer = await play.post(
        admin,
        f"{here}/people",
        {
            "name": "Örjan Ängström",
            "email": "orjan.angstrom@mhv.example",
            "language": "sv",
            "unitId": play.things["team"],
        },
    )
    path = f"/people/{newcomer['id']}"
    await play.get(admin, f"{here}/people?limit=3&sort=name")
    await play.get(admin, path)
    await play.ask(admin, "POST", f"{path}/invitations", expect=202)
    await play.change(admin, path, {"unitId": play.things["units"]["Biologilaboratoriet"]})
    asa = await play.person("asa.lindqvist")
    await play.get("asa.lindqvist", f"/people/{asa.id}/data-export")
    gone = await play.get(admin, f"{here}/people?q=Viveka&limit=3")
    await play.get(admin, f"/people/{gone['items'][0]['id']}")
    leaver = await play.post(admin, f"{here}/people", {"name": "Måns Öqvist", "email": "mans.oqvist@mhv.example"})
    await play.change(admin, f"/people/{leaver['id']}", {"active": False})
    await play.remove(admin, f"/people/{leaver['id']}")
    play.things |= {"newcomer": newcomer["id"], "erased": leaver["id"]}


async def mandates(play: Player) -> None:
    """OFR appoints the newcomer, and says later until when."""
    who, party = "anneli.kettunen", f"/parties/{play.things['ofr']}"
    made = await play.post(
        who,
        f"{party}/mandates",
        {
            "personId": play.things["newcomer"],
            "function": "Arbetsplatsombud, Biologilaboratoriet",
            "validFrom": "2026-12-01",
            "validTo": "2027-12-31",
        },
    )
    await play.get(who, f"{party}/mandates?limit=3")
    await play.get(who, f"/mandates/{made['id']}")
    await play.change(who, f"/mandates/{made['id']}", {"validTo": "2027-06-30"})
