"""Ways to identity providers over HTTP: where to send the browser, and by which cookie it is known when it is back."""

from fastapi import Request, Response

from app.api.cookies import check_origin, set_cookie
from app.api.dependencies import Formed, person_signed_in, signed_in
from app.api.entrance import Credentials, In, place_of
from app.api.operations import router_of
from app.models.authorisation_request import AuthorisationRequestCreate, AuthorisationRequestRead
from app.services import authorisation_requests
from app.services.authorisation_requests import VALID, Doorway

router = router_of("auth")

BROWSER_COOKIE = "__Host-larande-authorisation"


def doorway(request: Request) -> Doorway:
    return Doorway(request.app.state.relying_party, request.app.state.vault)


def forget_browser(response: Response) -> None:
    """The cookie has done its work."""
    set_cookie(response, BROWSER_COOKIE, "", 0)


@router.post(
    "/auth/authorisation-requests",
    response_model=AuthorisationRequestRead,
    status_code=201,
    summary="Go to an identity provider",
)
async def create_authorisation_request(
    request: Request, _formed: Formed, entrance: In, credentials: Credentials, asked: AuthorisationRequestCreate
) -> Response:
    """Ask for the address to send the browser to, which comes back with `code` and `state` for `POST /auth/token`.

    The answer's cookie ties the way to this browser: nobody else's can finish it. It can be gone once, within ten
    minutes. For the first time send along an invitation's token, or be signed in, ask for `linkToMe`
    and prove once more who you are.
    """
    check_origin(request)
    claims = None
    if asked.link_to_me:
        claims = await person_signed_in(await signed_in(request, credentials))
    sent_out = await authorisation_requests.create(entrance, doorway(request), asked, claims, place_of(request))
    seconds = int(VALID.total_seconds())
    shown = AuthorisationRequestRead(authorisation_url=sent_out.url, expires_in=seconds)
    headers = {"Cache-Control": "no-store"}
    response = Response(shown.model_dump_json(by_alias=True), 201, headers, "application/json")
    set_cookie(response, BROWSER_COOKIE, sent_out.browser, seconds)
    return response
