"""Erasure: of people with a name nobody else has, nothing is left anywhere but in what is final."""

import asyncio
import logging
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from app.models.mandate import Mandate
from app.models.person import Person, Role
from app.models.sign_in import AttemptKind, RefreshToken, SignIn, SignInFailure
from app.services import account_mail, queue, survey_mail
from app.services.account_letters import Notice
from app.services.account_mail import AccountOffice
from app.services.calendar import swedish_day
from tests.client import Client
from tests.database import as_owner
from tests.in_process import InProcess
from tests.long import sized
from tests.machines import registered
from tests.retention_stories import a_destruction, a_hold, lifted
from tests.signing_in import calling_from, give_password, invitation, sign_in, try_password
from tests.stories import (
    Json,
    a_group,
    agreed_action,
    decide,
    final_record,
    for_review,
    forming_group,
    held_session,
    planned_session,
    present,
    record_under_review,
    started_group,
    trail,
    written_record,
)
from tests.survey_stories import amended_round, draft_round, open_round, proposed_round
from tests.world import Someone, World

CANARIES = 35


async def mandates_end(world: World, *people: Someone) -> None:
    """Yesterday was the last day of all they had."""
    yesterday = swedish_day(datetime.now(UTC)) - timedelta(days=1)
    ids = [someone.person.id for someone in people]
    async with world.database.write() as session:
        await session.execute(sa.update(Mandate).where(col(Mandate.person_id).in_(ids)).values(valid_to=yesterday))


async def gone(world: World, person: Someone) -> None:
    """Out, and not active any more, as whoever has left."""
    await world.administrator.client.change(f"/people/{person.id}", {"active": False})


async def signed_in_anew(world: World, *people: Someone) -> None:
    """On a busy machine it may have been long since they signed in."""
    for someone in people:
        someone.client.token = await world.token(someone.person)


async def erased(world: World, person: Someone, by: Someone | None = None) -> None:
    if by is None:
        await gone(world, person)
    await (by or world.administrator).client.change(f"/people/{person.id}", None, expect=204, method="DELETE")


# --- Who may, and when --------------------------------------------------------------------------------------


async def test_oneself_and_an_administrator_and_nobody_else(app: FastAPI, world: World) -> None:
    path = f"/people/{world.employee.id}"
    for who in (world.saco_rep, world.employer_rep):
        tag = await who.client.etag(path)
        await who.client.refused("DELETE", path, 403, "notYourRole", etag=tag)
    for who in (world.archivist, world.facilitator):
        await who.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    async with World(app) as other:
        await other.employer_rep.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    await world.employee.client.refused("DELETE", path, 412, "staleVersion", etag='"7"')
    await world.employee.client.refused("DELETE", path, 428, "preconditionRequired")
    await erased(world, world.employee, by=world.employee)
    await world.employee.client.refused("GET", "/me", 401, "tokenInvalid")
    for who in (world.saco_rep, world.administrator):
        await who.client.refused("GET", path, 404, "notFound")
        await who.client.refused("DELETE", path, 404, "notFound", etag='"2"')
        listed = await who.client.get(f"{world.path}/people", params={"limit": 100})
        assert world.employee.id not in {each["id"] for each in listed["items"]}
    archivist = f"/people/{world.archivist.id}"
    await erased(world, world.archivist)
    await world.administrator.client.refused("GET", archivist, 404, "notFound")
    (entry,) = await trail(world.saco_rep, world, subjectId=world.employee.id)
    assert (entry["operation"], entry["personId"], entry["mandateId"]) == ("erase_person", None, None)


async def test_not_while_a_mandate_runs_or_a_session_waits(world: World) -> None:
    own, path = world.saco_rep.client, f"/people/{world.saco_rep.id}"
    await own.refused("DELETE", path, 409, "personHoldsMandate", etag=await own.etag(path))
    group = await started_group(world)
    planned = await planned_session(world, group)
    leader, theirs = world.facilitator.client, f"/people/{world.facilitator.id}"
    await leader.refused("DELETE", theirs, 409, "personLeadsSession", etag=await leader.etag(theirs))
    await world.saco_rep.client.step(
        f"/dialogue-sessions/{planned['id']}/transitions", {"to": "cancelled", "reason": "Flera är sjuka."}
    )
    await erased(world, world.facilitator)
    await mandates_end(world, world.saco_rep)
    await erased(world, world.saco_rep, by=world.saco_rep)


