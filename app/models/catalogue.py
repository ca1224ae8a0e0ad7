"""All tables, in an order in which each comes after those it refers to."""

from app.models.action import Action
from app.models.approval import Approval
from app.models.audit_entry import AuditEntry
from app.models.authorisation_request import AuthorisationRequest
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.central_aggregate import CentralAggregate, CentralContribution
from app.models.change import Change
from app.models.content_pack import ContentPack
from app.models.content_translation import ContentTranslation
from app.models.deactivation_release import DeactivationRelease
from app.models.destruction import Destruction
from app.models.destruction_log_entry import DestructionLogEntry
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate
from app.models.email_domain import EmailDomain
from app.models.failed_job import FailedJob
from app.models.followed_guide import FollowedGuide, GuideRating
from app.models.group_reminder import GroupReminder
from app.models.hr_import import HrImport, HrKeptChange
from app.models.idempotency_key import IdempotencyKey
from app.models.identity import Identity
from app.models.identity_provider import IdentityProvider
from app.models.import_change import HrImportPortion
from app.models.import_mapping import ImportMapping
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
from app.models.reminder import Reminder
from app.models.reminder_settings import ReminderSettings
from app.models.retention_rule import RetentionRule
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.service_client import ServiceClient, ServiceClientIdempotencyKey
from app.models.service_client_credential import ServiceClientCredential
from app.models.session_record import RecordRegistration, SessionRecord
from app.models.sign_in import Credential, PersonInvitation, RefreshToken, SignIn, SignInFailure
from app.models.statement import Statement
from app.models.survey_amendment import SurveyAmendment
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_invitation_batch import SurveyInvitationBatch
from app.models.survey_release import SurveyRelease, SurveyResult, SurveySums
from app.models.survey_reminder import SurveyReminder
from app.models.survey_round import SurveyCoveredUnit, SurveyRound, SurveyUnit
from app.models.survey_texts import SurveyText, SurveyTexts, SurveyTextWithholding
from app.models.union_data_refusal import UnionDataRefusal
from app.models.unit import Unit, UnitPlacement
from app.models.webhook_delivery import WebhookDelivery
from app.models.webhook_endpoint import WebhookEndpoint
from app.models.working_group import WorkingGroup, WorkingGroupParty

TABLES: tuple[type[Table], ...] = (
    ContentPack,
    Organisation,
    Unit,
    UnitPlacement,
    Party,
    Person,
    Credential,
    PersonInvitation,
    SecondFactor,
    RecoveryCode,
    SignIn,
    RefreshToken,
    SignInFailure,
    IdentityProvider,
    EmailDomain,
    Identity,
    AuthorisationRequest,
    IdempotencyKey,
    ServiceClient,
    ServiceClientCredential,
    ServiceClientIdempotencyKey,
    UnionDataRefusal,
    DeactivationRelease,
    WorkingGroup,
    WorkingGroupParty,
    Mandate,
    DialogueTemplate,
    InspirationItem,
    ProcessGuide,
    ContentTranslation,
    FollowedGuide,
    GuideRating,
    CalendarFeed,
    DialogueSession,
    SessionRecord,
    RecordRegistration,
    Statement,
    PartyNote,
    Action,
    LearningLogEntry,
    Approval,
    Instrument,
    SurveyRound,
    SurveyUnit,
    SurveyCoveredUnit,
    SurveyAmendment,
    SurveyInvitation,
    SurveyInvitationBatch,
    SurveyReminder,
    SealedResponse,
    SurveyRelease,
    SurveyResult,
    SurveySums,
    SurveyTexts,
    SurveyText,
    SurveyTextWithholding,
    AuditEntry,
    # files from HR systems
    HrImport,
    HrImportPortion,
    HrKeptChange,
    ImportMapping,
    # --- retention
    RetentionRule,
    LegalHold,
    Destruction,
    DestructionLogEntry,
    # --- changes, webhooks, failed jobs
    Change,
    WebhookEndpoint,
    WebhookDelivery,
    FailedJob,
    # --- interest
    InterestRegistration,
    # --- all organisations together
    CentralAggregate,
    CentralContribution,
    # --- reminders
    ReminderSettings,
    Reminder,
    GroupReminder,
)
