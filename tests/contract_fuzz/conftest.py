"""`make contract-fuzz` runs these tests; `make test` leaves them out, for they take minutes."""

import os
from collections.abc import Iterator
from socket import socket

import pytest

from app.serving import listen

collect_ignore_glob = [] if "LARANDE_TEST_FUZZ" in os.environ else ["test_*.py"]

NEEDED = "needed exception"
_needed: set[str] = set()
_passed: set[str] = set()


@pytest.fixture(scope="session")
def listener() -> Iterator[socket]:
    """Where everything that is asked in this process goes."""
    with listen("127.0.0.1", 0) as listening:
        yield listening


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and "test_as_everybody" in report.nodeid:
        _passed.add(report.nodeid)
        _needed.update(str(value) for name, value in report.user_properties if name == NEEDED)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """When everybody has asked everything, every exception must have been needed.

    The ordinary run only says which were not: it asks one request or story of each, and another one with each change of
    the document.
    """
    if "LARANDE_TEST_FUZZ" not in os.environ or hasattr(session.config, "workerinput"):
        return
    from tests.contract_fuzz.exceptions import EXCEPTIONS
    from tests.contract_fuzz.test_as_everybody import ALL
    from tests.long import LONG

    unneeded = [each for each in EXCEPTIONS if str(each) not in _needed]
    if len(_passed) == ALL and unneeded:
        print("\nExceptions that nothing needed:", *unneeded, sep="\n  ")  # noqa: T201
        if LONG:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
