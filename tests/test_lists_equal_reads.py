"""For everybody: a list shows exactly what they may read of what belongs in it, no row more and none fewer."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.models.base import Table
from app.models.mandate import Mandate
from app.models.working_group import WorkingGroupParty
from app.services import agreement
from app.services.calendar import swedish_day
from tests.client import Client
from tests.contract import document
from tests.long import sized
from tests.service_client_stage import MACHINES
from tests.stage import Stage

LISTS = {name: rule for name, rule in agreement.RULES.items() if rule.items is not None}
READING = {rule.on: name for name, rule in agreement.RULES.items() if rule.sight}
AT_MOST = sized(3, 25)
"""Rows of a kind that everybody tries to read one by one, of those that a list shows them and of the others."""
PARENTS_AT_MOST = sized(3, 1_000)
"""Things of a kind whose lists one caller asks for: others for another caller, in the long run all of them."""

Belongs = Callable[[Any, Any], bool]


def _has(field: str) -> Belongs:
    return lambda row, parent: getattr(row, field) == parent.id


_OF_ORGANISATION, _OF_GROUP, _ABOUT = _has("organisation_id"), _has("working_group_id"), _has("subject_id")
_OF_ROUND = _has("survey_round_id")
BELONGS: dict[str, Belongs] = {
    "list_sign_ins": lambda _row, _parent: True,
    "list_calendar_feeds": lambda _row, _parent: True,
    "list_organisations": lambda _row, _parent: True,
    "list_units": _OF_ORGANISATION,
    "list_parties": _OF_ORGANISATION,
    "list_people": _OF_ORGANISATION,
    "list_mandates": _has("party_id"),
    "list_working_groups": _OF_ORGANISATION,
    "list_working_group_approvals": _ABOUT,
    "list_dialogue_templates": lambda _row, _parent: True,
    "list_inspiration_items": lambda _row, _parent: True,
    "list_process_guides": lambda _row, _parent: True,
    "list_instruments": lambda _row, _parent: True,
    "list_organisation_instruments": lambda row, parent: row.organisation_id in (None, parent.id),
    "list_dialogue_sessions": _OF_GROUP,
    "list_followed_guides": _OF_GROUP,
    "list_party_notes": _has("dialogue_session_id"),
    "list_session_records": _OF_ORGANISATION,
    "list_approved_records": lambda row, parent: _OF_ORGANISATION(row, parent) and row.state == "final",
    "list_working_group_session_records": _OF_GROUP,
    "list_session_record_approvals": _ABOUT,
    "list_appendices": _has("appendix_to_id"),
    "list_actions": _OF_GROUP,
    "list_learning_log_entries": _OF_GROUP,
    "list_learning_log_entry_approvals": _ABOUT,
    "list_survey_rounds": _OF_GROUP,
    "list_survey_round_approvals": _ABOUT,
    "list_survey_amendments": _OF_ROUND,
    "list_survey_amendment_approvals": _ABOUT,
    "list_survey_invitation_batches": _OF_ROUND,
    "list_survey_reminders": _OF_ROUND,
    "list_survey_texts_approvals": _ABOUT,
    "list_organisation_survey_rounds": _OF_ORGANISATION,
    "list_group_reminders": _OF_ORGANISATION,
    "list_service_clients": _OF_ORGANISATION,
    "list_service_client_approvals": _ABOUT,
    "list_webhook_endpoints": _has("service_client_id"),
    "list_webhook_deliveries": _has("webhook_endpoint_id"),
    "list_failed_jobs": lambda _row, _parent: True,
    "list_central_aggregates": lambda _row, _parent: True,
    "list_interest_registrations": lambda _row, _parent: True,
    "list_retention_rules": _OF_ORGANISATION,
    "list_deactivation_releases": _OF_ORGANISATION,
    "list_imports": _OF_ORGANISATION,
    "list_legal_holds": _OF_ORGANISATION,
    "list_destructions": _OF_GROUP,
    "list_destruction_approvals": _ABOUT,
    "list_destruction_log_entries": _OF_ORGANISATION,
    "list_identity_providers": lambda _row, _parent: True,
    "list_email_domains": _OF_ORGANISATION,
    "list_my_identities": lambda _row, _parent: True,
    "list_audit_entries": _OF_ORGANISATION,
}
# The mandates of a table are those that count there now, which is no matter of columns: see `_at_table`.
OTHERWISE = {"list_working_group_mandates"}
_BOTH_STATES = [{"state": "published"}, {"state": "retired"}]
# Some lists show a part unless they are asked for more.
EVERYTHING: dict[str, list[dict[str, Any]]] = {
    "list_dialogue_templates": [{"allVersions": True}],
    "list_instruments": _BOTH_STATES,
    "list_organisation_instruments": _BOTH_STATES,
}


def test_every_list_is_walked() -> None:
    assert set(BELONGS) | OTHERWISE == set(LISTS)


def _path(operation: str, row: Any) -> str:
    template: str = next(
        path for path, item in document()["paths"].items() if item.get("get", {}).get("operationId") == operation
    )
    head, _, tail = template.partition("{")
    return head + str(row.id) + tail.partition("}")[2] if tail else head


async def _all_items(client: Client, path: str, asked: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The items of all pages, or None when the list is not for this caller; the count must be right as well."""
    response = await client.request("GET", path, params={"limit": 100} | asked)
    if response.status_code != 200:
        return None
    page, items = response.json(), []
    total = page["_meta"]["totalRecords"]
    while True:
        items += page["items"]
        if page["_links"].get("next") is None:
            break
        page = await client.get(page["_links"]["next"]["href"].split("/larande/v1")[1])
    assert total == len(items), (path, total, len(items))
    return items


