"""One-time codes and recovery codes: how they are made, shown and compared. No database and no clock.

Codes are those of every authenticator app: TOTP (RFC 6238) with SHA-1, six digits, steps of 30 seconds.
"""

import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import pyotp
import segno

ISSUER = "Lärande i förändring"
STEP_S = 30
STEPS_AWAY = 1
"""How far a phone's clock may be away from ours, in steps."""
DIGITS = 6
RECOVERY_CODES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that looks like a digit
_GROUPS, _GROUP = 5, 5  # 125 bits: so many need neither salt nor a slow hash (ASVS 6.5.2)


def new_secret() -> str:
    """160 random bits, in base32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, if that is now or next to it and later than the last one taken."""
    if len(code) != DIGITS:
        return None
    totp = pyotp.TOTP(secret, interval=STEP_S, digits=DIGITS)
    current = int(now.timestamp()) // STEP_S
    found = None
    # Every step is compared, whatever comes out, and each in constant time.
    for step in range(current - STEPS_AWAY, current + STEPS_AWAY + 1):
        if secrets.compare_digest(totp.generate_otp(step), code) and step > last_step:
            found = step
    return found


def address(secret: str, account: str) -> str:
    """The otpauth address that apps read. Digits, period and hash are what apps take when nothing is said of them."""
    label = f"{quote(ISSUER)}:{quote(account)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER}, quote_via=quote)}"


def qr_code(text: str) -> str:
    """An SVG image as a data URI."""
    image: str = segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4)
    return image


def new_recovery_codes() -> list[str]:
    """Ten codes in groups that can be read aloud: 7K2MX-0VQ4B-…"""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))


def bare(recovery_code: str) -> str:
    """As it arrives from the wire, without hyphens."""
    return recovery_code.replace("-", "")
