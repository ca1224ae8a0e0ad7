"""What differs from run to run, or would look like somebody's secret, is made up."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.services.spelling import base64url, bytes_of
from tests.recorded_examples.player import Exchange

TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJleGVtcGVsIjoiaW5nZW4gc2zDpHBwcyBpbiBtZWQgZGVuIGjDpHIifQ.ZXhlbXBlbA"
"""The form of an access token; its middle says in Swedish that it lets nobody in."""

COOKIE = "ingen-slapps-in-med-den-har"


def made_up(exchanges: list[Exchange]) -> list[Exchange]:
    cursors = _cursors(exchanges)
    return [
        replace(
            each,
            answered=_made_up(each.answered, each, cursors),
            headers=_headers(each),
            query=_with_cursors(each.query, cursors),
        )
        for each in exchanges
    ]


def _cursors(exchanges: list[Exchange]) -> dict[str, str]:
    """For each cursor of the feed, which is sealed anew each time, one that is as long."""
    given = [each.answered["cursor"] for each in exchanges if each.operation == "read_changes" and each.status == "200"]
    return {
        cursor: base64url(hashlib.shake_128(f"cursor {number}".encode()).digest(len(bytes_of(cursor))))
        for number, cursor in enumerate(given)
    }


def _with_cursors(text: str, cursors: dict[str, str]) -> str:
    for cursor, instead in cursors.items():
        text = text.replace(cursor, instead)
    return text


def _headers(of: Exchange) -> dict[str, str]:
    """The digest of what the database has dated goes by that date."""
    if of.operation == "read_data_export" and "ETag" in of.headers:
        return of.headers | {"ETag": '"1-e8e3be1e8e3be1e8"'}
    if "Set-Cookie" in of.headers:
        # Of several only the first is shown.
        name, _, rest = of.headers["Set-Cookie"].partition("=")
        return of.headers | {"Set-Cookie": f"{name}={COOKIE};{rest.partition(';')[2].partition(',')[0]}"}
    return of.headers


def _made_up(node: Any, of: Exchange, cursors: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _value(key, value, node, of, cursors) for key, value in node.items()}
    if isinstance(node, list):
        return [_made_up(each, of, cursors) for each in node]
    return node


def _value(key: str, value: Any, node: dict[str, Any], of: Exchange, cursors: dict[str, str]) -> Any:
    if key in {"accessToken", "access_token"}:
        return TOKEN
    if key == "happenedAt" and node.keys() & {"change", "position"}:
        # Written by the database, by its own clock.
        return (of.at - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if key in {"cursor", "href"} and isinstance(value, str):
        return _with_cursors(value, cursors)
    return _made_up(value, of, cursors)
