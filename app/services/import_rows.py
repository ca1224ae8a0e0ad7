"""What the rows of a file say about people and units, checked cell by cell. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.models.columns import Count, DateOnly, Language, Line
from app.models.person import EmailAddress
from app.services.errors import Code
from app.services.import_columns import Columns, Fields, LooksLikeUnion, PersonField, UnitField
from app.services.spelling import begins_formula
from app.services.table_files import TableFile

YES = frozenset({"true", "1", "ja", "yes", "aktiv", "active"})
NO = frozenset({"false", "0", "nej", "no", "inaktiv", "inactive"})
LANGUAGES = {"sv": Language.SWEDISH, "svenska": Language.SWEDISH, "en": Language.ENGLISH, "engelska": Language.ENGLISH}

_LINE: TypeAdapter[str] = TypeAdapter(Line)
_ADDRESS: TypeAdapter[str] = TypeAdapter(EmailAddress)
_DAY: TypeAdapter[date] = TypeAdapter(DateOnly)
_COUNT: TypeAdapter[int] = TypeAdapter(Count)

IsForbiddenId = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What a file says of a person; None: it does not say. Of whoever has left it says no more than that."""

    row: int
    external_id: str
    name: str | None = None
    email: str | None = None
    language: Language | None = None
    unit: str | None = None
    """The unit's external id; an empty text: at no unit."""
    active: bool = True
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    row: int
    external_id: str
    name: str | None = None
    parent: str | None = None
    """An empty text: at the top."""
    headcount: int | None = None
    says_headcount: bool = False
    effective_on: date | None = None
    last_day: date | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that is not taken in: its number in the file, the reason, and the field if it is one."""

    row: int
    code: Code
    field: str | None = None


class RowRefused(Exception):
    def __init__(self, code: Code, field: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.field = field


@dataclass
class Rows:
    """The rows that can be read, and why the others cannot."""

    rows: list[Any]
    errors: list[RowError]
    named: set[str]
    """The ids in the file, also of rows with errors: nobody is missed whose row could not be read."""
    nameless: int = 0
    """Rows of which not even the id could be read: whom they are about nobody knows."""
    union: int = 0
    """Rows in which something looks like union membership."""


def person_rows(table: TableFile, columns: Columns, is_union: LooksLikeUnion, is_forbidden: IsForbiddenId) -> Rows:
    return _read(table, columns, is_union, is_forbidden, _person)


def unit_rows(table: TableFile, columns: Columns, is_union: LooksLikeUnion, is_forbidden: IsForbiddenId) -> Rows:
    return _read(table, columns, is_union, is_forbidden, _unit)


def _read(
    table: TableFile,
    columns: Columns,
    is_union: LooksLikeUnion,
    is_forbidden: IsForbiddenId,
    read: Callable[[int, str, Fields], Any],
) -> Rows:
    looks_like_union = lru_cache(maxsize=50_000)(is_union)
    found = Rows([], [], set())
    for number, cells in zip(table.numbers, table.rows, strict=True):
        fields = columns.of_row(cells)
        try:
            key = external_id(fields, is_forbidden)
        except RowRefused as refused:
            found.nameless += 1
            found.errors.append(RowError(number, refused.code, refused.field))
            continue
        found.named.add(key)
        if any(looks_like_union(cell, own) for cell, own in _looked_at(cells, columns)):
            found.union += 1
            found.errors.append(RowError(number, Code.UNION_DATA_REFUSED))
            continue
        try:
            found.rows.append(read(number, key, fields))
        except RowRefused as refused:
            found.errors.append(RowError(number, refused.code, refused.field))
    return found


def _looked_at(cells: Sequence[str], columns: Columns) -> Iterator[tuple[str, bool]]:
    """Everything that is said, also in what is left out, and whether it is somebody's name or address."""
    return ((cell, field in _OWN_WORDS) for cell, field in zip(cells, columns.fields, strict=True) if cell)


_OWN_WORDS = frozenset({PersonField.NAME, PersonField.GIVEN_NAME, PersonField.FAMILY_NAME, PersonField.EMAIL})


def external_id(fields: Fields, is_forbidden: IsForbiddenId) -> str:
    given = fields.get(PersonField.EXTERNAL_ID, "")
    if not given:
        raise RowRefused(Code.COLUMN_EMPTY, PersonField.EXTERNAL_ID)
    key = _any_line(given, PersonField.EXTERNAL_ID)
    if key.startswith("#"):
        # The sign by which units without such an id are known in a tree.
        raise RowRefused(Code.CELL_INVALID, PersonField.EXTERNAL_ID)
    if is_forbidden(key):
        raise RowRefused(Code.PERSONAL_NUMBER_REFUSED, PersonField.EXTERNAL_ID)
    return key


