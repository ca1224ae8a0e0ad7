"""A survey from an instrument of one's own to results and texts, and a second round that two keys protect."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.services import survey_closing
from tests.recorded_examples.player import Json, Player

KATARINA, ANNELI = "katarina.wikmark", "anneli.kettunen"
TEXTS = (
    "Mer tid att gå bredvid, särskilt i början av säsongen.",
    "Att vi får veta dagen före vilka fartyg som kommer.",
    "Genomgången på morgonen är det bästa på hela veckan. Behåll den!",
    "Låt oss byta station ibland. Man lär sig mycket av att se hur andra gör.",
    "Det är svårt att fråga när alla har bråttom.",
    "Metodbladen borde prövas av någon som inte har skrivit dem.",
)


async def instruments(play: Player) -> None:
    """The questionnaire that is shipped, and one of the agency's own with an open question."""
    here = f"/organisations/{play.things['organisation']}"
    await play.get(KATARINA, "/instruments?limit=3")
    found = await play.get(KATARINA, f"{here}/instruments?limit=3")
    shipped = await play.get(KATARINA, f"/instruments/{found['items'][0]['id']}")
    question = {
        "id": "O1",
        "text": {
            "sv": "Vad skulle göra det lättare att lära av varandra?",
            "en": "What would make it easier to learn from each other?",
        },
        "maxCharacters": 500,
    }
    content = shipped["content"] | {"openQuestions": [question]}
    made = {"key": "lkf-18-mhv", "instrumentVersion": "1.0.0", "content": content}
    with play.showing():
        own = await play.post(KATARINA, f"{here}/instruments", made)
        await play.get(KATARINA, f"/instruments/{own['id']}")
        await play.get(KATARINA, f"{here}/instruments?limit=3")
    other = await play.post(KATARINA, f"{here}/instruments", made | {"key": "lkf-18-prov"})
    await play.step(KATARINA, f"/instruments/{other['id']}/transitions", {"to": "retired"})
    play.things["instrument"], play.things["shipped instrument"] = own["id"], shipped["id"]


async def plans_a_round(play: Player) -> None:
    """Drafted, looked at, proposed, approved by both."""
    here, group = f"/organisations/{play.things['organisation']}", play.things["group"]
    laboratory = play.things["units"]["Biologilaboratoriet"]
    await play.change(KATARINA, f"/units/{laboratory}", {"headcount": 15, "effectiveOn": "2026-11-01"})
    fauna = {"name": "Bottenfaunagruppen", "parentId": laboratory, "externalId": "ORG-1049", "headcount": 14}
    play.things["fauna"] = (await play.post(KATARINA, f"{here}/units", fauna | {"validFrom": "2026-11-01"}))["id"]
    drafted: Json = {
        "title": "Lärklimatet hösten 2026",
        "instrumentId": play.things["instrument"],
        "rootUnitId": laboratory,
        "opensAt": "2026-11-30T08:00:00+01:00",
        "closesAt": "2026-12-18T16:00:00+01:00",
        "threshold": 7,
        "freeText": True,
        "twoKeys": False,
    }
    with play.showing():
        draft = await play.post(KATARINA, f"{group}/survey-rounds", drafted)
        path = play.things["round"] = f"/survey-rounds/{draft['id']}"
        await play.change(ANNELI, path, {"title": "Lärklimatet på Biologilaboratoriet hösten 2026"})
        await play.get(KATARINA, f"{path}/protection?responseRate=0.6")
        await play.get(KATARINA, f"{path}/units?limit=3")
        await play.step(KATARINA, f"{path}/transitions", {"to": "proposed"})
    spare = await play.post(KATARINA, f"{group}/survey-rounds", drafted | {"title": "Lärklimatet, en omgång till"})
    cancelling = {"to": "cancelled", "reason": "Vi frågar en gång, inte två."}
    await play.step(ANNELI, f"/survey-rounds/{spare['id']}/transitions", cancelling)
    with play.showing():
        await play.get(KATARINA, path)
        await play.decide(KATARINA, path)
        await play.get(ANNELI, f"{group}/survey-rounds?limit=3")
        await play.get(ANNELI, f"{here}/survey-rounds?limit=3")
    await play.decide(ANNELI, path)
    await play.get(ANNELI, f"{path}/approvals?limit=3")
    wrong = await play.post(ANNELI, f"{path}/invitations", {"unitId": play.things["team"], "kind": "slips", "count": 2})
    await play.get(ANNELI, f"/survey-invitation-batches/{wrong['id']}")
    await play.remove(ANNELI, f"{path}/units/{play.things['team']}/invitations")


async def asks_and_answers(play: Player) -> None:
    """Slips are made, people answer with nobody knowing who, those who wait are reminded."""
    path = play.things["round"]
    play.clock.move_to(datetime(2026, 11, 30, 8, 0, tzinfo=UTC))
    await play.are_reminded()
    units = {"team": 11, "fauna": 13, "laboratory": 13}
    ids = {
        "team": play.things["team"],
        "fauna": play.things["fauna"],
        "laboratory": play.things["units"]["Biologilaboratoriet"],
    }
    lots = random.Random(18)  # noqa: S311 - what people of a story answer
    for name, number in units.items():
        sent = {"unitId": ids[name], "kind": "slips", "count": number}
        batch = await play.post(ANNELI, f"{path}/invitations", sent)
        for link in batch["slipLinks"]:
            await _answers(play, link.partition("#")[2], lots)
    addresses = ["provmottagningen@mhv.example"]
    await play.post(ANNELI, f"{path}/invitations", {"unitId": ids["team"], "kind": "addresses", "addresses": addresses})
    await play.get(ANNELI, f"{path}/invitations?limit=3")
    play.later(days=7)
    reminder = await play.post(KATARINA, f"{path}/reminders", {})
    await play.get(KATARINA, f"/survey-reminders/{reminder['id']}")
    await play.get(KATARINA, f"{path}/reminders?limit=3")


