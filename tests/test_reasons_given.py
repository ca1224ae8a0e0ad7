"""Every reason that the document gives against an action is given to somebody: none is there for completeness alone."""

import re
from typing import Any

from app.services.agreement import RULES
from tests.contract import reasons_documented
from tests.document.reading import operations
from tests.stage import Stage

_OF_CLOSED = (
    *("transition_instrument", "transition_survey_amendment", "approve_survey_amendment", "create_survey_amendment"),
    *("create_key_share", "create_survey_invitation_batch", "create_survey_reminder", "void_survey_invitations"),
    *("transition_destruction", "delete_learning_log_entry"),
)
NOT_ON_STAGE = {
    # The stage's closed organisation has none of these; the reason is the same for all that it has.
    *((operation, "organisationClosed") for operation in _OF_CLOSED),
    # An archivist with a mandate reads the table's drafts too; a mandate makes a facilitator a party.
    *(("register_session_record", "recordNotFinal"), ("approve_session_record", "facilitatorMayNotApprove")),
    # Of the clients that may read imports of units, each may also apply them.
    ("apply_import", "notYourRole"),
    # Told to whoever has just closed it, and to nobody later: nobody speaks for a closed party.
    ("close_party", "partyClosed"),
    # Who leads another session of a group reads what a final record agreed on.
    ("delete_action", "notYourRole"),
    # A change of a round is proposed still when its round is released without it.
    ("approve_survey_amendment", "roundNotUnderWay"),
}
"""What the table can say though nobody on the stage is told so."""


READERS = (
    "employer_rep",
    "saco_rep",
    "seko_rep",
    "facilitator",
    "member",
    "archivist",
    "administrator",
    "employee",
    "of_closed",
)


async def test_every_reason_that_is_documented_is_given_to_somebody(stage: Stage) -> None:
    """The other direction is asked of every answer in the whole suite: tests/contract.py."""
    paths = {
        RULES[operation["operationId"]].on: path
        for path, method, operation in operations()
        if method == "get" and RULES[operation["operationId"]].sight and path.count("{") == 1
    }
    met: set[tuple[str, str]] = set()
    documented = {(action, reason) for action, reasons in reasons_documented().items() for reason in reasons}
    waited_for: dict[type, set[tuple[str, str]]] = {}
    """Of each kind of thing, what the document says of its actions."""
    clients = [person.client for name, person in stage.world.people.items() if name in READERS]
    assert len(clients) == len(READERS)
    for row in stage.rows.values():
        path = paths.get(type(row))
        if path is None:
            continue
        for client in clients:
            if waited_for.get(type(row), documented) <= met:
                break
            response = await client.request("GET", re.sub(r"\{\w+\}", str(row.id), path))  # type: ignore[attr-defined]
            if response.status_code == 200:
                body: dict[str, Any] = response.json()
                met |= {(each["action"], each["reason"]) for each in body["allowedActions"] if not each["allowed"]}
                actions = {each["action"] for each in body["allowedActions"]}
                waited_for.setdefault(type(row), {each for each in documented if each[0] in actions})
    assert met <= documented
    assert documented - met == NOT_ON_STAGE, "\n".join(" ".join(each) for each in (documented - met) ^ NOT_ON_STAGE)
