"""What differs from run to run, or would look like somebody's secret, is made up."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.recorded_examples.player import Exchange

TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJleGVtcGVsIjoiaW5nZW4gc2zDpHBwcyBpbiBtZWQgZGVuIGjDpHIifQ.ZXhlbXBlbA"
"""The form of an access token; its middle says in Swedish that it lets nobody in."""

COOKIE = "ingen-slapps-in-med-den-har"


def made_up(exchanges: list[Exchange]) -> list[Exchange]:
    return [replace(each, answered=_made_up(each.answered, each), headers=_headers(each)) for each in exchanges]


def _headers(of: Exchange) -> dict[str, str]:
    """The digest of what the database has dated goes by that date."""
    if of.operation == "read_data_export" and "ETag" in of.headers:
        return of.headers | {"ETag": '"1-e8e3be1e8e3be1e8"'}
    if "Set-Cookie" in of.headers:
        # Of several only the first is shown.
        name, _, rest = of.headers["Set-Cookie"].partition("=")
        return of.headers | {"Set-Cookie": f"{name}={COOKIE};{rest.partition(';')[2].partition(',')[0]}"}
    return of.headers


def _made_up(node: Any, of: Exchange) -> Any:
    if isinstance(node, dict):
        return {key: _value(key, value, node, of) for key, value in node.items()}
    if isinstance(node, list):
        return [_made_up(each, of) for each in node]
    return node


def _value(key: str, value: Any, node: dict[str, Any], of: Exchange) -> Any:
    if key in {"accessToken", "access_token"}:
        return TOKEN
    if key == "happenedAt" and node.keys() & {"change", "position"}:
        # Written by the database, by its own clock.
        return (of.at - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _made_up(value, of)
