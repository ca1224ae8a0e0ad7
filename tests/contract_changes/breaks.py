"""What a comparison says, and where it looks things up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Way(StrEnum):
    """Which way a body goes, seen from the client."""

    REQUEST = "request"
    ANSWER = "answer"

    @property
    def other(self) -> "Way":
        return Way.ANSWER if self is Way.REQUEST else Way.REQUEST


@dataclass(frozen=True, order=True)
class Break:
    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}"


@dataclass
class Sides:
    """Both documents, and which pairs of shared parts have been compared already."""

    old: Json
    new: Json
    compared: set[tuple[str, str, Way]] = field(default_factory=set)


def resolved(document: Json, part: Any) -> Any:
    """The part itself where it is a reference. A schema may say more beside its reference."""
    while isinstance(part, dict) and "$ref" in part:
        target: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        beside = {key: value for key, value in part.items() if key != "$ref"}
        part = target | beside
    return part


def when(wrong: bool, place: str, kind: str) -> Iterator[Break]:
    if wrong:
        yield Break(place, kind)
