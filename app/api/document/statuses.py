"""Which statuses each operation answers with, beside its success."""

from app.api.document.shared import Json


def document_statuses(operation: Json, method: str, *, counted: bool, of_respondents: bool) -> None:
    """Every refusal the operation may give, each described in one place for all operations."""
    public = operation.get("security") == []
    name = operation["operationId"]
    headers = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
    statuses = {"400", "406", "408", "413", "414", "415", "422", "431", "500", "503"}
    statuses |= {"429"} if counted else set()
    statuses |= set() if public else {"401"}
    statuses |= set() if public or of_respondents or name in _OF_ANYBODY_SIGNED_IN else {"403"}
    named = any(parameter["in"] == "path" for parameter in operation["parameters"])
    statuses |= {"404"} if (named and name not in _NEVER_ABSENT) or name in _PERHAPS_ABSENT else set()
    statuses |= {"412", "428"} if "If-Match" in headers else set()
    in_some_states = of_respondents or name in _OF_SOME_STATES
    changes = method != "get" and not public and name not in _IN_EVERY_STATE
    statuses |= {"409"} if in_some_states or changes else set()
    if name == "create_token":
        statuses |= {"401", "403", "409", "429"}
    statuses |= {"429"} if name in _GUESSED_AT else set()
    statuses |= {"410"} if name in {"read_changes", "list_import_changes"} else set()
    if name in {"sign_out", "create_authorisation_request"}:
        operation["security"] = [{}, {"bearerAuth": []}]  # a token is welcome, not needed
        statuses -= {"409"}
    if name == "sign_out":
        statuses -= {"401"}
    operation["responses"].pop("422", None)
    for status in sorted(statuses):
        operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}


# A password, a code or somebody's address may be tried there, so it is not tried without end.
_GUESSED_AT = {
    *("set_password", "create_authorisation_request"),
    "create_password_reset",
    "create_password_change",
    "create_second_factor",
    "create_recovery_codes",
    "remove_second_factor",
}
# Whoever has yet to switch a second factor on may do it as well; what of it is another's is not there (404).
_OF_ANYBODY_SIGNED_IN = {"read_me", "read_sign_in", "end_sign_in"}
_PERHAPS_ABSENT = {"read_method_texts"}
# Whether there is what the address names is told to no one.
_NEVER_ABSENT = {"unsubscribe_from_reminders"}
# What has no states, takes no name that another could have, and is done twice without harm.
_IN_EVERY_STATE = {
    *("delete_interest_registration", "revoke_calendar_feed"),
    *("update_retention_rule", "delete_retention_rule", "update_identity_provider", "unlink_identity"),
    *("delete_service_client_credential", "delete_webhook_endpoint", "delete_email_domain"),
    "update_reminder_settings",
}
_OF_SOME_STATES = {
    "confirm_interest_registration",
    "read_archive_package",
    "read_survey_protection",
    "read_survey_results",
    "list_unit_results",
    "read_unit_result",
    "read_unit_trend",
    "read_unit_benchmark",
    "read_survey_round_texts",
}
