"""Statistics of the survey: means and shares with their uncertainty, change between rounds, reliability.

    mean_interval(Sample(n, mean, deviation, population))          -> Interval | None
    share_interval(share, n, population)                           -> Interval | None
    welch(earlier, later)                                          -> Welch
    holm(p_values)                                                 -> list[float]
    cronbach_alpha(matrix)                                         -> float | None
    student_t_cdf(t, df), student_t_quantile(p, df)                -> float
    round_half_away(value, step)                                   -> int

`None` for an interval means that everyone answered: there is nobody the sample could be unlike.

Student's distribution is written out here instead of taken from SciPy: it is the only thing that would be used of a
package of 40 MB with compiled code of its own, and it is a page of well-known mathematics. Sources: Abramowitz and
Stegun (A&S), Handbook of Mathematical Functions; NIST Digital Library of Mathematical Functions (DLMF). The error is
below 1e-12 up to 100,000 degrees of freedom.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

LEAST_FOR_ALPHA = 30
"""Persons with every item answered; with fewer, alpha says more about chance than about the items."""
LEVEL = 0.95


@dataclass(frozen=True)
class Sample:
    """What is known of a group: `deviation` is the sample standard deviation, with n − 1 below."""

    n: int
    mean: float
    deviation: float
    population: int | None = None
    """How many were invited; None is a population so large that it does not matter."""

    @property
    def variance_of_mean(self) -> float:
        """s²/n · (1 − n/N): Cochran, Sampling Techniques (3rd ed. 1977), theorem 2.2 with the sample's s²."""
        unseen = 1.0 if self.population is None else 1 - self.n / self.population
        return self.deviation**2 / self.n * unseen


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Welch:
    """The later mean minus the earlier one, and what can be said about it."""

    difference: float
    t: float
    df: float
    p: float
    """Two-sided."""
    interval: Interval


def sample_of_sums(n: int, total: float, squares: float, population: int | None = None) -> Sample:
    """A sample from n ≥ 2, Σx and Σx²."""
    mean = total / n
    # Rounding can leave a hair below zero where everyone is alike.
    variance = max(0.0, (squares - total * mean) / (n - 1))
    return Sample(n, mean, math.sqrt(variance), population)


def mean_interval(sample: Sample, level: float = LEVEL) -> Interval | None:
    """mean ± t(n−1) · se, with se = s/√n · √(1 − n/N); None when n = N."""
    if sample.n == sample.population:
        return None
    margin = student_t_quantile((1 + level) / 2, sample.n - 1) * math.sqrt(sample.variance_of_mean)
    return Interval(sample.mean - margin, sample.mean + margin)


def share_interval(share: float, n: int, population: int, level: float = LEVEL) -> Interval | None:
    """Wilson's interval for a share, with n_eff = n/(1 − n/N) in place of n; None when n = N.

    Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212. The
    effective n makes its variance the finite population's.
    """
    if n == population:
        return None
    effective = n / (1 - n / population)
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = share + z * z / (2 * effective)
    margin = z * math.sqrt(share * (1 - share) / effective + (z / (2 * effective)) ** 2)
    shrink = 1 + z * z / effective
    # Floating point would leave 0 to 1 by a hair.
    return Interval(max(0.0, (middle - margin) / shrink), min(1.0, (middle + margin) / shrink))


