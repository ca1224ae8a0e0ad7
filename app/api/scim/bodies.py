"""Bodies, read more carefully than the library reads them: what two readers would read differently is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidSyntaxException, PayloadTooLargeException

from app.api.scim.shapes import MOST_OPERATIONS
from app.api.scim.tolerance import clean
from app.models.columns import has_piled_marks
from app.services.spelling import read_json

DEEPEST = 30
"""Nothing that is kept lies deeper than five."""
LONGEST_PATH = 8_000
"""Of a filter, a path, or a name that may be one: a hundred ids fit; while one is read everybody else waits."""
MOST_IN_ALL = 2_000
"""Operations of a body, those of the PATCHes in a bulk request with them."""
_HALF = re.compile("[\ud800-\udfff]")
_OF_OPERATION = {name.lower(): name for name in ("method", "path", "bulkId", "version", "data")}


def read(body: bytes) -> Any:
    """What the JSON says, if every reader would say the same and none would take long over it."""
    try:
        content = read_json(body)
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="The body is not valid JSON, or a name occurs twice") from None
    operations = 0
    waiting = [(content, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > DEEPEST:
            raise InvalidSyntaxException(detail="The body is nested too deeply")
        if isinstance(each, str):
            _check_text(each)
        elif isinstance(each, dict):
            for name, value in each.items():
                _check_text(name)
                if name.lower() == "operations" and isinstance(value, list):
                    operations += len(value)
                    if len(value) > MOST_OPERATIONS or operations > MOST_IN_ALL:
                        raise PayloadTooLargeException(detail="Too many operations")
                read_as_paths = [name, value] if name.lower() in {"path", "filter"} else [name]
                if any(isinstance(text, str) and len(text) > LONGEST_PATH for text in read_as_paths):
                    raise InvalidSyntaxException(detail="A filter or a path is too long")
            if len({clean(name).lower() for name in each}) < len(each):
                # Of `userName` and `USERNAME` one reader takes the first and another the last.
                raise InvalidSyntaxException(detail="A name occurs twice: names have no case")
            waiting += [(value, depth + 1) for value in each.values()]
        elif isinstance(each, list):
            waiting += [(value, depth + 1) for value in each]
    return content


def _check_text(text: str) -> None:
    if _HALF.search(text):
        raise InvalidSyntaxException(detail="A text holds half of a character")
    if has_piled_marks(text):
        raise InvalidSyntaxException(detail="A text has more marks on one letter than any script")


def written(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def operations_of(content: Any) -> list[dict[str, Any]]:
    """A bulk request's, each with the names in the spelling of the standard; they stand in the content now."""
    name = next((name for name in content if name.lower() == "operations"), None) if isinstance(content, dict) else None
    operations = None if name is None else content.pop(name)
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        raise InvalidSyntaxException(detail="A bulk request has a list of operations")
    content["Operations"] = [
        {_OF_OPERATION.get(clean(name).lower(), name): value for name, value in each.items()} for each in operations
    ]
    found: list[dict[str, Any]] = content["Operations"]
    return found


def texts_in(content: Any) -> Iterator[str]:
    """Every value that is a text."""
    waiting = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            waiting += each.values() if isinstance(each, dict) else each
