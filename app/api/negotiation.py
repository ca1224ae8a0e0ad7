"""What a client asks for in its headers: language, media type, version."""

import re
from collections.abc import Sequence
from typing import Literal

from fastapi import Request

LanguageTag = Literal["sv", "en"]


def _weighted(header: str) -> list[tuple[str, float]]:
    """The header's choices with their weights, those of weight 0 included."""
    choices = []
    for part in header.split(",")[:50]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if match := re.fullmatch(r"q=([01](?:\.\d{0,3})?)", parameter, re.IGNORECASE):
                weight = float(match[1])
        if name:
            choices.append((name.lower(), weight))
    return choices


def preferred_language(request: Request, otherwise: LanguageTag = "sv") -> LanguageTag:
    """Swedish unless the client likes English better; unknown languages fall back to Swedish, or what is `otherwise`.

    Who rules out one of the two gets the other.
    """
    weights: dict[str, float] = {}
    for tag, weight in _weighted(request.headers.get("accept-language", "")):
        language = tag.split("-")[0]
        if language in {"sv", "en"}:
            weights[language] = max(weights.get(language, 0), weight)
    swedish, english = weights.get("sv"), weights.get("en")
    if not swedish and not english:
        ruled_out = swedish == 0, english == 0
        return {(True, False): "en", (False, True): "sv"}.get(ruled_out, otherwise)  # type: ignore[return-value]
    return "en" if (english or 0) > (swedish or 0) else "sv"


def languages_asked(request: Request) -> tuple[str, ...]:
    """Languages of published content in the order in which the client likes them, those of the program last.

    Content may be written in others than Swedish and English. Which of these two stands first, `preferred_language`
    says; others stand before them where the client likes them better, or as well and names them first.
    """
    first = preferred_language(request)
    weights: dict[str, float] = {}
    for tag, weight in _weighted(request.headers.get("accept-language", "")):
        weights.setdefault(tag.split("-")[0], weight)
    named = list(weights)
    others = [
        each
        for each in sorted(weights, key=lambda tag: -weights[tag])
        if each not in {"sv", "en"} and re.fullmatch("[a-z]{2,3}", each) and weights[each] > 0
        if first not in weights or (-weights[each], named.index(each)) < (-weights[first], named.index(first))
    ]
    return (*others[:3], first, "en" if first == "sv" else "sv")


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CSV = "text/csv"
HTML = "text/html"
PDF = "application/pdf"
SVG = "image/svg+xml"
VEGA_LITE = "application/vnd.vegalite.v6+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def best_type(request: Request, offered: Sequence[str]) -> str | None:
    """The offered media type that the client likes best, the first of equals; None when none is welcome."""
    header = request.headers.get("accept", "")
    if not header.strip():
        return offered[0]
    weights = dict(_weighted(header))

    def weight(media_type: str) -> float:
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        return next((weights[each] for each in ranges if each in weights), 0)

    best = max(offered, key=weight)
    return best if weight(best) > 0 else None


def sends_json(request: Request) -> bool:
    """Whether the body says it is JSON (or, for PATCH, a merge patch)."""
    media_type = sent_type(request)
    return media_type == JSON or (request.method == "PATCH" and media_type == "application/merge-patch+json")


def sends_form(request: Request) -> bool:
    """Whether the body says it is the form that OAuth is spoken in."""
    return sent_type(request) == FORM


def sent_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def etag(version: int, digest: str) -> str:
    """The version, which If-Match compares, and the digest of what this caller sees, for If-None-Match."""
    return f'"{version}-{digest[:16]}"'


def version_in(if_match: str) -> int | None:
    """The version an If-Match names, or None when it is no ETag of ours."""
    match = re.fullmatch(r'"([0-9]{1,9})(?:-[0-9a-f]{1,64})?"', if_match.strip())
    return int(match[1]) if match else None


def is_none_match(request: Request, tag: str) -> bool:
    """Whether the client already has this representation."""
    header = ",".join(request.headers.getlist("if-none-match"))
    held = [each.strip().removeprefix("W/") for each in header.split(",")]
    return tag in held or held == ["*"]
