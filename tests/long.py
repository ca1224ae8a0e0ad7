"""How much a random test does: enough in the ordinary run, the stated numbers with LARANDE_TEST_LONG=1."""

import os

LONG = bool(os.environ.get("LARANDE_TEST_LONG"))


def sized(usual: int, long: int) -> int:
    """One of two numbers."""
    return long if LONG else usual
