"""From two strangers to an organisation with its parties: both sides join, and an administrator lets them in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app import worker
from app.models.columns import Language
from app.services import interest_consent
from tests import interest_agency
from tests.api.test_password_resets import PAGE, sent
from tests.database import as_owner
from tests.interest_stories import a_registration, confirm, known_to_the_central_side, opened, register, rows
from tests.mail_server import mail_server, text_of, token_in
from tests.signing_in import PASSWORD
from tests.world import World, organisation_number


@pytest.fixture
async def agency(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))
    async with interest_agency.alone(fresh_database_url, tmp_path / "keys") as world:
        yield world


async def test_two_sides_join_and_an_administrator_lets_them_in(agency: World) -> None:
    number = organisation_number()
    employer = a_registration(
        "employer", number, contactName='<b>"Åsa"</b>', organisationName="Klicka: https://ond.example"
    )
    consent = await agency.nobody.get("/interest-consent", headers={"Accept-Language": "en"})
    assert consent["text"] == interest_consent.TEXTS[Language.ENGLISH]
    answer = await register(agency.nobody, employer)
    assert answer["consentText"].startswith("Det du skriver sparas")
    async with mail_server() as server:
        await sent(agency, server)
        (mail,) = server.to(employer["contactEmail"])
        assert mail["Subject"] == "Bekräfta er intresseanmälan till Lärande i förändring"
        # Nobody's words come to an address of which nobody knows whose it is.
        for said in (text_of(mail), text_of(mail, "html")):
            assert f"{PAGE}#{token_in(mail)}" in said
            assert not any(part in said for part in ("ond.example", "Åsa", number, "Myndigheten"))
        first = token_in(mail)
        read = await opened(agency.nobody, first)
        assert (read["state"], read["joiningCode"], read["confirmedAt"]) == ("unconfirmed", None, None)
        assert read["contactEmail"] == employer["contactEmail"]
        assert (await agency.administrator.client.get("/interest-registrations"))["items"] == []
        confirmed = await confirm(agency.nobody, first)
        assert (confirmed["state"], confirmed["gaps"]) == ("confirmed", ["unionSide"])
        union = a_registration("union", number, joiningCode=confirmed["joiningCode"])
        await register(agency.nobody, union)
        # What has not been confirmed by its own contact changes nothing for the others.
        assert (await opened(agency.nobody, first))["contentHash"] == confirmed["contentHash"]
        await sent(agency, server)
        second = token_in(server.to(union["contactEmail"])[0])
        both = await confirm(agency.nobody, second)
        assert (both["state"], both["gaps"]) == ("confirmed", ["confirmations"])
        assert [each["partyName"] for each in both["content"]["parties"]] == ["Myndigheten", "Saco-S"]
        assert employer["contactEmail"] not in str(both)
        seen = await known_to_the_central_side(agency, union)
        path = f"/interest-registrations/{seen['id']}"
        admin = agency.administrator.client
        tag = await admin.etag(path)
        await admin.refused(
            "POST", f"{path}/organisations", 409, "sidesNotAgreed", json={"contentHash": both["contentHash"]}, etag=tag
        )
        old = {"token": first, "contentHash": confirmed["contentHash"]}
        await agency.nobody.refused("POST", "/interest-confirmations", 409, "contentChanged", json=old)
        # The first contact is told that the content is another, an hour after the last mail at the earliest.
        assert len(server.to(employer["contactEmail"])) == 1
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
            await sent(agency, server)
        assert server.to(employer["contactEmail"])[1]["Subject"] == "Läs och bekräfta på nytt"
        assert token_in(server.to(employer["contactEmail"])[1]) == first
        done = await confirm(agency.nobody, first)
        assert (done["state"], done["gaps"]) == ("agreed", [])
        seen = await admin.get(path)
        assert {seen["state"], (await opened(agency.nobody, second))["state"]} == {"agreed"}
        actions = {each["action"]: each["allowed"] for each in seen["allowedActions"]}
        assert actions["create_joined_organisation"]
        wrong = {"contentHash": "0" * 64}
        tag = await admin.etag(path)
        await admin.refused("POST", f"{path}/organisations", 409, "contentChanged", json=wrong, etag=tag)
        organisation = await admin.step(f"{path}/organisations", {"contentHash": seen["contentHash"]})
        assert (organisation["organisationNumber"], organisation["name"]) == (number, employer["organisationName"])
        assert await rows(agency) == []
        await agency.nobody.refused("POST", "/interest-links", 422, "linkUnknown", json={"token": first})
        await sent(agency, server)
    invitations = [server.to(each["contactEmail"])[-1]["Subject"] for each in (employer, union)]
    assert invitations == ["Välkommen till Lärande i förändring"] * 2
    # Each party has its first representative, appointed by an administrator, and the next is its own to appoint.
    parties = (await admin.get(f"/organisations/{organisation['id']}/parties"))["items"]
    assert sorted((each["side"], each["name"]) for each in parties) == [
        ("employer", "Myndigheten"),
        ("union", "Saco-S"),
    ]
    mandates = await as_owner(
        agency.database,
        "SELECT json_build_array(m.first, m.function, p.name, p.email) FROM mandate m "
        "JOIN person p ON p.id = m.person_id WHERE m.organisation_id = CAST(:id AS uuid) ORDER BY m.function",
        id=organisation["id"],
    )
    assert mandates == [
        [True, each["contactFunction"], each["contactName"], each["contactEmail"]] for each in (employer, union)
    ]
    # The union's own signs in, and appoints whom it wants.
    credential = {"token": token_in(server.to(union["contactEmail"])[-1]), "password": PASSWORD}
    await agency.nobody.request("POST", "/auth/credentials", json=credential, expect=204)
    grant = {"grantType": "password", "username": union["contactEmail"], "password": PASSWORD}
    chair = agency.nobody.signed_in((await agency.nobody.post("/auth/token", grant, 200))["accessToken"])
    me = await chair.get("/me")
    assert [each["partyName"] for each in me["mandates"]] == ["Saco-S"]
    path = f"/organisations/{organisation['id']}"
    colleague = await chair.post(f"{path}/people", {"name": "Ny Ek", "email": f"ny.{union['contactEmail']}"})
    appointment = {"personId": colleague["id"], "function": "Ledamot"}
    party_id = me["mandates"][0]["partyId"]
    await chair.post(f"/parties/{party_id}/mandates", appointment)
    await admin.refused("POST", f"/parties/{party_id}/mandates", 409, "firstMandateExists", json=appointment)
