"""Two-key mode: each side makes a key of its own while the round is a draft. Only its public half is kept."""

from uuid import UUID

from app.models.party import Side
from app.models.survey_key_share import KeyShareRead
from app.models.survey_round import SurveyRound
from app.models.template_content import both
from app.services import ballot
from app.services.errors import Code, Refusal
from app.services.spelling import base64url
from app.services.work import Work, admit, changed, find

KEY_NOTICE = both(
    sv="I den här omgången har varje sida en egen nyckel, och båda behövs för att öppna svaren när omgången har "
    "stängt. Nyckeln är 24 ord. De visas en enda gång och sparas inte i tjänsten. Skriv ner dem på papper, i ordning, "
    "och förvara dem så att minst två av sidans företrädare når dem fram till dess att resultatet finns, men ingen "
    "från den andra sidan. Om orden går förlorade kan ingen öppna svaren, inte heller den som driver tjänsten: alla "
    "svar är då borta och omgången får inget resultat. Båda sidor kan då tillsammans avbryta omgången, och svaren "
    "förstörs olästa. Så länge omgången är ett utkast kan sidan göra en ny nyckel, "
    "som ersätter den gamla. När omgången är öppen går det inte.",
    en="In this round each side has a key of its own, and both are needed to open the answers once the round has "
    "closed. The key is 24 words. They are shown only once and are not kept in the service. Write them down on paper, "
    "in order, and keep them where at least two of the side's representatives can reach them until there is a result, "
    "but nobody from the other side can. If the words are lost, nobody can open the answers, and neither can whoever "
    "runs the service: all answers are then gone and the round has no result. Both sides together can then abandon the "
    "round, and the answers are destroyed unread. While the round is a draft the side can "
    "make a new key, which replaces the old one. Once the round is open it cannot.",
)
_COLUMNS = {Side.EMPLOYER: "employer_public_key", Side.UNION: "union_public_key"}


async def create_share(work: Work, round_id: UUID, version: int) -> KeyShareRead:
    """Make the key of the actor's side, in place of an earlier one. The words are in the answer and nowhere else."""
    survey_round = await admit(work, "create_key_share", SurveyRound, round_id, version)
    seat = work.actor.seats_at(survey_round.working_group_id)[0]
    secret_key = ballot.new_secret()
    public_key = {_COLUMNS[seat.side]: ballot.public_key_of(secret_key)}
    await changed(work, "create_key_share", survey_round, public_key, mandate_id=seat.mandate_id)
    return _shown(survey_round, seat.side, ballot.words_of(secret_key))


async def read_share(work: Work, round_id: UUID) -> KeyShareRead:
    """The key that an earlier request made, without the words."""
    survey_round = await find(work, SurveyRound, round_id)
    return _shown(survey_round, work.actor.seats_at(survey_round.working_group_id)[0].side, None)


def keys_made(survey_round: SurveyRound) -> list[Side]:
    return [side for side, column in _COLUMNS.items() if getattr(survey_round, column) is not None]


def public_keys(survey_round: SurveyRound) -> list[str]:
    """In two-key mode the keys of both sides, in the order in which answers are sealed for them."""
    return [spelled(getattr(survey_round, _COLUMNS[side])) for side in keys_made(survey_round)]


def spelled(public_key: bytes) -> str:
    return base64url(public_key)


def _shown(survey_round: SurveyRound, side: Side, words: list[str] | None) -> KeyShareRead:
    public_key: bytes | None = getattr(survey_round, _COLUMNS[side])
    if public_key is None:
        raise Refusal(Code.NOT_FOUND)  # made, and gone again since the round went over to one key
    return KeyShareRead(
        version=survey_round.version,
        survey_round_id=survey_round.id,
        side=side,
        public_key=spelled(public_key),
        words=words,
        explanation=KEY_NOTICE,
    )
