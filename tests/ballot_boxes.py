"""Rounds whose answers are in the box, made with rows by hand: what stands before closing."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import Table
from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_round import SurveyRound, SurveyRoundState, SurveyUnit
from app.models.unit import Unit
from app.services.ballot import Ballot, encode, new_secret, new_token, public_key_of, seal, token_hash
from app.services.content_hash import content_hash
from app.services.instrument_content import layout_of, written
from app.services.key_store import KeyStore, RoundSecrets
from tests.instruments import shipped_instrument
from tests.survey_stories import decided_content
from tests.world import World

Json = dict[str, Any]


def a_questionnaire(**changes: Any) -> Json:
    """The questionnaire that is shipped, with two open questions."""
    questions = [
        {"id": f"O{number}", "text": {"sv": "Vad mer?", "en": "What else?"}, "maxCharacters": 200} for number in (1, 2)
    ]
    said = shipped_instrument()["content"] | {"openQuestions": questions} | changes
    return written(InstrumentContent.model_validate(said))


async def add(world: World, *rows: Table) -> None:
    async with world.database.write() as session:
        for row in rows:
            session.add(row)
            await session.flush()


async def an_instrument(world: World, **changes: Any) -> Instrument:
    content = a_questionnaire(**changes)
    now = datetime.now(UTC)
    instrument = Instrument(
        key=f"prov-{uuid4().hex[:8]}",
        instrument_version="1.0.0-pilot",
        languages=[Language.SWEDISH, Language.ENGLISH],
        title=content["title"],
        content=content,
        content_hash=content_hash(content),
        created_at=now,
        published_at=now,
    )
    await add(world, instrument)
    return instrument


Tree = dict[str, tuple[str | None, int]]
"""From a unit's name to its parent's name and its own head-count, parents first."""

SMALL: Tree = {"rot": (None, 4), "a": ("rot", 20), "b": ("rot", 20), "c": ("rot", 3)}


@dataclass
class Box:
    """A round with the keys that its parties would hold."""

    world: World
    survey_round: SurveyRound
    instrument: Instrument
    units: dict[str, UUID]
    secret_keys: list[bytes]
    _waiting: list[Table] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        return self.survey_round.id

    @property
    def path(self) -> str:
        return f"/survey-rounds/{self.id}"

    @property
    def key_store(self) -> KeyStore:
        store: KeyStore = self.world.app.state.key_store
        return store

    @cached_property
    def instrument_content(self) -> InstrumentContent:
        return InstrumentContent.model_validate(self.instrument.content)

    def put(
        self,
        unit: str,
        values: Sequence[int],
        how_many: int = 1,
        texts: tuple[str, ...] = ("", ""),
        *,
        used: bool = True,
    ) -> "Box":
        """So many of a unit answer alike; `store` sends them."""
        layout = layout_of(self.instrument_content, self.survey_round.free_text)
        place = list(self.units).index(unit)
        payload = encode(layout, Ballot(place, tuple(values), texts if self.survey_round.free_text else ()))
        for _ in range(how_many):
            box = seal([public_key_of(key) for key in self.secret_keys], payload)
            self._waiting += [SealedResponse(survey_round_id=self.id, ciphertext=box), self._invitation(unit, used)]
        return self

    def put_alien(self, ciphertext: bytes) -> "Box":
        """What nobody sealed with the service."""
        self._waiting.append(SealedResponse(survey_round_id=self.id, ciphertext=ciphertext))
        return self

    def _invitation(self, unit: str, used: bool) -> SurveyInvitation:
        return SurveyInvitation(
            token_hash=token_hash(new_token()), survey_round_id=self.id, unit_id=self.units[unit], used=used
        )

    async def store(self, silent: int = 3) -> "Box":
        """With some who did not answer."""
        self._waiting += [self._invitation("rot", used=False) for _ in range(silent)]
        async with self.world.database.write() as session:
            session.add_all(self._waiting)
        self._waiting = []
        return self


def everything(value: int) -> list[int]:
    """Somebody who holds `value` of everything, statements turned round included."""
    return [6 - value if each["reversed"] else value for each in shipped_instrument()["content"]["items"]]


async def an_open_round(
    world: World,
    group: Json,
    tree: Tree = SMALL,
    *,
    instrument: Instrument | None = None,
    units: dict[str, UUID] | None = None,
    closes_at: datetime | None = None,
    **more: Any,
) -> Box:
    """Open since a week and due since a minute, unless `closes_at` says otherwise."""
    now = datetime.now(UTC)
    instrument = instrument or await an_instrument(world)
    units = units if units is not None else {}
    for name in tree:
        if name not in units:
            parent = tree[name][0]
            unit: Unit = await world.unit_under(await _unit(world, units[parent]) if parent else None, name)
            units[name] = unit.id
    two_keys = more.get("two_keys", False)
    secret_keys = [new_secret() for _ in range(3 if two_keys else 1)]
    survey_round = SurveyRound(
        organisation_id=UUID(group["organisationId"]),
        working_group_id=UUID(group["id"]),
        title="Lärklimatet hösten 2026",
        instrument_id=instrument.id,
        root_unit_id=units[next(iter(tree))],
        opens_at=now - timedelta(days=7),
        closes_at=closes_at or now - timedelta(minutes=1),
        created_at=now - timedelta(days=8),
        **more,
    )
    await add(world, survey_round)
    await add(
        world,
        *(
            SurveyUnit(
                survey_round_id=survey_round.id,
                unit_id=units[name],
                position=position,
                parent_id=units[parent] if parent else None,
                name=name,
                headcount=headcount,
            )
            for position, (name, (parent, headcount)) in enumerate(tree.items())
        ),
    )
    box = Box(world, survey_round, instrument, {name: units[name] for name in tree}, secret_keys)
    public = [public_key_of(key) for key in secret_keys]
    headcounts = [headcount for _, headcount in tree.values()]
    decided = decided_content(survey_round, instrument, headcounts, public[1:])
    opened: dict[str, Any] = {
        "state": SurveyRoundState.OPEN,
        "opened_at": survey_round.opens_at,
        "content": decided,
        "content_hash": content_hash(decided),
        "public_key": public[0],
        "employer_public_key": public[1] if two_keys else None,
        "union_public_key": public[2] if two_keys else None,
    }
    async with world.database.write() as session:
        await session.execute(sa.update(SurveyRound).where(col(SurveyRound.id) == survey_round.id).values(**opened))
        # As the service does it: before the commit, and while the row is held, so that no tidying takes them.
        box.key_store.put(survey_round.id, RoundSecrets(secret_keys[0], secrets.token_bytes(32)))
    async with world.database.read() as session:
        box.survey_round = await session.get_one(SurveyRound, survey_round.id)
    return box


async def _unit(world: World, unit_id: UUID) -> Unit:
    async with world.database.read() as session:
        return await session.get_one(Unit, unit_id)


async def an_answered_round(world: World, group: Json, **more: Any) -> Box:
    """Two units that are shown, one with the members of the root that is not."""
    box = await an_open_round(world, group, **more)
    box.put("a", everything(4), 8).put("a", everything(3), 8).put("b", everything(2), 9).put("b", everything(5), 3)
    box.put("c", everything(1), 2).put("rot", everything(3), 2)
    return await box.store()
