"""What a process guide must hold before it is published, beyond its shape. No database, no clock."""

from collections.abc import Iterator
from typing import Any

from app.models.guide_content import GuideContent
from app.services.content_schemas import schema_of
from app.services.inspiration_content import Fault


def written(content: GuideContent) -> dict[str, Any]:
    """The guide as it is stored and hashed: what its file says."""
    return content.model_dump(mode="json", by_alias=True, exclude_unset=True)


def faults(content: GuideContent) -> Iterator[Fault]:
    seen = set()
    for place, phase in enumerate(content.phases):
        if phase.key in seen:
            yield f"/phases/{place}/key", "another phase of the guide has the same key"
        seen.add(phase.key)


def guide_schema() -> dict[str, Any]:
    """The JSON Schema of a guide's file. What no schema can say, `faults` says."""
    return schema_of(GuideContent, "ProcessGuide")
