"""Twenty thousand answer a survey, and an attacker gets everything the database ever wrote: but not the key store."""

import asyncio
import base64
import math
import random
import secrets
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from app import embedded
from app.ballot_box import BallotBox
from app.closing import close_due
from app.key_directory import open_key_directory
from app.models.survey_ballot import SurveyInvitation
from app.services.ballot import Ballot as Paper
from app.services.ballot import BallotKeys, Layout, encode, new_secret, new_token, public_key_of, token_hash
from app.services.key_store import RoundSecrets
from app.services.survey_answers import Answer
from app.services.survey_closing import Outcome
from tests.attacks import files
from tests.attacks.wal import written
from tests.database import Database
from tests.long import sized
from tests.survey_ballots import ITEMS, SurveyStage, open_round

PEOPLE = sized(6_000, 20_000)
ALONE = 150
"""Answered one by one, in a quiet hour."""
SIGMAS = 5
"""A guess by chance exceeds its bound once in some millions."""


@dataclass
class Stolen:
    """What the attacker has, and what only the test knows."""

    copies: list[Path]
    everything: list[Path]
    tables: dict[str, str]
    paper: dict[bytes, bytes]
    """By the hash of the token: what was on the person's paper."""
    opened: dict[bytes, bytes]
    """By the box: what is in it."""
    needles: dict[str, bytes]
    key_files: list[Path]
    outcome: Outcome


@pytest.fixture(scope="module")
def stolen(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stolen]:
    place = tmp_path_factory.mktemp("linkage")
    home = made_home.with_name("linkage")
    subprocess.run(["cp", "-a", made_home, home], check=True)
    with embedded.start(home) as server:
        yield asyncio.run(_survey(server, home, place))


async def _survey(server: embedded.EmbeddedServer, home: Path, place: Path) -> Stolen:
    """The whole of a round, with the product's own parts, and what is copied meanwhile."""
    dice = random.Random(20_000)  # noqa: S311
    database = Database(server.url)
    admin = await asyncpg.connect(server.url.replace("+asyncpg", ""))
    key_store = open_key_directory(place / "keys")
    secret, invitation_secret = new_secret(), new_secret()
    stage = await open_round(database, public_key=public_key_of(secret))
    key_store.put(stage.round_id, RoundSecrets(secret, invitation_secret))
    tokens = [new_token() for _ in range(PEOPLE)]
    await _invite(database, stage, tokens)

    paper: dict[bytes, bytes] = {}
    answers = []
    for token in tokens:
        values = [1 + each % 5 for each in secrets.token_bytes(len(ITEMS))]
        paper[token_hash(token)] = encode(Layout(len(ITEMS)), Paper(1, tuple(values)))
        answers.append(Answer(token_hash(token), dict(zip(ITEMS, values, strict=True)), {}))
    box = BallotBox(database, lambda: datetime.now(UTC))
    first = dice.randrange(PEOPLE // 4, PEOPLE // 2)
    copies: list[Path] = []
    at = 0
    while at < PEOPLE:
        together = 1 if at < ALONE else dice.randrange(2, 300)
        await asyncio.gather(*(box.put(each) for each in answers[at : at + together]))
        at += together
        if not copies and at > first:
            copies.append(await _copy(admin, home, place / "first"))
    opened = await _opened(admin, stage.round_id, secret)
    tables = {name: await admin.fetchval("SELECT pg_relation_filepath($1::regclass)", name) for name in TABLES}
    copies.append(await _copy(admin, home, place / "second"))
    await stage.change(closes_at=datetime.now(UTC) - timedelta(seconds=1))
    outcome = (await close_due(database, key_store, datetime.now(UTC)))[stage.round_id]
    after = await _copy(admin, home, place / "after")
    await box.close()
    await admin.close()
    await database.close()
    some = dice.sample(tokens, 8)
    needles = {"secret key": secret, "secret key, hex": secret.hex().encode(), "invitation secret": invitation_secret}
    needles |= {"secret key, base64": base64.b64encode(secret)[:42]}
    needles |= {f"token {token}": token.encode() for token in some[:4]}
    needles |= {f"token {token}, raw": base64.urlsafe_b64decode(f"{token}=") for token in some[:4]}
    needles |= {f"paper of {token}": paper[token_hash(token)][3:] for token in some}
    everything = [*copies, after]
    return Stolen(copies, everything, tables, paper, opened, needles, key_files(place / "keys"), outcome)


TABLES = "survey_invitation", "sealed_response"


def key_files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file() and path.stat().st_size >= 32]


async def _invite(database: Database, stage: SurveyStage, tokens: list[str]) -> None:
    rows = [
        {"token_hash": token_hash(each), "survey_round_id": stage.round_id, "unit_id": stage.units[1], "used": False}
        for each in tokens
    ]
    async with database.write() as session:
        for begin in range(0, len(rows), 5_000):
            await session.execute(sa.insert(SurveyInvitation), rows[begin : begin + 5_000])


async def _opened(admin: asyncpg.Connection, round_id: UUID, secret: bytes) -> dict[bytes, bytes]:
    found = await admin.fetch("SELECT ciphertext FROM sealed_response WHERE survey_round_id = $1", round_id)
    keys = BallotKeys([secret])
    return {each["ciphertext"]: keys.open(each["ciphertext"]) for each in found}


