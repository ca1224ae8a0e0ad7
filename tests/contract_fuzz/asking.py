"""Asks the service everything that the document allows, and what it does not, as one caller (Schemathesis)."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema

from tests.contract import BASE, document
from tests.long import LONG
from tests.stage import Stage
from tests.test_authorisation import CASES

SEED = 20261126
PHASES = ("examples", "coverage", "fuzzing", "stateful")
_ALONE: dict[str, Any] = {"extra-data-sources": {"responses": False}}
UNTAUGHT: dict[str, dict[str, Any]] = {
    "examples": _ALONE,
    "coverage": _ALONE,
    "fuzzing": {**_ALONE, "error-feedback": {"enabled": False}},
    "stateful": {"link-calibration": False},
}
"""Nothing is learnt from earlier answers, which are different each time; in the long run it may be."""
if LONG:
    UNTAUGHT.clear()


@dataclass(frozen=True)
class Things:
    """What is there to be asked about."""

    ids: dict[str, dict[str, list[str]]]
    """For each operation: what its path may name, by parameter."""
    versions: dict[str, str]
    """By method and path, the If-Match that a change of the thing takes."""

    @classmethod
    def on(cls, stage: Stage) -> "Things":
        ids: dict[str, dict[str, list[str]]] = {}
        versions: dict[str, str] = {}
        for path, item in document()["paths"].items():
            matcher = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
            for method, operation in item.items():
                named = ids.setdefault(operation["operationId"], {})
                cases = CASES.get(operation["operationId"])
                for cell in cases(stage) if cases else ():
                    match = matcher.fullmatch(cell.path)
                    assert match is not None, cell.path
                    for name, value in match.groupdict().items():
                        if value not in named.setdefault(name, []):
                            named[name].append(value)
                    if cell.headers and "If-Match" in cell.headers:
                        versions.setdefault(f"{method} {cell.path}", cell.headers["If-Match"])
        return cls(ids, versions)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document, but that what is there is all that a path can name."""
        made = copy.deepcopy(document())
        for item in made["paths"].values():
            for operation in item.values():
                for parameter in operation["parameters"]:
                    known = self.ids[operation["operationId"]].get(parameter["name"])
                    if parameter["in"] == "path" and known:
                        parameter["schema"] = {"type": "string", "format": "uuid", "enum": known, "example": known[0]}
        return made


@dataclass(frozen=True)
class Finding:
    """What a check has against an answer."""

    check: str
    operation: str
    codes: tuple[str, ...]
    """Of the problem, or of each field that does not fit; the status where there is no problem."""
    told: str


@dataclass
class Asked:
    """What came of it."""

    operations: set[str]
    requests: int
    findings: list[Finding]


class Asker:
    """Asks about all operations, unless some are named, as one caller after another.

    What is worked out of the document for the first is there for the next.
    """

    def __init__(
        self,
        address: str,
        things: Things,
        phases: frozenset[str],
        examples: int,
        operations: frozenset[str] | None = None,
    ) -> None:
        self._issue: Callable[[], str | None] = lambda: None
        self._token: str | None = None
        self._until = 0.0
        self._asked = Asked(set(), 0, [])
        config = schemathesis.Config.from_dict(
            {
                "seed": SEED,
                "workers": 1,
                "request-timeout": 300,  # a busy machine is no fault of the program's
                "base-url": address + BASE,
                "continue-on-failure": True,
                "generation": {"deterministic": True, "max-examples": examples, "no-shrink": True},
                "phases": {name: {"enabled": name in phases, **UNTAUGHT.get(name, {})} for name in PHASES},
                "warnings": False,
            }
        )
        schema: Any = schemathesis.openapi.from_dict(things.document, config=config)
        if operations is not None:
            schema = schema.include(lambda context: _name_of(context.operation) in operations)

        asker = self

        @schema.auth(refresh_interval=None)
        class Caller:
            """Who asks; and where an ETag may be sent, the one that the thing has. A wrong one stays wrong."""

            def get(self, _case: Any, _context: Any) -> str:
                return asker.token() or ""

            def set(self, case: Any, data: str, _context: Any) -> None:
                if data:
                    case.headers["Authorization"] = f"Bearer {data}"
                tag = things.versions.get(f"{case.method.lower()} {case.formatted_path}")
                negated = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
                if tag is not None and "If-Match" in case.headers and not negated:
                    case.headers["If-Match"] = tag

        @schema.hook  # type: ignore[untyped-decorator]
        def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
            told = [f"{failure.title}: {failure.message}", case.as_curl_command(), response.text]
            told = [each[:1_000] for each in told]
            name, codes = _name_of(case.operation), _codes_of(response)
            asker._asked.findings.append(Finding("/".join(failure.checks), name, codes, "\n".join(told)))
            return False

        self._schema = schema

    def ask(self, issue: Callable[[], str | None]) -> Asked:
        """As the caller that the tokens are issued to."""
        self._issue, self._until = issue, 0.0
        self._asked = asked = Asked(set(), 0, [])
        for event in from_schema(self._schema).execute():
            if isinstance(event, events.ScenarioFinished):
                asked.requests += len(event.recorder.interactions)
                asked.operations |= {_name_of(case.operation) for case in event.recorder.find_all_cases()}
            elif isinstance(event, events.NonFatalError):
                asked.findings.append(Finding("engine", event.label, (type(event.value).__name__,), str(event.value)))
            elif isinstance(event, events.FatalError):
                raise event.exception
        return asked

    def token(self) -> str | None:
        """One that is not about to end."""
        if monotonic() > self._until:
            self._token, self._until = self._issue(), monotonic() + 60
        return self._token


def _name_of(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def _codes_of(response: Any) -> tuple[str, ...]:
    if "json" not in response.headers.get("content-type", [""])[0] or not isinstance(body := response.json(), dict):
        return (str(response.status_code),)
    code = body.get("code", str(response.status_code))
    fields = sorted({field["code"] for field in body.get("errors", [])}) if code == "validationFailed" else []
    return tuple(f"{code} {field}" for field in fields) or (code,)


@schemathesis.serializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")
def as_it_is(_context: Any, value: Any) -> bytes:
    """What stands for a file: any bytes."""
    return value if isinstance(value, bytes) else str(value).encode()
