"""Erasing a person: every trace that names them goes, and what their mandates decided stays decided.

The row stays, empty, for what refers to it. Final records name nobody: they hold mandates and functions, and a mandate
of somebody erased shows its function alone.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.models.authorisation_request import AuthorisationRequest
from app.models.calendar_feed import CalendarFeed
from app.models.columns import Language
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.hr_import import PLAN_KEPT, HrImport, HrKeptChange, ImportState, ImportSubject
from app.models.idempotency_key import IdempotencyKey
from app.models.identity import Identity
from app.models.import_change import HrImportPortion
from app.models.mandate import Mandate, valid_between
from app.models.organisation import Organisation, OrganisationState
from app.models.party import Party, PartyState
from app.models.person import SYNCED_ALONE, Person
from app.models.reminder import Reminder
from app.models.reminder_settings import ReminderSettings
from app.models.second_factor import RecoveryCode, SecondFactor
from app.models.sign_in import Credential, PersonInvitation, RefreshToken, SignIn
from app.services import interest_registrations, legal_holds, named_texts, policy, proofs, queue, throttle, wall
from app.services.conflicts import refusal_for
from app.services.errors import Code, Refusal
from app.services.personal_data import WAITING_MAIL
from app.services.tokens import TokenKey
from app.services.work import Work, admit, changed, check_version, find


async def erase(work: Work, key: TokenKey, person_id: UUID, version: int, sign_in_id: UUID | None) -> None:
    """Of oneself, or by a system administrator of somebody who has left. It cannot be undone.

    `sign_in_id`: the person's whose request it is. An access token left open or stolen erases nobody.
    """
    await _hold_before(work, person_id, version)
    person = await admit(work, "erase_person", Person, person_id, version)
    if person.id == work.actor.person_id and sign_in_id is not None:
        await proofs.demand_recent(work.session, sign_in_id, work.now)
    # Out there no wall is left. So this once it is asked directly, and not the policy alone.
    if not await wall.is_of(work.session, person.id, or_administrators=True):
        raise Refusal(Code.NOT_YOUR_ROLE)
    # Neither the person nor an administrator sees all that names somebody, nor what an administrator has to ask for.
    async with wall.beyond(work.session):
        await _check_free(work, person)
        await legal_holds.check(work.session, person.organisation_id, person_id=person.id)
        try:
            await _erase(work, key, person)
        except IntegrityError as error:
            # A legal hold on a group in which the person has acted: the database knows which.
            refusal = refusal_for(error)
            if refusal is None:
                raise
            raise refusal from None


async def _hold_before(work: Work, person_id: UUID, version: int) -> None:
    """What is held before the person (docs/decisions/order-of-locks.md).

    What names them by now names them still when they are held: with another name they would be at another version.
    """
    person = await find(work, Person, person_id)
    policy.require(work.actor, "erase_person", person)
    check_version(person, version)
    async with wall.beyond(work.session):
        # Whoever lets a workplace in holds its registrations and then takes their addresses for people.
        await interest_registrations.forget_address(work.session, person.email)
        if person.organisation_id is None:
            return
        await named_texts.hold(work, person, named_texts.BEFORE_ORGANISATION)
        # Nobody sets a legal hold from here on: that takes the organisation's row for itself. Nor does anybody sync.
        await legal_holds.keep_others_out(work.session, person.organisation_id)
        await named_texts.hold(work, person, named_texts.AFTER_ORGANISATION)


async def _check_free(work: Work, person: Person) -> None:
    """Nobody leaves in the middle of what is theirs to do. The person's row is held: nobody gives them more of it."""
    mandates = (
        sa.select(col(Mandate.id))
        .join(Party, col(Party.id) == col(Mandate.party_id))
        .where(
            col(Mandate.person_id) == person.id,
            # The mandates of a closed party give no say, and nobody is left who could end them.
            col(Party.state) == PartyState.ACTIVE,
            valid_between(work.today, None),
        )
    )
    if (await work.session.execute(mandates.limit(1))).first() is not None:
        raise Refusal(Code.PERSON_HOLDS_MANDATE)
    leads = (
        sa.select(col(DialogueSession.id))
        .join(Organisation, col(Organisation.id) == col(DialogueSession.organisation_id))
        .where(
            col(DialogueSession.facilitator_id) == person.id,
            col(DialogueSession.state).in_([DialogueSessionState.PLANNED, DialogueSessionState.PREPARED]),
            # In a closed one nothing is held any more, and nothing can be cancelled.
            col(Organisation.state) == OrganisationState.ACTIVE,
        )
    )
    if (await work.session.execute(leads.limit(1))).first() is not None:
        raise Refusal(Code.PERSON_LEADS_SESSION)


