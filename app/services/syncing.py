"""People as HR has them: the one way in which syncing takes people in, changes, deactivates, removes or returns them.

SCIM and file imports go through here alike, with one person or fifty thousand. What is staged is stored by `settle` in
few statements; whatever somebody's leaving brings about is done there too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.mandate import Mandate, valid_between
from app.models.organisation import Organisation
from app.models.party import Party, PartyState
from app.models.person import Person, Role
from app.models.sign_in import SignIn, SignInEnd
from app.services import account_mail, audit, deactivation_brake, policy, sign_ins, union_data, wall
from app.services.account_letters import Notice
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.personal_numbers import has_personal_number
from app.services.spelling import begins_formula
from app.services.work import Work, admit, differing, store

NAMES = frozenset({"name", "given_name", "family_name"})
"""What is somebody's own name, and may sound like a union's."""
IDS = frozenset({"external_id", "employee_number", "email", "user_name"})
"""What a personal identity number might be sent as."""
CALLED = NAMES | {"email", "user_name"}
"""What people are called here and elsewhere, where their own names stand."""
TEXTS = NAMES | IDS | {"department"}
CHANGEABLE = NAMES | {
    "external_id",
    "user_name",
    "employee_number",
    "department",
    "language",
    "unit_id",
    "manager_id",
    "active",
}
"""Everything but the address: links to set a password go there (see `update_person` in agreement.py)."""


@dataclass
class Syncing:
    """One piece of syncing in one organisation, whose row is held until the transaction ends."""

    work: Work
    organisation: Organisation
    leavers: list[Person] = field(default_factory=list)
    """Those who were active until now."""

    def take_in(self, told: Mapping[str, Any]) -> Person:
        """Somebody new; the address is theirs alone. Whether they may be taken in was decided by `begin`."""
        check_content(told)
        person = Person(organisation_id=self.organisation.id, created_at=self.work.now, **told)
        self.work.session.add(person)
        self.work.session.add(audit.entry(self.work.actor, "create_person", person, self.work.now, None, None))
        return person

    def change(self, person: Person, told: Mapping[str, Any]) -> bool:
        """What of it is different is changed; whether anything was. The caller holds the person's row.

        `active` false: they have left. True: they are back, and their mandates rest until their parties say otherwise.
        """
        return self._change(person, told, {})

    def _change(self, person: Person, told: Mapping[str, Any], more: Mapping[str, Any]) -> bool:
        policy.require(self.work.actor, "update_person", person)
        policy.require_fields(self.work.actor, "update_person", person, told)
        if unknown := told.keys() - CHANGEABLE:
            raise TypeError(f"syncing does not change {sorted(unknown)}")
        changes = differing(person, {**told, **more})
        # What is there already was let in by somebody: it must not keep a leaver's news from arriving.
        check_content(changes)
        if changes.get("active") is False:
            self.leavers.append(person)
            changes["deactivated_at"] = self.work.now
        if changes.get("active"):
            changes["removed_at"] = None
        if changes:
            self._apply(person, changes)
        return bool(changes)

    def remove(self, person: Person) -> None:
        """Whoever syncs knows of them no more. The row stays, inactive, for what refers to it."""
        policy.require(self.work.actor, "update_person", person)
        changes: dict[str, Any] = {"removed_at": self.work.now, "unit_id": None, "manager_id": None}
        if person.active:
            self.leavers.append(person)
            changes |= {"active": False, "deactivated_at": self.work.now}
        self._apply(person, changes)

    def give_back(self, person: Person, told: Mapping[str, Any]) -> None:
        """Somebody who had been removed is taken in again: the same person, with what is said of them now."""
        self._change(person, told, {"removed_at": None})

    def _apply(self, person: Person, changes: Mapping[str, Any]) -> None:
        before = person.version
        for name, value in changes.items():
            setattr(person, name, value)
        person.version, person.changed_at = before + 1, self.work.now
        self.work.session.add(person)
        self.work.session.add(audit.entry(self.work.actor, "update_person", person, self.work.now, before, None))

    async def settle(self) -> None:
        """Store what was staged. Those who left are signed out everywhere, and their mandates rest from now on.

        Refused with `DEACTIVATION_BRAKE` if more leave than the organisation's brake lets through.
        """
        work, leavers = self.work, self.leavers
        await deactivation_brake.check(work.session, self.organisation, len(leavers), work.now)
        await store(work.session)
        if leavers:
            # Whoever syncs sees neither anybody's sign-ins nor who speaks for whom.
            ids = [person.id for person in leavers]
            async with wall.beyond(work.session):
                await sign_ins.end(work.session, col(SignIn.person_id).in_(ids), SignInEnd.DEACTIVATED, work.now)
                await suspend_mandates(work, ids)
        self.leavers = []


async def hold(session: AsyncSession, organisation_id: UUID) -> None:
    """Whoever else syncs the organisation waits until the transaction ends, as after `begin`."""
    held = sa.select(col(Organisation.id)).where(col(Organisation.id) == organisation_id)
    await session.execute(held.with_for_update(key_share=True))


async def begin(work: Work, organisation_id: UUID) -> Syncing:
    """Whoever may take people in may sync them. Others who sync the same organisation wait."""
    return Syncing(work, await admit(work, "create_person", Organisation, organisation_id))


def fault_in(told: Mapping[str, Any]) -> tuple[Code, str] | None:
    """What could tell union membership, or is a formula for anybody's name or a personal identity number for their id,
    and where it stands."""
    for name in sorted(TEXTS & told.keys()):
        value = told[name]
        if not isinstance(value, str):
            continue
        if union_data.looks_like(value, of_a_person=name in CALLED):
            return Code.UNION_DATA_REFUSED, name
        if name in IDS and has_personal_number(value):
            return Code.PERSONAL_NUMBER_REFUSED, name
    return formula_in(told)


def formula_in(told: Mapping[str, Any]) -> tuple[Code, str] | None:
    """Nobody's name or address begins as a formula does. Whoever reads them here may write them in a spreadsheet
    without a thought; what we write ourselves is safe anyway."""
    for name in sorted(CALLED & told.keys()):
        if isinstance(told[name], str) and begins_formula(told[name]):
            return Code.CELL_IS_FORMULA, name
    return None


def check_content(told: Mapping[str, Any]) -> None:
    """Refuse what has a fault."""
    if (fault := fault_in(told)) is not None:
        raise Refusal(fault[0])


async def screen(work: Work, told: Mapping[str, Any]) -> None:
    """What comes by other ways than syncing is looked at as well; what a service client sends as if it were syncing."""
    if work.actor.service_client_id is None:
        if (fault := formula_in(told)) is not None:
            raise Refusal(fault[0], f"/{fault[1]}")
        return
    try:
        check_content(told)
    except Refusal as refusal:
        if refusal.code is Code.UNION_DATA_REFUSED:
            await count_refusals(work.session, work.actor.service_client_id, work.today, 1)
        raise Refusal(refusal.code, keep=True) from None


async def refusal_of(work: Work, faults: Sequence[FieldRefusal]) -> Refusal:
    """Of all the faults in what was sent as one. Those that looked like union membership are counted of a client."""
    told = sum(fault.code is Code.UNION_DATA_REFUSED for fault in faults)
    if told and work.actor.service_client_id is not None:
        await count_refusals(work.session, work.actor.service_client_id, work.today, told)
    return Refusal(faults[0].code, fields=faults, keep=bool(told))


async def hold_back(work: Work, organisation_id: UUID) -> None:
    """One more who leaves, by another way than syncing: refused if the brake does."""
    held = sa.select(Organisation).where(col(Organisation.id) == organisation_id).with_for_update(key_share=True)
    organisation = (await work.session.execute(held)).scalar_one()
    await deactivation_brake.check(work.session, organisation, 1, work.now)


async def suspend_mandates(work: Work, person_ids: list[UUID]) -> None:
    """The mandates of those who have left rest; nobody but their party is told, by its own trail and by mail.

    When it has nobody left, system administrators hear that some party has not: they appoint its first one again.
    Beyond the wall. A party ends and resumes its mandates itself: nothing here changes what it has decided.
    """
    mandates = await _hold_running(work, person_ids)
    for mandate in mandates:
        before = mandate.version
        mandate.suspended_at, mandate.version = work.now, before + 1
        work.session.add(audit.entry(work.actor, "suspend_mandate", mandate, work.now, before, None))
    await work.session.flush()
    parties = {mandate.party_id for mandate in mandates}
    for person_id in await _others_who_speak(work, parties):
        await account_mail.put_notice(work.session, Notice.MANDATE_SUSPENDED, person_id, work.now)
    if await _have_nobody(work, parties):
        # Nobody of theirs is left to be told. Which party it is, is not for whoever runs the system.
        for person_id in await _administrators(work):
            await account_mail.put_notice(work.session, Notice.PARTY_WITHOUT_REPRESENTATIVE, person_id, work.now)


async def hold_mandates(work: Work, person_ids: Sequence[UUID]) -> None:
    """Of people who may leave, before they are held: their parties hold a mandate, and then whose it is."""
    async with wall.beyond(work.session):
        await _hold_running(work, person_ids)


async def _hold_running(work: Work, person_ids: Sequence[UUID]) -> Sequence[Mandate]:
    running = (
        sa.select(Mandate)
        .join(Party, col(Party.id) == col(Mandate.party_id))
        .where(
            col(Mandate.person_id).in_(person_ids),
            col(Mandate.suspended_at).is_(None),
            col(Party.state) == PartyState.ACTIVE,
            valid_between(work.today, None),
        )
        .order_by(col(Mandate.id))
        .with_for_update(of=Mandate, key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.execute(running)).scalars().all()


async def _others_who_speak(work: Work, party_ids: set[UUID]) -> list[UUID]:
    """The active people who still speak for the parties."""
    if not party_ids:
        return []
    speaking = (
        sa.select(col(Mandate.person_id))
        .join(Person, col(Person.id) == col(Mandate.person_id))
        .where(col(Mandate.party_id).in_(party_ids), col(Person.active), valid_between(work.today, work.today))
        .distinct()
        .order_by(col(Mandate.person_id))
    )
    return list((await work.session.execute(speaking)).scalars())


async def _have_nobody(work: Work, party_ids: set[UUID]) -> bool:
    """Whether one of the parties has nobody left who could appoint anybody, today or later."""
    appointing = (
        sa.select(col(Mandate.party_id))
        .join(Person, col(Person.id) == col(Mandate.person_id))
        .where(
            col(Mandate.party_id).in_(party_ids),
            col(Mandate.working_group_id).is_(None),
            col(Person.active),
            valid_between(work.today, None),
        )
        .distinct()
    )
    return bool(party_ids) and bool(party_ids - set((await work.session.execute(appointing)).scalars()))


async def _administrators(work: Work) -> list[UUID]:
    running = (
        sa.select(col(Person.id))
        .where(
            col(Person.active),
            sa.literal(Role.SYSTEM_ADMINISTRATOR.value) == sa.any_(sa.cast(col(Person.roles), sa.ARRAY(sa.Text))),
        )
        .order_by(col(Person.id))
    )
    return list((await work.session.execute(running)).scalars())


async def count_refusals(session: AsyncSession, client_id: UUID, today: date, refusals: int) -> None:
    """So many times more a client has sent something that looked like union membership; nothing of what it was."""
    await session.execute(_COUNT, {"client_id": client_id, "day": today, "refusals": refusals})


_COUNT = sa.text(
    "INSERT INTO union_data_refusal (service_client_id, day, refusals) VALUES (:client_id, :day, :refusals) "
    "ON CONFLICT (service_client_id, day) DO UPDATE SET refusals = union_data_refusal.refusals + excluded.refusals"
).bindparams(sa.bindparam("client_id", type_=sa.Uuid), sa.bindparam("day", type_=sa.Date))
