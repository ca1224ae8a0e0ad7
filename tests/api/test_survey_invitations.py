"""Invitations over HTTP: whom a batch invites, how many there can be, slips handed out once, voiding, reminders."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
import time_machine
import zxingcpp
from fastapi import FastAPI
from sqlmodel import col

from app.models.person import Person
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.unit import Unit
from app.services import ballot
from tests import stories
from tests.mail_stage import a_round, colleagues
from tests.printed import pictures
from tests.world import World

Json = dict[str, Any]


async def hashes(world: World, survey_round: SurveyRound, unit_id: Any = None) -> set[bytes]:
    query = sa.select(col(SurveyInvitation.token_hash)).where(col(SurveyInvitation.survey_round_id) == survey_round.id)
    if unit_id is not None:
        query = query.where(col(SurveyInvitation.unit_id) == unit_id)
    async with world.database.read() as session:
        return set((await session.execute(query)).scalars())


def path_of(survey_round: SurveyRound) -> str:
    return f"/survey-rounds/{survey_round.id}/invitations"


def slips(world: World, count: int = 3) -> Json:
    return {"unitId": str(world.unit.id), "kind": "slips", "count": count}


async def an_open_round(world: World, *headcounts: Any, **more: Any) -> SurveyRound:
    return await a_round(world, await stories.started_group(world), *headcounts, **more)


# --- Whom a batch invites -----------------------------------------------------------------------------------------


async def test_people_are_invited_where_they_stand_in_the_round(world: World) -> None:
    """Whoever works below a unit that stands on its own belongs to that one, and to nothing above it."""
    listed = await world.unit_under(world.subunit, "Egen enhet")
    below = await world.unit_under(world.subunit, "Under enhet")
    under_listed = await world.unit_under(listed, "Under egen")
    outside = await world.unit_under(None, "Utanför")
    survey_round = await an_open_round(world, (world.unit, 30), (listed, 10))
    counts = {world.unit.id: 1, world.subunit.id: 2, below.id: 3, listed.id: 4, under_listed.id: 5, outside.id: 6}
    for unit in (world.unit, world.subunit, below, listed, under_listed, outside):
        await colleagues(world, unit, counts[unit.id])
    rep = world.saco_rep.client
    made = await rep.post(path_of(survey_round), {"unitId": str(world.unit.id), "kind": "people"})
    assert (made["invited"], made["mailed"], made["slipLinks"], made["voidedAt"]) == (6, 6, [], None)
    made = await rep.post(path_of(survey_round), {"unitId": str(listed.id), "kind": "people"})
    assert made["invited"] == 9
    assert len(await hashes(world, survey_round, listed.id)) == 9
    for unit_id in (world.subunit.id, outside.id, uuid4()):
        sent = {"unitId": str(unit_id), "kind": "people"}
        problem = await rep.refused("POST", path_of(survey_round), 422, "unitNotInRound", json=sent)
        assert problem["errors"][0]["pointer"] == "/unitId"
    listing = await rep.get(path_of(survey_round))
    assert [item["invited"] for item in listing["items"]] == [6, 9]
    assert await rep.get(f"/survey-invitation-batches/{made['id']}") == made


async def test_nobody_is_invited_twice(world: World) -> None:
    survey_round = await an_open_round(world)
    people = await colleagues(world, world.unit, 3)
    rep, sent = world.employer_rep.client, {"unitId": str(world.unit.id), "kind": "people"}
    assert (await rep.post(path_of(survey_round), sent))["invited"] == 3
    await rep.refused("POST", path_of(survey_round), 409, "nobodyToInvite", json=sent)
    (newcomer,) = await colleagues(world, world.unit, 1)
    # By an address first, and then as a person; as a person first, and then by an address.
    listed = {"unitId": str(world.unit.id), "kind": "addresses", "addresses": [newcomer.email.upper()]}
    assert (await rep.post(path_of(survey_round), listed))["invited"] == 1
    await rep.refused("POST", path_of(survey_round), 409, "nobodyToInvite", json=sent)
    listed["addresses"] = [people[0].email.title(), "ny@example.se"]
    made = await rep.post(path_of(survey_round), listed)
    assert (made["invited"], made["mailed"]) == (1, 1), "people are reminded with the people"
    assert len(await hashes(world, survey_round)) == 5


async def test_a_key_that_is_not_there_is_no_fault_of_the_one_who_asks(world: World) -> None:
    survey_round = await an_open_round(world)
    await colleagues(world, world.unit, 1)
    world.app.state.key_store.destroy(survey_round.id)
    for path, sent in (
        (path_of(survey_round), {"unitId": str(world.unit.id), "kind": "people"}),
        (f"/survey-rounds/{survey_round.id}/reminders", {}),
    ):
        await world.saco_rep.client.refused("POST", path, 503, "keyStoreAway", json=sent)
    assert await hashes(world, survey_round) == set()


async def test_a_list_of_addresses_is_reminded_as_a_whole_and_once_a_day(world: World) -> None:
    """A reminder to one of them would say something of that one."""
    other = await world.unit_under(world.unit, "Ett annat lag")
    survey_round = await an_open_round(world, (world.unit, 40), (other, 40))
    rep, everyone = world.saco_rep.client, [f"nr{number}@example.se" for number in range(5)]

    async def listed(*addresses: str, unit: Unit = world.unit) -> tuple[int, int]:
        sent = {"unitId": str(unit.id), "kind": "addresses", "addresses": addresses}
        made = await rep.post(path_of(survey_round), sent)
        return made["invited"], made["mailed"]

    assert await listed(*everyone) == (5, 5)
    assert await listed(*everyone) == (0, 0), "within a day"
    async with world.database.write() as session:
        await session.execute(
            sa.text("UPDATE survey_invitation_batch SET created_at = created_at - interval '25 hours'")
        )
    assert await listed(everyone[0]) == (0, 0)
    async with world.database.write() as session:
        await session.execute(
            sa.text("UPDATE survey_invitation_batch SET created_at = created_at - interval '25 hours'")
        )
    assert await listed(*everyone[:4], "ny@example.se") == (1, 1), "the new one is invited, and the four not reminded"
    # Not by way of another unit either, whether it has a list of its own or not.
    assert await listed(everyone[0], unit=other) == (0, 0)
    assert await listed(everyone[0], "an@example.se", unit=other) == (1, 1)
    async with world.database.write() as session:
        await session.execute(
            sa.text("UPDATE survey_invitation_batch SET created_at = created_at - interval '25 hours'")
        )
    assert await listed(everyone[0], "an@example.se", unit=other) == (0, 1)
    assert await listed(*everyone, "NY@example.se") == (0, 6)


async def test_nobody_is_counted_in_a_unit_they_do_not_work_in(world: World) -> None:
    """Seven people chosen among those of one unit and invited in another would be a group of one side's making."""
    team, other = [await world.unit_under(world.unit, name) for name in ("Laget", "Ett annat lag")]
    survey_round = await an_open_round(world, (world.unit, 40), (team, 40), (other, 40))
    chosen = [each.email for each in await colleagues(world, team, 7)]
    (nowhere,) = await colleagues(world, None, 1)
    rep = world.employer_rep.client
    sent = {"unitId": str(other.id), "kind": "addresses", "addresses": ["ny@example.se", nowhere.email, *chosen]}
    problem = await rep.refused("POST", path_of(survey_round), 422, "worksElsewhere", json=sent)
    assert [each["pointer"] for each in problem["errors"]] == [f"/addresses/{place}" for place in range(2, 9)]
    sent = {"unitId": str(world.unit.id), "kind": "addresses", "addresses": [chosen[0].upper()]}
    await rep.refused("POST", path_of(survey_round), 422, "worksElsewhere", json=sent)
    sent = {"unitId": str(team.id), "kind": "addresses", "addresses": [*chosen, nowhere.email]}
    assert (await rep.post(path_of(survey_round), sent))["invited"] == 8


