"""What a file of people says, and what it changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.models.columns import Language
from app.models.hr_import import ImportSubject
from app.services.errors import Code
from app.services.import_columns import Columns, ColumnsRefused, read_columns
from app.services.import_rows import RowError, Rows, person_rows, unit_rows
from app.services.known_people import KnownUnits, PresentPerson
from app.services.people_plan import KeptPerson, PeoplePlan, PersonStep, plan_people
from app.services.table_files import FileFormat, TableFile, read_table

TODAY = date(2026, 11, 26)
UNITS = {"U1": uuid4(), "U2": uuid4()}


def looks_like_union(text: str, own: bool = False) -> bool:
    return not own and text.casefold() in {"fack", "seko"}


def is_forbidden(text: str) -> bool:
    return text == "8507099805"


def table(*lines: str) -> TableFile:
    return read_table("\n".join(lines).encode(), FileFormat.CSV)


def columns(found: TableFile, subject: ImportSubject = ImportSubject.PEOPLE, **more: Any) -> Columns:
    return read_columns(found, subject, more.get("mapped", {}), more.get("left_out", []), looks_like_union)


def rows(*lines: str, **more: Any) -> Rows:
    found = table(*lines)
    return person_rows(found, columns(found, **more), looks_like_union, is_forbidden)


def somebody(key: str | None, name: str = "Åsa Ek", **more: Any) -> PresentPerson:
    given: dict[str, Any] = {
        "email": f"{key or name}@x.example",
        "language": Language.SWEDISH,
        "active": True,
        "unit_id": None,
    }
    return PresentPerson(person_id=uuid4(), version=4, external_id=key, name=name, **(given | more))


def planned(
    present: list[PresentPerson], *lines: str, missing: bool = False, taken: frozenset[str] = frozenset()
) -> PeoplePlan:
    read = rows(*lines)
    plan = plan_people(
        present, read.rows, KnownUnits(UNITS), taken, read.named, TODAY, fault_in, deactivate_missing=missing
    )
    plan.errors = [*read.errors, *plan.errors]
    return plan


def fault_in(told: Mapping[str, str]) -> tuple[Code, str] | None:
    return (Code.PERSONAL_NUMBER_REFUSED, "email") if is_forbidden(told.get("email", "").split("@")[0]) else None


HEADER = "externalId;name;email;unitExternalId;active;effectiveOn"


# --- columns ------------------------------------------------------------------------------------------------------


def refused(*lines: str, **more: Any) -> list[tuple[int, Code]]:
    with pytest.raises(ColumnsRefused) as refusal:
        columns(table(*lines), **more)
    return list(refusal.value.places)


def test_columns_are_known_by_their_names_in_both_languages_and_by_what_the_organisation_says() -> None:
    assert columns(table("EXTERNALID; Efternamn ;förnamn;E-post")).fields == (
        "externalId",
        "familyName",
        "givenName",
        "email",
    )
    said: dict[str, Any] = {"mapped": {"Anst.  nr": "externalId", "namn": "familyName"}, "left_out": ["Lön"]}
    assert columns(table("ANST. NR;Namn;lön"), **said).fields == ("externalId", "familyName", None)
    assert columns(table("Enhetskod;Överordnad enhet"), ImportSubject.UNITS).fields == (
        "externalId",
        "parentExternalId",
    )


def test_unknown_missing_doubled_and_union_columns_are_refused_with_their_numbers() -> None:
    assert refused("externalId;Lön;Fack") == [(2, Code.UNKNOWN_COLUMN), (3, Code.UNION_DATA_REFUSED)]
    assert refused("name;email") == [(0, Code.COLUMN_MISSING)]
    assert refused("externalId;namn;name") == [(3, Code.COLUMN_TWICE)]
    # Not even when it is said to be something else, or to be left out.
    assert refused("externalId;Fack", mapped={"Fack": "name"}) == [(2, Code.UNION_DATA_REFUSED)]
    assert refused("externalId;Fack", left_out=["Fack"]) == [(2, Code.UNION_DATA_REFUSED)]


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (";Åsa;a@x.example;;;", Code.COLUMN_EMPTY, "externalId"),
        ("8507099805;Åsa;a@x.example;;;", Code.PERSONAL_NUMBER_REFUSED, "externalId"),
        ("#1;Åsa;a@x.example;;;", Code.CELL_INVALID, "externalId"),
        ("1;=HYPERLINK(1);a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;+46;a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;-1;a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;@SUM(1);a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;Åsa;=cmd@x.example;;;", Code.CELL_IS_FORMULA, "email"),
        ("1;＝1+1;a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;Å\x07sa;a@x.example;;;", Code.CELL_INVALID, "name"),
        ("1;Åsa;ingen adress;;;", Code.CELL_INVALID, "email"),
        ("1;\u00ad=1+1;a@x.example;;;", Code.CELL_IS_FORMULA, "name"),
        ("1;Åsa;a@x.example;;kanske;", Code.CELL_INVALID, "active"),
        ("1;Åsa;a@x.example;;;2026-02-30", Code.CELL_INVALID, "effectiveOn"),
        ("1;Åsa;a@x.example;;;26-11-2026", Code.CELL_INVALID, "effectiveOn"),
        ("1;Åsa;a@x.example;Seko;;", Code.UNION_DATA_REFUSED, None),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_the_others_are_not(line: str, code: Code, field: str | None) -> None:
    read = rows(HEADER, line, "2;Bo Ek;b@x.example;U1;ja;2026-11-01")
    assert read.errors == [RowError(2, code, field)]
    assert [row.external_id for row in read.rows] == ["2"]
    assert (read.nameless, read.union) == (int(field == "externalId"), int(code is Code.UNION_DATA_REFUSED))


def test_people_may_be_called_what_a_union_is() -> None:
    assert rows(HEADER, "1;Seko;seko@x.example;;;").errors == []


@pytest.mark.parametrize("headcount", ["-1", "1.5", "²", "1000001", "många"])
def test_a_headcount_is_a_number(headcount: str) -> None:
    found = table("externalId;name;headcount", f"1;A;{headcount}")
    read = unit_rows(found, columns(found, ImportSubject.UNITS), looks_like_union, is_forbidden)
    assert read.errors == [RowError(2, Code.CELL_INVALID, "headcount")]


# --- the plan -----------------------------------------------------------------------------------------------------


def test_people_come_change_move_leave_and_return() -> None:
    here = [
        somebody("same"),
        somebody("renamed"),
        somebody("moved", unit_id=UNITS["U1"]),
        somebody("leaver"),
        somebody("back", active=False),
        somebody("gone", active=False),
    ]
    plan = planned(
        here,
        HEADER,
        "new;Ny Ek;ny@x.example;U1;;",
        "same;Åsa Ek;other@x.example;;;",
        "renamed;Åsa Alm;;;;",
        "moved;Åsa Ek;;U2;;",
        "leaver;;;;nej;",
        "back;Åsa Ek;;;ja;",
        "gone;;;;nej;",
        "never here;;;;nej;",
    )
    assert plan.errors == []
    assert [(each.step, each.external_id, each.name, each.unit_id) for each in plan.changes] == [
        (PersonStep.CREATE, "new", "Ny Ek", UNITS["U1"]),
        (PersonStep.CHANGE, "renamed", "Åsa Alm", None),
        (PersonStep.MOVE, "moved", "Åsa Ek", UNITS["U2"]),
        (PersonStep.DEACTIVATE, "leaver", "Åsa Ek", None),
        (PersonStep.RETURN, "back", "Åsa Ek", None),
    ]
    # An address that differs changes nothing: links to choose a password go there.
    assert {each.email for each in plan.changes if each.external_id != "new"} == {person.email for person in here[1:5]}
    assert plan.unchanged == 3
    assert plan.missing == []


def test_who_is_not_in_the_file_is_told_of_and_leaves_in_a_snapshot_alone() -> None:
    here = [somebody("1"), somebody("2"), somebody("3"), somebody(None, "För hand"), somebody("4", active=False)]
    lines = (HEADER, "1;Åsa Ek;;;;", "3;;;;kanske;")
    told = planned(here, *lines)
    assert (told.changes, told.missing) == ([], [here[1].person_id, here[3].person_id])
    left = planned(here, *lines, missing=True)
    # Not the one whose row has an error, nor the one whom no HR system has ever named.
    assert [(each.step, each.external_id) for each in left.changes] == [(PersonStep.DEACTIVATE, "2")]


def test_somebody_who_is_here_already_is_known_by_address_once() -> None:
    here = [somebody(None, email="Asa.Ek@x.example"), somebody("2", email="bo@x.example")]
    plan = planned(
        here,
        HEADER,
        "1;Åsa Ek;asa.ek@X.example;;;",
        "3;Bo;BO@x.example;;;",
        "4;Di;taken@y.example;;;",
        taken=frozenset({"taken@y.example"}),
    )
    assert [(each.step, each.external_id, each.person_id) for each in plan.changes] == [
        (PersonStep.CHANGE, "1", here[0].person_id)
    ]
    assert plan.errors == [RowError(3, Code.EMAIL_TAKEN, "email"), RowError(4, Code.EMAIL_TAKEN, "email")]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["1;Åsa;a@x.example;;;", "1;Åsa;a@x.example;;;"], RowError(3, Code.ROW_TWICE, "externalId")),
        (["1;Åsa;a@x.example;;;", "2;Bo;A@x.example;;;"], RowError(3, Code.EMAIL_TAKEN, "email")),
        (["1;;a@x.example;;;"], RowError(2, Code.COLUMN_EMPTY, "name")),
        (["1;Åsa;;;;"], RowError(2, Code.COLUMN_EMPTY, "email")),
        (["1;Åsa;a@x.example;U9;;"], RowError(2, Code.UNKNOWN_UNIT, "unitExternalId")),
    ],
)
def test_what_cannot_be_planned_is_refused_with_its_row(lines: list[str], error: RowError) -> None:
    plan = planned([], HEADER, *lines)
    assert plan.errors == [error]


def test_two_ids_do_not_take_one_person() -> None:
    plan = planned([somebody(None, email="a@x.example")], HEADER, "1;Åsa Ek;a@x.example;;;", "2;Åsa Ek;a@x.example;;;")
    assert [each.external_id for each in plan.changes] == ["1"]
    assert plan.errors == [RowError(3, Code.EMAIL_TAKEN, "email")]


def test_later_days_are_kept_and_earlier_ones_count_together() -> None:
    here = [somebody("1", unit_id=UNITS["U1"])]
    plan = planned(
        here,
        HEADER,
        "1;;;;nej;2026-12-31",
        "1;Åsa Alm;;U2;;2026-11-26",
        "1;Åsa Bo;;;;2026-11-01",
        "2;Di;d@x.example;;;2027-01-01",
        missing=True,
    )
    assert [(each.step, each.name, each.unit_id) for each in plan.changes] == [
        (PersonStep.MOVE, "Åsa Alm", UNITS["U2"])
    ]
    assert plan.kept == [
        KeptPerson("1", date(2026, 12, 31), False),
        KeptPerson("2", date(2027, 1, 1), True, "Di", "d@x.example", unit=""),
    ]


def test_of_what_was_before_today_the_last_word_counts() -> None:
    here = [somebody("leaver"), somebody("moved"), somebody("back", active=False)]
    plan = planned(
        here,
        HEADER,
        # In units that closed long ago, which stands in nobody's way.
        "leaver;Åsa Ek;;U8;;2020-01-01",
        "leaver;Åsa Alm;;U9;nej;2026-11-01",
        "moved;Åsa Ek;;U9;;2020-01-01",
        "moved;;;U2;;2026-11-01",
        "back;Åsa Ek;;;nej;2020-01-01",
        "back;Åsa Ek;;U1;ja;2026-11-01",
        "never here;Åsa Ek;n@x.example;U9;;2020-01-01",
        "never here;;;;nej;2026-11-01",
        "new;Di Ek;d@x.example;U9;;2020-01-01",
        "new;Di Alm;;U1;;2026-11-01",
    )
    assert plan.errors == []
    assert [(each.step, each.external_id, each.name, each.email, each.unit_id) for each in plan.changes] == [
        (PersonStep.DEACTIVATE, "leaver", "Åsa Ek", "leaver@x.example", None),
        (PersonStep.MOVE, "moved", "Åsa Ek", "moved@x.example", UNITS["U2"]),
        (PersonStep.RETURN, "back", "Åsa Ek", "back@x.example", UNITS["U1"]),
        (PersonStep.CREATE, "new", "Di Alm", "d@x.example", UNITS["U1"]),
    ]


def test_whoever_has_left_is_still_known_by_address_if_it_is_one() -> None:
    here = [somebody(None, email="a@x.example"), somebody(None, "För hand", email="b@x.example")]
    plan = planned(here, HEADER, "1;;A@x.example;U9;nej;", "2;;ingen adress;;nej;")
    assert [(each.step, each.person_id) for each in plan.changes] == [(PersonStep.DEACTIVATE, here[0].person_id)]
    assert plan.errors == []


def test_two_ids_do_not_bring_the_same_one_back() -> None:
    here = [somebody("1", email="a@x.example", active=False)]
    plan = planned(here, HEADER, "2;Åsa Ek;a@x.example;;;", "3;Åsa Ek;a@x.example;;;")
    assert [(each.step, each.external_id) for each in plan.changes] == [(PersonStep.RETURN, "2")]
    assert plan.errors == [RowError(3, Code.EMAIL_TAKEN, "email")]
    # Nor does one whose former row could not be read, or stands twice: it may say that they are here.
    for former in (["1;Åsa Ek;;@U1;ja;"], ["1;;;;ja;", "1;;;;ja;"]):
        plan = planned(here, HEADER, *former, "2;Åsa Ek;a@x.example;;;")
        assert (plan.changes, len(plan.errors)) == ([], 2)
    # Two employments that have ended do not take turns.
    plan = planned(here, HEADER, "1;;a@x.example;;nej;", "2;Åsa;a@x.example;;;2020-01-01", "2;;;;nej;2021-01-01")
    assert (plan.changes, plan.unchanged) == ([], 2)


def test_what_syncing_refuses_is_said_in_its_row_where_it_would_be_taken_in() -> None:
    here = [somebody("1", email="a@x.example")]
    number = "8507099805@x.example"
    plan = planned(here, HEADER, f"1;Åsa Alm;{number};;;", f"2;Bo;{number};;nej;", f"3;Di;{number};;;")
    assert plan.errors == [RowError(4, Code.PERSONAL_NUMBER_REFUSED, "email")]
    assert [each.external_id for each in plan.changes] == ["1"]
    later = planned([], HEADER, f"4;Ed;{number};;;2027-01-01")
    assert (later.errors, later.kept) == ([RowError(2, Code.PERSONAL_NUMBER_REFUSED, "email")], [])


@pytest.mark.parametrize(
    ("unit", "day", "fits"),
    [
        ("U3", "2026-12-31", False),
        ("U3", "2027-01-01", True),
        ("U3", "2027-02-01", True),
        ("U3", "", False),
        ("U4", "2026-11-26", False),  # said to begin today, and has not
        ("U4", "2026-11-27", True),
        ("U9", "2027-01-01", False),
        ("OLD", "2027-01-01", True),  # where they work already, though it has closed
        ("OLD", "", True),
    ],
)
def test_people_come_to_units_from_the_day_on_which_these_begin(unit: str, day: str, fits: bool) -> None:
    old = uuid4()
    here = [somebody("1", unit_id=old, unit="OLD")]
    units = KnownUnits(UNITS, {"U3": date(2027, 1, 1), "U4": TODAY})
    read = rows(HEADER, f"1;Åsa Ek;;{unit};;{day}")
    plan = plan_people(here, read.rows, units, frozenset(), read.named, TODAY, fault_in, deactivate_missing=True)
    assert plan.errors == ([] if fits else [RowError(2, Code.UNKNOWN_UNIT, "unitExternalId")])
    assert (plan.changes, len(plan.kept)) == ([], int(fits and bool(day)))


@pytest.mark.parametrize(
    "lines",
    [
        ("1;Åsa Ek;;U1;;", "1;Åsa Ek;;OLD;;2027-01-01"),
        ("1;Åsa Ek;;OLD;;2026-12-01", "1;Åsa Ek;;U1;;2026-12-02", "1;Åsa Ek;;OLD;;2026-12-03"),
    ],
)
def test_nobody_goes_back_to_a_unit_that_has_closed(lines: tuple[str, ...]) -> None:
    plan = plan_people(
        [somebody("1", unit_id=uuid4(), unit="OLD")],
        (read := rows(HEADER, *lines)).rows,
        KnownUnits(UNITS),
        frozenset(),
        read.named,
        TODAY,
        fault_in,
        deactivate_missing=True,
    )
    assert plan.errors == [RowError(len(lines) + 1, Code.UNKNOWN_UNIT, "unitExternalId")]
    assert (plan.changes, plan.kept) == ([], [])


def test_nobody_is_made_of_a_row_that_says_they_have_left() -> None:
    assert planned([], HEADER, "1;Åsa;a@x.example;;nej;").changes == []


def test_ids_are_of_people_and_not_made_up() -> None:
    change = planned([], HEADER, "1;Åsa;a@x.example;;;").changes[0]
    assert (change.person_id, change.from_version) == (None, None)
    assert change.person_id != UUID(int=0)
