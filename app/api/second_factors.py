"""One's own password and second factor over HTTP. Who is signed in proves it once more before anything changes."""

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import Request, Response

from app.api.answers import nothing, tagged
from app.api.dependencies import Asking, Proving, Reading, vault_of
from app.api.entrance import In, place_of
from app.api.operations import router_of
from app.models.base import Linked
from app.models.second_factor import (
    Proof,
    RecoveryCodes,
    SecondFactorConfirmation,
    SecondFactorCreate,
    SecondFactorRead,
    SecondFactorSecret,
)
from app.models.sign_in import PasswordChange
from app.services import password_changes, proofs, second_factors
from app.services.sign_ins import Entrance
from app.services.throttle import attempt_of

router = router_of("me")

SELF = "/me/second-factor"


def _proved_by(
    asking: Asking, entrance: Entrance, proof: Proof, pointer: str = "/password"
) -> Callable[[], Awaitable[None]]:
    request = asking.request
    return partial(
        proofs.prove, entrance, vault_of(request), asking.claims.person_id, proof, place_of(request), pointer
    )


def _made(request: Request, body: Linked) -> Response:
    return tagged(request, body, body.version, SELF, status=201)


@router.post("/me/password-changes", status_code=204, summary="Change your password")
async def create_password_change(asking: Proving, entrance: In, change: PasswordChange) -> Response:
    """Another password. Your other sign-ins end, and you are told by mail.

    It takes the password that counts: an access token alone, left open or stolen, changes nothing.
    """
    proof = Proof(password=change.current_password)
    person_id = asking.claims.person_id
    proved = _proved_by(asking, entrance, proof, "/currentPassword")
    hashed: list[str] = []

    async def prove() -> None:
        await proved()
        hashed.append(await password_changes.hashed(entrance, person_id, change.new_password))

    async with asking.believed(prove) as call:
        await call.once(
            lambda: password_changes.change(call.work, hashed[0], asking.claims.sign_in_id),
            lambda work, _person_id: password_changes.changed(work),
        )
    return nothing()


@router.get("/me/second-factor", response_model=SecondFactorRead, summary="Read whether you have a second factor")
async def read_second_factor(call: Reading) -> Response:
    """Whether your sign-in takes a one-time code as well, and how many recovery codes you have left."""
    found = await second_factors.read(call.work, call.request.app.state.second_factor_needed)
    return tagged(call.request, found, found.version, SELF)


@router.post("/me/second-factor", response_model=SecondFactorSecret, status_code=201, summary="Ask for a second factor")
async def create_second_factor(asking: Proving, entrance: In, asked: SecondFactorCreate) -> Response:
    """A secret for an authenticator app (TOTP), shown this once as text, address and QR code.

    It counts for nothing before a first code confirms it, within 15 minutes; asking again replaces it.
    """
    request = asking.request
    async with asking.believed(_proved_by(asking, entrance, Proof(password=asked.password))) as call:
        made = await call.once(
            lambda: second_factors.enrol(call.work, vault_of(request)),
            lambda work, _person_id: second_factors.enrolled(work),
        )
    return _made(request, made)


@router.post(
    "/me/second-factor/confirmations",
    response_model=RecoveryCodes,
    status_code=201,
    summary="Switch your second factor on",
)
async def confirm_second_factor(asking: Proving, entrance: In, confirmation: SecondFactorConfirmation) -> Response:
    """The first code from the app, within 15 minutes. From now on signing in takes one; your other sign-ins end.

    The ten recovery codes in the answer are for the day the phone is gone. They are shown this once.
    """
    request, claims, code = asking.request, asking.claims, confirmation.one_time_code
    place = place_of(request)
    attempt = attempt_of(entrance.key, claims.person_id, "", place)
    async with asking.believed(partial(proofs.count_code, entrance, claims.person_id, place)) as call:
        made = await call.once(
            lambda: second_factors.confirm(call.work, vault_of(request), attempt, code, claims.sign_in_id),
            lambda work, _person_id: second_factors.renewed(work),
        )
    return _made(request, made)


@router.post(
    "/me/second-factor/recovery-codes", response_model=RecoveryCodes, status_code=201, summary="Get new recovery codes"
)
async def create_recovery_codes(asking: Proving, entrance: In, proof: Proof) -> Response:
    """Ten new codes, shown this once; the earlier ones no longer count."""
    async with asking.believed(_proved_by(asking, entrance, proof)) as call:
        made = await call.once(
            lambda: second_factors.renew_recovery_codes(call.work),
            lambda work, _person_id: second_factors.renewed(work),
        )
    return _made(asking.request, made)


@router.post("/me/second-factor/removals", status_code=204, summary="Switch your second factor off")
async def remove_second_factor(asking: Proving, entrance: In, proof: Proof) -> Response:
    """Signing in takes the password alone again. Your other sign-ins end, and you are told by mail."""
    async with asking.believed(_proved_by(asking, entrance, proof)) as call:
        await call.once(
            lambda: second_factors.remove(call.work, asking.claims.sign_in_id),
            lambda work, _person_id: second_factors.person_of(work),
        )
    return nothing()
