"""What a release costs: CPU time of `make_release` on a large round that is made up from a seed.

python -m bench.release
"""

import json
import resource
import time

import numpy as np

from app.services.disclosure import Rules, UnitTree
from app.services.release import make_release
from app.services.release_figures import Responses
from app.services.scoring import DONT_KNOW, SKIPPED, Item, Scheme

PERSONS = 100_000
UNITS = 2_000
REPEATS = 5
SCHEME = Scheme(
    dimensions=tuple("ABCDEF"),
    items=(*(Item(f"{key}{n}", at, n == 3) for at, key in enumerate("ABCDEF") for n in (1, 2, 3)), Item("G1")),
)


def a_round(seed: int) -> tuple[UnitTree, Responses]:
    """Units of very different sizes, every third of them with units below, and some direct members in those too."""
    dice = np.random.default_rng(seed)
    parents = [-1] + [int(dice.integers(0, max(1, unit // 3))) for unit in range(1, UNITS)]
    share = dice.pareto(1.5, UNITS) + 0.2
    units = dice.choice(UNITS, PERSONS, p=share / share.sum())
    invited = np.bincount(units, minlength=UNITS) + dice.integers(0, 20, UNITS)
    climate = dice.normal(3.4, 0.4, UNITS)[units] + dice.normal(0, 0.5, PERSONS)
    answers = np.clip(np.rint(climate[:, np.newaxis] + dice.normal(0, 0.9, (PERSONS, 19))), 1, 5).astype(np.int8)
    unsaid = dice.random(answers.shape)
    answers[unsaid < 0.06] = DONT_KNOW
    answers[unsaid < 0.02] = SKIPPED
    tree = UnitTree(tuple(f"{unit:08x}" for unit in range(UNITS)), tuple(parents), tuple(invited.tolist()))
    return tree, Responses(units, answers)


def main() -> None:
    names = {key: {"sv": key, "en": key} for key in (*SCHEME.dimensions, *(item.key for item in SCHEME.items))}
    rounds = [a_round(seed) for seed in (1, 2)]
    earlier = make_release(SCHEME, names, *rounds[0], Rules()).sums
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        release = make_release(SCHEME, names, *rounds[1], Rules(), earlier)
        spent.append(time.process_time() - began)
    shown = sum(unit["status"] == "published" for unit in release.units)
    size = len(json.dumps(release.units, ensure_ascii=False).encode()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{PERSONS:,} persons, {len(SCHEME.items)} items, {UNITS:,} units of which {shown:,} are published")
    print(
        f"{min(spent):.2f}-{max(spent):.2f} s of CPU in {REPEATS} repeats, {size:.0f} MB of JSON, {peak:.0f} MB in use"
    )


if __name__ == "__main__":
    main()
