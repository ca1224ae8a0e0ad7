"""Whether a name, a path or a value looks like union membership, which HR systems must never send (docs/union-data.md).

Pure: it knows no database. Compared are whole words without case; `å`, `ä` and `ö` may be written with or without
their dots and rings, or as `aa`, `ae` and `oe`. Swedish writes compounds as one word, so for some words their beginning
is enough.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

WORDS = frozenset(
    {
        *("fack", "facket", "fackets", "facken", "union", "unions", "unionen", "unionens", "unionist", "unionized"),
        *("unionised", "ofr", "saco", "sacos", "seko", "sekos", "tco", "lokalforening", "akademikerforening"),
        *("jusek", "akavia", "naturvetarna", "civilekonomerna", "officersforbundet", "polisforbundet"),
        *("tullkust", "lararforbundet", "vardforbundet", "fysioterapeuterna", "sulf", "srat", "forsvarsforbundet"),
        *("journalistforbundet", "finansforbundet", "lakarforbundet", "tandlakarforbundet", "psykologforbundet"),
        *("akademikerforbundet", "ifmetall", "fackid", "fackkod", "facknr", "unioncode", "unionid", "unionkod"),
        *("unionname", "unionno", "unionnumber", "unionstatus", "uniontype", "personalorg"),
    }
)
"""Words that count wherever they stand alone."""
BEGINNINGS = (
    *("fackansl", "fackavdrag", "fackavg", "fackbidrag", "fackfortroende", "fackklubb", "facknummer", "fackombud"),
    *("fackorganisation", "facktillh", "personalorganisation", "arbetstagarorg", "arbetstagarpart", "forbundstillh"),
    *("forbundsmedlem", "forbundsavgift", "unionmedlem", "unionfee", "uniondues", "uniondata", "saconummer"),
    *("sacomedlem", "sacoforbund", "sacoforening", "sekomedlem", "sekoforbund", "ofrmedlem", "ofrforbund", "stmedlem"),
    *("tcoforbund", "sverigesingenjorer", "sverigeslarare"),
)
"""Beginnings of words: Swedish compounds and endings, and names that programs write together."""
PARTS = (
    *("fackforbund", "fackforening", "facklig", "fackmedlem", "unionmember", "memberofunion", "tradeunion"),
    *("labourunion", "laborunion", "medlemfack", "medlemifack", "medlemsaco", "medlemseko"),
)
"""These wherever in a word they stand: no other word has them in it."""
PHRASES = ("tull kust", "sveriges ingenjorer", "sveriges larare", "if metall", "st medlem", "medlem i st", "lo medlem")
"""Several words that say it together."""
ALONE = frozenset({"st", "lo", "vision", "forena", "kommunal", "ledarna", "dik", "ssr"})
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
# Marks are put on letters, and none of these are seen: inside a word they would hide it.
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Mn", "Me"})
_ALSO_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Letters of other scripts, and figures, that look like Latin letters.
_LIKE_LATIN = str.maketrans(
    "АВЕКМНОРСТУХѕѕаеікоорстухЅІΑΒΕΚΜΝΟΤαεικοσςτϲϹᴀᴄᴇꜰɪᴋʟᴍɴᴏʀꜱᴛᴜɑʂıłđøØæ",
    "ABEKMHOPCTYXssaeikoopctyxSIABEKMNOTaeikosctcCacefiklmnorstuasildoOa",
)
_FIGURES = str.maketrans("013457@$", "oleastas")
_MIXED = re.compile(r"(?<![0-9A-Za-z@$])(?=[0-9@$]*[A-Za-z])(?=[A-Za-z]*[0-9@$])[0-9A-Za-z@$]{3,}(?![0-9A-Za-z@$])")
_SPACED = re.compile(r"(?<![A-Za-z])[A-Za-z](?:[ ._*/-][A-Za-z])+(?![A-Za-z])")
# Ids of Entra ID have letters and figures mixed by chance.
_OBJECT_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")


def looks_like(text: str, *, of_a_person: bool = False) -> bool:
    """Whether the text says something of union membership. A person's own name may be `Lo` or `Kim ST`."""
    return any(_says_it(each, of_a_person=of_a_person) for each in _ways_to_read(text))


def _ways_to_read(text: str) -> Iterator[str]:
    """As it stands, and as whoever decodes what is written in HTML, in addresses or as escapes would read it."""
    yield text
    if "&" in text:
        yield html.unescape(text)
    if "%" in text:
        yield unquote(text, errors="ignore")
    if "\\u" in text:
        yield re.sub(r"\\u([0-9A-Fa-f]{4})", lambda escape: chr(int(escape[1], 16)), text)


def _says_it(text: str, *, of_a_person: bool) -> bool:
    plain_text = text if text.isascii() and text.isprintable() else _latin(text)
    plain = _HUMP.sub(" ", plain_text)
    folded = _OTHER_UNIONS.sub(" ", plain.lower())
    words = {form for word in _WORD.findall(folded) for form in (word, _SINGLE.sub(_single, word))}
    # Written together in one: `TradeUnion` is two words by its humps, and one without them.
    together = {form for word in _WORD.findall(plain_text.lower()) for form in (word, _single_of(word))}
    if not of_a_person:
        # Initials and numbers belong to names and addresses.
        spaced = {re.sub("[^A-Za-z]", "", each) for each in _SPACED.findall(plain_text)}
        if spaced & CAPITALS and ("".join(_WORD.findall(plain_text)) in CAPITALS or not plain_text.isupper()):
            return True
        words |= {each.lower() for each in spaced}
        mixed = _MIXED.findall(_OBJECT_ID.sub(" ", plain_text))
        words |= {_SINGLE.sub(_single, each.lower().translate(_FIGURES)) for each in mixed}
    if words & WORDS or any(word.startswith(BEGINNINGS) or _has_part(word) for word in words | together):
        return True
    said = " ".join(_WORD.findall(folded))
    if any(f" {phrase} " in f" {said} " for phrase in PHRASES):
        return True
    if of_a_person:
        return False
    if said in ALONE:
        return True
    among = _WORD.findall(plain)
    return any(word in CAPITALS for word in among) and not plain.isupper()


def _has_part(word: str) -> bool:
    return any(part in word for part in PARTS)


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


def _latin(text: str) -> str:
    """In letters without marks, and without what is not seen. Marks go first: to order a pile of them takes long."""
    visible = "".join(
        " " if each.isspace() else each
        for each in text
        if each.isspace() or (unicodedata.category(each) not in _UNSEEN and each not in _ALSO_UNSEEN)
    )
    decomposed = unicodedata.normalize("NFKD", visible)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).translate(_LIKE_LATIN)


def _single(match: re.Match[str]) -> str:
    return _TO_SINGLE[match.group()]


def _single_of(word: str) -> str:
    return _SINGLE.sub(_single, word)