async def test_nobody_who_is_active_is_erased_by_another(world: World) -> None:
    """Not by an administrator either; it is told before they try. Of themselves people may ask it at any time."""
    path, admin = f"/people/{world.employee.id}", world.administrator.client

    async def told(who: Client) -> Json:
        return next(each for each in (await who.get(path))["allowedActions"] if each["action"] == "erase_person")

    assert await told(admin) == {"action": "erase_person", "allowed": False, "reason": "personStillActive"}
    await admin.refused("DELETE", path, 409, "personStillActive", etag=await admin.etag(path))
    assert (await told(world.employee.client))["allowed"] is True
    await gone(world, world.employee)
    assert (await told(admin))["allowed"] is True
    await erased(world, world.employee)
    await admin.refused("GET", path, 404, "notFound")


async def test_whoever_speaks_for_a_party_is_told_that_they_cannot_be_erased(world: World) -> None:
    own = world.saco_rep
    before = await own.client.get(f"/people/{own.id}")
    assert {"action": "erase_person", "allowed": False, "reason": "personHoldsMandate"} in before["allowedActions"]
    changed = await own.client.change(f"/people/{own.id}", {"language": "en"})
    assert changed["allowedActions"] == before["allowedActions"]
    await mandates_end(world, own)
    after = await own.client.get(f"/people/{own.id}")
    assert {"action": "erase_person", "allowed": True, "reason": None} in after["allowedActions"]


async def test_a_mandate_to_come_counts_and_that_of_a_closed_party_does_not(world: World) -> None:
    later = swedish_day(datetime.now(UTC)) + timedelta(days=40)
    waiting = await world.representative("waiting", world.saco, valid_from=later)
    await waiting.client.refused(
        "DELETE",
        f"/people/{waiting.id}",
        409,
        "personHoldsMandate",
        etag=await waiting.client.etag(f"/people/{waiting.id}"),
    )
    await world.seko_rep.client.step(f"/parties/{world.seko.id}/transitions", {"to": "closed"})
    await erased(world, world.seko_rep)


@pytest.mark.parametrize("on", ["organisation", "person", "group"])
async def test_a_hold_keeps_a_person_too(world: World, on: str) -> None:
    """One on a group in which the person acted as well: the trail would forget who it was."""
    other_rep = await world.representative("other_rep", world.saco)
    group = await forming_group(world)
    await decide(other_rep, f"/working-groups/{group['id']}")
    await mandates_end(world, other_rep)
    path = f"/people/{other_rep.id}"
    named = {"person": {"heldPersonId": other_rep.id}, "group": {"heldGroupId": group["id"]}}
    hold = await a_hold(world, **named.get(on, {}))
    await gone(world, other_rep)
    tag = await world.administrator.client.etag(path)
    await world.administrator.client.refused("DELETE", path, 409, "legalHold", etag=tag)
    assert (await world.administrator.client.get(path))["name"] == "Other Rep"
    await lifted(world, hold)
    await erased(world, other_rep)


async def test_what_a_mandate_did_shows_its_function(world: World) -> None:
    other_rep = await world.representative("other_rep", world.saco)
    group = await forming_group(world)
    made = await decide(other_rep, f"/working-groups/{group['id']}")
    await mandates_end(world, other_rep)
    read = await world.saco_rep.client.get(f"/mandates/{other_rep.mandate_id}")
    assert read["personName"] == "Other Rep"
    await erased(world, other_rep)
    read = await world.saco_rep.client.get(f"/mandates/{other_rep.mandate_id}")
    assert read["personName"] == read["function"] == "Företrädare"
    listed = await world.saco_rep.client.get(f"/parties/{world.saco.id}/mandates")
    shown = {each["id"]: each["personName"] for each in listed["items"]}
    assert shown[other_rep.mandate_id] == "Företrädare"
    entries = await trail(world.saco_rep, world, subjectId=made["id"])
    assert [(each["personId"], each["mandateId"]) for each in entries] == [(None, other_rep.mandate_id)]


