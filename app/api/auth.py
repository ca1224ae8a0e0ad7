"""Sign-in over HTTP: OAuth 2 tokens, sign-out, and setting a password with a one-time token."""

import json
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.api.answers import accepted, nothing
from app.api.authorisation_requests import BROWSER_COOKIE, doorway, forget_browser
from app.api.cookies import check_origin, set_cookie
from app.api.dependencies import (
    Formed,
    IdempotencyKeyHeader,
    RequestRefusal,
    address_of,
    check_idempotency_key,
    now,
    vault_of,
)
from app.api.entrance import DEVICE_COOKIE, Credentials, In, place_of
from app.api.negotiation import FORM, sends_form
from app.api.operations import router_of
from app.models.authorisation_request import AuthorisationCodeGrant
from app.models.base import Input
from app.models.sign_in import LinkOnItsWay, NewCredential, PasswordReset, SignOut
from app.models.token_request import (
    WITHOUT_EFFECT,
    ClientCredentialsGrant,
    GrantChoice,
    OAuthToken,
    PasswordGrant,
    RefreshGrant,
    Token,
    TokenAnswer,
)
from app.services import authorisation_requests, client_sign_in, invitations, password_resets, sign_in, sign_ins
from app.services.account_mail import RESET_VALID
from app.services.client_sign_in import ClientGranted
from app.services.errors import Code, Refusal
from app.services.places import Place
from app.services.sign_ins import Granted
from app.services.tokens import LIFETIME, TokenKey

router = router_of("auth")

REFRESH_COOKIE = "__Host-larande-refresh"
DEVICE_SECONDS = 180 * 24 * 3600

InputT = TypeVar("InputT", bound=Input)

# --- The document's part ---------------------------------------------------------------------------------


def _grants(shape: str, examples: dict[str, Any]) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{shape}"}, "examples": examples}


_GRANTS = {
    "requestBody": {
        "required": True,
        "description": "The standard form of RFC 6749, answered in its own words, or JSON, answered in camelCase.",
        "content": {
            FORM: _grants(
                "OAuthTokenRequest",
                {
                    "password": {
                        "summary": "Sign in",
                        "value": {
                            "grant_type": "password",
                            "username": "anna.berg@havochvatten.example",
                            "password": "fyra cyklar under en ek",
                        },
                    },
                    "refresh": {
                        "summary": "Renew",
                        "value": {
                            "grant_type": "refresh_token",
                            "refresh_token": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r",
                        },
                    },
                    "client": {
                        "summary": "Get in as a service client",
                        "value": {
                            "grant_type": "client_credentials",
                            "client_id": "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b",
                            "client_secret": "larande_client_sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r",
                            "scope": "records:read",
                        },
                    },
                },
            ),
            "application/json": _grants(
                "TokenRequest",
                {
                    "password": {
                        "summary": "Sign in from a page; the refresh token comes as a cookie",
                        "value": {
                            "grantType": "password",
                            "username": "anna.berg@havochvatten.example",
                            "password": "fyra cyklar under en ek",
                            "refreshTokenIn": "cookie",
                        },
                    },
                    "refresh": {
                        "summary": "Renew with the cookie",
                        "value": {"grantType": "refresh_token"},
                    },
                    "client": {
                        "summary": "Get in as a service client",
                        "value": {
                            "grantType": "client_credentials",
                            "clientId": "019a0b1c-2d3e-7f40-8a5b-6c7d8e9f0a1b",
                            "clientSecret": "larande_client_sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r",
                        },
                    },
                    "authorisationCode": {
                        "summary": "Come back from an identity provider",
                        "value": {
                            "grantType": "authorization_code",
                            "code": "SplxlOBeZQQYbYS6WxSbIA",
                            "state": "sQ6bNf0bJm3kq2y0n1m0m5q3m4b8c2x9w7v6u5t4s3r",
                            "refreshTokenIn": "cookie",
                        },
                    },
                },
            ),
        },
    },
    "security": [],
}


