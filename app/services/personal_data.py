"""Where the database tells something about a person: the places that a data export shows, and why each is kept.

A test walks every column of every table: one that refers to a person, straight or by a mandate or a sign-in, is shown
here or stands on the list of those that are not, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from app.models.approval import Approval
from app.models.audit_entry import AuditEntry
from app.models.authorisation_request import AuthorisationRequest
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.change import Change
from app.models.data_export import InBothLanguages
from app.models.dialogue_session import DialogueSession
from app.models.hr_import import HrKeptChange, ImportSubject
from app.models.idempotency_key import IdempotencyKey
from app.models.identity import Identity
from app.models.interest_registration import InterestRegistration
from app.models.legal_hold import LegalHold
from app.models.mandate import Mandate
from app.models.person import Person
from app.models.reminder import Reminder
from app.models.reminder_settings import ReminderSettings
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.session_record import SessionRecord
from app.models.sign_in import Credential, PersonInvitation, RefreshToken, SignIn
from app.models.webhook_delivery import WebhookDelivery
from app.services import account_mail, reminder_mail, survey_mail

_PERSON = sa.bindparam("person_id", type_=sa.Uuid)
_MANDATES = sa.select(col(Mandate.id)).where(col(Mandate.person_id) == _PERSON)
_ORGANISATIONS = sa.select(col(Mandate.organisation_id)).where(col(Mandate.person_id) == _PERSON)
_SIGN_INS = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == _PERSON)


def _texts(sv: str, en: str) -> InBothLanguages:
    return InBothLanguages(sv=sv, en=en)


_PUBLIC_TASK = _texts(
    "Uppgift av allmänt intresse (artikel 6.1 e i dataskyddsförordningen).",
    "A task carried out in the public interest (Article 6(1)(e) of the GDPR).",
)
_UNION_ACT = _texts(
    "Uppgift av allmänt intresse (artikel 6.1 e). Ett uppdrag för ett fackförbund är något som förbundet självt "
    "har beslutat och gjort offentligt, och rör skyldigheter inom arbetsrätten (artikel 9.2 b).",
    "A task carried out in the public interest (Article 6(1)(e)). A mandate for a trade union is a public act of the "
    "union itself and concerns obligations under employment law (Article 9(2)(b)).",
)
_ARCHIVE = _texts(
    "Uppgift av allmänt intresse (artikel 6.1 e) och arkivändamål (artikel 89): allmänna handlingar bevaras.",
    "A task carried out in the public interest (Article 6(1)(e)), and archiving (Article 89): public documents stay.",
)


@dataclass(frozen=True, eq=False)
class Place:
    """Rows of one kind that tell something about a person."""

    row_type: type[Table]
    whose: sa.ColumnElement[bool]
    """Which of them do; executed with `person_id`."""
    by: tuple[str, ...]
    """The columns by which they do."""
    purpose: InBothLanguages
    legal_ground: InBothLanguages
    withheld: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Only these columns, if any are named: the rest is not about the person."""
    computed: Mapping[str, sa.ColumnElement[Any]] = field(default_factory=dict)
    """A column as far as it is about the person, in the place of the whole."""

    @property
    def name(self) -> str:
        return str(self.row_type.__tablename__)

    @property
    def columns(self) -> list[sa.ColumnElement[Any]]:
        table = sa.inspect(self.row_type).local_table
        shown = [
            column
            for column in table.columns
            if column.name not in self.withheld and (not self.fields or column.name in self.fields)
        ]
        return [*shown, *(column.label(name) for name, column in self.computed.items())]


def _own(attendances: sa.ColumnElement[Any], key: str) -> sa.ColumnElement[Any]:
    """Of a list of attendances only the person's own."""
    each = sa.func.jsonb_array_elements(attendances, type_=JSONB).table_valued(sa.column("value", JSONB)).lateral()
    mandate = sa.cast(each.c.value[key].astext, sa.Uuid)
    return sa.select(sa.func.jsonb_agg(each.c.value)).where(mandate.in_(_MANDATES)).scalar_subquery()


_NOTED = _own(sa.type_coerce(col(DialogueSession.attendances), JSONB), "mandate_id")
_IN_CONTENT = _own(col(SessionRecord.content)["attendances"], "mandateId")

_ADDRESS = sa.select(sa.func.lower(col(Person.email))).where(col(Person.id) == _PERSON).scalar_subquery()
_KNOWN_AS = sa.select(col(Person.organisation_id), col(Person.external_id)).where(col(Person.id) == _PERSON)

