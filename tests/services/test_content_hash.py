"""Content hashes: RFC 8785 canonical JSON, SHA-256."""

import hashlib
import json
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.services.content_hash import content_hash


def canonical_hash(canonical: str) -> str:
    return hashlib.sha256(canonical.encode()).hexdigest()


def test_the_example_of_the_rfc() -> None:
    """RFC 8785, section 3.2.2 to 3.2.4."""
    content = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )
    canonical = (
        r"""{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"""
        r""""string":"€$\u000f\nA'B\"\\\\\"/"}"""
    )
    assert content_hash(content) == canonical_hash(canonical)


def test_names_are_sorted_by_utf_16() -> None:
    """RFC 8785, section 3.2.3: an emoji's surrogates come before U+FB33, although its code point comes after."""
    content = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    canonical = '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    assert content_hash(content) == canonical_hash(canonical)


@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("41b3de4355555555", "333333333.3333333"),
    ],
)
def test_numbers_of_the_rfcs_appendix(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert content_hash({"n": number}) == canonical_hash(f'{{"n":{written}}}')


@pytest.mark.parametrize(
    "content", [{"n": float("nan")}, {"n": float("inf")}, {"n": 2**53 + 1}, {"s": "\ud800"}, {1: 2}]
)
def test_what_has_no_canonical_form_is_refused(content: Any) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, ValueError)):
        content_hash(content)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), _values, max_size=6), st.randoms())
def test_the_hash_is_of_the_content_not_of_its_order_or_spelling(content: dict[str, Any], random: Any) -> None:
    names = list(content)
    random.shuffle(names)
    shuffled = {name: content[name] for name in names}
    travelled = json.loads(json.dumps(shuffled, indent=random.choice([None, 2])))
    assert content_hash(content) == content_hash(shuffled) == content_hash(travelled)


@given(_values, _values)
def test_other_content_has_another_hash(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (content_hash({"v": one}) == content_hash({"v": other})) == same
