"""What Schemathesis takes for a fault and is none: by check, code of the answer and operations, each with its reason.

One that nothing needs any more fails a whole long run; an ordinary one, which is a sample, says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.contract import document, resolved
from tests.contract_fuzz.asking import Finding

ACCEPTED, REFUSED = "positive_data_acceptance", "negative_data_rejection"


@dataclass(frozen=True)
class Known:
    """A code that a check does not expect of these operations."""

    check: str
    code: str
    operations: frozenset[str]
    why: str

    def __str__(self) -> str:
        return f"{self.check} / {self.code}: {self.why}"

    def covers(self, finding: Finding, code: str) -> bool:
        return (self.check, self.code) == (finding.check, code) and finding.operation in self.operations


def _taking(parameter: str) -> frozenset[str]:
    return frozenset(
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
        if any(each["name"] == parameter for each in operation["parameters"])
    )


WITH_BODY = frozenset(
    operation["operationId"]
    for item in document()["paths"].values()
    for operation in item.values()
    if "requestBody" in operation
)


def _holds_whole_number(part: Any, seen: frozenset[str] = frozenset()) -> bool:
    if isinstance(part, list):
        return any(_holds_whole_number(each, seen) for each in part)
    if not isinstance(part, dict):
        return False
    if part.get("type") == "integer":
        return True
    if isinstance(name := part.get("$ref"), str):
        return name not in seen and _holds_whole_number(resolved(part), seen | {name})
    return any(_holds_whole_number(each, seen) for each in part.values())


COUNTING = frozenset(
    operation["operationId"]
    for item in document()["paths"].values()
    for operation in item.values()
    if _holds_whole_number(operation.get("requestBody"))
)
ANY, VERSIONED, LISTS = _taking("traceparent"), _taking("If-Match"), _taking("cursor") | _taking("after")


def _each(check: str, why: str, **operations: str) -> list[Known]:
    """Exceptions with one reason: by code, the operations between spaces."""
    return [Known(check, code, frozenset(names.split()), why) for code, names in operations.items()]


_APPROVALS = (
    "approve_destruction approve_service_client approve_survey_amendment approve_survey_texts approve_working_group "
    "approve_session_record approve_survey_round approve_learning_log_entry"
)
_NOT_TOGETHER = "Fields that exclude or need each other: a rule of the whole, said in words where the fields are."
EXCEPTIONS: tuple[Known, ...] = (
    # --- Right by HTTP, and not among the statuses that Schemathesis knows for it
    Known(ACCEPTED, "staleVersion", VERSIONED, "An ETag of another version is well formed all the same."),
    Known("missing_required_header", "preconditionRequired", VERSIONED, "428 is what RFC 6585 has for it."),
    Known(ACCEPTED, "headersTooLarge", ANY, "Headers are bounded together; each alone may be as large as that."),
    Known(REFUSED, "staleVersion", VERSIONED, "412 before what is asked for is looked at."),
    Known(REFUSED, "headersTooLarge", ANY, "431 before anything else is looked at."),
    # --- What a shape cannot say, or what it says in words
    Known(ACCEPTED, "validationFailed controlCharacter", WITH_BODY | _taking("q"), "No text has control characters."),
    Known(ACCEPTED, "validationFailed stringTooShort", WITH_BODY, "A text is trimmed before it is measured."),
    Known(
        ACCEPTED, "validationFailed intType", COUNTING, "A whole number is written without a point: 180, never 180.0."
    ),
    Known(ACCEPTED, "validationFailed dateRange", WITH_BODY, "Days are of the years 1900 to 2999."),
    *_each(
        ACCEPTED,
        "An id or a name is that of something which is there, and which the caller sees.",
        unknownMandate=f"{_APPROVALS} create_party_note update_dialogue_session rate_followed_guide",
        unknownPerson="create_dialogue_session create_mandate",
        nothingToHold="create_legal_hold",
        personInactive="create_person_invitation",
        unknownGuide="create_followed_guide",
        unknownQuestion="create_action",
        unknownTemplate="create_dialogue_session create_dialogue_template",
        unknownText="withhold_survey_text",
        unknownSession="create_learning_log_entry",
        unknownUnit="create_unit update_unit create_person update_person replace_unit_tree update_working_group",
        unknownIdentityProvider="update_email_domain",
        unknownDelivery="create_webhook_delivery",
        unknownImportField="replace_import_mapping",
        targetUnknown="create_webhook_endpoint",
        typeNotInScopes="create_webhook_endpoint",
        firstMandateIsGeneral="create_mandate",
        surveyAnswerRefused="create_survey_response",
        unitOutsideGroup="create_survey_round",
        unitNotInRound="create_survey_invitation_batch",
        unknownWorkingGroup="create_calendar_feed create_mandate",
        ownPartyMissing="create_working_group",
        namedTwice="update_working_group",
        keyWordsOfAnother="unlock_survey_round",
        keyWordsMiscounted="unlock_survey_round",
        invitationRefused="set_password",
        linkUnknown="open_interest_link confirm_interest_registration withdraw_interest_registration",
        consentOutdated="create_interest_registration",
    ),
    Known(
        ACCEPTED,
        "instrumentFaulty",
        frozenset({"create_instrument"}),
        "A scale counts up, a dimension has items, an id is there once: rules between the parts of an instrument.",
    ),
    *_each(
        ACCEPTED,
        "How far a day lies from today no shape says.",
        expiryUnfit="create_service_client update_service_client create_service_client_credential",
        lastDayPassed="create_mandate update_mandate",
        dateInFuture="create_learning_log_entry update_learning_log_entry",
        reviewDeadlineMissing="transition_session_record",
    ),
    *_each(
        ACCEPTED,
        "Any bytes may come; whether they are a file of the kind said no shape can tell.",
        fileEmpty="create_import",
        fileForm="create_import",
    ),
    *_each(
        ACCEPTED,
        "Which phases a group has been in no shape says.",
        phaseNotBegun="rate_followed_guide",
        phaseNotEarlier="transition_followed_guide",
    ),
    *_each(ACCEPTED, "410: the plan of an old import is no longer kept.", planGone="list_import_changes"),
    Known(ACCEPTED, "cursorInvalid", LISTS, "A cursor comes from the answer before; it is not made by hand."),
    *_each(
        ACCEPTED,
        _NOT_TOGETHER,
        effectMissing="transition_action",
        notForThisStep="transition_action transition_followed_guide transition_session_record transition_survey_round",
        notForThisFormat="list_approved_records read_survey_results read_unit_result",
        outsideGroupLife="list_working_group_mandates",
        closesBeforeOpening="create_survey_round",
        surveyTokensDiffer="create_survey_response",
        surveyAnswerEmpty="create_survey_response",
        scopeNotForKind="create_service_client update_service_client",
        columnTwice="replace_import_mapping",
        closingTimeOrAbandon="create_survey_amendment",
        confirmationMissing="transition_session_record",
        templateSourceMissing="create_dialogue_template",
    ),
)
EXCEPTIONS += tuple(
    Known(ACCEPTED, f"validationFailed {field}", frozenset(names.split()), _NOT_TOGETHER)
    for field, names in {
        "holdOnTwo": "create_legal_hold",
        "passwordOrCode": "create_recovery_codes remove_second_factor",
        "passwordWithoutLink": "create_authorisation_request",
        "releasesNothing": "create_deactivation_release",
        "oneOfTwo": "create_authorisation_request",
    }.items()
)
EXCEPTIONS += tuple(
    Known(ACCEPTED, f"validationFailed {field}", frozenset(names.split()), why)
    for field, names, why in (
        (
            "stringPatternMismatch",
            "confirm_second_factor create_recovery_codes create_token remove_second_factor",
            "Spaces and hyphens are left out before it is looked at.",
        ),
        ("stringTooLong", "confirm_second_factor", "Spaces and hyphens are left out before it is looked at."),
        (
            "repeated",
            "create_dialogue_template update_dialogue_template create_instrument "
            "create_survey_round update_survey_round",
            "Nothing is named twice in a list; the released contract does not say so.",
        ),
        (
            "organisationNumberForm",
            "create_interest_registration create_organisation",
            "Its last digit is reckoned from the others.",
        ),
        ("urlForm", "create_webhook_endpoint", "Which addresses a webhook may go to no pattern says."),
        ("domainForm", "create_email_domain read_sign_in_choices", "Which domains there are no pattern says."),
        (
            "emailForm",
            "create_interest_registration create_person create_survey_invitation_batch update_person",
            "Which addresses mail may go to no pattern says.",
        ),
        ("issuerForm", "create_identity_provider", "Which addresses lead somewhere no pattern says."),
        ("networkForm", "create_service_client update_service_client", "Which networks there are no pattern says."),
    )
)


def sorted_out(findings: Iterable[Finding]) -> tuple[list[Finding], set[Known]]:
    """The findings that are faults, and the exceptions that the others needed."""
    faults: list[Finding] = []
    needed: set[Known] = set()
    for finding in findings:
        known = [[each for each in EXCEPTIONS if each.covers(finding, code)][:1] for code in finding.codes]
        if all(known):
            needed.update(*known)
        else:
            faults.append(finding)
    return faults, needed
