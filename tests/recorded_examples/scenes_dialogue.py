"""A group from proposal to final record, with what its parties say and what becomes of what they agree."""

from tests.recorded_examples.player import Json, Player

ANSWERS = {
    "q2": "Att provsvaret går att lita på, och att nästa skift kan ta vid utan att fråga.",
    "q3": "Det blir svårt när flera fartyg kommer in samma dag. Då faller genomgången bort, "
    "och den som är ny får gissa.",
    "q4": "Tid att gå bredvid varandra, och att våga säga till när något är oklart.",
}
PICTURE = "Vi ser båda att tiden för handledning har minskat, och att det märks när flera prov kommer samtidigt."


async def proposes_a_group(play: Player) -> None:
    """Katarina proposes a group with OFR; Anneli wants another purpose, then both approve the same content."""
    katarina, anneli = "katarina.wikmark", "anneli.kettunen"
    here = f"/organisations/{play.things['organisation']}"
    with play.showing():
        group = await play.post(
            katarina,
            f"{here}/working-groups",
            {
                "name": "Lärgruppen på Biologilaboratoriet",
                "purpose": "Att tala om vad ett väl utfört arbete är och vad vi behöver lära.",
                "scopeUnitId": play.things["units"]["Biologilaboratoriet"],
                "level": "workplace",
                "approvalRule": "every",
                "dormancyIntervalDays": 120,
                "partyIds": [play.things["employer"], play.things["ofr"]],
            },
        )
    path = play.things["group"] = f"/working-groups/{group['id']}"
    asked = "Skriv att gruppen börjar i det dagliga arbetet, inte i en kursplan."
    await play.decide(anneli, path, "requestChange", statement=asked)
    better = {"purpose": "Att i det dagliga arbetet tala om vad ett väl utfört arbete är och vad vi behöver lära."}
    with play.showing():
        await play.change(katarina, path, better)
    withdrawn = await play.decide(katarina, path)
    await play.remove(katarina, f"/approvals/{withdrawn['id']}")
    with play.showing():
        standing = await play.decide(katarina, path)
        await play.get(katarina, f"/approvals/{standing['id']}")
    await play.decide(anneli, path)
    with play.showing():
        await play.get(katarina, f"{here}/working-groups?limit=3")
        await play.get(katarina, path)
        await play.get(katarina, f"{path}/approvals?limit=3")
    await play.get(anneli, f"{path}/mandates?limit=3")


async def closes_another(play: Player) -> None:
    """The group that never began is closed."""
    here = f"/organisations/{play.things['organisation']}"
    found = await play.get("anneli.kettunen", f"{here}/working-groups?limit=100")
    waiting = next(each for each in found["items"] if "Servicecenter" in each["name"])
    closing = {"to": "closed", "reason": "Servicecenter slås ihop med växeln vid årsskiftet. Vi börjar om då."}
    await play.step("anneli.kettunen", f"/working-groups/{waiting['id']}/transitions", closing)


async def chooses_a_template(play: Player) -> None:
    """Katarina looks for a template, and makes one of the agency's own out of it."""
    who, here = "katarina.wikmark", f"/organisations/{play.things['organisation']}"
    found = await play.get(who, "/dialogue-templates?q=v%C3%A4l+utf%C3%B6rt+arbete&limit=2")
    play.things["template"] = template = found["items"][0]["id"]
    await play.get(who, "/dialogue-templates?limit=2")
    await play.get(who, f"/dialogue-templates/{template}")
    await play.get(who, "/method-texts")
    pieces = await play.get(who, "/inspiration-items?template=val-utfort-arbete&limit=2")
    await play.get(who, f"/inspiration-items/{pieces['items'][0]['id']}")
    guides = await play.get(who, "/process-guides?limit=2")
    await play.get(who, f"/process-guides/{guides['items'][0]['id']}")
    copied = {"templateVersion": "1.1.0", "derivedFromId": template, "key": "val-utfort-arbete-mhv"}
    with play.showing():
        own = await play.post(who, f"{here}/dialogue-templates", copied)
        path = f"/dialogue-templates/{own['id']}"
        title = {
            "content": {
                "title": {"sv": "Det väl utförda arbetet på laboratoriet"},
                "totalMinutes": own["content"]["totalMinutes"],
            }
        }
        await play.change(who, path, title)
        await play.step(who, f"{path}/transitions", {"to": "published"})
    draft = await play.post(who, f"{here}/dialogue-templates", copied | {"key": "val-utfort-arbete-prov"})
    await play.remove(who, f"/dialogue-templates/{draft['id']}")