async def test_a_name_that_is_also_anothers_stays_theirs(world: World) -> None:
    """Of two with the same name nobody knows who is meant; an address is one person's."""
    record = await written_record(world, await started_group(world))
    twins = [await world.someone("anna_berg") for _ in range(2)]
    one_word = await world.someone("mikael")
    text = f"Anna Berg ({twins[0].person.email.upper()}) och Mikael och Annan Berg."
    path = f"/session-records/{record['id']}"
    await world.facilitator.client.change(path, {"sharedPicture": text})
    await erased(world, twins[0])
    read = await world.facilitator.client.get(path)
    assert read["content"]["sharedPicture"] == "Anna Berg (NN) och Mikael och Annan Berg."
    await erased(world, twins[1])
    await erased(world, one_word)
    read = await world.facilitator.client.get(path)
    assert read["content"]["sharedPicture"] == "NN (NN) och Mikael och Annan Berg."


async def test_a_review_begins_anew_when_what_was_reviewed_named_somebody(world: World) -> None:
    named, elsewhere = await world.someone("anna_berg"), await world.someone("bo_ek")
    group = await started_group(world)
    paths = []
    for text in ("Anna Bergs tid räcker inte.", "Tiden räcker inte."):
        path = f"/session-records/{(await written_record(world, group))['id']}"
        await world.facilitator.client.change(path, {"sharedPicture": text})
        await world.facilitator.client.step(f"{path}/transitions", for_review())
        await decide(world.saco_rep, path)
        paths.append(path)
    await erased(world, elsewhere)
    assert [(await world.saco_rep.client.get(path))["state"] for path in paths] == ["underReview"] * 2
    await erased(world, named)
    redrafted, untouched = [await world.saco_rep.client.get(path) for path in paths]
    assert (redrafted["state"], redrafted["approvals"]) == ("draft", [])
    assert redrafted["content"]["sharedPicture"] == "NN tid räcker inte."
    assert (untouched["state"], len(untouched["approvals"])) == ("underReview", 1)
    entries = await trail(world.saco_rep, world, subjectId=redrafted["id"])
    assert entries[-1]["operation"] == "erase_person"


async def test_the_longest_text_can_still_be_read(world: World) -> None:
    bo = await world.someone("b_e")
    record = await written_record(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    await world.facilitator.client.change(path, {"sharedPicture": ("B E " * 2500).strip()})
    await erased(world, bo)
    read = await world.facilitator.client.get(path)
    assert read["content"]["sharedPicture"] == ("NN " * 2500).strip()


async def test_erasing_beside_renewing_leaves_no_token(app: FastAPI, world: World) -> None:
    for number in range(5):
        someone = await world.someone(f"leaving_{number}")
        await give_password(world, someone)
        async with calling_from(app) as caller:
            token = (await sign_in(caller, someone))["refreshToken"]
            renewed, erasing = await asyncio.gather(
                caller.request("POST", "/auth/token", json={"grantType": "refresh_token", "refreshToken": token}),
                someone.client.request("DELETE", f"/people/{someone.id}", etag='"1"'),
            )
        assert (renewed.status_code in {200, 401}, erasing.status_code) == (True, 204), renewed.text
        async with world.database.read() as session:
            own = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == someone.person.id)
            assert (await session.execute(own)).all() == []
            orphans = sa.select(col(RefreshToken.sign_in_id)).where(
                col(RefreshToken.sign_in_id).not_in(sa.select(col(SignIn.id)))
            )
            assert (await session.execute(orphans)).all() == []


async def test_a_token_left_open_erases_nobody(world: World) -> None:
    """What cannot be undone takes a sign-in within the last five minutes; an administrator's act on others does not."""
    who, path = world.employee, f"/people/{world.employee.id}"
    older = "UPDATE sign_in SET started_at = started_at - interval '5 minutes' WHERE person_id = :id RETURNING 1"
    for each in (who, world.administrator):
        assert await as_owner(world.database, older, id=each.person.id) == [1]
    etag = await who.client.etag(path)
    await who.client.refused("DELETE", path, 403, "signInTooOld", etag=etag)
    assert await who.client.etag(path) == etag
    newer = "UPDATE sign_in SET started_at = started_at + interval '1 minute' WHERE person_id = :id"
    await as_owner(world.database, newer, id=who.person.id)
    await who.client.request("DELETE", path, etag=etag, expect=204)
    another = world.facilitator
    await world.administrator.client.change(f"/people/{another.id}", {"active": False})
    await world.administrator.client.change(f"/people/{another.id}", None, 204, method="DELETE")