async def test_two_batches_at_once_invite_nobody_twice_and_no_more_than_there_are(world: World) -> None:
    survey_round = await an_open_round(world, (world.unit, 5))
    await colleagues(world, world.unit, 3)
    people = {"unitId": str(world.unit.id), "kind": "people"}
    answers = await asyncio.gather(
        *(
            who.client.request("POST", path_of(survey_round), json=sent)
            for who in (world.employer_rep, world.saco_rep)
            for sent in (people, slips(world, 2), slips(world, 2))
        )
    )
    assert sorted(answer.status_code for answer in answers).count(201) in {2, 3}
    assert len(await hashes(world, survey_round)) <= 5


@pytest.mark.parametrize("kind", ["people", "addresses", "slips"])
async def test_there_are_never_more_invitations_than_people(world: World, kind: str) -> None:
    survey_round = await an_open_round(world, (world.unit, 4))
    await colleagues(world, world.unit, 3)
    rep = world.saco_rep.client
    await rep.post(path_of(survey_round), slips(world, 2))
    before = await hashes(world, survey_round)
    sent: Json = {"unitId": str(world.unit.id), "kind": kind}
    more: Json = {"addresses": ["a@example.se", "b@example.se", "c@example.se"]} if kind == "addresses" else {}
    sent |= {"count": 3} if kind == "slips" else more
    problem = await rep.refused("POST", path_of(survey_round), 409, "moreThanHeadcount", json=sent)
    if kind != "people":
        assert problem["errors"][0]["pointer"] == f"/{'count' if kind == 'slips' else 'addresses'}"
    assert await hashes(world, survey_round) == before
    assert (await rep.post(path_of(survey_round), slips(world, 2)))["invited"] == 2


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({"kind": "people", "count": 2}, "/count", "notForThisKind"),
        ({"kind": "people", "addresses": ["a@example.se"]}, "/addresses", "notForThisKind"),
        ({"kind": "people", "language": "en"}, "/language", "notForThisKind"),
        ({"kind": "addresses"}, "/addresses", "neededForThisKind"),
        ({"kind": "addresses", "addresses": ["a@example.se"], "count": 1}, "/count", "notForThisKind"),
        ({"kind": "slips"}, "/count", "neededForThisKind"),
        ({"kind": "slips", "count": 0}, "/count", "greaterThanEqual"),
        ({"kind": "slips", "count": 201}, "/count", "lessThanEqual"),
        ({"kind": "slips", "count": 2, "addresses": ["a@example.se"]}, "/addresses", "notForThisKind"),
        ({"kind": "addresses", "addresses": []}, "/addresses", "tooShort"),
        ({"kind": "addresses", "addresses": ["a@example.se\nBcc: b@example.se"]}, "/addresses/0", "controlCharacter"),
        ({"kind": "addresses", "addresses": ["a@example.se", "b"]}, "/addresses/1", "emailForm"),
        ({"kind": "letters"}, "/kind", "enum"),
    ],
)
async def test_a_batch_says_what_its_kind_needs_and_nothing_else(
    world: World, sent: Json, pointer: str, code: str
) -> None:
    survey_round = await an_open_round(world)
    response = await world.saco_rep.client.request(
        "POST", path_of(survey_round), json={"unitId": str(world.unit.id), **sent}, expect=422
    )
    assert [(each["pointer"], each["code"]) for each in response.json()["errors"]] == [(pointer, code)]


