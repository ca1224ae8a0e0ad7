"""Renders the policy table as a page that people without Python can read and argue about."""

from fastapi import FastAPI
from pydantic.alias_generators import to_camel

from app.api.operations import BASE, Operation
from app.services.agreement import RULES, Rule
from app.services.beyond_the_table import BEYOND_THE_TABLE

HEAD = """# Who may do what

Written by `larande authorisation write` from the table that the program itself asks (`app/services/agreement.py`); a
test fails when this page is not current. What a caller cannot read answers 404, what they can read but not do 403,
and what cannot be done in the present state of things 409 with a reason code. Everything not named here is refused.
`tests/authorisation_matrix.txt` shows what every kind of caller really got for every operation and state.

The employer side and the union side stand under the same rules everywhere. The one exception: a system administrator
appoints a representative of a party that has none.
"""

BEYOND = """
## What depends on more than the thing itself

For these operations something depends on other things too, or on what the request asks for. It must be so besides what
the tables above say; otherwise the request is refused with the reason.

| Operation | What must also be so | Reason |
|---|---|---|
"""


def page(app: FastAPI) -> str:
    """The page as it is committed in docs/authorisation.md."""
    operations: dict[str, Operation] = app.state.operations
    parts = [HEAD]
    for subject in dict.fromkeys(_subject(rule) for rule in RULES.values()):
        parts.append(f"\n## {subject}\n\n| Operation | Request | Who | While |\n|---|---|---|---|\n")
        parts += [_row(operations[name], rule) for name, rule in RULES.items() if _subject(rule) == subject]
    parts.append(BEYOND)
    parts += [
        f"| `{name}` | {words} | `{reason.value}` |\n"
        for name, reasons in BEYOND_THE_TABLE.items()
        for reason, words in reasons.items()
    ]
    return "".join(parts)


def _subject(rule: Rule) -> str:
    return "Decided on nothing in particular" if rule.on is None else f"Decided on: {_spaced(rule.on.__name__)}"


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _row(operation: Operation, rule: Rule) -> str:
    who = "; ".join(each.words for each in rule.who)
    if rule.items is not None:
        who += " (shows only what the caller may read)"
    who += "".join(
        f"; `{to_camel(field)}` by {' or '.join(each.words for each in those)} only"
        for field, those in rule.fields.items()
    )
    conditions = "; ".join(each.words for each in rule.while_)
    return f"| `{operation.name}` | {operation.method} `{operation.path.removeprefix(BASE)}` | {who} | {conditions} |\n"
