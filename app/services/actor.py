"""The one who acts: a signed-in person with everything that today gives them a say, or a service client."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args
from uuid import UUID

from app.models.columns import Language
from app.models.party import Side
from app.models.person import Role
from app.models.service_client import Scope

NO_SIGN_IN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Seat:
    """A mandate valid today."""

    mandate_id: UUID
    party_id: UUID
    side: Side
    organisation_id: UUID
    working_group_id: UUID | None


@dataclass(frozen=True)
class Actor:
    """A signed-in person with everything that today gives them a say; or a service client with its scopes.

    A client holds nothing of what people hold: no role, no seat, and no organisation but by its scopes.
    """

    person_id: UUID | None
    """None: it is a service client."""
    organisation_id: UUID | None = None
    """Where the person works, or that the client is let in for."""
    language: Language = Language.SWEDISH
    roles: frozenset[Role] = frozenset()
    seats: tuple[Seat, ...] = ()
    tables: frozenset[tuple[UUID, UUID]] = frozenset()
    """(working group, party) for every table at which a seat of this person counts."""
    facilitated: frozenset[tuple[UUID, UUID]] = frozenset()
    """(session, working group) for every session this person leads or led; a cancelled one counts no more."""
    met: frozenset[UUID] = frozenset()
    """The parties this person meets where a group has started, and their own."""
    started: frozenset[UUID] = frozenset()
    """Those of the groups of these tables and sessions that both sides have started."""
    service_client_id: UUID | None = None
    scopes: frozenset[Scope] = frozenset()
    """A client's scopes that give something now, with those that they include."""
    waiting: frozenset[Scope] = frozenset()
    """A client's scopes that give nothing before both sides have consented: told as the reason, and of no other use."""
    sign_in_id: UUID = NO_SIGN_IN
    """The sign-in by which they act; the nil id for whoever acts without one."""

    @cached_property
    def organisations(self) -> frozenset[UUID]:
        """Those that the person belongs to."""
        belongs = self.organisation_id is not None and self.service_client_id is None
        return frozenset({self.organisation_id}) if belongs else frozenset()  # type: ignore[arg-type]

    @cached_property
    def served_organisations(self) -> frozenset[UUID]:
        """Those that the service client is let in for."""
        serves = self.organisation_id is not None and self.service_client_id is not None
        return frozenset({self.organisation_id}) if serves else frozenset()  # type: ignore[arg-type]

    def granted(self, scope: Scope) -> frozenset[UUID]:
        """The organisations in which the scope counts."""
        return self.served_organisations if scope in self.scopes else frozenset()

    @cached_property
    def parties(self) -> frozenset[UUID]:
        """The parties this person speaks for everywhere, not at one table only."""
        return frozenset(seat.party_id for seat in self.seats if seat.working_group_id is None)

    @cached_property
    def represented_organisations(self) -> frozenset[UUID]:
        return frozenset(seat.organisation_id for seat in self.seats if seat.working_group_id is None)

    @cached_property
    def groups(self) -> frozenset[UUID]:
        return frozenset(group for group, _ in self.tables)

    @cached_property
    def facilitated_sessions(self) -> frozenset[UUID]:
        return frozenset(session for session, _ in self.facilitated)

    @cached_property
    def facilitated_groups(self) -> frozenset[UUID]:
        return frozenset(group for _, group in self.facilitated)

    @cached_property
    def oneself(self) -> frozenset[UUID]:
        return frozenset() if self.person_id is None else frozenset({self.person_id})

    @cached_property
    def held(self) -> dict[str, Any]:
        """The parameters of every `visible` clause."""
        among = {parameter(name): list(getattr(self, name)) for name in get_args(Held)}
        having = {parameter(role): role in self.roles for role in Role}
        granted = {parameter(scope): list(self.granted(scope)) for scope in Scope}
        kinds = {
            parameter("person"): self.person_id is not None,
            parameter("client"): self.service_client_id is not None,
        }
        return among | having | granted | kinds

    def seats_at(self, working_group_id: UUID) -> tuple[Seat, ...]:
        """The seats that count at one table, the one given for that table first."""
        at_table = [
            seat
            for seat in self.seats
            if (working_group_id, seat.party_id) in self.tables and seat.working_group_id in (None, working_group_id)
        ]
        return tuple(sorted(at_table, key=lambda seat: seat.working_group_id is None))

    def seats_in(self, organisation_id: UUID) -> tuple[Seat, ...]:
        """The seats that count in the whole organisation: one that was given for a table does not."""
        return tuple(
            seat for seat in self.seats if seat.organisation_id == organisation_id and seat.working_group_id is None
        )


Held = Literal[
    "organisations",
    "served_organisations",
    "represented_organisations",
    "parties",
    "groups",
    "tables",
    "facilitated_sessions",
    "facilitated_groups",
    "met",
    "started",
    "oneself",
]
"""What an actor may hold, by the names of the properties above."""


def parameter(name: str) -> str:
    """The name of a bind parameter that no list uses for its own."""
    return f"actor_{name.replace(':', '_')}"
