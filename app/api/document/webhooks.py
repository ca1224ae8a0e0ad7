"""What receivers of webhooks get and are to answer."""

from app.api.document.operations import tidy_parameter
from app.api.document.shared import UUID_EXAMPLE, Json

_MESSAGES: dict[str, dict[str, Json]] = {
    "change": {
        "finalRecord": {
            "summary": "Ett protokoll har blivit slutligt",
            "value": {
                "type": "sessionRecord.created",
                "timestamp": "2026-11-23T13:00:00Z",
                "data": {"id": UUID_EXAMPLE},
            },
        },
        "renamedUnit": {
            "summary": "En enhet har fått ett annat namn eller en annan plats",
            "value": {"type": "unit.updated", "timestamp": "2026-11-23T13:05:00Z", "data": {"id": UUID_EXAMPLE}},
        },
        "erasedPerson": {
            "summary": "En person finns inte längre",
            "value": {"type": "person.removed", "timestamp": "2026-11-23T13:10:00Z", "data": {"id": UUID_EXAMPLE}},
        },
    },
    "endpoint.test": {
        "test": {
            "summary": "Ett prov, som en systemadministratör har bett om",
            "value": {"type": "endpoint.test", "timestamp": "2026-11-23T13:15:00Z", "data": {"id": UUID_EXAMPLE}},
        }
    },
}


def finish_webhooks(webhooks: Json) -> None:
    """What receivers get and are to answer; it is they who are asked, by signature and not by token."""
    for name, item in webhooks.items():
        operation = item["post"]
        operation["security"] = []
        for parameter in operation["parameters"]:
            tidy_parameter(parameter)
        operation["requestBody"]["content"]["application/json"]["examples"] = _MESSAGES[name]
        operation["responses"] = {
            "204": {"description": "Taken. Any other 2xx is as good; its body is not read."},
            "410": {"description": "Nobody wants this any more: the endpoint is paused."},
            "default": {"description": "Not taken. The message is sent again, for three days."},
        }
