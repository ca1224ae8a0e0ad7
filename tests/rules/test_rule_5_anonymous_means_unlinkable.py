"""Rule 5: nothing that is stored ties an answer to an invitation. What can be tried beyond that is in tests/attacks."""

from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.services import ballot
from tests.client import Client
from tests.database import Database
from tests.survey_ballots import open_round


def test_rule_5_an_invitation_and_an_answer_share_nothing_but_the_round() -> None:
    invitation, sealed = (set(table.model_fields) for table in (SurveyInvitation, SealedResponse))
    assert invitation == {"token_hash", "survey_round_id", "unit_id", "used"}
    assert sealed == {"id", "survey_round_id", "ciphertext"}
    assert invitation & sealed == {"survey_round_id"}


async def test_rule_5_anonymous_means_unlinkable(client: Client, database: Database) -> None:
    stage = await open_round(database)
    tokens = [*await stage.invite(3, unit=0), *await stage.invite(3, unit=1)]
    for token in tokens:
        await client.signed_in(token).post("/survey-responses", {"answers": {"A1": 4}})
    boxes = await stage.boxes()
    # Equal answers, from different units: as many different boxes, of one length, and none says who or where.
    assert (len(set(boxes)), len({len(box) for box in boxes})) == (6, 1)
    known = [*map(ballot.token_hash, tokens), *(unit.bytes for unit in stage.units)]
    assert not any(each in box for box in boxes for each in known)
    # Each token was used up by its answer, and its holder is shown the same as one who has yet to answer.
    assert await stage.used() == set(map(ballot.token_hash, tokens))
    (free,) = await stage.invite(1, unit=0)
    forms = [await client.signed_in(token).get("/survey-forms/current") for token in (tokens[0], free)]
    assert forms[0] == forms[1]
