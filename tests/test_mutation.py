"""How the outcome of `make mutation` is judged, and that what is explained is well formed."""

from datetime import date

from tests.mutation import Mutant, Reason, faults, reasons, report, stale

KILLED = [Mutant(f"k{number}", "app/a.py", 1) for number in range(97)]
SURVIVED = Mutant("s", "app/a.py", 0)
CHANGE = "- a + b"
KNOWN = Reason("app/a.py", CHANGE, "The same.")


def test_enough_noticed_and_the_rest_explained_is_good() -> None:
    assert faults([*KILLED, SURVIVED], {SURVIVED: CHANGE}, [KNOWN]) == []
    page = report([*KILLED, SURVIVED], {SURVIVED: CHANGE}, [KNOWN], date(2026, 11, 26))
    assert "| app/a.py | 98 | 97 | 99.0 |" in page
    assert "The same." in page


def test_what_is_wrong_is_named() -> None:
    (unexplained,) = faults([*KILLED, SURVIVED], {SURVIVED: CHANGE}, [])
    assert "no reason is given" in unexplained
    (needless,) = faults(KILLED, {}, [KNOWN])
    assert "a reason is given for what is noticed" in needless
    (few,) = faults([*KILLED[:9], SURVIVED], {SURVIVED: CHANGE}, [KNOWN])
    assert "90.0 % were noticed" in few
    (unfinished,) = faults([*KILLED, Mutant("u", "app/a.py", None)], {}, [])
    assert "not tried to the end, such as u" in unfinished


def test_every_reason_says_why_once() -> None:
    known = reasons()
    assert len({(reason.file, reason.change) for reason in known}) == len(known)
    assert all(reason.file.startswith("app/") and reason.change.startswith("- ") and reason.why for reason in known)


def test_every_reason_is_for_a_line_of_the_source() -> None:
    assert stale(reasons()) == []
    gone = Reason("app/services/policy.py", "- return who is EVERYBODY + return who is not EVERYBODY", "No matter.")
    missing = Reason("app/services/never.py", "- a + b", "No matter.")
    assert len(stale([gone, missing])) == 2
