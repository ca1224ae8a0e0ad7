"""Interest in the service: registered by anyone, confirmed and withdrawn by whoever has the link, without an account.

Nothing here tells what is registered already, or which organisations there are: organisations are not looked at, and
what is found of other registrations changes nothing in the answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.base import new_id
from app.models.columns import UtcDateTime
from app.models.interest_registration import (
    InterestConfirmation,
    InterestLinkRead,
    InterestRegistration,
    InterestRegistrationCreate,
    InterestState,
)
from app.models.sign_in import AttemptKind
from app.services import interest_consent, interest_mail, joinings, throttle
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.personal_numbers import has_personal_number
from app.services.places import Place, address_hash
from app.services.sign_ins import Entrance, digest, new_token
from app.services.spelling import begins_formula
from app.services.sweeping import sweep_older
from app.services.throttle import Attempt, attempt_of
from app.services.vault import Vault
from app.services.work import columns_for

UNCONFIRMED_KEPT = timedelta(days=7)
KEPT = timedelta(days=365)
"""From the latest confirmation in a joining."""
IN_ALL, WINDOW = 500, timedelta(hours=1)
"""So many registrations are taken in an hour from everybody together: what comes beyond that is no interest."""

_TEXTS = ("organisation_name", "party_name", "contact_name", "contact_function", "contact_email")
_CALLED = ("contact_name", "contact_email")
_POINTERS = dict(
    zip(_TEXTS, ("organisationName", "partyName", "contactName", "contactFunction", "contactEmail"), strict=True)
)
_JOINING = (
    sa.select(col(InterestRegistration.joining_id))
    .where(
        col(InterestRegistration.code_hash) == sa.bindparam("code_hash", type_=sa.LargeBinary),
        col(InterestRegistration.state) != InterestState.UNCONFIRMED,
    )
    .limit(1)
)
_BY_TOKEN = sa.select(InterestRegistration).where(
    col(InterestRegistration.token_hash) == sa.bindparam("token_hash", type_=sa.LargeBinary),
    sa.or_(
        col(InterestRegistration.state) != InterestState.UNCONFIRMED,
        col(InterestRegistration.created_at) > sa.bindparam("since", type_=UtcDateTime),
    ),
)
# All of a joining, always in one order: whoever decides or withdraws holds the others' too.
_TOGETHER = (
    sa.select(InterestRegistration)
    .where(col(InterestRegistration.joining_id) == sa.bindparam("joining_id", type_=sa.Uuid))
    .order_by(col(InterestRegistration.id))
)
_HELD = _TOGETHER.with_for_update().execution_options(populate_existing=True)
_LATELY = (
    sa.select(col(InterestRegistration.created_at))
    .where(col(InterestRegistration.created_at) > sa.bindparam("since", type_=UtcDateTime))
    .order_by(col(InterestRegistration.created_at).desc())
    .offset(IN_ALL - 1)
    .limit(1)
)


async def register(entrance: Entrance, vault: Vault, data: InterestRegistrationCreate, place: Place) -> None:
    """Store it, or put it in the place of what was said of the same address and not confirmed yet; and a mail.

    Too many from a place, or from everybody, are refused: that tells nothing of any address. Too many for one address
    are not stored and answered all the same: a link was mailed to it within the hour, and works.
    """
    _check_texts(data)
    interest_consent.check(data.consent_version)
    now = entrance.clock()
    async with entrance.write() as session:
        attempt = attempt_of(entrance.key, None, data.contact_email, place)
        found = await throttle.wait(session, attempt, now, AttemptKind.INTEREST)
        if found.place:
            raise throttle.too_many(found.place)
        crowded = (await session.execute(_LATELY, {"since": now - WINDOW})).scalar_one_or_none()
        if crowded is not None:
            raise throttle.too_many(crowded + WINDOW - now)
        if found.account:
            return
        await throttle.count(session, attempt, now, AttemptKind.INTEREST)
        # Looked for also without a code: with and without one takes the same steps.
        code_hash = digest(data.joining_code or new_token())
        joining_id = (await session.execute(_JOINING, {"code_hash": code_hash})).scalar_one_or_none() or new_id()
        registration_id = await _keep(session, vault, data, joining_id, now)
        await interest_mail.put_link(session, registration_id)


def _check_texts(data: InterestRegistrationCreate) -> None:
    refused = [
        FieldRefusal(f"/{_POINTERS[field]}", Code.PERSONAL_NUMBER_WRITTEN)
        for field in _TEXTS
        if has_personal_number(getattr(data, field))
    ]
    # Nobody is taken in with such a name: said now, and not when both sides have agreed.
    refused += [
        FieldRefusal(f"/{_POINTERS[field]}", Code.CELL_IS_FORMULA)
        for field in _CALLED
        if begins_formula(getattr(data, field))
    ]
    if refused:
        raise Refusal(refused[0].code, fields=refused)


async def _keep(
    session: AsyncSession, vault: Vault, data: InterestRegistrationCreate, joining_id: UUID, now: datetime
) -> UUID:
    """One statement, whether the address has a registration that waits for its link or not."""
    registration_id = new_id()
    said = data.model_dump(exclude={"joining_code"}) | {
        "joining_id": joining_id,
        "code_hash": digest(vault.link_token(joining_id)),
        "created_at": now,
    }
    stored = (
        insert(InterestRegistration)
        .values(
            id=registration_id,
            version=1,
            state=InterestState.UNCONFIRMED,
            token_hash=digest(vault.link_token(registration_id)),
            **said,
        )
        .on_conflict_do_update(
            index_elements=[sa.func.lower(col(InterestRegistration.contact_email))],
            index_where=sa.text("state = 'unconfirmed'"),
            set_={**said, "version": col(InterestRegistration.version) + 1},
        )
        .returning(col(InterestRegistration.id))
    )
    kept: UUID = (await session.execute(stored)).scalar_one()
    return kept


async def read_link(entrance: Entrance, vault: Vault, token: str, place: Place) -> InterestLinkRead:
    async with entrance.read() as session:
        own = await _by_token(session, token, entrance.clock())
        if own is not None:
            together = (await session.execute(_TOGETHER, {"joining_id": own.joining_id})).scalars().all()
            return _shown(vault, own, together)
    raise await _refused(entrance, token, place)


async def confirm(entrance: Entrance, vault: Vault, data: InterestConfirmation, place: Place) -> InterestLinkRead:
    """One side's word on exactly this content. Whoever else had confirmed another one is asked again."""
    async with entrance.write() as session:
        now = entrance.clock()
        own = await _by_token(session, data.token, now)
        if own is not None:
            together = await hold(session, own.joining_id)
            # Withdrawn, or registered anew with something else in it, while this waited.
            own = next((each for each in together if each.id == own.id), None)
        if own is not None:
            confirmed = _in_content(own, together)
            if data.content_hash != joinings.hash_of(joinings.content_of(confirmed)):
                raise Refusal(Code.CONTENT_CHANGED, "/contentHash")
            own.confirmed_hash, own.confirmed_at = data.content_hash, now
            if own.state is InterestState.UNCONFIRMED:
                own.state = InterestState.CONFIRMED
            await settle(session, confirmed)
            return _shown(vault, own, together)
    raise await _refused(entrance, data.token, place)