async def test_nothing_tried_with_the_account_stays_counted(app: FastAPI, world: World) -> None:
    """Neither by the person's pseudonym, nor by the address's from before there was an account."""
    gone, other = world.employee, world.facilitator
    key = app.state.token_key
    hashes = {
        who.id: [key.pseudonym("person", who.id), key.pseudonym("name", who.person.email.lower())]
        for who in (gone, other)
    }
    now = datetime.now(UTC)
    await world.add(
        *(
            SignInFailure(account_hash=each, address_hash=b"x" * 32, failed_at=now, kind=kind)
            for of_one in hashes.values()
            for each in of_one
            for kind in AttemptKind
        )
    )
    await erased(world, gone)
    async with world.database.read() as session:
        for who, left in ((gone, 0), (other, 2 * len(AttemptKind))):
            counted = sa.select(sa.func.count()).where(col(SignInFailure.account_hash).in_(hashes[who.id]))
            assert (await session.execute(counted)).scalar_one() == left


async def test_no_mail_to_somebody_erased_waits(app: FastAPI, world: World) -> None:
    who, now = world.employee.person, datetime.now(UTC)
    async with world.database.write() as session:
        await queue.put(session, survey_mail.to_people(uuid4(), [who.id], reminder=True))
        await account_mail.put_notice(session, Notice.PASSWORD_CHANGED, who.id, now)
        await account_mail.put_notice_to(session, app.state.vault, Notice.EMAIL_CHANGED, who.id, "f@x.se", now)
    await erased(world, world.employee)
    async with world.database.read() as session:
        for entrypoint in (survey_mail.ENTRYPOINT, account_mail.ENTRYPOINT):
            assert await queue.waiting_with(session, entrypoint, str(who.id).encode()) == []


async def test_a_notice_that_is_under_way_reaches_nobody_erased(app: FastAPI, world: World) -> None:
    """A worker has taken the job already: there is no address left to send it to."""
    who, now = world.employee.person, datetime.now(UTC)
    async with world.database.write() as session:
        await account_mail.put_notice_to(session, app.state.vault, Notice.EMAIL_CHANGED, who.id, "f@x.se", now)
        (taken,) = await queue.waiting_with(session, account_mail.ENTRYPOINT, str(who.id).encode())
    await erased(world, world.employee)
    sent: list[object] = []

    class Sends:
        async def send(self, mail: object) -> None:
            sent.append(mail)

    office = AccountOffice(
        world.database.write,
        app.state.vault,
        Sends(),
        "Lärande <larande@example.se>",
        "",
        lambda: now,
    )
    await account_mail.carry_out(office, taken, 1)
    assert sent == []


async def test_whoever_comes_back_is_somebody_new(app: FastAPI, world: World) -> None:
    someone = world.employee
    await give_password(world, someone)
    address = someone.person.email
    await erased(world, someone)
    async with calling_from(app) as caller:
        assert (await try_password(caller, someone)).status_code == 401
    again = await world.administrator.client.post(f"{world.path}/people", {"name": "Åsa Öberg", "email": address})
    assert again["id"] != someone.id


# --- Canaries -------------------------------------------------------------------------------------------------


