"""The authorisation matrix: every operation, asked by every kind of actor, about things in every state.

The operations come from the OpenAPI document, so a new one without a row here fails. Each cell is really asked
over HTTP, in a transaction that is taken back afterwards. What comes out is held against two things that do not
know each other: the policy table, and the matrix committed beside this file, which people review.
"""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.api.problem_texts import PROBLEMS
from app.ballot_box import BallotBox
from app.document_commands import written_authorisation
from app.main import create_app
from app.models.action import Action
from app.models.approval import Approval
from app.models.audit_entry import AuditEntry
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.central_aggregate import CentralAggregate
from app.models.columns import snake_case
from app.models.deactivation_release import DeactivationRelease
from app.models.destruction import Destruction
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate
from app.models.email_domain import EmailDomain
from app.models.failed_job import FailedJob
from app.models.followed_guide import FollowedGuide
from app.models.group_reminder import GroupReminder
from app.models.hr_import import HrImport
from app.models.identity import Identity
from app.models.identity_provider import IdentityProvider
from app.models.inspiration_item import InspirationItem
from app.models.instrument import Instrument
from app.models.interest_registration import InterestRegistration
from app.models.learning_log_entry import LearningLogEntry
from app.models.legal_hold import LegalHold
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.process_guide import ProcessGuide
from app.models.retention_rule import RetentionRule
from app.models.service_client import ServiceClient
from app.models.service_client_credential import ServiceClientCredential
from app.models.session_record import SessionRecord
from app.models.sign_in import SignIn
from app.models.statement import Statement
from app.models.survey_amendment import SurveyAmendment
from app.models.survey_invitation_batch import SurveyInvitationBatch
from app.models.survey_reminder import SurveyReminder
from app.models.survey_round import SurveyRound
from app.models.survey_texts import SurveyTexts
from app.models.unit import Unit
from app.models.webhook_delivery import WebhookDelivery
from app.models.webhook_endpoint import WebhookEndpoint
from app.models.working_group import WorkingGroup
from app.services import actors, agreement, policy
from app.services.actor import Actor
from app.services.beyond_the_table import BEYOND_THE_TABLE
from app.services.calendar import swedish_day
from app.services.conditions import OWN_ID, PUBLIC, TOKEN_HOLDER, Around
from app.services.errors import Code, Refusal
from app.services.tokens import ClientClaims
from app.services.wall import SYSTEM, Context
from tests import machines, service_client_stage, stories
from tests.agreement import second
from tests.agreement.second import NOBODY, RESPONDENT, Caller, Case
from tests.client import Client, client_for
from tests.conftest import settings_for
from tests.contract import document
from tests.database import Database
from tests.guide_stories import RESTART
from tests.identity_stage import every_challenge
from tests.in_process import InProcess
from tests.learning_stories import LEARNED
from tests.provider_stage import registration
from tests.retention_stories import RULE
from tests.second_factors import code_of
from tests.signing_in import PASSWORD
from tests.stage import Stage
from tests.walks import Walk
from tests.world import World, organisation_number

MATRIX = Path(__file__).parent / "authorisation_matrix.txt"

# The columns of the matrix. `nobody` has no token, and `respondent` one of the survey's; `outsider` represents the
# employer of another organisation, and `of_closed` the employer of one that has closed; `another_facilitator` leads
# another session of the same group. The mandate of `expired` has ended, and `deactivated` was an archivist here.
# Service clients stand behind the people: see service_client_stage.py.
PEOPLE = (
    "nobody",
    "employer_rep",
    "saco_rep",
    "member",
    "seko_rep",
    "expired",
    "facilitator",
    "archivist",
    "employee",
    "administrator",
    "outsider",
    "of_closed",
    "another_facilitator",
    "content_editor",
    "central_analyst",
    "deactivated",
    "respondent",
)
ACTORS = (*PEOPLE, *service_client_stage.MACHINES)
READING = {rule.on: name for name, rule in agreement.RULES.items() if rule.sight}


class Rehearsal(Database):
    """Everything is carried out, and nothing is kept."""

    @asynccontextmanager
    async def write(self, context: Context = SYSTEM) -> AsyncIterator[AsyncSession]:
        async with self.engine.connect() as connection:
            await self._stand(connection, context)
            async with AsyncSession(connection, expire_on_commit=False, autoflush=False) as session:
                yield session
                await session.rollback()


