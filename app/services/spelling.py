"""One spelling for one thing: base64url without padding, JSON that every reader reads alike, and text that no
spreadsheet takes for a formula."""

import base64
import json
import re
import unicodedata
from collections import Counter
from typing import Any

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


def base64url(content: bytes) -> str:
    """RFC 4648, section 5, without padding, as JOSE has it (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """What base64url without padding stands for. Whether it is the one spelling, `is_canonical` says."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_canonical(text: str) -> bool:
    """Base64url without padding, and the bits that count for nothing are zero: there is no second spelling."""
    return bool(_BASE64URL.fullmatch(text)) and len(text) % 4 != 1 and base64url(bytes_of(text)) == text


# Read over at the beginning of a cell: apostrophes that stand there already, and what is written without being seen.
_READ_OVER = "'\u00ad\u200b\u200c\u200d\u2060\ufeff"
_MINUS = "\u2212"


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet might run it: it begins with `=`, `+`, `-`, `@` in any of their widths, a tab or a line
    break, also behind spaces, what is invisible, or apostrophes."""
    if text[:1].isalnum():
        return False  # as nearly every text there is
    begin = text.lstrip(_READ_OVER)
    if begin[:1] in {"\t", "\r", "\n"}:
        return True
    while begin != (begin := begin.lstrip().lstrip(_READ_OVER)):
        pass
    # Full-width, small, raised and lowered forms are the plain ones to some programs.
    return unicodedata.normalize("NFKC", begin[:1])[:1] in {"=", "+", "-", "@", _MINUS} if begin else False


def read_json(text: bytes) -> Any:
    """What the JSON says. `ValueError` also for what Python's reader lets pass and RFC 8259 and 7493 do not: other
    encodings than UTF-8, NaN and infinity, and a name twice in one object."""
    try:
        return json.loads(text.decode(), object_pairs_hook=_named_once, parse_constant=_not_a_number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read_object(text: bytes) -> dict[str, Any]:
    """What `read_json` reads, if it is an object; `ValueError` otherwise."""
    found = read_json(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        # One reader takes the first value, another one the last.
        twice = [name for name, number in Counter(name for name, _ in pairs).items() if number > 1]
        raise ValueError(f"in one object, the same name twice: {', '.join(twice)}")
    return named


def _not_a_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
