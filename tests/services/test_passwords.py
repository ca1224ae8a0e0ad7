"""Passwords: which are refused, what is stored, and that hashing never stands in the way."""

import asyncio
import threading
import unicodedata

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import TypeAdapter, ValidationError

from app.models.passwords import GivenPassword, NewPassword
from app.services import breached_passwords, passwords
from app.services.errors import Code, Refusal

NEW: TypeAdapter[str] = TypeAdapter(NewPassword)
GIVEN: TypeAdapter[str] = TypeAdapter(GivenPassword)
PATIENCE = 10.0
NAME, EMAIL = "Åsa Öhrn-Lindqvist", "asa.lindqvist@havochvatten.example"


@pytest.mark.usefixtures("agreed_cost")
async def test_what_is_stored_is_argon2id_with_the_agreed_cost() -> None:
    first, second = [await passwords.hashed("sju gräsänder på en å") for _ in range(2)]
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.verify("sju gräsänder på en å", first) == (True, None)
    assert await passwords.verify("sju gräsänder på en ä", first) == (False, None)
    assert await passwords.verify("nobody has this password", None) == (False, None)


@pytest.mark.usefixtures("agreed_cost")
async def test_an_older_hash_is_renewed() -> None:
    older = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash("sju gräsänder på en å")
    right, renewed = await passwords.verify("sju gräsänder på en å", older)
    assert right
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("fel lösenord helt", older) == (False, None)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "password12345678",
        "aaaaaaaaaaaaaaaaaaaa",
        "qwertyuiopasdfgh",
        "abcdefghijklmnop",
        "123456789012345",
        "sommarsommarsommar",
        "a" * 128,
        "åäöåäöåäöåäöåäö",
        "vi heter Lindqvist här",
        "vi heter LINDQVIST här",
        "mitt namn är öhrn alltid",
        f"min post {EMAIL}!",
        "ett asa.lindqvist lösen",
    ],
)
async def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(Refusal) as caught:
        await passwords.check(NEW.validate_python(password), NAME, EMAIL)
    assert caught.value.code is Code.PASSWORD_TOO_COMMON
    assert [field.pointer for field in caught.value.fields] == ["/password"]


@pytest.mark.parametrize(
    "password",
    [
        "sju gräsänder på en å",
        "korrekt häst batteri klammer",
        "🦆 sju gräsänder simmar",
        "blåsippan ute i backarna står",
    ],
)
async def test_a_sentence_is_a_password(password: str) -> None:
    await passwords.check(NEW.validate_python(password), NAME, EMAIL)
    await passwords.check(password, "Bo Ek", "bo@example.se")


def test_the_length_is_counted_in_composed_letters() -> None:
    assert len(NEW.validate_python(unicodedata.normalize("NFD", "å" * 15))) == 15
    assert len(NEW.validate_python(unicodedata.normalize("NFD", "å" * 128))) == 128
    for text in ("å" * 14, unicodedata.normalize("NFD", "å" * 14), "å" * 129):
        with pytest.raises(ValidationError):
            NEW.validate_python(text)


def test_the_same_password_from_every_keyboard() -> None:
    composed = "sju gräsänder på en å"
    for typed in (unicodedata.normalize("NFD", composed), composed.replace(" ", "\u00a0")):
        assert typed != composed
        assert GIVEN.validate_python(typed) == composed == NEW.validate_python(typed)
    assert GIVEN.validate_python(" x ") == " x "


@pytest.mark.parametrize("text", ["\x00" * 20, "sju gräsänder\x00på en å", "sju gräsänder\npå en å", "\ud800" * 20, 7])
def test_what_no_keyboard_types_is_refused(text: object) -> None:
    for adapter in (NEW, GIVEN):
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


async def test_judging_long_text_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unbounded it takes far longer than anyone waits."""
    judged = []

    def score(text: str) -> dict[str, int]:
        judged.append(text)
        return {"score": 4}

    monkeypatch.setattr(passwords, "zxcvbn", score)
    long = ("4@8({[<369|1!0$57%2z" * 7)[:128]
    await passwords.check(long, NAME, EMAIL)
    assert judged == [long[:32]]


async def test_the_loop_stays_free_and_two_hash_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end, most = 0, threading.Event(), 0
    counting = threading.Lock()

    class Slow:
        """Ends when the loop says so: in the loop's own thread it would wait for itself."""

        def hash(self, _password: str, *, salt: bytes | None) -> str:  # noqa: ARG002
            nonlocal begun, most
            with counting:
                begun += 1
                most = max(most, begun)
            assert may_end.wait(PATIENCE), "the loop stands still"
            with counting:
                begun -= 1
            return "hashed"

    monkeypatch.setattr(passwords, "_HASH", Slow())
    async with asyncio.timeout(PATIENCE):
        hashing = asyncio.gather(*(passwords.hashed("x") for _ in range(8)))
        while begun < 2:  # noqa: ASYNC110 - it happens in other threads
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # a third would begin now, if it could
        may_end.set()
        assert await hashing == ["hashed"] * 8
    assert most == 2


@pytest.mark.parametrize(
    "password",
    [
        "PolniyPizdec0211",  # on the list as it is
        "polniypizdec0211",
        "bpgjldsgjldthnf",
        "QwertyQwerty123",
        "monkey monkey monkey",
        "!!letmeinletmein2026",
        "P@ssw0rd P@ssw0rd",
        "hejsanhejsanhejsan",
        "Lärande i förändring 2026",
        "Samtal och protokoll!",
    ],
)
async def test_a_leaked_password_is_refused_in_every_disguise(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without zxcvbn, which finds some of them too."""
    monkeypatch.setattr(passwords, "zxcvbn", lambda _text: {"score": 4})
    with pytest.raises(Refusal) as caught:
        await passwords.check(NEW.validate_python(password), NAME, EMAIL)
    assert caught.value.code is Code.PASSWORD_TOO_COMMON


@pytest.mark.parametrize("password", ["supermanstarwars", "baseballfootball", "qwertyuiopåasdf", "aaaaaaabbbbbbbbb"])
async def test_zxcvbn_finds_what_no_list_has(password: str) -> None:
    assert not breached_passwords.is_breached(password)
    with pytest.raises(Refusal):
        await passwords.check(NEW.validate_python(password), NAME, EMAIL)


@pytest.mark.parametrize("password", ["8391-2047-5518-2264-7730", "x7#Kq9$2fLm!8&5*zW", "839a1204755182264 b5510"])
async def test_what_a_program_drew_by_lot_is_a_password(password: str) -> None:
    await passwords.check(password, NAME, EMAIL)
