"""How long, how large and how many: every text, number and list on the wire has a bound, and these are their names.

A bound of an answer is what inputs, columns and the program's own limits allow. Where a list grows with the years
it is generous. Columns of rows keep plain types: what is stored was bounded on its way in.
"""

from typing import Annotated, TypeVar

from pydantic import Field

ItemT = TypeVar("ItemT")

LONGEST_WORD = 100
LONGEST_PHRASE = 200
LONGEST_TEXT = 10_000
LONGEST_ADDRESS = 2_000
LONGEST_ASKED = 8 * 1024
"""Path and query of the longest address that is read; of a longer one nothing is (414)."""
LONGEST_LINK = 4 * LONGEST_ASKED
"""To an address that was asked for, none of whose characters gets longer than three when a link keeps it. What is put
before it and added to it has room in what is left."""
LONGEST_HEADER = 32_768
"""All headers together are not longer (431): of one that is not looked at closer there is no other bound."""
LARGEST_BODY = 1_048_576
LARGEST_FILE = 2_147_483_647
FEW, MANY, VERY_MANY = 100, 10_000, 1_000_000
LAST_PAGE = 10_000_000
"""The last one that may be asked for; whoever wants all rows follows `next`."""
LARGEST_NUMBER = 2_147_483_647
"""Of PostgreSQL's `integer`."""

# --- Texts ---------------------------------------------------------------------------------------

Word = Annotated[str, Field(max_length=LONGEST_WORD)]
"""A code, a key, the name of a field, a hash, a secret."""

Phrase = Annotated[str, Field(max_length=LONGEST_PHRASE)]
"""A name or title as it is answered: `Line` let it in."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
"""Running text as it is answered: `Paragraphs` let it in."""

Address = Annotated[str, Field(max_length=LONGEST_ADDRESS)]
"""An absolute address of this service or of another."""

LongAddress = Annotated[str, Field(max_length=LONGEST_LINK)]
"""An address with much in its query: where one came from, where one is sent."""

Hash = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$",
        max_length=64,
        json_schema_extra={"example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    ),
]
"""SHA-256 in hexadecimal."""

# --- Numbers -------------------------------------------------------------------------------------

VersionNumber = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
"""Counts changes; 0 is before the first."""

Tally = Annotated[int, Field(ge=0, le=VERY_MANY)]
"""How many there are of something here."""

Seconds = Annotated[int, Field(ge=0, le=31_536_000)]
"""A year at most."""

# --- Lists ---------------------------------------------------------------------------------------

Few = Annotated[list[ItemT], Field(max_length=FEW)]
"""What a rule of the program, or what people can take in, keeps short."""

Many = Annotated[list[ItemT], Field(max_length=MANY)]
"""What grows with an organisation's years and stays readable in one answer."""

VeryMany = Annotated[list[ItemT], Field(max_length=VERY_MANY)]
"""What is whole by nature: a tree with its history, everything about a person."""
