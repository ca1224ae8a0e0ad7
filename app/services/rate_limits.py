"""How often somebody may ask: token buckets, kept in the memory of one process and forgotten with it.

A bucket is one number, the moment at which it will be full again. Whoever has not asked for a while has a full one, so
that forgetting the longest silent costs nobody anything.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

REMEMBERED = 50_000
"""Buckets kept at a time; a few megabytes."""


@dataclass(frozen=True)
class Allowance:
    """How many requests may come at once, and within how many seconds as many more come back."""

    name: str
    quota: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to somebody after a request, or before one that was refused."""

    left: int
    more_in_s: int
    """Whole seconds until one more is there than now."""
    retry_after_s: int | None
    """Whole seconds until one more is allowed, when this one was not."""


class Buckets:
    """Everybody's buckets. Who holds one is a text: a person, a client, an address."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(self, allowance: Allowance, who: str, now: float) -> Standing:
        """Take one request out, if one is there. `now` is in seconds of any clock that never goes back."""
        key = (allowance.name, who)
        each_s = allowance.window_s / allowance.quota
        full_at = max(self._full_at.get(key, now), now) + each_s
        over_s = full_at - now - allowance.window_s
        # A hair's breadth is no request: sums of fractions are never exact.
        if over_s > each_s / 1000:
            wait_s = max(1, _whole(over_s))
            return Standing(0, wait_s, wait_s)
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._remembered:
            self._full_at.popitem(last=False)
        # Not more than there is, and never none because a fraction is missing.
        left = int(allowance.quota - (full_at - now) / each_s + 0.001)
        one_more_in_s = min(full_at - now - (allowance.quota - left - 1) * each_s, each_s)
        return Standing(left, max(0, _whole(one_more_in_s)), None)

    def __len__(self) -> int:
        return len(self._full_at)


def _whole(seconds: float) -> int:
    return math.ceil(seconds - 1e-6)
