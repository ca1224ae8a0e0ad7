"""Which cells of the authorisation matrix are asked: all by `make walks`, in the ordinary run those that differ.

The rule of the ordinary run, from the committed matrix alone, so that it is the same run after run:

* of each operation and each caller, one cell for each status that the matrix has for them,
* of each state, one cell for each status that it is answered with,
* every caller who is answered from beyond the policy table (BEYOND in test_authorisation.py),
* every caller in a row that is not in the committed matrix yet.

What is left to `make walks` are cells of the same operation and caller with the same status about another state.
"""

import os
from collections.abc import Iterable, Mapping

Row = tuple[str, str]
"""An operation and the state of what it is about."""

WHOLE = bool(os.environ.get("LARANDE_TEST_WHOLE") or os.environ.get("MATRIX_WRITE"))


class Walk:
    """The cells that are asked in this run."""

    def __init__(
        self,
        committed: Mapping[Row, Mapping[str, str]],
        beyond: Iterable[tuple[Row, str]] = (),
        whole: bool = WHOLE,
    ) -> None:
        self._known = frozenset(committed)
        self._whole = whole
        self._asked: set[tuple[str, str, str]] = set()
        beyond = set(beyond)
        answers: set[tuple[str, str, str]] = set()
        of_states: set[tuple[str, str]] = set()
        for (operation, state), told in committed.items():
            for caller, status in told.items():
                new = (operation, caller, status) not in answers or (state, status) not in of_states
                if new or ((operation, state), status) in beyond:
                    self._asked.add((operation, state, caller))
                answers.add((operation, caller, status))
                of_states.add((state, status))

    def asks(self, operation: str, state: str, caller: str) -> bool:
        return self._whole or (operation, state) not in self._known or (operation, state, caller) in self._asked
