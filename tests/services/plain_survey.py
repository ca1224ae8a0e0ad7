"""Scoring and statistics once more, in plain Python and exact fractions: shares no code and no method with the app."""

import math
import statistics
from collections.abc import Sequence
from fractions import Fraction

Answer = int | None


def person_scores(
    groups: Sequence[Sequence[tuple[int, bool]]],
    answers: Sequence[Answer],
    scale: tuple[int, int],
    min_items: int,
    min_dimensions: int,
) -> tuple[list[Fraction | None], Fraction | None]:
    """Scores of one person; each group is a dimension: (column, reverse) of its items."""
    dimensions: list[Fraction | None] = []
    for group in groups:
        values = []
        for column, reverse in group:
            answer = answers[column]
            if answer is not None:
                values.append(scale[0] + scale[1] - answer if reverse else answer)
        dimensions.append(Fraction(sum(values), len(values)) if len(values) >= min_items else None)
    present = [each for each in dimensions if each is not None]
    return dimensions, sum(present, Fraction(0)) / len(present) if len(present) >= min_dimensions else None


def alpha(rows: Sequence[Sequence[Answer]]) -> float | None:
    complete = [[each for each in row if each is not None] for row in rows if None not in row]
    if len(complete) < 30:
        return None
    items = len(complete[0])
    of_items = sum(statistics.variance([Fraction(row[item]) for row in complete]) for item in range(items))
    of_sum = statistics.variance([Fraction(sum(row)) for row in complete])
    return float(Fraction(items, items - 1) * (1 - of_items / of_sum)) if of_sum else None


def variance_of_mean(values: Sequence[Fraction], population: int) -> Fraction:
    return statistics.variance(values) / len(values) * (1 - Fraction(len(values), population))


def t_density(t: float, df: float) -> float:
    constant = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi * df)
    return constant * float((1 + t * t / df) ** (-(df + 1) / 2))


def t_between(low: float, high: float, df: float, pieces: int = 400) -> float:
    """P(low < T < high) by Gauss-Legendre's rule with five points in each piece."""
    nodes = (0.0, math.sqrt(5 - 2 * math.sqrt(10 / 7)) / 3, math.sqrt(5 + 2 * math.sqrt(10 / 7)) / 3)
    weights = (128 / 225, (322 + 13 * math.sqrt(70)) / 900, (322 - 13 * math.sqrt(70)) / 900)
    half = (high - low) / pieces / 2
    total = []
    for piece in range(pieces):
        middle = low + (2 * piece + 1) * half
        total.append(weights[0] * t_density(middle, df))
        for node, weight in zip(nodes[1:], weights[1:], strict=True):
            total.append(weight * (t_density(middle - node * half, df) + t_density(middle + node * half, df)))
    return half * math.fsum(total)


def holm(p_values: Sequence[float]) -> list[float]:
    """By the definition: the largest of all (number of p-values not smaller) × p among those up to it."""
    ranked = sorted(p_values)
    return [
        min(1.0, max((len(ranked) - rank) * other for rank, other in enumerate(ranked) if other <= own))
        for own in p_values
    ]


def wilson(share: Fraction, n: int, population: int, z: float) -> tuple[float, float]:
    """The two shares at which the score test just rejects: roots of (p̂ − p)² = z² p(1 − p)/n_eff."""
    effective = n / (1 - n / population)
    a = 1 + z * z / effective
    b = -(2 * float(share) + z * z / effective)
    c = float(share * share)
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)
