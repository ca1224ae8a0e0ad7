"""The table in docs/security.md is what the long tests said, and a run that failed leaves it alone."""

import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests import figures

ROOT = Path(__file__).parent.parent
PAGE = "Before\n\n<!-- figures -->\nold\n<!-- /figures -->\n\nAfter\n"
SUITE = """
from tests.figures import report
from tests.long import sized

def test_random() -> None:
    report("cases", sized(10, 1_000_000))

def test_more() -> None:
    report("cases", 1)
    assert {outcome}
"""
OTHER = """
from tests.figures import report

def test_short() -> None:
    report("of no interest", 1)
"""


def test_figures_stand_between_their_marks() -> None:
    page = figures.written(PAGE, Counter({"b": 2, "a": 1_000_000}), date(2026, 11, 26))
    assert page == (
        "Before\n\n<!-- figures -->\n2026-11-26:\n\n| What | how many |\n|---|---:|\n| a | 1,000,000 |\n| b | 2 |\n"
        "<!-- /figures -->\n\nAfter\n"
    )
    assert figures.written(page, Counter({"c": 3}), date(2026, 11, 27)).count("|") == 3 * 3


@pytest.mark.parametrize("page", ["", "<!-- figures -->\n", PAGE + PAGE])
def test_a_page_without_its_marks_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="figures"):
        figures.written(page, Counter({"a": 1}), date(2026, 11, 26))


@pytest.mark.parametrize(
    ("workers", "outcome", "told"), [("2", "True", "| cases | 1,000,001 |"), ("0", "False", "old")]
)
def test_a_run_adds_up_what_its_workers_were_told(tmp_path: Path, outcome: str, told: str, workers: str) -> None:
    page = tmp_path / "security.md"
    page.write_text(PAGE)
    (tmp_path / "test_long_ones.py").write_text(SUITE.replace("{outcome}", outcome))
    (tmp_path / "test_short_ones.py").write_text(OTHER)
    plugin = f"from pathlib import Path\nfrom tests import figures\nfigures.PAGE = Path({str(page)!r})\n"
    (tmp_path / "pages.py").write_text(plugin)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-p", "tests.figures", "-p", "pages"),
            *("-p", "no:cacheprovider"),
            *("-n", workers, "--rootdir", tmp_path, "-c", "/dev/null", tmp_path),
        ],
        cwd=tmp_path,
        # No plugins but those named: the others take seconds to load, in each of the processes.
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "LARANDE_TEST_LONG": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (outcome == "True"), done.stdout + done.stderr
    assert told in page.read_text(), done.stdout + done.stderr
    assert "of no interest" not in page.read_text()


def test_the_page_has_its_marks() -> None:
    figures.written(figures.PAGE.read_text(encoding="utf-8"), Counter({"a": 1}), date(2026, 11, 26))
