"""Lints the committed documents: `python -m tests.contract_tools`. Exit code 1 where either linter says anything."""

import sys
from pathlib import Path

from tests.contract import DOCUMENT
from tests.contract_tools import LINTERS


def documents() -> list[Path]:
    """The document, and its translations beside it."""
    return [DOCUMENT, *sorted(DOCUMENT.parent.glob("openapi.*.json"))]


def main() -> int:
    given = documents()
    problems = [each for linter in LINTERS for each in linter(given)]
    names = " and ".join(each.name for each in given)
    for each in problems:
        print(each, file=sys.stderr)  # noqa: T201
    print(f"{names}: {len(problems)} problems by spectral:oas and Redocly's recommended-strict.")  # noqa: T201
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
