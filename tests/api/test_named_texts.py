"""What erasure looks for names in, and what a legal hold keeps of it: every text there is, or a reason why not."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import SQLModel

from app.services.named_texts import WRITTEN
from tests.api.test_erasure import erased
from tests.database import as_owner
from tests.machines import consented
from tests.retention_stories import a_destruction, a_hold
from tests.stories import Json, decide, final_record, forming_group, planned_session, started_group, trail
from tests.survey_stories import open_round, proposed_round
from tests.world import World

_HASH = "a hash, or a key that says nothing"
_PUBLISHED = "a method, an instrument or a result as it is published: final, and about no person"
_STRUCTURE = "the organisation's own name or number for a part of itself"
_ARCHIVE = "a number or class of the archive's"
_TECHNICAL = "for machines"
_OWN = "the person's own row: emptied or deleted with them"
_RESPONDENTS = "a respondent's words, under a hash; both sides review them before anybody else reads them"
_CONTACT = "goes with the person's erasure, by their address; of whoever has no account, by their link"
_FIXED = "one of a few words that the program knows"
_IDS = "ids, states and head-counts"

# Text columns that erasure does not rewrite, with the reason. Hashes and keys are found by their names.
NOT_REWRITTEN = {
    "content_pack.key": _TECHNICAL,
    "content_pack.pack_version": _TECHNICAL,
    "content_pack.method_texts": _PUBLISHED,
    "identity_provider.issuer": _TECHNICAL,
    "identity_provider.client_id": _TECHNICAL,
    "identity_provider.scopes": _TECHNICAL,
    "identity_provider.name_sv": "the provider's name, which everybody who signs in may read",
    "identity_provider.name_en": "the provider's name, which everybody who signs in may read",
    "organisation.organisation_number": _STRUCTURE,
    "organisation.name": _STRUCTURE,
    "organisation.short_name": _STRUCTURE,
    "organisation.english_name": _STRUCTURE,
    "organisation.languages": _FIXED,
    "organisation.search": _STRUCTURE,
    "dialogue_template.key": _TECHNICAL,
    "dialogue_template.template_version": _TECHNICAL,
    "dialogue_template.languages": _FIXED,
    "dialogue_template.climate_dimensions": _FIXED,
    "dialogue_template.title": "made of the content, and anew when that is rewritten",
    "dialogue_template.text_sv": "made of the content, and anew when that is rewritten",
    "dialogue_template.text_en": "made of the content, and anew when that is rewritten",
    "dialogue_template.search_sv": "made of the content, and anew when that is rewritten",
    "dialogue_template.search_en": "made of the content, and anew when that is rewritten",
    "email_domain.domain": _STRUCTURE,
    "email_domain.challenge": _TECHNICAL,
    "inspiration_item.key": _TECHNICAL,
    "inspiration_item.item_version": _TECHNICAL,
    "inspiration_item.title": _PUBLISHED,
    "inspiration_item.content": _PUBLISHED,
    "inspiration_item.dimensions": _FIXED,
    "inspiration_item.phases": _FIXED,
    "inspiration_item.templates": _TECHNICAL,
    "inspiration_item.text_sv": _PUBLISHED,
    "inspiration_item.text_en": _PUBLISHED,
    "inspiration_item.search_sv": _PUBLISHED,
    "inspiration_item.search_en": _PUBLISHED,
    "content_translation.language": _TECHNICAL,
    "content_translation.translation_version": _TECHNICAL,
    "content_translation.texts": _PUBLISHED,
    "content_translation.words": _PUBLISHED,
    "content_translation.search": _PUBLISHED,
    "followed_guide.progress": _FIXED,
    "process_guide.key": _TECHNICAL,
    "process_guide.guide_version": _TECHNICAL,
    "process_guide.title": _PUBLISHED,
    "process_guide.content": _PUBLISHED,
    "instrument.key": _TECHNICAL,
    "instrument.instrument_version": _TECHNICAL,
    "instrument.languages": _FIXED,
    "instrument.title": _PUBLISHED,
    "instrument.content": _PUBLISHED,
    "party.name": "a party's name, under which it has decided",
    "retention_rule.archive_class": _ARCHIVE,
    "retention_rule.decision_reference": _ARCHIVE,
    "service_client.scopes": _FIXED,
    "service_client.allowed_networks": _TECHNICAL,
    "service_client_idempotency_key.key": _TECHNICAL,
    "unit.external_id": _STRUCTURE,
    "unit_placement.name": _STRUCTURE,
    "hr_import.basis": "a hash and a number",
    "hr_import.report": "rows by number, codes and ids",
    "hr_import.failure_code": _TECHNICAL,
    "hr_kept_change.external_id": "goes with the person's erasure",
    "hr_kept_change.content": "goes with the person's erasure, or on its day",
    "import_mapping.people": _STRUCTURE,
    "import_mapping.units": _STRUCTURE,
    "person.name": _OWN,
    "person.email": _OWN,
    "person.roles": _OWN,
    "person.external_id": _OWN,
    "person.user_name": _OWN,
    "person.user_name_key": _OWN,
    "person.given_name": _OWN,
    "person.family_name": _OWN,
    "person.department": _OWN,
    "person.employee_number": _OWN,
    "webhook_endpoint.url": _TECHNICAL,
    "webhook_endpoint.types": _FIXED,
    "webhook_delivery.event": _FIXED,
    "failed_job.entrypoint": _FIXED,
    "failed_job.fault": _TECHNICAL,
    "reminder_settings.muted_kinds": _FIXED,
    "reminder_settings.quiet_from": _OWN,
    "reminder_settings.quiet_to": _OWN,
    "central_aggregate.content": "numbers",
    "central_contribution.family": _TECHNICAL,
    "central_contribution.members": _IDS,
    "interest_registration.organisation_number": _STRUCTURE,
    "interest_registration.organisation_name": _STRUCTURE,
    "interest_registration.party_name": "a party's name, as it presents itself",
    "interest_registration.contact_name": _CONTACT,
    "interest_registration.contact_function": _CONTACT,
    "interest_registration.contact_email": _CONTACT,
    "interest_registration.consent_version": _FIXED,
    "idempotency_key.key": _OWN,
    "identity.subject": _OWN,
    "sign_in.mandate_ids": _OWN,
    "destruction.records": "records by id and hash",
    "destruction.decision_reference": _ARCHIVE,
    "dialogue_session.attendances": _IDS,
    "legal_hold.case_number": _ARCHIVE,
    "survey_round.content": "made of the title, and goes when that is rewritten; decided once the round has opened",
    "session_record.content": "made of the other fields; a record that repeats a name is a draft again, without it",
    "audit_entry.operation": _FIXED,
    "audit_entry.subject_type": _FIXED,
    "destruction_log_entry.archive_class": _ARCHIVE,
    "destruction_log_entry.case_number": _ARCHIVE,
    "destruction_log_entry.decision_reference": _ARCHIVE,
    "survey_release.content": _PUBLISHED,
    "survey_result.content": _PUBLISHED,
    "survey_sums.measures": _PUBLISHED,
    "survey_text.question_id": _TECHNICAL,
    "survey_text.text": _RESPONDENTS,
    "survey_unit.name": _STRUCTURE,
    "action.question_id": _TECHNICAL,
    "record_registration.case_number": _ARCHIVE,
    "learning_log_entry.learned_month": _FIXED,
    "learning_log_entry.search": "made of the title and the text, and anew when they are rewritten",
    "record_registration.archive_class": _ARCHIVE,
}

# What erasure rewrites and a hold lets it, with the reason: nothing of it is of a group, a record or a person, so that
# only a hold on the whole organisation could be on it, and while that stands nobody is erased at all.
NOT_HELD = {
    "service_client": "who answers for a program, and what for, is kept as it is today",
    "dialogue_template": "a draft that nobody has used",
    "legal_hold": "a hold is no part of what it is on",
}


def _is_text(column: sa.Column[Any]) -> bool:
    kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    return isinstance(kind, (sa.String, sa.JSON, sa.ARRAY, TSVECTOR)) and not isinstance(kind, sa.Enum)


def test_every_text_there_is_is_looked_through_or_named() -> None:
    """A new column fails here until somebody has said why no name is left in it."""
    written = {f"{each.row_type.__tablename__}.{field}" for each in WRITTEN for field in each.fields}
    columns = {str(column): column for table in SQLModel.metadata.tables.values() for column in table.columns}
    texts = {name for name, column in columns.items() if _is_text(column) and not name.endswith("_hash")}
    assert texts - written - set(NOT_REWRITTEN) == set()
    assert {*written, *NOT_REWRITTEN} - texts == set()
    assert written & set(NOT_REWRITTEN) == set()


async def test_a_hold_keeps_what_erasure_would_overwrite(world: World) -> None:
    """By triggers in the database: the fields that they compare are those that erasure writes."""
    triggers = await as_owner(
        world.database,
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgfoid = 'refuse_while_held'::regproc",
    )
    kept: set[str] = set()
    for each in triggers:
        found = re.search(r"UPDATE OF (.+) ON \w+\.(\w+) .*refuse_while_held\((.*)\)", each)
        if found is not None and found[2] != "person":
            fields, given = found[1].split(", "), re.findall(r"'(\w+)'", found[3])
            assert fields == given, each
            kept |= {f"{found[2]}.{field}" for field in fields}
    assert {each.row_type.__tablename__ for each in WRITTEN} >= set(NOT_HELD)
    rewritten = {
        f"{each.row_type.__tablename__}.{field}"
        for each in WRITTEN
        if each.row_type.__tablename__ not in NOT_HELD
        for field in each.fields
    }
    # The trail, from which erasure takes who acted; and who was there, which an edit could overwrite.
    others = {"audit_entry.person_id", "dialogue_session.attendances", "dialogue_session.employee_headcount"}
    assert kept == rewritten | others


# --- What becomes of what is rewritten -------------------------------------------------------------------------


async def test_a_proposed_round_is_a_draft_again_and_a_cancelled_one_forgets_its_proposal(world: World) -> None:
    named, own, group = await world.someone("anna_berg"), world.saco_rep.client, await started_group(world)
    asked = await proposed_round(world, group, title="Anna Bergs omgång")
    over = await proposed_round(world, group, title="Anna Bergs andra omgång")
    untouched = await proposed_round(world, group, title="Annan omgång")
    await own.step(f"/survey-rounds/{over['id']}/transitions", {"to": "cancelled", "reason": "Som Anna  Berg sade."})
    await decide(world.employer_rep, f"/survey-rounds/{asked['id']}")
    await erased(world, named)
    read = [await own.get(f"/survey-rounds/{each['id']}") for each in (asked, over, untouched)]
    assert [(each["title"], each["state"], each["approvals"], each["contentHash"] is None) for each in read] == [
        ("NN omgång", "draft", [], True),
        ("NN andra omgång", "cancelled", [], True),
        ("Annan omgång", "proposed", [], False),
    ]
    assert read[1]["cancelReason"] == "Som NN sade."
    await own.step(f"/survey-rounds/{asked['id']}/transitions", {"to": "proposed"})


async def test_a_round_that_has_opened_keeps_its_title(world: World) -> None:
    named = await world.someone("anna_berg")
    opened = await open_round(world, await started_group(world), title="Anna Bergs omgång")
    await erased(world, named)
    assert (await world.saco_rep.client.get(f"/survey-rounds/{opened['id']}"))["title"] == "Anna Bergs omgång"


async def test_what_is_decided_on_another_text_is_decided_anew(world: World) -> None:
    """A proposal to destroy a record, and what a service client is for: its consent falls."""
    named, own = await world.someone("anna_berg"), world.saco_rep.client
    record = await final_record(world, await started_group(world))
    proposed = await a_destruction(world, record, reason="Anna Berg bad om det.")
    await decide(world.employer_rep, f"/destructions/{proposed['id']}")
    client = await consented(world, purpose="Åt Anna\nBerg.")
    other = await consented(world, contact="Anna Berg")
    await erased(world, named)
    read = await own.get(f"/destructions/{proposed['id']}")
    assert (read["state"], read["content"]["reason"], read["approvals"]) == ("proposed", "NN bad om det.", [])
    assert read["contentHash"] != proposed["contentHash"]
    # Both sides can decide on it as it is now.
    await decide(world.employer_rep, f"/destructions/{proposed['id']}")
    told = [await world.administrator.client.get(each.path) for each in (client, other)]
    assert [(each["purpose"], each["contact"], each["consentedAt"] is None) for each in told] == [
        ("Åt NN.", "it@example.se", True),
        ("Justerade protokoll diarieförs.", "NN", False),
    ]
    entries = await trail(world.saco_rep, world, subjectId=proposed["id"])
    assert "erase_person" in {each["operation"] for each in entries}


async def test_what_was_said_with_a_decision_goes_once_that_is_void(world: World) -> None:
    """While it stands it is a party's word, and the database lets nobody touch it."""
    named, own = await world.someone("anna_berg"), world.employer_rep.client
    paths = [f"/working-groups/{(await forming_group(world))['id']}" for _ in range(2)]
    said: list[Json] = [await decide(world.employer_rep, path, statement="Anna Berg bör vara med.") for path in paths]
    await world.saco_rep.client.change(paths[1], {"name": "Annat namn"})
    await erased(world, named)
    statements = [(await own.get(f"/approvals/{each['id']}"))["statement"] for each in said]
    assert statements == ["Anna Berg bör vara med.", "NN bör vara med."]


