"""The demo agency."""

from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession


class Account(NamedTuple):
    """Somebody one can sign in as."""

    email: str
    password: str
    role: str


ACCOUNTS: tuple[Account, ...] = ()


async def load(session: AsyncSession, today: date) -> None:
    """Make the agency in an empty database; `today` is the day its dates are counted from."""