class Reader:
    """Somebody who reads things one by one, each once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._read: dict[str, bool] = {}

    async def may_read(self, row: Any) -> bool:
        path = _path(READING[type(row)], row)
        if path not in self._read:
            status = (await self.client.request("GET", path)).status_code
            assert status in {200, 404}, (path, status)
            self._read[path] = status == 200
        return self._read[path]


async def _rows(stage: Stage) -> dict[type[Table], dict[str, Any]]:
    async with stage.world.database.read() as session:
        kinds = {rule.items for rule in LISTS.values()} - {None}
        return {
            kind: {str(row.id): row for row in (await session.execute(sa.select(kind))).scalars()}  # type: ignore[attr-defined]
            for kind in kinds
            if kind is not None
        }


async def _seats(stage: Stage) -> set[tuple[Any, Any]]:
    async with stage.world.database.read() as session:
        found = await session.execute(sa.select(WorkingGroupParty.working_group_id, WorkingGroupParty.party_id))  # type: ignore[call-overload]
        return {(group, party) for group, party in found}


def _at_table(seats: set[tuple[Any, Any]]) -> Belongs:
    def belongs(row: Any, parent: Any) -> bool:
        assert isinstance(row, Mandate)
        runs = row.valid_to is None or row.valid_to >= swedish_day(datetime.now(UTC))
        return runs and (parent.id, row.party_id) in seats and row.working_group_id in (None, parent.id)

    return belongs


PEOPLE = (
    *("employer_rep", "saco_rep", "member", "seko_rep", "expired", "facilitator", "archivist", "employee"),
    *("administrator", "outsider", "of_closed", "another_facilitator", "content_editor", "central_analyst"),
    *(name for name in MACHINES if name != "ended_client"),
)


@pytest.mark.parametrize("name", PEOPLE)
async def test_a_list_shows_what_may_be_read(stage: Stage, name: str) -> None:
    chance = random.Random(name)  # noqa: S311
    reader = Reader((stage.world.people | stage.world.machines)[name].client)
    rows = await _rows(stage)
    belongs = BELONGS | {"list_working_group_mandates": _at_table(await _seats(stage))}
    listed_in_all = 0
    for operation, rule in LISTS.items():
        assert rule.items is not None
        parents = list(stage.of(rule.on).values()) if rule.on is not None else [None]
        for parent in chance.sample(parents, min(len(parents), PARENTS_AT_MOST)):
            parts = [
                await _all_items(reader.client, _path(operation, parent), asked)
                for asked in EVERYTHING.get(operation, [{}])
            ]
            if None in parts:
                continue
            items = [item for part in parts for item in part or ()]
            listed = {item["id"] for item in items}
            assert len(listed) == len(items), operation
            there = {key: row for key, row in rows[rule.items].items() if belongs[operation](row, parent)}
            assert listed <= set(there), (operation, "a row from elsewhere")
            others = sorted(set(there) - listed)
            tried = sorted(chance.sample(sorted(listed), min(len(listed), AT_MOST)))
            tried += chance.sample(others, min(len(others), AT_MOST))
            for key in tried:
                readable = await reader.may_read(there[key])
                assert readable == (key in listed), (operation, name, there[key])
            listed_in_all += len(listed)
    assert listed_in_all