async def test_why_a_hold_was_set_names_nobody_while_it_stands(world: World) -> None:
    named = await world.someone("anna_berg")
    hold = await a_hold(world, heldGroupId=(await started_group(world))["id"], reason="Anna Bergs ärende.")
    await erased(world, named)
    read = await world.archivist.client.get(f"/legal-holds/{hold['id']}")
    assert (read["reason"], read["liftedAt"]) == ("NN ärende.", None)


async def test_a_name_is_found_wherever_the_line_breaks_in_it(world: World) -> None:
    named, other = await world.someone("åke_andersson"), await world.someone("bo_ek")
    session = await planned_session(world, await started_group(world))
    path = f"/dialogue-sessions/{session['id']}/party-notes"
    own = world.saco_rep.client
    texts = {
        "Åke Andersson": "NN",
        "ÅKE  ANDERSSONS tid": "NN tid",
        "Åke\nAndersson.": "NN.",
        "Åke \n\u00a0Andersson": "NN",
        "ÅkeAndersson": "ÅkeAndersson",
        "Åke-Andersson": "Åke-Andersson",
        "Åke A Andersson": "Åke A Andersson",
        "Håke Andersson": "Håke Andersson",
        "Bo\tEk": "NN",
    }
    notes = {text: (await own.post(path, {"text": text}))["id"] for text in texts}
    await erased(world, named)
    await erased(world, other)
    assert {text: (await own.get(f"/party-notes/{each}"))["text"] for text, each in notes.items()} == texts
