"""Column types and the checked kinds of text and time that every noun uses."""

import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    TypeAdapter,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.dialects.postgresql import JSONB

# --- Columns -------------------------------------------------------------------------------------


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A `timestamptz` that refuses a time without zone and always answers in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a point in time needs a zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)


class PydanticJSON(sa.types.TypeDecorator[Any]):
    """A JSONB column that holds one Pydantic shape. Its values are replaced, never changed in place."""

    impl = JSONB
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self._adapter.validate_python(value)


class EnumArray(sa.types.TypeDecorator[list[Any]]):
    """A `text[]` that answers members of an enum."""

    impl = sa.ARRAY(sa.Text)
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__(sa.Text)
        self.members = members

    def process_result_value(self, value: list[str] | None, dialect: sa.Dialect) -> list[Any] | None:  # noqa: ARG002
        return None if value is None else [self.members(each) for each in value]


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def enum_type(members: type[StrEnum]) -> sa.Enum:
    """Enums are text with a CHECK, so that a member is added by a plain migration."""
    return sa.Enum(
        members,
        values_callable=lambda cls: [member.value for member in cls],
        native_enum=False,
        create_constraint=True,
        name=snake_case(members.__name__),
        length=40,
    )


def enum_column(members: type[StrEnum], *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(enum_type(members), nullable=nullable)


def json_column(shape: Any, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(PydanticJSON(shape), nullable=nullable)


def text_array(*, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(sa.ARRAY(sa.Text), nullable=nullable)


# --- Text on the wire ------------------------------------------------------------------------------


def _clean(value: Any, keep: str) -> Any:
    """NFC, trimmed, and without control characters, surrogates or invisible direction marks."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp"} and character not in keep:
            raise PydanticCustomError("control_character", "Text may not hold control characters.")
    return text


def _clean_line(value: Any) -> Any:
    return _clean(value, keep="\u00ad\u200d")


def _clean_text(value: Any) -> Any:
    return _clean(value, keep="\n\t\u00ad\u200d")


Line = Annotated[str, BeforeValidator(_clean_line), Field(min_length=1, max_length=200)]
"""One line: names, titles, functions."""

Paragraphs = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=10_000)]
"""Running text with line breaks."""

SearchWords = Annotated[str, BeforeValidator(_clean_line), Field(min_length=1, max_length=100)]
"""What somebody types in a search box."""


# --- Numbers, dates and times on the wire ------------------------------------------------------------


def _text_only(value: Any) -> Any:
    # Pydantic reads 0 as 1970-01-01; a number is never a date here.
    if isinstance(value, int | float):
        raise PydanticCustomError("date_as_number", "A date is written as text, never as a number.")
    return value


def _date_only(value: Any) -> Any:
    value = _text_only(value)
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise PydanticCustomError("date_format", "A date is written YYYY-MM-DD.")
    return value


def _moment_text(value: Any) -> Any:
    value = _text_only(value)
    if isinstance(value, str) and not re.fullmatch(
        r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", value
    ):
        raise PydanticCustomError(
            "datetime_format", "A time is written as in RFC 3339 with Z or an offset, 2026-11-23T13:00:00Z."
        )
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_range", "The time is outside the calendar.") from None


def _written(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


DateOnly = Annotated[date, BeforeValidator(_date_only)]
"""A calendar day, YYYY-MM-DD, in Sweden."""

Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment_text),
    AfterValidator(_in_utc),
    PlainSerializer(_written, return_type=str, when_used="json"),
]
"""A point in time: RFC 3339 with any offset in, UTC with Z out."""

Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
WholeNumber = StrictInt
YesNo = StrictBool
Id = UUID


class Language(StrEnum):
    SWEDISH = "sv"
    ENGLISH = "en"