async def withdraw(entrance: Entrance, token: str, place: Place) -> None:
    """Consent taken back: nothing of the registration stays."""
    async with entrance.write() as session:
        own = await _by_token(session, token, entrance.clock())
        if own is not None:
            await remove(session, own.joining_id, {own.id})
            return
    raise await _refused(entrance, token, place)


async def hold(session: AsyncSession, joining_id: UUID) -> Sequence[InterestRegistration]:
    return (await session.execute(_HELD, {"joining_id": joining_id})).scalars().all()


async def remove(session: AsyncSession, joining_id: UUID, ids: set[UUID]) -> None:
    """Delete some of a joining. Those who stay have confirmed something else than what is left."""
    together = await hold(session, joining_id)
    for each in together:
        if each.id in ids:
            await session.delete(each)
    await session.flush()
    await settle(session, [each for each in together if each.id not in ids])


async def settle(session: AsyncSession, together: Sequence[InterestRegistration]) -> None:
    """Say of each whether all have agreed; whoever has confirmed what is no more is written to, once."""
    confirmed = [each for each in together if each.state is not InterestState.UNCONFIRMED]
    if not confirmed:
        return
    wanted = joinings.hash_of(joinings.content_of(confirmed))
    state = InterestState.CONFIRMED if joinings.gaps(confirmed) else InterestState.AGREED
    for each in confirmed:
        outdated = each.confirmed_hash is not None and each.confirmed_hash != wanted
        if outdated:
            each.confirmed_hash = None
            await interest_mail.put_change(session, each.id)
        each.state = state
        each.version += 1
    await session.flush()


