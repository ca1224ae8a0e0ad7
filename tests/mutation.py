"""Mutation testing: `make mutation`. Which faults, put into the rules on purpose, do the tests notice?

mutmut makes the faults (its configuration in pyproject.toml says in which files and against which tests), this
program lends it a PostgreSQL, judges the outcome and writes docs/mutation.md. What no test notices has to be explained
in docs/mutation-survivors.tsv; an explanation that is no longer needed has to go.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app import embedded
from tests.conftest import lend

ROOT = Path(__file__).parent.parent
KILLED_AT_LEAST = 95.0  # percent
REASONS = ROOT / "docs" / "mutation-survivors.tsv"
REPORT = ROOT / "docs" / "mutation.md"
KILLED = {1, 3, 255}
"""pytest's ways of failing; time that runs out is counted as noticed too, as mutmut does."""
TIMED_OUT = {36, 24, -24, 152}
_STARTED = {name: getattr(sys, name) for name in ("executable",)}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    exit_code: int | None

    @property
    def noticed(self) -> bool:
        return self.exit_code in KILLED | TIMED_OUT


def run() -> list[Mutant]:
    """Let mutmut make every fault and run the tests against each."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix="larande-mutation-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another account
    try:
        with embedded.start(home / "server", settings={"fsync": "off", "max_connections": "200"}) as server:
            lend(server, home)
            subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "2"], cwd=ROOT, check=True)  # noqa: S603
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return found()


def found() -> list[Mutant]:
    mutants = []
    for meta in sorted((ROOT / "mutants").rglob("*.meta")):
        file = str(meta.relative_to(ROOT / "mutants")).removesuffix(".meta")
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        mutants += [Mutant(name, file, code) for name, code in sorted(codes.items())]
    return mutants
