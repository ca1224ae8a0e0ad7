"""Joint decisions: the same content, approved by the employer and the unions the rule requires, by different people.

One mechanism for everything that takes effect only when both sides agree. The caller holds the row lock of the
subject, so decisions about one subject never run side by side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval, ApprovalCreate, ApprovalSummary, Decision, SubjectType, VoidReason
from app.models.base import AllowedAction, Table
from app.models.mandate import Mandate, valid_on
from app.models.organisation import ApprovalRule
from app.models.party import Party, PartyState, Side
from app.models.person import Person
from app.services import policy
from app.services.actor import Seat
from app.services.errors import Code, Refusal
from app.services.work import Work, changed, created, keep_organisation, selecting

RowT = TypeVar("RowT", bound=Table)


@dataclass(frozen=True)
class Subject:
    """What is decided: a thing, its exact content, and who must agree."""

    type: SubjectType
    id: UUID
    organisation_id: UUID
    working_group_id: UUID | None
    """The table; None: the whole organisation, where only those decide who speak for their party everywhere."""
    content_hash: str
    rule: ApprovalRule
    parties: dict[UUID, Side]


class Outcome(StrEnum):
    PENDING = "pending"
    REACHED = "reached"
    CHANGE_REQUESTED = "changeRequested"


STANDING = (
    sa.select(Approval)
    .where(col(Approval.subject_id) == sa.bindparam("subject_id"), col(Approval.voided_at).is_(None))
    .order_by(col(Approval.id))
)

# The actor was loaded when the request came, and it may have waited long for the subject. Held until the decision is
# stored, none of the three can end meanwhile. PostgreSQL takes the locks in this order: whoever gives or changes a
# mandate holds the party and the mandate before the person.
_STILL_SPEAKS = (
    sa.select(col(Mandate.id))
    .join(Person, col(Person.id) == col(Mandate.person_id))
    .join(Party, col(Party.id) == col(Mandate.party_id))
    .where(
        col(Mandate.id) == sa.bindparam("mandate_id", type_=sa.Uuid),
        valid_on(sa.bindparam("day", type_=sa.Date)),
        col(Person.active),
        col(Party.state) == PartyState.ACTIVE,
    )
    .with_for_update(read=True, of=(Party, Mandate, Person))
)


async def find_decided(work: Work, row_type: type[RowT], row_id: UUID) -> tuple[RowT, Sequence[Approval]]:
    """The row, if the actor may see it, with the decisions that count on it.

    In one statement: in two, a reader could be told of the last decision needed and not of what it brought about.
    """
    found = (await work.session.execute(_finding_decided(row_type), work.actor.held | {"row_id": row_id})).all()
    if not found:
        raise Refusal(Code.NOT_FOUND)
    keep_organisation(work, found[0])
    return found[0][0], [each.Approval for each in found if each.Approval is not None]


@cache
def _finding_decided(row_type: type[Any]) -> sa.Select[Any]:
    stands = sa.and_(col(Approval.subject_id) == row_type.id, col(Approval.voided_at).is_(None))
    return (
        selecting(row_type)
        .add_columns(Approval)
        .outerjoin(Approval, stands)
        .where(row_type.id == sa.bindparam("row_id"), policy.visible(row_type))
        .order_by(col(Approval.id))
    )


async def standing(work: Work, subject_id: UUID) -> Sequence[Approval]:
    """The decisions that count on the subject as it is now."""
    return (await work.session.execute(STANDING, {"subject_id": subject_id})).scalars().all()


def outcome(subject: Subject, approvals: Iterable[Approval]) -> Outcome:
    """Whether both sides have agreed. Only standing decisions on this very content count, each person once."""
    counting = [
        approval
        for approval in approvals
        if approval.voided_at is None
        and approval.content_hash == subject.content_hash
        and approval.party_id in subject.parties
    ]
    if any(approval.decision is Decision.REQUEST_CHANGE for approval in counting):
        return Outcome.CHANGE_REQUESTED
    agreed: dict[UUID, UUID] = {}
    for approval in counting:
        if approval.person_id not in agreed.values():
            agreed[approval.party_id] = approval.person_id
    employers = {party for party, side in subject.parties.items() if side is Side.EMPLOYER}
    unions = set(subject.parties) - employers
    enough_unions = unions <= agreed.keys() if subject.rule is ApprovalRule.EVERY else unions & agreed.keys()
    if employers and unions and employers <= agreed.keys() and enough_unions:
        return Outcome.REACHED
    return Outcome.PENDING


def speaking_seat(work: Work, working_group_id: UUID, mandate_id: UUID | None) -> Seat:
    """The seat the actor speaks from at this table; who has seats of several parties must say which."""
    return _chosen(work.actor.seats_at(working_group_id), mandate_id)


def _chosen(seats: tuple[Seat, ...], mandate_id: UUID | None) -> Seat:
    if mandate_id is not None:
        seats = tuple(seat for seat in seats if seat.mandate_id == mandate_id)
        if not seats:
            raise Refusal(Code.UNKNOWN_MANDATE, "/mandateId")
    if not seats:
        raise Refusal(Code.NOT_YOUR_ROLE)
    if len({seat.party_id for seat in seats}) > 1:
        raise Refusal(Code.CHOOSE_MANDATE, "/mandateId")
    return seats[0]


def _seats(work: Work, working_group_id: UUID | None, organisation_id: UUID | None) -> tuple[Seat, ...]:
    if working_group_id is not None:
        return work.actor.seats_at(working_group_id)
    return () if organisation_id is None else work.actor.seats_in(organisation_id)


async def decide(work: Work, operation: str, subject: Subject, data: ApprovalCreate) -> tuple[Approval, Outcome]:
    """Record one party's decision and say what follows from it."""
    seat = _chosen(_seats(work, subject.working_group_id, subject.organisation_id), data.mandate_id)
    person_id = work.actor.person_id
    still = {"mandate_id": seat.mandate_id, "day": work.today}
    if person_id is None or (await work.session.execute(_STILL_SPEAKS, still)).first() is None:
        raise Refusal(Code.NOT_YOUR_ROLE)
    if data.content_hash != subject.content_hash:
        raise Refusal(Code.CONTENT_CHANGED, "/contentHash")
    earlier = await standing(work, subject.id)
    if any(approval.party_id == seat.party_id for approval in earlier):
        raise Refusal(Code.PARTY_HAS_DECIDED)
    if any(approval.decision is Decision.REQUEST_CHANGE for approval in earlier):
        raise Refusal(Code.CHANGE_REQUESTED)
    if any(approval.person_id == person_id for approval in earlier):
        raise Refusal(Code.PERSON_HAS_DECIDED)
    approval = Approval(
        organisation_id=subject.organisation_id,
        working_group_id=subject.working_group_id,
        subject_type=subject.type,
        subject_id=subject.id,
        content_hash=subject.content_hash,
        party_id=seat.party_id,
        mandate_id=seat.mandate_id,
        person_id=person_id,
        decision=data.decision,
        statement=data.statement,
        decided_at=work.now,
        created_at=work.now,
    )
    await created(work, operation, approval, mandate_id=seat.mandate_id)
    return approval, outcome(subject, [*earlier, approval])