async def test_only_those_at_the_table_invite_and_others_see_nothing(app: FastAPI, world: World) -> None:
    survey_round = await an_open_round(world)
    made = await world.saco_rep.client.post(path_of(survey_round), slips(world))
    batch = f"/survey-invitation-batches/{made['id']}"
    async with World(app) as other:
        for who in (other.employer_rep, world.seko_rep, world.archivist, world.employee, world.administrator):
            await who.client.refused("POST", path_of(survey_round), 404, "notFound", json=slips(world))
            await who.client.refused("GET", path_of(survey_round), 404, "notFound")
            await who.client.refused("GET", batch, 404, "notFound")
            await who.client.refused("POST", f"/survey-rounds/{survey_round.id}/reminders", 404, "notFound", json={})
        # A unit of one organisation is in no round of another.
        sent = slips(world) | {"unitId": str(other.unit.id)}
        await world.saco_rep.client.refused("POST", path_of(survey_round), 422, "unitNotInRound", json=sent)
    assert (await world.employer_rep.client.get(batch))["slipLinks"] == []


async def test_inviting_takes_a_round_that_both_sides_have_opened(world: World) -> None:
    group = await stories.started_group(world)
    rep = world.employer_rep.client
    unfit: tuple[Json, ...] = (
        {"state": SurveyRoundState.DRAFT},
        {"state": SurveyRoundState.PROPOSED},
        {"state": SurveyRoundState.CLOSED},
        {"state": SurveyRoundState.CANCELLED},
        {"opens_in": timedelta(days=-9), "closes_in": timedelta(seconds=-1)},
    )
    for more in unfit:
        survey_round = await a_round(world, group, **more)
        await rep.refused("POST", path_of(survey_round), 409, "roundNotOpen", json=slips(world))
    # It may be before anybody can answer: slips are printed in good time.
    ahead = await a_round(world, group, opens_in=timedelta(days=3))
    assert (await rep.post(path_of(ahead), slips(world)))["invited"] == 3


