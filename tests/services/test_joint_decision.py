"""The outcome of a joint decision, whatever approvals there are."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.approval import Approval, ApprovalCreate, Decision, SubjectType, VoidReason
from app.models.audit_entry import AuditEntry
from app.models.base import AllowedAction
from app.models.organisation import ApprovalRule
from app.models.party import Side
from app.models.session_record import SessionRecord
from app.services.actor import Actor, Seat
from app.services.errors import Code, Refusal
from app.services.joint_decision import (
    Outcome,
    Subject,
    decide,
    find_decided,
    mark_decided,
    outcome,
    speaking_seat,
    summaries,
    void,
)
from app.services.work import Work

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EMPLOYER, SACO, SEKO, STRANGER = PARTIES = [UUID(int=number) for number in range(1, 5)]
PEOPLE = [UUID(int=number) for number in range(10, 14)]
HASH, OTHER_HASH = "a" * 64, "b" * 64
SIDES = {EMPLOYER: Side.EMPLOYER, SACO: Side.UNION, SEKO: Side.UNION}


def subject(rule: ApprovalRule = ApprovalRule.EVERY, parties: dict[UUID, Side] | None = None) -> Subject:
    one = UUID(int=99)
    return Subject(SubjectType.SESSION_RECORD, one, one, one, HASH, rule, SIDES if parties is None else parties)


def approval(
    party: UUID,
    person: UUID,
    decision: Decision = Decision.APPROVE,
    *,
    content_hash: str = HASH,
    voided: bool = False,
) -> Approval:
    return Approval(
        organisation_id=UUID(int=99),
        working_group_id=UUID(int=99),
        subject_type=SubjectType.SESSION_RECORD,
        subject_id=UUID(int=99),
        content_hash=content_hash,
        party_id=party,
        mandate_id=UUID(int=98),
        person_id=person,
        decision=decision,
        decided_at=NOW,
        created_at=NOW,
        voided_at=NOW if voided else None,
        void_reason=VoidReason.EDITED if voided else None,
    )


approvals = st.lists(
    st.builds(
        approval,
        st.sampled_from(PARTIES),
        st.sampled_from(PEOPLE),
        st.sampled_from([Decision.APPROVE] * 4 + [Decision.APPROVE_WITH_DISSENT] * 2 + [Decision.REQUEST_CHANGE]),
        content_hash=st.sampled_from([HASH, HASH, HASH, OTHER_HASH]),
        voided=st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
)
rules = st.sampled_from(list(ApprovalRule))


def counts(each: Approval) -> bool:
    return each.voided_at is None and each.content_hash == HASH and each.party_id in SIDES


@given(approvals, rules)
def test_it_is_reached_only_by_both_sides_different_people_and_the_same_content(
    given_approvals: list[Approval], rule: ApprovalRule
) -> None:
    result = outcome(subject(rule), given_approvals)
    standing = [each for each in given_approvals if counts(each)]
    agreeing = {
        party: {each.person_id for each in standing if each.party_id == party and each.decision != "requestChange"}
        for party in SIDES
    }
    if result is Outcome.REACHED:
        assert agreeing[EMPLOYER]
        others = [bool(agreeing[union]) and len(agreeing[EMPLOYER] | agreeing[union]) >= 2 for union in (SACO, SEKO)]
        assert all(others) if rule is ApprovalRule.EVERY else any(others)
        if rule is ApprovalRule.EVERY:
            assert len(set.union(*agreeing.values())) >= 3
    changes_asked = any(each.decision is Decision.REQUEST_CHANGE for each in standing)
    assert (result is Outcome.CHANGE_REQUESTED) == changes_asked


@given(approvals, rules)
def test_what_does_not_count_changes_nothing(given_approvals: list[Approval], rule: ApprovalRule) -> None:
    """Voided decisions, those on other content and those of parties not at the table might as well not exist."""
    standing = [each for each in given_approvals if counts(each)]
    assert outcome(subject(rule), given_approvals) is outcome(subject(rule), standing)


@given(rules, st.sampled_from([Decision.APPROVE, Decision.APPROVE_WITH_DISSENT]), st.permutations(range(3)))
def test_dissent_is_recorded_and_does_not_block(rule: ApprovalRule, decision: Decision, order: list[int]) -> None:
    given_approvals = [
        approval(EMPLOYER, PEOPLE[0]),
        approval(SACO, PEOPLE[1], decision),
        approval(SEKO, PEOPLE[2], decision),
    ]
    assert outcome(subject(rule), [given_approvals[place] for place in order]) is Outcome.REACHED


def test_every_and_any() -> None:
    two = [approval(EMPLOYER, PEOPLE[0]), approval(SEKO, PEOPLE[1])]
    assert outcome(subject(ApprovalRule.EVERY), two) is Outcome.PENDING
    assert outcome(subject(ApprovalRule.ANY), two) is Outcome.REACHED
    unions = [approval(SACO, PEOPLE[0]), approval(SEKO, PEOPLE[1])]
    assert outcome(subject(ApprovalRule.ANY), unions) is Outcome.PENDING


def test_one_person_is_never_two_sides() -> None:
    same = [approval(EMPLOYER, PEOPLE[0]), approval(SACO, PEOPLE[0]), approval(SEKO, PEOPLE[1])]
    assert outcome(subject(ApprovalRule.EVERY), same) is Outcome.PENDING


def test_a_table_without_one_of_the_sides_decides_nothing() -> None:
    everyone = [approval(party, person) for party, person in zip(SIDES, PEOPLE, strict=False)]
    for parties in ({}, {EMPLOYER: Side.EMPLOYER}, {SACO: Side.UNION, SEKO: Side.UNION}):
        for rule in ApprovalRule:
            assert outcome(subject(rule, parties), everyone) is Outcome.PENDING


def test_who_has_no_seat_at_the_table_speaks_for_nobody() -> None:
    work = Work(cast("Any", None), Actor(person_id=PEOPLE[0]), NOW)
    with pytest.raises(Refusal, match="notYourRole"):
        speaking_seat(work, UUID(int=99), None)
    with pytest.raises(Refusal, match="unknownMandate"):
        speaking_seat(work, UUID(int=99), UUID(int=98))


# --- Deciding, without a database ----------------------------------------------------------------------------------

GROUP = UUID(int=99)
MANDATE, SECOND_MANDATE = UUID(int=50), UUID(int=51)


class Found:
    """What a statement brought."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def first(self) -> Any:
        return self.rows[0] if self.rows else None

    def all(self) -> list[Any]:
        return self.rows

    def scalars(self) -> "Found":
        return self


