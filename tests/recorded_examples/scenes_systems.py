"""Other programs: the HR system that syncs people and units, the register that takes approved records."""

from datetime import UTC, datetime
from unittest.mock import patch
from uuid import UUID

import sqlalchemy as sa

from app.models.failed_job import FailedJob
from tests.recorded_examples.player import CALLER, Player

ADMIN, KATARINA = "lars-erik.vinge", "katarina.wikmark"
SPEAKERS = (KATARINA, "anneli.kettunen", "samira.tavakoli", "peder.nikolaisen")


async def service_clients(play: Player) -> None:
    """Two are registered; the parties agree to the one that reads what they have approved."""
    here = f"/organisations/{play.things['organisation']}"
    register = {
        "name": "Diariet",
        "purpose": "Godkända protokoll diarieförs.",
        "kind": "integrator",
        "scopes": ["records:read", "results:read"],
        "contact": "it-forvaltning@mhv.example",
        "expiresAt": "2027-11-30T12:00:00+01:00",
        "allowedNetworks": [CALLER[0], "198.51.100.0/24"],
    }
    hr = register | {
        "name": "Personalsystemet",
        "purpose": "Personer och enheter hålls aktuella.",
        "kind": "hrSystem",
        "scopes": ["people:write", "units:write"],
    }
    made = await play.post(ADMIN, f"{here}/service-clients", hr)
    secret = await play.post(ADMIN, f"/service-clients/{made['id']}/credentials", {})
    await play.let_in("hr", made["id"], secret["id"])
    play.things["hr"] = f"/service-clients/{made['id']}"
    with play.showing():
        client = await play.post(ADMIN, f"{here}/service-clients", register)
    path = f"/service-clients/{client['id']}"
    with play.showing():
        changed = {"purpose": "Godkända protokoll och resultat diarieförs."}
        await play.change(ADMIN, path, changed)
        await play.get(KATARINA, path)
        for who in SPEAKERS[:2]:
            await play.decide(who, path)
    for who in SPEAKERS[2:]:
        await play.decide(who, path)
    with play.showing():
        await play.get(KATARINA, f"{path}/approvals?limit=3")
        await play.get(ADMIN, f"{here}/service-clients?limit=3")
        kept = await play.post(ADMIN, f"{path}/credentials", {"expiresAt": "2027-11-30T12:00:00+01:00"})
        await play.get(ADMIN, f"/service-client-credentials/{kept['id']}")
    old = await play.post(ADMIN, f"{path}/credentials", {})
    await play.remove(ADMIN, f"/service-client-credentials/{old['id']}")
    await play.let_in("register", client["id"], kept["id"])
    third = await play.post(ADMIN, f"{here}/service-clients", register | {"name": "Gamla diariet"})
    await play.step(ADMIN, f"/service-clients/{third['id']}/transitions", {"to": "ended"})


async def imports(play: Player) -> None:
    """People and units are synced: planned, looked at, applied."""
    here = f"/organisations/{play.things['organisation']}"
    people = [
        {
            "externalId": "A-4711",
            "name": "Åsa Lindqvist",
            "email": "asa.lindqvist@mhv.example",
            "unitExternalId": "ORG-1048",
        },
        {"externalId": "A-4712", "name": "Örjan Ängström", "email": "orjan.angstrom@mhv.example"},
        {"externalId": "A-4713", "name": "Göran Åström", "email": "goran.astrom@mhv.example"},
    ]
    mapping = {
        "people": {
            "columns": {"Anställningsnummer": "externalId", "Namn": "name", "E-post": "email"},
            "ignoredColumns": ["Kostnadsställe"],
        },
        "units": {"columns": {}, "ignoredColumns": []},
    }
    place = f"{here}/import-mapping"
    await play.change(ADMIN, place, mapping, "PUT", of=place)
    await play.get(ADMIN, place)
    with play.showing():
        planned = await play.post("hr", f"{here}/imports", people)
    path = f"/imports/{planned['id']}"
    content = "externalId;name;email\nA-4714;Märta Sjöö;marta.sjoo@mhv.example\n".encode()
    await play.post("hr", f"{here}/imports", content=content)
    with play.showing():
        await play.get("hr", path)
        await play.get("hr", f"{path}/changes?limit=3")
        await play.step("hr", f"{path}/applications", {"planHash": planned["planHash"]})
        await play.get("hr", f"{here}/imports?limit=3")
    tree_path = f"{here}/unit-tree"
    await play.get("hr", tree_path)
    await play.post(ADMIN, f"{here}/deactivation-releases", {"people": 140})
    released = await play.post(ADMIN, f"{here}/deactivation-releases", {"people": 12, "units": 2})
    await play.get(ADMIN, f"/deactivation-releases/{released['id']}")
    await play.get(ADMIN, f"{here}/deactivation-releases?limit=3")