async def plans_a_session(play: Player) -> None:
    """Anneli plans it with a facilitator from neither side, who prepares it; another one is called off."""
    anneli, jonna, group = "anneli.kettunen", "jonna.fjellstrom", play.things["group"]
    planned: Json = {
        "dialogueTemplateId": play.things["template"],
        "title": "Det väl utförda arbetet på laboratoriet",
        "startsAt": "2026-11-27T13:00:00+01:00",
        "meetingForm": "onSite",
        "place": "Sammanträdesrummet Ålen",
        "facilitatorId": play.things["jonna"],
        "facilitatorFunction": "Verksamhetsutvecklare",
    }
    with play.showing():
        session = await play.post(anneli, f"{group}/dialogue-sessions", planned)
    other = await play.post(
        anneli,
        f"{group}/dialogue-sessions",
        planned
        | {"startsAt": "2026-12-14T09:00:00+01:00", "title": "Misstag som lärtillfällen", "place": "Fikarummet"},
    )
    path = play.things["session"] = f"/dialogue-sessions/{session['id']}"
    await play.step(jonna, f"{path}/transitions", {"to": "prepared"})
    await play.step(
        anneli,
        f"/dialogue-sessions/{other['id']}/transitions",
        {"to": "cancelled", "reason": "Flera fartyg kommer in samma dag. Ny tid efter helgerna."},
    )
    with play.showing():
        await play.get(jonna, path)
        await play.get(anneli, f"{group}/dialogue-sessions?limit=3")


async def holds_it(play: Player) -> None:
    """Who is there, that it is held, what the group answered, what the parties say for themselves."""
    katarina, anneli, jonna, path = "katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom", play.things["session"]
    play.later(hours=26)
    present = [{"mandateId": play.things[name], "status": "present"} for name in ("katarina", "anneli")]
    with play.showing():
        await play.change(jonna, path, {"employeeHeadcount": 7, "attendances": present})
        held = await play.step(jonna, f"{path}/transitions", {"to": "held"})
    record = play.things["record"] = f"/session-records/{held['sessionRecordId']}"
    with play.showing():
        await play.change(jonna, record, {"answers": ANSWERS, "sharedPicture": PICTURE})
        note = await play.post(
            katarina,
            f"{path}/party-notes",
            {"text": "Ta upp bemanningen när flera fartyg kommer in samma dag i nästa budgetdialog."},
        )
        await play.change(
            katarina,
            f"/party-notes/{note['id']}",
            {"text": "Ta upp bemanningen när flera fartyg kommer in samma dag i budgetdialogen den 14 januari."},
        )
        await play.get(katarina, f"/party-notes/{note['id']}")
    second = await play.post(
        katarina, f"{path}/party-notes", {"text": "Fråga IT om provschemat kan visa fartygens ankomster."}
    )
    with play.showing():
        await play.get(katarina, f"{path}/party-notes?limit=3")
    await play.remove(katarina, f"/party-notes/{second['id']}")
    statement = f"{record}/statements/{play.things['ofr']}"
    words = {
        "answers": {},
        "differences": "Vi menar att bemanningen är orsaken, och att ett bättre schema inte räcker.",
        "published": True,
    }
    with play.showing():
        await play.change(anneli, statement, words, "PUT", of=statement)
        await play.get(anneli, statement)


