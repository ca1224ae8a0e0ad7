"""Oneself over HTTP."""

from fastapi import Response

from app.api.answers import single
from app.api.dependencies import Reading
from app.api.operations import router_of
from app.models.me import Me
from app.services import me

router = router_of("me")


@router.get("/me", response_model=Me, summary="Read who you are")
async def read_me(call: Reading) -> Response:
    """Your name, workplace, roles and language, and the mandates that count today. For a service client: its name, the
    organisation it works for, and what it may do now."""
    return single(call.request, await me.read(call.work), "/me")