class Aviary:
    """People whose surname and address are found nowhere else, each with a different part to play."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.birds: list[Someone] = []
        self.words: list[str] = []
        self.final: Json = {}

    async def bird(self, *roles: Role, outside: bool = False) -> Someone:
        word = "kanarie" + "".join(chr(97 + int(digit, 16)) for digit in uuid4().hex[:12])
        someone = await self.world.someone(f"åke_{word}", *roles, outside=outside)
        async with self.world.database.write() as session:
            person = await session.get_one(Person, someone.person.id)
            person.email = f"Ake.{word.title()}@Example.se"
            session.add(person)
        someone.person = person
        self.birds.append(someone)
        self.words.append(word)
        return someone

    async def name(self) -> str:
        """Of a bird that only others have written about."""
        return (await self.bird()).person.name

    async def fill(self) -> None:
        world = self.world
        await self.who_acted()
        await self.who_is_written_about()
        await self.who_is_in_what_is_final()
        await self.who_is_in_what_is_proposed_or_over()
        await self.who_is_written_oddly()
        await mandates_end(world, *self.birds)
        assert len(self.words) == CANARIES

    async def who_acted(self) -> None:
        world = self.world
        employer = await self.bird()
        await world.representative("", world.employer, person=employer)
        union = await self.bird()
        await world.representative("", world.saco, person=union)
        leader = await self.bird()
        group = await started_group(world)
        session = await planned_session(
            world, group, facilitatorId=leader.id, facilitatorFunction=f"Lärare ({leader.person.name})"
        )
        path = f"/dialogue-sessions/{session['id']}"
        attended = {"attendances": present(employer, union), "employeeHeadcount": 3}
        await leader.client.change(path, attended)
        await leader.client.step(f"{path}/transitions", {"to": "held"})
        record = f"/session-records/{(await leader.client.get(path))['sessionRecordId']}"
        await leader.client.change(record, {"sharedPicture": "Tiden har minskat."})
        await leader.client.step(f"{record}/transitions", for_review())
        for who in (employer, union):
            await decide(who, record, "approveWithDissent", statement="Vi ser det annorlunda.")
        self.final = await world.saco_rep.client.get(record)
        note = await union.client.post(f"{path}/party-notes", {"text": f"Skrivet av {union.person.name}."})
        await union.client.change(f"/party-notes/{note['id']}", {"text": f"{union.person.name} igen."})
        archivist = await self.bird(Role.ARCHIVIST)
        hold = await archivist.client.post(
            f"{world.path}/legal-holds", {"reason": "Målet prövas.", "caseNumber": "KRG 1-26"}
        )
        await archivist.client.step(f"/legal-holds/{hold['id']}/transitions", {"to": "lifted"})
        administrator = await self.bird(Role.SYSTEM_ADMINISTRATOR, outside=True)
        await administrator.client.post(f"{world.path}/units", {"name": "Ny enhet"})
        await self.who_signed_in()
        invited = await self.bird()
        async with world.database.write() as db:
            await queue.put(db, survey_mail.to_people(uuid4(), [invited.person.id], reminder=False))
        keyed = await self.bird()
        await world.representative("", world.saco, person=keyed)
        await keyed.client.request(
            "POST",
            f"{world.path}/working-groups",
            json=a_group(world),
            headers={"Idempotency-Key": f"min-{self.words[-1]}"},
            expect=201,
        )

    async def who_signed_in(self) -> None:
        world = self.world
        someone = await self.bird()
        await give_password(world, someone)
        await invitation(world, someone)
        async with calling_from(world.app) as caller:
            await try_password(caller, someone, "ett annat lösenord")
            await sign_in(caller, someone)
        await world.administrator.client.change(f"/people/{someone.id}", {"unitId": str(world.subunit.id)})

    async def who_is_written_about(self) -> None:
        world, own = self.world, self.world.saco_rep.client
        group = await started_group(world)
        draft = await written_record(world, group)
        await own.post(
            f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes", {"text": f"Fråga {await self.name()}."}
        )
        for party, who in ((world.saco, world.saco_rep), (world.employer, world.employer_rep)):
            words = {"answers": {"q5": f"{await self.name()}s förslag."}, "published": party is world.saco}
            statement = f"/session-records/{draft['id']}/statements/{party.id}"
            await who.client.change(statement, words, method="PUT", etag='"0"')
        path = f"/session-records/{draft['id']}"
        await own.change(path, {"answers": {"q2": f"Som {(await self.name()).upper()} säger."}})
        review = await written_record(world, group)
        await own.change(f"/session-records/{review['id']}", {"sharedPicture": f"{await self.name()} sade det."})
        await own.step(f"/session-records/{review['id']}/transitions", for_review())
        returned = await written_record(world, group)
        matter = {"handedOverTo": "cooperationGroup", "matter": f"{await self.name()} och tiden."}
        await own.change(f"/session-records/{returned['id']}", {"handovers": [matter]})
        await own.step(f"/session-records/{returned['id']}/transitions", for_review())
        await decide(world.saco_rep, f"/session-records/{returned['id']}", "requestChange", statement="Nämn natten.")
        cancelled = await planned_session(world, group, place=f"Hos {await self.name()}")
        reason = {"to": "cancelled", "reason": f"{self.birds[-1].person.email} är sjuk."}
        await own.step(f"/dialogue-sessions/{cancelled['id']}/transitions", reason)
        await forming_group(world, purpose=f"Att tala med {await self.name()}.")
        closed = await forming_group(world)
        closing = {"to": "closed", "reason": f"{await self.name()} har slutat."}
        await own.step(f"/working-groups/{closed['id']}/transitions", closing)
        await lifted(world, await a_hold(world, heldGroupId=group["id"], reason=f"Om {await self.name()}."))
        await draft_round(world, group, title=f"Omgång för {await self.name()}")

    async def who_is_in_what_is_final(self) -> None:
        """A step of a final record goes on after it; what the record says of it does not change."""
        world = self.world
        session = await held_session(world, await started_group(world))
        path = f"/session-records/{session['sessionRecordId']}"
        await world.saco_rep.client.change(path, {"sharedPicture": "Bild."})
        record = await world.saco_rep.client.get(path)
        await agreed_action(world, record, what=f"{await self.name()} får tid.")
        await world.saco_rep.client.step(f"{path}/transitions", for_review())
        for who in (world.saco_rep, world.employer_rep):
            await decide(who, path)

    async def who_is_in_what_is_proposed_or_over(self) -> None:
        """What nobody has decided jointly, and what is no more."""
        world, own = self.world, self.world.saco_rep.client
        group = await started_group(world)
        for field in ("contact", "purpose", "name"):
            await registered(world, **{field: f"Fråga {await self.name()}"})
        record = await final_record(world, group)
        withdrawn = await a_destruction(world, record, reason=f"{await self.name()} vill det.")
        await own.step(f"/destructions/{withdrawn['id']}/transitions", {"to": "withdrawn"})
        proposed = await a_destruction(world, record, reason=f"{await self.name()} vill det.")
        await decide(world.employer_rep, f"/destructions/{proposed['id']}")
        asked = await proposed_round(world, group, title=f"Omgång för {await self.name()}")
        await decide(world.employer_rep, f"/survey-rounds/{asked['id']}")
        over = await proposed_round(world, group, title=f"Omgång med {await self.name()}")
        await own.step(f"/survey-rounds/{over['id']}/transitions", {"to": "cancelled", "reason": "Inställd."})
        opened = await open_round(world, group)
        taken_back = await amended_round(world, opened, by=world.saco_rep, reason=f"För {await self.name()}s skull.")
        await own.step(f"/survey-amendments/{taken_back['id']}/transitions", {"to": "withdrawn"})
        await amended_round(world, opened, reason=f"För {await self.name()}s skull.")
        path = f"/working-groups/{(await forming_group(world))['id']}"
        await decide(world.employer_rep, path, "requestChange", statement=f"{await self.name()} saknas.")
        await own.change(path, {"name": "Annat namn"})
        await self.voided_before_a_record_was_final(group)
        template = await world.template()
        sent = {"derivedFromId": str(template.id), "templateVersion": "7.0.0"}
        draft = await own.post(f"{world.path}/dialogue-templates", sent)
        said = {"content": {"purpose": {"sv": f"Som {await self.name()} gör."}}}
        await own.change(f"/dialogue-templates/{draft['id']}", said)
        # A hold that stands, on what none of them has had to do with.
        await a_hold(world, heldGroupId=(await started_group(world))["id"], reason=f"Om {await self.name()}.")

    async def voided_before_a_record_was_final(self, group: Json) -> None:
        world = self.world
        path = f"/session-records/{(await record_under_review(world, group))['id']}"
        await decide(world.employer_rep, path, "requestChange", statement=f"Nämn inte {await self.name()}.")
        await world.saco_rep.client.step(f"{path}/transitions", for_review())
        for who in (world.saco_rep, world.employer_rep):
            await decide(who, path)

    async def who_is_written_oddly(self) -> None:
        """Over two lines, with spaces too many, with a space that does not break."""
        session = await planned_session(self.world, await started_group(self.world))
        notes = f"/dialogue-sessions/{session['id']}/party-notes"
        for space in ("\n", "  \u00a0"):
            text = f"Fråga {(await self.name()).replace(' ', space)}!"
            await self.world.saco_rep.client.post(notes, {"text": text})

    # --- looking for them

    async def in_the_database(self) -> dict[str, set[str]]:
        """Tables with a word in any column of any row, whole or as bytes, by word; final records are left out."""
        found: dict[str, set[str]] = {}
        every = sa.text(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        )
        final = (
            "AND NOT (tableoid = 'session_record'::regclass AND to_jsonb(t) ->> 'state' = 'final') "
            "AND NOT (tableoid IN ('approval'::regclass, 'statement'::regclass) "
            "AND to_jsonb(t) ->> 'voided_at' IS NULL AND EXISTS ("
            "SELECT FROM session_record r WHERE state = 'final' "
            "AND r.id::text IN (to_jsonb(t) ->> 'subject_id', to_jsonb(t) ->> 'session_record_id')))"
        )
        async with self.world.database.read() as session:
            for table in (await session.execute(every)).scalars().all():
                rows = sa.text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE true {final}")  # noqa: S608
                texts = "\n".join((await session.execute(rows)).scalars()).lower()
                for word in self.words:
                    if word in texts or word.encode().hex() in texts or word.title().encode().hex() in texts:
                        found.setdefault(word, set()).add(table)
        return found

    async def addresses(self) -> list[str]:
        """Everything with an address of its own, and the lists below it."""
        kinds = {
            "people": "person",
            "mandates": "mandate",
            "parties": "party",
            "units": "unit",
            "working-groups": "working_group",
            "dialogue-sessions": "dialogue_session",
            "session-records": "session_record",
            "party-notes": "party_note",
            "actions": "action",
            "approvals": "approval",
            "followed-guides": "followed_guide",
            "legal-holds": "legal_hold",
            "survey-rounds": "survey_round",
            "survey-amendments": "survey_amendment",
            "destructions": "destruction",
            "dialogue-templates": "dialogue_template",
            "service-clients": "service_client",
        }
        lists = {
            "parties": ("mandates",),
            "people": ("data-export",),
            "working-groups": (
                *("approvals", "mandates", "dialogue-sessions", "session-records", "actions", "survey-rounds"),
                *("destructions", "followed-guides"),
            ),
            "dialogue-sessions": ("party-notes",),
            "session-records": ("approvals", "appendices"),
        }
        found = ["/me", "/organisations", self.world.path]
        found += [
            f"{self.world.path}/{part}?limit=100"
            for part in (
                *("units", "parties", "people", "working-groups", "session-records", "legal-holds", "retention-rules"),
                *("destruction-log-entries", "instruments"),
            )
        ]
        # Every entry of the trail is in the list as it is alone.
        found += [f"{self.world.path}/audit-entries?limit=100&page={number}" for number in range(1, 5)]
        async with self.world.database.read() as session:
            for kind, table in kinds.items():
                ids = (await session.execute(sa.text(f"SELECT id FROM {table}"))).scalars().all()  # noqa: S608
                for row_id in ids:
                    found.append(f"/{kind}/{row_id}")
                    found += [f"/{kind}/{row_id}/{part}" for part in lists.get(kind, ())]
            statements = await session.execute(sa.text("SELECT session_record_id, party_id FROM statement"))
            found += [f"/session-records/{record}/statements/{party}" for record, party in statements]
        return found

    async def in_answers(self, watchers: list[Someone], until: Collection[str] = ()) -> dict[str, set[str]]:
        """Addresses that answered somebody with a word in body or header, by word; final records are left out.

        No further than `until` all these have been seen.
        """
        found: dict[str, set[str]] = {}
        # Thousands of answers: other tests hold each kind of them against the document.
        async with InProcess(self.world.app) as http:
            for path in await self.addresses():
                for watcher in watchers:
                    answer = await Client(http, watcher.client.token).request("GET", path)
                    assert answer.status_code < 500, (path, answer.text)
                    if path.startswith("/session-records/") and answer.json().get("state") == "final":
                        continue
                    told = f"{answer.text}\n{answer.headers}".lower()
                    for word in self.words:
                        if word in told:
                            found.setdefault(word, set()).add(path)
                if until and found.keys() >= set(until):
                    break
        return found


@pytest.fixture
def every_line(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


async def test_none_of_the_canaries_is_left_outside_what_is_final(
    apart: World, every_line: pytest.LogCaptureFixture
) -> None:
    aviary = Aviary(apart)
    await aviary.fill()
    # These three see all there is to see, as is shown before anybody is erased.
    watchers = [apart.saco_rep, apart.employer_rep, apart.administrator]
    others = [apart.seko_rep, apart.facilitator, apart.archivist, apart.employee]
    before = await aviary.in_the_database()
    assert set(before) == set(aviary.words)
    planted = set().union(*before.values())
    assert planted >= {
        *(f"public.{table}" for table in ("person", "party_note", "statement", "session_record", "action")),
        *(f"public.{table}" for table in ("dialogue_session", "working_group", "legal_hold", "survey_round")),
        *(f"public.{table}" for table in ("service_client", "destruction", "survey_amendment", "approval")),
        "public.dialogue_template",
        "public.idempotency_key",
    }
    await signed_in_anew(apart, *watchers)
    assert set(await aviary.in_answers(watchers, until=aviary.words)) == set(aviary.words)
    path = f"/session-records/{aviary.final['id']}"
    final_before = await apart.saco_rep.client.get(path)

    await signed_in_anew(apart, apart.administrator, *aviary.birds)
    for number, bird in enumerate(aviary.birds):
        await erased(apart, bird, by=bird if number % 2 else None)

    assert await aviary.in_the_database() == {}
    await signed_in_anew(apart, *watchers, *others)
    assert await aviary.in_answers(watchers + others[: sized(0, len(others))]) == {}
    assert not any(word in every_line.text.lower() for word in aviary.words)
    async with apart.database.read() as session:
        gone = [bird.person.id for bird in aviary.birds]
        for table, column in (
            *(("sign_in", "person_id"), ("credential", "person_id"), ("person_invitation", "person_id")),
            *(("idempotency_key", "person_id"), ("audit_entry", "person_id")),
        ):
            left = sa.text(f"SELECT count(*) FROM {table} WHERE {column} = ANY(:ids)")  # noqa: S608
            assert (await session.execute(left, {"ids": gone})).scalar_one() == 0, table
        jobs = (await session.execute(sa.text("SELECT payload FROM queue.pgqueuer"))).scalars().all()
        assert not any(str(person_id).encode() in job for person_id in gone for job in jobs)
    # Final records are the same to the letter, under the same hash, and show the mandates' functions.
    final_after = await apart.saco_rep.client.get(path)
    for name in ("content", "contentHash", "version", "approvals", "finalAt", "state"):
        assert final_after[name] == final_before[name], name
    assert {each["function"] for each in final_after["content"]["attendances"]} == {"Företrädare"}
    for attendance in final_after["content"]["attendances"]:
        mandate = await apart.archivist.client.request("GET", f"/mandates/{attendance['mandateId']}")
        assert mandate.status_code == 404
    own = next(each for each in final_after["content"]["attendances"] if each["partyId"] == str(apart.saco.id))
    shown = await apart.saco_rep.client.get(f"/mandates/{own['mandateId']}")
    assert shown["personName"] == shown["function"]


async def test_what_is_erased_stays_erased_in_the_database(world: World) -> None:
    """No script puts a name back into the trail, and nobody is taken out of it who has not been erased."""
    await decide(world.saco_rep, f"/working-groups/{(await forming_group(world))['id']}")
    own = UUID(world.saco_rep.id)
    for statement in (
        "UPDATE audit_entry SET person_id = NULL WHERE person_id = :own",
        "UPDATE audit_entry SET person_id = NULL, mandate_id = NULL WHERE person_id = :own",
        "UPDATE audit_entry SET person_id = :own WHERE person_id = :own",
    ):
        # Not the owner's script either, whom no right keeps from anything.
        with pytest.raises(sa.exc.IntegrityError, match="audit_entry is final"):
            async with world.database.own() as session:
                await session.execute(sa.text(statement), {"own": own})
