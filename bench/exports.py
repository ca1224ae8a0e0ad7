"""What a file of 5,000 final records costs, and one of a release of 5,000 units; and how long others wait meanwhile.

python -m bench.exports
"""

import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app import embedded, migrations
from app.api.exports import written
from app.api.negotiation import CSV, XLSX
from app.database import Database
from app.models.base import new_id
from app.models.organisation import Organisation
from app.models.person import Role
from app.services import approved_record_tables, approved_records, survey_result_tables
from app.services.actor import Actor
from app.services.approved_records import Window
from app.services.content_hash import content_hash
from app.services.survey_results import Stored, WholeRelease
from app.services.table_writing import Sheet
from app.services.wall import SYSTEM
from app.services.work import Work

RECORDS, UNITS = 5_000, 5_000
WORDS = "Vi ser båda att tiden för handledning har minskat, och vill pröva en timme i veckan; det följs upp i höst. "
LOOKED_EVERY_S = 0.002


class Loop:
    """Looks at the event loop every other millisecond: how much later it came to its turn than it should."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LOOKED_EVERY_S)
            self.late.append(time.perf_counter() - began - LOOKED_EVERY_S)

    def said(self) -> str:
        in_order = sorted(self.late)
        return f"loop late by {in_order[len(in_order) // 2] * 1e3:.1f} ms, {in_order[-1] * 1e3:.0f} ms at most"


def a_record(number: int) -> dict[str, Any]:
    """As the database keeps it: twelve answers, two statements, four actions, five who attended; about 9 kB."""
    ids = [str(new_id()) for _ in range(16)]
    return {
        "title": f"Samtal {number}",
        "legalCharacter": "dialogue",
        "workingGroupId": ids[0],
        "dialogueSessionId": ids[1],
        "appendixTo": None,
        "dialogueTemplate": {"id": ids[2], "key": "val-utfort", "templateVersion": "1.0.0", "contentHash": "0" * 64},
        "startedAt": "2026-11-23T13:00:00Z",
        "meetingForm": "onSite",
        "place": "Ålen",
        "facilitatorFunction": "Verksamhetsutvecklare",
        "attendances": [
            {"mandateId": each, "partyId": ids[3], "partyName": "Saco-S", "function": "Ledamot", "status": "present"}
            for each in ids[4:9]
        ],
        "employeeHeadcount": 7,
        "answers": {f"q{question}": WORDS * 4 for question in range(2, 14)},
        "sharedPicture": WORDS * 5,
        "statements": [{"partyId": each, "answers": {"q5": WORDS * 3}, "differences": WORDS * 2} for each in ids[9:11]],
        "actions": [
            {"id": each, "questionId": "q6", "what": WORDS, "ownerFunction": "Enhetschef", "dueOn": "2027-01-31"}
            for each in ids[11:15]
        ],
        "handovers": [{"handedOverTo": "mbl11", "matter": WORDS, "caseNumber": "MHV 2026/0412"}],
        "noIndividualRecognisable": True,
    }


async def fill(database: Database, organisation: Organisation) -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.write(SYSTEM) as session:
        session.add(organisation)
    rows = []
    for number in range(RECORDS):
        content = a_record(number)
        rows.append(
            {
                "id": new_id(),
                "organisation_id": organisation.id,
                "content": json.dumps(content),
                "content_hash": content_hash(content),
                "at": begun + timedelta(hours=number),
            }
        )
    insert = sa.text(
        "INSERT INTO session_record (id, version, created_at, organisation_id, working_group_id, dialogue_session_id, "
        "title, state, answers, handovers, no_individual_recognisable, content, content_hash, final_at) VALUES "
        "(:id, 3, :at, :organisation_id, :id, :id, 'Samtal', 'final', '{}', '[]', true, CAST(:content AS jsonb), "
        ":content_hash, :at)"
    )
    async with database.migrate() as connection:
        await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await connection.execute(insert, rows)


def a_release() -> WholeRelease:
    """Half of the units are published, with 26 measures, 19 of them with all points of the scale."""

    def share(percent: int) -> dict[str, Any]:
        return {"percent": percent, "bound": "about"}

    def measure(key: str, **more: Any) -> dict[str, Any]:
        bands = {"favourable": share(60), "neutral": share(30), "unfavourable": share(10)}
        words = {"sv": WORDS, "en": WORDS}
        return {"key": key, "bands": bands, "hiddenParts": [], "textAlternative": words, **more}

    indexed = {"index": 65, "indexBound": "about", "zone": {"key": "explore", "provisional": True}}
    indexed |= {"interval": {"low": 58, "high": 72}, "nearlyEveryoneAnswered": False}
    points = [{"value": value, **share(20)} for value in range(1, 6)]
    items = [measure(f"{key}{n}", points=points, dontKnow=share(10)) for key in "ABCDEF" for n in (1, 2, 3)]
    kept_back: dict[str, Any] = {
        "status": "suppressed",
        "reason": "notEnoughAnswers",
        "textAlternative": {"sv": WORDS, "en": WORDS},
    }
    published = {
        "status": "published",
        "respondents": {"from": 25, "to": 49},
        "participation": share(80),
        "nonResponseNotCovered": False,
        "dimensions": [measure(key, **indexed, favourableInterval=None) for key in "ABCDEF"],
        "total": measure("total", **indexed),
        "items": items,
        "standaloneItems": [measure("S1", **indexed, points=points, dontKnow=share(10), favourableInterval=None)],
        "lowestDimensions": [],
        "benchmark": {"parent": kept_back, "others": kept_back, "organisations": kept_back},
        "trend": kept_back,
    }
    units = []
    for number in range(UNITS):
        of_unit: dict[str, Any] = {"unitId": str(new_id()), "parentId": None, "name": f"Enhet {number}"}
        of_unit |= {"validation": {"validated": False, "text": {"sv": WORDS, "en": WORDS}}}
        units.append(Stored(json.dumps(of_unit | (published if number % 2 else kept_back)), "0" * 64))
    whole: dict[str, Any] = {
        **{"surveyRoundId": "", "title": "Stor", "validation": {"validated": False}, "zonesProvisional": True},
        "instrument": {"id": "", "key": "lkf", "instrumentVersion": "1.0.0", "contentHash": "0" * 64},
        **dict.fromkeys(("threshold", "rules", "opensAt", "closesAt", "releasedAt", "unitCount"), 7),
        **{"ballotsAccountedFor": True, "participation": kept_back, "organisation": kept_back},
    }
    return WholeRelease(Stored(json.dumps(whole), "0" * 64), units)


async def measured(name: str, media_type: str, make: Callable[[], Sequence[Sheet]]) -> None:
    loop = Loop()
    watching = asyncio.create_task(loop.watch())
    began, spent = time.monotonic(), time.process_time()
    content = await written(make, media_type, None)
    seconds, cpu = time.monotonic() - began, time.process_time() - spent
    watching.cancel()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name} {media_type.rpartition('.')[2]}: {cpu:.1f} s of CPU, {seconds:.1f} s in all, "
        f"{len(content) / 1e6:.0f} MB, {loop.said()}; {peak:.0f} MB in use at most so far"
    )


async def main(home: Path) -> None:
    server = embedded.start(home)
    try:
        database = Database(server.database_url("postgres"))
        await migrations.upgrade(database)
        organisation = Organisation(organisation_number="2021990417", name="Stor", created_at=datetime.now(UTC))
        await fill(database, organisation)
        archivist = Actor(person_id=UUID(int=1), organisation_id=organisation.id, roles=frozenset({Role.ARCHIVIST}))
        for _ in range(2):
            loop = Loop()
            watching = asyncio.create_task(loop.watch())
            began, spent = time.monotonic(), time.process_time()
            async with database.read(SYSTEM) as session:
                work = Work(session, archivist, datetime.now(UTC))
                records = await approved_records.all_of_organisation(work, organisation.id, Window())
            watching.cancel()
            text = sum(len(record.content) for record in records) / 1e6
            print(
                f"{len(records):,} records read, {text:.0f} MB: {time.process_time() - spent:.1f} s of CPU, "
                f"{time.monotonic() - began:.1f} s in all, {loop.said()}"
            )
        for media_type in (CSV, XLSX):
            await measured("records", media_type, lambda: approved_record_tables.tables(records))
        await database.close()
    finally:
        server.stop()
    release = a_release()
    print(f"release of {UNITS:,} units, {sum(len(unit.text) for unit in release.units) / 1e6:.0f} MB")
    for media_type in (CSV, XLSX):
        await measured("release", media_type, lambda: survey_result_tables.tables(release))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="larande-bench-") as made:
        Path(made).chmod(0o755)
        asyncio.run(main(Path(made) / "server"))
