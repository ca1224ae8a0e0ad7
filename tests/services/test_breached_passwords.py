"""The list of leaked passwords: complete, in order, found where it lies, and made anew from its source."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app import cli
from app.services import breached_passwords
from app.services.breached_passwords import BreachedPasswords, digests_of, forms_of, is_breached, shipped, unrolled

README = breached_passwords.SHIPPED.parent / "README.md"


def test_the_list_is_what_its_page_says() -> None:
    told = README.read_text(encoding="utf-8")
    assert hashlib.sha256(breached_passwords.SHIPPED.read_bytes()).hexdigest() in told
    assert len(shipped()) == 106_176
    assert "106,176" in told
    assert Path("LICENSES/MIT.txt").exists()
    assert "SPDX-License-Identifier: MIT" in Path(f"{breached_passwords.SHIPPED}.license").read_text()


def test_every_digest_is_there_once_in_order() -> None:
    assert all(one < other for one, other in pairwise(shipped()))
    for place in (0, 1, 53_000, len(shipped()) - 1):
        assert shipped()[place : place + 1] == [shipped()[place]]


def test_the_most_common_are_on_it_and_a_sentence_is_not() -> None:
    for password in ("123456", "password", "qwerty", "sommar", "hejsan", "070162", "070171", "1qaz2wsx3edc4rfv"):
        assert shipped().lists(password), password
    for sentence in ("sju gräsänder på en å", "fyra cyklar under en ek", "korrekt häst batteri klammer", ""):
        assert not shipped().lists(sentence)
        assert not is_breached(sentence)


def test_the_list_is_made_of_what_is_common_and_what_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breached_passwords, "MOST_COMMON", 2)
    listed, made = tmp_path / "list.txt", tmp_path / "made"
    listed.write_text("Kalle\nkalle\nAnka\nhundraåttiograders\n\nlång nog är den här\n", encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["passwords", "write", str(listed), str(made)])
    assert result.exit_code == 0, result.output
    found = BreachedPasswords(made)
    assert [found.lists(word) for word in ("kalle", "anka", "hundraåttiograders", "lång nog är den här")] == [
        *(True, False, True, True)
    ]
    assert len(found) == 3
    assert f"written {hashlib.sha256(made.read_bytes()).hexdigest()}: 3 passwords." in result.output
    assert made.read_bytes() == digests_of(["Kalle", "kalle", "Anka", "hundraåttiograders", "lång nog är den här"])


def test_what_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.main, ["passwords", "write", str(tmp_path / "none"), str(tmp_path / "made")])
    assert result.exit_code == 1
    assert "The list cannot be made" in result.output
    (tmp_path / "short").write_bytes(b"1234567")
    with pytest.raises(ValueError, match="cut off"):
        BreachedPasswords(tmp_path / "short")


@given(st.text(alphabet="abå1! ", min_size=1, max_size=40))
def test_what_a_text_comes_down_to_is_in_it_and_of_it(text: str) -> None:
    piece = unrolled(text)
    assert (piece * len(text))[: len(text)] == text
    forms = forms_of(text)
    assert text in forms
    assert all(unrolled(form) in forms for form in forms)
    assert all(set(form) <= set(text) for form in forms)
