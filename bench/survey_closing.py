"""What closing a round costs, and what reading its result costs afterwards.

    python -m bench.survey_closing [answers …]

Starts a PostgreSQL of its own, seals made-up answers, and closes one round after the other in this process. CPU time
and peak memory are this process's, those of the database are not in them. Without numbers: 100 and 100,000 answers.
"""

import asyncio
import os
import resource
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
from pydantic import SecretStr
from sqlmodel import SQLModel

from app import embedded, logs, migrations
from app.api.operations import BASE
from app.closing import close_due
from app.database import Database
from app.key_directory import open_key_directory
from app.main import create_app
from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.survey_round import SurveyRound, SurveyUnit
from app.models.unit import Unit
from app.services import pack_reading
from app.services.ballot import Ballot, encode, new_secret, public_key_of, seal
from app.services.content_hash import content_hash
from app.services.instrument_content import layout_of, written
from app.services.key_store import KeyStore, RoundSecrets
from app.services.wall import SYSTEM
from app.settings import Settings
from bench.list_read import FIRST_DAY, TOKEN_SECRET, Place, fill, get

SIZES = (100, 100_000)
UNITS = 2_000
REQUESTS = 40
ROUNDS = 30
"""Slices of requests, each of all rounds in turn."""


def questionnaire() -> dict[str, Any]:
    """The one that is shipped, without its open questions."""
    return written(pack_reading.read_pack(pack_reading.shipped()).instruments[0].content)


@dataclass(frozen=True)
class Tree:
    ids: list[UUID]
    parents: list[int]
    units: np.ndarray[Any, Any]
    """Of each person who answers."""