# --- The endpoints -----------------------------------------------------------------------------------------


@router.post(
    "/auth/token",
    response_model=TokenAnswer,
    summary="Sign in or renew",
    openapi_extra=_GRANTS,
)
async def create_token(
    request: Request, _formed: Formed, entrance: In, idempotency_key: IdempotencyKeyHeader = None
) -> Response:
    """Sign in with e-mail and password or by an identity provider, renew with a refresh token, or get in as a service
    client. OAuth 2 (RFC 6749) grants.

    Who has a second factor sends `oneTimeCode` in the same request; without it a right password is answered with
    `secondFactorRequired`.

    A refresh token is good for one use; using an old one ends the sign-in. If the answer is lost, renew with the same
    token again within ten seconds, from the same browser or address, or with the same Idempotency-Key: the answer has
    the same next token. Pages in a browser ask for it as an
    HttpOnly cookie with `refreshTokenIn: cookie`; the cookie is only given to and taken from the service's own pages
    and listed origins. Service clients send `client_id` and `client_secret` in the body; they get no refresh token.
    """
    check_idempotency_key(idempotency_key)
    grant, is_form = await grant_in(request)
    if isinstance(grant, ClientCredentialsGrant):
        return _client_token(await client_sign_in.get_in(entrance, grant, address_of(request)), is_form=is_form)
    place = place_of(request, idempotency_key)
    if isinstance(grant, PasswordGrant):
        in_cookie = grant.wants_cookie
        if in_cookie:
            check_origin(request)
        granted = await sign_in.by_password(entrance, vault_of(request), grant, place)
    elif isinstance(grant, AuthorisationCodeGrant):
        return await _from_provider(request, entrance, grant, place, is_form=is_form)
    else:
        in_cookie = grant.refresh_token is None
        granted = await sign_ins.renew(entrance, grant.refresh_token or _refresh_cookie(request), place)
    return _tokens(granted, in_cookie=in_cookie, is_form=is_form)


async def _from_provider(
    request: Request, entrance: In, grant: AuthorisationCodeGrant, place: Place, *, is_form: bool
) -> Response:
    """Only the browser that went to the provider has the cookie, and another site cannot make it come back here."""
    check_origin(request)
    browser = request.cookies.get(BROWSER_COOKIE)
    granted = await authorisation_requests.finish(entrance, doorway(request), grant, browser, place)
    response = _tokens(granted, in_cookie=grant.wants_cookie, is_form=is_form)
    forget_browser(response)
    return response


@router.post("/auth/sign-out", status_code=204, summary="Sign out")
async def sign_out(
    request: Request, _formed: Formed, entrance: In, credentials: Credentials, tokens: SignOut | None = None
) -> Response:
    """End the sign-in of the access token, the refresh token or the cookie, whichever you send, at once.

    Tokens that are unknown or no longer valid are answered in the same way: you are signed out.
    """
    if tokens is None and await request.body():
        # A body is optional, and null is read as none; but null is nothing that could be sent.
        raise RequestValidationError([{"type": "null_refused", "loc": ("body",), "msg": "", "input": None}])
    claims = None
    if credentials is not None:
        key: TokenKey = request.app.state.token_key
        try:
            claims = key.verify(credentials.credentials, now())
        except Refusal:
            claims = None  # an expired token is as signed out as can be
    refresh_token = tokens.refresh_token if tokens else None
    if refresh_token is None and REFRESH_COOKIE in request.cookies:
        refresh_token = _refresh_cookie(request)
    await sign_ins.sign_out(entrance, claims, refresh_token)
    response = nothing()
    if REFRESH_COOKIE in request.cookies:
        set_cookie(response, REFRESH_COOKIE, "", 0)
    return response


