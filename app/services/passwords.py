"""Passwords: argon2id, judged by how easily they are guessed, and never worked on in the event loop."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from app.services.breached_passwords import is_breached
from app.services.errors import Code, Refusal

_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))

# Two threads of their own: at most two hashes (2 x 19 MiB) at a time, first come, first served, and the loop
# stays free. A pool belongs to no event loop, which an asyncio.Semaphore in a module would.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")

# Verified instead of the hash an unknown user does not have, so that both take the same time.
_NOBODYS = _HASH.hash("nobody has this password")

JUDGED = 32
"""Characters that are judged: zxcvbn takes seconds for long text, and a strong beginning is a strong password."""
SAFE_SCORE = 3
SHORTEST_OWN_WORD = 4
SHORTEST_REST = 8
"""Characters that must be left beside the words below."""
# What comes to mind in front of this service: the words of its name, of the page that asks, and of what it is for.
CONTEXT_WORDS = (
    *("lärandeiförändring", "lärande", "larande", "förändring", "forandring", "learning", "change"),
    *("lösenord", "losenord", "password", "logga", "login", "arbetsgivare", "arbetsgrupp", "facket", "myndighet"),
    *("protokoll", "samtal", "enkät", "enkat"),
)

ResultT = TypeVar("ResultT")


async def _apart(work: Callable[[], ResultT]) -> ResultT:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


async def hashed(password: str, *, salt: bytes | None = None) -> str:
    """The password as it is stored. A salt is brought by the demo, whose password everybody knows, and by what
    must come out the same again."""
    return await _apart(lambda: _HASH.hash(password, salt=salt))


async def verify(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Whether it is right, and a new hash where the stored one has older parameters. No hash is never right."""
    right, renewed = await _apart(lambda: _HASH.verify_and_update(password, password_hash or _NOBODYS))
    return (right, renewed) if password_hash is not None else (False, None)


async def check(password: str, name: str, email: str, pointer: str = "/password") -> None:
    """Refuse a password that has leaked, is easily guessed, or is made of the person's own name or this service's.

    The list knows what people really chose; of its long ones zxcvbn would let three in four pass. zxcvbn knows how they
    choose: two common words, keyboard rows, dates, a for 4. Neither finds what the other does.
    """
    made_of_words = _holds_own_words(password, name, email) or _is_context(password) or is_breached(password)
    if made_of_words or await _apart(lambda: _score(password)) < SAFE_SCORE:
        raise Refusal(Code.PASSWORD_TOO_COMMON, pointer)


def _score(password: str) -> int:
    # The person's words are not handed to zxcvbn: it keeps them in a module-wide table that threads share.
    return int(zxcvbn(password[:JUDGED])["score"])


def _is_context(password: str) -> bool:
    rest = "".join(character for character in password.casefold() if character.isalpha())
    for word in CONTEXT_WORDS:
        rest = rest.replace(word, "")
    # A password of digits alone has nothing to do with words.
    return len(rest) < SHORTEST_REST and any(word in password.casefold().replace(" ", "") for word in CONTEXT_WORDS)


def _holds_own_words(password: str, name: str, email: str) -> bool:
    text = password.casefold()
    local_part = email.partition("@")[0]
    words = {name, email, local_part, *re.split(r"[\W\d_]+", f"{name} {local_part}")}
    return any(len(word) >= SHORTEST_OWN_WORD and word.casefold() in text for word in words)