def rehearse(app: FastAPI, url: str) -> None:
    """Whatever is asked of it, answers to a survey too, is not kept."""
    app.state.database = Rehearsal(url)
    app.state.ballot_box = BallotBox(app.state.database, lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Cell:
    """One thing in one state, and the request that asks for the operation on it."""

    state: str
    row: Table | None
    path: str
    json: Any = None
    headers: dict[str, str] | None = None

    @property
    def fields(self) -> frozenset[str]:
        """What the request names of the thing; a list of things names nothing of one."""
        return frozenset(map(snake_case, self.json)) if isinstance(self.json, dict) else frozenset()


Cases = Callable[[Stage], Iterator[Cell]]


def _on(row_type: type[Table], path: str, body: Callable[[Stage, Any], Any] | None = None) -> Cases:
    """The operation on every row of a type; `{id}` in the path is the row's."""

    def cases(stage: Stage) -> Iterator[Cell]:
        for name, row in stage.of(row_type).items():
            json = body(stage, row) if body else None
            yield Cell(name, row, path.replace("{id}", str(row.id)), json, {"If-Match": f'"{row.version}"'})

    return cases


def _of_unchanging(row_type: type[Table], path: str) -> Cases:
    """The same of a type that has no versions."""
    return lambda stage: (
        Cell(name, row, path.replace("{id}", str(row.id))) for name, row in stage.of(row_type).items()
    )


def _of_all(part: str, body: Any) -> Cases:
    """What belongs to an organisation and has a version of its own; and once as somebody read it long ago."""

    def cases(stage: Stage) -> Iterator[Cell]:
        for name, row in stage.of(Organisation).items():
            cell = Cell(name, row, f"/organisations/{row.id}/{part}", body, {"If-Match": stage.tags[part]})
            yield cell
            if name == "organisation":
                yield replace(cell, state="organisation: as it was", headers={"If-Match": '"0"'})

    return cases


def _bare(path: str, body: Callable[[Stage], Any] | None = None) -> Cases:
    """An operation that is decided on no row."""
    return lambda stage: iter([Cell("-", None, path, body(stage) if body else None)])


def _of_statements(stage: Stage) -> Iterator[Cell]:
    record: Any = stage.rows["record, returned"]
    unwritten = Statement(
        session_record_id=record.id,
        party_id=stage.world.saco.id,
        organisation_id=record.organisation_id,
        working_group_id=record.working_group_id,
        changed_at=record.created_at,
    )
    for name, row in (stage.of(Statement) | {"statement, not written": unwritten}).items():
        yield Cell(name, row, f"/session-records/{row.session_record_id}/statements/{row.party_id}")


def _also(cases: Cases, name: str, what: str, body: Callable[[Stage], Any]) -> Cases:
    """The same operation once more on one of the things, with another request."""

    def more(stage: Stage) -> Iterator[Cell]:
        for cell in cases(stage):
            yield cell
            if cell.state == name:
                yield replace(cell, state=f"{name}: {what}", json=body(stage))

    return more


def _registrations(body: Any = None) -> Cases:
    def cases(stage: Stage) -> Iterator[Cell]:
        for name, row in stage.of(SessionRecord).items():
            tag = '"1"' if name == "record, final" else '"0"'
            yield Cell(name, row, f"/record-registrations/{row.id}", body, {"If-Match": tag})

    return cases


def _withholdings(stage: Stage) -> Iterator[Cell]:
    for name, row in stage.of(SurveyTexts).items():
        path = f"{TEXTS}/withholdings/{stage.withheld[row.id]}"
        yield Cell(name, row, path.replace("{id}", str(row.id)), None, {"If-Match": f'"{row.version}"'})


def _root_results(part: str = "") -> Cases:
    """The result of every round's top unit."""

    def cases(stage: Stage) -> Iterator[Cell]:
        for name, row in stage.of(SurveyRound).items():
            yield Cell(name, row, f"/survey-rounds/{row.id}/results/units/{row.root_unit_id}{part}")

    return cases


def _statement_written(stage: Stage) -> Iterator[Cell]:
    """Saco-S's statement, written by whoever tries."""
    body = {"answers": {}, "differences": "Skrivet nu.", "published": True}
    kept = {str(row.session_record_id) for row in stage.of(Statement).values()}
    for name, row in stage.of(SessionRecord).items():
        tag = '"1"' if str(row.id) in kept else '"0"'
        path = f"/session-records/{row.id}/statements"
        yield Cell(name, row, f"{path}/{stage.world.saco.id}", body, {"If-Match": tag})
        if name == "record, draft":
            yield Cell(f"{name}: not at table", row, f"{path}/{stage.world.seko.id}", body, {"If-Match": '"0"'})


def _voided(stage: Stage) -> Iterator[Cell]:
    for name, row in stage.of(SurveyRound).items():
        path = f"/survey-rounds/{row.id}/units/{row.root_unit_id}/invitations"
        yield Cell(name, row, path, None, {"If-Match": f'"{row.version}"'})


def _decision(_stage: Stage, row: Any) -> Any:
    return {"contentHash": row.content_hash or "0" * 64, "decision": "approve"}


def _next_step(_stage: Stage, row: Any) -> Any:
    return {"to": "retired" if row.state == "published" else "published"}


def _settled(_stage: Stage, row: Any) -> Any:
    return {"to": "effectChecked", "effect": "Bra."} if row.state == "done" else {"to": "done"}


def _proposed_or_not(_stage: Stage, row: Any) -> Any:
    return {"to": "proposed" if row.state == "own" else "own"}


def _somebody(**more: Any) -> Any:
    return {"name": "Ny", "email": f"ny.{organisation_number()}@example.se", **more}


def _mandate(stage: Stage, _row: Any) -> Any:
    """Somebody new for the party; there is nobody else to appoint than the employee."""
    return {"personId": stage.world.employee.id, "function": "Ersättare"}


def _rounds_on_their_way() -> Cases:
    cases = _on(SurveyRound, f"{ROUND}/transitions", lambda _s, _r: {"to": "cancelled", "reason": "Inte nu."})
    for name in (
        "round, draft",
        "round, draft, two keys",
        "round, draft, group closed",
        "round, draft, organisation closed",
    ):
        cases = _also(cases, name, "to propose it", lambda _s: {"to": "proposed"})
    return cases


def _changes_of_rounds() -> Cases:
    closing, abandoning = (
        {"closesAt": None, "reason": "Alla har svarat."},
        {"abandon": True, "reason": "Nyckeln är borta."},
    )
    cases = _on(SurveyRound, f"{ROUND}/amendments", lambda _s, _r: closing)
    for state in ("draft", "open", "open, change proposed", "closed", "closed, two keys", "released"):
        cases = _also(cases, f"round, {state}", "abandon", lambda _s: abandoning)
    return cases


def _endpoints_made(stage: Stage) -> Iterator[Cell]:
    """Each of what its client's scopes name."""
    types = {"people": "person", "units": "unit", "records": "sessionRecord", "results": "surveyRound"}
    for name, row in stage.of(ServiceClient).items():
        seen = [types[row.scopes[0].partition(":")[0]]]
        yield Cell(name, row, f"/service-clients/{row.id}/webhook-endpoints", machines.an_endpoint(types=seen))


def _guides_chosen(stage: Stage) -> Iterator[Cell]:
    """For every group, and for one that follows none now."""
    body = {"processGuideId": RESTART}
    for name, row in (stage.of(WorkingGroup) | {"group, active, without a guide": stage.unguided}).items():
        yield Cell(name, row, f"/working-groups/{row.id}/followed-guides", body)


FOLLOWED = "/followed-guides/{id}"
LEARNING = "/learning-log-entries/{id}"
GROUP, SESSION, RECORD = "/working-groups/{id}", "/dialogue-sessions/{id}", "/session-records/{id}"
ROUND, AMENDMENT, TEXTS = "/survey-rounds/{id}", "/survey-amendments/{id}", "/survey-texts/{id}"
ORGANISATION, PARTY = "/organisations/{id}", "/parties/{id}"
SERVICE_CLIENT = "/service-clients/{id}"
WEBHOOK = "/webhook-endpoints/{id}"
CLOSE = {"to": "closed", "reason": "Klart."}
ACTION = {"what": "Pröva.", "ownerFunction": "Enhetschef", "dueOn": "2030-01-01"}

CASES: dict[str, Cases] = {
    "read_api_info": _bare("/api-info"),
    "read_survey_form": _bare("/survey-forms/current"),
    "read_me": _bare("/me"),
    "list_calendar_feeds": _bare("/me/calendar-feeds"),
    "create_calendar_feed": _bare("/me/calendar-feeds", lambda _s: {}),
    "read_calendar_feed": _on(CalendarFeed, "/calendar-feeds/{id}"),
    "revoke_calendar_feed": _on(CalendarFeed, "/calendar-feeds/{id}"),
    # --- passwords and second factors
    "create_password_change": _bare(
        "/me/password-changes", lambda _s: {"currentPassword": PASSWORD, "newPassword": "nio tranor över mossen"}
    ),
    "read_second_factor": _bare("/me/second-factor"),
    "read_reminder_settings": _bare("/me/reminder-settings"),
    "update_reminder_settings": lambda _s: iter(
        [Cell("-", None, "/me/reminder-settings", {"digest": "weekly"}, {"If-Match": '"0"'})]
    ),
    "create_second_factor": _bare("/me/second-factor", lambda _s: {"password": PASSWORD}),
    "confirm_second_factor": _bare(
        "/me/second-factor/confirmations", lambda stage: {"oneTimeCode": code_of(stage.secret)}
    ),
    "create_recovery_codes": _bare("/me/second-factor/recovery-codes", lambda _s: {"password": PASSWORD}),
    "remove_second_factor": _bare("/me/second-factor/removals", lambda _s: {"password": PASSWORD}),
    "read_method_texts": _bare("/method-texts"),
    "list_sign_ins": _bare("/me/sign-ins"),
    "create_sign_out": _bare("/me/sign-outs", lambda _stage: {"of": "others"}),
    "read_sign_in": _on(SignIn, "/sign-ins/{id}"),
    "end_sign_in": _on(SignIn, "/sign-ins/{id}"),
    "list_organisations": _bare("/organisations"),
    "create_organisation": _bare(
        "/organisations", lambda _stage: {"organisationNumber": organisation_number(), "name": "Ny"}
    ),
    "read_organisation": _on(Organisation, ORGANISATION),
    "update_organisation": _on(Organisation, ORGANISATION, lambda _s, _r: {"shortName": "NY"}),
    "close_organisation": _on(Organisation, f"{ORGANISATION}/transitions", lambda _s, _r: {"to": "closed"}),
    "list_units": _on(Organisation, f"{ORGANISATION}/units"),
    "create_unit": _on(Organisation, f"{ORGANISATION}/units", lambda _s, _r: {"name": "Ny enhet"}),
    "read_unit": _on(Unit, "/units/{id}"),
    "update_unit": _on(Unit, "/units/{id}", lambda _s, _r: {"headcount": 99}),
    "list_parties": _on(Organisation, f"{ORGANISATION}/parties"),
    "create_party": _on(Organisation, f"{ORGANISATION}/parties", lambda _s, _r: {"side": "union", "name": "Ny"}),
    "read_party": _on(Party, PARTY),
    "update_party": _on(Party, PARTY, lambda _s, _r: {"name": "Nytt namn"}),
    "close_party": _on(Party, f"{PARTY}/transitions", lambda _s, _r: {"to": "closed"}),
    "list_people": _on(Organisation, f"{ORGANISATION}/people"),
    "create_person": _also(
        _on(Organisation, f"{ORGANISATION}/people", lambda _s, _r: _somebody()),
        "organisation",
        "with a role",
        lambda _s: _somebody(roles=["archivist"]),
    ),
    "read_person": _on(Person, "/people/{id}"),
    "update_person": _also(
        _also(
            _also(
                _on(Person, "/people/{id}", lambda _s, _r: {"name": "Nytt namn"}),
                "person: employee",
                "its unit",
                lambda stage: {"unitId": str(stage.world.subunit.id)},
            ),
            "person: employee",
            "its roles",
            lambda _s: {"roles": ["archivist"]},
        ),
        "person: employee",
        "whether active",
        lambda _s: {"active": False},
    ),
    "create_person_invitation": _on(Person, "/people/{id}/invitations"),
    "list_mandates": _on(Party, f"{PARTY}/mandates"),
    "create_mandate": _on(Party, f"{PARTY}/mandates", _mandate),
    "read_mandate": _on(Mandate, "/mandates/{id}"),
    "update_mandate": _on(Mandate, "/mandates/{id}", lambda _s, _r: {"function": "Sekreterare"}),
    "list_working_groups": _on(Organisation, f"{ORGANISATION}/working-groups"),
    "create_working_group": _on(
        Organisation, f"{ORGANISATION}/working-groups", lambda stage, _r: stories.a_group(stage.world, stage.world.saco)
    ),
    "read_working_group": _on(WorkingGroup, GROUP),
    "read_working_group_overview": _on(WorkingGroup, f"{GROUP}/overview"),
    "update_working_group": _also(
        _on(WorkingGroup, GROUP, lambda _s, _r: {"name": "Nytt namn"}),
        "group, forming",
        "another union",
        lambda stage: {"partyIds": [str(stage.world.employer.id), str(stage.world.seko.id)]},
    ),
    "approve_working_group": _on(WorkingGroup, f"{GROUP}/approvals", _decision),
    "list_working_group_approvals": _on(WorkingGroup, f"{GROUP}/approvals"),
    "list_working_group_mandates": _on(WorkingGroup, f"{GROUP}/mandates"),
    "close_working_group": _on(WorkingGroup, f"{GROUP}/transitions", lambda _s, _r: CLOSE),
    "read_approval": _on(Approval, "/approvals/{id}"),
    "withdraw_approval": _on(Approval, "/approvals/{id}"),
    "list_dialogue_templates": _bare("/dialogue-templates"),
    "create_dialogue_template": _on(
        Organisation,
        f"{ORGANISATION}/dialogue-templates",
        lambda stage, _r: {"derivedFromId": str(stage.rows["template, central"].id), "templateVersion": "1.0.1"},  # type: ignore[attr-defined]
    ),
    "read_dialogue_template": _on(DialogueTemplate, "/dialogue-templates/{id}"),
    "update_dialogue_template": _on(
        DialogueTemplate, "/dialogue-templates/{id}", lambda _s, _r: {"templateVersion": "2.0.0"}
    ),
    "delete_dialogue_template": _on(DialogueTemplate, "/dialogue-templates/{id}"),
    "transition_dialogue_template": _on(DialogueTemplate, "/dialogue-templates/{id}/transitions", _next_step),
    "list_inspiration_items": _bare("/inspiration-items"),
    "read_inspiration_item": _on(InspirationItem, "/inspiration-items/{id}"),
    "list_process_guides": _bare("/process-guides"),
    "read_process_guide": _on(ProcessGuide, "/process-guides/{id}"),
    "list_followed_guides": _on(WorkingGroup, f"{GROUP}/followed-guides"),
    "create_followed_guide": _guides_chosen,
    "read_followed_guide": _on(FollowedGuide, FOLLOWED),
    "transition_followed_guide": _on(FollowedGuide, f"{FOLLOWED}/transitions", lambda _s, _r: {"to": "phaseDone"}),
    "rate_followed_guide": _on(
        FollowedGuide, f"{FOLLOWED}/self-ratings", lambda _s, _r: {"phase": "anchor", "level": 2}
    ),
    "list_instruments": _bare("/instruments"),
    "list_organisation_instruments": _on(Organisation, f"{ORGANISATION}/instruments"),
    "create_instrument": _on(
        Organisation,
        f"{ORGANISATION}/instruments",
        lambda stage, _r: {
            "key": "nytt",
            "instrumentVersion": "1.0.0",
            "content": stage.rows["instrument, central"].content,  # type: ignore[attr-defined]
        },
    ),
    "read_instrument": _on(Instrument, "/instruments/{id}"),
    "transition_instrument": _on(Instrument, "/instruments/{id}/transitions", lambda _s, _r: {"to": "retired"}),
    "list_dialogue_sessions": _on(WorkingGroup, f"{GROUP}/dialogue-sessions"),
    "create_dialogue_session": _on(
        WorkingGroup,
        f"{GROUP}/dialogue-sessions",
        lambda stage, _r: {
            "dialogueTemplateId": str(stage.rows["template, central"].id),  # type: ignore[attr-defined]
            "startsAt": stories.soon(),
            "facilitatorId": stage.world.facilitator.id,
            "facilitatorFunction": "Utvecklare",
        },
    ),
    "read_dialogue_session": _on(DialogueSession, SESSION),
    "update_dialogue_session": _also(
        _on(DialogueSession, SESSION, lambda _s, _r: {"employeeHeadcount": 4}),
        "session, held",
        "its place",
        lambda _s: {"place": "Annorstädes"},
    ),
    "transition_dialogue_session": _on(DialogueSession, f"{SESSION}/transitions", lambda _s, _r: {"to": "held"}),
    "list_party_notes": _on(DialogueSession, f"{SESSION}/party-notes"),
    "create_party_note": _on(DialogueSession, f"{SESSION}/party-notes", lambda _s, _r: {"text": "Eget."}),
    "read_party_note": _on(PartyNote, "/party-notes/{id}"),
    "update_party_note": _on(PartyNote, "/party-notes/{id}", lambda _s, _r: {"text": "Annat."}),
    "delete_party_note": _on(PartyNote, "/party-notes/{id}"),
    "list_session_records": _on(Organisation, f"{ORGANISATION}/session-records"),
    # --- approved records
    "list_approved_records": _on(Organisation, f"{ORGANISATION}/approved-records"),
    "list_working_group_session_records": _on(WorkingGroup, f"{GROUP}/session-records"),
    "read_session_record": _on(SessionRecord, RECORD),
    "update_session_record": _on(SessionRecord, RECORD, lambda _s, _r: {"sharedPicture": "Ny bild."}),
    "transition_session_record": _on(SessionRecord, f"{RECORD}/transitions", lambda _s, _r: stories.for_review()),
    "approve_session_record": _on(SessionRecord, f"{RECORD}/approvals", _decision),
    "list_session_record_approvals": _on(SessionRecord, f"{RECORD}/approvals"),
    "create_appendix": _on(
        SessionRecord, f"{RECORD}/appendices", lambda _s, _r: {"title": "Rättelse", "sharedPicture": "Rätt."}
    ),
    "list_appendices": _on(SessionRecord, f"{RECORD}/appendices"),
    "read_statement": _of_statements,
    "write_statement": _statement_written,
    "read_record_registration": _registrations(),
    "register_session_record": _registrations({"caseNumber": "MP 2026/2", "archiveClass": "2.4"}),
    # --- archive packages
    "read_archive_keys": _bare("/archive-keys"),
    "read_archive_package": _on(SessionRecord, f"{RECORD}/archive-package"),
    "list_actions": _on(WorkingGroup, f"{GROUP}/actions"),
    "create_action": _on(SessionRecord, f"{RECORD}/actions", lambda _s, _r: ACTION),
    "read_action": _on(Action, "/actions/{id}"),
    "update_action": _on(Action, "/actions/{id}", lambda _s, _r: {"what": "Pröva igen."}),
    "transition_action": _on(Action, "/actions/{id}/transitions", _settled),
    "delete_action": _on(Action, "/actions/{id}"),
    "list_learning_log_entries": _on(WorkingGroup, f"{GROUP}/learning-log-entries"),
    "create_learning_log_entry": _on(WorkingGroup, f"{GROUP}/learning-log-entries", lambda _s, _r: LEARNED),
    "read_learning_log_entry": _on(LearningLogEntry, LEARNING),
    "update_learning_log_entry": _on(LearningLogEntry, LEARNING, lambda _s, _r: {"title": "En fast tid"}),
    "delete_learning_log_entry": _on(LearningLogEntry, LEARNING),
    "create_learning_revisit": _on(
        LearningLogEntry, f"{LEARNING}/revisits", lambda _s, _r: {"stillHolds": "Det håller än."}
    ),
    "transition_learning_log_entry": _on(LearningLogEntry, f"{LEARNING}/transitions", _proposed_or_not),
    "approve_learning_log_entry": _on(LearningLogEntry, f"{LEARNING}/approvals", _decision),
    "list_learning_log_entry_approvals": _on(LearningLogEntry, f"{LEARNING}/approvals"),
    "list_learning_library": _on(Organisation, f"{ORGANISATION}/learning-library"),
    "list_survey_rounds": _on(WorkingGroup, f"{GROUP}/survey-rounds"),
    "create_survey_round": _on(
        WorkingGroup,
        f"{GROUP}/survey-rounds",
        lambda stage, _r: {
            "title": "Ny omgång",
            "instrumentId": str(stage.rows["round, draft"].instrument_id),  # type: ignore[attr-defined]
            "opensAt": stories.soon(1),
            "closesAt": stories.soon(20),
        },
    ),
    "read_survey_round": _on(SurveyRound, ROUND),
    "update_survey_round": _on(SurveyRound, ROUND, lambda _s, _r: {"title": "Annan titel"}),
    "transition_survey_round": _rounds_on_their_way(),
    "list_survey_units": _on(SurveyRound, f"{ROUND}/units"),
    "read_survey_protection": _on(SurveyRound, f"{ROUND}/protection"),
    "create_key_share": _on(SurveyRound, f"{ROUND}/key-shares"),
    "approve_survey_round": _on(SurveyRound, f"{ROUND}/approvals", _decision),
    "list_survey_round_approvals": _on(SurveyRound, f"{ROUND}/approvals"),
    "read_survey_results": _on(SurveyRound, f"{ROUND}/results"),
    "list_unit_results": _on(SurveyRound, f"{ROUND}/results/units"),
    "read_unit_result": _root_results(),
    "read_unit_trend": _root_results("/trend"),
    "read_unit_benchmark": _root_results("/benchmark"),
    "read_survey_unlocks": _on(SurveyRound, f"{ROUND}/unlocks"),
    "unlock_survey_round": _on(SurveyRound, f"{ROUND}/unlocks", lambda stage, _r: {"words": stage.employer_words}),
    "list_survey_amendments": _on(SurveyRound, f"{ROUND}/amendments"),
    "create_survey_amendment": _changes_of_rounds(),
    "read_survey_amendment": _on(SurveyAmendment, AMENDMENT),
    "transition_survey_amendment": _on(SurveyAmendment, f"{AMENDMENT}/transitions", lambda _s, _r: {"to": "withdrawn"}),
    "approve_survey_amendment": _on(SurveyAmendment, f"{AMENDMENT}/approvals", _decision),
    "list_survey_amendment_approvals": _on(SurveyAmendment, f"{AMENDMENT}/approvals"),
    "read_survey_round_texts": _on(SurveyRound, f"{ROUND}/texts"),
    "read_survey_texts": _on(SurveyTexts, TEXTS),
    "list_survey_texts": _on(SurveyTexts, f"{TEXTS}/texts"),
    "withhold_survey_text": _on(
        SurveyTexts,
        f"{TEXTS}/withholdings",
        lambda stage, row: {"textId": stage.withheld[row.id], "reason": "authorRecognisable"},
    ),
    "withdraw_text_withholding": _withholdings,
    "list_survey_texts_approvals": _on(SurveyTexts, f"{TEXTS}/approvals"),
    "approve_survey_texts": _on(SurveyTexts, f"{TEXTS}/approvals", _decision),
    "list_survey_invitation_batches": _on(SurveyRound, f"{ROUND}/invitations"),
    "create_survey_invitation_batch": _on(
        SurveyRound,
        f"{ROUND}/invitations",
        lambda _s, row: {"unitId": str(row.root_unit_id), "kind": "slips", "count": 1},
    ),
    "read_survey_invitation_batch": _on(SurveyInvitationBatch, "/survey-invitation-batches/{id}"),
    "void_survey_invitations": _voided,
    "list_survey_reminders": _on(SurveyRound, f"{ROUND}/reminders"),
    "create_survey_reminder": _on(SurveyRound, f"{ROUND}/reminders", lambda _s, _r: {}),
    "read_survey_reminder": _on(SurveyReminder, "/survey-reminders/{id}"),
    "list_group_reminders": _on(Organisation, f"{ORGANISATION}/group-reminders"),
    "read_group_reminder": _of_unchanging(GroupReminder, "/group-reminders/{id}"),
    "list_organisation_survey_rounds": _on(Organisation, f"{ORGANISATION}/survey-rounds"),
    "list_service_clients": _on(Organisation, f"{ORGANISATION}/service-clients"),
    "create_service_client": _on(Organisation, f"{ORGANISATION}/service-clients", lambda _s, _r: machines.a_client()),
    "read_service_client": _on(ServiceClient, SERVICE_CLIENT),
    "update_service_client": _on(ServiceClient, SERVICE_CLIENT, lambda _s, _r: {"purpose": "Annat."}),
    "end_service_client": _on(ServiceClient, f"{SERVICE_CLIENT}/transitions", lambda _s, _r: {"to": "ended"}),
    "approve_service_client": _on(ServiceClient, f"{SERVICE_CLIENT}/approvals", _decision),
    "list_service_client_approvals": _on(ServiceClient, f"{SERVICE_CLIENT}/approvals"),
    "create_service_client_credential": _on(ServiceClient, f"{SERVICE_CLIENT}/credentials", lambda _s, _r: {}),
    "read_service_client_credential": _on(ServiceClientCredential, "/service-client-credentials/{id}"),
    "delete_service_client_credential": _on(ServiceClientCredential, "/service-client-credentials/{id}"),
    # --- changes, webhooks, failed jobs
    "read_changes": _bare("/changes"),
    "list_webhook_endpoints": _on(ServiceClient, f"{SERVICE_CLIENT}/webhook-endpoints"),
    "create_webhook_endpoint": _endpoints_made,
    "read_webhook_endpoint": _on(WebhookEndpoint, WEBHOOK),
    "transition_webhook_endpoint": _on(
        WebhookEndpoint, f"{WEBHOOK}/transitions", lambda _s, r: {"to": "paused" if r.state == "active" else "active"}
    ),
    "create_webhook_secret": _on(WebhookEndpoint, f"{WEBHOOK}/secrets", lambda _s, _r: {}),
    "delete_webhook_endpoint": _on(WebhookEndpoint, WEBHOOK),
    "list_webhook_deliveries": _on(WebhookEndpoint, f"{WEBHOOK}/webhook-deliveries"),
    "create_webhook_delivery": _on(WebhookEndpoint, f"{WEBHOOK}/webhook-deliveries", lambda _s, _r: {}),
    "read_webhook_delivery": _on(WebhookDelivery, "/webhook-deliveries/{id}"),
    "list_failed_jobs": _bare("/failed-jobs"),
    # --- interest
    "read_interest_consent": _bare("/interest-consent"),
    "list_central_aggregates": _bare("/central-aggregates"),
    "read_central_aggregate": _of_unchanging(CentralAggregate, "/central-aggregates/{id}"),
    "list_interest_registrations": _bare("/interest-registrations"),
    "read_interest_registration": _on(InterestRegistration, "/interest-registrations/{id}"),
    "delete_interest_registration": _on(InterestRegistration, "/interest-registrations/{id}"),
    "create_joined_organisation": _on(
        InterestRegistration,
        "/interest-registrations/{id}/organisations",
        lambda _s, row: {"contentHash": row.confirmed_hash or "0" * 64},
    ),
    "read_failed_job": _on(FailedJob, "/failed-jobs/{id}"),
    "transition_failed_job": _on(FailedJob, "/failed-jobs/{id}/transitions", lambda _s, _r: {"to": "discarded"}),
    # --- personal data and retention
    "erase_person": _on(Person, "/people/{id}"),
    "read_data_export": _on(Person, "/people/{id}/data-export"),
    "list_retention_rules": _on(Organisation, f"{ORGANISATION}/retention-rules"),
    "create_retention_rule": _on(
        Organisation, f"{ORGANISATION}/retention-rules", lambda _s, _r: {**RULE, "kind": "signIns"}
    ),
    "read_retention_rule": _on(RetentionRule, "/retention-rules/{id}"),
    "update_retention_rule": _on(RetentionRule, "/retention-rules/{id}", lambda _s, _r: {"keepMonths": 24}),
    "delete_retention_rule": _on(RetentionRule, "/retention-rules/{id}"),
    # --- imports and unit trees
    "list_imports": _on(Organisation, f"{ORGANISATION}/imports"),
    "create_import": _on(
        Organisation,
        f"{ORGANISATION}/imports",
        lambda _s, _r: [{"externalId": "Ny-1", "name": "Ny", "email": "ny-1@example.se"}],
    ),
    "read_import": _on(HrImport, "/imports/{id}"),
    "list_import_changes": _on(HrImport, "/imports/{id}/changes"),
    "apply_import": _on(HrImport, "/imports/{id}/applications", lambda _s, row: {"planHash": row.plan_hash}),
    "read_import_mapping": _on(Organisation, f"{ORGANISATION}/import-mapping"),
    "replace_import_mapping": _of_all("import-mapping", {}),
    "read_unit_tree": _on(Organisation, f"{ORGANISATION}/unit-tree"),
    "replace_unit_tree": _of_all("unit-tree", {"units": []}),
    # --- HR syncing
    "list_deactivation_releases": _on(Organisation, f"{ORGANISATION}/deactivation-releases"),
    "create_deactivation_release": _on(
        Organisation, f"{ORGANISATION}/deactivation-releases", lambda _s, _r: {"people": 12}
    ),
    "read_deactivation_release": _on(DeactivationRelease, "/deactivation-releases/{id}"),
    # --- legal holds
    "list_legal_holds": _on(Organisation, f"{ORGANISATION}/legal-holds"),
    "create_legal_hold": _on(
        Organisation, f"{ORGANISATION}/legal-holds", lambda _s, _r: {"reason": "Prövas.", "caseNumber": "KRG 1-26"}
    ),
    "read_legal_hold": _on(LegalHold, "/legal-holds/{id}"),
    "lift_legal_hold": _on(LegalHold, "/legal-holds/{id}/transitions", lambda _s, _r: {"to": "lifted"}),
    "list_destructions": _on(WorkingGroup, f"{GROUP}/destructions"),
    "create_destruction": _on(
        SessionRecord,
        f"{RECORD}/destructions",
        lambda _s, _r: {"reason": "Nedlagt.", "decisionReference": "MP 2026/77"},
    ),
    "read_destruction": _on(Destruction, "/destructions/{id}"),
    "transition_destruction": _on(Destruction, "/destructions/{id}/transitions", lambda _s, _r: {"to": "withdrawn"}),
    "approve_destruction": _on(Destruction, "/destructions/{id}/approvals", _decision),
    "list_destruction_approvals": _on(Destruction, "/destructions/{id}/approvals"),
    "list_destruction_log_entries": _on(Organisation, f"{ORGANISATION}/destruction-log-entries"),
    "read_destruction_log_entry": _of_unchanging(DestructionLogEntry, "/destruction-log-entries/{id}"),
    # identity providers
    "read_sign_in_choices": _bare("/auth/sign-in-choices"),
    "list_identity_providers": _bare("/identity-providers"),
    "create_identity_provider": _bare(
        "/identity-providers", lambda _stage: registration(f"https://{organisation_number()}.example")
    ),
    "read_identity_provider": _on(IdentityProvider, "/identity-providers/{id}"),
    "update_identity_provider": _on(IdentityProvider, "/identity-providers/{id}", lambda _s, _r: {"listed": True}),
    "list_email_domains": _on(Organisation, f"{ORGANISATION}/email-domains"),
    "create_email_domain": _on(
        Organisation, f"{ORGANISATION}/email-domains", lambda _s, _r: {"domain": f"{organisation_number()}.example"}
    ),
    "read_email_domain": _on(EmailDomain, "/email-domains/{id}"),
    "verify_email_domain": _on(EmailDomain, "/email-domains/{id}/verifications"),
    "update_email_domain": _on(EmailDomain, "/email-domains/{id}", lambda _s, _r: {"identityProviderId": None}),
    "delete_email_domain": _on(EmailDomain, "/email-domains/{id}"),
    "list_my_identities": _bare("/me/identities"),
    "read_identity": _on(Identity, "/identities/{id}"),
    "unlink_identity": _on(Identity, "/identities/{id}"),
    "list_audit_entries": _on(Organisation, f"{ORGANISATION}/audit-entries"),
    "read_audit_entry": _of_unchanging(AuditEntry, "/audit-entries/{id}"),
}

# Signing in has no actor yet, and an answer to a survey uses its token up; tests/api/test_auth.py and
# test_survey_responses.py ask what can be asked there.
WITHOUT_ACTOR = {"create_token", "set_password", "sign_out", "create_password_reset", "create_survey_response"}
# What a link of a registration opens is its token's to say: tests/api/test_interest_registrations.py.
WITHOUT_ACTOR |= {
    *("create_interest_registration", "open_interest_link"),
    *("confirm_interest_registration", "withdraw_interest_registration"),
}
# Whose reminders end is its token's to say: tests/journeys/test_reminders.py.
WITHOUT_ACTOR |= {"unsubscribe_from_reminders"}
# Going to an identity provider needs one that is there: tests/api/test_provider_sign_in.py.
WITHOUT_ACTOR |= {"create_authorisation_request"}

# Where in the matrix each refusal is met that the table cannot say.
_OPEN_RECORDS = {
    "record, draft",
    "record, under review",
    "record, under review, one for two",
    "record, returned",
    "record, past its deadline",
    "record, draft, under hold",
}
_FINAL_RECORDS = {f"record, final, {state}" for state in ("destruction proposed", "under hold", "appendix open")}
_UNREGISTERED = (
    _OPEN_RECORDS
    | _FINAL_RECORDS
    | {f"record, {state}, organisation closed" for state in ("draft", "in review", "final")}
)
_ABOUT_RECORDS = {
    "approval: employer's, standing",
    "approval: union's request for change",
    "approval: union's, withdrawn",
    "approval: union's, on a final record",
}
_SEEN_BY_FEWER = _ABOUT_RECORDS | {"approval: employer's, of texts", "approval: employer's, of a destruction"}
BEYOND: dict[tuple[str, str], set[str]] = {
    ("create_person_invitation", "invitedRecently"): {"person: invited"},
    ("create_second_factor", "secondFactorActive"): {"-"},
    ("confirm_second_factor", "secondFactorActive"): {"-"},
    ("confirm_second_factor", "secondFactorInactive"): {"-"},
    ("create_recovery_codes", "secondFactorInactive"): {"-"},
    ("create_mandate", "firstMandateExists"): {
        "employer party",
        "union party at the table",
        "union party elsewhere",
    },
    ("create_working_group", "ownPartyMissing"): {"organisation"},
    ("update_working_group", "ownPartyMissing"): {"group, forming: another union"},
    ("approve_working_group", "partyHasDecided"): {
        "group, forming",
        "group, forming, change requested",
        "group, forming, one for two unions",
    },
    ("approve_working_group", "personHasDecided"): {"group, forming, one for two unions"},
    ("approve_working_group", "changeRequested"): {"group, forming, change requested"},
    ("read_approval", "notFound"): _SEEN_BY_FEWER,
    ("withdraw_approval", "notFound"): _SEEN_BY_FEWER,
    ("withdraw_approval", "decisionTaken"): {
        "approval: union's, on a final record",
        "approval: of a group, active",
        "approval: union's, of released texts",
        "approval: union's, of something shared",
    },
    ("update_dialogue_session", "sessionHeld"): {"session, held: its place"},
    ("update_dialogue_session", "recordIsFinal"): {"session, held, record final"},
    ("transition_dialogue_session", "groupClosed"): {"session, planned, group closed"},
    ("create_followed_guide", "guideFollowedAlready"): {"group, active"},
    ("approve_session_record", "partyHasDecided"): {"record, under review", "record, under review, one for two"},
    ("approve_session_record", "personHasDecided"): {"record, under review, one for two"},
    ("approve_learning_log_entry", "partyHasDecided"): {"learned, proposed", "learned, proposed, one for two"},
    ("approve_learning_log_entry", "personHasDecided"): {"learned, proposed, one for two"},
    ("transition_survey_round", "groupNotStarted"): {"round, draft, group closed: to propose it"},
    ("transition_survey_round", "roundTooSoon"): {"round, draft, two keys: to propose it"},
    ("approve_survey_round", "roundTooSoon"): {"round, proposed, too soon"},
    ("approve_survey_round", "partyHasDecided"): {"round, proposed", "round, proposed, one for two"},
    ("approve_survey_round", "personHasDecided"): {"round, proposed, one for two"},
    ("unlock_survey_round", "keyWordsOfAnother"): {"round, closed, two keys"},
    ("create_survey_amendment", "roundNotOpen"): {"round, closed", "round, closed, two keys"},
    ("create_survey_amendment", "amendmentPending"): {
        "round, open, change proposed",
        "round, open, change proposed: abandon",
    },
    ("approve_survey_amendment", "roundNotOpen"): {"amendment, proposed, round closed"},
    ("approve_survey_amendment", "partyHasDecided"): {
        "amendment, proposed",
        "amendment, proposed, one for two",
        "amendment, proposed, to abandon",
    },
    ("approve_survey_amendment", "personHasDecided"): {"amendment, proposed, one for two"},
    ("read_survey_round_texts", "notFound"): {"round, released"},
    ("withdraw_text_withholding", "notFound"): {
        "texts, under review",
        "texts, under review, one for two",
    },
    ("approve_survey_texts", "partyHasDecided"): {"texts, under review", "texts, under review, one for two"},
    ("approve_survey_texts", "personHasDecided"): {"texts, under review, one for two"},
    ("create_survey_reminder", "remindedRecently"): {"round, reminded"},
    ("approve_service_client", "partyHasDecided"): {
        "client, consented",
        "client, one side agrees",
        "client, change asked for",
    },
    ("approve_service_client", "personHasDecided"): {"client, one for two unions"},
    ("approve_service_client", "changeRequested"): {"client, change asked for"},
    ("create_service_client_credential", "twoSecretsLive"): {"client, consented"},
    ("read_statement", "notFound"): {"statement, published"},
    ("write_statement", "notFound"): {"record, draft: not at table"},
    ("write_statement", "notYourRole"): _OPEN_RECORDS,
    ("read_record_registration", "notFound"): _UNREGISTERED,
    # --- imports and unit trees
    ("create_import", "importApplying"): {"organisation, importing"},
    ("apply_import", "importApplying"): {"import, while another is applied"},
    ("replace_unit_tree", "staleVersion"): {"organisation: as it was", "organisation, importing"},
    ("replace_import_mapping", "staleVersion"): {"organisation: as it was", "organisation, importing"},
    # --- retention, legal holds, erasure
    ("erase_person", "personHoldsMandate"): {"person: union representative", "person, organisation closed"},
    ("erase_person", "personLeadsSession"): {"person: facilitator"},
    ("erase_person", "legalHold"): {"person: under hold"},
    ("update_dialogue_session", "legalHold"): {"session, held, under hold"},
    ("update_mandate", "legalHold"): {"mandate, under hold"},
    ("update_survey_round", "legalHold"): {"round, draft, under hold"},
    ("update_working_group", "legalHold"): {"group, forming, under hold"},
    ("create_destruction", "legalHold"): {"record, final, under hold"},
    ("create_destruction", "appendixOpen"): {"record, final, appendix open"},
    ("create_destruction", "destructionPending"): {"record, final, destruction proposed"},
    ("approve_destruction", "legalHold"): {"destruction, proposed, under hold"},
    ("approve_destruction", "appendixOpen"): {"destruction, proposed, appendix open"},
    ("approve_destruction", "partyHasDecided"): {"destruction, proposed", "destruction, proposed, one for two"},
    ("approve_destruction", "personHasDecided"): {"destruction, proposed, one for two"},
    ("update_party_note", "legalHold"): {"note of the union, under hold"},
    ("delete_party_note", "legalHold"): {"note of the union, under hold"},
    ("update_action", "legalHold"): {"action, open, under hold"},
    ("delete_action", "legalHold"): {"action, open, under hold"},
    ("update_session_record", "legalHold"): {"record, draft, under hold"},
    ("update_learning_log_entry", "legalHold"): {"learned, own, under hold"},
    ("delete_learning_log_entry", "legalHold"): {"learned, own, under hold"},
    ("create_learning_revisit", "legalHold"): {"learned, own, under hold"},
    ("write_statement", "legalHold"): {"record, draft, under hold"},
}


def test_every_operation_has_its_row() -> None:
    operations = {operation["operationId"] for item in document()["paths"].values() for operation in item.values()}
    assert operations == set(agreement.RULES)
    assert operations == set(CASES) | WITHOUT_ACTOR


def test_every_sentence_beyond_the_table_is_met() -> None:
    assert set(BEYOND) == {(operation, code) for operation, codes in BEYOND_THE_TABLE.items() for code in codes}


def test_the_page_is_current() -> None:
    assert Path("docs/authorisation.md").read_text(encoding="utf-8") == written_authorisation()


async def _around(world: World, operation: str, row: Table | None) -> dict[type[Table], Any]:
    async with world.database.read() as session:
        kinds = agreement.RULES[operation].around
        ids = {kind: getattr(row, OWN_ID[kind]) for kind in kinds}
        # A central template has no organisation.
        return {kind: await session.get(kind, row_id) for kind, row_id in ids.items() if row_id is not None}


def _never(actor: Actor, operation: str, row: Table | None) -> Code:
    """A client is told when consent is all that it lacks."""
    consented = replace(actor, scopes=actor.scopes | actor.waiting)
    return Code.CONSENT_PENDING if policy.may_ever(consented, operation, row) else Code.NOT_YOUR_ROLE


def expected(operation: str, caller: Caller, cell: Cell, around: Around) -> tuple[int, Code | None]:
    """What the policy table says of a cell: 0 stands for any success."""
    rule = agreement.RULES[operation]
    now = datetime.now(UTC)
    if PUBLIC in rule.who:
        return 0, None
    if TOKEN_HOLDER in rule.who:
        return (0, None) if caller == RESPONDENT else (401, Code.SURVEY_TOKEN_UNKNOWN)
    if not isinstance(caller, Actor):
        return 401, {NOBODY: Code.NOT_SIGNED_IN, RESPONDENT: Code.TOKEN_INVALID}.get(caller) or Code(caller)
    actor = caller
    if cell.row is None:
        return (0, None) if policy.may_ever(actor, operation, None) else (403, _never(actor, operation, None))
    read = agreement.READ_RULES[type(cell.row)]
    if not any(who.of_row(actor, cell.row) for who in read.who):
        return 404, Code.NOT_FOUND
    if not policy.may_ever(actor, operation, cell.row):
        return 403, _never(actor, operation, cell.row)
    obstacle = policy.obstacle(actor, operation, cell.row, now, around)
    if obstacle is not None:
        return PROBLEMS[obstacle].status, obstacle
    sent = cell.fields
    if policy.reserved(actor, operation, cell.row, sent):
        return 403, Code.NOT_YOUR_ROLE
    return 0, None


Sight = tuple[str, str, int, frozenset[type[Table]]]
"""Who wants to see a thing, by which operation, which one, and what of its surroundings is known."""


class SecondOpinion:
    """What each cell answered, held against the agreement in Cedar, which knows nothing of the policy table."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, Sight, Case, str | None]] = []
        self._sights: dict[Sight, Case] = {}

    def take_down(
        self, name: str, caller: Caller, operation: str, cell: Cell, around: Around, code: str | None
    ) -> None:
        sent = cell.fields
        asked = caller if isinstance(caller, Actor) or caller == RESPONDENT else NOBODY
        # Whether somebody sees a thing at all is whether they may read it.
        reading = operation if cell.row is None else READING[type(cell.row)]
        # Whoever asks for several operations on a thing sees it or not once and for all.
        sight = name, reading, id(cell.row), frozenset(around)
        self._sights.setdefault(sight, Case(asked, reading, cell.row, around))
        case = Case(asked, operation, cell.row, around, sent)
        self._cells.append((f"{operation} / {cell.state} / {name}", sight, case, code))

    def differences(self) -> list[str]:
        now = datetime.now(UTC)
        sees = dict(zip(self._sights, second.ask(list(self._sights.values()), now), strict=True))
        say = second.ask([doing for _, _, doing, _ in self._cells], now)
        return [
            f"{told}: {code}, and Cedar says {answer} to one who {'sees' if sees[sight].ever else 'does not see'} it"
            for (told, sight, case, code), answer in zip(self._cells, say, strict=True)
            if not self._fit(case, code, sees[sight].ever, answer)
        ]

    @staticmethod
    def _fit(case: Case, code: str | None, sees: bool, answer: second.Answer) -> bool:
        if isinstance(case.caller, str) and not answer.now:
            return code in {Code.NOT_SIGNED_IN, Code.TOKEN_INVALID, Code.SURVEY_TOKEN_UNKNOWN}
        if case.operation == "read_survey_form" and not answer.now:
            return code == Code.SURVEY_TOKEN_UNKNOWN
        if case.row is not None and not sees:
            return code == Code.NOT_FOUND
        if code is not None and code in BEYOND_THE_TABLE.get(case.operation, {}):
            return True  # which of them are met where stands in BEYOND
        if not answer.ever:
            waits = isinstance(case.caller, Actor) and bool(case.caller.waiting)
            return code == Code.NOT_YOUR_ROLE or (waits and code == Code.CONSENT_PENDING)
        return code in answer.reasons if answer.reasons else code is None


@asynccontextmanager
async def rehearsing(url: str) -> AsyncIterator[FastAPI]:
    app = create_app(settings_for(url))
    await app.state.database.close()
    rehearse(app, url)
    yield app
    await app.state.ballot_box.close()
    await app.state.database.close()


def _clients(stage: Stage, nobody: Client) -> dict[str, Client]:
    """Everyone in the matrix, at another app than the stage's own."""
    world = stage.world
    tokens = {name: someone.client.token for name, someone in (world.people | world.machines).items()}
    tokens["respondent"] = stage.survey_token
    return {name: nobody.signed_in(str(tokens[name])) if name in tokens else nobody for name in ACTORS}


async def _callers(world: World) -> dict[str, Caller]:
    """Who each of them is, or the reason why they are nobody."""
    found: dict[str, Caller] = {"nobody": NOBODY, "respondent": RESPONDENT, "deactivated": Code.TOKEN_INVALID}
    now = datetime.now(UTC)
    async with world.database.read() as session:
        for name in set(PEOPLE) - set(found):
            person_id = world.people[name].person.id
            lasts = sa.and_(col(SignIn.person_id) == person_id, col(SignIn.ended_at).is_(None))
            sign_in = sa.select(col(SignIn.id)).where(lasts).limit(1)
            sign_in_id = (await session.execute(sign_in)).scalar_one()
            found[name] = await actors.load(session, person_id, sign_in_id, swedish_day(now))
        for name in service_client_stage.MACHINES:
            machine = world.machines[name]
            claims = ClientClaims(UUID(machine.id), UUID(machine.credential_id), now)
            try:
                found[name] = await actors.load_client(session, claims, machines.HERE, now)
            except Refusal as refusal:
                found[name] = refusal.code
    return found


@cache
def _method(operation: str) -> str:
    for item in document()["paths"].values():
        for method, each in item.items():
            if each["operationId"] == operation:
                return str(method).upper()
    raise KeyError(operation)


async def test_every_cell_of_the_matrix(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Each cell is as table, Cedar and the committed matrix say, and as nobody's once the table says nobody.

    The ordinary run asks those that differ, `make walks` every one: see tests/walks.py.
    """
    world = stage.world
    cedar = SecondOpinion()
    async with rehearsing(world.database.engine.url.render_as_string(hide_password=False)) as app:
        app.state.look_up_texts = every_challenge(stage)
        lines: list[str] = []
        faults: list[str] = []
        beyond: dict[tuple[str, str], set[str]] = {}
        # What happens once the table says nobody happens to nobody: no document promises it.
        async with client_for(app) as nobody, InProcess(app) as unheld:
            clients = _clients(stage, nobody)
            known = await _callers(world)
            committed = committed_answers()
            walk = Walk(committed, answered_beyond())
            asked = 0
            since = time.monotonic()
            for operation, cases in CASES.items():
                if time.monotonic() - since > 120:
                    since = time.monotonic()
                    await world.renew_tokens()
                    clients = _clients(stage, nobody)
                allowed: list[Callable[[], Awaitable[httpx2.Response]]] = []
                for cell in cases(stage):
                    row = operation, cell.state
                    answers = dict(committed.get(row, {}))
                    could: list[Callable[[], Awaitable[httpx2.Response]]] = []
                    callers = [name for name in ACTORS if walk.asks(*row, name)]
                    asked += len(callers)
                    around = await _around(world, operation, cell.row) if callers else {}
                    for name in callers:
                        client = clients[name]
                        request = _method(operation), cell.path
                        sent: dict[str, Any] = {"json": cell.json, "headers": cell.headers}
                        response = await client.request(*request, **sent)
                        told = response.status_code
                        if told < 400:
                            could.append(partial(Client(unheld, client.token).request, *request, **sent))
                        code = None if told < 400 else response.json()["code"]
                        answers[name] = f"{told:>3}"
                        cedar.take_down(name, known[name], operation, cell, around, code)
                        status, wanted = expected(operation, known[name], cell, around)
                        fits = told < 400 if status == 0 else (told, code) == (status, wanted)
                        if not fits and code in BEYOND_THE_TABLE.get(operation, {}):
                            beyond.setdefault((operation, code), set()).add(cell.state)
                        elif not fits:
                            faults.append(f"{operation} / {cell.state} / {name}: {told} {code}, not {status} {wanted}")
                    allowed += could[:1]
                    lines.append(f"{operation:<36} {cell.state:<38} {' '.join(answers[name] for name in ACTORS)}")
                rule = agreement.RULES[operation]
                assert allowed, operation
                if not rule.sight and not {PUBLIC, TOKEN_HOLDER} & set(rule.who):
                    # The table is really asked: the first who could do it before is refused, lists as well.
                    with monkeypatch.context() as patch:
                        patch.setitem(agreement.RULES, operation, replace(rule, who=()))
                        assert {(await again()).status_code for again in allowed} == {403}, operation
    assert not faults, "\n".join(faults)
    assert beyond == BEYOND
    assert not (different := cedar.differences()), "\n".join(different)
    counted = f"{len(ACTORS)} callers x {len(lines)} operations on things in every state = {len(ACTORS) * len(lines):,}"
    record_property("figure", f"Cells of the authorisation matrix: {counted}; asked in this run: {asked:,}")
    header = f"{'operation':<36} {'on':<38} {' '.join(name[:3] for name in ACTORS)}"
    matrix = "\n".join([header, *lines]) + "\n"
    if os.environ.get("MATRIX_WRITE"):
        MATRIX.write_text(matrix, encoding="utf-8")
    assert MATRIX.read_text(encoding="utf-8") == matrix, "The matrix has changed: MATRIX_WRITE=1, then review the diff"


def committed_answers() -> dict[tuple[str, str], dict[str, str]]:
    """The statuses in the committed matrix: by operation and state, for each caller."""
    answers = {}
    for line in MATRIX.read_text(encoding="utf-8").splitlines()[1:]:
        asked, *told = line.rsplit(maxsplit=len(ACTORS))
        operation, state = asked.split(maxsplit=1)
        answers[operation, state] = dict(zip(ACTORS, told, strict=True))
    return answers


def answered_beyond() -> set[tuple[tuple[str, str], str]]:
    """Where the answer is from beyond the policy table, and with which status."""
    return {
        ((operation, state), str(PROBLEMS[code].status))
        for (operation, code), states in BEYOND.items()
        for state in states
    }


def test_an_ordinary_run_asks_every_operation_state_and_caller_and_every_answer() -> None:
    committed = committed_answers()
    walk, whole = Walk(committed, whole=False), Walk(committed, whole=True)
    cells = {(*row, name): status for row, told in committed.items() for name, status in told.items()}
    asked = {cell: status for cell, status in cells.items() if walk.asks(*cell)}
    assert all(whole.asks(*cell) for cell in cells)
    assert {(operation, name, status) for (operation, _, name), status in asked.items()} == {
        (operation, name, status) for (operation, _, name), status in cells.items()
    }
    assert {(state, status) for (_, state, _), status in asked.items()} == {
        (state, status) for (_, state, _), status in cells.items()
    }
    assert len(asked) < len(cells) / 4
    # What nobody has reviewed yet is asked by everybody.
    assert all(walk.asks("read_unit", "unit, new", name) for name in ACTORS)


async def test_what_has_not_changed_is_not_sent_again(stage: Stage) -> None:
    """Every read that documents 304 gives it to who may read."""
    clients = _clients(stage, stage.world.nobody)
    documented = [
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
        if "304" in operation["responses"]
    ]
    assert documented
    answers = committed_answers()
    for operation in documented:
        again = []
        for cell in CASES[operation](stage):
            name = next((each for each, told in answers[operation, cell.state].items() if told == "200"), None)
            if name is None:
                continue
            client = clients[name]
            first = await client.request("GET", cell.path, expect=200)
            known = {"If-None-Match": first.headers["ETag"]}
            again.append((await client.request("GET", cell.path, headers=known)).status_code)
        assert set(again) == {304}, operation


async def test_every_list_turns_round(stage: Stage) -> None:
    """`sort` is on every list, and a minus in front of it turns the whole order round."""
    clients, answers = _clients(stage, stage.world.nobody), committed_answers()
    empty = []
    for path, item in document()["paths"].items():
        operation = item.get("get", {})
        if not operation.get("operationId", "").startswith("list_"):
            continue
        orders = next(each for each in operation["parameters"] if each["name"] == "sort")["schema"]
        orders = document()["components"]["schemas"][orders["$ref"].rsplit("/", 1)[1]]["enum"]
        plain = [order for order in orders if not order.startswith("-")]
        assert sorted(orders) == sorted([*plain, *(f"-{order}" for order in plain)]), path
        longest = 0
        for cell in CASES[operation["operationId"]](stage):
            told = answers[operation["operationId"], cell.state]
            for name in ("employer_rep", "saco_rep", "administrator", "central_analyst"):
                shown = 0
                for order in plain if told[name] == "200" else ():
                    there, back = [
                        (await clients[name].get(cell.path, params={"sort": each, "limit": 100}))["items"]
                        for each in (order, f"-{order}")
                    ]
                    # Of more than a page the two ends are different rows.
                    assert there == back[::-1] or len(there) == 100, (path, order)
                    shown = len(there)
                longest = max(longest, shown)
                if shown:
                    break
        if longest == 0:
            empty.append(path)
    # The stage's groups have destroyed nothing; test_destructions.py turns their list round.
    assert empty == ["/working-groups/{workingGroupId}/destructions"]
