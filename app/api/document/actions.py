"""What may be done with each kind of thing, for which reasons not, and by which links: from the policy table."""

from collections.abc import Mapping

from app.api.answers import relation_of
from app.api.document.shared import Json, reference_of
from app.api.operations import Operation
from app.api.problem_texts import PROBLEMS
from app.services.agreement import CHANGES, RULES
from app.services.policy import reasons

_REASONS = "x-reasons"
_TO_COME = "New words come with new possibilities: pass over those you do not know."
_MOST = 50
"""Links, or actions, of one thing; there is room for what it will be possible to do."""
# Not read by an address of its own kind.
_SHOWN_AS = {"MeRead": "PersonRead"}
# Shows one change of another thing.
_ONLY = {"SurveyUnlocksRead": ("unlock_survey_round",)}
# What is read beside a thing, by relation: the operation that reads it.
_BESIDE = {
    "WorkingGroupRead": {"readWorkingGroupOverview": "read_working_group_overview"},
    "WorkingGroupOverview": {"up": "read_working_group"},
}
# It goes on with `next` as lists do, and has no first or last page.
_PAGED_WITHOUT_PAGES = "Changes"
_PAGE_RELATIONS = {
    "self": "This page",
    "first": "The first page",
    "prev": "The page before",
    "next": "What comes after",
    "last": "The last page",
}


def name_actions(paths: Json, schemas: Json, operations: Mapping[str, Operation]) -> None:
    """Give every shape that shows `allowedActions` or `_links` those it can show, each with its words."""
    summaries = {each["operationId"]: each["summary"] for item in paths.values() for each in item.values()}
    changes = _changes_by_shape(paths)
    for name in [name for name, schema in schemas.items() if "allowedActions" in schema.get("properties", {})]:
        noun = _SHOWN_AS.get(name, name).removesuffix("Read")
        names = changes.get(f"{noun}Read", ())
        _name_actions_of(schemas, name, noun, names, summaries)
        reached = {
            relation_of(operations[each]): summaries[each] for each in names if len(operations[each].parameters) == 1
        }
        reached |= _beside(name, summaries)
        _name_links_of(schemas, name, noun if reached else "Self", reached)
    for name, schema in list(schemas.items()):
        items = schema.get("properties", {}).get("_links", {}).get("items")
        if items == {"$ref": "#/components/schemas/Link"} and name != _PAGED_WITHOUT_PAGES:
            beside = _beside(name, summaries)
            _name_links_of(schemas, name, name if beside else "Self", beside)
    _name_relations(schemas, "PageRelation", _PAGE_RELATIONS)
    schemas["Link"]["properties"]["rel"] = {"$ref": "#/components/schemas/PageRelation"}


def _beside(shape: str, summaries: Mapping[str, str]) -> dict[str, str]:
    return {relation: summaries[operation] for relation, operation in _BESIDE.get(shape, {}).items()}


def _changes_by_shape(paths: Json) -> dict[str, tuple[str, ...]]:
    """Which changes there are of what is read in each shape."""
    found: dict[str, tuple[str, ...]] = dict(_ONLY)
    for item in paths.values():
        operation = item.get("get", {"operationId": None, "responses": {}})
        shape = reference_of(operation["responses"].get("200", {}))
        rule = RULES.get(operation["operationId"])
        if shape is not None and rule is not None and rule.sight and rule.on is not None:
            found[shape.rsplit("/", 1)[1]] = CHANGES.get(rule.on, ())
    return found


def _name_actions_of(
    schemas: Json, shape: str, noun: str, names: tuple[str, ...], summaries: Mapping[str, str]
) -> None:
    place = schemas[shape]["properties"]["allowedActions"]
    if not names:
        place |= {"maxItems": 0, "example": [], "description": "Nothing can be done with it: always empty."}
        return
    given = {name: reasons(name) for name in names}
    place |= {"items": {"$ref": f"#/components/schemas/{noun}AllowedAction"}, "maxItems": _MOST}
    lines = [f"- `{name}`: {summaries[name]}" for name in names]
    schemas[f"{noun}Action"] = {
        "title": f"{noun}Action",
        "description": "\n".join([f"What there is to do with it, by operationId. {_TO_COME}", "", *lines]),
        "type": "string",
        "x-may-grow": True,
        "enum": list(names),
    }
    every = list(dict.fromkeys(code for codes in given.values() for code in codes))
    reason: Json = {"type": "null"}
    if every:
        lines = [f"- `{code.value}`: {PROBLEMS[code].title['en']}" for code in every]
        schemas[f"{noun}ActionReason"] = {
            "title": f"{noun}ActionReason",
            "description": "\n".join([f"Why something cannot be done with it now. {_TO_COME}", "", *lines]),
            "type": "string",
            "x-may-grow": True,
            "enum": [code.value for code in every],
        }
        reason = {"anyOf": [{"$ref": f"#/components/schemas/{noun}ActionReason"}, {"type": "null"}]}
    example = {"action": names[0], "allowed": True, "reason": None}
    schemas[f"{noun}AllowedAction"] = {
        "title": f"{noun}AllowedAction",
        "description": "Whether the caller may do one operation on this thing now, and if not, why. "
        "`x-reasons` lists for each operation the reasons that may be given.",
        "type": "object",
        "additionalProperties": False,
        "required": ["action", "allowed", "reason"],
        "properties": {
            "action": {"$ref": f"#/components/schemas/{noun}Action"},
            "allowed": {"type": "boolean", "example": True},
            "reason": reason | {"description": "The reason code, when it is not allowed."},
        },
        _REASONS: {name: [code.value for code in codes] for name, codes in given.items()},
        "example": example,
    }


def _name_links_of(schemas: Json, shape: str, noun: str, reached: Mapping[str, str]) -> None:
    if "_links" not in schemas[shape]["properties"]:
        return
    _name_relations(schemas, f"{noun}Relation", {"self": "This thing itself", **reached})
    schemas[f"{noun}Link"] = schemas["Link"] | {
        "title": f"{noun}Link",
        "properties": schemas["Link"]["properties"] | {"rel": {"$ref": f"#/components/schemas/{noun}Relation"}},
    }
    schemas[shape]["properties"]["_links"] |= {
        "items": {"$ref": f"#/components/schemas/{noun}Link"},
        "minItems": 1,
        "maxItems": _MOST,
    }


def _name_relations(schemas: Json, name: str, relations: Mapping[str, str]) -> None:
    lines = [f"- `{relation}`: {words}" for relation, words in relations.items()]
    schemas[name] = {
        "title": name,
        "description": "\n".join([f"Where a link leads: IANA's word, or the operation's own. {_TO_COME}", "", *lines]),
        "type": "string",
        "x-may-grow": True,
        "enum": list(relations),
    }
