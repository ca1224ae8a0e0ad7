"""Token buckets: what comes back when, to whom, and what is forgotten."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.rate_limits import Allowance, Buckets

TEN = Allowance("reads", 10, 60)


def test_as_many_as_there_are_and_not_one_more() -> None:
    buckets = Buckets()
    lefts = [buckets.take(TEN, "anna", 1000.0).left for _ in range(10)]
    assert lefts == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    refused = buckets.take(TEN, "anna", 1000.0)
    assert (refused.left, refused.retry_after_s, refused.more_in_s) == (0, 6, 6)


def test_they_come_back_one_by_one() -> None:
    buckets = Buckets()
    for _ in range(10):
        buckets.take(TEN, "anna", 0.0)
    assert buckets.take(TEN, "anna", 5.9).retry_after_s == 1
    assert buckets.take(TEN, "anna", 6.0).retry_after_s is None
    assert buckets.take(TEN, "anna", 6.0).retry_after_s == 6
    assert [buckets.take(TEN, "anna", 66.0).left for _ in range(2)] == [9, 8]


def test_it_is_told_when_there_is_one_more() -> None:
    buckets = Buckets()
    assert [buckets.take(TEN, "anna", now).more_in_s for now in (0.0, 0.0, 2.0)] == [6, 6, 4]
    assert (buckets.take(TEN, "anna", 5.0).more_in_s, buckets.take(TEN, "anna", 6.0).left) == (1, 6)


def test_a_refused_request_costs_nothing() -> None:
    buckets = Buckets()
    for _ in range(1_000):
        buckets.take(TEN, "anna", 0.0)
    assert buckets.take(TEN, "anna", 6.0).retry_after_s is None


def test_whoever_waits_as_told_is_let_in() -> None:
    buckets = Buckets()
    now = 0.0
    for _ in range(200):
        standing = buckets.take(TEN, "anna", now)
        if standing.retry_after_s is not None:
            now += standing.retry_after_s
            assert buckets.take(TEN, "anna", now).retry_after_s is None


def test_buckets_are_ones_own_and_of_one_kind() -> None:
    buckets = Buckets()
    for _ in range(11):
        buckets.take(TEN, "anna", 0.0)
    assert buckets.take(TEN, "bo", 0.0).left == 9
    assert buckets.take(Allowance("writes", 5, 60), "anna", 0.0).left == 4


def test_what_is_kept_is_bounded_and_the_longest_silent_is_forgotten() -> None:
    buckets = Buckets(remembered=100)
    for _ in range(11):
        buckets.take(TEN, "greedy", 0.0)
    for number in range(10_000):
        buckets.take(TEN, f"passer-by {number}", 1.0)
        if number % 50 == 0:
            buckets.take(TEN, "anna", 1.0 + number)
    assert len(buckets) == 100
    assert buckets.take(TEN, "greedy", 1.0).retry_after_s is None


@pytest.mark.parametrize("quota", [1, 7, 600, 3_000, 1_000_000])
def test_large_and_odd_numbers_lose_nothing_to_fractions(quota: int) -> None:
    buckets, allowance = Buckets(), Allowance("reads", quota, 60)
    for spent in range(min(quota, 5_000)):
        standing = buckets.take(allowance, "anna", 1_234_567.89)
        assert (standing.retry_after_s, standing.left) == (None, quota - spent - 1)
    assert (buckets.take(allowance, "anna", 1_234_567.89).retry_after_s is None) == (quota > 5_000)


@given(st.integers(1, 50), st.integers(1, 100), st.integers())
def test_in_no_window_are_there_more_than_twice_the_quota(quota: int, window_s: int, seed: int) -> None:
    """The bucket's own promise: at once what it holds, and in each window after as much as comes back."""
    buckets, allowance, chance = Buckets(), Allowance("reads", quota, window_s), random.Random(seed)  # noqa: S311
    now, allowed = 0.0, []
    for _ in range(60):
        now += chance.choice([0.0, 0.0, chance.random() * window_s / quota, chance.random() * window_s])
        standing = buckets.take(allowance, "anna", now)
        assert 0 <= standing.left < quota
        if standing.retry_after_s is None:
            assert 0 <= standing.more_in_s <= math.ceil(window_s / quota)
            allowed.append(now)
        else:
            assert standing.more_in_s == standing.retry_after_s >= 1
    for begin in allowed:
        within = [each for each in allowed if begin <= each < begin + window_s]
        assert len(within) <= 2 * quota
