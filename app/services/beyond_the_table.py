"""What no rule of the policy table can say, because it depends on more than a row and what the row belongs to.

It depends on other rows, or on what the request asks for. Services refuse it, with these reasons;
docs/authorisation.md shows them to people, and tests/test_authorisation.py meets every one. What is merely wrong in
a request (an unknown unit, a day in the future) is no matter of who may do what, and is not here.
"""

from app.services.errors import Code

_OF_A_RECORD = {Code.NOT_FOUND: "if it is about a record or texts, the caller may read those"}
_NO_OTHER_IMPORT = {Code.IMPORT_APPLYING: "no other import of the organisation, that the caller may read, is under way"}

BEYOND_THE_TABLE: dict[str, dict[Code, str]] = {
    "create_person_invitation": {
        Code.INVITED_RECENTLY: "the person was not mailed an invitation in the last ten minutes",
    },
    "confirm_second_factor": {
        Code.SECOND_FACTOR_INACTIVE: "the caller has asked for a second factor in the last 15 minutes",
        Code.SECOND_FACTOR_ACTIVE: "the caller's second factor is not confirmed yet",
    },
    "create_second_factor": {Code.SECOND_FACTOR_ACTIVE: "the caller has no second factor that is confirmed"},
    "create_recovery_codes": {Code.SECOND_FACTOR_INACTIVE: "the caller has a second factor that is confirmed"},
    "create_mandate": {
        Code.FIRST_MANDATE_EXISTS: "if an administrator gives it, nobody speaks for the whole party today or later",
    },
    "create_working_group": {Code.OWN_PARTY_MISSING: "the caller speaks for one of the parties named"},
    "update_working_group": {
        Code.OWN_PARTY_MISSING: "the caller speaks for one of the parties that are left",
        Code.LEGAL_HOLD: "nothing that a legal hold is on is lost by it",
    },
    "approve_working_group": {
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
        Code.CHANGE_REQUESTED: "no party has asked for a change of it",
    },
    "read_approval": _OF_A_RECORD,
    "withdraw_approval": _OF_A_RECORD
    | {
        Code.DECISION_TAKEN: "what it is about is not decided: the group is forming, the record is not final, "
        "the texts are not released, the survey round, its change and a destruction are only proposed; but consent "
        "to a service client can always be taken back"
    },
    "update_dialogue_session": {
        Code.SESSION_HELD: "once the session is held, only attendances and head-count change",
        Code.RECORD_IS_FINAL: "once the session is held, its record is not final",
        Code.LEGAL_HOLD: "nothing that a legal hold is on is lost by it",
    },
    "transition_dialogue_session": {Code.GROUP_CLOSED: "if it is to be held, the group is not closed"},
    "create_followed_guide": {Code.GUIDE_FOLLOWED_ALREADY: "the group follows no guide now"},
    "approve_session_record": {
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
    },
    "approve_learning_log_entry": {
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
    },
    "transition_survey_round": {
        Code.GROUP_NOT_STARTED: "if it is to be proposed, its group has started",
        Code.ROUND_TOO_SOON: "if it is to be proposed, no round asks some of the same employees within 56 days",
    },
    "approve_survey_round": {
        Code.ROUND_TOO_SOON: "no round asks some of the same employees meanwhile or within 56 days",
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
    },
    "unlock_survey_round": {Code.KEY_WORDS_OF_ANOTHER: "the words are the key of the caller's side"},
    "create_survey_amendment": {
        Code.ROUND_NOT_OPEN: "if the round is to get another closing time, it is open",
        Code.AMENDMENT_PENDING: "no other change of the round is proposed",
    },
    "approve_survey_amendment": {
        Code.ROUND_NOT_OPEN: "if the round is to get another closing time, it is open",
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
    },
    "create_survey_reminder": {Code.REMINDED_RECENTLY: "no reminder of the round was sent in the last 24 hours"},
    "read_survey_round_texts": {
        Code.NOT_FOUND: "the round asked open questions",
    },
    "withdraw_text_withholding": {Code.NOT_FOUND: "the caller's party withholds the text"},
    "approve_survey_texts": {
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on them",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on them for another party",
    },
    "approve_service_client": {
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
        Code.CHANGE_REQUESTED: "no party has asked for a change of it",
    },
    "replace_import_mapping": {Code.STALE_VERSION: "nobody has written it since the caller read it"},
    "create_import": _NO_OTHER_IMPORT,
    "apply_import": _NO_OTHER_IMPORT,
    "replace_unit_tree": {Code.STALE_VERSION: "no unit has changed since the caller read the tree"},
    "create_service_client_credential": {Code.TWO_SECRETS_LIVE: "fewer than two of its secrets still count"},
    "read_statement": {Code.NOT_FOUND: "the caller may read its record"},
    "write_statement": {
        Code.LEGAL_HOLD: "nothing that a legal hold is on is lost by it",
        Code.NOT_FOUND: "the party has a seat at the table",
        Code.NOT_YOUR_ROLE: "the caller speaks for the party there",
    },
    "read_record_registration": {Code.NOT_FOUND: "the record is registered"},
    # --- retention, legal holds, erasure
    "erase_person": {
        Code.PERSON_HOLDS_MANDATE: "the person holds no mandate today or later",
        Code.PERSON_LEADS_SESSION: "the person leads no session that is still to be held",
        Code.LEGAL_HOLD: "no legal hold is on the person, the organisation, or a group in which something would change",
    },
    "create_destruction": {
        Code.LEGAL_HOLD: "no legal hold is on the record, its group or the organisation",
        Code.APPENDIX_OPEN: "every appendix of the record is final",
        Code.DESTRUCTION_PENDING: "no other destruction of the record is proposed",
    },
    "approve_destruction": {
        Code.LEGAL_HOLD: "no legal hold is on the record, its group or the organisation",
        Code.APPENDIX_OPEN: "no appendix has been begun since it was proposed",
        Code.PARTY_HAS_DECIDED: "the caller's party has no standing decision on it",
        Code.PERSON_HAS_DECIDED: "the caller has no standing decision on it for another party",
    },
    **{
        operation: {Code.LEGAL_HOLD: "nothing that a legal hold is on is lost by it"}
        for operation in (
            *("update_party_note", "delete_party_note", "update_action", "delete_action"),
            *("update_session_record", "update_mandate", "update_survey_round"),
            *("update_learning_log_entry", "delete_learning_log_entry", "create_learning_revisit"),
        )
    },
}

_OF_DECISIONS = frozenset((Code.PARTY_HAS_DECIDED, Code.PERSON_HAS_DECIDED, Code.CHANGE_REQUESTED))

TOLD_BEFOREHAND: dict[str, frozenset[Code]] = {
    operation: _OF_DECISIONS & reasons.keys()
    for operation, reasons in BEYOND_THE_TABLE.items()
    if _OF_DECISIONS & reasons.keys()
}
"""Of these, what `allowedActions` says before anybody tries: what is read together with the thing."""
TOLD_BEFOREHAND["approve_survey_amendment"] |= {Code.ROUND_NOT_OPEN}
TOLD_BEFOREHAND["erase_person"] = frozenset((Code.PERSON_HOLDS_MANDATE,))

NEVER_TOLD: dict[str, frozenset[Code]] = {
    # Released texts look the same to everybody: nothing is said of what may be done with them.
    operation: frozenset((Code.TEXTS_RELEASED, Code.NOT_YOUR_ROLE))
    for operation in ("withhold_survey_text", "withdraw_text_withholding", "approve_survey_texts")
}
"""What the table says of these, and `allowedActions` never."""
