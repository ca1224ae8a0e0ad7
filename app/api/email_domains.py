"""Organisations' e-mail domains over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from app.api.answers import listed, nothing, page_of, single
from app.api.dependencies import Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, DomainOrder, Limit, PageNumber, asked
from app.models.columns import Id
from app.models.email_domain import EmailDomainCreate, EmailDomainItem, EmailDomainRead, EmailDomainUpdate
from app.services import email_domains

router = router_of("identity-providers")

EmailDomainId = Annotated[Id, Path(alias="emailDomainId", description="The e-mail domain.")]


def _answer(call: Reading | Writing, email_domain: EmailDomainRead, status: int = 200) -> Response:
    return single(call.request, email_domain, f"/email-domains/{email_domain.id}", status=status)


@router.get(
    "/organisations/{organisationId}/email-domains",
    response_model=page_of(EmailDomainItem),
    summary="List an organisation's e-mail domains",
)
async def list_email_domains(
    call: Reading,
    organisation_id: OrganisationId,
    sort: Annotated[DomainOrder, Query(description="Order.")] = "domain",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """The domains that the organisation has claimed, verified or not."""
    request = asked(page, limit, after, sort)
    found = await email_domains.list_email_domains(call.work, organisation_id, request)
    return listed(call, EmailDomainItem, found, request)


@router.post(
    "/organisations/{organisationId}/email-domains",
    response_model=EmailDomainRead,
    status_code=201,
    summary="Claim an e-mail domain",
)
async def create_email_domain(
    call: Creating, organisation_id: OrganisationId, email_domain: EmailDomainCreate
) -> Response:
    """Say that a domain is the organisation's. The answer has the record to put into the domain's DNS."""
    made = await call.once(lambda: email_domains.create(call.work, organisation_id, email_domain), email_domains.read)
    return _answer(call, made, 201)


@router.get("/email-domains/{emailDomainId}", response_model=EmailDomainRead, summary="Read an e-mail domain")
async def read_email_domain(call: Reading, email_domain_id: EmailDomainId) -> Response:
    """A domain, the record that proves it, and the identity provider that signs the organisation's people in."""
    return _answer(call, await email_domains.read(call.work, email_domain_id))


@router.post(
    "/email-domains/{emailDomainId}/verifications",
    response_model=EmailDomainRead,
    status_code=201,
    summary="Verify an e-mail domain",
)
async def verify_email_domain(call: Creating, version: Version, email_domain_id: EmailDomainId) -> Response:
    """Look into DNS now. A domain is one organisation's at a time: whoever proves it first, until it is given up."""
    look_up: email_domains.LookUp = call.request.app.state.look_up_texts
    made = await call.once(
        lambda: email_domains.verify(call.work, email_domain_id, version, look_up), email_domains.read
    )
    return _answer(call, made, 201)


@router.patch("/email-domains/{emailDomainId}", response_model=EmailDomainRead, summary="Bind an e-mail domain")
async def update_email_domain(
    call: Writing, version: Version, email_domain_id: EmailDomainId, email_domain: EmailDomainUpdate
) -> Response:
    """Choose the identity provider through which all people of the organisation sign in, or none.

    From then on no password of theirs is accepted; with null the provider signs in none of them, and who came
    through it is signed out.
    """
    return _answer(call, await email_domains.update(call.work, email_domain_id, version, email_domain))


@router.delete("/email-domains/{emailDomainId}", status_code=204, summary="Give up an e-mail domain")
async def delete_email_domain(call: Writing, version: Version, email_domain_id: EmailDomainId) -> Response:
    """The domain is nobody's again, and binds the organisation to no identity provider."""
    await email_domains.delete(call.work, email_domain_id, version)
    return nothing()