async def void(
    work: Work, operation: str, subject_id: UUID, reason: VoidReason, *, except_for: Approval | None = None
) -> None:
    """Take back every standing decision: the content they were about is no more."""
    for approval in await standing(work, subject_id):
        if approval is not except_for:
            await changed(work, operation, approval, {"voided_at": work.now, "void_reason": reason})


def summaries(approvals: Iterable[Approval]) -> list[ApprovalSummary]:
    """Decisions as the resource they concern shows them."""
    return [
        ApprovalSummary.model_validate({name: getattr(each, name) for name in ApprovalSummary.model_fields})
        for each in approvals
    ]


def mark_decided(
    work: Work,
    actions: Iterable[AllowedAction],
    operation: str,
    working_group_id: UUID | None,
    approvals: Sequence[Approval],
    *,
    organisation_id: UUID | None = None,
) -> None:
    """Who has decided cannot decide again; say so before it tries. Without a table the organisation is named."""
    own = {seat.party_id for seat in _seats(work, working_group_id, organisation_id)}
    reason: Code | None = None
    if own <= {approval.party_id for approval in approvals}:
        reason = Code.PARTY_HAS_DECIDED
    elif any(approval.decision is Decision.REQUEST_CHANGE for approval in approvals):
        reason = Code.CHANGE_REQUESTED
    elif any(approval.person_id == work.actor.person_id for approval in approvals):
        reason = Code.PERSON_HAS_DECIDED
    for action in actions:
        if action.action == operation and action.allowed and reason is not None:
            action.allowed = False
            action.reason = reason