@router.post(
    "/auth/password-resets",
    response_model=LinkOnItsWay,
    status_code=202,
    summary="Ask for a new password",
    openapi_extra={"security": []},
)
async def create_password_reset(request: Request, _formed: Formed, entrance: In, reset: PasswordReset) -> Response:
    """A mail with a link on which to choose a new password, if somebody has the address. The answer is always the same.

    There is one mail in ten minutes. Its link works once, within an hour; so do those mailed shortly before it, until
    one of them is used. A second factor stays as it is.
    """
    await password_resets.ask(entrance, vault_of(request), reset, place_of(request))
    return accepted(LinkOnItsWay(valid_for_seconds=int(RESET_VALID.total_seconds())))


@router.post("/auth/credentials", status_code=204, summary="Set a password", openapi_extra={"security": []})
async def set_password(request: Request, _formed: Formed, entrance: In, credential: NewCredential) -> Response:
    """Set a password with the one-time token of a link. All earlier sign-ins of the person end.

    A second factor stays: signing in with the new password still asks for it.
    """
    await invitations.set_password(entrance, credential, place_of(request))
    return nothing()


# --- Reading the request -------------------------------------------------------------------------------------


async def grant_in(
    request: Request,
) -> tuple[PasswordGrant | RefreshGrant | ClientCredentialsGrant | AuthorisationCodeGrant, bool]:
    """The grant, and whether it came as the standard form."""
    is_form = sends_form(request)
    body = await request.body()
    try:
        fields = _form_fields(body) if is_form else json.loads(body)
    except (ValueError, RecursionError):
        raise RequestRefusal("malformed") from None
    choice = _checked(GrantChoice, fields, is_form)
    if choice.grant_type == "client_credentials":
        return _checked(ClientCredentialsGrant, fields, is_form), is_form
    if is_form:
        fields = {name: value for name, value in fields.items() if name not in WITHOUT_EFFECT}
    if choice.grant_type == "password":
        return _checked(PasswordGrant, fields, is_form), is_form
    if choice.grant_type == "authorization_code":
        return _checked(AuthorisationCodeGrant, fields, is_form), is_form
    return _checked(RefreshGrant, fields, is_form), is_form


def _form_fields(body: bytes) -> dict[str, str]:
    """RFC 6749: an empty parameter is one left out, and none may come twice."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a parameter comes twice")
    return {name: value for name, value in pairs if value}


def _checked(shape: type[InputT], fields: Any, is_form: bool) -> InputT:
    """The same shape under OAuth's own names in a form and camelCase in JSON."""
    try:
        return shape.model_validate(fields, by_alias=not is_form, by_name=is_form)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from None


def _refresh_cookie(request: Request) -> str:
    if (token := request.cookies.get(REFRESH_COOKIE)) is None:
        raise Refusal(Code.REFRESH_TOKEN_REFUSED)
    check_origin(request)
    return token


# --- Writing the answer ----------------------------------------------------------------------------------------


def _tokens(granted: Granted, *, in_cookie: bool, is_form: bool) -> Response:
    token = (OAuthToken if is_form else Token)(
        access_token=granted.access_token,
        token_type="Bearer",  # noqa: S106
        expires_in=int(LIFETIME.total_seconds()),
        refresh_token=None if in_cookie else granted.refresh_token,
    )
    response = _token(token)
    if in_cookie:
        set_cookie(response, REFRESH_COOKIE, granted.refresh_token, granted.refresh_seconds)
        if granted.device is not None:
            set_cookie(response, DEVICE_COOKIE, granted.device, DEVICE_SECONDS)
    return response


def _client_token(granted: ClientGranted, *, is_form: bool) -> Response:
    return _token(
        (OAuthToken if is_form else Token)(
            access_token=granted.access_token,
            token_type="Bearer",  # noqa: S106
            expires_in=int(LIFETIME.total_seconds()),
            scope=" ".join(granted.scopes),
        )
    )


def _token(token: Token) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(token.model_dump_json(by_alias=True, exclude_none=True), 200, headers, "application/json")
