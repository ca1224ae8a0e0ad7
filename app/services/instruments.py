"""Instruments: found, read, imported for good, retired."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language
from app.models.instrument import Instrument, InstrumentCreate, InstrumentRead, InstrumentState
from app.models.organisation import Organisation
from app.services import policy
from app.services.content_hash import content_hash
from app.services.errors import Code, FieldRefusal, Refusal
from app.services.instrument_content import faults, written
from app.services.listing import Columns, Listed, PageRequest, page
from app.services.work import Work, admit, changed, created, find, shown

# --- Lists ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What a list of instruments is narrowed to."""

    language: Language | None = None
    state: InstrumentState = InstrumentState.PUBLISHED


_ITEMS = sa.select(
    col(Instrument.id),
    col(Instrument.key),
    col(Instrument.instrument_version),
    col(Instrument.title),
    col(Instrument.languages),
    col(Instrument.state),
    col(Instrument.organisation_id),
).where(policy.visible(Instrument), col(Instrument.state) == sa.bindparam("state", type_=sa.Text))

_FOR_ORGANISATION = _ITEMS.where(
    sa.or_(
        col(Instrument.organisation_id).is_(None),
        col(Instrument.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
    )
)


def _title(language: Language) -> sa.ColumnElement[str]:
    """The title in a language, or in the other where it is not written in that one."""
    other = next(each for each in Language if each is not language)
    title: Any = col(Instrument.title)
    return sa.func.coalesce(title[language.value].astext, title[other.value].astext, "", type_=sa.Text())


_SORTS: dict[Language, dict[str, Columns]] = {
    language: {
        "title": (_title(language), col(Instrument.id)),
        "publishedAt": (col(Instrument.published_at), col(Instrument.id)),
    }
    for language in Language
}


async def list_instruments(work: Work, request: PageRequest, wanted: Wanted) -> Listed:
    """The central ones, and those of the actor's organisation."""
    policy.require(work.actor, "list_instruments")
    return await _list(work, _ITEMS, request, wanted)


async def list_of_organisation(work: Work, organisation_id: UUID, request: PageRequest, wanted: Wanted) -> Listed:
    """Those that a round of this organisation may follow: the central ones and its own."""
    await admit(work, "list_organisation_instruments", Organisation, organisation_id)
    return await _list(work, _FOR_ORGANISATION, request, wanted, organisation_id=organisation_id)


async def _list(
    work: Work, query: sa.Select[*tuple[Any, ...]], request: PageRequest, wanted: Wanted, **given: Any
) -> Listed:
    if wanted.language is not None:
        query = query.where(sa.literal(wanted.language.value) == sa.any_(col(Instrument.languages)))
    sorts = _SORTS[wanted.language or Language.SWEDISH]
    return await page(work, query, sorts, request, state=wanted.state.value, **given)


# --- One version -----------------------------------------------------------------------------------------------


async def read(work: Work, instrument_id: UUID) -> InstrumentRead:
    return shown(work, InstrumentRead, await find(work, Instrument, instrument_id))


async def create(work: Work, organisation_id: UUID, data: InstrumentCreate) -> InstrumentRead:
    """An instrument of the organisation's own, published as it comes. What does not hold together is refused."""
    await admit(work, "create_instrument", Organisation, organisation_id)
    if found := faults(data.content):
        raise Refusal(
            Code.INSTRUMENT_FAULTY, fields=[FieldRefusal(f"/content{each.pointer}", each.code) for each in found]
        )
    instrument = Instrument(organisation_id=organisation_id, **columns_of(data, work.now))
    await created(work, "create_instrument", instrument)
    return shown(work, InstrumentRead, instrument)


def columns_of(data: InstrumentCreate, now: datetime) -> dict[str, Any]:
    """What is stored of an instrument that is published now."""
    said = written(data.content)
    return {
        "key": data.key,
        "instrument_version": data.instrument_version,
        "languages": data.content.languages,
        "title": said["title"],
        "content": said,
        "content_hash": content_hash(said),
        "published_at": now,
        "created_at": now,
    }


async def retire(work: Work, instrument_id: UUID, version: int) -> InstrumentRead:
    """No new round follows it. Rounds that have begun go on, and what it says stays to be read."""
    instrument = await admit(work, "transition_instrument", Instrument, instrument_id, version)
    retired = {"state": InstrumentState.RETIRED, "retired_at": work.now}
    await changed(work, "transition_instrument", instrument, retired)
    return shown(work, InstrumentRead, instrument)