def a_tree(answers: int, seed: int = 1) -> Tree:
    """Units of very different sizes, every third of them with units below, and some direct members in those too."""
    dice = np.random.default_rng(seed)
    count = max(3, min(UNITS, answers // 20))
    parents = [-1] + [int(dice.integers(0, max(1, unit // 3))) for unit in range(1, count)]
    share = dice.pareto(1.5, count) + 0.2
    return Tree([uuid4() for _ in parents], parents, dice.choice(count, answers, p=share / share.sum()))


async def open_round(
    database: Database, connection: asyncpg.Connection, key_store: KeyStore, place: Place, answers: int
) -> tuple[UUID, Tree]:
    now = datetime.now(UTC)
    content = questionnaire()
    instrument = Instrument(
        key=f"matning-{answers}",
        instrument_version="1.0.0",
        languages=[Language.SWEDISH],
        title=content["title"],
        content=content,
        content_hash=content_hash(content),
        created_at=now,
        published_at=now,
    )
    tree = a_tree(answers)
    headcounts = (np.bincount(tree.units, minlength=len(tree.ids)) + 5).tolist()
    secret_key = new_secret()
    survey_round = SurveyRound(
        organisation_id=place.organisation_id,
        working_group_id=place.working_group_id,
        title="Lärklimatet",
        instrument_id=instrument.id,
        root_unit_id=tree.ids[0],
        opens_at=now - timedelta(days=7),
        closes_at=now - timedelta(minutes=1),
        public_key=public_key_of(secret_key),
        created_at=now,
    )
    rows: list[list[SQLModel]] = [
        [instrument],
        [
            Unit(id=each, organisation_id=place.organisation_id, headcount=1, valid_from=FIRST_DAY, created_at=now)
            for each in tree.ids
        ],
        [survey_round],
        [
            SurveyUnit(
                survey_round_id=survey_round.id,
                unit_id=tree.ids[at],
                position=at,
                parent_id=None if parent == -1 else tree.ids[parent],
                name=f"Enheten för lärande {at:04d}",
                headcount=headcount,
            )
            for at, (parent, headcount) in enumerate(zip(tree.parents, headcounts, strict=True))
        ],
    ]
    for each in rows:
        async with database.write(SYSTEM) as session:
            session.add_all(each)
    await connection.execute(
        "UPDATE survey_round SET state = 'open', content = $2, content_hash = $3 WHERE id = $1",
        survey_round.id,
        '{"rules": "R1-R12/1"}',
        "0" * 64,
    )
    key_store.put(survey_round.id, RoundSecrets(secret_key, secrets.token_bytes(32)))
    for some in sealed(tree, content, survey_round):
        await connection.copy_records_to_table(
            "sealed_response", records=some, columns=["id", "survey_round_id", "ciphertext"]
        )
    invitations = ((secrets.token_bytes(32), survey_round.id, tree.ids[at], True) for at in tree.units.tolist())
    await connection.copy_records_to_table(
        "survey_invitation", records=invitations, columns=["token_hash", "survey_round_id", "unit_id", "used"]
    )
    return survey_round.id, tree


def sealed(tree: Tree, content: dict[str, Any], survey_round: SurveyRound) -> Iterator[list[tuple[UUID, UUID, bytes]]]:
    dice = np.random.default_rng(2)
    layout = layout_of(InstrumentContent.model_validate(content), False)
    climate = dice.normal(3.4, 0.4, len(tree.ids))
    for begin in range(0, len(tree.units), 10_000):
        units = tree.units[begin : begin + 10_000]
        told = climate[units][:, np.newaxis] + dice.normal(0, 0.9, (len(units), layout.items))
        answers = np.clip(np.rint(told), 1, 5).astype(int)
        unsaid = dice.random(answers.shape)
        answers[unsaid < 0.06] = -1
        answers[unsaid < 0.02] = 0
        yield [
            (uuid4(), survey_round.id, seal([survey_round.public_key or b""], encode(layout, Ballot(unit, tuple(row)))))
            for unit, row in zip(units.tolist(), answers.tolist(), strict=True)
        ]


async def run(url: str, keys: Path, sizes: list[int]) -> None:
    key_store = open_key_directory(keys)
    settings = Settings(database_url=SecretStr(url), token_secret=SecretStr(TOKEN_SECRET), key_directory=keys)
    app = create_app(settings)
    database: Database = app.state.database
    await migrations.upgrade(database)
    place = await fill(database)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    paths = {}
    print("| Answers | units | CPU, s | elapsed, s | peak memory, MiB | of which before closing |")
    print("|---:|---:|---:|---:|---:|---:|")
    for answers in sizes:
        round_id, tree = await open_round(database, connection, key_store, place, answers)
        await connection.execute("ANALYZE")
        before = _peak()
        began, clock = time.process_time(), time.perf_counter()
        outcomes = await close_due(database, key_store, datetime.now(UTC))
        spent, elapsed = time.process_time() - began, time.perf_counter() - clock
        if outcomes != {round_id: "released"}:
            raise RuntimeError(f"closing came to {outcomes}")
        print(f"| {answers:,} | {len(tree.ids):,} | {spent:.1f} | {elapsed:.1f} | {_peak():.0f} | {before:.0f} |")
        results = f"{BASE}/survey-rounds/{round_id}/results"
        paths[answers] = (results, f"{results}/units/{tree.ids[0]}")
    token = app.state.token_key.issue(place.person_id, place.sign_in_id, datetime.now(UTC))
    await reading(app, token, paths)
    await connection.close()
    await database.close()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def reading(app: Any, token: str, paths: dict[int, tuple[str, str]]) -> None:
    """CPU time of one read of each result, against that of the smallest round in the same slice."""
    spent: dict[tuple[int, int], list[float]] = {}
    for _ in range(ROUNDS + 1):
        for answers, each in paths.items():
            for which, path in enumerate(each):
                began = time.process_time()
                for _ in range(REQUESTS):
                    status, _body = await get(app, path, token)
                    if status != 200:
                        raise RuntimeError(f"{path} answered {status}")
                spent.setdefault((answers, which), []).append((time.process_time() - began) / REQUESTS)
    smallest = min(paths)
    print("\n| Read after a round of | whole round | its root unit |\n|---:|---:|---:|")
    for answers in paths:
        ratios = [
            statistics.median(
                own / base for own, base in zip(spent[answers, which][1:], spent[smallest, which][1:], strict=True)
            )
            for which in (0, 1)
        ]
        print(f"| {answers:,} | {ratios[0]:.2f} | {ratios[1]:.2f} |")


def main() -> None:
    sizes = sorted(map(int, sys.argv[1:])) or list(SIZES)
    with Path(os.devnull).open("w") as nowhere, tempfile.TemporaryDirectory(prefix="larande-bench-") as home:
        with redirect_stderr(nowhere):
            logs.configure("json", "info")  # every request writes its line, as in service, but nobody reads it
        Path(home).chmod(0o755)  # as root, PostgreSQL runs as another account
        with embedded.start(Path(home) / "server") as server:
            asyncio.run(run(server.url, Path(home) / "keys", sizes))


if __name__ == "__main__":
    main()
