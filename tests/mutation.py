"""Mutation testing: `make mutation`. Which faults, put into the rules on purpose, do the tests notice?

mutmut makes the faults (its configuration in pyproject.toml says in which files and against which tests), this
program lends it a PostgreSQL, judges the outcome and writes docs/mutation.md. What no test notices has to be explained
in docs/mutation-survivors.tsv; an explanation that is no longer needed has to go, and `make test` fails on one for a
line that is not there any more.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from app import embedded
from tests.conftest import lend

ROOT = Path(__file__).parent.parent
KILLED_AT_LEAST = 95.0  # percent
REASONS = ROOT / "docs" / "mutation-survivors.tsv"
REPORT = ROOT / "docs" / "mutation.md"
NOTICED = {1, 3, *(255, 36, 24, -24, 152)}
"""How pytest ends when a test fails, and how mutmut says that the tests never came to an end."""


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    exit_code: int | None

    @property
    def noticed(self) -> bool:
        return self.exit_code in NOTICED


def run() -> list[Mutant]:
    """Let mutmut make every fault and run the tests against each."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix="larande-mutation-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another account
    try:
        with embedded.start(home / "server", settings={"fsync": "off", "max_connections": "200"}) as server:
            lend(server, home)
            subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "2"], cwd=ROOT, check=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return found()


def found() -> list[Mutant]:
    """What mutmut has noted down."""
    mutants = []
    for meta in sorted((ROOT / "mutants").rglob("*.meta")):
        file = str(meta.relative_to(ROOT / "mutants")).removesuffix(".meta")
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        mutants += [Mutant(name, file, code) for name, code in sorted(codes.items())]
    return mutants


# --- Judging -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """Why no test can, or need, notice a fault. It is known by its text: numbers move with the lines around it."""

    file: str
    change: str
    why: str


def reasons() -> list[Reason]:
    with REASONS.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Reason(row["file"], row["change"], row["why"]) for row in rows]


def change_of(mutant: Mutant) -> str:
    """The lines that the fault takes away and puts in, on one line."""
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", mutant.name], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    return " ".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def stale(known: Sequence[Reason]) -> list[str]:
    """Reasons for a fault in a line that is not in the source any more."""
    found = []
    for reason in known:
        path = ROOT / reason.file
        lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()} if path.is_file() else set()
        if not any(reason.change.startswith((f"- {line} + ", f"- {line} - ")) for line in lines if line):
            found.append(f"a reason is given for what is not in the source: {reason.file}: {reason.change}")
    return found


def report(mutants: Sequence[Mutant], changes: Mapping[Mutant, str], known: Sequence[Reason], day: date) -> str:
    """docs/mutation.md."""
    files = sorted({mutant.file for mutant in mutants})
    lines = [
        "# Which faults the tests notice",
        "",
        "Written by `make mutation`; do not edit. mutmut puts one small fault after the other into the rules (a",
        "comparison turned round, an argument left out, a word changed), and runs the tests against each.",
        f"At least {KILLED_AT_LEAST:.0f} % must be noticed. mutmut makes no faults in tables at module level: these",
        "are checked cell by cell by tests/test_authorisation.py.",
        "",
        f"{day:%Y-%m-%d}:",
        "",
        "| File | faults | noticed | % |",
        "|---|---:|---:|---:|",
    ]
    for name, own in [*((file, [each for each in mutants if each.file == file]) for file in files), ("all", mutants)]:
        noticed = sum(each.noticed for each in own)
        lines.append(f"| {name} | {len(own)} | {noticed} | {100 * noticed / len(own):.1f} |")
    lines += ["", "## Those that no test notices, and why that is no gap", ""]
    why = {(reason.file, reason.change): reason.why for reason in known}
    for mutant, change in sorted(changes.items(), key=lambda each: (each[0].file, each[1])):
        lines.append(f"- {mutant.file}: `{change}`")
        lines.append(f"  {why.get((mutant.file, change), 'No reason is given: write a test.')}")
    return "\n".join(lines) + "\n"


def faults(mutants: Sequence[Mutant], changes: Mapping[Mutant, str], known: Sequence[Reason]) -> list[str]:
    """What must be put right before the outcome is good."""
    found = []
    if unfinished := [mutant.name for mutant in mutants if mutant.exit_code in {None, 2, -9, -11, 35}]:
        found.append(f"{len(unfinished)} were not tried to the end, such as {unfinished[0]}")
    noticed = 100 * sum(mutant.noticed for mutant in mutants) / max(1, len(mutants))
    if noticed < KILLED_AT_LEAST:
        found.append(f"{noticed:.1f} % were noticed, at least {KILLED_AT_LEAST} % must be")
    explained = {(reason.file, reason.change) for reason in known}
    survived = {(mutant.file, change) for mutant, change in changes.items()}
    found += [f"no test notices, and no reason is given: {file}: {change}" for file, change in survived - explained]
    found += [f"a reason is given for what is noticed: {file}: {change}" for file, change in explained - survived]
    return sorted(found)


def main() -> int:
    mutants = found() if "--again" in sys.argv else run()
    changes = {mutant: change_of(mutant) for mutant in mutants if not mutant.noticed}
    known = reasons()
    REPORT.write_text(report(mutants, changes, known, datetime.now(UTC).date()), encoding="utf-8")
    wrong = faults(mutants, changes, known) + stale(known)
    print(f"docs/mutation.md is written: {sum(each.noticed for each in mutants)} of {len(mutants)} noticed.")  # noqa: T201
    for each in wrong:
        print(each, file=sys.stderr)  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