@pytest.mark.parametrize(("first", "second"), [("employer_rep", "saco_rep"), ("saco_rep", "employer_rep")])
async def test_both_sides_can_do_the_same(world: World, first: str, second: str) -> None:
    ahead = await an_open_round(world, opens_in=timedelta(hours=1))
    one, two = world.people[first].client, world.people[second].client
    made = await one.post(path_of(ahead), slips(world))
    assert (await two.get(f"/survey-invitation-batches/{made['id']}"))["invited"] == 3
    unit = f"/survey-rounds/{ahead.id}/units/{world.unit.id}/invitations"
    await two.request("DELETE", unit, etag=await two.etag(f"/survey-rounds/{ahead.id}"), expect=204)
    assert (await one.get(f"/survey-invitation-batches/{made['id']}"))["voidedAt"] is not None
    trail = await stories.trail(world.people[first], world)
    assert [entry["operation"] for entry in trail[-2:]] == ["create_survey_invitation_batch", "void_survey_invitations"]
    assert {entry["subjectType"] for entry in trail[-2:]} == {"survey_invitation_batch"}
    assert str(world.people[second].id) == trail[-1]["personId"]


# --- Slips --------------------------------------------------------------------------------------------------------


async def test_slips_are_in_the_first_answer_only(world: World) -> None:
    survey_round = await an_open_round(world)
    rep, headers = world.saco_rep.client, {"Idempotency-Key": f"lappar-{uuid4()}"}
    made = await rep.post(path_of(survey_round), slips(world), headers=headers)
    tokens = [link.rpartition("#")[2] for link in made["slipLinks"]]
    assert {ballot.token_hash(token) for token in tokens} == await hashes(world, survey_round)
    assert all(link.startswith("http://127.0.0.1:8000/larande/v1/docs#") for link in made["slipLinks"])
    problem = await rep.refused(
        "POST", path_of(survey_round), 409, "slipsHandedOut", json=slips(world), headers=headers
    )
    assert "makuleras" in problem["detail"]
    read = await rep.get(f"/survey-invitation-batches/{made['id']}")
    assert read == made | {"slipLinks": []}
    assert len(await hashes(world, survey_round)) == 3


