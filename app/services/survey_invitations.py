"""Invitations to a survey round: rights to answer, made for a unit and known by their hashes alone.

A batch says how many were made and how they were handed out, never which. Nothing here asks whether one has been used.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language
from app.models.person import Person
from app.models.survey_ballot import SurveyInvitation
from app.models.survey_invitation_batch import (
    InvitationKind,
    SurveyInvitationBatch,
    SurveyInvitationBatchCreate,
    SurveyInvitationBatchRead,
)
from app.models.survey_round import SurveyRound, SurveyUnit
from app.models.unit import UnitPlacement
from app.services import ballot, policy, queue, survey_mail
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.key_store import KeyStore
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.mail import link_to
from app.services.queue import Job
from app.services.slips import Sheet
from app.services.work import Work, admit, changed, created, find, shown

APART = timedelta(hours=24)
"""Between two reminders."""

SORTS: dict[str, Columns] = {"createdAt": (col(SurveyInvitationBatch.id),)}

_ITEMS = sa.select(
    col(SurveyInvitationBatch.id),
    col(SurveyInvitationBatch.unit_id),
    col(SurveyInvitationBatch.kind),
    col(SurveyInvitationBatch.invited),
    col(SurveyInvitationBatch.mailed),
    col(SurveyInvitationBatch.created_at),
    col(SurveyInvitationBatch.voided_at),
).where(col(SurveyInvitationBatch.survey_round_id) == sa.bindparam("round_id"), policy.visible(SurveyInvitationBatch))

_OF_UNIT = (
    col(SurveyInvitation.survey_round_id) == sa.bindparam("round_id"),
    col(SurveyInvitation.unit_id) == sa.bindparam("unit_id"),
)
_COUNT = sa.select(sa.func.count()).select_from(SurveyInvitation).where(*_OF_UNIT)
_VOID = sa.delete(SurveyInvitation).where(*_OF_UNIT)
_HASHES = sa.select(col(SurveyInvitation.token_hash)).where(
    col(SurveyInvitation.survey_round_id) == sa.bindparam("round_id")
)

# The unit and, as the tree is today, what lies below it down to the next unit that stands on its own in the round.
_under = sa.select(sa.bindparam("unit_id", type_=sa.Uuid).label("id")).cte("under", recursive=True)
_under = _under.union(
    sa.select(col(UnitPlacement.unit_id))
    .join(_under, col(UnitPlacement.parent_id) == _under.c.id)
    .where(
        col(UnitPlacement.valid_from) <= sa.bindparam("today", type_=sa.Date),
        sa.or_(
            col(UnitPlacement.valid_to).is_(None), col(UnitPlacement.valid_to) >= sa.bindparam("today", type_=sa.Date)
        ),
        col(UnitPlacement.unit_id).not_in(
            sa.select(col(SurveyUnit.unit_id)).where(col(SurveyUnit.survey_round_id) == sa.bindparam("round_id"))
        ),
    )
)
_PEOPLE = (
    sa.select(col(Person.id), col(Person.email))
    .where(
        col(Person.organisation_id) == sa.bindparam("organisation_id"),
        col(Person.active),
        col(Person.unit_id).in_(sa.select(_under.c.id)),
    )
    .order_by(col(Person.id))
)
_BY_ADDRESS = sa.select(
    col(Person.id),
    col(Person.email),
    sa.and_(col(Person.unit_id).is_not(None), col(Person.unit_id).not_in(sa.select(_under.c.id))).label("elsewhere"),
).where(
    col(Person.organisation_id) == sa.bindparam("organisation_id"),
    col(Person.active),
    sa.func.lower(col(Person.email)) == sa.any_(sa.bindparam("addresses", type_=sa.ARRAY(sa.Text))),
)
_BY_ADDRESSES_BEFORE = sa.select(
    sa.func.coalesce(sa.func.sum(col(SurveyInvitationBatch.invited)), 0),
    sa.func.max(col(SurveyInvitationBatch.created_at)),
).where(
    col(SurveyInvitationBatch.survey_round_id) == sa.bindparam("round_id"),
    col(SurveyInvitationBatch.unit_id) == sa.bindparam("unit_id"),
    col(SurveyInvitationBatch.kind) == InvitationKind.ADDRESSES,
    col(SurveyInvitationBatch.voided_at).is_(None),
)


async def list_batches(work: Work, round_id: UUID, request: PageRequest) -> Listed:
    await admit(work, "list_survey_invitation_batches", SurveyRound, round_id)
    return await page(work, _ITEMS, SORTS, request, round_id=round_id)


async def create(
    work: Work, round_id: UUID, data: SurveyInvitationBatchCreate, key_store: KeyStore, front_end_url: str
) -> SurveyInvitationBatchRead:
    """Make invitations for one unit, and the jobs that mail them when the round opens."""
    # This holds the round's row: its invitations are made one batch at a time.
    survey_round = await admit(work, "create_survey_invitation_batch", SurveyRound, round_id)
    _check_fields(data)
    unit = await work.session.get(SurveyUnit, (round_id, data.unit_id))
    if unit is None:
        raise Refusal(Code.UNIT_NOT_IN_ROUND, "/unitId")
    tokens: list[str] = []
    jobs: list[Job] = []
    if data.kind is InvitationKind.SLIPS:
        tokens = [ballot.new_token() for _ in range(data.count or 0)]
        hashes = [ballot.token_hash(token) for token in tokens]
    else:
        secret = await asyncio.to_thread(key_store.read_invitation_secret, round_id)
        if data.kind is InvitationKind.PEOPLE:
            hashes, jobs = await _for_people(work, survey_round, data.unit_id, secret)
        else:
            hashes, jobs = await _for_addresses(work, survey_round, data, secret)
    await _invite(work, unit, hashes, _POINTERS[data.kind])
    batch = SurveyInvitationBatch(
        organisation_id=survey_round.organisation_id,
        working_group_id=survey_round.working_group_id,
        survey_round_id=round_id,
        unit_id=data.unit_id,
        kind=data.kind,
        invited=len(hashes),
        mailed=len(jobs),
        created_at=work.now,
    )
    await created(work, "create_survey_invitation_batch", batch)
    await queue.put(work.session, jobs, max(timedelta(), survey_round.opens_at - work.now))
    links = [link_to(front_end_url, token) for token in tokens]
    return shown(work, SurveyInvitationBatchRead, batch, slip_links=links)


async def read(work: Work, batch_id: UUID) -> SurveyInvitationBatchRead:
    return shown(work, SurveyInvitationBatchRead, await find(work, SurveyInvitationBatch, batch_id))


async def read_made(work: Work, batch_id: UUID) -> SurveyInvitationBatchRead:
    """What an earlier request with the same Idempotency-Key made. Slips were in its answer, and are nowhere else."""
    batch = await find(work, SurveyInvitationBatch, batch_id)
    if batch.kind is InvitationKind.SLIPS:
        raise Refusal(Code.SLIPS_HANDED_OUT)
    return shown(work, SurveyInvitationBatchRead, batch)


async def sheet(work: Work, batch: SurveyInvitationBatchRead) -> Sheet:
    """What stands on the slips that were just made."""
    survey_round = await find(work, SurveyRound, batch.survey_round_id)
    unit = await work.session.get_one(SurveyUnit, (batch.survey_round_id, batch.unit_id))
    return Sheet(survey_round.title, unit.name, survey_round.closes_at, batch.slip_links)


async def void(work: Work, round_id: UUID, version: int, unit_id: UUID) -> None:
    """Take back all invitations of a unit before anybody can have used one. Mails that wait find them gone."""
    await admit(work, "void_survey_invitations", SurveyRound, round_id, version)
    if await work.session.get(SurveyUnit, (round_id, unit_id)) is None:
        raise Refusal(Code.NOT_FOUND)
    await work.session.execute(_VOID, {"round_id": round_id, "unit_id": unit_id})
    batches = await work.session.execute(
        sa.select(SurveyInvitationBatch).where(
            col(SurveyInvitationBatch.survey_round_id) == round_id,
            col(SurveyInvitationBatch.unit_id) == unit_id,
            col(SurveyInvitationBatch.voided_at).is_(None),
        )
    )
    for batch in batches.scalars().all():
        await changed(work, "void_survey_invitations", batch, {"voided_at": work.now})


_POINTERS = {InvitationKind.PEOPLE: None, InvitationKind.ADDRESSES: "/addresses", InvitationKind.SLIPS: "/count"}
_FIELDS = {
    InvitationKind.PEOPLE: ((), ("addresses", "count", "language")),
    InvitationKind.ADDRESSES: (("addresses",), ("count",)),
    InvitationKind.SLIPS: (("count",), ("addresses",)),
}


def _check_fields(data: SurveyInvitationBatchCreate) -> None:
    needed, unfit = _FIELDS[data.kind]
    for field in needed:
        if getattr(data, field) is None:
            raise Refusal(Code.NEEDED_FOR_THIS_KIND, f"/{field}")
    for field in unfit:
        if getattr(data, field) is not None:
            raise Refusal(Code.NOT_FOR_THIS_KIND, f"/{field}")


async def _for_people(
    work: Work, survey_round: SurveyRound, unit_id: UUID, secret: bytes
) -> tuple[list[bytes], list[Job]]:
    """Whoever works there and has no invitation yet, neither as a person nor by their address."""
    given = {
        "organisation_id": survey_round.organisation_id,
        "round_id": survey_round.id,
        "unit_id": unit_id,
        "today": work.today,
    }
    people = [(row.id, row.email) for row in await work.session.execute(_PEOPLE, given)]
    there = await hashes_of(work, survey_round.id)

    def new() -> dict[UUID, bytes]:
        found = {}
        for person_id, email in people:
            by_address = ballot.token_hash(ballot.token_of_address(secret, survey_round.id, email))
            by_person = ballot.token_hash(ballot.token_of_person(secret, survey_round.id, person_id))
            if not {by_address, by_person} & there:
                found[person_id] = by_person
        return found

    invited = await asyncio.to_thread(new)
    if not invited:
        raise Refusal(Code.NOBODY_TO_INVITE)
    return list(invited.values()), survey_mail.to_people(survey_round.id, list(invited), reminder=False)


async def _for_addresses(
    work: Work, survey_round: SurveyRound, data: SurveyInvitationBatchCreate, secret: bytes
) -> tuple[list[bytes], list[Job]]:
    """A token and a mail for each new address, and a reminder for the others if all who were invited so are there.

    Whoever works in another unit is not counted in this one, and a reminder goes to everyone: a single address that
    is sent again would be a reminder to that one. Whoever is invited as a person is reminded with the people.
    """
    language = data.language or Language.SWEDISH
    addresses: dict[str, str] = {}
    for address in data.addresses or ():
        addresses.setdefault(ballot.normal_address(address), address)
    given = {
        "organisation_id": survey_round.organisation_id,
        "addresses": list(addresses),
        "round_id": survey_round.id,
        "unit_id": data.unit_id,
        "today": work.today,
    }
    people = list(await work.session.execute(_BY_ADDRESS, given))
    _check_units(data, {ballot.normal_address(row.email) for row in people if row.elsewhere})
    known = {ballot.normal_address(row.email): row.id for row in people}
    there = await hashes_of(work, survey_round.id)
    here = frozenset((await work.session.execute(_HASHES.where(_OF_UNIT[1]), given)).scalars())
    invited_so, latest = (await work.session.execute(_BY_ADDRESSES_BEFORE, given)).one()

    def prepared() -> tuple[list[bytes], list[Job]]:
        new: list[bytes] = []
        mail: dict[bool, list[str]] = {False: [], True: []}
        for normal, address in addresses.items():
            if (person_id := known.get(normal)) is not None:
                by_person = ballot.token_hash(ballot.token_of_person(secret, survey_round.id, person_id))
                if by_person in there:
                    continue
            by_address = ballot.token_hash(ballot.token_of_address(secret, survey_round.id, address))
            if by_address not in there:
                new.append(by_address)
                mail[False].append(address)
            elif by_address in here:
                mail[True].append(address)
        if len(mail[True]) < invited_so or (latest is not None and work.now < latest + APART):
            mail[True] = []
        return new, [
            survey_mail.to_address(survey_round.id, secret, address, language, reminder=reminder)
            for reminder, some in mail.items()
            for address in some
        ]

    return await asyncio.to_thread(prepared)


def _check_units(data: SurveyInvitationBatchCreate, elsewhere: set[str]) -> None:
    faults = [
        FieldRefusal(f"/addresses/{place}", Code.WORKS_ELSEWHERE)
        for place, address in enumerate(data.addresses or ())
        if ballot.normal_address(address) in elsewhere
    ]
    if faults:
        raise Refusal(Code.WORKS_ELSEWHERE, fields=faults[:100])


async def hashes_of(work: Work, round_id: UUID) -> frozenset[bytes]:
    """The hashes of all invitations of the round, used or not."""
    return frozenset((await work.session.execute(_HASHES, {"round_id": round_id})).scalars())


async def _invite(work: Work, unit: SurveyUnit, hashes: Sequence[bytes], pointer: str | None) -> None:
    """Store the invitations, in no order that tells of anything, unless the unit would have more than employees."""
    given = {"round_id": unit.survey_round_id, "unit_id": unit.unit_id}
    before = (await work.session.execute(_COUNT, given)).scalar_one()
    if before + len(hashes) > unit.headcount:
        raise Refusal(Code.MORE_THAN_HEADCOUNT, pointer)
    if hashes:
        await work.session.execute(
            sa.insert(SurveyInvitation),
            [
                {"token_hash": each, "survey_round_id": unit.survey_round_id, "unit_id": unit.unit_id, "used": False}
                for each in sorted(hashes)
            ],
        )