def welch(earlier: Sample, later: Sample, level: float = LEVEL) -> Welch:
    """Welch's test with the variances of means in finite populations.

    t = Δ/√(v₁ + v₂) and df = (v₁ + v₂)²/(v₁²/(n₁−1) + v₂²/(n₂−1)), where v = s²/n · (1 − n/N). Welch, The
    generalization of Student's problem, Biometrika 34 (1947), 28-35; Satterthwaite, Biometrics Bulletin 2 (1946),
    110-114. Where nothing is uncertain (everyone answered both times, or all alike), a difference is a difference.
    """
    difference = later.mean - earlier.mean
    first, second = earlier.variance_of_mean, later.variance_of_mean
    if first + second == 0:
        certain = Interval(difference, difference)
        if difference == 0:
            return Welch(0.0, 0.0, math.inf, 1.0, certain)
        return Welch(difference, math.copysign(math.inf, difference), math.inf, 0.0, certain)
    df = (first + second) ** 2 / (first**2 / (earlier.n - 1) + second**2 / (later.n - 1))
    error = math.sqrt(first + second)
    t = difference / error
    margin = student_t_quantile((1 + level) / 2, df) * error
    return Welch(difference, t, df, 2 * student_t_cdf(-abs(t), df), Interval(difference - margin, difference + margin))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given.

    Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979), 65-70: the smallest
    times m, the next times m − 1 and so on, never smaller than the one before, never above 1.
    """
    adjusted = [0.0] * len(p_values)
    reached = 0.0
    for rank, position in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        reached = max(reached, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = reached
    return adjusted


def cronbach_alpha(matrix: npt.NDArray[np.float64]) -> float | None:
    """Alpha of persons × items, NaN where missing, over the persons who answered everything (listwise).

    k/(k−1) · (1 − Σ item variances / variance of the sum): Cronbach, Coefficient alpha and the internal structure of
    tests, Psychometrika 16 (1951), 297-334. None for fewer than 30 persons or two items, or if nobody differs.
    """
    complete = matrix[~np.isnan(matrix).any(axis=1)]
    persons, items = complete.shape
    if persons < LEAST_FOR_ALPHA or items < 2:
        return None
    of_sum = float(complete.sum(axis=1).var(ddof=1))
    if of_sum == 0:
        return None
    of_items = float(complete.var(axis=0, ddof=1).sum())
    return float(items / (items - 1) * (1 - of_items / of_sum))


def round_half_away(value: float, step: int = 1) -> int:
    """The nearest multiple of `step`; a half goes away from zero.

    What is rounded is a fraction with a small denominator, computed in floating point. A half that came out a hair
    below one (1e-9 of a step; the nearest fraction that is no half is hundreds of times farther away) is a half.
    """
    steps = math.floor(abs(value) / step + 0.5 + 1e-9)
    return int(math.copysign(steps * step, value))


# --- Student's t -------------------------------------------------------------------------------------------------


def student_t_cdf(t: float, df: float) -> float:
    """P(T ≤ t) for df > 0 degrees of freedom: A&S 26.7.1, P(|T| > t) = I_x(df/2, ½) with x = df/(df + t²)."""
    tail = _tail(abs(t), df) / 2
    return tail if t < 0 else 1 - tail


@lru_cache(maxsize=4096)
def student_t_quantile(p: float, df: float) -> float:
    """The t with P(T ≤ t) = p, 0 < p < 1.

    Newton's method. In the upper half the distribution function is concave, so that steps taken from the left of the
    answer never pass it; the normal distribution's quantile lies there, because Student's tails are heavier.
    """
    if not 0 < p < 1:
        raise ValueError("a quantile is asked for between 0 and 1")
    if p < 0.5:
        return -student_t_quantile(1 - p, df)
    # ln of the density's constant, Γ((df+1)/2) / (Γ(df/2) √(π df)).
    log_constant = _log_gamma_half_step(df / 2) - math.log(math.pi * df) / 2
    t = NormalDist().inv_cdf(p)
    while True:
        density = math.exp(log_constant - (df + 1) / 2 * math.log1p(t * t / df))
        step = (_tail(t, df) / 2 - (1 - p)) / density
        t += step
        if step <= 1e-14 * t:  # or below zero, when nothing is left but rounding
            return t


def _tail(t: float, df: float) -> float:
    """P(|T| > t) for t ≥ 0: the regularised incomplete beta function I_x(df/2, ½) at x = df/(df + t²)."""
    a, b = df / 2, 0.5
    x, rest = df / (df + t * t), t * t / (df + t * t)
    if rest == 0:
        return 1.0
    if x == 0:
        return 0.0
    # x^a (1−x)^b / B(a, b), by logarithms; log1p keeps a power with a large exponent exact, B(a, ½) = Γ(a)√π/Γ(a+½).
    log_factor = -a * math.log1p(t * t / df) + b * math.log(rest) + _log_gamma_half_step(a) - math.log(math.pi) / 2
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_factor) / a * _continued_fraction(a, b, x)
    # DLMF 8.17.4: I_x(a, b) = 1 − I_{1−x}(b, a); the fraction converges fast on this side.
    return 1 - math.exp(log_factor) / b * _continued_fraction(b, a, rest)


def _log_gamma_half_step(a: float) -> float:
    """ln Γ(a + ½) − ln Γ(a).

    For large a the difference of two large logarithms would lose the digits; the asymptotic series (from Stirling's,
    DLMF 5.11.8) has an error below 1e-15 from a = 60 on.
    """
    if a < 60:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    inverse = 1 / (a * a)
    return math.log(a) / 2 - (1 / 8 - inverse * (1 / 192 - inverse / 640)) / a


def _continued_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of DLMF 8.17.22, by Lentz's method (DLMF 3.10(iii))."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    value = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for coefficient in (even, odd):
            d = 1 / ((1 + coefficient * d) or tiny)
            c = (1 + coefficient / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 4e-16:
            return value
    raise ArithmeticError("the incomplete beta function did not converge")
