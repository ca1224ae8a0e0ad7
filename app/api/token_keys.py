"""The public keys of access tokens, where RFC 8615 and OpenID Connect have them: at the root, outside the document."""

import hashlib
import json

from fastapi import APIRouter, Request, Response

from app.api.dependencies import now
from app.api.negotiation import etag, is_none_match
from app.services.tokens import TokenKey

router = APIRouter(include_in_schema=False)

PATH = "/.well-known/jwks.json"
# Shorter than a new key is published before it signs (token_keys.AHEAD), so that every cache has it by then.
CACHE = "public, max-age=60"


@router.get(PATH)
async def read_token_keys(request: Request) -> Response:
    """The JWK Set (RFC 7517) of the keys whose access tokens are taken now, and of the next one once it is made."""
    key: TokenKey = request.app.state.token_key
    body = json.dumps(key.public_keys(now()), separators=(",", ":")).encode()
    tag = etag(1, hashlib.sha256(body).hexdigest())
    headers = {"ETag": tag, "Cache-Control": CACHE}
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/jwk-set+json")
