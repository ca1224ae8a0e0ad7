"""The one way final things are hashed."""

import hashlib
from typing import Any

import rfc8785


def content_hash(content: dict[str, Any] | list[dict[str, Any]]) -> str:
    """SHA-256, in hexadecimal, of the RFC 8785 canonical JSON of `content`."""
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()
