"""How much a random test does: enough in the ordinary run, the stated numbers with LARANDE_TEST_LONG=1."""

import os
import random

LONG = bool(os.environ.get("LARANDE_TEST_LONG"))


def sized(usual: int, long: int) -> int:
    """One of two numbers."""
    return long if LONG else usual


def seed() -> int:
    """Where long histories begin: another place each time in the long run, which looks for what nobody has thought of;
    always the same in the ordinary one, which says whether a change has broken anything."""
    return random.randrange(2**32) if LONG else 20261126  # noqa: S311
