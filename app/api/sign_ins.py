"""One's own sign-ins over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.paging import After, Limit, PageNumber, SignInOrder, asked
from app.models.columns import Id
from app.models.sign_in import SignInItem, SignInRead, SignInState, SignOutCreate
from app.services import own_sign_ins

router = router_of("sign-ins")

SignInId = Annotated[Id, Path(alias="signInId", description="The sign-in.")]


@router.get("/me/sign-ins", response_model=page_of(SignInItem), summary="List your sign-ins")
async def list_sign_ins(
    call: Reading,
    state: Annotated[SignInState | None, Query(description="Only those in this state.")] = None,
    sort: Annotated[SignInOrder, Query(description="Order.")] = "-startedAt",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Where you are or were signed in, the latest first. Nobody else sees them."""
    request = asked(page, limit, after, sort)
    return listed(call, SignInItem, await own_sign_ins.list_sign_ins(call.work, request, state), request)


@router.post("/me/sign-outs", response_model=SignInRead, status_code=201, summary="Sign out everywhere")
async def create_sign_out(call: Creating, sign_out: SignOutCreate) -> Response:
    """End your sign-ins in all other places, or everywhere. Their access tokens count no more either.

    The answer shows what has become of the sign-in that you ask with.
    """
    present = await call.once(lambda: own_sign_ins.sign_out(call.work, sign_out), own_sign_ins.read)
    return single(call.request, present, f"/sign-ins/{present.id}", status=201)


@router.get("/sign-ins/{signInId}", response_model=SignInRead, summary="Read one of your sign-ins")
async def read_sign_in(call: Reading, sign_in_id: SignInId) -> Response:
    """One of your own sign-ins: since when, by what method, and why it ended."""
    return single(call.request, await own_sign_ins.read(call.work, sign_in_id), f"/sign-ins/{sign_in_id}")


@router.delete("/sign-ins/{signInId}", status_code=204, summary="End one of your sign-ins")
async def end_sign_in(call: Writing, version: Version, sign_in_id: SignInId) -> Response:
    """Sign out there, at once: its access token counts no more, and it cannot be renewed. It stays in the list."""
    await own_sign_ins.end_sign_in(call.work, sign_in_id, version)
    return nothing()
