"""One-time codes as RFC 6238 has them, and recovery codes that people can copy."""

import random
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from pydantic import TypeAdapter, ValidationError

from app.models.sign_in import OneTimeCode
from app.services import one_time_codes
from app.services.one_time_codes import bare, matching_step, new_recovery_codes, new_secret

CODE: TypeAdapter[str] = TypeAdapter(OneTimeCode)
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


# RFC 6238, appendix B, SHA-1, cut to six digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_standards_own_codes(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    step = seconds // 30
    assert matching_step(RFC_SECRET, code, at, 0) == step
    assert matching_step(RFC_SECRET, code, at, step - 1) == step
    assert matching_step(RFC_SECRET, code, at, step) is None
    assert matching_step(RFC_SECRET, f"{(int(code) + 1) % 10**6:06d}", at, 0) is None
    assert matching_step(RFC_SECRET, code[:5], at, 0) is None


@pytest.mark.parametrize(("away", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_step_on_either_side_counts(away: int, counts: bool) -> None:
    found = matching_step(RFC_SECRET, "081804", datetime.fromtimestamp(1111111109 + away, UTC), 0)
    assert found == (1111111109 // 30 if counts else None)


def test_secrets_and_codes_are_long_and_each_another() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert {len(new_secret()) for _ in range(100)} == {32}
    codes = [code for _ in range(100) for code in new_recovery_codes()]
    assert len(set(codes)) == len(codes) == 1000
    for code in codes:
        assert CODE.validate_python(code) == bare(code)
        typed = code.lower().replace("-", " ").replace("0", "O").replace("1", "l")
        assert CODE.validate_python(f" {typed} ") == bare(code)
    # Every letter is used: 25 letters of 32 are 125 bits.
    assert len(set("".join(map(bare, codes)))) == 32


def test_secrets_and_recovery_codes_come_from_the_system_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a system that gives nothing but zeros they are always the same; a secret takes 160 bits, a code 125."""
    drawn: list[int] = []

    def zeros(size: int) -> bytes:
        drawn.append(size)
        return bytes(size)

    monkeypatch.setattr(random, "_urandom", zeros)
    assert new_secret() == "A" * 32
    assert len(drawn) == 32  # one of 32 letters each time
    drawn.clear()
    assert new_recovery_codes() == ["00000-00000-00000-00000-00000"] * 10
    assert len(drawn) == 250


@pytest.mark.parametrize("typed", ["123 456", "123-456", " 123456 "])
def test_digits_as_people_copy_them(typed: str) -> None:
    assert CODE.validate_python(typed) == "123456"


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "١٢٣٤٥٦", "A" * 24, "A" * 26, "1" * 1000, 123456])
def test_what_is_no_code(odd: object) -> None:
    with pytest.raises(ValidationError):
        CODE.validate_python(odd)


def test_an_address_with_swedish_letters_is_an_address() -> None:
    address = one_time_codes.address(RFC_SECRET, "åsa+prov@örn.se")
    assert address.isascii()
    assert unquote(address).startswith("otpauth://totp/Lärande i förändring:åsa+prov@örn.se?secret=")
    assert "%20" in address
    assert "+" not in address.replace("%2B", "")
    assert one_time_codes.qr_code(address).startswith("data:image/svg+xml")
