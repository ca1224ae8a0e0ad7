"""The dialogue and the survey, by the generated Python client: `journeys.py <address of the API> dialogue|survey`.

It knows the document and nothing else of the service. What comes back is written as JSON: the ids of what was made.
"""

import datetime
import json
import sys
import time
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from larande_client import AuthenticatedClient, Client
from larande_client.api.auth import create_token
from larande_client.api.dialogue_sessions import (
    create_dialogue_session,
    transition_dialogue_session,
    update_dialogue_session,
)
from larande_client.api.dialogue_templates import list_dialogue_templates
from larande_client.api.instruments import list_organisation_instruments
from larande_client.api.me import read_me
from larande_client.api.session_records import (
    approve_session_record,
    read_session_record,
    transition_session_record,
    update_session_record,
)
from larande_client.api.survey_amendments import (
    approve_survey_amendment,
    create_survey_amendment,
    read_survey_amendment,
)
from larande_client.api.survey_forms import read_survey_form
from larande_client.api.survey_invitations import create_survey_invitation_batch
from larande_client.api.survey_responses import create_survey_response
from larande_client.api.survey_results import read_unit_result
from larande_client.api.survey_rounds import (
    approve_survey_round,
    create_survey_round,
    read_survey_protection,
    read_survey_round,
    transition_survey_round,
)
from larande_client.api.units import create_unit, list_units
from larande_client.api.working_groups import approve_working_group, create_working_group, read_working_group
from larande_client.models import (
    ApprovalCreate,
    ApprovalRead,
    AttendanceInput,
    AttendanceStatus,
    Decision,
    DialogueSessionCreate,
    DialogueSessionRead,
    DialogueSessionStep,
    DialogueSessionTransition,
    DialogueSessionUpdate,
    DialogueTemplatePage,
    InstrumentPage,
    InvitationKind,
    MeRead,
    PasswordGrant,
    ProtectionRead,
    PublishedUnitContent,
    SessionRecordRead,
    SessionRecordState,
    SessionRecordStep,
    SessionRecordTransition,
    SessionRecordUpdate,
    SessionRecordUpdateAnswers,
    SurveyAmendmentCreate,
    SurveyAmendmentRead,
    SurveyFormRead,
    SurveyInvitationBatchCreate,
    SurveyInvitationBatchRead,
    SurveyResponseCreate,
    SurveyResponseCreateAnswers,
    SurveyRoundCreate,
    SurveyRoundRead,
    SurveyRoundStep,
    SurveyRoundTransition,
    SurveyThanks,
    Token,
    UnitCreate,
    UnitPage,
    UnitRead,
    UnitResultRead,
    WorkingGroupCreate,
    WorkingGroupRead,
    WorkingGroupState,
)
from larande_client.types import Response

T = TypeVar("T")
PASSWORD = "vantar-till-alla-torskar"


class Refused(Exception):
    """The service answered something else than what was expected here."""


def expect(kind: type[T], status: int, response: Response[Any]) -> T:
    """The answer, if it is the documented success."""
    if response.status_code != status or not isinstance(response.parsed, kind):
        raise Refused(f"{response.status_code} {response.parsed}")
    return response.parsed


def must(fact: bool, what: str) -> None:
    if not fact:
        raise Refused(what)


def etag(response: Response[Any]) -> str:
    return str(response.headers["ETag"])


@dataclass
class Person:
    client: AuthenticatedClient
    me: MeRead

    @property
    def organisation(self) -> UUID:
        if self.me.organisation is None:
            raise Refused("This person has no workplace.")
        return self.me.organisation.id


def sign_in(api: str, name: str) -> Person:
    grant = PasswordGrant(grant_type="password", username=f"{name}@mhv.example", password=PASSWORD)
    nobody = Client(base_url=api, raise_on_unexpected_status=True)
    token = expect(Token, 200, create_token.sync_detailed(client=nobody, body=grant))
    client = AuthenticatedClient(base_url=api, token=token.access_token, raise_on_unexpected_status=True)
    return Person(client, expect(MeRead, 200, read_me.sync_detailed(client=client)))


def two_weeks_on() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=14)


def approval(content_hash: str | None) -> ApprovalCreate:
    if content_hash is None:
        raise Refused("There is nothing to approve yet.")
    return ApprovalCreate(content_hash=content_hash, decision=Decision.APPROVE)


@dataclass
class Table:
    """The three who meet, and the group they have."""

    employer: Person
    union: Person
    facilitator: Person
    unit: UUID
    group: UUID