class Session:
    """As much of a database as a decision asks: whether the mandate still counts, and what was decided before."""

    def __init__(self, *answers: list[Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.added: list[Any] = []

    async def execute(self, statement: Any, parameters: dict[str, Any]) -> Found:
        assert statement is not None
        self.asked.append(parameters)
        return Found(self.answers.pop(0))

    def add(self, row: Any) -> None:
        self.added.append(row)

    async def flush(self) -> None:
        return None


def work_of(person: UUID, session: Session, *parties: UUID) -> Work:
    seats = tuple(
        Seat(UUID(int=50 + place), party, SIDES.get(party, Side.UNION), UUID(int=99), None)
        for place, party in enumerate(parties)
    )
    actor = Actor(person, seats=seats, tables=frozenset((GROUP, party) for party in parties))
    return Work(cast("Any", session), actor, NOW)


def deciding(decision: Decision = Decision.APPROVE, content_hash: str = HASH, **more: Any) -> ApprovalCreate:
    statement = None if decision is Decision.APPROVE else "Vi ser det annorlunda."
    return ApprovalCreate.model_construct(
        decision=decision, content_hash=content_hash, statement=statement, mandate_id=more.get("mandate_id")
    )


async def test_a_decision_is_taken_down_whole() -> None:
    session = Session([MANDATE], [approval(SACO, PEOPLE[1])])
    work = work_of(PEOPLE[0], session, EMPLOYER)
    made, follows = await decide(work, "approve_x", subject(ApprovalRule.ANY), deciding(Decision.APPROVE_WITH_DISSENT))
    assert follows is Outcome.REACHED
    assert session.asked[0] == {"mandate_id": MANDATE, "day": work.today}
    assert session.asked[1] == {"subject_id": GROUP}
    assert session.added[0] is made
    taken_down = made.model_dump(exclude={"id"})
    assert taken_down == {
        "organisation_id": GROUP,
        "working_group_id": GROUP,
        "subject_type": SubjectType.SESSION_RECORD,
        "subject_id": GROUP,
        "content_hash": HASH,
        "party_id": EMPLOYER,
        "mandate_id": MANDATE,
        "person_id": PEOPLE[0],
        "decision": Decision.APPROVE_WITH_DISSENT,
        "statement": "Vi ser det annorlunda.",
        "decided_at": NOW,
        "created_at": NOW,
        "voided_at": None,
        "void_reason": None,
        "version": 1,
    }
    (entry,) = [row for row in session.added if isinstance(row, AuditEntry)]
    assert (entry.operation, entry.mandate_id, entry.subject_id) == ("approve_x", MANDATE, made.id)


async def test_the_mandate_that_speaks_is_the_one_in_the_trail() -> None:
    """Whoever has seats of two parties says which, and the other one is named nowhere."""
    session = Session([SECOND_MANDATE], [])
    work = work_of(PEOPLE[0], session, EMPLOYER, SACO)
    made, _ = await decide(work, "approve_x", subject(), deciding(mandate_id=SECOND_MANDATE))
    assert (made.party_id, made.mandate_id) == (SACO, SECOND_MANDATE)
    (entry,) = [row for row in session.added if isinstance(row, AuditEntry)]
    assert entry.mandate_id == SECOND_MANDATE


async def test_of_two_mandates_of_one_party_the_one_that_was_named_is_in_the_trail() -> None:
    """The trail by itself would name the one for this table first."""
    session = Session([MANDATE], [])
    seats = (
        Seat(MANDATE, EMPLOYER, Side.EMPLOYER, GROUP, None),
        Seat(SECOND_MANDATE, EMPLOYER, Side.EMPLOYER, GROUP, GROUP),
    )
    actor = Actor(PEOPLE[0], seats=seats, tables=frozenset({(GROUP, EMPLOYER)}))
    work = Work(cast("Any", session), actor, NOW)
    made, _ = await decide(work, "approve_x", subject(), deciding(mandate_id=MANDATE))
    (entry,) = [row for row in session.added if isinstance(row, AuditEntry)]
    assert (made.mandate_id, entry.mandate_id) == (MANDATE, MANDATE)


@pytest.mark.parametrize(
    ("still_speaks", "earlier", "sent", "code", "pointer"),
    [
        ([], [], deciding(), Code.NOT_YOUR_ROLE, None),
        ([MANDATE], [], deciding(content_hash=OTHER_HASH), Code.CONTENT_CHANGED, "/contentHash"),
        ([MANDATE], [approval(EMPLOYER, PEOPLE[1])], deciding(), Code.PARTY_HAS_DECIDED, None),
        ([MANDATE], [approval(SACO, PEOPLE[1], Decision.REQUEST_CHANGE)], deciding(), Code.CHANGE_REQUESTED, None),
        ([MANDATE], [approval(SACO, PEOPLE[0])], deciding(), Code.PERSON_HAS_DECIDED, None),
    ],
)
async def test_what_cannot_be_decided_says_why(
    still_speaks: list[UUID], earlier: list[Approval], sent: ApprovalCreate, code: Code, pointer: str | None
) -> None:
    session = Session(still_speaks, earlier)
    with pytest.raises(Refusal) as refused:
        await decide(work_of(PEOPLE[0], session, EMPLOYER), "approve_x", subject(), sent)
    assert refused.value.code is code
    assert [(field.pointer, field.code) for field in refused.value.fields] == ([(pointer, code)] if pointer else [])
    assert session.added == []


def test_which_seat_speaks() -> None:
    two = work_of(PEOPLE[0], Session(), EMPLOYER, SACO)
    with pytest.raises(Refusal) as refused:
        speaking_seat(two, GROUP, None)
    assert refused.value.code is Code.CHOOSE_MANDATE
    assert [field.pointer for field in refused.value.fields] == ["/mandateId"]
    with pytest.raises(Refusal) as unknown:
        speaking_seat(two, GROUP, UUID(int=7))
    assert unknown.value.code is Code.UNKNOWN_MANDATE
    assert [field.pointer for field in unknown.value.fields] == ["/mandateId"]
    assert speaking_seat(two, GROUP, SECOND_MANDATE).party_id == SACO
    assert speaking_seat(two, GROUP, MANDATE).party_id == EMPLOYER
    assert speaking_seat(work_of(PEOPLE[0], Session(), SACO), GROUP, None).party_id == SACO


async def test_what_nobody_may_see_is_not_there() -> None:
    with pytest.raises(Refusal) as refused:
        await find_decided(work_of(PEOPLE[0], Session([])), SessionRecord, GROUP)
    assert refused.value.code is Code.NOT_FOUND


async def test_an_edit_takes_back_every_decision_but_the_one_excepted() -> None:
    standing = [approval(EMPLOYER, PEOPLE[0]), approval(SACO, PEOPLE[1]), approval(SEKO, PEOPLE[2])]
    session = Session(standing)
    await void(work_of(PEOPLE[0], session), "update_x", GROUP, VoidReason.EDITED, except_for=standing[1])
    assert [each.voided_at for each in standing] == [NOW, None, NOW]
    assert [each.void_reason for each in standing] == [VoidReason.EDITED, None, VoidReason.EDITED]
    assert [each.version for each in standing] == [2, 1, 2]
    assert session.asked == [{"subject_id": GROUP}]
    entries = [row for row in session.added if isinstance(row, AuditEntry)]
    assert [entry.operation for entry in entries] == ["update_x"] * 2


def test_summaries_show_what_was_decided() -> None:
    one = approval(SACO, PEOPLE[1], Decision.APPROVE_WITH_DISSENT)
    (shown,) = summaries([one])
    assert {name: getattr(shown, name) for name in type(shown).model_fields} == {
        name: getattr(one, name) for name in type(shown).model_fields
    }


@pytest.mark.parametrize(
    ("earlier", "reason"),
    [
        ([], None),
        ([approval(EMPLOYER, PEOPLE[1])], Code.PARTY_HAS_DECIDED),
        ([approval(SACO, PEOPLE[1], Decision.REQUEST_CHANGE)], Code.CHANGE_REQUESTED),
        ([approval(SACO, PEOPLE[1])], None),
        ([approval(SACO, PEOPLE[0])], Code.PERSON_HAS_DECIDED),
        ([approval(EMPLOYER, PEOPLE[0], Decision.REQUEST_CHANGE)], Code.PARTY_HAS_DECIDED),
    ],
)
def test_who_has_decided_is_told_so_before_trying(earlier: list[Approval], reason: Code | None) -> None:
    actions = [
        AllowedAction(action="approve_x", allowed=True, reason=None),
        AllowedAction(action="update_x", allowed=True, reason=None),
        AllowedAction(action="approve_x", allowed=False, reason=Code.GROUP_CLOSED),
    ]
    mark_decided(work_of(PEOPLE[0], Session(), EMPLOYER), actions, "approve_x", GROUP, earlier)
    assert [(action.allowed, action.reason) for action in actions] == [
        (reason is None, reason),
        (True, None),
        (False, Code.GROUP_CLOSED),
    ]


def test_one_of_several_parties_may_still_decide() -> None:
    actions = [AllowedAction(action="approve_x", allowed=True, reason=None)]
    two = work_of(PEOPLE[0], Session(), EMPLOYER, SACO)
    mark_decided(two, actions, "approve_x", GROUP, [approval(EMPLOYER, PEOPLE[1])])
    assert actions[0].allowed
