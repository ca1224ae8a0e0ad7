"""Who may do what: the table, which reads like an agreement. `policy` asks it.

A rule says on which thing an operation is decided, who may do it, and while what holds. The words it says that
with stand in conditions.py; the little that no rule can say stands in beyond_the_table.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.models.action import Action
from app.models.approval import Approval, SubjectType
from app.models.audit_entry import Audience, AuditEntry
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.central_aggregate import CentralAggregate
from app.models.deactivation_release import DeactivationRelease
from app.models.destruction import Destruction
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.email_domain import EmailDomain
from app.models.failed_job import FailedJob
from app.models.followed_guide import FollowedGuide
from app.models.group_reminder import GroupReminder
from app.models.hr_import import HrImport, ImportSubject
from app.models.identity import Identity
from app.models.identity_provider import IdentityProvider
from app.models.inspiration_item import InspirationItem
from app.models.instrument import Instrument
from app.models.interest_registration import InterestRegistration, InterestState
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
from app.models.session_record import SessionRecord, SessionRecordState
from app.models.sign_in import SignIn
from app.models.statement import Statement
from app.models.survey_amendment import SurveyAmendment
from app.models.survey_invitation_batch import SurveyInvitationBatch
from app.models.survey_reminder import SurveyReminder
from app.models.survey_round import SurveyRound, SurveyRoundState
from app.models.survey_texts import SurveyTexts, SurveyTextsState
from app.models.unit import Unit
from app.models.webhook_delivery import WebhookDelivery
from app.models.webhook_endpoint import WebhookEndpoint
from app.models.working_group import WorkingGroup
from app.services.circumstances import (
    ACTION_NOT_SETTLED,
    ACTION_OPEN,
    AMENDMENT_PROPOSED,
    APPROVAL_STANDS,
    BEFORE_CLOSING_TIME,
    BEFORE_DEADLINE,
    CLIENT_NOT_ENDED,
    CONSENT_NEEDED,
    DESTRUCTION_PROPOSED,
    DOMAIN_CLAIMED,
    DOMAIN_VERIFIED,
    GROUP_FORMING,
    GROUP_OPEN,
    GROUP_STARTED,
    GUIDE_FOLLOWED,
    HOLD_STANDS,
    IMPORT_NOT_APPLYING,
    IMPORT_PLANNED,
    INSTRUMENT_PUBLISHED,
    ITS_GROUP_STARTED,
    ITS_ORGANISATION_ACTIVE,
    ITS_ORGANISATION_STAYS_ACTIVE,
    ITS_RECORD_OPEN,
    ITS_RECORD_OPEN_FOR_OTHERS,
    ITS_ROUND_UNDER_WAY,
    JOB_FAILED,
    LEARNING_NOT_SHARED,
    LEARNING_OWN,
    LEARNING_PROPOSED,
    MANDATE_RUNS,
    NOT_ANOTHER_WHO_IS_ACTIVE,
    NOT_ITS_FACILITATOR,
    ORGANISATION_ACTIVE,
    PARTY_ACTIVE,
    PERSON_ACTIVE,
    PLAN_THERE,
    RECORD_FINAL,
    RECORD_OPEN,
    RESULTS_RELEASED,
    ROUND_AHEAD,
    ROUND_BEGUN,
    ROUND_CLOSED,
    ROUND_DRAFT,
    ROUND_NOT_BEGUN,
    ROUND_OPEN,
    ROUND_PROPOSED,
    ROUND_UNDER_WAY,
    SESSION_AHEAD,
    SESSION_OPEN,
    SIDES_AGREED,
    SIGN_IN_LASTS,
    TEMPLATE_DRAFT,
    TEXTS_UNDER_REVIEW,
    TWO_KEYS,
    UNDER_REVIEW,
    UNIT_OPEN,
    state_is,
)
from app.services.conditions import (
    ADMINISTRATOR,
    ANALYST,
    ARCHIVIST,
    AT_TABLE,
    CLIENT,
    CLIENT_OF_ORGANISATION,
    FACILITATOR,
    FACILITATOR_OF_GROUP,
    MEETS_AT_TABLE,
    MEETS_PARTY,
    MEMBER,
    ONESELF,
    OWN_PARTY,
    OWN_PARTY_AT_TABLE,
    PUBLIC,
    READS_PEOPLE,
    READS_RECORDS,
    READS_REMINDERS,
    READS_RESULTS,
    READS_UNITS,
    REPRESENTATIVE,
    SIGNED_IN,
    TOKEN_HOLDER,
    WRITES_PEOPLE,
    WRITES_UNITS,
    Is,
    While,
    Who,
    only,
)
from app.services.errors import Code


@dataclass(frozen=True)
class Rule:
    """On what an operation is decided, by whom it may be done, and while what holds."""

    on: type[Table] | None
    who: tuple[Who, ...]
    while_: tuple[While, ...] = ()
    items: type[Table] | None = None
    """For a list: whose read rule filters the items."""
    reads: bool = False
    sight: bool = False
    """Whether this decides who sees a row of the kind at all, alone and in every list."""
    fields: Mapping[str, tuple[Who, ...]] = field(default_factory=dict)
    """Who alone may send some fields of the request."""

    @property
    def around(self) -> tuple[type[Table], ...]:
        """What the row belongs to that conditions are asked of."""
        return tuple(dict.fromkeys(condition.of for condition in self.while_ if condition.of is not None))

    @property
    def locked(self) -> tuple[type[Table], ...]:
        """What of that stays as it was judged until the change is stored."""
        return tuple(dict.fromkeys(condition.of for condition in self.while_ if condition.of and condition.locked))


def _read(on: type[Table], *who: Who) -> Rule:
    return Rule(on, who, reads=True, sight=True)


def _list(on: type[Table] | None, items: type[Table], *who: Who) -> Rule:
    return Rule(on, who, items=items, reads=True)


_ORGANISATION_READERS = (MEMBER, ADMINISTRATOR)
_UNIT_READERS = (*_ORGANISATION_READERS, READS_UNITS)
_PERSON_READERS = (ONESELF, REPRESENTATIVE, ADMINISTRATOR, READS_PEOPLE)
_GROUP_READERS = (AT_TABLE, FACILITATOR_OF_GROUP)
_RECORD_READERS = (
    AT_TABLE,
    FACILITATOR,
    only(ARCHIVIST, "once it is final", Is("state", (SessionRecordState.FINAL,))),
    only(READS_RECORDS, "once it is final", Is("state", (SessionRecordState.FINAL,))),
)
_RESULT_READERS = (
    *_GROUP_READERS,
    only(READS_RESULTS, "once it is released", Is("state", (SurveyRoundState.RELEASED,))),
)
_RECORD_WRITERS = (AT_TABLE, FACILITATOR)
_TEXTS_READERS = (
    AT_TABLE,
    only(FACILITATOR_OF_GROUP, "once they are released", Is("state", (SurveyTextsState.RELEASED,))),
)
_ABOUT_PEOPLE = Is("subject", (ImportSubject.PEOPLE,))
_ABOUT_UNITS = Is("subject", (ImportSubject.UNITS,))
# Until then nobody knows whose address it is.
_CENTRAL_SIDE = only(
    ADMINISTRATOR, "once its contact has confirmed it", Is("state", (InterestState.CONFIRMED, InterestState.AGREED))
)
_NO_TABLE = Is("working_group_id", (None,))
_PUBLISHED = Is("state", (DialogueTemplateState.PUBLISHED, DialogueTemplateState.RETIRED))

RULES: dict[str, Rule] = {
    # --- without signing in
    "read_api_info": Rule(None, (PUBLIC,), reads=True),
    "create_token": Rule(None, (PUBLIC,)),
    "set_password": Rule(None, (PUBLIC,)),
    "sign_out": Rule(None, (PUBLIC,)),
    "create_password_reset": Rule(None, (PUBLIC,)),
    # --- interest. What a link opens, its token decides; services/interest_registrations.py looks at that itself.
    "read_interest_consent": Rule(None, (PUBLIC,), reads=True),
    "create_interest_registration": Rule(None, (PUBLIC,)),
    "open_interest_link": Rule(None, (PUBLIC,)),
    "confirm_interest_registration": Rule(None, (PUBLIC,)),
    "withdraw_interest_registration": Rule(None, (PUBLIC,)),
    "list_interest_registrations": _list(None, InterestRegistration, ADMINISTRATOR),
    "read_interest_registration": _read(InterestRegistration, _CENTRAL_SIDE),
    "delete_interest_registration": Rule(InterestRegistration, (_CENTRAL_SIDE,)),
    "create_joined_organisation": Rule(InterestRegistration, (_CENTRAL_SIDE,), (SIDES_AGREED,)),
    # --- all organisations together. Nobody else: what is of all is no administrator's either.
    "list_central_aggregates": _list(None, CentralAggregate, ANALYST),
    "read_central_aggregate": _read(CentralAggregate, ANALYST),
    # --- answering a survey
    "read_survey_form": Rule(None, (TOKEN_HOLDER,), reads=True),
    "create_survey_response": Rule(None, (TOKEN_HOLDER,)),
    # --- oneself
    "read_me": Rule(None, (SIGNED_IN, CLIENT), reads=True),
    # --- reminders. Whose they end, a letter's token says; services/reminder_settings.py looks at that itself.
    "read_reminder_settings": Rule(None, (SIGNED_IN,), reads=True),
    "update_reminder_settings": Rule(None, (SIGNED_IN,)),
    "unsubscribe_from_reminders": Rule(None, (PUBLIC,)),
    # --- one's sign-ins
    "list_sign_ins": _list(None, SignIn, SIGNED_IN),
    "create_sign_out": Rule(None, (SIGNED_IN,)),
    "read_sign_in": _read(SignIn, ONESELF),
    # Also when the organisation is closed: signing out is always safe.
    "end_sign_in": Rule(SignIn, (ONESELF,), (SIGN_IN_LASTS,)),
    # --- one's calendars. What an address shows is decided by the read rules of what is in it, for its person.
    "list_calendar_feeds": _list(None, CalendarFeed, SIGNED_IN),
    "create_calendar_feed": Rule(None, (SIGNED_IN,)),
    "read_calendar_feed": _read(CalendarFeed, ONESELF),
    # Also when the organisation is closed: shutting a door is always safe.
    "revoke_calendar_feed": Rule(CalendarFeed, (ONESELF,)),
    # --- passwords and second factors
    "create_password_change": Rule(None, (SIGNED_IN,)),
    "read_second_factor": Rule(None, (SIGNED_IN,), reads=True),
    "create_second_factor": Rule(None, (SIGNED_IN,)),
    "confirm_second_factor": Rule(None, (SIGNED_IN,)),
    "create_recovery_codes": Rule(None, (SIGNED_IN,)),
    "remove_second_factor": Rule(None, (SIGNED_IN,)),
    # --- organisations
    "list_organisations": _list(None, Organisation, SIGNED_IN, CLIENT),
    "create_organisation": Rule(None, (ADMINISTRATOR,)),
    "read_organisation": _read(Organisation, *_ORGANISATION_READERS, CLIENT_OF_ORGANISATION),
    "update_organisation": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    "close_organisation": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    # --- units
    "list_units": _list(Organisation, Unit, *_UNIT_READERS),
    "create_unit": Rule(Organisation, (ADMINISTRATOR, REPRESENTATIVE, WRITES_UNITS), (ORGANISATION_ACTIVE,)),
    "read_unit": _read(Unit, *_UNIT_READERS),
    "update_unit": Rule(Unit, (ADMINISTRATOR, REPRESENTATIVE, WRITES_UNITS), (UNIT_OPEN, ITS_ORGANISATION_ACTIVE)),
    # --- parties
    "list_parties": _list(Organisation, Party, *_ORGANISATION_READERS),
    "create_party": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    "read_party": _read(Party, *_ORGANISATION_READERS),
    "update_party": Rule(Party, (ADMINISTRATOR, OWN_PARTY), (PARTY_ACTIVE, ITS_ORGANISATION_ACTIVE)),
    "close_party": Rule(Party, (OWN_PARTY,), (PARTY_ACTIVE, ITS_ORGANISATION_ACTIVE)),
    # --- people and mandates
    "list_people": _list(Organisation, Person, *_ORGANISATION_READERS, READS_PEOPLE),
    "create_person": Rule(
        Organisation,
        (ADMINISTRATOR, REPRESENTATIVE, WRITES_PEOPLE),
        (ORGANISATION_ACTIVE,),
        fields={"roles": (ADMINISTRATOR,)},
    ),
    "read_person": _read(
        Person,
        *(only(who, "until erased", Is("erased_at", (None,))) for who in _PERSON_READERS),
    ),
    # Also when the organisation is closed: people still sign in to read.
    "update_person": Rule(
        Person,
        (ONESELF, ADMINISTRATOR, WRITES_PEOPLE),
        fields={
            "active": (ADMINISTRATOR, WRITES_PEOPLE),
            # Links to set a password go there: the employer's HR system must not have a union's in its hands.
            "email": (ONESELF, ADMINISTRATOR),
            "roles": (ADMINISTRATOR,),
            "unit_id": (ADMINISTRATOR, WRITES_PEOPLE),
        },
    ),
    # Also when the organisation is closed. The link goes to the person's own address and to nobody else.
    "create_person_invitation": Rule(Person, (REPRESENTATIVE, ADMINISTRATOR), (PERSON_ACTIVE,)),
    # Also when the organisation is closed: the right to be forgotten does not end with it.
    "erase_person": Rule(Person, (ONESELF, ADMINISTRATOR), (NOT_ANOTHER_WHO_IS_ACTIVE,)),
    "read_data_export": Rule(Person, (ONESELF,), reads=True),
    "list_mandates": _list(Party, Mandate, OWN_PARTY),
    "create_mandate": Rule(
        Party, (OWN_PARTY, only(ADMINISTRATOR, "for the party's first")), (PARTY_ACTIVE, ITS_ORGANISATION_ACTIVE)
    ),
    "read_mandate": _read(
        Mandate,
        OWN_PARTY,
        OWN_PARTY_AT_TABLE,
        MEETS_AT_TABLE,
        MEETS_PARTY,
        ONESELF,
        only(ADMINISTRATOR, "for one appointed by an administrator", Is("first", (True,))),
    ),
    # Also when the organisation is closed: ending somebody's say is always safe.
    "update_mandate": Rule(Mandate, (OWN_PARTY,), (MANDATE_RUNS,)),
    # --- working groups
    "list_working_groups": _list(Organisation, WorkingGroup, *_ORGANISATION_READERS),
    "create_working_group": Rule(Organisation, (REPRESENTATIVE,), (ORGANISATION_ACTIVE,)),
    "read_working_group": _read(WorkingGroup, *_GROUP_READERS),
    # What it shows of other things, their own rules say.
    "read_working_group_overview": Rule(WorkingGroup, _GROUP_READERS, reads=True),
    "update_working_group": Rule(WorkingGroup, (AT_TABLE,), (GROUP_FORMING, ITS_ORGANISATION_ACTIVE)),
    "approve_working_group": Rule(WorkingGroup, (AT_TABLE,), (GROUP_FORMING, ITS_ORGANISATION_STAYS_ACTIVE)),
    "list_working_group_approvals": _list(WorkingGroup, Approval, *_GROUP_READERS),
    "list_working_group_mandates": _list(WorkingGroup, Mandate, *_GROUP_READERS),
    "close_working_group": Rule(WorkingGroup, (AT_TABLE,), (GROUP_OPEN, ITS_ORGANISATION_ACTIVE)),
    # --- approvals
    "read_approval": _read(
        Approval,
        AT_TABLE,
        FACILITATOR_OF_GROUP,
        only(REPRESENTATIVE, "if it is a matter of the whole organisation", _NO_TABLE),
        only(
            READS_RECORDS,
            "if it stands, on a record",
            Is("subject_type", (SubjectType.SESSION_RECORD,)),
            Is("voided_at", (None,)),
        ),
    ),
    "withdraw_approval": Rule(
        Approval,
        (OWN_PARTY_AT_TABLE, only(OWN_PARTY, "if it is a matter of the whole organisation", _NO_TABLE)),
        (APPROVAL_STANDS, ITS_ORGANISATION_ACTIVE),
    ),
    # --- dialogue templates
    "list_dialogue_templates": _list(None, DialogueTemplate, SIGNED_IN),
    "create_dialogue_template": Rule(Organisation, (REPRESENTATIVE,), (ORGANISATION_ACTIVE,)),
    "read_dialogue_template": _read(
        DialogueTemplate,
        only(SIGNED_IN, "when it is central and published", Is("organisation_id", (None,)), _PUBLISHED),
        only(MEMBER, "when it is published", _PUBLISHED),
        REPRESENTATIVE,
    ),
    "update_dialogue_template": Rule(DialogueTemplate, (REPRESENTATIVE,), (TEMPLATE_DRAFT, ITS_ORGANISATION_ACTIVE)),
    "delete_dialogue_template": Rule(DialogueTemplate, (REPRESENTATIVE,), (TEMPLATE_DRAFT, ITS_ORGANISATION_ACTIVE)),
    "transition_dialogue_template": Rule(
        DialogueTemplate,
        (REPRESENTATIVE,),
        (
            While(
                "it is not retired",
                Code.TEMPLATE_NOT_PUBLISHED,
                state_is(DialogueTemplateState.DRAFT, DialogueTemplateState.PUBLISHED),
            ),
            ITS_ORGANISATION_ACTIVE,
        ),
    ),
    "read_method_texts": Rule(None, (SIGNED_IN,), reads=True),
    # --- inspiration and process guides
    "list_inspiration_items": _list(None, InspirationItem, SIGNED_IN),
    "read_inspiration_item": _read(InspirationItem, SIGNED_IN),
    "list_process_guides": _list(None, ProcessGuide, SIGNED_IN),
    "read_process_guide": _read(ProcessGuide, SIGNED_IN),
    # --- followed guides. They are the group's: what a party rates, all its members read.
    "list_followed_guides": _list(WorkingGroup, FollowedGuide, *_GROUP_READERS),
    "create_followed_guide": Rule(WorkingGroup, (AT_TABLE,), (GROUP_STARTED, ITS_ORGANISATION_ACTIVE)),
    "read_followed_guide": _read(FollowedGuide, *_GROUP_READERS),
    "transition_followed_guide": Rule(
        FollowedGuide, _GROUP_READERS, (GUIDE_FOLLOWED, ITS_GROUP_STARTED, ITS_ORGANISATION_ACTIVE)
    ),
    "rate_followed_guide": Rule(
        FollowedGuide, (AT_TABLE,), (GUIDE_FOLLOWED, ITS_GROUP_STARTED, ITS_ORGANISATION_ACTIVE)
    ),
    # --- instruments
    "list_instruments": _list(None, Instrument, SIGNED_IN),
    "list_organisation_instruments": _list(Organisation, Instrument, MEMBER),
    "create_instrument": Rule(Organisation, (REPRESENTATIVE,), (ORGANISATION_ACTIVE,)),
    "read_instrument": _read(Instrument, only(SIGNED_IN, "when it is central", Is("organisation_id", (None,))), MEMBER),
    "transition_instrument": Rule(Instrument, (REPRESENTATIVE,), (INSTRUMENT_PUBLISHED, ITS_ORGANISATION_ACTIVE)),
    # --- dialogue sessions
    "list_dialogue_sessions": _list(WorkingGroup, DialogueSession, *_GROUP_READERS),
    "create_dialogue_session": Rule(WorkingGroup, (AT_TABLE,), (GROUP_STARTED, ITS_ORGANISATION_STAYS_ACTIVE)),
    "read_dialogue_session": _read(DialogueSession, AT_TABLE, FACILITATOR),
    "update_dialogue_session": Rule(DialogueSession, (AT_TABLE, FACILITATOR), (SESSION_OPEN, ITS_ORGANISATION_ACTIVE)),
    "transition_dialogue_session": Rule(
        DialogueSession, (AT_TABLE, FACILITATOR), (SESSION_AHEAD, ITS_ORGANISATION_ACTIVE)
    ),
    # --- party-private notes
    "list_party_notes": _list(DialogueSession, PartyNote, AT_TABLE),
    "create_party_note": Rule(DialogueSession, (AT_TABLE,), (ITS_ORGANISATION_ACTIVE,)),
    "read_party_note": _read(PartyNote, OWN_PARTY_AT_TABLE),
    "update_party_note": Rule(PartyNote, (OWN_PARTY_AT_TABLE,), (ITS_ORGANISATION_ACTIVE,)),
    "delete_party_note": Rule(PartyNote, (OWN_PARTY_AT_TABLE,), (ITS_ORGANISATION_ACTIVE,)),
    # --- session records
    "list_session_records": _list(Organisation, SessionRecord, MEMBER, READS_RECORDS),
    # --- approved records
    "list_approved_records": _list(Organisation, SessionRecord, MEMBER, READS_RECORDS),
    "list_working_group_session_records": _list(WorkingGroup, SessionRecord, *_GROUP_READERS),
    "read_session_record": _read(SessionRecord, *_RECORD_READERS),
    "update_session_record": Rule(SessionRecord, _RECORD_WRITERS, (RECORD_OPEN, ITS_ORGANISATION_ACTIVE)),
    "transition_session_record": Rule(SessionRecord, _RECORD_WRITERS, (RECORD_OPEN, ITS_ORGANISATION_ACTIVE)),
    "approve_session_record": Rule(
        SessionRecord,
        (AT_TABLE,),
        (NOT_ITS_FACILITATOR, UNDER_REVIEW, BEFORE_DEADLINE, ITS_ORGANISATION_STAYS_ACTIVE),
    ),
    "list_session_record_approvals": _list(
        SessionRecord,
        Approval,
        AT_TABLE,
        FACILITATOR,
        only(READS_RECORDS, "once it is final", Is("state", (SessionRecordState.FINAL,))),
    ),
    "create_appendix": Rule(SessionRecord, _RECORD_WRITERS, (RECORD_FINAL, ITS_ORGANISATION_ACTIVE)),
    "list_appendices": _list(SessionRecord, SessionRecord, *_RECORD_READERS),
    "read_statement": _read(
        Statement,
        OWN_PARTY_AT_TABLE,
        only(AT_TABLE, "once published", Is("published", (True,))),
        only(FACILITATOR_OF_GROUP, "once published", Is("published", (True,))),
    ),
    "write_statement": Rule(SessionRecord, (AT_TABLE,), (RECORD_OPEN, ITS_ORGANISATION_ACTIVE)),
    "read_record_registration": Rule(SessionRecord, _RECORD_READERS, reads=True),
    # Also when the organisation is closed: its final records may be public documents all the same.
    "register_session_record": Rule(SessionRecord, (ARCHIVIST,), (RECORD_FINAL,)),
    # --- archive packages
    "read_archive_keys": Rule(None, (PUBLIC,), reads=True),
    "read_archive_package": Rule(SessionRecord, _RECORD_READERS, (RECORD_FINAL,), reads=True),
    # --- actions
    "list_actions": _list(WorkingGroup, Action, *_GROUP_READERS),
    "create_action": Rule(SessionRecord, _RECORD_WRITERS, (RECORD_OPEN, ITS_ORGANISATION_ACTIVE)),
    "read_action": _read(
        Action,
        AT_TABLE,
        FACILITATOR,
        only(FACILITATOR_OF_GROUP, "once its record is final", Is("agreed", (True,))),
    ),
    "update_action": Rule(Action, _RECORD_WRITERS, (ACTION_OPEN, ITS_RECORD_OPEN_FOR_OTHERS, ITS_ORGANISATION_ACTIVE)),
    "transition_action": Rule(Action, (AT_TABLE,), (ACTION_NOT_SETTLED, ITS_ORGANISATION_ACTIVE)),
    "delete_action": Rule(Action, _RECORD_WRITERS, (ACTION_OPEN, ITS_RECORD_OPEN, ITS_ORGANISATION_ACTIVE)),
    # --- what was learned
    "list_learning_log_entries": _list(WorkingGroup, LearningLogEntry, *_GROUP_READERS),
    "create_learning_log_entry": Rule(WorkingGroup, (AT_TABLE,), (GROUP_STARTED, ITS_ORGANISATION_ACTIVE)),
    "read_learning_log_entry": _read(LearningLogEntry, *_GROUP_READERS),
    "update_learning_log_entry": Rule(LearningLogEntry, (AT_TABLE,), (LEARNING_NOT_SHARED, ITS_ORGANISATION_ACTIVE)),
    "delete_learning_log_entry": Rule(LearningLogEntry, (AT_TABLE,), (LEARNING_OWN, ITS_ORGANISATION_ACTIVE)),
    "create_learning_revisit": Rule(LearningLogEntry, (AT_TABLE,), (ITS_ORGANISATION_ACTIVE,)),
    "transition_learning_log_entry": Rule(
        LearningLogEntry, (AT_TABLE,), (LEARNING_NOT_SHARED, ITS_GROUP_STARTED, ITS_ORGANISATION_ACTIVE)
    ),
    "approve_learning_log_entry": Rule(
        LearningLogEntry, (AT_TABLE,), (LEARNING_PROPOSED, ITS_GROUP_STARTED, ITS_ORGANISATION_STAYS_ACTIVE)
    ),
    "list_learning_log_entry_approvals": _list(LearningLogEntry, Approval, *_GROUP_READERS),
    "list_learning_library": Rule(Organisation, (MEMBER,), reads=True),
    # --- what groups are reminded of: that something is due. What it says, its own rule says to whom.
    "list_group_reminders": _list(Organisation, GroupReminder, MEMBER, READS_REMINDERS),
    "read_group_reminder": _read(GroupReminder, AT_TABLE, READS_REMINDERS),
    # --- survey rounds
    "list_organisation_survey_rounds": _list(Organisation, SurveyRound, MEMBER, READS_RESULTS),
    "list_survey_rounds": _list(WorkingGroup, SurveyRound, *_GROUP_READERS),
    "create_survey_round": Rule(WorkingGroup, (AT_TABLE,), (GROUP_STARTED, ITS_ORGANISATION_ACTIVE)),
    "read_survey_round": _read(SurveyRound, *_RESULT_READERS),
    "update_survey_round": Rule(SurveyRound, (AT_TABLE,), (ROUND_DRAFT, ITS_ORGANISATION_ACTIVE)),
    "transition_survey_round": Rule(SurveyRound, (AT_TABLE,), (ROUND_AHEAD, ITS_ORGANISATION_ACTIVE)),
    "list_survey_units": Rule(SurveyRound, _GROUP_READERS, reads=True),
    "read_survey_protection": Rule(SurveyRound, _GROUP_READERS, (ROUND_AHEAD,), reads=True),
    "create_key_share": Rule(SurveyRound, (AT_TABLE,), (ROUND_DRAFT, TWO_KEYS, ITS_ORGANISATION_ACTIVE)),
    "approve_survey_round": Rule(
        SurveyRound,
        (AT_TABLE,),
        (ROUND_PROPOSED, BEFORE_CLOSING_TIME, ITS_GROUP_STARTED, ITS_ORGANISATION_STAYS_ACTIVE),
    ),
    "list_survey_round_approvals": _list(SurveyRound, Approval, *_GROUP_READERS),
    "list_survey_amendments": _list(SurveyRound, SurveyAmendment, *_GROUP_READERS),
    "create_survey_amendment": Rule(SurveyRound, (AT_TABLE,), (ROUND_UNDER_WAY, ITS_ORGANISATION_ACTIVE)),
    "read_survey_amendment": _read(SurveyAmendment, *_GROUP_READERS),
    "transition_survey_amendment": Rule(
        SurveyAmendment, (OWN_PARTY_AT_TABLE,), (AMENDMENT_PROPOSED, ITS_ORGANISATION_ACTIVE)
    ),
    "approve_survey_amendment": Rule(
        SurveyAmendment, (AT_TABLE,), (AMENDMENT_PROPOSED, ITS_ROUND_UNDER_WAY, ITS_ORGANISATION_STAYS_ACTIVE)
    ),
    "list_survey_amendment_approvals": _list(SurveyAmendment, Approval, *_GROUP_READERS),
    # --- survey results
    "read_survey_results": Rule(SurveyRound, _RESULT_READERS, (RESULTS_RELEASED,), reads=True),
    "list_unit_results": Rule(SurveyRound, _RESULT_READERS, (RESULTS_RELEASED,), reads=True),
    "read_unit_result": Rule(SurveyRound, _RESULT_READERS, (RESULTS_RELEASED,), reads=True),
    "read_unit_trend": Rule(SurveyRound, _RESULT_READERS, (RESULTS_RELEASED,), reads=True),
    "read_unit_benchmark": Rule(SurveyRound, _RESULT_READERS, (RESULTS_RELEASED,), reads=True),
    "read_survey_unlocks": Rule(SurveyRound, _GROUP_READERS, reads=True),
    # Also when the organisation is closed: what people have answered is released as they were told.
    "unlock_survey_round": Rule(SurveyRound, (AT_TABLE,), (TWO_KEYS, ROUND_CLOSED)),
    # --- survey invitations
    "list_survey_invitation_batches": _list(SurveyRound, SurveyInvitationBatch, *_GROUP_READERS),
    "create_survey_invitation_batch": Rule(SurveyRound, (AT_TABLE,), (ROUND_OPEN, ITS_ORGANISATION_ACTIVE)),
    "read_survey_invitation_batch": _read(SurveyInvitationBatch, *_GROUP_READERS),
    "void_survey_invitations": Rule(SurveyRound, (AT_TABLE,), (ROUND_OPEN, ROUND_NOT_BEGUN, ITS_ORGANISATION_ACTIVE)),
    "list_survey_reminders": _list(SurveyRound, SurveyReminder, *_GROUP_READERS),
    "create_survey_reminder": Rule(SurveyRound, (AT_TABLE,), (ROUND_OPEN, ROUND_BEGUN, ITS_ORGANISATION_ACTIVE)),
    "read_survey_reminder": _read(SurveyReminder, *_GROUP_READERS),
    # --- survey texts
    "read_survey_round_texts": Rule(SurveyRound, _GROUP_READERS, (RESULTS_RELEASED,), reads=True),
    "read_survey_texts": _read(SurveyTexts, *_TEXTS_READERS),
    "list_survey_texts": Rule(SurveyTexts, _TEXTS_READERS, reads=True),
    "withhold_survey_text": Rule(SurveyTexts, (AT_TABLE,), (TEXTS_UNDER_REVIEW, ITS_ORGANISATION_ACTIVE)),
    "withdraw_text_withholding": Rule(SurveyTexts, (AT_TABLE,), (TEXTS_UNDER_REVIEW, ITS_ORGANISATION_ACTIVE)),
    "list_survey_texts_approvals": _list(SurveyTexts, Approval, AT_TABLE),
    "approve_survey_texts": Rule(SurveyTexts, (AT_TABLE,), (TEXTS_UNDER_REVIEW, ITS_ORGANISATION_STAYS_ACTIVE)),
    # --- service clients
    "list_service_clients": _list(Organisation, ServiceClient, ADMINISTRATOR, REPRESENTATIVE),
    "create_service_client": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    "read_service_client": _read(ServiceClient, ADMINISTRATOR, REPRESENTATIVE),
    "update_service_client": Rule(ServiceClient, (ADMINISTRATOR,), (CLIENT_NOT_ENDED, ITS_ORGANISATION_ACTIVE)),
    # Also when the organisation is closed: shutting a door is always safe.
    "end_service_client": Rule(ServiceClient, (ADMINISTRATOR,), (CLIENT_NOT_ENDED,)),
    "approve_service_client": Rule(
        ServiceClient, (REPRESENTATIVE,), (CLIENT_NOT_ENDED, CONSENT_NEEDED, ITS_ORGANISATION_STAYS_ACTIVE)
    ),
    "list_service_client_approvals": _list(ServiceClient, Approval, REPRESENTATIVE),
    "create_service_client_credential": Rule(
        ServiceClient, (ADMINISTRATOR,), (CLIENT_NOT_ENDED, ITS_ORGANISATION_ACTIVE)
    ),
    "read_service_client_credential": _read(ServiceClientCredential, ADMINISTRATOR, REPRESENTATIVE),
    "delete_service_client_credential": Rule(ServiceClientCredential, (ADMINISTRATOR,)),
    # --- imports and unit trees
    "list_imports": _list(Organisation, HrImport, ADMINISTRATOR, READS_PEOPLE, READS_UNITS),
    "create_import": Rule(Organisation, (ADMINISTRATOR, WRITES_PEOPLE, WRITES_UNITS), (ORGANISATION_ACTIVE,)),
    "read_import": _read(
        HrImport,
        ADMINISTRATOR,
        only(READS_PEOPLE, "if it is about people", _ABOUT_PEOPLE),
        only(READS_UNITS, "if it is about units", _ABOUT_UNITS),
    ),
    # Whoever reads a plan reads of whom it speaks: people for those who may read people, units likewise.
    "list_import_changes": Rule(
        HrImport,
        (
            ADMINISTRATOR,
            only(READS_PEOPLE, "if it is about people", _ABOUT_PEOPLE),
            only(READS_UNITS, "if it is about units", _ABOUT_UNITS),
        ),
        (PLAN_THERE,),
        reads=True,
    ),
    "apply_import": Rule(
        HrImport,
        (
            ADMINISTRATOR,
            only(WRITES_PEOPLE, "if it is about people", _ABOUT_PEOPLE),
            only(WRITES_UNITS, "if it is about units", _ABOUT_UNITS),
        ),
        (IMPORT_NOT_APPLYING, IMPORT_PLANNED, ITS_ORGANISATION_ACTIVE),
    ),
    "read_import_mapping": Rule(Organisation, (ADMINISTRATOR, READS_PEOPLE, READS_UNITS), reads=True),
    "replace_import_mapping": Rule(Organisation, (ADMINISTRATOR, WRITES_PEOPLE, WRITES_UNITS), (ORGANISATION_ACTIVE,)),
    "read_unit_tree": Rule(Organisation, _UNIT_READERS, reads=True),
    "replace_unit_tree": Rule(Organisation, (ADMINISTRATOR, WRITES_UNITS), (ORGANISATION_ACTIVE,)),
    # --- HR syncing
    "list_deactivation_releases": _list(Organisation, DeactivationRelease, ADMINISTRATOR, REPRESENTATIVE),
    "create_deactivation_release": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    "read_deactivation_release": _read(DeactivationRelease, ADMINISTRATOR, REPRESENTATIVE),
    # --- changes
    "read_changes": Rule(None, (CLIENT,), reads=True),
    # --- webhooks
    "list_webhook_endpoints": _list(ServiceClient, WebhookEndpoint, ADMINISTRATOR, REPRESENTATIVE),
    "create_webhook_endpoint": Rule(ServiceClient, (ADMINISTRATOR,), (CLIENT_NOT_ENDED, ITS_ORGANISATION_ACTIVE)),
    "read_webhook_endpoint": _read(WebhookEndpoint, ADMINISTRATOR, REPRESENTATIVE),
    "transition_webhook_endpoint": Rule(WebhookEndpoint, (ADMINISTRATOR,), (ITS_ORGANISATION_ACTIVE,)),
    "create_webhook_secret": Rule(WebhookEndpoint, (ADMINISTRATOR,), (ITS_ORGANISATION_ACTIVE,)),
    # Also when the organisation is closed: shutting a door is always safe.
    "delete_webhook_endpoint": Rule(WebhookEndpoint, (ADMINISTRATOR,)),
    "list_webhook_deliveries": _list(WebhookEndpoint, WebhookDelivery, ADMINISTRATOR, REPRESENTATIVE),
    "create_webhook_delivery": Rule(WebhookEndpoint, (ADMINISTRATOR,), (ITS_ORGANISATION_ACTIVE,)),
    "read_webhook_delivery": _read(WebhookDelivery, ADMINISTRATOR, REPRESENTATIVE),
    # --- failed jobs
    "list_failed_jobs": _list(None, FailedJob, ADMINISTRATOR),
    "read_failed_job": _read(FailedJob, ADMINISTRATOR),
    "transition_failed_job": Rule(FailedJob, (ADMINISTRATOR,), (JOB_FAILED,)),
    # --- retention. Also when the organisation is closed: what it leaves behind is archived and destroyed all the same.
    "list_retention_rules": _list(Organisation, RetentionRule, MEMBER),
    "create_retention_rule": Rule(Organisation, (ARCHIVIST,)),
    "read_retention_rule": _read(RetentionRule, MEMBER),
    "update_retention_rule": Rule(RetentionRule, (ARCHIVIST,)),
    "delete_retention_rule": Rule(RetentionRule, (ARCHIVIST,)),
    "list_legal_holds": _list(Organisation, LegalHold, MEMBER),
    "create_legal_hold": Rule(Organisation, (ARCHIVIST,)),
    "read_legal_hold": _read(LegalHold, ARCHIVIST, REPRESENTATIVE),
    "lift_legal_hold": Rule(LegalHold, (ARCHIVIST,), (HOLD_STANDS,)),
    "list_destructions": _list(WorkingGroup, Destruction, AT_TABLE),
    "create_destruction": Rule(SessionRecord, (AT_TABLE,), (RECORD_FINAL, ITS_ORGANISATION_ACTIVE)),
    "read_destruction": _read(Destruction, AT_TABLE, ARCHIVIST),
    "transition_destruction": Rule(Destruction, (OWN_PARTY_AT_TABLE,), (DESTRUCTION_PROPOSED, ITS_ORGANISATION_ACTIVE)),
    "approve_destruction": Rule(Destruction, (AT_TABLE,), (DESTRUCTION_PROPOSED, ITS_ORGANISATION_STAYS_ACTIVE)),
    "list_destruction_approvals": _list(Destruction, Approval, AT_TABLE),
    "list_destruction_log_entries": _list(Organisation, DestructionLogEntry, MEMBER),
    "read_destruction_log_entry": _read(
        DestructionLogEntry,
        *(
            only(who, "unless it is about a party's own", Is("party_id", (None,)))
            for who in (ARCHIVIST, REPRESENTATIVE)
        ),
        OWN_PARTY,
    ),
    # --- identity providers
    "read_sign_in_choices": Rule(None, (PUBLIC,), reads=True),
    "create_authorisation_request": Rule(None, (PUBLIC,)),
    "list_identity_providers": _list(None, IdentityProvider, ADMINISTRATOR),
    "create_identity_provider": Rule(None, (ADMINISTRATOR,)),
    "read_identity_provider": _read(IdentityProvider, ADMINISTRATOR),
    "update_identity_provider": Rule(IdentityProvider, (ADMINISTRATOR,)),
    "list_email_domains": _list(Organisation, EmailDomain, *_ORGANISATION_READERS),
    "create_email_domain": Rule(Organisation, (ADMINISTRATOR,), (ORGANISATION_ACTIVE,)),
    "read_email_domain": _read(EmailDomain, *_ORGANISATION_READERS),
    "verify_email_domain": Rule(EmailDomain, (ADMINISTRATOR,), (DOMAIN_CLAIMED, ITS_ORGANISATION_ACTIVE)),
    # Also when the organisation is closed: its people still sign in, and its domain may be another's by now.
    "update_email_domain": Rule(EmailDomain, (ADMINISTRATOR,), (DOMAIN_VERIFIED,)),
    "delete_email_domain": Rule(EmailDomain, (ADMINISTRATOR,)),
    "list_my_identities": _list(None, Identity, SIGNED_IN),
    "read_identity": _read(Identity, ONESELF),
    "unlink_identity": Rule(Identity, (ONESELF,)),
    # --- audit
    "list_audit_entries": _list(Organisation, AuditEntry, *_ORGANISATION_READERS),
    "read_audit_entry": _read(
        AuditEntry,
        only(REPRESENTATIVE, "what concerns the whole organisation", Is("audience", (Audience.ORGANISATION,))),
        only(ADMINISTRATOR, "what concerns the whole organisation", Is("audience", (Audience.ORGANISATION,))),
        only(AT_TABLE, "what concerns the table", Is("audience", (Audience.WORKING_GROUP,))),
        only(ONESELF, "what concerns the person alone", Is("audience", (Audience.PERSON,))),
        only(OWN_PARTY, "what concerns the party alone", Is("audience", (Audience.PARTY,))),
        only(OWN_PARTY_AT_TABLE, "what concerns the party alone", Is("audience", (Audience.PARTY,))),
    ),
}

READ_RULES: dict[type[Table], Rule] = {rule.on: rule for rule in RULES.values() if rule.sight and rule.on is not None}

CHANGES: dict[type[Table], tuple[str, ...]] = {}
"""Every operation that changes something, by what it is decided on."""
for _name, _rule in RULES.items():
    if _rule.on is not None and not _rule.reads:
        CHANGES[_rule.on] = (*CHANGES.get(_rule.on, ()), _name)

OF_AN_ORGANISATION = frozenset(
    kind for kind, names in CHANGES.items() if any(Organisation in RULES[name].around for name in names)
)
"""The kinds of row that are changed only while something holds of the organisation that they belong to."""
