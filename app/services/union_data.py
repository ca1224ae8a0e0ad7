"""Whether a name, a path or a value looks like union membership, which HR systems must never send (docs/union-data.md).

Pure: it knows no database. Compared are whole words without case; `å`, `ä` and `ö` may be written with or without
their dots and rings, or as `aa`, `ae` and `oe`. Swedish writes compounds as one word, so for some words their beginning
is enough. Some unions are called what units are called, too: their names alone say nothing beside other words.
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
        *("jusek", "akavia", "naturvetarna", "civilekonomerna", "tullkust", "sulf", "srat", "sktf", "ifmetall"),
        *("fackid", "fackkod", "facknr", "unioncode", "unionid", "unionkod", "unionname", "unionno", "unionnumber"),
        *("unionstatus", "uniontype", "personalorg", "restaurangfacket"),
    }
)
"""Words that count wherever they stand alone; not `fack` before a number, which is a pigeon-hole."""
BEGINNINGS = (
    *("fackansl", "fackavdrag", "fackavg", "fackbidrag", "fackfortroende", "fackklubb", "facknummer", "fackombud"),
    *("fackorganisation", "facktillh", "personalorganisation", "arbetstagarorg", "arbetstagarpart", "forbundstillh"),
    *("forbundsmedlem", "forbundsavgift", "medlemsforbund", "unionmedlem", "unionfee", "uniondues", "uniondata"),
    *("saconummer", "sacomedlem", "sacoforbund", "sacoforening", "sekomedlem", "sekoforbund", "ofrmedlem"),
    *("ofrforbund", "tcoforbund", "stmedlem", "lomedlem", "kommunalmedlem", "visionmedlem", "syndikalis"),
    *("sverigesingenjorer", "sverigeslarare", "akademikerallians", "forsvarsforbund", "officersforbund"),
    *("reservofficersforbund", "polisforbund", "lararforbund", "vardforbund", "lakarforbund", "tandlakarforbund"),
    *("veterinarforbund", "psykologforbund", "journalistforbund", "finansforbund", "yrkesmusikerforbund"),
)
"""Beginnings of words: Swedish compounds and endings, and names that programs write together."""
PARTS = (
    *("fackforbund", "fackforening", "facklig", "fackmedlem", "unionmember", "memberofunion", "tradeunion"),
    *("labourunion", "laborunion", "medlemfack", "medlemifack", "medlemsaco", "medlemseko", "akademikerforbund"),
    *("arbetareforbund", "tjanstemannaforbund"),
)
"""These wherever in a word they stand: no other word has them in it."""
PHRASES = (
    *("sveriges ingenjorer", "sveriges arbetsterapeuter", "lararnas riksforbund", "brandmannens riksforbund"),
    *("if metall", "gs facket", "handelsanstalldas forbund", "fastighetsanstalldas forbund"),
)
"""Several words that say it together, wherever they stand."""
ALONE = (
    *("st", "lo", "vision", "forena", "kommunal", "ledarna", "dik", "ssr", "pao", "forbund", "fysioterapeuterna"),
    *("reservofficerarna", "tull kust", "sveriges larare", "sveriges skolledare", "sveriges arkitekter"),
    *("sveriges farmaceuter", "sveriges universitetslarare och forskare"),
)
"""Unions whose names are ordinary words, or parts of codes, as well: they count when they are all that is said, without
even a number, and beside a word of membership."""
BESIDE = (
    *("handels", "transport", "byggnads", "pappers", "fastighets", "livs", "malarna", "elektrikerna", "sac", "ptk"),
    "hrf",
)
"""Unions that are called what many units are called: they count beside a word of membership only."""
MEMBERSHIP = (
    *("medlem…", "member…", "ansluten", "anslutna", "organiserad", "organiserade", "tillhor", "tillhorighet"),
    *("forbund", "forbundet", "klubb", "klubben", "ombud", "ombudet"),
)
"""Words of membership, some with whatever follows (`…`), next to a name or with a word such as `i` between."""

_NO_UNIONS = re.compile(
    r"\b(europeiska|european|eu|nordiska|nordic|afrikanska|african|tull|customs|valuta|monetary)[ -]?union(en|ens|s)?\b"
    r"|\bfack[ -]?[0-9]+\b"
)
_NAMES = f"(?:{'|'.join((*ALONE, *BESIDE))})s?"
_MEMBER = f"(?:{'|'.join(MEMBERSHIP).replace('…', '[a-z]*')})"
_MEMBER_OF_ONE = re.compile(rf"\b(?:{_MEMBER}(?: (?:i|in|av|of|hos|the)){{0,2}} {_NAMES}|{_NAMES} {_MEMBER})\b")
_WORD = re.compile(r"[A-Za-z]+")
_WORD_OR_NUMBER = re.compile(r"[a-z]+|[0-9]+")
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
    plain = text if text.isascii() and text.isprintable() else _latin(text)
    if of_a_person:
        # Initials and figures belong to names and addresses.
        return _tells(plain, alone=False, beside="@" not in plain)
    spaced = _SPACED.sub(lambda letters: re.sub("[^A-Za-z]", "", letters[0]), plain)
    # Codes have figures by chance: what is made of theirs must be a word that nothing else is.
    figures = _MIXED.sub(_with_letters, _OBJECT_ID.sub(" ", plain))
    return any(_tells(each, alone=True) for each in {plain, spaced}) or (figures != plain and _tells(figures))


def _tells(plain: str, *, alone: bool = False, beside: bool = True) -> bool:
    by_humps = _NO_UNIONS.sub(" ", _HUMP.sub(" ", plain).lower())
    # Written together in one: `TradeUnion` is two words by its humps, and one without them.
    together = _WORD.findall(plain.lower())
    for single in (False, True):
        read = _single_of(by_humps) if single else by_humps
        words = _WORD.findall(read)
        whole = {*words, *(map(_single_of, together) if single else together)}
        if not WORDS.isdisjoint(words) or any(word.startswith(BEGINNINGS) or _has_part(word) for word in whole):
            return True
        said = " ".join(_WORD_OR_NUMBER.findall(read))
        if any(f" {phrase} " in f" {said} " for phrase in PHRASES) or (alone and said in ALONE):
            return True
        if beside and _MEMBER_OF_ONE.search(said):
            return True
    return False


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


def _with_letters(match: re.Match[str]) -> str:
    """Figures that stand for letters, where they all do: `s3ko`, not `fack23`."""
    word = match[0].lower().translate(_FIGURES)
    return word if word.isalpha() else match[0]


def _single_of(word: str) -> str:
    return _SINGLE.sub(_single, word)
