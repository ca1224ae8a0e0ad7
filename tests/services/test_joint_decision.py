"""The outcome of a joint decision, whatever approvals there are."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.approval import Approval, Decision, SubjectType, VoidReason
from app.models.organisation import ApprovalRule
from app.models.party import Side
from app.services.actor import Actor
from app.services.errors import Refusal
from app.services.joint_decision import Outcome, Subject, outcome, speaking_seat
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
