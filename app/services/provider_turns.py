"""Whose turn it is to ask an identity provider about a code: nobody takes more than a share. In one process alone."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

UNDER_WAY_AT_MOST = 20
"""Codes that one provider is asked about at the same time."""
STRANGERS_AT_MOST = 10
"""Those of them that come from places of which nothing is known: the others are left to who has been here before."""


class NoTurn(Exception):
    """Too many are asking the provider already, from the place or altogether. Nothing was done; try again soon."""


class Share(IntEnum):
    """How many turns at one provider a place may have at the same time."""

    STRANGE = 5
    USUAL = 8
    BROWSER = 2


@dataclass(frozen=True)
class Caller:
    """Who asks for a turn: a place, by a keyed hash, and its share."""

    place: bytes
    share: Share


class Turns:
    """Those under way, by issuer."""

    def __init__(self) -> None:
        self._under_way: defaultdict[str, list[Caller]] = defaultdict(list)

    @contextmanager
    def take(self, issuer: str, caller: Caller) -> Iterator[None]:
        """One turn, for as long as the block lasts. Raises `NoTurn`."""
        turns = self._under_way[issuer]
        strangers = sum(each.share is Share.STRANGE for each in turns)
        if (
            len(turns) >= UNDER_WAY_AT_MOST
            or sum(each.place == caller.place for each in turns) >= caller.share
            or (caller.share is Share.STRANGE and strangers >= STRANGERS_AT_MOST)
        ):
            raise NoTurn
        turns.append(caller)
        try:
            yield
        finally:
            turns.remove(caller)