async def _answers(play: Player, token: str, lots: random.Random) -> None:
    form = await play.get(None, "/survey-forms/current", bearer=token)
    values: dict[str, Any] = {item["id"]: lots.randint(2, 5) for item in form["items"]}
    sent = {"answers": values}
    if form["openQuestions"]:
        sent["texts"] = {form["openQuestions"][0]["id"]: lots.choice(TEXTS)}
    await play.post(None, "/survey-responses", sent, bearer=token)


async def closes_early(play: Player) -> None:
    """One change is proposed and taken back, another decided: the round closes, and the result is there."""
    path = play.things["round"]
    later = {"closesAt": "2027-01-15T16:00:00+01:00", "reason": "Många är på fältarbete."}
    first = await play.post(KATARINA, f"{path}/amendments", later)
    await play.step(KATARINA, f"/survey-amendments/{first['id']}/transitions", {"to": "withdrawn"})
    with play.showing():
        second = await play.post(
            ANNELI, f"{path}/amendments", {"closesAt": None, "reason": "Alla som vill har svarat."}
        )
    amendment = f"/survey-amendments/{second['id']}"
    with play.showing():
        await play.get(KATARINA, amendment)
        await play.decide(KATARINA, amendment)
        await play.get(ANNELI, f"{path}/amendments?limit=3")
    await play.decide(ANNELI, amendment)
    with play.showing():
        await play.get(ANNELI, f"{amendment}/approvals?limit=3")
    await _close(play, path)


async def _close(play: Player, path: str) -> None:
    """As the worker does when a round's time is over."""
    play.later(minutes=1)
    async with play.database.write() as session:
        await survey_closing.close(session, UUID(path.rpartition("/")[2]), play.app.state.key_store, datetime.now(UTC))


async def results(play: Player) -> None:
    """For both sides at once, and identical."""
    path = play.things["round"]
    unit = play.things["units"]["Biologilaboratoriet"]
    for who in (KATARINA, ANNELI):
        await play.get(who, f"{path}/results")
        await play.get(who, f"{path}/results/units?limit=3")
        for media_type in ("application/vnd.vegalite.v6+json", "image/svg+xml", "text/html", "application/pdf"):
            await play.ask(who, "GET", f"{path}/results/units/{unit}", accept=media_type, expect=200)
        await play.get(who, f"{path}/results/units/{unit}")
        await play.get(who, f"{path}/results/units/{unit}/trend")
        await play.get(who, f"{path}/results/units/{unit}/benchmark")
    await play.ask(KATARINA, "GET", f"{path}/results", accept="text/csv", expect=200)
    await play.ask(KATARINA, "GET", f"{path}/results", accept="application/pdf", expect=200)


async def texts(play: Player) -> None:
    """What people wrote is read by both sides before anybody else reads it."""
    whole = await play.get(ANNELI, f"{play.things['round']}/texts")
    path = f"/survey-texts/{whole['content']['surveyTextsId']}"
    with play.showing():
        await play.get(ANNELI, path)
        page = await play.get(ANNELI, f"{path}/texts?limit=3")
    first, second = page["items"][:2]
    reason = "authorRecognisable"
    with play.showing():
        await play.post(ANNELI, f"{path}/withholdings", {"textId": first["id"], "reason": reason})
    await play.post(ANNELI, f"{path}/withholdings", {"textId": second["id"], "reason": "eventRecognisable"})
    await play.remove(ANNELI, f"{path}/withholdings/{second['id']}")
    with play.showing():
        await play.decide(KATARINA, path)
    await play.decide(ANNELI, path)
    with play.showing():
        await play.get(ANNELI, f"{path}/approvals?limit=3")


async def two_keys(play: Player) -> None:
    """The next round can only be opened by both sides together, with the words that each keeps on paper."""
    group = play.things["group"]
    drafted = {
        "title": "Lärklimatet våren 2027",
        "instrumentId": play.things["shipped instrument"],
        "rootUnitId": play.things["units"]["Biologilaboratoriet"],
        "opensAt": "2027-03-01T08:00:00+01:00",
        "closesAt": "2027-03-19T16:00:00+01:00",
        "twoKeys": True,
    }
    draft = await play.post(KATARINA, f"{group}/survey-rounds", drafted)
    path = f"/survey-rounds/{draft['id']}"
    words = [(who, (await play.step(who, f"{path}/key-shares"))["words"]) for who in (KATARINA, ANNELI)]
    await play.step(KATARINA, f"{path}/transitions", {"to": "proposed"})
    for who in (KATARINA, ANNELI):
        await play.decide(who, path)
    play.clock.move_to(datetime(2027, 3, 1, 8, 0, tzinfo=UTC))
    lots = random.Random(19)  # noqa: S311 - what people of a story answer
    sent = {"unitId": play.things["fauna"], "kind": "slips", "count": 12}
    for link in (await play.post(ANNELI, f"{path}/invitations", sent))["slipLinks"]:
        await _answers(play, link.partition("#")[2], lots)
    play.clock.move_to(datetime(2027, 3, 19, 16, 0, tzinfo=UTC))
    await _close(play, path)
    with play.showing():
        await play.get(KATARINA, f"{path}/unlocks")
    for who, said in words:
        await play.post(who, f"{path}/unlocks", {"words": " ".join(said)})
