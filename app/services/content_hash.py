"""The one way final things are hashed."""

import hashlib
from typing import Any

import rfc8785


def canonical(content: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """RFC 8785 canonical JSON, in UTF-8."""
    return rfc8785.dumps(content)


def content_hash(content: dict[str, Any] | list[dict[str, Any]]) -> str:
    """SHA-256, in hexadecimal, of the RFC 8785 canonical JSON of `content`."""
    return hashlib.sha256(canonical(content)).hexdigest()
