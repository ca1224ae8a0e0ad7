"""Interest in the service over HTTP: registered and confirmed without an account, read by the central side."""

from typing import Annotated, Any

from fastapi import Path, Request, Response

from app.api.answers import accepted, listed, nothing, page_of, single
from app.api.dependencies import Call, Creating, Formed, Reading, Version, Writing, vault_of
from app.api.entrance import In, place_of
from app.api.negotiation import preferred_language
from app.api.operations import router_of
from app.api.paging import After, ByCreation, Limit, PageNumber, asked
from app.models.columns import Id, Language
from app.models.interest_registration import (
    InterestConfirmation,
    InterestConsentRead,
    InterestLink,
    InterestLinkRead,
    InterestOnItsWay,
    InterestRegistrationCreate,
    InterestRegistrationItem,
    InterestRegistrationRead,
    JoinedOrganisationCreate,
)
from app.models.organisation import OrganisationRead
from app.services import interest_consent, interest_registrations, joined_organisations, organisations

router = router_of("interest-registrations")

InterestRegistrationId = Annotated[Id, Path(alias="interestRegistrationId", description="The registration.")]
_PUBLIC: dict[str, Any] = {"security": []}


def _language(request: Request) -> Language:
    return Language(preferred_language(request))


def _link(link: InterestLinkRead) -> Response:
    return Response(link.model_dump_json(by_alias=True), 200, {"Cache-Control": "no-store"}, "application/json")


# --- Without an account ------------------------------------------------------------------------------


@router.get(
    "/interest-consent",
    response_model=InterestConsentRead,
    summary="Read the consent text for registering interest",
    openapi_extra=_PUBLIC,
)
async def read_interest_consent(request: Request, _formed: Formed) -> Response:
    """What whoever registers interest agrees to, in the language asked for, otherwise in Swedish.

    Show it in full, and send its version with the registration.
    """
    consent = interest_consent.read(_language(request))
    headers = {"Cache-Control": "no-store", "Content-Language": consent.language.value}
    return Response(consent.model_dump_json(by_alias=True), 200, headers, "application/json")


@router.post(
    "/interest-registrations",
    response_model=InterestOnItsWay,
    status_code=202,
    summary="Register interest",
    openapi_extra=_PUBLIC,
)
async def create_interest_registration(
    request: Request, _formed: Formed, entrance: In, registration: InterestRegistrationCreate
) -> Response:
    """One side of a workplace registers interest. A mail with a link goes to its contact, who reads and confirms.

    The answer is always the same, whether the organisation uses the service, has registered or is unknown. An address
    is mailed at most once in an hour. Registered again before the link was used, the new registration takes the place
    of the former one, and the link that was mailed opens it.

    The side that comes first is given a joining code once it has confirmed, and hands it to the other side itself.
    Whoever registers with it means to join as the same organisation.
    """
    await interest_registrations.register(entrance, vault_of(request), registration, place_of(request))
    return accepted(
        InterestOnItsWay(
            consent_version=interest_consent.VERSION,
            consent_text=interest_consent.TEXTS[_language(request)],
            valid_for_seconds=int(interest_registrations.UNCONFIRMED_KEPT.total_seconds()),
        )
    )


@router.post(
    "/interest-links",
    response_model=InterestLinkRead,
    summary="Read a registration by its link",
    openapi_extra=_PUBLIC,
)
async def open_interest_link(request: Request, _formed: Formed, entrance: In, link: InterestLink) -> Response:
    """Everything that is stored of the registration, and what the sides that mean to join would confirm.

    Reading changes nothing: programs that look at links in mails confirm nothing for anybody.
    """
    place = place_of(request)
    return _link(await interest_registrations.read_link(entrance, vault_of(request), link.token, place))


@router.post(
    "/interest-confirmations",
    response_model=InterestLinkRead,
    summary="Confirm what a workplace joins as",
    openapi_extra=_PUBLIC,
)
async def confirm_interest_registration(
    request: Request, _formed: Formed, entrance: In, confirmation: InterestConfirmation
) -> Response:
    """The contact confirms exactly the content that they have read, and by that their address.

    When a party comes or goes the content is another, all earlier confirmations are void and those who gave one are
    mailed. Once the employer and at least one union, and everybody else who is in it, have confirmed the same content
    they have agreed: a system administrator can let the workplace in.
    """
    place = place_of(request)
    return _link(await interest_registrations.confirm(entrance, vault_of(request), confirmation, place))


@router.post(
    "/interest-withdrawals", status_code=204, summary="Withdraw a registration of interest", openapi_extra=_PUBLIC
)
async def withdraw_interest_registration(
    request: Request, _formed: Formed, entrance: In, link: InterestLink
) -> Response:
    """Take the consent back, or erase what somebody else has registered with one's address. Nothing of it stays."""
    await interest_registrations.withdraw(entrance, link.token, place_of(request))
    return nothing()


# --- The central side --------------------------------------------------------------------------------


def _answer(call: Call, registration: InterestRegistrationRead, status: int = 200) -> Response:
    return single(call.request, registration, f"/interest-registrations/{registration.id}", status=status)


@router.get(
    "/interest-registrations",
    response_model=page_of(InterestRegistrationItem),
    summary="List registrations of interest",
)
async def list_interest_registrations(
    call: Reading, sort: ByCreation = "-createdAt", page: PageNumber = 1, limit: Limit = 20, after: After = None
) -> Response:
    """Those whose contacts have confirmed them, for a system administrator. Nothing is searched by side or person."""
    request = asked(page, limit, after, sort)
    found = await joined_organisations.list_interest_registrations(call.work, request)
    return listed(call, InterestRegistrationItem, found, request)


@router.get(
    "/interest-registrations/{interestRegistrationId}",
    response_model=InterestRegistrationRead,
    summary="Read a registration of interest",
)
async def read_interest_registration(call: Reading, interest_registration_id: InterestRegistrationId) -> Response:
    """A registration with its contact, and what the sides that mean to join have confirmed."""
    return _answer(call, await joined_organisations.read(call.work, interest_registration_id))


@router.delete(
    "/interest-registrations/{interestRegistrationId}", status_code=204, summary="Erase a registration of interest"
)
async def delete_interest_registration(
    call: Writing, version: Version, interest_registration_id: InterestRegistrationId
) -> Response:
    """When it has been answered, or is not meant seriously. Those it meant to join with are mailed."""
    await joined_organisations.delete(call.work, interest_registration_id, version)
    return nothing()


@router.post(
    "/interest-registrations/{interestRegistrationId}/organisations",
    response_model=OrganisationRead,
    status_code=201,
    summary="Let a workplace in",
)
async def create_joined_organisation(
    call: Creating,
    version: Version,
    interest_registration_id: InterestRegistrationId,
    joined: JoinedOrganisationCreate,
) -> Response:
    """Enter the organisation as both sides have confirmed it: its parties, and the first representative of each.

    Look into who they are before: that two addresses have agreed does not show that they speak for the workplace.
    Each representative is mailed a link to choose a password, and the registrations are erased.
    """
    vault = vault_of(call.request)
    made = await call.once(
        lambda: joined_organisations.let_in(call.work, vault, interest_registration_id, version, joined),
        organisations.read,
    )
    return single(call.request, made, f"/organisations/{made.id}", status=201)
