"""What an instrument's content must hold before it can be used, and how it is scored. No database, no clock."""

from collections.abc import Iterator
from typing import Any

from app.models.instrument import InstrumentCreate
from app.models.instrument_content import InstrumentContent
from app.services import ballot, scoring
from app.services.content_schemas import schema_of
from app.services.errors import Code, FieldRefusal
from app.services.scoring import STANDALONE, Scheme
from app.services.template_content import unwritten

Json = dict[str, Any]

# --- As it is stored and checked -------------------------------------------------------------------------------------


def written(content: InstrumentContent) -> Json:
    """The content as it is stored, hashed and answered."""
    return content.model_dump(mode="json", by_alias=True)


def faults(content: InstrumentContent) -> list[FieldRefusal]:
    """Why the content cannot be used, with JSON pointers into it; empty when it can."""
    return [
        *unwritten(written(content), content.languages, Code.INSTRUMENT_TEXT_MISSING),
        *_scale_faults(content),
        *_repeated_ids(content),
        *_dimension_faults(content),
        *_scoring_faults(content),
    ]


def _scale_faults(content: InstrumentContent) -> Iterator[FieldRefusal]:
    for place, point in enumerate(content.scale.points):
        if point.value != content.scale.lowest + place:
            yield FieldRefusal(f"/scale/points/{place}/value", Code.INSTRUMENT_SCALE_UNEVEN)


def _repeated_ids(content: InstrumentContent) -> Iterator[FieldRefusal]:
    """Scores and answers are told apart by the ids of dimensions, items and open questions together."""
    named = [(f"/dimensions/{place}/key", each.key) for place, each in enumerate(content.dimensions)]
    named += [(f"/items/{place}/id", each.id) for place, each in enumerate(content.items)]
    named += [(f"/openQuestions/{place}/id", each.id) for place, each in enumerate(content.open_questions)]
    zones = [(f"/scoring/zones/{place}/key", each.key) for place, each in enumerate(content.scoring.zones)]
    for group in (named, zones):
        seen: set[str] = set()
        for pointer, name in group:
            if name in seen:
                yield FieldRefusal(pointer, Code.INSTRUMENT_ID_REPEATED)
            seen.add(name)


def _dimension_faults(content: InstrumentContent) -> Iterator[FieldRefusal]:
    keys = {dimension.key for dimension in content.dimensions}
    for place, item in enumerate(content.items):
        if item.dimension_key is not None and item.dimension_key not in keys:
            yield FieldRefusal(f"/items/{place}/dimensionKey", Code.INSTRUMENT_DIMENSION_UNKNOWN)
    sizes = _sizes(content)
    climate = set()
    for place, dimension in enumerate(content.dimensions):
        if sizes[dimension.key] == 0:
            yield FieldRefusal(f"/dimensions/{place}", Code.INSTRUMENT_DIMENSION_EMPTY)
        if dimension.climate_dimension in climate:
            yield FieldRefusal(f"/dimensions/{place}/climateDimension", Code.INSTRUMENT_CLIMATE_REPEATED)
        if dimension.climate_dimension is not None:
            climate.add(dimension.climate_dimension)


def _scoring_faults(content: InstrumentContent) -> Iterator[FieldRefusal]:
    rule = content.scoring
    filled = [size for size in _sizes(content).values() if size > 0]  # an empty one has its own fault
    if filled and rule.min_answered_items > min(filled):
        yield FieldRefusal("/scoring/minAnsweredItems", Code.INSTRUMENT_MINIMUM_TOO_LARGE)
    if rule.min_answered_dimensions > len(content.dimensions):
        yield FieldRefusal("/scoring/minAnsweredDimensions", Code.INSTRUMENT_MINIMUM_TOO_LARGE)
    before = None
    for place, zone in enumerate(rule.zones):
        if zone.from_index != 0 if before is None else zone.from_index <= before:
            yield FieldRefusal(f"/scoring/zones/{place}/fromIndex", Code.INSTRUMENT_ZONES_OUT_OF_ORDER)
        before = zone.from_index


def _sizes(content: InstrumentContent) -> dict[str, int]:
    """How many items each dimension has."""
    belonging = [item.dimension_key for item in content.items]
    return {dimension.key: belonging.count(dimension.key) for dimension in content.dimensions}


# --- As it is answered and scored ------------------------------------------------------------------------------------


def scheme_of(content: InstrumentContent) -> Scheme:
    """How answers become scores: its dimensions, and its items in the order they are presented."""
    places = {dimension.key: place for place, dimension in enumerate(content.dimensions)}
    return Scheme(
        dimensions=tuple(places),
        items=tuple(
            scoring.Item(
                item.id, STANDALONE if item.dimension_key is None else places[item.dimension_key], item.reversed
            )
            for item in content.items
        ),
        low=content.scale.lowest,
        high=content.scale.highest,
        min_items=content.scoring.min_answered_items,
        min_dimensions=content.scoring.min_answered_dimensions,
    )


def layout_of(content: InstrumentContent, free_text: bool) -> ballot.Layout:
    """What the length of every payload of a round depends on. The open questions count where free text is agreed."""
    questions = content.open_questions if free_text else []
    return ballot.Layout(
        items=len(content.items),
        text_count=len(questions),
        max_chars=max((question.max_characters for question in questions), default=0),
    )


# --- As others write it ----------------------------------------------------------------------------------------------


def import_schema() -> Json:
    """The JSON Schema of an instrument to import. What no schema can say, `faults` says."""
    return schema_of(InstrumentCreate, "Instrument")
