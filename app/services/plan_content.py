"""A plan's content: what is hashed, kept while the plan is reviewed, and read again when it is applied."""

import json
import zlib
from datetime import date
from typing import Any
from uuid import UUID

from app.models.columns import Language
from app.services.people_plan import PeoplePlan, PersonChange, PersonStep
from app.services.unit_lives import Period
from app.services.unit_timelines import TreePlan, UnitChange, UnitStep


def written_people(found: PeoplePlan) -> list[dict[str, Any]]:
    return [
        {
            "change": each.step.value,
            "externalId": each.external_id,
            "personId": None if each.person_id is None else str(each.person_id),
            "fromVersion": each.from_version,
            "name": each.name,
            "email": each.email,
            "language": each.language.value,
            "active": each.active,
            "unitId": None if each.unit_id is None else str(each.unit_id),
        }
        for each in found.changes
    ]


def people_changes(content: dict[str, Any]) -> list[PersonChange]:
    return [
        PersonChange(
            PersonStep(each["change"]),
            each["externalId"],
            _id(each["personId"]),
            each["fromVersion"],
            each["name"],
            each["email"],
            Language(each["language"]),
            each["active"],
            _id(each["unitId"]),
        )
        for each in content["changes"]
    ]


def written_units(found: TreePlan) -> list[dict[str, Any]]:
    return [
        {
            "change": each.step.value,
            "externalId": each.key,
            "unitId": None if each.unit_id is None else str(each.unit_id),
            "fromVersion": each.from_version,
            "headcount": each.headcount,
            "mergedInto": each.merged_into,
            "fromDay": _day(each.from_day),
            "periods": [
                {"name": period.name, "parent": period.parent, "first": _day(period.first), "last": _day(period.last)}
                for period in each.periods
            ],
        }
        for each in found.changes
    ]


def unit_changes(content: dict[str, Any]) -> TreePlan:
    def read(each: dict[str, Any]) -> UnitChange:
        return UnitChange(
            UnitStep(each["change"]),
            each["externalId"],
            _id(each["unitId"]),
            each["fromVersion"],
            each["headcount"],
            each["mergedInto"],
            _date(each["fromDay"]),
            tuple(
                Period(one["name"], one["parent"], date.fromisoformat(one["first"]), _date(one["last"]))
                for one in each["periods"]
            ),
        )

    return TreePlan(changes=[read(each) for each in content["changes"]])


def pack(content: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), 1)


def unpack(packed: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(zlib.decompress(packed))
    return content


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
