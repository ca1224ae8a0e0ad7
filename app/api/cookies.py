"""Cookies that let a browser in: given to pages of this service and of listed origins, and taken from them alone."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from app.api.answers import base_url
from app.services.errors import Code, Refusal


def check_origin(request: Request) -> None:
    """A browser says where a request comes from; what another site started may not use or set the cookie."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return
    origin = request.headers.get("origin")
    if origin is None or origin not in {_own_origin(request), *request.app.state.origins}:
        raise Refusal(Code.CROSS_SITE_REQUEST)


def _own_origin(request: Request) -> str:
    address = urlsplit(base_url(request))
    return f"{address.scheme}://{address.netloc}"


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    # The prefix __Host- makes browsers insist on Secure, Path=/ and no Domain.
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="strict")
