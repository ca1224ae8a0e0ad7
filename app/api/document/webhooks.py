"""What receivers of webhooks get and are to answer."""

from app.api.document.operations import tidy_parameter
from app.api.document.recorded import recorded
from app.api.document.shared import Json


def _messages() -> dict[str, dict[str, Json]]:
    """About things of the same agency as all other examples."""
    ids = recorded()["webhooks"]
    return {
        "change": {
            "finalRecord": {
                "summary": "A record has become final",
                "value": _message("sessionRecord.created", "2026-11-27T14:20:30Z", ids["sessionRecord"]),
            },
            "renamedUnit": {
                "summary": "A unit has another name or place",
                "value": _message("unit.updated", "2026-11-26T08:40:00Z", ids["unit"]),
            },
            "groupReminder": {
                "summary": "Something is due in a working group",
                "value": _message("groupReminder.created", "2027-03-19T16:09:10Z", ids["groupReminder"]),
            },
            "erasedPerson": {
                "summary": "A person is gone",
                "value": _message("person.removed", "2026-11-26T09:05:00Z", ids["person"]),
            },
        },
        "endpoint.test": {
            "test": {
                "summary": "A test that a system administrator has asked for",
                "value": _message("endpoint.test", "2026-11-26T11:20:00Z", ids["delivery"]),
            }
        },
    }


def _message(kind: str, timestamp: str, subject: str) -> Json:
    return {"type": kind, "timestamp": timestamp, "data": {"id": subject}}


def finish_webhooks(webhooks: Json) -> None:
    """What receivers get and are to answer; it is they who are asked, by signature and not by token."""
    messages = _messages()
    for name, item in webhooks.items():
        operation = item["post"]
        operation["security"] = []
        for parameter in operation["parameters"]:
            tidy_parameter(parameter)
        operation["requestBody"]["content"]["application/json"]["examples"] = messages[name]
        operation["responses"] = {
            "204": {"description": "Taken. Any other 2xx is as good; its body is not read."},
            "410": {"description": "Nobody wants this any more: the endpoint is paused."},
            "default": {"description": "Not taken. The message is sent again, for three days."},
        }
