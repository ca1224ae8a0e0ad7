"""Who somebody is today, as one statement says it, against the same said in plain Python from the plain facts."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Table, new_id
from app.models.dialogue_session import DialogueSession, DialogueSessionState
from app.models.mandate import Mandate
from app.models.party import Party, PartyState, Side
from app.models.person import Person, Role
from app.models.sign_in import SignIn
from app.models.working_group import WorkingGroup, WorkingGroupParty
from app.services import actors
from app.services.actor import Actor
from app.services.errors import Code, Refusal
from tests.chance import rows_of
from tests.database import Database
from tests.long import sized

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class Facts:
    """A small workplace by chance, as rows."""

    chance: random.Random
    organisations: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(2)])
    parties: list[Any] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)
    seats: list[Any] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)
    mandates: list[Any] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    sign_ins: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for organisation in self.organisations:
            self._parties(organisation)
            self._groups(organisation)
        for number in range(6):
            self._somebody(number)

    @property
    def rows(self) -> list[Table]:
        return [
            *self.parties,
            *self.groups,
            *self.seats,
            *self.people,
            *self.mandates,
            *self.sessions,
            *self.sign_ins,
        ]

    def _one(self, row_type: type[Table], **values: Any) -> Any:
        """Any row of the kind, with these values."""
        row: Any = rows_of(row_type, self.chance)[0]
        return row_type(**row.model_dump() | {"id": new_id()} | values)

    def _parties(self, organisation: UUID) -> None:
        for side in (Side.EMPLOYER, Side.UNION, Side.UNION):
            state = self.chance.choice([PartyState.ACTIVE, PartyState.ACTIVE, PartyState.CLOSED])
            party = self._one(Party, organisation_id=organisation, side=side, state=state, name=str(uuid4()))
            self.parties.append(party)

    def _groups(self, organisation: UUID) -> None:
        for _ in range(3):
            started = self.chance.choice([None, NOW])
            group = self._one(WorkingGroup, organisation_id=organisation, started_at=started)
            self.groups.append(group)
            for party in self.parties:
                if party.organisation_id == organisation and self.chance.random() < 0.6:
                    self.seats.append(WorkingGroupParty(working_group_id=group.id, party_id=party.id))
            for _ in range(2):
                state = self.chance.choice(list(DialogueSessionState))
                self.sessions.append(self._one(DialogueSession, working_group_id=group.id, state=state))

    def _somebody(self, number: int) -> None:
        chance = self.chance
        person = self._one(
            Person,
            organisation_id=chance.choice([None, *self.organisations]),
            email=f"{number}.{uuid4().hex}@example.se",
            roles=sorted(chance.sample(list(Role), chance.randrange(3))),
            active=chance.random() < 0.9,
        )
        self.people.append(person)
        for _ in range(chance.randrange(4)):
            party = chance.choice(self.parties)
            at_table = [seat.working_group_id for seat in self.seats if seat.party_id == party.id]
            self.mandates.append(
                self._one(
                    Mandate,
                    organisation_id=party.organisation_id,
                    party_id=party.id,
                    person_id=person.id,
                    working_group_id=chance.choice([None, *at_table]),
                    valid_from=TODAY + timedelta(days=chance.choice([-9, -9, -9, 0, 1])),
                    valid_to=chance.choice([None, None, TODAY + timedelta(days=9)]),
                    first=False,
                )
            )
            if chance.random() < 0.4:
                ended = self.mandates[-1]
                ended.valid_to = max(ended.valid_from, TODAY + timedelta(days=chance.choice([-1, 0])))
        for session in self.sessions:
            if chance.random() < 0.2:
                session.facilitator_id = person.id
        started_at = NOW - timedelta(days=chance.choice([0, 30, 59, 62]))
        ended_at = chance.choice([None, None, None, NOW])
        self.sign_ins.append(
            SignIn(
                person_id=person.id,
                address_hash=b"",
                started_at=started_at,
                last_used_at=started_at,
                ended_at=ended_at,
            )
        )


def in_plain_words(facts: Facts, person: Any, sign_in: Any) -> dict[str, Any] | None:
    """What somebody holds today, from the facts; None for one who is nobody any more."""
    if not person.active or sign_in.ended_at is not None or (TODAY - sign_in.started_at.date()).days > 60:
        return None
    active = {party.id for party in facts.parties if party.state == PartyState.ACTIVE}
    running = [
        mandate
        for mandate in facts.mandates
        if mandate.person_id == person.id
        and mandate.party_id in active
        and mandate.valid_from <= TODAY
        and (mandate.valid_to is None or mandate.valid_to >= TODAY)
    ]
    tables = {
        (seat.working_group_id, seat.party_id)
        for seat in facts.seats
        for mandate in running
        if mandate.party_id == seat.party_id and mandate.working_group_id in (None, seat.working_group_id)
    }
    led = {
        (session.id, session.working_group_id)
        for session in facts.sessions
        if session.facilitator_id == person.id and session.state != DialogueSessionState.CANCELLED
    }
    around = {group for group, _ in tables} | {group for _, group in led}
    started = {group.id for group in facts.groups if group.started_at is not None and group.id in around}
    own = {mandate.party_id for mandate in running}
    return {
        "organisation_id": person.organisation_id,
        "roles": set(person.roles),
        "seats": {(each.id, each.party_id, each.organisation_id, each.working_group_id) for each in running},
        "tables": tables,
        "facilitated": led,
        "started": started,
        "met": {seat.party_id for seat in facts.seats if seat.working_group_id in started or seat.party_id in own},
    }


def _told(actor: Actor) -> dict[str, Any]:
    return {
        "organisation_id": actor.organisation_id,
        "roles": set(actor.roles),
        "seats": {(s.mandate_id, s.party_id, s.organisation_id, s.working_group_id) for s in actor.seats},
        "tables": set(actor.tables),
        "facilitated": set(actor.facilitated),
        "started": set(actor.started),
        "met": set(actor.met),
    }


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """Without foreign keys, and forgotten afterwards."""
    async with database.own() as session:
        await session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield session
        await session.rollback()


async def test_one_statement_says_what_the_facts_say(session: AsyncSession) -> None:
    somebody = nobody = at_table = 0
    for seed in range(sized(20, 400)):
        facts = Facts(random.Random(seed))  # noqa: S311
        session.add_all(facts.rows)
        await session.flush()
        for person, sign_in in zip(facts.people, facts.sign_ins, strict=True):
            expected = in_plain_words(facts, person, sign_in)
            if expected is None:
                with pytest.raises(Refusal) as refused:
                    await actors.load(session, person.id, sign_in.id, TODAY)
                assert refused.value.code is Code.TOKEN_INVALID
                nobody += 1
                continue
            told = _told(await actors.load(session, person.id, sign_in.id, TODAY))
            assert told == expected
            somebody += 1
            at_table += bool(told["tables"])
        session.expunge_all()
    assert somebody > 50
    assert nobody > 10
    assert at_table > 20


async def test_a_role_of_a_later_version_is_none_here(database: Database) -> None:
    """While two versions run beside each other, who holds the newer one's role is somebody to the older one too."""
    person = Person(name="Åsa", email=f"{uuid4().hex}@example.se", created_at=NOW)
    sign_in = SignIn(person_id=person.id, address_hash=b"", started_at=NOW, last_used_at=NOW)
    async with database.own() as session:
        session.add_all([person, sign_in])
        await session.flush()
        await session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))  # or the table could not be altered yet
        await session.execute(sa.text("ALTER TABLE person DROP CONSTRAINT ck_person_roles"))
        given = sa.text("UPDATE person SET roles = ARRAY['poet', 'archivist'] WHERE id = :id")
        await session.execute(given, {"id": person.id})
        actor = await actors.load(session, person.id, sign_in.id, TODAY)
        await session.refresh(person)
        await session.rollback()
    assert actor.roles == {Role.ARCHIVIST}
    assert person.roles == [Role.ARCHIVIST]
