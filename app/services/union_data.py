"""Whether a name, a path or a value looks like union membership, which HR systems must never send (docs/union-data.md).

Pure: it knows no database. Compared are whole words without case; `å`, `ä` and `ö` may be written with or without
their dots and rings, or as `aa`, `ae` and `oe`. Swedish writes compounds as one word, so for some words their beginning
is enough.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

WORDS = frozenset(
    {
        *("fack", "facket", "fackets", "facken", "union", "unions", "unionen", "unionist", "unionized", "unionised"),
        *("ofr", "saco", "sacos", "seko", "sekos", "tco", "lokalforening", "akademikerforening"),
        *("jusek", "akavia", "naturvetarna", "civilekonomerna", "officersforbundet", "polisforbundet"),
        *("tullkust", "lararforbundet", "vardforbundet", "fysioterapeuterna", "sulf", "srat"),
        *("journalistforbundet", "finansforbundet", "lakarforbundet", "tandlakarforbundet", "psykologforbundet"),
    }
)
"""Words that count wherever they stand alone."""
BEGINNINGS = (
    *("fackforbund", "fackforening", "facklig", "fackmedlem", "fackansl", "fackavgift", "fackklubb", "fackombud"),
    *("facktillh", "personalorganisation", "arbetstagarorganisation", "arbetstagarpart", "forbundstillh"),
    *("forbundsmedlem", "forbundsavgift", "unionmember", "unionmedlem", "unionfee", "uniondues", "uniondata"),
    *("tradeunion", "labourunion", "laborunion", "saconummer", "sacomedlem", "sekomedlem"),
)
"""Beginnings of words: Swedish compounds and endings, and names that programs write together."""
ALONE = frozenset({"st", "lo", "vision", "forena", "kommunal", "ledarna", "dik"})
"""Unions whose names are ordinary words, or parts of names, as well: they count when they are all that is said."""
CAPITALS = frozenset({"ST", "LO"})
"""And these also as a word of its own in capitals, beside others that are not."""

_OTHER_UNIONS = re.compile(
    r"\b(europeiska|european|nordiska|nordic|afrikanska|african|tull|customs|valuta|monetary) ?union(en|ens|s)?\b"
)
_WORD = re.compile(r"[A-Za-z]+")
_HUMP = re.compile(r"(?<=[a-zåäö])(?=[A-ZÅÄÖ])")
_SINGLE = re.compile("aa|ae|oe")
_TO_SINGLE = {"aa": "a", "ae": "a", "oe": "o"}


def looks_like(text: str, *, of_a_person: bool = False) -> bool:
    """Whether the text says something of union membership. A person's own name may be `Lo` or `Kim ST`."""
    # Invisible characters inside a word would hide it.
    visible = "".join(each for each in text if unicodedata.category(each) != "Cf")
    composed = unicodedata.normalize("NFKC", visible)
    plain = _without_marks(_HUMP.sub(" ", composed))
    folded = _OTHER_UNIONS.sub(" ", plain.lower())
    words = {form for word in _WORD.findall(folded) for form in (word, _SINGLE.sub(_single, word))}
    # Written together in one: `TradeUnion` is two words by its humps, and one without them.
    together = {form for word in _WORD.findall(_without_marks(composed).lower()) for form in (word, _single_of(word))}
    if words & WORDS or any(word.startswith(BEGINNINGS) for word in words | together):
        return True
    if of_a_person:
        return False
    if " ".join(_WORD.findall(folded)) in ALONE:
        return True
    among = _WORD.findall(plain)
    return any(word in CAPITALS for word in among) and not plain.isupper()


def found_in(
    content: Any, *, people_named_by: frozenset[str] = frozenset(), here: frozenset[str] = frozenset()
) -> bool:
    """Whether any name or value in a piece of JSON says something of union membership.

    What stands under the names `people_named_by` (in lower case) is somebody's own name; the values `here` have been
    let in already.
    """
    return any(
        looks_like(text, of_a_person=named)
        for text, named in _texts(content, people_named_by, named=False)
        if text not in here
    )


def _texts(content: Any, names: frozenset[str], *, named: bool) -> Iterator[tuple[str, bool]]:
    """Every name and value, and whether it is somebody's name. Without recursion: JSON may be nested deeply."""
    waiting: list[tuple[Any, bool]] = [(content, named)]
    while waiting:
        each, within = waiting.pop()
        if isinstance(each, str):
            yield each, within
        elif isinstance(each, Mapping):
            for name, value in each.items():
                yield str(name), False
                waiting.append((value, within or str(name).lower() in names))
        elif isinstance(each, Iterable):
            waiting += [(one, within) for one in each]


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate({ord("ø"): "o", ord("Ø"): "O", ord("æ"): "a"}))
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _single(match: re.Match[str]) -> str:
    return _TO_SINGLE[match.group()]


def _single_of(word: str) -> str:
    return _SINGLE.sub(_single, word)
