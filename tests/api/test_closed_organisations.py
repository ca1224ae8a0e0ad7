"""In a closed organisation nothing changes any more, and everything reads as before."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy import event
from sqlmodel import SQLModel, col

from app.models.organisation import Organisation, OrganisationState
from app.models.party import Side
from app.services import agreement
from app.services.calendar import swedish_day
from tests import machines
from tests.client import Client
from tests.conftest import app_alone
from tests.guide_stories import RESTART, followed_guide
from tests.instruments import an_instrument, imported
from tests.learning_stories import LEARNED, learned, proposed_learning
from tests.retention_stories import a_destruction
from tests.signing_in import calling_from, give_password, sign_in, try_renew
from tests.stories import (
    Json,
    a_group,
    a_session,
    agreed_action,
    decide,
    final_record,
    for_review,
    forming_group,
    present,
    record_under_review,
    soon,
    started_group,
    written_record,
)
from tests.survey_stories import a_round, amended_round, draft_round, open_round, proposed_round, units_of
from tests.text_stories import every_text, texts_under_review, withhold
from tests.world import World

# What is still done in a closed organisation: people are looked after, a say is ended, the archive finishes its work,
# and what people have answered is released.
STILL_DONE = {
    *("update_person", "update_mandate", "register_session_record", "unlock_survey_round"),
    # Its people still sign in, and its domain may be another's by now.
    *("update_email_domain", "delete_email_domain", "unlink_identity", "end_sign_in"),
    # Clients are not let in any more; whoever looks after them may clear up.
    *("revoke_calendar_feed", "end_service_client", "delete_service_client_credential", "delete_webhook_endpoint"),
    # The archive goes on, and so do people's rights over what is known of them.
    *("create_retention_rule", "update_retention_rule", "delete_retention_rule"),
    *("create_legal_hold", "lift_legal_hold", "erase_person", "create_person_invitation"),
    # Of no organisation.
    "update_identity_provider",
    "transition_failed_job",
    *("delete_interest_registration", "create_joined_organisation"),
}


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    """With a database of its own: all of it is compared, again and again."""
    async with app_alone() as app:
        yield app


@dataclass(frozen=True)
class Things:
    """The addresses of something of every kind, and of what was decided on two of them."""

    unit: str
    party: str
    mandate: str
    forming: str
    active: str
    group_approval: str
    draft_template: str
    published_template: str
    planned: str
    held: str
    note: str
    draft: str
    under_review: str
    record_approval: str
    final: str
    statement: str
    registration: str
    action: str
    agreed: str
    guide: str


async def everything(world: World) -> Things:
    employer, saco = world.employer_rep, world.saco_rep
    forming = f"/working-groups/{(await forming_group(world))['id']}"
    on_group = await decide(employer, forming)
    group = await started_group(world)
    planned = f"/working-groups/{group['id']}/dialogue-sessions"
    planned = f"/dialogue-sessions/{(await employer.client.post(planned, await a_session(world)))['id']}"
    await world.facilitator.client.change(planned, {"attendances": present(employer, saco)})
    draft = await written_record(world, group)
    held = f"/dialogue-sessions/{draft['dialogueSessionId']}"
    note = await saco.client.post(f"{held}/party-notes", {"text": "Eget."})
    action = await agreed_action(world, draft)
    draft_path = f"/session-records/{draft['id']}"
    statement = f"{draft_path}/statements/{world.saco.id}"
    words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": True}
    await saco.client.change(statement, words, method="PUT", etag='"0"')
    under_review = f"/session-records/{(await record_under_review(world, group))['id']}"
    on_record = await decide(employer, under_review)
    final = await written_record(world, group)
    agreed = await agreed_action(world, final)
    final_path = f"/session-records/{final['id']}"
    await world.facilitator.client.step(f"{final_path}/transitions", for_review())
    for who in (employer, saco):
        await decide(who, final_path)
    registration = f"/record-registrations/{final['id']}"
    registered = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
    await world.archivist.client.change(registration, registered, method="PUT", etag='"0"')
    templates = []
    for version in ("1.0.1", "1.0.2"):
        copied = {"derivedFromId": str((await world.template()).id), "templateVersion": version}
        made = await saco.client.post(f"{world.path}/dialogue-templates", copied)
        templates.append(f"/dialogue-templates/{made['id']}")
    await saco.client.step(f"{templates[1]}/transitions", {"to": "published"})
    return Things(
        unit=f"/units/{world.subunit.id}",
        party=f"/parties/{world.saco.id}",
        mandate=f"/mandates/{saco.mandate_id}",
        forming=forming,
        active=f"/working-groups/{group['id']}",
        group_approval=f"/approvals/{on_group['id']}",
        draft_template=templates[0],
        published_template=templates[1],
        planned=planned,
        held=held,
        note=f"/party-notes/{note['id']}",
        draft=draft_path,
        under_review=under_review,
        record_approval=f"/approvals/{on_record['id']}",
        final=final_path,
        statement=statement,
        registration=registration,
        action=f"/actions/{action['id']}",
        agreed=f"/actions/{agreed['id']}",
        guide=await followed_guide(world, await started_group(world)),
    )


@dataclass(frozen=True)
class Attempt:
    """A change that somebody who may make it tries; `of` is the thing it is decided on."""

    operation: str
    who: Client
    of: str
    method: str
    below: str = ""
    body: Any = None


async def attempts(world: World, there: Things) -> list[Attempt]:
    """Every operation that changes something, and would go through in an organisation that is active."""
    admin, employer, saco = world.administrator.client, world.employer_rep.client, world.saco_rep.client
    facilitator = world.facilitator.client
    claimed = await admin.post(f"{world.path}/email-domains", {"domain": "provning.example"})
    new = await world.party(Side.UNION, "Nybildade förbundet")
    somebody = {"personId": world.employee.id, "function": "Ersättare"}
    decision = {"decision": "approve"}
    in_group = decision | {"contentHash": (await saco.get(there.forming))["contentHash"]}
    in_record = decision | {"contentHash": (await saco.get(there.under_review))["contentHash"]}
    template = {"derivedFromId": str((await world.template()).id), "templateVersion": "1.0.3"}
    words = {"answers": {}, "differences": "Vi ser det annorlunda än så.", "published": True}
    step = {"what": "Pröva.", "ownerFunction": "Enhetschef", "dueOn": soon(30)[:10]}
    correction = {"title": "Rättelse", "sharedPicture": "Rätt."}
    closing = {"to": "closed", "reason": "Klart."}
    cancelling = {"to": "cancelled", "reason": "Sjukdom."}
    return [
        Attempt("update_organisation", admin, world.path, "PATCH", body={"name": "Ny"}),
        Attempt("create_unit", employer, world.path, "POST", "/units", {"name": "Ny"}),
        Attempt("create_unit", admin, world.path, "POST", "/units", {"name": "Ny"}),
        Attempt("update_unit", employer, there.unit, "PATCH", body={"name": "Ny"}),
        Attempt("update_unit", admin, there.unit, "PATCH", body={"headcount": 99}),
        Attempt("create_party", admin, world.path, "POST", "/parties", {"side": "union", "name": "Ny"}),
        Attempt("update_party", saco, there.party, "PATCH", body={"name": "Ny"}),
        Attempt("update_party", admin, there.party, "PATCH", body={"name": "Ny"}),
        Attempt("create_person", employer, world.path, "POST", "/people", {"name": "Ny", "email": "ny@example.se"}),
        Attempt("create_email_domain", admin, world.path, "POST", "/email-domains", {"domain": "ny.example"}),
        Attempt("verify_email_domain", admin, f"/email-domains/{claimed['id']}", "POST", "/verifications"),
        Attempt("create_mandate", saco, there.party, "POST", "/mandates", somebody),
        Attempt("create_mandate", admin, f"/parties/{new.id}", "POST", "/mandates", somebody),
        Attempt("create_working_group", employer, world.path, "POST", "/working-groups", a_group(world)),
        Attempt("update_working_group", saco, there.forming, "PATCH", body={"purpose": "Ett annat."}),
        Attempt("approve_working_group", saco, there.forming, "POST", "/approvals", in_group),
        Attempt("withdraw_approval", employer, there.group_approval, "DELETE"),
        Attempt("close_working_group", saco, there.forming, "POST", "/transitions", closing),
        Attempt("close_working_group", saco, there.active, "POST", "/transitions", closing),
        Attempt("create_dialogue_template", saco, world.path, "POST", "/dialogue-templates", template),
        Attempt("update_dialogue_template", saco, there.draft_template, "PATCH", body={"templateVersion": "2.0.0"}),
        Attempt(
            "transition_dialogue_template", saco, there.draft_template, "POST", "/transitions", {"to": "published"}
        ),
        Attempt(
            "transition_dialogue_template", saco, there.published_template, "POST", "/transitions", {"to": "retired"}
        ),
        Attempt("delete_dialogue_template", employer, there.draft_template, "DELETE"),
        Attempt("create_followed_guide", saco, there.active, "POST", "/followed-guides", {"processGuideId": RESTART}),
        Attempt("transition_followed_guide", saco, there.guide, "POST", "/transitions", {"to": "phaseDone"}),
        Attempt("rate_followed_guide", saco, there.guide, "POST", "/self-ratings", {"phase": "anchor", "level": 2}),
        Attempt("create_dialogue_session", saco, there.active, "POST", "/dialogue-sessions", await a_session(world)),
        Attempt("update_dialogue_session", facilitator, there.planned, "PATCH", body={"place": "Annorstädes"}),
        Attempt("update_dialogue_session", saco, there.held, "PATCH", body={"employeeHeadcount": 3}),
        Attempt("transition_dialogue_session", facilitator, there.planned, "POST", "/transitions", {"to": "held"}),
        Attempt("transition_dialogue_session", saco, there.planned, "POST", "/transitions", cancelling),
        Attempt("create_party_note", saco, there.held, "POST", "/party-notes", {"text": "Ett till."}),
        Attempt("update_party_note", saco, there.note, "PATCH", body={"text": "Annat."}),
        Attempt("delete_party_note", saco, there.note, "DELETE"),
        Attempt("update_session_record", facilitator, there.draft, "PATCH", body={"sharedPicture": "Ny bild."}),
        Attempt("update_session_record", saco, there.under_review, "PATCH", body={"sharedPicture": "Ny bild."}),
        Attempt("transition_session_record", facilitator, there.draft, "POST", "/transitions", for_review()),
        Attempt("transition_session_record", saco, there.under_review, "POST", "/transitions", {"to": "draft"}),
        Attempt("write_statement", saco, there.draft, "PUT", there.statement.removeprefix(there.draft), words),
        Attempt("create_action", facilitator, there.draft, "POST", "/actions", step),
        Attempt("update_action", facilitator, there.action, "PATCH", body={"what": "Pröva igen."}),
        Attempt("update_action", saco, there.agreed, "PATCH", body={"what": "Pröva igen."}),
        Attempt("transition_action", saco, there.agreed, "POST", "/transitions", {"to": "done"}),
        Attempt("delete_action", facilitator, there.action, "DELETE"),
        Attempt("approve_session_record", saco, there.under_review, "POST", "/approvals", in_record),
        Attempt("withdraw_approval", employer, there.record_approval, "DELETE"),
        Attempt("create_appendix", facilitator, there.final, "POST", "/appendices", correction),
        # Last: nobody speaks for the party after the one, and the other is how the organisation was closed.
        Attempt("close_party", saco, there.party, "POST", "/transitions", {"to": "closed"}),
        Attempt("close_organisation", admin, world.path, "POST", "/transitions", {"to": "closed"}),
    ]


async def survey_attempts(world: World) -> list[Attempt]:
    """The same for surveys, on a round in every state that can be changed."""
    employer, saco = world.employer_rep.client, world.saco_rep.client
    group = await started_group(world)
    unlike = {name: str(unit.id) for name, unit in (await units_of(world, dict.fromkeys("abcde", 20))).items()}
    draft = await draft_round(world, group, rootUnitId=unlike["a"])
    two_keys = await draft_round(world, group, rootUnitId=unlike["a"], twoKeys=True)
    proposed = await proposed_round(world, group, rootUnitId=unlike["b"])
    begun = await open_round(world, group, rootUnitId=unlike["c"])
    ahead = await open_round(world, group, rootUnitId=unlike["d"], opensAt=soon(1))
    amended = await open_round(world, group, rootUnitId=unlike["e"])
    amendment = await amended_round(world, amended)
    _box, texts = await texts_under_review(world, group)
    text, another = (await every_text(world.saco_rep, texts))[:2]
    texts = await withhold(world.saco_rep, texts, another)
    imported_path = f"/instruments/{(await imported(world))['id']}"
    of = {
        "group": f"/working-groups/{group['id']}",
        "draft": f"/survey-rounds/{draft['id']}",
        "two keys": f"/survey-rounds/{two_keys['id']}",
        "proposed": f"/survey-rounds/{proposed['id']}",
        "begun": f"/survey-rounds/{begun['id']}",
        "ahead": f"/survey-rounds/{ahead['id']}",
        "amendment": f"/survey-amendments/{amendment['id']}",
        "texts": f"/survey-texts/{texts['id']}",
    }

    def agree(content: Json) -> Json:
        return {"decision": "approve", "contentHash": content["contentHash"]}

    slips = {"unitId": begun["rootUnitId"], "kind": "slips", "count": 1}
    later = {"closesAt": soon(10), "reason": "Många är på fältarbete."}
    cancelling = {"to": "cancelled", "reason": "Inte nu."}
    withheld = {"textId": text["id"], "reason": "authorRecognisable"}
    return [
        Attempt("create_instrument", saco, world.path, "POST", "/instruments", an_instrument(key="annan")),
        Attempt("transition_instrument", saco, imported_path, "POST", "/transitions", {"to": "retired"}),
        Attempt("create_survey_round", saco, of["group"], "POST", "/survey-rounds", await a_round(world)),
        Attempt("update_survey_round", saco, of["draft"], "PATCH", body={"title": "Annan titel"}),
        Attempt("create_key_share", employer, of["two keys"], "POST", "/key-shares"),
        Attempt("transition_survey_round", saco, of["draft"], "POST", "/transitions", {"to": "proposed"}),
        Attempt("transition_survey_round", employer, of["proposed"], "POST", "/transitions", cancelling),
        Attempt("approve_survey_round", saco, of["proposed"], "POST", "/approvals", agree(proposed)),
        Attempt("create_survey_invitation_batch", saco, of["begun"], "POST", "/invitations", slips),
        Attempt("void_survey_invitations", saco, of["ahead"], "DELETE", f"/units/{ahead['rootUnitId']}/invitations"),
        Attempt("create_survey_reminder", employer, of["begun"], "POST", "/reminders", {}),
        Attempt("create_survey_amendment", saco, of["begun"], "POST", "/amendments", later),
        Attempt("approve_survey_amendment", saco, of["amendment"], "POST", "/approvals", agree(amendment)),
        Attempt("transition_survey_amendment", employer, of["amendment"], "POST", "/transitions", {"to": "withdrawn"}),
        Attempt("withhold_survey_text", saco, of["texts"], "POST", "/withholdings", withheld),
        Attempt("withdraw_text_withholding", saco, of["texts"], "DELETE", f"/withholdings/{another['id']}"),
        Attempt("approve_survey_texts", employer, of["texts"], "POST", "/approvals", agree(texts)),
    ]


async def retention_attempts(world: World) -> list[Attempt]:
    """The same for service clients and for what is destroyed before its time."""
    admin, employer, saco = world.administrator.client, world.employer_rep.client, world.saco_rep.client
    client = await machines.registered(world)
    path = f"/service-clients/{client['id']}"
    hook = machines.an_endpoint(types=["sessionRecord"])
    endpoint = f"/webhook-endpoints/{(await admin.post(f'{path}/webhook-endpoints', hook))['id']}"
    group = await started_group(world)
    record, another = [await final_record(world, group) for _ in range(2)]
    proposed = await a_destruction(world, record, world.employer_rep)
    destruction = f"/destructions/{proposed['id']}"
    own, proposal = await learned(world, group), await proposed_learning(world, group)
    entry, shared = (f"/learning-log-entries/{each['id']}" for each in (own, proposal))
    agreed_to_share = {"decision": "approve", "contentHash": proposal["contentHash"]}
    agreed = {"decision": "approve", "contentHash": client["contentHash"]}
    also = {"decision": "approve", "contentHash": proposed["contentHash"]}
    planned = await admin.post(f"{world.path}/imports", [{"externalId": "X1"}])
    of_plan = {"planHash": planned["planHash"]}
    reason = {"reason": "Dubblett.", "decisionReference": "MP 2026/46"}
    return [
        Attempt("create_service_client", admin, world.path, "POST", "/service-clients", machines.a_client()),
        Attempt("create_import", admin, world.path, "POST", "/imports", [{"externalId": "X1"}]),
        Attempt("apply_import", admin, f"/imports/{planned['id']}", "POST", "/applications", of_plan),
        Attempt("replace_import_mapping", admin, world.path, "PUT", "/import-mapping", {}),
        Attempt("replace_unit_tree", admin, world.path, "PUT", "/unit-tree", {"units": []}),
        Attempt("create_deactivation_release", admin, world.path, "POST", "/deactivation-releases", {"people": 3}),
        Attempt("update_service_client", admin, path, "PATCH", body={"purpose": "Ett annat."}),
        Attempt("approve_service_client", saco, path, "POST", "/approvals", agreed),
        Attempt("create_service_client_credential", admin, path, "POST", "/credentials", {}),
        Attempt("create_webhook_endpoint", admin, path, "POST", "/webhook-endpoints", hook),
        Attempt("transition_webhook_endpoint", admin, endpoint, "POST", "/transitions", {"to": "paused"}),
        Attempt("create_webhook_secret", admin, endpoint, "POST", "/secrets", {}),
        Attempt("create_webhook_delivery", admin, endpoint, "POST", "/webhook-deliveries", {}),
        Attempt("create_destruction", saco, f"/session-records/{another['id']}", "POST", "/destructions", reason),
        Attempt("approve_destruction", saco, destruction, "POST", "/approvals", also),
        Attempt("transition_destruction", employer, destruction, "POST", "/transitions", {"to": "withdrawn"}),
        Attempt(
            "create_learning_log_entry",
            saco,
            f"/working-groups/{group['id']}",
            "POST",
            "/learning-log-entries",
            LEARNED,
        ),
        Attempt("update_learning_log_entry", saco, entry, "PATCH", body={"title": "En fast tid"}),
        Attempt("delete_learning_log_entry", saco, entry, "DELETE"),
        Attempt("create_learning_revisit", saco, entry, "POST", "/revisits", {}),
        Attempt("transition_learning_log_entry", saco, entry, "POST", "/transitions", {"to": "proposed"}),
        Attempt("approve_learning_log_entry", employer, shared, "POST", "/approvals", agreed_to_share),
    ]


async def said(attempt: Attempt) -> tuple[bool, str | None]:
    """Whether the thing says that this may be done with it now, and if not, why."""
    actions = (await attempt.who.get(attempt.of))["allowedActions"]
    (action,) = [each for each in actions if each["action"] == attempt.operation]
    return action["allowed"], action["reason"]


async def close(world: World) -> None:
    await world.administrator.client.step(f"{world.path}/transitions", {"to": "closed"})


async def stored(world: World) -> Json:
    """A digest of each table."""
    digests = {}
    async with world.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = f"SELECT md5(coalesce(string_agg(row::text, ',' ORDER BY row::text), '')) FROM {table.name} row"  # noqa: S608
            digests[table.name] = (await session.execute(sa.text(rows))).scalar_one()
    return digests


def test_every_change_is_tried() -> None:
    """A new operation is either refused in a closed organisation or named as one that is still done."""
    changing = {name for name, rule in agreement.RULES.items() if rule.on is not None and not rule.reads}
    asking = {
        name
        for name, rule in agreement.RULES.items()
        if Organisation in rule.around or (rule.on is Organisation and rule.while_)
    }
    assert changing - asking == STILL_DONE


async def test_nothing_is_changed_in_a_closed_organisation(world: World) -> None:
    there = await everything(world)
    tried = [*await survey_attempts(world), *await retention_attempts(world), *await attempts(world, there)]
    changing = {name for name, rule in agreement.RULES.items() if rule.on is not None and not rule.reads}
    assert {attempt.operation for attempt in tried} == changing - STILL_DONE
    for attempt in tried:
        assert await said(attempt) == (True, None), attempt
    await close(world)
    before = await stored(world)
    for attempt in tried:
        assert await said(attempt) == (False, "organisationClosed"), attempt
        tag = await attempt.who.etag(there.statement if attempt.operation == "write_statement" else attempt.of)
        answer = await attempt.who.request(attempt.method, attempt.of + attempt.below, json=attempt.body, etag=tag)
        assert (answer.status_code, answer.json()["code"]) == (409, "organisationClosed"), attempt
    assert await stored(world) == before


async def test_everything_reads_as_before(world: World) -> None:
    there = await everything(world)
    lists = [
        *(f"{world.path}/{each}" for each in ("units", "parties", "people", "working-groups", "session-records")),
        f"{world.path}/approved-records",
        *(f"{there.active}/{each}" for each in ("approvals", "mandates", "dialogue-sessions", "session-records")),
        *(f"{there.active}/{each}" for each in ("actions", "followed-guides")),
        f"{there.party}/mandates",
        f"{there.held}/party-notes",
        f"{there.under_review}/approvals",
        f"{there.final}/appendices",
        f"/dialogue-templates?organisationId={world.organisation.id}",
    ]
    paths = [*vars(there).values(), *lists, "/me"]
    people = [each for each in world.people.values() if each is not world.administrator]

    async def read() -> list[tuple[int, Any]]:
        answers = [await who.client.request("GET", path) for path in paths for who in people]
        return [(answer.status_code, _unopened(answer.json())) for answer in answers]

    before = await read()
    await close(world)
    assert await read() == before
    assert {status for status, _ in before} == {200, 403, 404}


def _unopened(answer: Json) -> Json:
    """Without what may be done next, and the number of a request that was refused."""
    return {name: value for name, value in answer.items() if name not in {"allowedActions", "_links", "instance"}}


async def test_what_is_still_done(world: World) -> None:
    final = f"/record-registrations/{(await final_record(world, await started_group(world)))['id']}"
    colleague = await world.representative("colleague", world.saco)
    await give_password(world, world.employee)
    await close(world)
    # The archive finishes its work.
    registered = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
    await world.archivist.client.change(final, registered, method="PUT", etag='"0"')
    assert (await world.archivist.client.get(final))["caseNumber"] == "MP 2026/1"
    # A party ends somebody's say.
    mandate = f"/mandates/{colleague.mandate_id}"
    (action,) = (await world.saco_rep.client.get(mandate))["allowedActions"]
    assert (action["action"], action["allowed"]) == ("update_mandate", True)
    today = swedish_day(datetime.now(UTC)).isoformat()
    assert (await world.saco_rep.client.change(mandate, {"validTo": today}))["validTo"] == today
    # People sign in, change what is theirs, and sign out.
    async with calling_from(world.app) as caller:
        tokens = await sign_in(caller, world.employee)
        employee = caller.signed_in(tokens["accessToken"])
        assert (await employee.get("/me"))["organisation"]["id"] == str(world.organisation.id)
        assert (await employee.change(f"/people/{world.employee.id}", {"language": "en"}))["language"] == "en"
        await caller.request("POST", "/auth/sign-out", json={"refreshToken": tokens["refreshToken"]}, expect=204)
        assert (await try_renew(caller, tokens["refreshToken"])).status_code == 401
    # And the administrator shuts them out.
    shut_out = await world.administrator.client.change(f"/people/{world.employee.id}", {"active": False})
    assert shut_out["active"] is False


CLOSING = sa.update(Organisation).values(state=OrganisationState.CLOSED, closed_at=sa.func.now())


@pytest.mark.parametrize("kind", ["group", "record"])
async def test_an_approval_that_waited_for_the_closing_is_refused(world: World, kind: str) -> None:
    """No group starts and no record becomes final in an organisation that has closed, be it a moment ago."""
    if kind == "group":
        path = f"/working-groups/{(await forming_group(world))['id']}"
    else:
        path = f"/session-records/{(await record_under_review(world, await started_group(world)))['id']}"
    await decide(world.employer_rep, path)
    before = await world.saco_rep.client.get(path)
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with world.database.write() as session:
        await session.execute(CLOSING.where(col(Organisation.id) == world.organisation.id))
        under_way = asyncio.create_task(decide(world.saco_rep, path, expect=409))
        async with world.database.read() as other:
            while not (under_way.done() or (await other.execute(waiting)).scalar_one()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not under_way.done()
    assert (await under_way)["code"] == "organisationClosed"
    after = await world.saco_rep.client.get(path)
    assert _unopened(after) == _unopened(before)


async def test_other_changes_wait_neither_for_the_closing_nor_for_each_other(world: World) -> None:
    """What is under way when the organisation closes is stored as if it had come before."""
    record = await written_record(world, await started_group(world))
    path, notes = f"/session-records/{record['id']}", f"/dialogue-sessions/{record['dialogueSessionId']}/party-notes"
    async with world.database.write() as session:
        await session.execute(CLOSING.where(col(Organisation.id) == world.organisation.id))
        async with asyncio.timeout(20):
            await world.saco_rep.client.post(notes, {"text": "Eget."})
            await world.facilitator.client.change(path, {"sharedPicture": "Ny bild."})
            await world.employer_rep.client.change(f"/parties/{world.employer.id}", {"name": "Verket"})
    await world.saco_rep.client.refused("POST", notes, 409, "organisationClosed", json={"text": "För sent."})
    assert [note["text"] for note in (await world.saco_rep.client.get(notes))["items"]] == ["Eget."]


async def test_the_organisation_comes_with_what_belongs_to_it(world: World) -> None:
    """Its state costs no statement of its own: one says who asks, one finds the thing."""
    there = await everything(world)
    told: list[str] = []

    def tell(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        told.append(statement)

    reading = world.database._reading.sync_engine
    event.listen(reading, "before_cursor_execute", tell)
    try:
        for path in (there.party, there.draft_template, there.note, there.group_approval):
            told.clear()
            await world.saco_rep.client.get(path)
            assert len(told) == 2, told
    finally:
        event.remove(reading, "before_cursor_execute", tell)


async def test_a_central_template_belongs_to_no_organisation(world: World) -> None:
    template = await world.template()
    path = f"/dialogue-templates/{template.id}"
    before = await world.saco_rep.client.get(path)
    await close(world)
    assert await world.saco_rep.client.get(path) == before
    tag = await world.saco_rep.client.etag(path)
    await world.saco_rep.client.refused("PATCH", path, 403, "notYourRole", json={"templateVersion": "9.0.0"}, etag=tag)
