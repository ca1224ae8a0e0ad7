"""People over HTTP."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from app.api.answers import accepted, listed, nothing, page_of, single
from app.api.dependencies import Creating, Perhaps, Reading, SignedIn, Version, Writing, vault_of
from app.api.entrance import In, place_of
from app.api.operations import router_of
from app.api.organisations import OrganisationId
from app.api.paging import After, Limit, NameOrder, PageNumber, asked
from app.models.columns import Id, SearchWords
from app.models.person import PersonCreate, PersonItem, PersonRead, PersonUpdate
from app.models.second_factor import Proof
from app.models.sign_in import LinkOnItsWay
from app.services import erasure, invitations, people, proofs
from app.services.sign_ins import Entrance
from app.services.tokens import Claims

router = router_of("people")

PersonId = Annotated[Id, Path(alias="personId", description="The person.")]


def _answer(call: Reading | Writing, person: PersonRead, status: int = 200) -> Response:
    return single(call.request, person, f"/people/{person.id}", status=status)


@router.get(
    "/organisations/{organisationId}/people",
    response_model=page_of(PersonItem),
    summary="List an organisation's people",
)
async def list_people(
    call: Reading,
    organisation_id: OrganisationId,
    q: Annotated[SearchWords | None, Query(description="How one of the names, or the e-mail address, begins.")] = None,
    sort: Annotated[NameOrder, Query(description="Order.")] = "name",
    page: PageNumber = 1,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """People who may sign in, as far as you may see them. There is no list by party."""
    request = asked(page, limit, after, sort)
    return listed(call, PersonItem, await people.list_people(call.work, organisation_id, request, q), request)


@router.post(
    "/organisations/{organisationId}/people", response_model=PersonRead, status_code=201, summary="Add a person"
)
async def create_person(call: Creating, organisation_id: OrganisationId, person: PersonCreate) -> Response:
    """Somebody who is to represent, lead sessions, keep the archive or be invited to surveys. It gives no say."""
    made = await call.once(lambda: people.create(call.work, organisation_id, person), people.read)
    return _answer(call, made, 201)


@router.get("/people/{personId}", response_model=PersonRead, summary="Read a person")
async def read_person(call: Reading, person_id: PersonId) -> Response:
    """Yourself, or as a representative somebody in your organisation."""
    return _answer(call, await people.read(call.work, person_id))


@router.post(
    "/people/{personId}/invitations",
    response_model=LinkOnItsWay,
    status_code=202,
    summary="Mail somebody an invitation",
)
async def create_person_invitation(call: Creating, person_id: PersonId) -> Response:
    """A mail to the person's address, in their language, with a link on which they choose a password.

    It works once, within seven days, and in place of earlier ones. Nobody but its reader sees it; that somebody was
    invited, and by whom, is in the audit trail. It also helps somebody who has forgotten the password.
    """
    vault = vault_of(call.request)
    await call.once(lambda: invitations.mail(call.work, vault, person_id), invitations.mailed)
    return accepted(LinkOnItsWay(valid_for_seconds=int(invitations.VALID.total_seconds())))


@router.patch("/people/{personId}", response_model=PersonRead, summary="Change a person")
async def update_person(
    changing: Perhaps, entrance: In, version: Version, person_id: PersonId, person: PersonUpdate
) -> Response:
    """Your own name, e-mail address and language; everything for a system administrator.

    Your own e-mail address takes `currentPassword` as well: an access token alone, left open or stolen, does not change
    it. The former address is told. Somebody made inactive is out at once, whatever tokens they hold.
    """
    prove = _proof_in(changing, entrance, person_id, person)
    async with changing.call(prove) as call:
        vault = vault_of(call.request)
        found = await people.update(call.work, vault, person_id, version, person, proved=prove is not None)
        return _answer(call, found)


def _proof_in(
    changing: Perhaps, entrance: Entrance, person_id: UUID, person: PersonUpdate
) -> Callable[[], Awaitable[None]] | None:
    """What the request proves itself with, if it does and if that is of any use: of oneself alone."""
    claims, request = changing.claims, changing.request
    if "current_password" not in person.model_fields_set or not isinstance(claims, Claims):
        return None
    if claims.person_id != person_id:
        return None
    proof = Proof(password=person.current_password)
    place = place_of(request)
    return partial(proofs.prove, entrance, vault_of(request), person_id, proof, place, "/currentPassword")


@router.delete("/people/{personId}", status_code=204, summary="Erase a person")
async def erase_person(call: Writing, claims: SignedIn, version: Version, person_id: PersonId) -> Response:
    """Yourself, within five minutes of signing in (`signInTooOld`), or as a system administrator somebody who has left
    and has been made inactive: name, address, roles, password and sign-ins go for good, and so does the name wherever
    somebody has written it in what is not final. What the person's mandates decided stands, and shows the mandate's
    function only."""
    sign_in_id = claims.sign_in_id if isinstance(claims, Claims) else None
    await erasure.erase(call.work, call.request.app.state.token_key, person_id, version, sign_in_id)
    return nothing()
