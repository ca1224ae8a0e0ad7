"""When the sides of a workplace that joins have agreed: pure, and the same whichever side comes first."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from app.models.columns import Language
from app.models.interest_registration import InterestRegistration, InterestState, JoiningGap
from app.models.party import Side
from app.services.joinings import content_of, gaps, hash_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)
JOINING = uuid4()


def one(side: Side, **other: Any) -> InterestRegistration:
    said = {
        "organisation_number": "2021990417",
        "organisation_name": "Myndigheten",
        "side": side,
        "party_name": side.value,
        "contact_name": "Åsa Öberg",
        "contact_function": "Ordförande",
        "contact_email": f"{side.value}@example.se",
    }
    return InterestRegistration(
        joining_id=JOINING,
        language=Language.SWEDISH,
        consent_version="1",
        token_hash=uuid4().bytes,
        code_hash=b"",
        state=InterestState.CONFIRMED,
        created_at=NOW,
        **(said | other),
    )


def confirmed(*registrations: InterestRegistration) -> list[InterestRegistration]:
    wanted = hash_of(content_of(registrations))
    for each in registrations:
        each.confirmed_hash = wanted
    return list(registrations)


@pytest.mark.parametrize("sides", [(Side.EMPLOYER, Side.UNION), (Side.UNION, Side.EMPLOYER)])
def test_the_same_content_confirmed_by_both_sides_is_agreed(sides: tuple[Side, Side]) -> None:
    both = confirmed(*map(one, sides))
    assert gaps(both) == gaps(list(reversed(both))) == []
    for place in (0, 1):
        both[place].confirmed_hash = None
        assert gaps(both) == [JoiningGap.CONFIRMATIONS]
        confirmed(*both)


def test_what_does_not_fit_together_is_never_agreed() -> None:
    employer, union = one(Side.EMPLOYER), one(Side.UNION)
    for others, gap in (
        ((employer,), JoiningGap.UNION_SIDE),
        ((union, one(Side.UNION, party_name="Seko", contact_email="b@example.se")), JoiningGap.EMPLOYER_SIDE),
        ((employer, union, one(Side.EMPLOYER, party_name="X", contact_email="b@x.se")), JoiningGap.ONE_EMPLOYER),
        ((employer, one(Side.UNION, organisation_number="2021000829")), JoiningGap.DIFFERENT_NUMBERS),
        ((employer, one(Side.UNION, party_name="EMPLOYER")), JoiningGap.SAME_PARTY_NAME),
        ((employer, one(Side.UNION, contact_email="Employer@EXAMPLE.se")), JoiningGap.SAME_CONTACT),
    ):
        assert gaps(confirmed(*others)) == [gap]
    assert gaps([]) == [JoiningGap.EMPLOYER_SIDE, JoiningGap.UNION_SIDE]


def test_whatever_is_shown_is_in_the_hash() -> None:
    """And nothing else: an address is told to nobody."""
    before = hash_of(content_of([one(Side.EMPLOYER)]))
    for changed in ("organisation_number", "organisation_name", "party_name", "contact_name", "contact_function"):
        assert hash_of(content_of([one(Side.EMPLOYER, **{changed: "2021000829"})])) != before, changed
    assert hash_of(content_of([one(Side.UNION, party_name="employer")])) != before
    assert hash_of(content_of([one(Side.EMPLOYER, contact_email="b@example.se")])) == before
