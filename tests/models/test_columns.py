"""The kinds of text, numbers and times that every noun uses."""

import sys
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.models.columns import (
    Count,
    DateOnly,
    Line,
    Moment,
    Paragraphs,
    PydanticJSON,
    SearchWords,
    UtcDateTime,
    WholeNumber,
    YesNo,
    snake_case,
)

line: TypeAdapter[str] = TypeAdapter(Line)
paragraphs: TypeAdapter[str] = TypeAdapter(Paragraphs)
moment: TypeAdapter[datetime] = TypeAdapter(Moment)
day: TypeAdapter[date] = TypeAdapter(DateOnly)


def refused(kind: TypeAdapter[Any], value: Any) -> str:
    """The code of the one fault."""
    with pytest.raises(ValidationError) as fault:
        kind.validate_python(value)
    (error,) = fault.value.errors()
    return error["type"]


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("  Räksmörgås ", "Räksmörgås"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("\u212b", "Å"),  # the sign for ångström is the letter
        ("\u00a0Enhet\u00a07\u2003", "Enhet\u00a07"),
        ("\u200dEnhet", "\u200dEnhet"),
        ("veckoslut\u00adstjänst", "veckoslut\u00adstjänst"),
        ("👩‍👩‍👧‍👦 är en familj", "👩‍👩‍👧‍👦 är en familj"),
        ("🇸🇪 ❤️ 👍🏽", "🇸🇪 ❤️ 👍🏽"),
        ("می‌خواهم", "می‌خواهم"),  # Persian needs its non-joiner
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("क्‍ष", "क्‍ष"),
        ("Sámi giella – ”čáppa”", "Sámi giella – ”čáppa”"),
        ("中文", "中文"),
        ("\U000e0fff"[:0] + "x\U0001fae9y", "x\U0001fae9y"),  # an emoji younger than some Pythons' tables
    ],
)
def test_text_people_write_is_kept_in_one_spelling(given_: str, kept: str) -> None:
    assert line.validate_python(given_) == kept
    assert paragraphs.validate_python(given_) == kept
    assert line.validate_python(kept) == kept


@pytest.mark.parametrize(
    "character",
    [
        "\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\x9b",  # control
        "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u061c",  # direction
        "\u200b", "\u2060", "\ufeff", "\u180e", "\U000e0041",  # invisible
        "\u2028", "\u2029", "\ufff9",  # separators of their own kind
        "\ue000", "\U0010fffd",  # private use
        "\ufdd0", "\uffff", "\ufffe", "\U0001ffff",  # noncharacters
        "\ud800",  # half of a pair
    ],
)  # fmt: skip
def test_characters_that_hide_or_command_are_refused(character: str) -> None:
    for kind in (line, paragraphs):
        assert refused(kind, f"före{character}efter") == "control_character"


def test_whatever_hides_or_commands_is_looked_at() -> None:
    """The quick look passes over what Python calls printable, and nothing that is to be refused is that."""
    everything = map(chr, range(sys.maxunicode + 1))
    assert not any(each.isprintable() for each in everything if unicodedata.category(each)[0] == "C")
    assert not any(each.isprintable() for each in "\u2028\u2029")
    assert min(each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(each)) == "\u0300"


def test_lines_break_in_paragraphs_alone() -> None:
    assert paragraphs.validate_python("ett\r\ntvå\n\ttre\n") == "ett\ntvå\n\ttre"
    assert refused(paragraphs, "ett\rtvå") == "control_character"
    for character in "\n\t\r":
        assert refused(line, f"ett{character}två") == "control_character"


@pytest.mark.parametrize(
    "blank", ["", " ", "\n\t ", "\u00a0\u2003", "\u00ad", "\u200d\u200c", "\u00ad \u00ad", "\u200d\n\u200d"]
)
def test_what_shows_nothing_is_empty(blank: str) -> None:
    assert refused(paragraphs, blank) == "too_short"


def test_text_has_an_end() -> None:
    assert len(paragraphs.validate_python("e\u0301" * 10_000)) == 10_000  # counted as it is kept
    for kind, longest in ((line, 200), (paragraphs, 10_000), (TypeAdapter(SearchWords), 100)):
        assert len(kind.validate_python("å" * longest)) == longest
        for length in (longest + 1, 50_000, 10**6):
            assert refused(kind, "å" * length) == "too_long"


def test_marks_have_an_end() -> None:
    """Thirty marks on one letter is more than any language writes; two hundred thousand stop a server."""
    assert line.validate_python("a" + "\u0301\u0316" * 15)
    assert refused(line, "a" + "\u0301\u0316" * 16) == "control_character"


@pytest.mark.parametrize("value", [1, 1.5, True, None, ["text"], {}])
def test_only_text_is_text(value: Any) -> None:
    assert refused(line, value) == "string_type"


@given(st.text(max_size=60))
def test_cleaning_once_is_cleaning_for_good(text: str) -> None:
    try:
        kept = line.validate_python(text)
    except ValidationError:
        return
    assert line.validate_python(kept) == kept
    assert kept == kept.strip()
    kept.encode()


# --- Numbers, days and times ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", 1.0, True, None, float("nan"), "٣"])
def test_numbers_are_numbers(value: Any) -> None:
    for kind in (TypeAdapter(WholeNumber), TypeAdapter(Count)):
        assert refused(kind, value) == "int_type"


