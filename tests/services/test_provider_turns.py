"""Turns at an identity provider: shared, whoever comes, and given back whatever happens."""

from contextlib import ExitStack

import pytest

from app.services.provider_turns import STRANGERS_AT_MOST, UNDER_WAY_AT_MOST, Caller, NoTurn, Share, Turns

ISSUER = "https://op.example"


def held(turns: Turns, stack: ExitStack, share: Share, places: int, first: int = 0) -> int:
    """How many turns so many places get, of which each takes all it can."""
    taken = 0
    for place in range(first, first + places):
        for _ in range(UNDER_WAY_AT_MOST):
            try:
                stack.enter_context(turns.take(ISSUER, Caller(bytes([place]), share)))
            except NoTurn:
                break
            taken += 1
    return taken


def test_a_place_has_its_share_and_strangers_half() -> None:
    turns = Turns()
    with ExitStack() as stack:
        assert held(turns, stack, Share.STRANGE, 1) == 5
        assert held(turns, stack, Share.STRANGE, 50, first=1) == STRANGERS_AT_MOST - 5
        # However many strangers there are, whoever is known has room; and neither office nor browser takes it all.
        assert held(turns, stack, Share.USUAL, 1, first=100) == 8
        assert held(turns, stack, Share.BROWSER, 1, first=110) == 2
        assert held(turns, stack, Share.BROWSER, 1, first=111) == 0
        # Another provider has nothing to do with it.
        with turns.take("https://another.example", Caller(b"a", Share.STRANGE)):
            pass
    with ExitStack() as stack:
        assert held(turns, stack, Share.USUAL, 5) == UNDER_WAY_AT_MOST


def test_a_turn_is_given_back_whatever_happens() -> None:
    turns = Turns()
    for _ in range(UNDER_WAY_AT_MOST * 2):
        with pytest.raises(ZeroDivisionError), turns.take(ISSUER, Caller(b"a", Share.BROWSER)):
            raise ZeroDivisionError