async def test_slips_as_a_file_for_a_spreadsheet(world: World) -> None:
    survey_round = await an_open_round(world, title='=HYPERLINK("http://ond.example";"Klicka")')
    response = await world.saco_rep.client.request(
        "POST", path_of(survey_round), json=slips(world), headers={"Accept": "text/csv"}, expect=201
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="slips.csv"'
    assert response.headers["cache-control"] == "private, no-store"
    assert "/survey-invitation-batches/" in response.headers["location"]
    assert response.content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Enhet", "Enkät", "Sista dag", "Länk"]
    assert len(rows) == 1 + 3
    assert all(row[1].startswith("'=HYPERLINK") for row in rows[1:])
    tokens = {row[3].rpartition("#")[2] for row in rows[1:]}
    assert {ballot.token_hash(token) for token in tokens} == await hashes(world, survey_round)


async def test_slips_as_a_sheet_whose_codes_open_the_survey(world: World) -> None:
    survey_round = await an_open_round(world)
    response = await world.employer_rep.client.request(
        "POST",
        path_of(survey_round),
        json=slips(world, 9),
        headers={"Accept": "application/pdf;q=0.9, application/json;q=0.5"},
        expect=201,
    )
    assert response.headers["content-type"] == "application/pdf"
    codes = [
        code.text
        for picture in pictures(response.content, 3)
        for code in zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])
        )
    ]
    assert len(codes) == 9
    assert {ballot.token_hash(code.rpartition("#")[2]) for code in codes} == await hashes(world, survey_round)


async def test_only_slips_come_as_files(world: World) -> None:
    survey_round = await an_open_round(world)
    await colleagues(world, world.unit, 1)
    sent = {"unitId": str(world.unit.id), "kind": "people"}
    rep = world.saco_rep.client
    for accept in ("text/csv", "application/pdf", "text/html"):
        headers = {"Accept": accept}
        await rep.refused("POST", path_of(survey_round), 406, "notAcceptable", json=sent, headers=headers)
        await rep.refused("GET", path_of(survey_round), 406, "notAcceptable", headers=headers)
    assert await hashes(world, survey_round) == set()
    either = {"Accept": "text/csv, */*;q=0.1"}
    assert (await rep.request("POST", path_of(survey_round), json=slips(world), headers=either)).text.startswith(
        "\ufeff"
    )


# --- Voiding ------------------------------------------------------------------------------------------------------


async def test_invitations_are_voided_before_anybody_can_answer_and_never_after(world: World) -> None:
    survey_round = await an_open_round(world, (world.unit, 5), (world.subunit, 5), opens_in=timedelta(hours=1))
    rep = world.saco_rep.client
    await rep.post(path_of(survey_round), slips(world, 5))
    other = await rep.post(path_of(survey_round), slips(world, 4) | {"unitId": str(world.subunit.id)})
    path = f"/survey-rounds/{survey_round.id}/units/{world.unit.id}/invitations"
    await rep.refused("DELETE", path, 428, "preconditionRequired")
    await rep.refused("DELETE", path, 412, "staleVersion", etag='"7"')
    unknown = f"/survey-rounds/{survey_round.id}/units/{uuid4()}/invitations"
    await rep.refused("DELETE", unknown, 404, "notFound", etag='"1"')
    await rep.request("DELETE", path, etag='"1"', expect=204)
    assert await hashes(world, survey_round, world.unit.id) == set()
    assert len(await hashes(world, survey_round)) == 4
    assert (await rep.get(f"/survey-invitation-batches/{other['id']}"))["voidedAt"] is None
    # There is room again.
    made = await rep.post(path_of(survey_round), slips(world, 5))
    listed = (await rep.get(path_of(survey_round)))["items"]
    assert [item["voidedAt"] is None for item in listed] == [False, True, True]
    async with world.database.write() as session:
        begun = {"opens_at": datetime.now(UTC) - timedelta(seconds=1)}
        await session.execute(sa.update(SurveyRound).where(col(SurveyRound.id) == survey_round.id).values(begun))
    await rep.refused("DELETE", path, 409, "surveyRoundHasBegun", etag='"1"')
    assert (await rep.get(f"/survey-invitation-batches/{made['id']}"))["voidedAt"] is None
    assert len(await hashes(world, survey_round)) == 9


# --- Reminders ----------------------------------------------------------------------------------------------------


