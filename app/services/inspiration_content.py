"""What a piece of inspiration must hold before it is published, beyond its shape. No database, no clock."""

import re
from collections.abc import Iterator
from typing import Any

from app.models.inspiration_content import InspirationContent, InspirationKind
from app.services.content_schemas import schema_of
from app.services.template_content import texts

Fault = tuple[str, str]
"""A JSON pointer, and what is wrong there in plain words."""

# The only marks are "## " before a heading and "- " before what is listed. Whatever else some program would take for
# markup is refused: a reader would see it as it is.
_MARKUP = re.compile(
    r"^(?:#(?!# \S)|##\s*$|\* |> |\+ |```|={3,}|-{3,}|\[[^\]\n]+\]:)|\*\*|__|\]\(|<[a-zA-Z/!?]",
    re.MULTILINE,
)
_ONLY_MARKS = 'holds other marks than "## " before a heading and "- " before what is listed'
_TIMED = {InspirationKind.FILM, InspirationKind.PODCAST}


def written(content: InspirationContent) -> dict[str, Any]:
    """The piece as it is stored and hashed: what its file says."""
    return content.model_dump(mode="json", by_alias=True, exclude_unset=True)


def faults(content: InspirationContent) -> Iterator[Fault]:
    for pointer, text in texts(written(content)):
        for language, said in text.items():
            yield from markup(f"{pointer}/{language}", said or "")
    if content.kind in _TIMED and content.media_url is None:
        yield "/mediaUrl", f"a {content.kind} needs the address where it is"
    if content.kind in _TIMED and content.transcript is None:
        yield "/transcript", f"a {content.kind} needs what is said in it as a text, for those who cannot hear or see it"
    if content.picture_url is not None and content.text_alternative is None:
        yield "/textAlternative", "a picture needs what it shows as a text, for those who cannot see it"
    if content.text_alternative is not None and content.picture_url is None:
        yield "/pictureUrl", "there is a text alternative, and no picture"


def markup(pointer: str, said: str) -> Iterator[Fault]:
    if _MARKUP.search(said):
        yield pointer, _ONLY_MARKS


def piece_schema() -> dict[str, Any]:
    """The JSON Schema of a piece's file. What no schema can say, `faults` says."""
    return schema_of(InspirationContent, "InspirationItem")
