"""What is said of one reason, in both languages."""

from dataclasses import dataclass
from typing import Literal

Texts = dict[Literal["sv", "en"], str]


@dataclass(frozen=True)
class ProblemText:
    status: int
    title: Texts
    detail: Texts


def told(status: int, sv: tuple[str, str], en: tuple[str, str]) -> ProblemText:
    return ProblemText(status, {"sv": sv[0], "en": en[0]}, {"sv": sv[1], "en": en[1]})