PLACES: tuple[Place, ...] = (
    Place(
        Person,
        col(Person.id) == _PERSON,
        ("id",),
        _texts(
            "För att du ska kunna logga in, nås och bjudas in.", "So that you can sign in, be reached and be invited."
        ),
        _PUBLIC_TASK,
    ),
    Place(
        HrKeptChange,
        sa.or_(
            col(HrKeptChange.person_id) == _PERSON,
            # Said before they were here.
            sa.and_(
                col(HrKeptChange.subject) == ImportSubject.PEOPLE,
                sa.tuple_(col(HrKeptChange.organisation_id), col(HrKeptChange.external_id)).in_(_KNOWN_AS),
            ),
        ),
        ("person_id", "content"),
        _texts(
            "För att det som din arbetsgivare har meddelat om en senare dag ska gälla från den dagen.",
            "So that what your employer has said of a later day holds from that day.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        Credential,
        col(Credential.person_id) == _PERSON,
        ("person_id",),
        _texts("För att känna igen ditt lösenord.", "To recognise your password."),
        _PUBLIC_TASK,
        withheld=("password_hash",),
    ),
    Place(
        PersonInvitation,
        col(PersonInvitation.person_id) == _PERSON,
        ("person_id",),
        _texts("För att du ska kunna välja ett lösenord.", "So that you can choose a password."),
        _PUBLIC_TASK,
        withheld=("token_hash",),
    ),
    Place(
        SignIn,
        col(SignIn.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att hålla dig inloggad och bromsa den som gissar lösenord.",
            "To keep you signed in, and slow guessers down.",
        ),
        _PUBLIC_TASK,
        withheld=("address_hash",),
    ),
    Place(
        RefreshToken,
        col(RefreshToken.sign_in_id).in_(_SIGN_INS),
        ("sign_in_id",),
        _texts("För att hålla dig inloggad.", "To keep you signed in."),
        _PUBLIC_TASK,
        withheld=("token_hash", "used_by", "seed"),
    ),
    Place(
        SecondFactor,
        col(SecondFactor.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att den som känner till ditt lösenord inte ska komma in.", "To keep out whoever knows your password."
        ),
        _PUBLIC_TASK,
        withheld=("sealed_secret",),
    ),
    Place(
        RecoveryCode,
        col(RecoveryCode.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att du ska komma in den dag din telefon är borta.", "So that you get in on the day your phone is gone."
        ),
        _PUBLIC_TASK,
        withheld=("code_hash",),
    ),
    Place(
        Identity,
        col(Identity.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att känna igen dig när du loggar in genom din arbetsgivare.",
            "To recognise you when you sign in through your employer.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        AuthorisationRequest,
        sa.or_(col(AuthorisationRequest.person_id) == _PERSON, col(AuthorisationRequest.sign_in_id).in_(_SIGN_INS)),
        ("person_id", "sign_in_id"),
        _texts(
            "För att du ska hitta tillbaka från din arbetsgivares inloggning. Gäller i tio minuter och är borta högst "
            "en timme senare.",
            "So that you find the way back from your employer's sign-in. It counts for ten minutes and is gone at most "
            "an hour later.",
        ),
        _PUBLIC_TASK,
        withheld=("state_hash", "browser_hash", "invitation_hash"),
    ),
    Place(
        CalendarFeed,
        col(CalendarFeed.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att ditt kalenderprogram ska kunna hämta det du får läsa, tills du återkallar adressen.",
            "So that your calendar program can fetch what you may read, until you revoke the address.",
        ),
        _PUBLIC_TASK,
        withheld=("token_hash",),
    ),
    Place(
        IdempotencyKey,
        col(IdempotencyKey.person_id) == _PERSON,
        ("person_id",),
        _texts("För att det du skickar två gånger ska göras en gång.", "So that what you send twice is done once."),
        _PUBLIC_TASK,
        withheld=("request_hash",),
    ),
    Place(
        Mandate,
        col(Mandate.person_id) == _PERSON,
        ("person_id",),
        _texts("För att visa vem som talar för en part.", "To show who speaks for a party."),
        _UNION_ACT,
    ),
    Place(
        Approval,
        sa.or_(col(Approval.person_id) == _PERSON, col(Approval.mandate_id).in_(_MANDATES)),
        ("person_id", "mandate_id"),
        _texts(
            "För att visa att parterna har beslutat, och genom olika personer.",
            "To show that the parties have decided, by different people.",
        ),
        _UNION_ACT,
    ),
    Place(
        DialogueSession,
        col(DialogueSession.facilitator_id) == _PERSON,
        ("facilitator_id",),
        _texts("För att visa vem som leder ett samtal.", "To show who leads a session."),
        _PUBLIC_TASK,
        fields=("id", "working_group_id", "title", "state", "starts_at", "facilitator_id", "facilitator_function"),
    ),
    Place(
        DialogueSession,
        sa.and_(col(DialogueSession.organisation_id).in_(_ORGANISATIONS), _NOTED.is_not(None)),
        ("attendances",),
        _texts("För att visa att båda sidor var med.", "To show that both sides took part."),
        _UNION_ACT,
        fields=("id", "working_group_id", "title", "state", "starts_at"),
        computed={"attendances": _NOTED},
    ),
    Place(
        SessionRecord,
        sa.and_(col(SessionRecord.organisation_id).in_(_ORGANISATIONS), _IN_CONTENT.is_not(None)),
        ("content",),
        _texts(
            "Protokollet visar vilka uppdrag som var företrädda.", "The record shows which mandates were represented."
        ),
        _ARCHIVE,
        fields=("id", "working_group_id", "title", "state", "content_hash", "final_at"),
        computed={"attendances": _IN_CONTENT},
    ),
    Place(
        AuditEntry,
        sa.or_(
            col(AuditEntry.person_id) == _PERSON,
            col(AuditEntry.mandate_id).in_(_MANDATES),
            col(AuditEntry.subject_id) == _PERSON,
            col(AuditEntry.subject_id).in_(_MANDATES),
        ),
        ("person_id", "mandate_id", "subject_id"),
        _texts(
            "För att parterna ska kunna se vem som har gjort vad.", "So that the parties can see who has done what."
        ),
        _UNION_ACT,
    ),
    Place(
        Change,
        col(Change.subject_id) == _PERSON,
        ("subject_id",),
        _texts(
            "För att din arbetsgivares system ska få veta att uppgifterna om dig har ändrats. Sparas i högst 31 dagar.",
            "So that your employer's systems are told that your details have changed. Kept for at most 31 days.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        WebhookDelivery,
        col(WebhookDelivery.subject_id) == _PERSON,
        ("subject_id",),
        _texts(
            "För att din arbetsgivares system ska få veta att uppgifterna om dig har ändrats. Sparas i 30 dagar.",
            "So that your employer's systems are told that your details have changed. Kept for 30 days.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        LegalHold,
        col(LegalHold.held_person_id) == _PERSON,
        ("held_person_id",),
        _texts(
            "För att bevara det som en prövning kan komma att gälla.",
            "To preserve what proceedings may come to concern.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        ReminderSettings,
        col(ReminderSettings.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att påminna dig om det du vill, när du vill och aldrig annars.",
            "To remind you of what you want, when you want, and never otherwise.",
        ),
        _PUBLIC_TASK,
        withheld=("unsubscribe_hash",),
    ),
    Place(
        Reminder,
        col(Reminder.person_id) == _PERSON,
        ("person_id",),
        _texts(
            "För att påminna din arbetsgrupp, och bara en gång om varje sak. Sparas i 60 dagar.",
            "To remind your working group, and of each thing only once. Kept for 60 days.",
        ),
        _PUBLIC_TASK,
    ),
    Place(
        InterestRegistration,
        sa.func.lower(col(InterestRegistration.contact_email)) == _ADDRESS,
        ("contact_email",),
        _texts(
            "För att höra av oss om er intresseanmälan och låta er arbetsplats ansluta sig.",
            "To get back to you about your registration of interest, and to let your workplace join.",
        ),
        _texts(
            "Ditt uttryckliga samtycke (artikel 6.1 a och 9.2 a i dataskyddsförordningen).",
            "Your explicit consent (Articles 6(1)(a) and 9(2)(a) of the GDPR).",
        ),
        withheld=("token_hash", "code_hash"),
    ),
)

WAITING_MAIL = {
    survey_mail.ENTRYPOINT: _texts(
        "För att bjuda in till en enkät. Raden försvinner när brevet är skickat.",
        "To invite to a survey. The row is gone once the mail is sent.",
    ),
    account_mail.ENTRYPOINT: _texts(
        "För att berätta för dig vad som har hänt med ditt konto. Raden försvinner när brevet är skickat.",
        "To tell you what has happened to your account. The row is gone once the mail is sent.",
    ),
    reminder_mail.ENTRYPOINT: _texts(
        "För att påminna dig om det som är aktuellt i din arbetsgrupp. Raden försvinner när brevet är skickat.",
        "To remind you of what is current in your working group. The row is gone once the mail is sent.",
    ),
}
"""The jobs of the queue that name a person, by entrypoint, and why: shown in the export, taken back at erasure."""

NOT_EXPORTED: dict[str, str] = {
    "person.manager_id": "in another's row: who somebody's manager is, is told to them; in one's own row it is shown",
    "hr_import.report": "that a file named somebody or did not, by ids alone; asked of the employer",
    "idempotency_key.row_id": "what the person's request made, already named in the same row of the export",
    "sign_in_failure.account_hash": "a keyed hash that says nothing without the key; gone within a day and an hour",
}
"""Columns that could lead to a person and are not a way there of their own."""