async def _copy(admin: asyncpg.Connection, home: Path, to: Path) -> Path:
    """A base backup while the service runs: all files, with write-ahead log and server log."""
    await admin.execute("SELECT pg_backup_start('copy', fast => true)")
    # Files come and go meanwhile; that is what the log in the copy is for.
    await asyncio.to_thread(lambda: subprocess.run(["cp", "-a", home, to], check=True))
    await admin.execute("SELECT pg_backup_stop()")
    return to


# --- What the attacker gets -----------------------------------------------------------------------------------------


def test_every_answer_is_there_before_the_round_closes(stolen: Stolen) -> None:
    """The attack is on a round that worked: everyone's paper is in the box, and the box was opened."""
    assert sorted(stolen.opened.values()) == sorted(stolen.paper.values())
    assert len(set(stolen.paper.values())) == PEOPLE
    assert stolen.outcome is Outcome.RELEASED


def by_files(stolen: Stolen, copy: Path) -> dict[str, list[files.Guess]]:
    used, sealed = (read(copy / "data" / stolen.tables[name]) for read, name in READ.items())
    return files.guesses(used, sealed)


def by_log(stolen: Stolen, copy: Path) -> dict[str, list[files.Guess]]:
    tables = [copy / "data" / stolen.tables[name] for name in READ.values()]
    used, sealed = (read(table) for read, table in zip(READ, tables, strict=True))
    return files.guesses_by_log(used, sealed, written(copy / "data"), *(int(table.name) for table in tables))


READ = {files.used_tokens: "survey_invitation", files.boxes: "sealed_response"}


@pytest.mark.parametrize("guessed", [by_files, by_log])
def test_a_transaction_ties_a_token_to_a_batch_of_boxes_and_to_no_box_in_it(
    stolen: Stolen,
    guessed: Callable[[Stolen, Path], dict[str, list[files.Guess]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Alone in its batch a token is tied to its box: that is known, and is why the box has to be sealed."""
    told: list[tuple[int, int, int]] = []
    for copy in stolen.copies:
        for way, found in guessed(stolen, copy).items():
            alone = [stolen.paper[token] == stolen.opened[box] for token, box, among in found if among == 1]
            # Whoever answered alone did so before the first copy, and the log of the second begins there.
            assert len(alone) == (ALONE if guessed is by_files or copy is stolen.copies[0] else 0)
            assert all(alone), "the attacker cannot read the files"
            batched = [(stolen.paper[token] == stolen.opened[box], among) for token, box, among in found if among > 1]
            right, by_chance = sum(hit for hit, _ in batched), sum(1 / among for _, among in batched)
            # In a batch of b guessed in some order, one is right on average, with a variance of one.
            assert right < by_chance + SIGMAS * math.sqrt(by_chance) + SIGMAS, way
            told.append((right, len(batched), round(by_chance)))
    assert min(tried for _, tried, _ in told) > PEOPLE // 5
    with capsys.disabled():
        print(f"\nright guesses of a token's box, guessed, expected by chance: {sorted(set(told))}")  # noqa: T201


def test_all_boxes_are_alike_and_tell_nothing_of_an_answer(stolen: Stolen, capsys: pytest.CaptureFixture[str]) -> None:
    """Half of the people have told the attacker their answer, and which box is theirs. It helps with nobody else."""
    assert len({len(box) for box in stolen.opened}) == 1
    # Those in the middle aside, it is yes or no, and half and half.
    answers = [(box, int(paper[3] >= 4)) for box, paper in stolen.opened.items() if paper[3] != 3]
    half = len(answers) // 2
    known, unknown = answers[:half], answers[half:]
    guessed = files.best_bit(known, [box for box, _ in unknown])
    right = sum(guess == answer for guess, (_, answer) in zip(guessed, unknown, strict=True))
    favourable = sum(answer for _, answer in unknown)
    best_by_chance = max(favourable, len(unknown) - favourable)
    bound = best_by_chance + SIGMAS * math.sqrt(len(unknown) / 4)
    assert right < bound
    # The same attack on boxes that are not sealed is right with everyone: it would have found a weaker seal.
    bare = [(stolen.opened[box], answer) for box, answer in answers]
    guessed = files.best_bit(bare[:half], [paper for paper, _ in bare[half:]])
    read = sum(guess == answer for guess, (_, answer) in zip(guessed, unknown, strict=True))
    assert read > bound
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{right:,} of {len(unknown):,} answers guessed from sealed boxes, {best_by_chance:,} without looking, "
            f"{read:,} from papers that were not sealed: 0 of {PEOPLE:,} respondents tied to an answer"
        )


def test_no_file_holds_a_key_a_token_or_a_paper(stolen: Stolen) -> None:
    """Neither table, write-ahead log, temporary file nor log of any copy, before the release or after it."""
    assert files.holding(stolen.everything, stolen.needles) == set()
    # The search does find what is there.
    box = next(iter(stolen.opened))
    assert files.holding(stolen.copies[-1:], {"box": box}) == {"box"}


def test_after_the_release_the_keys_are_gone_and_old_copies_stay_shut(stolen: Stolen) -> None:
    """Nothing is left that opens what old copies, dead rows and the log still hold."""
    assert stolen.key_files == []
    dead = files.boxes(stolen.everything[-1] / "data" / stolen.tables["sealed_response"])
    assert set(dead) <= set(stolen.opened), "only sealed boxes are left behind"
