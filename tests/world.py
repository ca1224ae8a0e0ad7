"""An agency to test in, built by hand below the api room, so that a test starts where its story starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from sqlmodel import SQLModel

from app.models.base import Table
from app.models.columns import Language
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.mandate import Mandate
from app.models.organisation import ApprovalRule, Organisation
from app.models.party import Party, Side
from app.models.person import Person, Role
from app.models.sign_in import SignIn
from app.models.unit import Unit, UnitPlacement
from app.services.content_hash import content_hash
from app.services.dialogue_templates import columns_of
from app.services.template_content import written
from app.services.tokens import TokenKey
from tests.client import Client, client_for
from tests.content import shipped_pack
from tests.database import Database, database_of

if TYPE_CHECKING:
    from tests.machines import Machine


@cache
def _tables() -> list[Any]:
    """Those that others refer to first."""
    return SQLModel.metadata.sorted_tables


_numbers = count(1)
_organisations = count(1)


def organisation_number() -> str:
    """A fresh number with a right check digit. Counted: of a thousand drawn by lot, two would soon be the same."""
    stem = f"202{next(_organisations):06d}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(stem)]
    return stem + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@dataclass
class Someone:
    """A person with a client that is signed in as them."""

    person: Person
    client: Client
    mandate: Mandate | None = None

    @property
    def id(self) -> str:
        return str(self.person.id)

    @property
    def mandate_id(self) -> str:
        assert self.mandate is not None
        return str(self.mandate.id)


@dataclass
class World:
    """One agency: employer party, two unions (Saco-S and Seko), a unit tree of three, and people in every role."""

    app: FastAPI
    swapped: bool = False
    """Whether the employer and Saco-S have changed names and places in the order of founding."""
    people: dict[str, Someone] = field(default_factory=dict)
    machines: dict[str, "Machine"] = field(default_factory=dict)
    """Service clients, where a test has some that it asks for by name."""
    _template: DialogueTemplate | None = None
    _founding: list[Table] | None = None
    _sign_ins: dict[UUID, UUID] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return database_of(self.app)

    async def __aenter__(self) -> "World":
        self._context = client_for(self.app)
        self.nobody = await self._context.__aenter__()
        # Some thousand tests begin here: everything goes into one transaction, in few statements.
        self._founding = []
        now = datetime.now(UTC)
        self.organisation = Organisation(
            organisation_number=organisation_number(),
            name=f"Myndigheten för provning {uuid4().hex[:8]}",
            approval_rule=ApprovalRule.EVERY,
            languages=[Language.SWEDISH],
            created_at=now,
        )
        await self.add(self.organisation)
        sides = (Side.UNION, Side.EMPLOYER) if self.swapped else (Side.EMPLOYER, Side.UNION)
        parties = [await self.party(*each) for each in zip(sides, ("Arbetsgivaren", "Saco-S"), strict=True)]
        self.employer, self.saco = reversed(parties) if self.swapped else parties
        self.seko = await self.party(Side.UNION, "Seko")
        self.unit = await self.unit_under(None, "Myndigheten")
        self.subunit = await self.unit_under(self.unit, "Provtagningsenheten")
        names = ("employer_rep", "saco_rep")
        speak = [await self.representative(*each, first=True) for each in zip(names, parties, strict=True)]
        self.employer_rep, self.saco_rep = reversed(speak) if self.swapped else speak
        self.seko_rep = await self.representative("seko_rep", self.seko, first=True)
        self.facilitator = await self.someone("facilitator")
        self.archivist = await self.someone("archivist", Role.ARCHIVIST)
        self.employee = await self.someone("employee")
        self.administrator = await self.someone("administrator", Role.SYSTEM_ADMINISTRATOR, outside=True)
        founding, self._founding = self._founding, None
        async with self.database.write() as session:
            founded = {row.__table__ for row in founding}  # type: ignore[attr-defined]
            for table in (each for each in _tables() if each in founded):
                session.add_all(row for row in founding if row.__table__ is table)  # type: ignore[attr-defined]
                await session.flush()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._context.__aexit__(*error)

    async def add(self, *rows: Table) -> None:
        if self._founding is not None:
            self._founding.extend(rows)
            return
        async with self.database.write() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def party(self, side: Side, name: str) -> Party:
        party = Party(organisation_id=self.organisation.id, side=side, name=name, created_at=datetime.now(UTC))
        await self.add(party)
        return party

    async def unit_under(self, parent: Unit | None, name: str) -> Unit:
        unit = Unit(
            organisation_id=self.organisation.id,
            valid_from=date(2020, 1, 1),
            headcount=12,
            created_at=datetime.now(UTC),
        )
        placement = UnitPlacement(
            organisation_id=self.organisation.id,
            unit_id=unit.id,
            parent_id=parent.id if parent else None,
            name=name,
            valid_from=date(2020, 1, 1),
        )
        await self.add(unit, placement)
        return unit

    async def someone(self, name: str, *roles: Role, outside: bool = False) -> Someone:
        now = datetime.now(UTC)
        person = Person(
            organisation_id=None if outside else self.organisation.id,
            name=name.replace("_", " ").title(),
            email=f"{name}.{next(_numbers)}.{uuid4().hex[:8]}@example.se",
            roles=list(roles),
            created_at=now,
        )
        await self.add(person)
        someone = Someone(person, self.nobody.signed_in(await self.signing(person)))
        self.people[name] = someone
        return someone

    async def renew_tokens(self) -> None:
        for someone in self.people.values():
            someone.client.token = await self.signing(someone.person)
        for machine in self.machines.values():
            machine.renew(self.app)

    def keep_signed_in(self) -> None:
        """The same sign-ins, as of now: for an agency that several tests share, longer than a token lives."""
        key: TokenKey = self.app.state.token_key
        now = datetime.now(UTC)
        for someone in self.people.values():
            someone.client.token = partial(key.issue, someone.person.id, self._sign_ins[someone.person.id], now)

    async def token(self, person: Person) -> str:
        """An access token as signing in would give it."""
        return (await self.signing(person))()

    async def signing(self, person: Person) -> Callable[[], str]:
        """What signs that token, as of now, once it is needed."""
        now = datetime.now(UTC)
        sign_in = SignIn(person_id=person.id, address_hash=b"", started_at=now, last_used_at=now)
        await self.add(sign_in)
        self._sign_ins[person.id] = sign_in.id
        key: TokenKey = self.app.state.token_key
        return partial(key.issue, person.id, sign_in.id, now)

    async def representative(
        self,
        name: str,
        party: Party,
        *,
        first: bool = False,
        working_group_id: UUID | str | None = None,
        valid_from: date | None = None,
        valid_to: date | None = None,
        person: Someone | None = None,
    ) -> Someone:
        """Somebody with a mandate, made directly; `person` to give it to somebody who is there."""
        someone = person or await self.someone(name)
        mandate = Mandate(
            organisation_id=self.organisation.id,
            party_id=party.id,
            person_id=someone.person.id,
            working_group_id=UUID(str(working_group_id)) if working_group_id else None,
            function="Företrädare",
            valid_from=valid_from or date.today() - timedelta(days=30),  # noqa: DTZ011
            valid_to=valid_to,
            first=first,
            created_at=datetime.now(UTC),
        )
        await self.add(mandate)
        someone.mandate = mandate
        return someone

    async def template(self) -> DialogueTemplate:
        """A central template with a question of each kind: q1 none, q2, q3 and q4 group, q5 party, q6 action."""
        if self._template is None:
            now = datetime.now(UTC)
            content = next(each.content for each in shipped_pack().templates if each.key == "kvalitet-och-kompetens")
            self._template = DialogueTemplate(
                key=f"prov-{uuid4().hex[:8]}",
                template_version="1.0.0",
                state=DialogueTemplateState.PUBLISHED,
                content_hash=content_hash(written(content)),
                created_at=now,
                published_at=now,
                **columns_of(content),
            )
            await self.add(self._template)
        return self._template

    @property
    def path(self) -> str:
        return f"/organisations/{self.organisation.id}"
