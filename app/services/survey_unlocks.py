"""Two locks on one ballot box: after the closing time each side hands in the key that it alone has kept.

A key that is handed in goes to the key store, never to the database, and is destroyed there with the rest.
"""

import asyncio
from uuid import UUID

from app.models.base import AllowedAction
from app.models.party import Side
from app.models.survey_round import SurveyRound, SurveyRoundState, round_state
from app.models.survey_unlock import SurveyUnlockCreate, SurveyUnlocksRead
from app.services import policy
from app.services.ballot import BallotKeys, secret_for
from app.services.errors import Code, Refusal
from app.services.key_store import KeyMissing, KeyStore
from app.services.work import Work, admit, changed

LOCKS = (Side.EMPLOYER, Side.UNION)
"""In the order in which answers are sealed."""


async def read(work: Work, round_id: UUID, key_store: KeyStore) -> SurveyUnlocksRead:
    survey_round = await admit(work, "read_survey_unlocks", SurveyRound, round_id)
    return await _shown(work, survey_round, key_store)


async def unlock(work: Work, round_id: UUID, key_store: KeyStore, data: SurveyUnlockCreate) -> SurveyUnlocksRead:
    """Take a side's key. When both are there, whoever closes rounds does the rest within moments."""
    survey_round = await admit(work, "unlock_survey_round", SurveyRound, round_id)
    side = work.actor.seats_at(survey_round.working_group_id)[0].side
    public_key = survey_round.employer_public_key if side is Side.EMPLOYER else survey_round.union_public_key
    if public_key is None:
        raise Refusal(Code.ROUND_HAS_ONE_KEY)
    secret_key = await asyncio.to_thread(secret_for, public_key, data.words)
    # Before the commit, like every key: if that fails, the same words are handed in again.
    await asyncio.to_thread(key_store.put_share, survey_round.id, side, secret_key)
    closed = {}
    if survey_round.state is SurveyRoundState.OPEN:
        closed = {"state": SurveyRoundState.CLOSED, "closed_at": survey_round.closes_at}
    await changed(work, "unlock_survey_round", survey_round, closed)
    return await _shown(work, survey_round, key_store)


def keys_handed_in(key_store: KeyStore, round_id: UUID) -> dict[Side, bytes]:
    """What the sides have handed in so far. Waits for a disk or a network."""
    found = {}
    for side in LOCKS:
        try:
            found[side] = key_store.read_share(round_id, side)
        except KeyMissing:
            continue
    return found


def ballot_keys(key_store: KeyStore, survey_round: SurveyRound) -> BallotKeys | None:
    """What opens the round's answers; None while a side's key is missing. Raises `KeyMissing` if it is lost."""
    if not survey_round.two_keys:
        return BallotKeys([key_store.read_ballot_key(survey_round.id)])
    handed_in = keys_handed_in(key_store, survey_round.id)
    return BallotKeys([handed_in[side] for side in LOCKS]) if len(handed_in) == len(LOCKS) else None


async def _shown(work: Work, survey_round: SurveyRound, key_store: KeyStore) -> SurveyUnlocksRead:
    state = round_state(survey_round, work.now)
    sides: list[Side] = []
    if survey_round.two_keys and state is SurveyRoundState.CLOSED:
        sides = list(await asyncio.to_thread(keys_handed_in, key_store, survey_round.id))
    elif survey_round.two_keys and state is SurveyRoundState.RELEASED:
        sides = list(LOCKS)
    operation = "unlock_survey_round"
    reason: Code | None = Code.NOT_YOUR_ROLE
    if policy.may_ever(work.actor, operation, survey_round):
        reason = policy.obstacle(work.actor, operation, survey_round, work.now, {})
    return SurveyUnlocksRead(
        id=survey_round.id,
        version=survey_round.version,
        state=state,
        two_keys=survey_round.two_keys,
        sides=sides,
        allowed_actions=[AllowedAction(action=operation, allowed=reason is None, reason=reason)],
    )
