"""What Entra ID and Okta really send, turned into what the standard says, before the library reads it.

The rest of what they do is allowed by the policy of the shapes (shapes.py), or by the library itself: operations in
PascalCase, dotted names without a path, filters in paths that match nothing, removing by a list of values.
"""

from collections.abc import Iterator
from typing import Any

from email_validator import EmailNotValidError, validate_email

from app.api.scim.shapes import ENTERPRISE
from app.models.columns import without_controls

Json = dict[str, Any]

NOT_SAID = "larande:activeNotSaid"
"""A PUT that does not say whether somebody is active leaves that as it is."""
LANGUAGE = "larande:language"
_PEOPLE = frozenset(
    {
        *("name", "username", "displayname", "givenname", "familyname", "middlename", "formatted", "nickname"),
        *("emails", "display", "mail"),
    }
)
"""Names under which somebody's own name stands: it may sound like a union's (app/services/union_data.py)."""


def people_named_by(endpoint: str) -> frozenset[str]:
    """A group's name is nobody's: `Lo` may be a person and is no unit."""
    return _PEOPLE if endpoint.lower() == "users" else frozenset({"display"})


def told(body: Any) -> Iterator[Any]:
    """What a body says, with the values of a PATCH under the names of their paths."""
    if not isinstance(body, dict):
        yield body
        return
    operations = next((value for name, value in body.items() if str(name).lower() == "operations"), None)
    if not isinstance(operations, list):
        yield body
        return
    yield {name: value for name, value in body.items() if value is not operations}
    for operation in operations:
        if not isinstance(operation, dict):
            yield operation
            continue
        path, value = _get(operation, "path"), _get(operation, "value")
        yield _without(_without(operation, "path"), "value")
        if isinstance(path, str):
            yield [path, {_last_name(path): value}]
        elif isinstance(value, dict):
            for name, each in value.items():
                yield [name, {_last_name(str(name)): each}]
        else:
            yield [path, value]


def _last_name(path: str) -> str:
    """`name.familyName` → `familyname`; `emails[type eq "work"].value` → `emails`."""
    head, bracket, _ = path.partition("[")
    return head.lower() if bracket else path.rpartition(":")[2].rpartition(".")[2].lower()


def as_standard(body: Any, endpoint: str, *, replaces: bool) -> Any:
    """A user or group that is taken in or replaced."""
    body = _composed(body)
    if not isinstance(body, dict):
        return body
    body = {name: value for name, value in body.items() if not str(name).lower().startswith("larande:")}
    if endpoint.lower() == "users":
        return _user(body, replaces=replaces)
    return body


def _user(body: Json, *, replaces: bool) -> Json:
    user_name, name = _get(body, "userName"), _get(body, "name")
    if not _get(body, "displayName"):
        composed = _full_name(name) or (user_name if isinstance(user_name, str) else None)
        if composed:
            body = _without(body, "displayName") | {"displayName": composed}
    if isinstance(active := _get(body, "active"), str) and active.strip().lower() in {"true", "false"}:
        body = _without(body, "active") | {"active": active.strip().lower() == "true"}
    elif active is None:
        body = _without(body, "active") | {"active": True, **({NOT_SAID: True} if replaces else {})}
    emails = _get(body, "emails")
    if _says_none(emails) and _is_address(user_name):
        body = _without(body, "emails") | {"emails": [{"value": user_name, "type": "work", "primary": True}]}
    language = _get(body, "preferredLanguage") or _get(body, "locale")
    if isinstance(language, str) and language[:2].lower() in {"sv", "en"}:
        body = body | {LANGUAGE: language[:2].lower()}
    extension = _get(body, ENTERPRISE)
    if isinstance(extension, dict) and isinstance(manager := _get(extension, "manager"), str):
        whole = _without(extension, "manager") | ({"manager": {"value": manager}} if manager else {})
        body = _without(body, ENTERPRISE) | {ENTERPRISE: whole}
    return body


def _full_name(name: Any) -> str | None:
    if not isinstance(name, dict):
        return None
    if isinstance(formatted := _get(name, "formatted"), str) and formatted.strip():
        return formatted
    parts = [part for part in (_get(name, "givenName"), _get(name, "familyName")) if isinstance(part, str) and part]
    return " ".join(parts) or None


def _says_none(emails: Any) -> bool:
    return emails is None or (
        isinstance(emails, list) and all(isinstance(each, dict) and not _get(each, "value") for each in emails)
    )


def _is_address(text: Any) -> bool:
    return isinstance(text, str) and is_address(text)


def is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True


def patch_as_standard(body: Any) -> Any:
    """The operations of a PATCH. `manager` as a plain string is its value; `active` as a string is what it says."""
    body = _composed(body)
    if not isinstance(body, dict) or not isinstance(operations := _get(body, "Operations"), list):
        return body
    return _without(body, "Operations") | {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [_operation(each) if isinstance(each, dict) else each for each in operations],
    }


def _operation(operation: Json) -> Json:
    path, value = _get(operation, "path"), _get(operation, "value")
    if isinstance(path, str):
        if path == "" or path.strip() == "":
            operation = _without(operation, "path")
        elif path.lower() == f"{ENTERPRISE}:manager".lower():
            operation = _manager(operation, value)
        elif path.lower() == "active" and isinstance(value, list | str):
            operation = _without(operation, "value") | {"value": _truth(value)}
        elif isinstance(value, list):
            # Entra's members come with `"$ref": null`, and would not be found by that.
            operation = _without(operation, "value") | {"value": [_said(each) for each in value]}
    if isinstance(value, dict) and "path" not in {name.lower() for name in operation}:
        operation = _without(operation, "value") | {
            "value": {name: _valued(name, each) for name, each in value.items()}
        }
    return operation


def _said(entry: Any) -> Any:
    return {name: each for name, each in entry.items() if each is not None} if isinstance(entry, dict) else entry


def _manager(operation: Json, value: Any) -> Json:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        if not value:
            return {"op": "remove", "path": _get(operation, "path")}
        return _without(operation, "value") | {"value": {"value": value}}
    return operation


def _valued(name: str, value: Any) -> Any:
    if name.lower() == f"{ENTERPRISE}:manager".lower() and isinstance(value, str):
        return {"value": value} if value else None
    if name.lower() == "active":
        return _truth(value)
    if name.lower() == ENTERPRISE.lower() and isinstance(value, dict):
        return {key: _valued(f"{ENTERPRISE}:{key}", each) for key, each in value.items()}
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    return value


def _get(body: Json, name: str) -> Any:
    """Attribute names have no case (RFC 7643, 2.1)."""
    return next((value for key, value in body.items() if str(key).lower() == name.lower()), None)


def _without(body: Json, name: str) -> Json:
    return {key: value for key, value in body.items() if str(key).lower() != name.lower()}


def _composed(content: Any) -> Any:
    """Every text in its composed form, trimmed, without control characters; as everywhere else in the service."""
    if isinstance(content, str):
        return clean(content)
    if isinstance(content, list):
        return [_composed(each) for each in content]
    if isinstance(content, dict):
        return {clean(str(name)): _composed(value) for name, value in content.items()}
    return content


def clean(text: str) -> str:
    return without_controls(text)