async def forget_address(session: AsyncSession, address: str) -> None:
    """Everything that is registered with an address: of somebody who is erased."""
    of_address = sa.select(col(InterestRegistration.joining_id), col(InterestRegistration.id)).where(
        sa.func.lower(col(InterestRegistration.contact_email)) == sa.func.lower(address)
    )
    found = (await session.execute(of_address.order_by(col(InterestRegistration.joining_id)))).all()
    for joining_id in dict.fromkeys(each.joining_id for each in found):
        await remove(session, joining_id, {each.id for each in found})


async def sweep(session: AsyncSession, now: datetime) -> bool:
    """Destroy what nobody confirmed, and what was last confirmed a year ago; whether there may be more."""
    unconfirmed = await sweep_older(
        session,
        col(InterestRegistration.id),
        sa.case((col(InterestRegistration.state) == InterestState.UNCONFIRMED, col(InterestRegistration.created_at))),
        now - UNCONFIRMED_KEPT,
    )
    latest = sa.func.max(col(InterestRegistration.confirmed_at))
    over = sa.select(col(InterestRegistration.joining_id)).group_by(col(InterestRegistration.joining_id))
    old = over.having(latest < now - KEPT)
    await session.execute(
        sa.delete(InterestRegistration)
        .where(
            col(InterestRegistration.state) != InterestState.UNCONFIRMED,
            col(InterestRegistration.joining_id).in_(old),
        )
        .execution_options(synchronize_session=False)
    )
    return unconfirmed


async def _by_token(session: AsyncSession, token: str, now: datetime) -> InterestRegistration | None:
    given = {"token_hash": digest(token), "since": now - UNCONFIRMED_KEPT}
    found: InterestRegistration | None = (await session.execute(_BY_TOKEN, given)).scalar_one_or_none()
    return found


async def _refused(entrance: Entrance, token: str, place: Place) -> Refusal:
    """Unknown tokens are counted by place; the right one never waits."""
    async with entrance.write() as session:
        attempt = Attempt(digest(token), address_hash(entrance.key, place.address), None, known_device=False)
        await throttle.count_in(session, attempt, entrance.clock(), AttemptKind.LINK)
    return Refusal(Code.LINK_UNKNOWN, "/token")


def _in_content(own: InterestRegistration, together: Sequence[InterestRegistration]) -> list[InterestRegistration]:
    """What others have not confirmed yet is no part of it; one's own is, since whoever reads it has the link."""
    return [each for each in together if each.state is not InterestState.UNCONFIRMED or each.id == own.id]


def _shown(vault: Vault, own: InterestRegistration, together: Sequence[InterestRegistration]) -> InterestLinkRead:
    content_of = _in_content(own, together)
    content = joinings.content_of(content_of)
    return InterestLinkRead.model_validate(
        columns_for(InterestLinkRead, own)
        | {
            "registered_at": own.created_at,
            "joining_code": None if own.confirmed_at is None else vault.link_token(own.joining_id),
            "content": content,
            "content_hash": joinings.hash_of(content),
            "gaps": joinings.gaps(content_of),
        }
    )