def begin(api: str) -> Table:
    """Both sides approve a working group."""
    employer, union, facilitator = (
        sign_in(api, name) for name in ("katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom")
    )
    found = list_units.sync_detailed(employer.organisation, client=employer.client, q="Biologilaboratoriet")
    unit = expect(UnitPage, 200, found).items[0].id
    proposal = WorkingGroupCreate(
        name="Lärgruppen på Biologilaboratoriet",
        purpose="Att tala om vad ett väl utfört arbete är och vad vi behöver lära.",
        scope_unit_id=unit,
        party_ids=[each.me.mandates[0].party_id for each in (employer, union)],
    )
    made = create_working_group.sync_detailed(employer.organisation, client=employer.client, body=proposal)
    group = expect(WorkingGroupRead, 201, made)
    must(group.state is WorkingGroupState.FORMING, "Nothing begins before both have approved.")
    for side in (employer, union):
        read = read_working_group.sync_detailed(group.id, client=side.client)
        body = approval(expect(WorkingGroupRead, 200, read).content_hash)
        given = approve_working_group.sync_detailed(group.id, client=side.client, body=body, if_match=etag(read))
        must(expect(ApprovalRead, 201, given).decision is Decision.APPROVE, "The decision is what was sent.")
    read = read_working_group.sync_detailed(group.id, client=union.client)
    must(expect(WorkingGroupRead, 200, read).state is WorkingGroupState.ACTIVE, "Both have approved.")
    return Table(employer, union, facilitator, unit, group.id)


def dialogue(api: str) -> dict[str, str]:
    """From a working group to a record that both sides have approved."""
    table = begin(api)
    found = list_dialogue_templates.sync_detailed(client=table.union.client, q="work well done")
    plan = DialogueSessionCreate(
        dialogue_template_id=expect(DialogueTemplatePage, 200, found).items[0].id,
        starts_at=datetime.datetime.now(datetime.UTC),
        place="Fikarummet",
        facilitator_id=table.facilitator.me.id,
        facilitator_function="Verksamhetsutvecklare",
    )
    planned = create_dialogue_session.sync_detailed(table.group, client=table.union.client, body=plan)
    session = expect(DialogueSessionRead, 201, planned)
    leading = table.facilitator.client
    present = [
        AttendanceInput(mandate_id=each.me.mandates[0].id, status=AttendanceStatus.PRESENT)
        for each in (table.employer, table.union)
    ]
    noted = update_dialogue_session.sync_detailed(
        session.id,
        client=leading,
        body=DialogueSessionUpdate(employee_headcount=7, attendances=present),
        if_match=etag(planned),
    )
    must(expect(DialogueSessionRead, 200, noted).employee_headcount == 7, "Seven were counted.")
    held = transition_dialogue_session.sync_detailed(
        session.id,
        client=leading,
        body=DialogueSessionTransition(to=DialogueSessionStep.HELD),
        if_match=etag(noted),
    )
    record_id = expect(DialogueSessionRead, 201, held).session_record_id
    if record_id is None:
        raise Refused("A session that was held has a record.")
    draft = read_session_record.sync_detailed(record_id, client=leading)
    answers = SessionRecordUpdateAnswers.from_dict(
        {
            "q2": "Att provsvaret går att lita på, och att nästa skift kan ta vid utan att fråga.",
            "q4": "Tid att gå bredvid varandra, och att våga säga till när något är oklart.",
        }
    )
    written = update_session_record.sync_detailed(
        record_id,
        client=leading,
        body=SessionRecordUpdate(answers=answers, shared_picture="Tiden för handledning har minskat."),
        if_match=etag(draft),
    )
    expect(SessionRecordRead, 200, written)
    review = SessionRecordTransition(
        to=SessionRecordStep.UNDERREVIEW, review_deadline=two_weeks_on(), no_individual_recognisable=True
    )
    sent = transition_session_record.sync_detailed(record_id, client=leading, body=review, if_match=etag(written))
    must(expect(SessionRecordRead, 201, sent).state is SessionRecordState.UNDERREVIEW, "It is under review.")
    for side in (table.employer, table.union):
        read = read_session_record.sync_detailed(record_id, client=side.client)
        body = approval(expect(SessionRecordRead, 200, read).content_hash)
        given = approve_session_record.sync_detailed(record_id, client=side.client, body=body, if_match=etag(read))
        must(expect(ApprovalRead, 201, given).content_hash == body.content_hash, "What was read is what is approved.")
    final = expect(SessionRecordRead, 200, read_session_record.sync_detailed(record_id, client=table.union.client))
    must(final.state is SessionRecordState.FINAL, "Both have approved.")
    must(final.content.shared_picture == "Tiden för handledning har minskat.", "It says what was written.")
    must(len(final.approvals) == 2, "Both decisions are there.")
    return {"record": str(final.id), "contentHash": str(final.content_hash)}


