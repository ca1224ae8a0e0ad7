"""Rule 1: what concerns both sides takes effect when both agree, by people who each stand on one of them."""

import asyncio
from typing import Any

from app.models.party import Party
from tests.learning_stories import proposed_learning
from tests.machines import machine
from tests.stories import decide, final_record, for_review, forming_group, record_under_review, started_group
from tests.survey_stories import amended_round, proposed_round
from tests.world import Someone, World


async def test_rule_1_two_sided(world: World) -> None:
    """No number of one side's people, and no edit, start a group or make a record final."""
    group = await forming_group(world)
    path = f"/working-groups/{group['id']}"
    more = [await world.representative(f"employer_{number}", world.employer) for number in range(2)]
    await decide(world.employer_rep, path)
    for who in more:
        await decide(who, path, expect=409)
    assert (await world.saco_rep.client.get(path))["state"] == "forming"
    await decide(world.saco_rep, path)
    record = await record_under_review(world, group)
    record_path = f"/session-records/{record['id']}"
    await decide(more[0], record_path)
    for who in (more[1], world.employer_rep):
        await decide(who, record_path, expect=409)
    await world.employer_rep.client.change(record_path, {"sharedPicture": "Vår egen bild."})
    await world.employer_rep.client.step(f"{record_path}/transitions", for_review())
    assert (await world.saco_rep.client.get(record_path))["approvals"] == []
    await decide(world.saco_rep, record_path, "approveWithDissent", statement="Vi ser det annorlunda.")
    assert (await world.saco_rep.client.get(record_path))["state"] == "underReview"
    await decide(more[1], record_path)
    final = await world.saco_rep.client.get(record_path)
    assert final["state"] == "final"
    listed = await world.saco_rep.client.get(f"{record_path}/approvals")
    standing = [each for each in listed["items"] if each["voidedAt"] is None]
    assert {each["contentHash"] for each in standing} == {final["contentHash"]}
    assert {each["partyId"] for each in standing} == {str(world.employer.id), str(world.saco.id)}


async def test_rule_1_a_round_is_opened_and_its_threshold_lowered_by_both_sides(world: World) -> None:
    """No number of one side's people open a round, lower its threshold or move its closing time."""
    group = await started_group(world)
    proposed = await proposed_round(world, group)
    path = f"/survey-rounds/{proposed['id']}"
    more = [await world.representative(f"employer_{number}", world.employer) for number in range(2)]
    await decide(world.saco_rep, path)
    # Whoever lowers the threshold has to propose it anew, and nobody has approved that.
    await more[0].client.step(f"{path}/transitions", {"to": "draft"})
    await more[0].client.change(path, {"threshold": 5})
    lowered = await more[0].client.step(f"{path}/transitions", {"to": "proposed"})
    assert (lowered["approvals"], lowered["contentHash"] != proposed["contentHash"]) == ([], True)
    await decide(world.employer_rep, path)
    for who in more:
        await decide(who, path, expect=409)
    assert (await world.saco_rep.client.get(path))["state"] == "proposed"
    await decide(world.saco_rep, path, "approveWithDissent", statement="Sju hade varit bättre.")
    opened = await world.saco_rep.client.get(path)
    assert (opened["state"], opened["threshold"], opened["content"]["threshold"]) == ("open", 5, 5)
    standing = [each for each in (await more[0].client.get(f"{path}/approvals"))["items"] if not each["voidedAt"]]
    assert {each["contentHash"] for each in standing} == {opened["contentHash"]}
    assert {each["partyId"] for each in standing} == {str(world.employer.id), str(world.saco.id)}
    await more[0].client.refused(
        "PATCH", path, 409, "roundNotDraft", json={"threshold": 5}, etag=f'"{opened["version"]}"'
    )
    amendment = f"/survey-amendments/{(await amended_round(world, opened, closesAt=None))['id']}"
    await decide(world.employer_rep, amendment)
    for who in more:
        await decide(who, amendment, expect=409)
    assert (await world.saco_rep.client.get(path))["state"] == "open"
    await decide(world.saco_rep, amendment)
    assert (await world.saco_rep.client.get(path))["state"] == "closed"


