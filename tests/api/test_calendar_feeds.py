"""A calendar by address: what its person may read at this moment, for programs that cannot sign in."""

import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
import vobject
from sqlmodel import col

from app.models.calendar_feed import CalendarFeed
from app.models.dialogue_template import DialogueTemplate
from app.models.mandate import Mandate
from app.models.person import Person
from app.services.calendar import swedish_day
from tests.client import Client, Response
from tests.in_process import ROOT
from tests.stories import agreed_action, planned_session, soon, started_group, trail, written_record
from tests.survey_stories import draft_round, open_round
from tests.world import World

MINE = "/me/calendar-feeds"


async def fetched(client: Client, address: str, **headers: str) -> Response:
    """As a calendar program asks: with nothing but the address."""
    return await client.http.get(address.removeprefix(ROOT), headers=headers)


async def events(client: Client, address: str) -> dict[str, Any]:
    answer = await fetched(client, address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    found = vobject.readOne(answer.text).contents.get("vevent", [])
    return {event.uid.value: event for event in found}


async def test_what_is_ahead_in_a_program_of_ones_own(world: World) -> None:
    group, elsewhere = await started_group(world), await started_group(world, world.seko)
    hostile = 'Ålen; våning 2, \\n"rum": 7'
    planned = await planned_session(world, group, startsAt="2030-03-01T13:00:00+01:00", place=hostile)
    called_off = await planned_session(world, group, startsAt="2030-04-01T13:00:00+02:00")
    ending = {"to": "cancelled", "reason": "Flera är sjuka."}
    await world.facilitator.client.step(f"/dialogue-sessions/{called_off['id']}/transitions", ending)
    not_theirs = await planned_session(world, elsewhere, startsAt="2030-05-01T13:00:00+02:00")
    record = await written_record(world, group)
    note = {"text": "Hemligt om fikarummet."}
    held = f"/dialogue-sessions/{record['dialogueSessionId']}"
    await world.saco_rep.client.post(f"{held}/party-notes", note)
    step = await agreed_action(world, record, what="Byta tavla,\ntillsammans; å ä ö.")
    asked = await open_round(world, group, title="Lärklimat, hösten; 2029")
    undecided = await draft_round(world, group)

    made = await world.saco_rep.client.post(MINE, {})
    everything = await events(world.saco_rep.client, made["address"])
    ids = {each["id"] for each in (planned, called_off, step)}
    rounds = {f"{asked['id']}-opens", f"{asked['id']}-closes"}
    assert everything.keys() - {record["dialogueSessionId"]} == ids | rounds
    assert not any(uid.startswith((not_theirs["id"], undecided["id"])) for uid in everything)
    session, cancelled, due = (everything[each["id"]] for each in (planned, called_off, step))
    template = await world.saco_rep.client.get(f"/dialogue-templates/{planned['dialogueTemplateId']}")
    assert session.summary.value == template["content"]["title"]["sv"]
    assert session.duration.value == timedelta(minutes=template["content"]["totalMinutes"])
    assert (session.dtstart.value.isoformat(), session.location.value) == ("2030-03-01T12:00:00+00:00", hostile)
    assert (cancelled.status.value, cancelled.sequence.value) == ("CANCELLED", "1")
    assert (session.status.value, session.sequence.value) == ("CONFIRMED", "0")
    assert due.summary.value == "Ska vara klart: Byta tavla, tillsammans; å ä ö."
    assert due.dtstart.value.isoformat() == step["dueOn"]
    assert everything[f"{asked['id']}-closes"].summary.value == "Enkäten stänger: Lärklimat, hösten; 2029"
    # Nothing that is one party's own, and nobody's name.
    told = (await fetched(world.saco_rep.client, made["address"])).text.replace("\r\n ", "")
    assert "Hemligt" not in told
    assert not [who.person.name for who in world.people.values() if who.person.name in told]
    # Of one group, in the reader's language, and for whoever leads a session as far as they may read.
    await world.seko_rep.client.change(f"/people/{world.seko_rep.id}", {"language": "en"})
    of_group = await world.seko_rep.client.post(MINE, {"workingGroupId": elsewhere["id"]})
    (only,) = (await events(world.seko_rep.client, of_group["address"])).values()
    assert (only.uid.value, only.summary.value) == (not_theirs["id"], template["content"]["title"]["en"])
    both = await world.employer_rep.client.post(MINE, {"workingGroupId": group["id"]})
    assert (await events(world.employer_rep.client, both["address"])).keys() == everything.keys()
    leads = await world.facilitator.client.post(MINE, {})
    theirs = await events(world.facilitator.client, leads["address"])
    await world.facilitator.client.get(f"/dialogue-sessions/{called_off['id']}", 404)
    assert theirs.keys() == everything.keys() - {called_off["id"]} | {not_theirs["id"]}
    unknown = {"workingGroupId": elsewhere["id"]}
    await world.saco_rep.client.refused("POST", MINE, 422, "unknownWorkingGroup", json=unknown)


async def test_the_address_is_shown_once_and_is_ones_own(world: World) -> None:
    own, key = world.employee.client, {"Idempotency-Key": "kalender-ett"}
    first = await own.post(MINE, {}, headers=key)
    again = await own.post(MINE, {}, headers=key)
    assert (again["id"], again["address"]) == (first["id"], None)
    path = f"/calendar-feeds/{first['id']}"
    assert (await own.get(path))["address"] is None
    token = first["address"].removeprefix(f"{ROOT}/calendar-feeds/").removesuffix(".ics")
    assert len(token) == 43
    async with world.database.read() as session:
        row = (await session.execute(sa.text("SELECT calendar_feed::text FROM calendar_feed"))).scalars().all()
    assert not [each for each in row if token in each]
    assert [each["id"] for each in (await own.get(MINE))["items"]] == [first["id"]]
    for other in (world.saco_rep.client, world.administrator.client):
        await other.refused("GET", path, 404, "notFound")
        await other.refused("DELETE", path, 404, "notFound", etag='"1"')
    # That there is one is nobody else's business either.
    for who, told in ((own, ["create_calendar_feed"]), (world.saco_rep.client, [])):
        assert [each["operation"] for each in await trail(who, world, subjectId=first["id"])] == told
    # What a program is answered, and what is logged of it.
    with structlog.testing.capture_logs() as logged:
        answer = await fetched(own, first["address"])
        tag = answer.headers["etag"]
        assert (await fetched(own, first["address"], **{"If-None-Match": tag})).status_code == 304
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert answer.headers["referrer-policy"] == "no-referrer"
    # Counted by the address that asks, as every stranger's request.
    assert answer.headers["ratelimit-policy"].startswith('"strangers";')
    assert [each["route"] for each in logged if each["event"] == "request"] == ["/calendar-feeds/{address}"] * 2
    assert token not in json.dumps(logged, default=str)
    # Nothing else opens it; and once it is revoked this does not either, as if it had never been.
    for guess in (token, f"{token}.ICS", f"{token[:-1]}.ics", f"{token}=.ics", f"{'A' * 43}.ics", ".ics", "å.ics"):
        refused = await fetched(own, f"/calendar-feeds/{guess}")
        assert (refused.status_code, refused.json()["code"]) == (404, "notFound"), guess
    await own.change(path, None, 204, method="DELETE")
    gone = (await fetched(own, first["address"])).json()
    assert {**gone, "instance": ""} == {**refused.json(), "instance": ""}


async def test_it_follows_what_its_person_may_read(world: World) -> None:
    """Without a mandate the group's days are gone, and a person who is not active has no calendar."""
    group = await started_group(world)
    planned = await planned_session(world, group, startsAt=soon(3))
    member = await world.representative("member", world.saco, working_group_id=group["id"])
    made = await member.client.post(MINE, {"workingGroupId": group["id"]})
    assert set(await events(member.client, made["address"])) == {planned["id"]}

    async def changed(statement: Any) -> None:
        async with world.database.write() as session:
            await session.execute(statement.execution_options(synchronize_session=False))

    mandate = sa.update(Mandate).where(col(Mandate.person_id) == member.person.id)
    yesterday = swedish_day(member.person.created_at) - timedelta(days=1)
    await changed(mandate.values(valid_from=yesterday, valid_to=yesterday))
    assert await events(member.client, made["address"]) == {}
    await changed(mandate.values(valid_to=None))
    assert set(await events(member.client, made["address"])) == {planned["id"]}
    # Of a session on a template that is written in English alone, a Swede is told what it is called there.
    of_template = (await world.template()).model_dump(exclude={"id", "search_sv", "search_en"})
    english = DialogueTemplate(**of_template | {"key": "in-english", "title": {"sv": None, "en": "Work, well done"}})
    await world.add(english)
    also = await planned_session(world, group, startsAt=soon(4), dialogueTemplateId=str(english.id))
    shown = await events(member.client, made["address"])
    assert shown[also["id"]].summary.value == "Work, well done"
    await changed(sa.update(Person).where(col(Person.id) == member.person.id).values(active=False))
    assert (await fetched(member.client, made["address"])).status_code == 404
    # Whoever is erased leaves none behind.
    await changed(mandate.values(valid_to=yesterday))
    await world.administrator.client.change(f"/people/{member.id}", None, 204, method="DELETE")
    feeds = sa.select(sa.func.count()).select_from(CalendarFeed).where(col(CalendarFeed.person_id) == member.person.id)
    async with world.database.read() as session:
        assert (await session.execute(feeds)).scalar_one() == 0
