"""How the agency comes to be: taken in by the administrator, with units, parties, people and their mandates."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from secrets import token_bytes

from app.demo import story
from app.demo.cast import Cast, without_nulls
from app.demo.dialogue import Event
from app.demo.story import ToldMandate, ToldPerson, UnitChange
from app.models.mandate import MandateCreate
from app.models.organisation import OrganisationCreate
from app.models.party import PartyCreate
from app.models.person import Person, PersonCreate, PersonUpdate
from app.models.sign_in import NewAdministrator
from app.models.unit import Unit, UnitCreate, UnitUpdate
from app.services import invitations, mandates, organisations, parties, people, units
from app.services.vault import Vault


def events(cast: Cast) -> Iterator[Event]:
    """Everything that is not a group's own story."""
    told, at = story.agency(), cast.clock.moment
    yield Event(at(told.begins, 8), partial(_take_in, cast))
    for mandate in told.mandates:
        yield Event(at(mandate.given, 13), partial(_appoint, cast, mandate))
    for person in told.people:
        if person.leaves is not None:
            yield Event(at(person.leaves, 16), partial(_leave, cast, person))
    for change in story.units().changes:
        yield Event(at(change.day, 8, 30), partial(_change_unit, cast, change))


async def _take_in(cast: Cast) -> None:
    """The administrator, and the agency with its units, parties and people as they were then."""
    told = story.agency()
    for person in told.people:
        if person.outside:
            newcomer = NewAdministrator.model_validate({"name": person.name, "email": person.email})
            cast.people[person.id] = (await invitations.create_administrator(cast.session, newcomer, cast.clock.now)).id
            cast.administrator = person.id
    work = await cast.acting(cast.administrator)
    cast.organisation = (await organisations.create(work, OrganisationCreate.model_validate(told.organisation))).id
    first_day = date(cast.clock.day(told.begins).year - told.first_day_years_ago, 1, 1)
    for number, unit in enumerate(story.units().units, start=1001):
        data = {
            "name": unit.name,
            "parentId": cast.units[unit.under] if unit.under else None,
            "externalId": f"ORG-{number}",
            "headcount": unit.heads,
            "validFrom": first_day,
        }
        cast.units[unit.id] = (
            await units.create(work, cast.organisation, UnitCreate.model_validate(without_nulls(data)))
        ).id
    for name, party in told.parties.items():
        cast.parties[name] = (
            await parties.create(work, cast.organisation, PartyCreate.model_validate(party.model_dump()))
        ).id
    for person in told.people:
        if not person.outside:
            known = PersonCreate.model_validate(person.model_dump(include={"name", "email", "language", "roles"}))
            cast.people[person.id] = (await people.create(work, cast.organisation, known)).id


async def _appoint(cast: Cast, told: ToldMandate) -> None:
    day = cast.clock.day
    appointment = {
        "personId": cast.people[told.id],
        "function": told.function,
        "workingGroupId": cast.groups[told.group] if told.group else None,
        "validFrom": None if told.from_ is None else day(told.from_),
        "validTo": None if told.to is None else day(told.to),
    }
    made = await mandates.create(
        await cast.acting(told.by), cast.parties[told.party], MandateCreate.model_validate(without_nulls(appointment))
    )
    cast.mandates[told.id] = made.id


# Nothing that the demo does is sealed for anybody.
_NOBODYS = Vault(token_bytes(32))


async def _leave(cast: Cast, told: ToldPerson) -> None:
    person_id = cast.people[told.id]
    leaving = PersonUpdate.model_validate({"active": False})
    work = await cast.acting(cast.administrator)
    await people.update(work, _NOBODYS, person_id, await cast.version(Person, person_id), leaving)


async def _change_unit(cast: Cast, told: UnitChange) -> None:
    """New names and places count from the first of the month; a closed unit's last day is the one before."""
    first = cast.clock.day(told.day).replace(day=1)
    if told.closed:
        change: dict[str, object] = {"validTo": first - timedelta(days=1)}
    else:
        change = {"effectiveOn": first}
    if told.name is not None:
        change["name"] = told.name
    if told.under is not None:
        change["parentId"] = cast.units[told.under]
    if told.heads is not None:
        change["headcount"] = told.heads
    unit_id = cast.units[told.unit]
    version = await cast.version(Unit, unit_id)
    await units.update(await cast.acting(told.by), unit_id, version, UnitUpdate.model_validate(change))