def test_counts_have_bounds() -> None:
    assert refused(TypeAdapter(Count), -1) == "greater_than_equal"
    assert refused(TypeAdapter(Count), 10**30) == "less_than_equal"
    assert TypeAdapter(Count).validate_python(0) == 0


@pytest.mark.parametrize("value", [0, 1, "true", "yes", None])
def test_yes_and_no_are_true_and_false(value: Any) -> None:
    assert refused(TypeAdapter(YesNo), value) == "bool_type"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "date_as_number"),
        (20260101, "date_as_number"),
        (1.7e9, "date_as_number"),
        (True, "date_as_number"),
        ("0", "date_format"),
        ("1767225600", "date_format"),
        ("2026-1-1", "date_format"),
        ("20260101", "date_format"),
        ("2026-01-01T00:00:00Z", "date_format"),
        (" 2026-01-01", "date_format"),
        ("2026-01-01\n", "date_format"),
        ("２０２６-01-01", "date_format"),
        ("2026-02-30", "date_from_datetime_parsing"),
        ("2026-13-01", "date_from_datetime_parsing"),
        ("0001-01-01", "date_range"),
        ("1899-12-31", "date_range"),
        ("9999-12-31", "date_range"),
        (None, "date_type"),
    ],
)
def test_a_day_is_written_in_one_way(value: Any, code: str) -> None:
    assert refused(day, value) == code


def test_days_of_a_leap_year() -> None:
    assert day.validate_python("2028-02-29") == date(2028, 2, 29)
    assert refused(day, "2026-02-29") == "date_from_datetime_parsing"
    assert day.dump_json(date(2026, 3, 1)) == b'"2026-03-01"'


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-23T13:00:00Z", "2026-11-23T13:00:00Z"),
        ("2026-11-23t13:00:00z", "2026-11-23T13:00:00Z"),
        ("2026-11-23T13:00:00+01:00", "2026-11-23T12:00:00Z"),
        ("2026-11-23T23:30:00-05:30", "2026-11-24T05:00:00Z"),
        ("2026-11-23T13:00:00.123456+00:00", "2026-11-23T13:00:00.123456Z"),
        ("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00Z"),
        ("1900-01-01T00:00:00+14:00", "1899-12-31T10:00:00Z"),
        ("2999-12-31T23:59:59-14:00", "3000-01-01T13:59:59Z"),
    ],
)
def test_a_time_comes_in_any_zone_and_goes_out_in_utc(written: str, utc: str) -> None:
    assert moment.dump_json(moment.validate_python(written)).decode() == f'"{utc}"'


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "date_as_number"),
        (1.7e9, "date_as_number"),
        ("1700000000", "datetime_format"),
        ("2026-11-23", "datetime_format"),
        ("2026-11-23T13:00:00", "datetime_format"),
        ("2026-11-23 13:00:00Z", "datetime_format"),
        ("2026-11-23T13:00Z", "datetime_format"),
        ("2026-11-23T13:00:00+0100", "datetime_format"),
        ("2026-11-23T13:00:00 Europe/Stockholm", "datetime_format"),
        ("2026-11-23T13:00:00Z\n", "datetime_format"),
        ("٢٠٢٦-11-23T13:00:00Z", "datetime_format"),
        ("2026-11-23T25:00:00Z", "datetime_from_date_parsing"),
        ("2026-02-30T13:00:00Z", "datetime_from_date_parsing"),
        ("2026-11-23T13:00:00+24:00", "datetime_from_date_parsing"),
        ("0000-01-01T00:00:00Z", "datetime_parsing"),
        ("0001-01-01T00:00:00+14:00", "date_range"),
        ("9999-12-31T23:59:59-14:00", "date_range"),
        ("1899-12-31T23:59:59Z", "date_range"),
        (datetime(2026, 1, 1), "timezone_aware"),  # noqa: DTZ001
        (None, "datetime_type"),
    ],
)
def test_a_time_without_zone_or_form_is_refused(value: Any, code: str) -> None:
    assert refused(moment, value) == code


@given(st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2999, 12, 30)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_the_moment_stays_the_same_in_every_zone(naive: datetime, minutes: int) -> None:
    there = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    kept = moment.validate_python(there.isoformat())
    assert kept == there
    assert kept.tzinfo is UTC
    assert moment.validate_json(moment.dump_json(kept)) == there


def test_a_column_takes_no_time_without_zone() -> None:
    column = UtcDateTime()
    dialect: Any = None
    with pytest.raises(ValueError, match="zone"):
        column.process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001
    there = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    read = column.process_result_value(column.process_bind_param(there, dialect), dialect)
    assert read is not None
    assert (read, read.tzinfo) == (there, UTC)
    assert column.process_result_value(None, dialect) is None


def test_a_json_column_gives_back_the_shape() -> None:
    column = PydanticJSON(list[date])
    dialect: Any = None
    stored = column.process_bind_param([date(2026, 1, 1)], dialect)
    assert stored == ["2026-01-01"]
    assert column.process_result_value(stored, dialect) == [date(2026, 1, 1)]
    assert column.process_bind_param(None, dialect) is column.process_result_value(None, dialect) is None


def test_class_names_become_table_names() -> None:
    assert [snake_case(name) for name in ("Unit", "WorkingGroup")] == ["unit", "working_group"]
