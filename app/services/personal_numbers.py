"""Whether a text is a Swedish personal identity number or coordination number. Neither is ever taken for an id."""

import re
import unicodedata
from datetime import date

# With a few letters before or after it is the same; inside a long id it is chance. Word processors make the hyphen a
# dash of some length.
_FORM = re.compile(
    r"(?<![0-9A-Za-z])[A-Za-z]{0,3}(19|20)?([0-9]{2})([0-9]{2})([0-9]{2})[-+ \u00ad\u2010-\u2015\u2212]?([0-9]{4})"
    r"[A-Za-z]{0,2}(?![0-9A-Za-z])"
)
# Of forty thousand ids of Entra ID one ends in digits that would pass for such a number.
_OBJECT_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")


def has_personal_number(text: str) -> bool:
    """Ten or twelve digits, alone or among other things: a day that exists (or 60 more), and the right check digit.

    Source: the Swedish Tax Agency's rules. Of numbers drawn by lot one in about a hundred is one, and refused too.
    """
    # Wide digits and unbreakable spaces are read as the plain ones they look like.
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return any(_is_one(*found.groups()) for found in _FORM.finditer(_OBJECT_ID.sub(" ", plain)))


def _is_one(century: str | None, year: str, month: str, day: str, last: str) -> bool:
    of_month = int(day) - 60 if int(day) > 60 else int(day)
    full_year = int((century or "20") + year)
    try:
        date(full_year, int(month), of_month)
    except ValueError:
        return False
    digits = [int(digit) for digit in year + month + day + last]
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
