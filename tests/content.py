"""The shipped content, read once: hundreds of tests begin with it."""

from functools import cache

from app.services.pack_reading import Pack, read_pack, shipped


@cache
def shipped_pack() -> Pack:
    return read_pack(shipped())
