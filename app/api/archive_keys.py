"""The public keys of archive packages over HTTP."""

import hashlib

from fastapi import Request, Response

from app.api.answers import PUBLISHED
from app.api.dependencies import Formed
from app.api.negotiation import JSON, etag, is_none_match
from app.api.operations import router_of
from app.models.archive_key import ArchiveKeyRead, ArchiveKeysRead
from app.services.archive_keys import ArchiveKeySource

router = router_of("archive-packages")


@router.get(
    "/archive-keys",
    response_model=ArchiveKeysRead,
    summary="List the keys of archive packages",
    openapi_extra={"security": []},
)
async def read_archive_keys(request: Request, _formed: Formed) -> Response:
    """The public keys of this installation's archive packages, former ones too. Keep a copy elsewhere."""
    keys = archive_keys_of(request).keys()
    signing = keys.signing.public.thumbprint
    shown = ArchiveKeysRead(
        keys=[
            ArchiveKeyRead(
                thumbprint=each.public.thumbprint,
                signs_from=each.signs_from,
                signs_now=each.public.thumbprint == signing,
                public_key=each.public.pem,
            )
            for each in keys.kept
            if not each.stolen
        ]
    )
    body = shown.model_dump_json(by_alias=True).encode()
    tag = etag(1, hashlib.sha256(body).hexdigest())
    headers = {"ETag": tag, "Cache-Control": PUBLISHED}
    if is_none_match(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)


def archive_keys_of(request: Request) -> ArchiveKeySource:
    keys: ArchiveKeySource = request.app.state.archive_keys
    return keys
