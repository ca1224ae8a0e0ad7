"""People with a second factor, and the codes that their phones show."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyotp

from app.services import one_time_codes
from tests.client import Client, Response
from tests.signing_in import PASSWORD, sign_in
from tests.world import Someone


@dataclass
class Phone:
    """An authenticator app, and the paper with the recovery codes."""

    secret: str
    recovery_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many steps later."""
        return code_of(self.secret, steps)


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=steps)


def wrong(secret: str) -> str:
    """Six digits that are no code near now."""
    right = {code_of(secret, steps) for steps in range(-3, 4)}
    return next(f"{number:06d}" for number in range(10) if f"{number:06d}" not in right)


async def ask(client: Client, password: str = PASSWORD, expect: int = 201) -> Any:
    return await client.post("/me/second-factor", {"password": password}, expect)


async def enrol(client: Client) -> Phone:
    """Of somebody signed in, with the code of the step before now: those of now and later are still to be used."""
    secret = (await ask(client))["secret"]
    sent = {"oneTimeCode": code_of(secret, -one_time_codes.STEPS_AWAY)}
    codes = (await client.post("/me/second-factor/confirmations", sent))["recoveryCodes"]
    return Phone(secret, codes)


async def enrolled(caller: Client, someone: Someone) -> tuple[Client, Phone]:
    """Somebody who has signed in and switched it on."""
    client = caller.signed_in((await sign_in(caller, someone))["accessToken"])
    return client, await enrol(client)


async def try_code(client: Client, someone: Someone, code: str | None, password: str = PASSWORD) -> Response:
    sent: dict[str, Any] = {"grantType": "password", "username": someone.person.email, "password": password}
    return await client.request("POST", "/auth/token", json=sent | ({} if code is None else {"oneTimeCode": code}))