async def agrees_actions(play: Player) -> None:
    """Three next steps: one stays, one is taken away again, one is done and looked back at."""
    jonna, record = "jonna.fjellstrom", play.things["record"]
    step = {
        "what": "Avsätta en timme i veckan då den som är ny går bredvid en erfaren kollega.",
        "ownerFunction": "Enhetschef, Biologilaboratoriet",
        "dueOn": "2027-01-29",
        "questionId": "q5",
    }
    with play.showing():
        kept = await play.post(jonna, f"{record}/actions", step)
        await play.change(jonna, f"/actions/{kept['id']}", {"dueOn": "2027-02-12"})
    done = await play.post(
        jonna,
        f"{record}/actions",
        step | {"what": "Sätta upp fartygens ankomsttider i provmottagningen.", "ownerFunction": "Provmottagningen"},
    )
    gone = await play.post(jonna, f"{record}/actions", step | {"what": "Skriva ett nytt metodblad."})
    await play.remove(jonna, f"/actions/{gone['id']}")
    play.things["actions"] = (kept["id"], done["id"])


async def approves_the_record(play: Player) -> None:
    """Jonna sends it for review; Katarina approves, Anneli approves with dissent, and it is final."""
    katarina, anneli, jonna = "katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom"
    here, group, record = f"/organisations/{play.things['organisation']}", play.things["group"], play.things["record"]
    review = {"to": "underReview", "reviewDeadline": "2026-12-11T16:00:00+01:00", "noIndividualRecognisable": True}
    with play.showing():
        await play.step(jonna, f"{record}/transitions", review)
        await play.get(katarina, record)
        await play.decide(katarina, record)
        await play.get(katarina, f"{here}/session-records?limit=3")
        await play.get(anneli, f"{group}/overview?minutesAvailable=90")
    kept, done = play.things["actions"]
    await play.decide(
        anneli, record, "approveWithDissent", statement="Vi ser allvarligare på bemanningen än protokollet säger."
    )
    with play.showing():
        await play.get(anneli, f"{record}/approvals?limit=3")
        await play.get(anneli, f"{group}/session-records?limit=3")
    await play.step(katarina, f"/actions/{done}/transitions", {"to": "done"})
    with play.showing():
        await play.get(anneli, f"/actions/{kept}")
        await play.get(anneli, f"{group}/actions?limit=3")
        effect = {
            "to": "effectChecked",
            "effect": "Provmottagningen vet nu dagen före vad som kommer, och genomgången blir av.",
        }
        await play.step(katarina, f"/actions/{done}/transitions", effect)


async def corrects_it(play: Player) -> None:
    """An appendix, approved in the same way."""
    katarina, anneli, record = "katarina.wikmark", "anneli.kettunen", play.things["record"]
    with play.showing():
        appendix = await play.post(
            anneli,
            f"{record}/appendices",
            {
                "title": "Rättelse: antal deltagare",
                "sharedPicture": "I samtalet deltog åtta medarbetare. "
                "Den åttonde kom efter pausen och räknades inte med.",
            },
        )
    path = f"/session-records/{appendix['id']}"
    review = {"to": "underReview", "reviewDeadline": "2026-12-18T16:00:00+01:00", "noIndividualRecognisable": True}
    await play.step(anneli, f"{path}/transitions", review)
    for who in (katarina, anneli):
        await play.decide(who, path)
    with play.showing():
        await play.get(anneli, f"{record}/appendices?limit=3")


async def registers_it(play: Player) -> None:
    """Gunvor gives the record its case number; the register and the archive take it."""
    who, record = "gunvor.haglof", play.things["record"]
    here = f"/organisations/{play.things['organisation']}"
    place = f"/record-registrations/{record.rpartition('/')[2]}"
    registration = {
        "caseNumber": "MHV 2026/0412",
        "archiveClass": "2.4.1 Samverkan",
        "retainUntil": "2036-12-31",
        "legalHold": False,
    }
    with play.showing():
        await play.ask(who, "PUT", place, registration, etag='"0"', expect=200)
        await play.get(who, place)
        await play.get(who, f"{here}/approved-records?limit=3")
        await play.get(who, f"{record}/archive-package")
    await play.ask(who, "GET", f"{here}/approved-records", accept="text/csv", expect=200)
    await play.ask(who, "GET", record, accept="application/pdf", expect=200)
    await play.get(None, "/archive-keys")
