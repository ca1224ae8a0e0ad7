"""Every change leaves an entry in the same transaction: who by which mandate, what, when, from which version."""

from datetime import datetime
from uuid import UUID

from app.models.audit_entry import Audience, AuditEntry
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.columns import snake_case
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.party_note import PartyNote
from app.models.person import Person
from app.models.reminder_settings import ReminderSettings
from app.models.second_factor import SecondFactor
from app.models.sign_in import Credential, SignIn
from app.models.statement import Statement
from app.models.working_group import WorkingGroup
from app.services.actor import Actor

OneselfOnly = SignIn | Credential | SecondFactor | CalendarFeed | ReminderSettings
"""What people change of their own, and nobody else is to read of."""


def entry(
    actor: Actor | None,
    operation: str,
    row: Table,
    now: datetime,
    from_version: int | None,
    mandate_id: UUID | None,
) -> AuditEntry:
    """The entry for one change. It names things by id and never holds content. A command acts as no one (`None`)."""
    group_id = row.id if isinstance(row, WorkingGroup) else getattr(row, "working_group_id", None)
    organisation_id = row.id if isinstance(row, Organisation) else getattr(row, "organisation_id", None)
    party_id = row.id if isinstance(row, Party) else getattr(row, "party_id", None)
    audience = _audience(row, group_id)
    if isinstance(row, OneselfOnly) and actor is not None:
        organisation_id = actor.organisation_id
    subject_id = _subject_id(row)
    if isinstance(row, Statement) and audience is not Audience.PARTY:
        # The number tells how often the party wrote in private; the record's own entry has the joint version.
        from_version = None
    # A person has no party, and who takes somebody in must not point at one: every party reads such an entry.
    if mandate_id is None and actor is not None and not isinstance(row, Person | OneselfOnly):
        mandate_id = _mandate(actor, organisation_id, group_id, party_id)
    return AuditEntry(
        organisation_id=organisation_id,
        working_group_id=group_id,
        party_id=party_id if audience is Audience.PARTY else None,
        audience=audience,
        person_id=actor.person_id if actor else None,
        service_client_id=actor.service_client_id if actor else None,
        mandate_id=mandate_id,
        operation=operation,
        subject_type=snake_case(type(row).__name__),
        subject_id=subject_id,
        from_version=from_version,
        happened_at=now,
    )


def _subject_id(row: Table) -> UUID:
    if isinstance(row, Statement):
        return row.session_record_id
    if isinstance(row, Credential | SecondFactor | ReminderSettings):
        return row.person_id
    subject_id: UUID = row.id  # type: ignore[attr-defined]
    return subject_id


def _audience(row: Table, group_id: UUID | None) -> Audience:
    """Private things are private in the trail too: even that a note exists is the party's own business."""
    if isinstance(row, PartyNote) or (isinstance(row, Statement) and not row.published):
        return Audience.PARTY
    if isinstance(row, OneselfOnly):
        # When somebody sits at which desk is not their employer's business, nor their union's.
        return Audience.PERSON
    if group_id is not None:
        return Audience.WORKING_GROUP
    return Audience.PARTY if isinstance(row, Mandate) else Audience.ORGANISATION


def _mandate(actor: Actor, organisation_id: UUID | None, group_id: UUID | None, party_id: UUID | None) -> UUID | None:
    """The mandate the actor acts under: for that party if it matters, at that table if there is one."""
    seats = (
        actor.seats_at(group_id)
        if group_id is not None
        else tuple(seat for seat in actor.seats if seat.organisation_id == organisation_id)
    )
    for seat in seats:
        if party_id is None or seat.party_id == party_id:
            return seat.mandate_id
    return seats[0].mandate_id if seats else None