async def test_voiding_that_waited_until_the_round_had_begun_is_refused(world: World) -> None:
    """A storm of answers holds the round's row; whoever waits for it decides at the time at which they are let in."""
    survey_round = await an_open_round(world, opens_in=timedelta(seconds=1.5))
    rep = world.saco_rep.client
    made = await rep.post(path_of(survey_round), slips(world, 4))
    path = f"/survey-rounds/{survey_round.id}/units/{world.unit.id}/invitations"
    etag = await rep.etag(f"/survey-rounds/{survey_round.id}")
    async with world.database.write() as holding:
        await holding.execute(sa.text("SELECT 1 FROM survey_round WHERE id = :id FOR SHARE"), {"id": survey_round.id})
        voiding = asyncio.create_task(rep.request("DELETE", path, etag=etag))
        await asyncio.sleep(1.7)
        for link in made["slipLinks"]:
            token = link.rpartition("#")[2]
            await world.nobody.signed_in(token).post("/survey-responses", {"answers": {"A1": 3}})
        assert not voiding.done()
    response = await voiding
    assert (response.status_code, response.json()["code"]) == (409, "surveyRoundHasBegun")
    assert len(await hashes(world, survey_round)) == 4


async def test_everyone_is_reminded_once_a_day(world: World) -> None:
    survey_round = await an_open_round(world)
    await colleagues(world, world.unit, 3)
    rep, path = world.employer_rep.client, f"/survey-rounds/{survey_round.id}/reminders"
    await rep.post(path_of(survey_round), {"unitId": str(world.unit.id), "kind": "people"})
    async with world.database.write() as session:
        await session.execute(sa.update(SurveyInvitation).values(used=True))
    headers = {"Idempotency-Key": f"minns-{uuid4()}"}
    made = await rep.post(path, {}, headers=headers)
    assert made["mailed"] == 3
    assert await rep.post(path, {}, headers=headers) == made
    refused = await world.saco_rep.client.request("POST", path, json={}, expect=409)
    assert refused.json()["code"] == "remindedRecently"
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    # Whoever has left gets none; a day later the others get another.
    async with world.database.write() as session:
        gone = sa.select(col(Person.id)).where(col(Person.unit_id) == world.unit.id).limit(1).scalar_subquery()
        await session.execute(sa.update(Person).where(col(Person.id) == gone).values(active=False))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24), tick=True):
        client = await stories.now_as(world, world.saco_rep)
        assert (await client.post(path, {}))["mailed"] == 2
        assert [item["mailed"] for item in (await client.get(path))["items"]] == [3, 2]
        assert (await client.get(f"/survey-reminders/{made['id']}"))["mailed"] == 3


async def test_a_reminder_waits_for_the_round_to_begin(world: World) -> None:
    ahead = await an_open_round(world, opens_in=timedelta(hours=1))
    path = f"/survey-rounds/{ahead.id}/reminders"
    await world.saco_rep.client.refused("POST", path, 409, "surveyRoundNotBegun", json={})


async def test_nothing_that_is_shown_depends_on_who_has_answered(world: World) -> None:
    """R1, R6: two rounds alike but for the answers give the same answers, tags and lists."""
    group = await stories.started_group(world)
    seen = []
    for answered in (False, True):
        survey_round = await a_round(world, group)
        made = await world.saco_rep.client.post(path_of(survey_round), slips(world))
        if answered:
            async with world.database.write() as session:
                used = sa.update(SurveyInvitation).where(col(SurveyInvitation.survey_round_id) == survey_round.id)
                await session.execute(used.values(used=True))
        paths = (path_of(survey_round), f"/survey-rounds/{survey_round.id}", f"/survey-invitation-batches/{made['id']}")
        shown = [await world.saco_rep.client.request("GET", path, expect=200) for path in paths]
        text = "".join(response.text for response in shown)
        seen.append(re.sub(r"prov-[0-9a-f]{8}|[0-9a-f]{64}|[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z", "…", text))
    assert seen[0] == seen[1]
