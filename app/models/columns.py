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
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.dialects.postgresql import JSONB

# --- Columns -------------------------------------------------------------------------------------


def swedish_order(name: Any) -> sa.ColumnElement[str]:
    """What a list by name is ordered by: å, ä and ö come last, in that order, whatever the database's collation."""
    return sa.collate(sa.func.swedish_order(name, type_=sa.String), "C")


SWEDISH_ORDER = sa.text("swedish_order(name)")
"""The same as part of an index; its collation stands in the migration, since a comparison does not see it."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A `timestamptz` that refuses a time without zone and always answers in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

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
    """A `text[]` that answers members of an enum; with `known_only`, those of which this program knows.

    What a later version has given must not keep an earlier one, that still runs beside it, from answering.
    """

    impl = sa.ARRAY(sa.Text)
    cache_ok = True

    def __init__(self, members: type[StrEnum], *, known_only: bool = False) -> None:
        super().__init__(sa.Text)
        self.members = members
        self.known_only = known_only

    def process_result_value(self, value: list[str] | None, dialect: sa.Dialect) -> list[Any] | None:  # noqa: ARG002
        if value is None:
            return None
        known = {member.value for member in self.members} if self.known_only else set(value)
        return [self.members(each) for each in value if each in known]


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


def uuid_array() -> "sa.Column[Any]":
    return sa.Column(sa.ARRAY(sa.Uuid), nullable=False)


# --- Text on the wire ------------------------------------------------------------------------------


_LONGEST = 10_000
# No letter of any script needs more marks than this on top of it (the limit of Unicode's stream-safe text).
_MARKS_IN_A_ROW = 30
# Invisible and yet part of ordinary writing: the soft hyphen of pasted Swedish text, and the joiners that Persian
# words, Indian scripts and families of emoji are written with.
_WRITTEN_INVISIBLY = "\u00ad\u200c\u200d"


_CONTROL_CHARACTER = PydanticCustomError("control_character", "Text may not hold control characters.")
# From here on a character may be a mark that is put on the letter before it.
_MAY_BE_PILED = re.compile(f"[\u0300-\U0010ffff]{{{_MARKS_IN_A_ROW + 1}}}")


def _clean(value: Any, keep: str) -> Any:
    """NFC, trimmed, and without control characters, surrogates or invisible direction marks."""
    if not isinstance(value, str) or len(value) > 4 * _LONGEST:
        # No text gets four times shorter by NFC: the length is refused without a look at the rest.
        return value
    if has_piled_marks(value):
        raise _CONTROL_CHARACTER
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if not text.isprintable():
        _refuse_controls(text, keep)
    return text if text.strip(_WRITTEN_INVISIBLY + keep + " ") else ""


def _refuse_controls(text: str, keep: str) -> None:
    for character in text:
        if not character.isprintable() and _is_control(character) and character not in keep:
            raise _CONTROL_CHARACTER


def without_controls(line: str) -> str:
    """A line as `Line` would take it, for senders who cannot be asked to send it again."""
    text = unicodedata.normalize("NFC", line)
    if not text.isprintable():
        text = "".join(each for each in text if each in _WRITTEN_INVISIBLY or not _is_control(each))
    text = text.strip()
    return text if text.strip(_WRITTEN_INVISIBLY + " ") else ""


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":
        # Letters and emoji younger than this Python's tables are fine; Unicode's noncharacters never are.
        return 0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE
    return category in {"Cc", "Cs", "Cf", "Co", "Zl", "Zp"}


def has_piled_marks(text: str) -> bool:
    """Sorting the marks on one letter takes the square of their number: a megabyte of them stops the service."""
    # A long template has tens of thousands of characters: what is plainly right is not looked at one by one.
    if not _MAY_BE_PILED.search(text):
        return False
    in_a_row = 0
    for character in text:
        in_a_row = in_a_row + 1 if unicodedata.combining(character) else 0
        if in_a_row > _MARKS_IN_A_ROW:
            return True
    return False


def _clean_line(value: Any) -> Any:
    return _clean(value, keep=_WRITTEN_INVISIBLY)


def _clean_text(value: Any) -> Any:
    return _clean(value, keep="\n\t" + _WRITTEN_INVISIBLY)


Line = Annotated[str, BeforeValidator(_clean_line), Field(min_length=1, max_length=200)]
"""One line: names, titles, functions."""

Paragraphs = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=_LONGEST)]
"""Running text with line breaks."""

LongText = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=4 * _LONGEST)]
"""A whole article, or everything that is said in a film."""

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
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise PydanticCustomError("date_format", "A date is written YYYY-MM-DD.")
    return value


def _in_calendar(value: date) -> date:
    # At the ends of the calendar the day before or after, or another zone's day, does not exist.
    if not 1900 <= value.year <= 2999:
        raise PydanticCustomError("date_range", "The year is between 1900 and 2999.")
    return value


def _moment_text(value: Any) -> Any:
    value = _text_only(value)
    if isinstance(value, str) and not re.fullmatch(
        r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})", value, re.ASCII
    ):
        raise PydanticCustomError(
            "datetime_format", "A time is written as in RFC 3339 with Z or an offset, 2026-11-23T13:00:00Z."
        )
    return value


def _in_utc(value: datetime) -> datetime:
    _in_calendar(value)
    return value.astimezone(UTC)


def _written(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


DateOnly = Annotated[date, BeforeValidator(_date_only), AfterValidator(_in_calendar)]
"""A calendar day, YYYY-MM-DD, in Sweden, of the years 1900 to 2999."""

Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment_text),
    AfterValidator(_in_utc),
    PlainSerializer(_written, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time: RFC 3339 with any offset in, UTC with Z out."""

Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
WholeNumber = StrictInt
YesNo = StrictBool
Id = UUID


class Language(StrEnum):
    """Swedish or English (ISO 639-1)."""

    SWEDISH = "sv"
    ENGLISH = "en"
