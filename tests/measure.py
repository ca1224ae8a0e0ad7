"""Measures which lines and branches of app/services and app/api the suite runs: `pytest -p tests.measure`.

SlipCover takes its probes out, now and then, once they have been hit. coverage.py asks at every call which greenlet
it is in, as it must beside SQLAlchemy, and doubled the suite's time. Each worker writes down what it has seen; the
controlling process adds it up, shows what was missed, and fails the run below the bound.
"""

import json
import os
import shutil
import tempfile
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import slipcover

SOURCES = ["app/api", "app/services"]
LINES_AT_LEAST = 95.0  # percent

# Once a probe has been hit so often, all that have been hit are taken out, for which all that is loaded is walked
# through. At SlipCover's usual fifty that was a sixth of what tests of the API cost. From Python 3.12 on it has none.
_found = slipcover.Slipcover(branch=True, source=SOURCES, d_miss_threshold=20_000)

if "LARANDE_TEST_MEASURED" not in os.environ:
    os.environ["LARANDE_TEST_MEASURED"] = tempfile.mkdtemp(prefix="larande-measured-")
_place = Path(os.environ["LARANDE_TEST_MEASURED"])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before app is read, and not where others run the tests: putting the probes in takes as long as all imports."""
    if "PYTEST_XDIST_WORKER" in os.environ or not early_config.known_args_namespace.numprocesses:
        # Entered here and never left.
        slipcover.ImportManager(_found, slipcover.FileMatcher(sources=SOURCES)).__enter__()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker writes its part; the controlling process, which ends last, adds the parts up."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        (_place / f"{worker}.json").write_text(json.dumps(_found.get_coverage()), encoding="utf-8")
        return
    # Workers have read every source already, those too that no test has loaded.
    workers = bool(session.config.option.numprocesses)
    parts = [json.loads(part.read_text(encoding="utf-8")) for part in sorted(_place.iterdir())] if workers else []
    shutil.rmtree(_place)
    measured: dict[str, Any] = reduce(slipcover.merge_coverage, parts or [_found.get_coverage()])
    print("\n")  # noqa: T201
    slipcover.print_coverage(measured, skip_covered=True)
    ran, missed = (
        sum(len(each[kind]) for each in measured["files"].values()) for kind in ("executed_lines", "missing_lines")
    )
    executed = 100 * ran / (ran + missed)
    both = measured["summary"]["percent_covered"]
    print(f"\n{executed:.1f} % of the lines, {both:.1f} % of lines and branches together.")  # noqa: T201
    if executed < LINES_AT_LEAST and session.exitstatus == pytest.ExitCode.OK:
        print(f"At least {LINES_AT_LEAST} % of the lines must be run.")  # noqa: T201
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