async def webhooks(play: Player) -> None:
    """The HR system hears of changes as they happen."""
    wanted = {"url": "https://hr.example/larande", "types": ["unit", "person"]}

    async def may_tell(_url: str) -> bool:
        return True

    with patch.object(play.app.state, "may_tell", may_tell), play.showing():
        endpoint = await play.post(ADMIN, f"{play.things['hr']}/webhook-endpoints", wanted)
        await play.post(ADMIN, f"{play.things['hr']}/webhook-endpoints", wanted | {"types": ["person"]})
    path = f"/webhook-endpoints/{endpoint['id']}"
    with play.showing():
        await play.get(ADMIN, path)
        delivery = await play.post(ADMIN, f"{path}/webhook-deliveries", {})
        await play.get(ADMIN, f"{play.things['hr']}/webhook-endpoints?limit=3")
        await play.step(ADMIN, f"{path}/secrets", {"endsOverlap": False})
    async with play.database.write() as session:
        arrived = {"id": UUID(delivery["id"]), "now": datetime.now(UTC)}
        await session.execute(
            sa.text("UPDATE webhook_delivery SET state = 'delivered', settled_at = :now WHERE id = :id"), arrived
        )
    with play.showing():
        await play.get(ADMIN, f"/webhook-deliveries/{delivery['id']}")
        await play.post(ADMIN, f"{path}/webhook-deliveries", {"replayOf": delivery["id"]})
        await play.get(ADMIN, f"{path}/webhook-deliveries?limit=3")
        await play.step(ADMIN, f"{path}/transitions", {"to": "paused"})
    await play.remove(ADMIN, path)
    feed = await play.get("hr", "/changes")
    team = play.things["team"]
    await play.change(KATARINA, f"/units/{team}", {"headcount": 13, "effectiveOn": "2026-11-20"})
    laboratory = play.things["units"]["Kemilaboratoriet"]
    await play.change(KATARINA, f"/units/{laboratory}", {"headcount": 47, "effectiveOn": "2026-11-20"})
    with play.showing():
        await play.get("hr", f"/changes?cursor={feed['cursor']}")


async def failed_jobs(play: Player) -> None:
    """A mail that came to nothing."""
    now = datetime.now(UTC)
    jobs = [
        FailedJob(entrypoint="survey_mail", payload=b"{}", fault=fault, attempts=attempts, created_at=now)
        for fault, attempts in (("MailRefused", 1), ("MailServerAway", 8))
    ]
    async with play.database.write() as session:
        session.add_all(jobs)
    with play.showing():
        await play.get(ADMIN, "/failed-jobs?limit=3")
        await play.get(ADMIN, f"/failed-jobs/{jobs[1].id}")
        await play.step(ADMIN, f"/failed-jobs/{jobs[1].id}/transitions", {"to": "discarded"})


async def audit_trail(play: Player) -> None:
    """What happened is in the audit trail."""
    here = f"/organisations/{play.things['organisation']}"
    page = await play.get(KATARINA, f"{here}/audit-entries?limit=3")
    await play.get(KATARINA, f"/audit-entries/{page['items'][0]['id']}")
