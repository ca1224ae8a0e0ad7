"""What the long random tests counted: `make test-long` writes it into docs/security.md.

A test says `report("random cases judged alike", 1_000_000)` when it has done what it says; what is said in several
tests, or by several workers, under the same words is added up. Only `make test-long` (`-p tests.figures`) does anything
with it: it runs the modules that size something with tests/long.py, and no others, and writes the table once all of
them have passed.
"""

import json
import os
import re
import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "security.md"
PLACE = "LARANDE_TEST_FIGURES"
_BETWEEN = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)
_counted: Counter[str] = Counter()


def report(what: str, count: int) -> None:
    """Say that so many more of these have been looked at, and were as they should be."""
    _counted[what] += count


def written(page: str, counted: Counter[str], day: date) -> str:
    """The page with these figures between its marks, whatever stood there."""
    lines = [f"{day:%Y-%m-%d}:", "", "| What | how many |", "|---|---:|"]
    lines += [f"| {what} | {count:,} |" for what, count in sorted(counted.items())]
    table = "\n".join(lines) + "\n"
    page, times = _BETWEEN.subn(lambda _: table, page)
    if times != 1:
        raise ValueError("the page needs <!-- figures --> and <!-- /figures -->, once")
    return page


def _place() -> Path | None:
    place = os.environ.get(PLACE)
    return Path(place) if place else None


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[PLACE] = tempfile.mkdtemp(prefix="larande-figures-")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the modules that size something."""
    kept = [each for each in items if isinstance(each, pytest.Function) and hasattr(each.module, "sized")]
    left = [each for each in items if each not in set(kept)]
    items[:] = kept
    config.hook.pytest_deselected(items=left)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker writes down what it was told; the controlling process adds it up."""
    if (place := _place()) is None:
        return
    (place / uuid4().hex).write_text(json.dumps(_counted), encoding="utf-8")
    if hasattr(session.config, "workerinput"):
        return
    counted: Counter[str] = Counter()
    for part in place.iterdir():
        counted.update(json.loads(part.read_text(encoding="utf-8")))
        part.unlink()
    place.rmdir()
    if session.exitstatus == pytest.ExitCode.OK and counted:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), counted, datetime.now(UTC).date()), encoding="utf-8")
        print("\ndocs/security.md has the new figures.")  # noqa: T201
