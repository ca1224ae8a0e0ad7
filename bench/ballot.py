"""What the sealed ballot box costs: sealing at each answer, and opening and reading them all when a round closes.

python -m bench.ballot
"""

import os
import statistics
import time
from collections.abc import Callable

from app.services.ballot import Ballot, BallotKeys, Layout, decode_many, encode, new_secret, public_key_of, seal

ANSWERS = 100_000
SLICE = 2_000
ROUNDS = 20
LAYOUT = Layout(items=20)


def per_second(work: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    work()
    return count / (time.process_time() - begun)


def main() -> None:
    payloads = [
        encode(LAYOUT, Ballot(number % 500, tuple(answer % 5 + 1 for answer in os.urandom(LAYOUT.items))))
        for number in range(ANSWERS)
    ]
    some = payloads[:SLICE]
    secret_keys = [new_secret(), new_secret()]
    figures: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for locks in (1, 2):
            keys = BallotKeys(secret_keys[:locks])
            public_keys = [public_key_of(key) for key in secret_keys[:locks]]
            boxes = [seal(public_keys, payload) for payload in some]

            def sealing(public_keys: list[bytes] = public_keys) -> None:
                for payload in some:
                    seal(public_keys, payload)

            def opening(keys: BallotKeys = keys, boxes: list[bytes] = boxes) -> None:
                for box in boxes:
                    keys.open(box)

            figures.setdefault(f"seal, {locks}", []).append(per_second(sealing, SLICE))
            figures.setdefault(f"open, {locks}", []).append(per_second(opening, SLICE))
        figures.setdefault("read", []).append(per_second(lambda: decode_many(LAYOUT, payloads), ANSWERS))
    print(f"{LAYOUT.size} bytes a payload, {ROUNDS} rounds; a second of CPU, median (lowest-highest)")
    for name, found in figures.items():
        print(f"{name:8} {statistics.median(found):>12,.0f}  ({min(found):,.0f}-{max(found):,.0f})")


if __name__ == "__main__":
    main()