def _person(number: int, key: str, fields: Fields) -> PersonRow:
    if not _yes_or_no(fields):
        # Whatever else is wrong with the row must not keep a leaver's news from arriving.
        day = _checked(_DAY, fields, PersonField.EFFECTIVE_ON)
        return PersonRow(number, key, email=_address_if_one(fields), active=False, effective_on=day)
    return PersonRow(
        row=number,
        external_id=key,
        name=_name(fields),
        email=_address(fields),
        language=_language(fields),
        unit=_reference(fields, PersonField.UNIT),
        effective_on=_checked(_DAY, fields, PersonField.EFFECTIVE_ON),
    )


def _address(fields: Fields) -> str | None:
    address: str | None = _checked(_ADDRESS, fields, PersonField.EMAIL)
    if address is not None and begins_formula(address):
        raise RowRefused(Code.CELL_IS_FORMULA, PersonField.EMAIL)
    return address


def _address_if_one(fields: Fields) -> str | None:
    """By which somebody may be known whom no HR system has named yet."""
    try:
        return _address(fields)
    except RowRefused:
        return None


def _name(fields: Fields) -> str | None:
    whole = fields.get(PersonField.NAME) or " ".join(
        part for part in (fields.get(PersonField.GIVEN_NAME), fields.get(PersonField.FAMILY_NAME)) if part
    )
    return _line(whole, PersonField.NAME) if whole else None


def _unit(number: int, key: str, fields: Fields) -> UnitRow:
    headcount = fields.get(UnitField.HEADCOUNT)
    if headcount and not (headcount.isascii() and headcount.isdecimal()):
        raise RowRefused(Code.CELL_INVALID, UnitField.HEADCOUNT)
    try:
        counted = _COUNT.validate_python(int(headcount)) if headcount else None
    except ValidationError:
        raise RowRefused(Code.CELL_INVALID, UnitField.HEADCOUNT) from None
    name = fields.get(UnitField.NAME)
    return UnitRow(
        row=number,
        external_id=key,
        name=_any_line(name, UnitField.NAME) if name else None,
        parent=_reference(fields, UnitField.PARENT),
        headcount=counted,
        says_headcount=headcount is not None,
        effective_on=_checked(_DAY, fields, UnitField.EFFECTIVE_ON),
        last_day=_checked(_DAY, fields, UnitField.LAST_DAY),
        merged_into=_reference(fields, UnitField.MERGED_INTO) or None,
    )


def _line(text: str, field: str) -> str:
    """A cleaned line that is no formula: no person's name is one, by whatever way it comes (syncing.py)."""
    line = _any_line(text, field)
    if begins_formula(line):
        raise RowRefused(Code.CELL_IS_FORMULA, field)
    return line


def _any_line(text: str, field: str) -> str:
    """A cleaned line. Units are called what they are called, also `- vakant -`, and ids are what the HR system says;
    our own tables make text of it."""
    try:
        return _cleaned(text)
    except ValidationError:
        raise RowRefused(Code.CELL_INVALID, field) from None


# Units, and nothing else, are named again and again.
@lru_cache(maxsize=20_000)
def _cleaned(text: str) -> str:
    return _LINE.validate_python(text)


def _reference(fields: Fields, field: str) -> str | None:
    given = fields.get(field)
    return _any_line(given, field) if given else given


def _checked(adapter: TypeAdapter[Any], fields: Fields, field: str) -> Any:
    given = fields.get(field)
    if not given:
        return None
    try:
        return adapter.validate_python(given)
    except ValidationError:
        raise RowRefused(Code.CELL_INVALID, field) from None


def _language(fields: Fields) -> Language | None:
    given = fields.get(PersonField.LANGUAGE)
    if not given:
        return None
    language = LANGUAGES.get(given.casefold())
    if language is None:
        raise RowRefused(Code.CELL_INVALID, PersonField.LANGUAGE)
    return language


def _yes_or_no(fields: Fields) -> bool:
    given = fields.get(PersonField.ACTIVE, "").casefold()
    if given and given not in YES | NO:
        raise RowRefused(Code.CELL_INVALID, PersonField.ACTIVE)
    return given not in NO


def in_order(rows: Iterable[PersonRow | UnitRow]) -> dict[str, list[Any]]:
    """The rows about the same one together, those without a day first, then by day."""
    by_key: dict[str, list[Any]] = {}
    for row in rows:
        by_key.setdefault(row.external_id, []).append(row)
    for several in by_key.values():
        several.sort(key=lambda row: row.effective_on or date.min)
    return by_key
