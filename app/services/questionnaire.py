"""What a questionnaire means to the ballot box and to scoring."""

from app.models.instrument_content import InstrumentContent
from app.models.template_content import LineTexts, Texts
from app.services.ballot import Layout
from app.services.release_texts import Text
from app.services.scoring import STANDALONE, Item, Scheme


def layout_of(content: InstrumentContent, *, free_text: bool) -> Layout:
    """How an answer to it is packed. A value is packed as its place on the scale, from 1."""
    questions = content.open_questions if free_text else []
    return Layout(
        items=len(content.items),
        text_count=len(questions),
        max_chars=max((each.max_characters for each in questions), default=0),
    )


def scheme_of(content: InstrumentContent) -> Scheme:
    """How it is scored. `ValueError` if it contradicts itself."""
    keys = [each.key for each in content.dimensions]
    return Scheme(
        dimensions=tuple(keys),
        items=tuple(
            Item(each.id, STANDALONE if each.dimension_key is None else keys.index(each.dimension_key), each.reversed)
            for each in content.items
        ),
        low=content.scale.lowest,
        high=content.scale.highest,
        min_items=content.scoring.min_answered_items,
        min_dimensions=content.scoring.min_answered_dimensions,
    )


def names_of(content: InstrumentContent) -> dict[str, Text]:
    """What its dimensions and items are called, by key."""
    dimensions = {each.key: in_both(each.name) for each in content.dimensions}
    return dimensions | {each.id: in_both(each.text) for each in content.items}


def in_both(text: Texts | LineTexts) -> Text:
    """A text in both languages; where it is not written in one, the other stands there."""
    return {"sv": text["sv"] or text["en"] or "", "en": text["en"] or text["sv"] or ""}
