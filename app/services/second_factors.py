"""The second factor and its recovery codes: switched on with a first code, asked for at sign-in, switched off again."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.models.person import Person, Role
from app.models.second_factor import RecoveryCode, RecoveryCodes, SecondFactor, SecondFactorRead, SecondFactorSecret
from app.models.sign_in import AttemptKind, SignIn, SignInEnd, SignInMethod
from app.services import account_mail, audit, one_time_codes, policy, throttle, wall
from app.services.account_letters import Notice
from app.services.actor import Actor
from app.services.addresses import by_email
from app.services.errors import Code, Refusal
from app.services.sign_ins import digest, end
from app.services.throttle import Attempt
from app.services.vault import BoxClosed, Vault
from app.services.work import Work, find_oneself, store

PURPOSE = "second factors"
PENDING_FOR = timedelta(minutes=15)
"""So long a secret waits for its first code."""
WARNED_AFTER = 5
"""Wrong codes in a day, after which the person is told that somebody has the password."""

_log = structlog.get_logger("larande.second_factors")

_OWN = sa.select(SecondFactor).where(col(SecondFactor.person_id) == sa.bindparam("person_id", type_=sa.Uuid))
_HELD = _OWN.with_for_update().execution_options(populate_existing=True)
_METHOD = sa.select(col(SignIn.method)).where(col(SignIn.id) == sa.bindparam("sign_in_id", type_=sa.Uuid))
_UNUSED = sa.and_(
    col(RecoveryCode.person_id) == sa.bindparam("person_id", type_=sa.Uuid), col(RecoveryCode.used_at).is_(None)
)
_LEFT = sa.select(sa.func.count()).select_from(RecoveryCode).where(_UNUSED)


async def read(work: Work, needed: "Needed") -> SecondFactorRead:
    policy.require(work.actor, "read_second_factor")
    found = (await work.session.execute(_OWN, {"person_id": work.actor.person_id})).scalar_one_or_none()
    left = (await work.session.execute(_LEFT, {"person_id": work.actor.person_id})).scalar_one()
    since = found.confirmed_at if found else None
    return SecondFactorRead(
        version=found.version if found else 0,
        active=since is not None,
        demanded=needed.of(work.actor),
        since=since,
        recovery_codes_left=left,
    )


async def enrol(work: Work, vault: Vault) -> SecondFactorSecret:
    """A new secret, in place of one that was never confirmed. It counts for nothing until it is."""
    policy.require(work.actor, "create_second_factor")
    person = await find_oneself(work, lock=True)
    found = (await work.session.execute(_HELD, {"person_id": person.id})).scalar_one_or_none()
    if found is not None and found.confirmed_at is not None:
        raise Refusal(Code.SECOND_FACTOR_ACTIVE)
    secret = one_time_codes.new_secret()
    box = vault.seal(PURPOSE, str(person.id), secret.encode())
    if found is None:
        found = SecondFactor(person_id=person.id, sealed_secret=box, created_at=work.now)
    else:
        found.sealed_secret, found.created_at, found.version = box, work.now, found.version + 1
    work.session.add(found)
    await _note(work, "create_second_factor", found)
    address = one_time_codes.address(secret, person.email)
    return SecondFactorSecret(
        version=found.version, id=person.id, secret=secret, otpauth_uri=address, qr_code=one_time_codes.qr_code(address)
    )


async def enrolled(work: Work) -> SecondFactorSecret:
    """What an earlier request made, without the secret."""
    found = (await work.session.execute(_OWN, {"person_id": work.actor.person_id})).scalar_one_or_none()
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return SecondFactorSecret(version=found.version, id=found.person_id, secret=None, otpauth_uri=None, qr_code=None)


async def confirm(work: Work, vault: Vault, attempt: Attempt, code: str, sign_in_id: UUID) -> RecoveryCodes:
    """From now on it is asked for. Sign-ins that did not take it end; this one goes on.

    Whoever hits the code is given recovery codes, so the caller has counted the attempt.
    """
    policy.require(work.actor, "confirm_second_factor")
    person = await find_oneself(work, lock=True)
    found = (await work.session.execute(_HELD, {"person_id": person.id})).scalar_one_or_none()
    if found is None or (found.confirmed_at is None and found.created_at + PENDING_FOR <= work.now):
        raise Refusal(Code.SECOND_FACTOR_INACTIVE)
    if found.confirmed_at is not None:
        raise Refusal(Code.SECOND_FACTOR_ACTIVE)
    step = _step(vault, found, code, work.now)
    if step is None:
        # Signed in they are: a client that is told 401 would renew its token and ask for ever.
        raise Refusal(Code.PROOF_REFUSED, "/oneTimeCode")
    async with wall.beyond(work.session):  # nobody sees what was tried at an account
        await throttle.forget(work.session, attempt, AttemptKind.ONE_TIME_CODE)
    found.confirmed_at, found.last_step, found.version = work.now, step, found.version + 1
    work.session.add(found)
    codes = await _new_codes(work, found)
    await _now_by(work, sign_in_id, SignInMethod.PASSWORD_AND_ONE_TIME_CODE)
    await _others_end(work, sign_in_id)
    await _note(work, "confirm_second_factor", found)
    await account_mail.put_notice(work.session, Notice.SECOND_FACTOR_ADDED, person.id, work.now)
    return codes


async def renew_recovery_codes(work: Work) -> RecoveryCodes:
    """Ten new ones; the old ones no longer count."""
    policy.require(work.actor, "create_recovery_codes")
    person = await find_oneself(work, lock=True)
    found = (await work.session.execute(_HELD, {"person_id": person.id})).scalar_one_or_none()
    if found is None or found.confirmed_at is None:
        raise Refusal(Code.SECOND_FACTOR_INACTIVE)
    found.version += 1
    work.session.add(found)
    codes = await _new_codes(work, found)
    await _note(work, "create_recovery_codes", found)
    await account_mail.put_notice(work.session, Notice.RECOVERY_CODES_RENEWED, person.id, work.now)
    return codes


async def renewed(work: Work) -> RecoveryCodes:
    """That an earlier request made codes, without the codes."""
    found = (await work.session.execute(_OWN, {"person_id": work.actor.person_id})).scalar_one_or_none()
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return RecoveryCodes(version=found.version, id=found.person_id, recovery_codes=None)


async def remove(work: Work, sign_in_id: UUID) -> Person:
    """Back to the password alone; also gives up one that was never confirmed. There may be none by now."""
    policy.require(work.actor, "remove_second_factor")
    person = await find_oneself(work, lock=True)
    found = (await work.session.execute(_HELD, {"person_id": person.id})).scalar_one_or_none()
    if found is None:
        return person
    await _note(work, "remove_second_factor", found)
    await _delete(work.session, found)
    if found.confirmed_at is not None:
        await _now_by(work, sign_in_id, SignInMethod.PASSWORD)
        await _others_end(work, sign_in_id)
        await account_mail.put_notice(work.session, Notice.SECOND_FACTOR_REMOVED, person.id, work.now)
    return person


async def person_of(work: Work) -> Person:
    """Whose it was that an earlier request with the same key removed."""
    return await find_oneself(work)


async def reset(session: AsyncSession, email: str, now: datetime) -> None:
    """For somebody who has lost the phone and the recovery codes; by command, once it is sure who asks."""
    person = await by_email(session, email, hold=True)
    if person is None:
        raise Refusal(Code.UNKNOWN_PERSON)
    factor = (await session.execute(_HELD, {"person_id": person.id})).scalar_one_or_none()
    if factor is None:
        raise Refusal(Code.SECOND_FACTOR_INACTIVE)
    await _delete(session, factor)
    await end(session, col(SignIn.person_id) == person.id, SignInEnd.SECOND_FACTOR_CHANGED, now)
    session.add(audit.entry(None, "reset_second_factor", person, now, None, None))
    await account_mail.put_notice(session, Notice.SECOND_FACTOR_RESET, person.id, now)
    await session.flush()


# --- At sign-in and wherever else a code is asked for ----------------------------------------------------------


async def is_active(session: AsyncSession, person_id: UUID) -> bool:
    found = (await session.execute(_OWN, {"person_id": person_id})).scalar_one_or_none()
    return found is not None and found.confirmed_at is not None


async def take(session: AsyncSession, vault: Vault, attempt: Attempt, code: str, now: datetime) -> bool:
    """Use a one-time code or a recovery code up. A wrong one is counted, which the caller must keep.

    The attempts on one account pass the throttle one by one, and a code is taken under a lock: sent twice at once it
    is good for one of them.
    """
    person_id = attempt.person_id
    if person_id is None:
        raise ValueError("codes are somebody's")
    await throttle.count_in(session, attempt, now, AttemptKind.ONE_TIME_CODE)
    found = (await session.execute(_HELD, {"person_id": person_id})).scalar_one_or_none()
    if found is None or found.confirmed_at is None:
        return False
    if len(code) == one_time_codes.DIGITS:
        step = _step(vault, found, code, now)
        right = step is not None
        if step is not None:
            found.last_step = step
            session.add(found)
    else:
        right = await _use_up(session, person_id, code, now)
    if right:
        await throttle.forget(session, attempt, AttemptKind.ONE_TIME_CODE)
    elif await throttle.counted(session, attempt, now - timedelta(days=1), AttemptKind.ONE_TIME_CODE) == WARNED_AFTER:
        await account_mail.put_notice(session, Notice.CODES_GUESSED, person_id, now)
    await session.flush()
    return right


async def _use_up(session: AsyncSession, person_id: UUID, code: str, now: datetime) -> bool:
    found = await session.get(RecoveryCode, digest(code), with_for_update=True, populate_existing=True)
    if found is None or found.person_id != person_id or found.used_at is not None:
        return False
    found.used_at = now
    session.add(found)
    await account_mail.put_notice(session, Notice.RECOVERY_CODE_USED, person_id, now)
    return True


def _step(vault: Vault, found: SecondFactor, code: str, now: datetime) -> int | None:
    try:
        secret = vault.open(PURPOSE, str(found.person_id), found.sealed_secret).decode()
    except BoxClosed:
        # After a change of LARANDE_TOKEN_SECRET only recovery codes are left.
        _log.warning("a second factor is sealed under another secret")
        return None
    return one_time_codes.matching_step(secret, code, now, found.last_step)


class Needed(StrEnum):
    """Of whom the installation demands a second factor."""

    OF_NOBODY = "none"
    OF_ADMINISTRATORS = "administrators"
    OF_EVERYONE = "everyone"

    def of(self, actor: Actor) -> bool:
        if self is Needed.OF_ADMINISTRATORS:
            return Role.SYSTEM_ADMINISTRATOR in actor.roles
        return self is Needed.OF_EVERYONE


async def demand(session: AsyncSession, sign_in_id: UUID) -> None:
    """Refuse a sign-in by password alone. What an identity provider has asked for is its own business."""
    how = (await session.execute(_METHOD, {"sign_in_id": sign_in_id})).scalar_one()
    if how is SignInMethod.PASSWORD:
        raise Refusal(Code.SECOND_FACTOR_MISSING)


# --- Parts -----------------------------------------------------------------------------------------------------


async def _new_codes(work: Work, found: SecondFactor) -> RecoveryCodes:
    codes = one_time_codes.new_recovery_codes()
    await work.session.execute(sa.delete(RecoveryCode).where(col(RecoveryCode.person_id) == found.person_id))
    work.session.add_all(
        RecoveryCode(code_hash=digest(one_time_codes.bare(code)), person_id=found.person_id, created_at=work.now)
        for code in codes
    )
    return RecoveryCodes(version=found.version, id=found.person_id, recovery_codes=codes)


async def _delete(session: AsyncSession, found: SecondFactor) -> None:
    """The factor and its codes."""
    await session.execute(sa.delete(RecoveryCode).where(col(RecoveryCode.person_id) == found.person_id))
    await session.delete(found)
    await session.flush()


async def _now_by(work: Work, sign_in_id: UUID, how: SignInMethod) -> None:
    """This sign-in has shown a code too; or shall not count as one that has, once none is asked for."""
    sign_in = await work.session.get_one(SignIn, sign_in_id)
    if sign_in.method is not SignInMethod.IDENTITY_PROVIDER:
        sign_in.method = how
        sign_in.version += 1
        work.session.add(sign_in)


async def _others_end(work: Work, sign_in_id: UUID) -> None:
    others = sa.and_(col(SignIn.person_id) == work.actor.person_id, col(SignIn.id) != sign_in_id)
    await end(work.session, others, SignInEnd.SECOND_FACTOR_CHANGED, work.now)


async def _note(work: Work, operation: str, found: SecondFactor) -> None:
    work.session.add(audit.entry(work.actor, operation, found, work.now, None, None))
    await store(work.session)