async def test_rule_1_what_a_group_has_learned_is_shared_by_both_sides(world: World) -> None:
    """No number of one side's people, nobody's silence and no edit put a group's words before everybody."""
    group = await started_group(world, world.saco, world.seko)
    path = f"/learning-log-entries/{(await proposed_learning(world, group, world.employer_rep))['id']}"
    more = [await world.representative(f"employer_{number}", world.employer) for number in range(2)]
    await decide(more[0], path)
    for who in (more[1], world.employer_rep):
        await decide(who, path, expect=409)
    await decide(world.saco_rep, path)
    read = await more[0].client.change(path, {"text": "Vår egen bild."})
    assert (read["state"], read["approvals"]) == ("proposed", [])
    for who in (world.employer_rep, world.saco_rep):
        assert (await world.employee.client.get(f"{world.path}/learning-library"))["items"] == []
        await decide(who, path)
    await decide(world.seko_rep, path, "approveWithDissent", statement="Hellre arbetsgivarens första ord.")
    (shared,) = (await world.employee.client.get(f"{world.path}/learning-library"))["items"]
    listed = (await world.seko_rep.client.get(f"{path}/approvals"))["items"]
    standing = [each for each in listed if each["voidedAt"] is None]
    assert {each["contentHash"] for each in standing} == {shared["contentHash"]}
    assert {each["partyId"] for each in standing} == {str(each.id) for each in (world.employer, world.saco, world.seko)}


async def test_rule_1_any_union_is_enough_where_all_parties_chose_so(world: World) -> None:
    """With the rule `any` one union agrees for its side, never for the employer; the choice itself takes everyone."""
    group = await forming_group(world, world.saco, world.seko, approvalRule="any")
    path = f"/working-groups/{group['id']}"
    for who in (world.employer_rep, world.saco_rep, world.seko_rep):
        assert (await who.client.get(path))["state"] == "forming"
        await decide(who, path)
    assert (await world.seko_rep.client.get(path))["state"] == "active"
    unions, both = (world.saco_rep, world.seko_rep), (world.employer_rep, world.seko_rep)
    for deciding, state in ((unions, "underReview"), (both, "final")):
        record = f"/session-records/{(await record_under_review(world, group))['id']}"
        await decide(deciding[0], record)
        assert (await world.saco_rep.client.get(record))["state"] == "underReview"
        await decide(deciding[1], record)
        assert (await world.saco_rep.client.get(record))["state"] == state


async def test_rule_1_nobody_on_both_sides(world: World) -> None:
    """Who speaks for one side gets no mandate from the other, not even when both appoint at once."""

    async def appoint(by: Someone, party: Party, person: Someone) -> Any:
        body = {"personId": person.id, "function": "Företrädare"}
        return await by.client.request("POST", f"/parties/{party.id}/mandates", json=body)

    for by, party, person in (
        (world.employer_rep, world.employer, world.saco_rep),
        (world.saco_rep, world.saco, world.employer_rep),
    ):
        refused = await appoint(by, party, person)
        assert (refused.status_code, refused.json()["code"]) == (409, "bothSides")
    for number in range(5):
        wanted = await world.someone(f"wanted_{number}")
        answers = await asyncio.gather(
            appoint(world.employer_rep, world.employer, wanted), appoint(world.saco_rep, world.saco, wanted)
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert len((await wanted.client.get("/me"))["mandates"]) == 1
    assert (await appoint(world.seko_rep, world.seko, world.saco_rep)).status_code == 201, "two unions are one side"


async def test_rule_1_a_program_reads_what_both_sides_let_it_read(world: World) -> None:
    """Neither a side alone, nor the administrator, nor any edit lets a service client read records or results."""
    record = await final_record(world, await started_group(world))
    it = await machine(world)
    path = f"/session-records/{record['id']}"
    more = [await world.representative(f"employer_{number}", world.employer) for number in range(2)]
    await decide(more[0], it.path)
    for who in (more[1], world.employer_rep):
        await decide(who, it.path, expect=409)
    await decide(world.saco_rep, it.path, "approveWithDissent", statement="Helst inte bilagorna.")
    await it.client.refused("GET", path, 404, "notFound")
    # Nobody's silence is consent: Seko has said nothing.
    assert (await world.seko_rep.client.get(it.path))["consentedAt"] is None
    await decide(world.seko_rep, it.path)
    assert (await it.client.get(path))["contentHash"] == record["contentHash"]
    seen = await world.seko_rep.client.get(it.path)
    assert {each["partyId"] for each in seen["approvals"]} == {
        str(each.id) for each in (world.employer, world.saco, world.seko)
    }
    await world.administrator.client.change(it.path, {"allowedNetworks": ["0.0.0.0/0"]})
    await it.client.refused("GET", path, 404, "notFound")
    assert (await world.seko_rep.client.get(it.path))["approvals"] == []
