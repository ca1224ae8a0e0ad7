"""What somebody's phone shows at the moment of their next request."""

from datetime import UTC, datetime

import pyotp

from tests.recorded_examples.player import BETWEEN


def shown_by(secret: str) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC) + BETWEEN)
