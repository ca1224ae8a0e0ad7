"""What a file of 50,000 people and one of 5,000 units cost: first import, unchanged replay, and a night's changes.

python -m bench.imports [people]
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import psutil  # type: ignore[import-untyped]

from app import embedded, migrations
from app.database import Database
from app.models.hr_import import ImportApplication, ImportMode, ImportState, ImportSubject
from app.models.organisation import Organisation
from app.models.person import Person, Role
from app.services import import_applications, import_changes, imports
from app.services.actor import Actor
from app.services.import_applications import ImportOffice
from app.services.listing import PageRequest
from app.services.table_files import FileFormat
from app.services.wall import SYSTEM
from app.services.work import Work

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
UNITS = max(PEOPLE // 10, 1)


def people_file(changed: int = 0) -> bytes:
    lines = ["externalId;name;email;unitExternalId;active"]
    lines += [
        f"P{number};{'Åsa' if number >= changed else 'Eva'} Ek {number};p{number}@stor.example;U{number % UNITS};ja"
        for number in range(PEOPLE)
    ]
    return "\n".join(lines).encode()


def units_file() -> bytes:
    lines = ["externalId;name;parentExternalId;headcount"]
    lines += [f"U{number};Enhet {number};{f'U{(number - 1) // 8}' if number else ''};10" for number in range(UNITS)]
    return "\n".join(lines).encode()


def processor_time(server: psutil.Process) -> tuple[float, float]:
    """Seconds of this process, and of the database's processes that live (their ended children included)."""
    of_server = 0.0
    for process in [server, *server.children(recursive=True)]:
        times = process.cpu_times()
        of_server += times.user + times.system
    return time.process_time(), of_server


async def run(office: ImportOffice, who: Actor, organisation_id: UUID, subject: ImportSubject, content: bytes) -> str:
    """Planned, a page of it reviewed, and applied: by the worker, if it is large."""
    began = time.monotonic()
    async with office.write() as session:
        work = Work(session, who, datetime.now(UTC))
        planned = await imports.create(work, organisation_id, subject, ImportMode.SNAPSHOT, content, FileFormat.CSV)
    took = time.monotonic() - began
    pages = []
    for page in (1, 100):
        since = time.monotonic()
        async with office.write() as session:
            work = Work(session, who, datetime.now(UTC))
            await import_changes.list_of_import(work, planned.id, None, PageRequest(page, 100))
        pages.append(f"{(time.monotonic() - since) * 1000:.0f}")
    async with office.write() as session:
        work = Work(session, who, datetime.now(UTC))
        done = await import_applications.apply(work, planned.id, 1, ImportApplication(planHash=planned.plan_hash))
    if done.state is ImportState.APPLYING:
        await import_applications.carry_out(office, json.dumps({"import": str(planned.id)}).encode())
    async with office.write() as session:
        done = await imports.read(Work(session, who, datetime.now(UTC)), planned.id)
    counts = done.report.counts
    return (
        f"{done.state.value}: {counts.created} created, {counts.changed} changed, {counts.unchanged} unchanged, "
        f"{counts.refused} refused; {took:.1f} s to plan, {' and '.join(pages)} ms for the first and a deep page of it"
    )


async def measured(name: str, server: psutil.Process, do: Callable[[], Awaitable[str]]) -> None:
    before, began = processor_time(server), time.monotonic()
    came_of_it = await do()
    after = processor_time(server)
    ours, theirs = after[0] - before[0], after[1] - before[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: {ours:.1f} s of CPU and {theirs:.1f} s of the database's, {time.monotonic() - began:.1f} s in all, "
        f"{peak:.0f} MB at most; {came_of_it}"
    )


async def main(home: Path) -> None:
    server = embedded.start(home)
    try:
        database = Database(server.database_url("postgres"))
        await migrations.upgrade(database)
        organisation = Organisation(organisation_number="2021990417", name="Stor", created_at=datetime.now(UTC))
        roles = [Role.SYSTEM_ADMINISTRATOR]
        person = Person(name="Drift", email="drift@stor.example", roles=roles, created_at=datetime.now(UTC))
        async with database.write(SYSTEM) as session:
            session.add_all([organisation, person])
        who = Actor(person_id=person.id, roles=frozenset(roles))
        office = ImportOffice(partial(database.write, SYSTEM), lambda: datetime.now(UTC))
        (pid_file,) = home.rglob("postmaster.pid")  # noqa: ASYNC240
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        for name, subject, content in (
            ("units, first", ImportSubject.UNITS, units_file()),
            ("units, replayed", ImportSubject.UNITS, units_file()),
            ("people, first", ImportSubject.PEOPLE, people_file()),
            ("people, replayed", ImportSubject.PEOPLE, people_file()),
            ("people, 500 renamed", ImportSubject.PEOPLE, people_file(500)),
        ):
            await measured(name, postmaster, lambda s=subject, c=content: run(office, who, organisation.id, s, c))  # type: ignore[misc]
        await database.close()
    finally:
        server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="larande-bench-") as made:
        Path(made).chmod(0o755)
        asyncio.run(main(Path(made) / "server"))