async def _erase(work: Work, key: TokenKey, person: Person) -> None:
    if person.organisation_id is not None:
        await named_texts.take_out(work, "erase_person", person)
    of_person = col(SignIn.person_id) == person.id
    # Held first: a token that is being renewed would come in between. In the order in which others end several.
    held = sa.select(col(SignIn.id)).where(of_person).order_by(col(SignIn.id)).with_for_update()
    sign_ins = (await work.session.execute(held)).scalars().all()
    # Links before the rest: what one makes (a password, an account at a provider) is made under the person's lock.
    for statement in (
        sa.delete(PersonInvitation).where(col(PersonInvitation.person_id) == person.id),
        sa.delete(AuthorisationRequest).where(col(AuthorisationRequest.person_id) == person.id),
        sa.delete(Identity).where(col(Identity.person_id) == person.id),
        # Whoever uses a code up holds the factor first.
        sa.delete(SecondFactor).where(col(SecondFactor.person_id) == person.id),
        sa.delete(RecoveryCode).where(col(RecoveryCode.person_id) == person.id),
        sa.delete(RefreshToken).where(col(RefreshToken.sign_in_id).in_(sign_ins)),
        sa.delete(SignIn).where(of_person),
        sa.delete(Credential).where(col(Credential.person_id) == person.id),
        sa.delete(CalendarFeed).where(col(CalendarFeed.person_id) == person.id),
        sa.delete(Reminder).where(col(Reminder.person_id) == person.id),
        sa.delete(ReminderSettings).where(col(ReminderSettings.person_id) == person.id),
        sa.delete(IdempotencyKey).where(col(IdempotencyKey.person_id) == person.id),
        sa.delete(HrKeptChange).where(_kept_of(person)),
        # A plan that has not been applied may name them. Its portions last: whoever applies it holds the import.
        sa.update(HrImport)
        .where(col(HrImport.organisation_id) == person.organisation_id, col(HrImport.state).in_(PLAN_KEPT))
        .values(state=ImportState.LAPSED, plan=None, version=col(HrImport.version) + 1),
        sa.delete(HrImportPortion).where(col(HrImportPortion.organisation_id) == person.organisation_id),
    ):
        await work.session.execute(statement.execution_options(synchronize_session=False))
    await _take_out_of_reports(work, person)
    await throttle.forget_account(work.session, key, person.id, person.email)
    for entrypoint in WAITING_MAIL:
        await queue.take_back(work.session, entrypoint, str(person.id).encode())
    nobody: dict[str, Any] = {
        "name": "",
        # No address, so that nobody can have taken it.
        "email": f"erased {person.id}",
        "language": Language.SWEDISH,
        "active": False,
        "unit_id": None,
        "roles": [],
        "erased_at": work.now,
        **dict.fromkeys(SYNCED_ALONE),
    }
    await changed(work, "erase_person", person, nobody)
    # The mandate under which each thing was done stays.
    acted = sa.update(AuditEntry).where(col(AuditEntry.person_id) == person.id).values(person_id=None)
    await work.session.execute(acted.execution_options(synchronize_session=False))


def _kept_of(person: Person) -> sa.ColumnElement[bool]:
    """What is kept of a later day about the person: by id, by the HR system's id, or by the address.

    On that day they would be taken in again, with the name that was erased.
    """
    address = sa.func.lower(sa.type_coerce(col(HrKeptChange.content), JSONB)["email"].astext)
    return sa.and_(
        col(HrKeptChange.organisation_id) == person.organisation_id,
        col(HrKeptChange.subject) == ImportSubject.PEOPLE,
        sa.or_(
            col(HrKeptChange.person_id) == person.id,
            col(HrKeptChange.external_id) == person.external_id,
            address == sa.func.lower(person.email),
        ),
    )


async def _take_out_of_reports(work: Work, person: Person) -> None:
    """What an import has changed stays counted; that it was this person does not."""
    if person.external_id is not None:
        named = {"organisation_id": person.organisation_id, "external_id": person.external_id}
        await work.session.execute(_UNNAMED, named)


_UNNAMED = sa.text(
    "UPDATE hr_import SET version = version + 1, report = jsonb_set(report, '{changes}', ("
    "SELECT coalesce(jsonb_agg(one ORDER BY place), '[]') "
    "FROM jsonb_array_elements(report -> 'changes') WITH ORDINALITY AS listed (one, place) "
    "WHERE one ->> 'externalId' <> :external_id)) "
    "WHERE organisation_id = :organisation_id AND subject = 'people' "
    "AND report -> 'changes' @> jsonb_build_array(jsonb_build_object('externalId', CAST(:external_id AS text)))"
).bindparams(sa.bindparam("organisation_id", type_=sa.Uuid), sa.bindparam("external_id", type_=sa.Text))