def survey(api: str) -> dict[str, str]:
    """From a round that both sides open to a result that both can read."""
    table = begin(api)
    employer, union = table.employer.client, table.union.client
    found = list_organisation_instruments.sync_detailed(table.employer.organisation, client=employer)
    unit = expect(
        UnitRead,
        201,
        create_unit.sync_detailed(
            table.employer.organisation,
            client=employer,
            body=UnitCreate(name="Planktongruppen", parent_id=table.unit, headcount=12),
        ),
    )
    draft = SurveyRoundCreate(
        title="Lärklimatet",
        instrument_id=expect(InstrumentPage, 200, found).items[0].id,
        root_unit_id=unit.id,
        opens_at=datetime.datetime.now(datetime.UTC),
        closes_at=two_weeks_on(),
    )
    drafted = create_survey_round.sync_detailed(table.group, client=employer, body=draft)
    round_id = expect(SurveyRoundRead, 201, drafted).id
    promised = read_survey_protection.sync_detailed(round_id, client=employer, response_rate=0.6)
    must(expect(ProtectionRead, 200, promised).units[0].status == "shown", "Seven of twelve are enough.")
    proposed = transition_survey_round.sync_detailed(
        round_id,
        client=employer,
        body=SurveyRoundTransition(to=SurveyRoundStep.PROPOSED),
        if_match=etag(drafted),
    )
    expect(SurveyRoundRead, 201, proposed)
    for side in (employer, union):
        read = read_survey_round.sync_detailed(round_id, client=side)
        body = approval(expect(SurveyRoundRead, 200, read).content_hash)
        given = approve_survey_round.sync_detailed(round_id, client=side, body=body, if_match=etag(read))
        expect(ApprovalRead, 201, given)
    slips = SurveyInvitationBatchCreate(unit_id=unit.id, kind=InvitationKind.SLIPS, count=10)
    invited = create_survey_invitation_batch.sync_detailed(round_id, client=union, body=slips)
    links = expect(SurveyInvitationBatchRead, 201, invited).slip_links
    if not isinstance(links, list) or len(links) != 10:
        raise Refused("There is a link for each slip.")
    for number, link in enumerate(links):
        answer(api, link.partition("#")[2], number)
    close_now = SurveyAmendmentCreate(reason="Alla har svarat.", closes_at=None)
    asked = create_survey_amendment.sync_detailed(round_id, client=union, body=close_now)
    amendment = expect(SurveyAmendmentRead, 201, asked)
    for side in (employer, union):
        seen = read_survey_amendment.sync_detailed(amendment.id, client=side)
        body = approval(expect(SurveyAmendmentRead, 200, seen).content_hash)
        given = approve_survey_amendment.sync_detailed(amendment.id, client=side, body=body, if_match=etag(seen))
        expect(ApprovalRead, 201, given)
    result = released(round_id, unit.id, employer)
    must(released(round_id, unit.id, union).content_hash == result.content_hash, "Both read the same.")
    if not isinstance(result.content, PublishedUnitContent):
        raise Refused("Ten answers of twelve are shown.")
    said = result.content.dimensions[0].text_alternative
    return {"round": str(round_id), "unit": str(unit.id), "said": str(said.sv)}


def answer(api: str, token: str, number: int) -> None:
    """One respondent, who has a link and no account."""
    respondent = AuthenticatedClient(base_url=api, token=token, raise_on_unexpected_status=True)
    form = expect(SurveyFormRead, 200, read_survey_form.sync_detailed(client=respondent))
    chosen = SurveyResponseCreateAnswers()
    for place, item in enumerate(form.items):
        chosen[item.id] = 2 + (number + place) % 4
    body = SurveyResponseCreate(answers=chosen)
    thanks = expect(SurveyThanks, 201, create_survey_response.sync_detailed(client=respondent, body=body))
    must(thanks.sv != "", "Whoever answers is thanked.")


def released(round_id: UUID, unit_id: UUID, client: AuthenticatedClient) -> UnitResultRead:
    """The result, which comes within half a minute; until then it is refused."""
    for _ in range(40):
        read = read_unit_result.sync_detailed(round_id, unit_id, client=client)
        if read.status_code != 409:
            return expect(UnitResultRead, 200, read)
        time.sleep(2)
    raise Refused("No result has come.")


if __name__ == "__main__":
    api, which = sys.argv[1:]
    print(json.dumps({"dialogue": dialogue, "survey": survey}[which](api)))
