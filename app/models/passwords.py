"""Passwords as they are typed, on the wire alone: what is kept of them is a hash (sign_in.py)."""

import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _as_typed(value: Any) -> Any:
    """The OpaqueString profile of RFC 8265: å is å however the keyboard composes it, and a space is a space."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise PydanticCustomError("control_character", "Text may not hold control characters.")
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)


LONGEST_PASSWORD = 128
SHORTEST_PASSWORD = 15

GivenPassword = Annotated[
    str,
    BeforeValidator(_as_typed),
    Field(min_length=1, max_length=LONGEST_PASSWORD, json_schema_extra={"format": "password"}),
]
NewPassword = Annotated[
    str,
    BeforeValidator(_as_typed),
    Field(
        min_length=SHORTEST_PASSWORD,
        max_length=LONGEST_PASSWORD,
        description="15 to 128 characters of any kind. Common and leaked passwords, and your own name, are refused.",
        json_schema_extra={"example": "fyra cyklar under en ek", "format": "password"},
    ),
]
CurrentPassword = Annotated[
    GivenPassword,
    Field(
        description="Needed to change one's own e-mail address, by whoever has a password. Who has none signs in "
        "through an identity provider and changes it within five minutes.",
        json_schema_extra={"example": "fyra cyklar under en ek"},
    ),
]
