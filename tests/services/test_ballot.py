"""The ballot box: nothing about an answer but its being there, and nobody opens it without every key."""

import base64
import hashlib
import hmac
import itertools
import re
import unicodedata
from contextlib import suppress
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from app.services.ballot import (
    LARGEST_VALUE,
    SEAL_BYTES,
    Ballot,
    BallotKeys,
    BoxDamaged,
    Layout,
    PayloadDamaged,
    decode,
    decode_many,
    encode,
    new_secret,
    new_token,
    normal_address,
    open_box,
    open_for_worker,
    public_key_of,
    seal,
    seal_for_worker,
    secret_for,
    secret_from,
    token_hash,
    token_of_address,
    token_of_person,
    words_of,
)
from app.services.errors import Code, Refusal
from app.services.scoring import DONT_KNOW, SKIPPED

ROUND, OTHER_ROUND, PERSON = UUID(int=1), UUID(int=2), UUID(int=3)
KEYS = [hashlib.sha256(name).digest() for name in (b"employer", b"union", b"third")]
PUBLIC = [public_key_of(key) for key in KEYS]
INVITATIONS = hashlib.sha256(b"invitations").digest()
LAYOUT = Layout(items=4, text_count=2, max_chars=5)
BALLOT = Ballot(258, (1, 5, SKIPPED, DONT_KNOW), ("å", ""))
WRITTEN = bytes([1, 1, 2, 1, 5, 255, 254]) + b"\0\2\xc3\xa5" + bytes(18) + bytes(22)


@st.composite
def filled(draw: st.DrawFn) -> tuple[Layout, Ballot]:
    layout = Layout(draw(st.integers(1, 40)), draw(st.integers(0, 3)), draw(st.integers(0, 12)))
    answer = st.integers(DONT_KNOW, LARGEST_VALUE)
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=layout.max_chars)
    return layout, Ballot(
        draw(st.integers(0, 0xFFFF)),
        tuple(draw(st.lists(answer, min_size=layout.items, max_size=layout.items))),
        tuple(draw(st.lists(text, min_size=layout.text_count, max_size=layout.text_count))),
    )


# --- The payload ------------------------------------------------------------------------------------------------------


def test_the_payload_is_written_as_documented() -> None:
    assert encode(LAYOUT, BALLOT) == WRITTEN
    assert decode(LAYOUT, WRITTEN) == BALLOT


@given(filled())
def test_what_is_packed_comes_back_and_has_the_layouts_length(case: tuple[Layout, Ballot]) -> None:
    layout, ballot = case
    payload = encode(layout, ballot)
    assert len(payload) == layout.size
    assert decode(layout, payload) == ballot


@given(filled(), st.data())
def test_a_ballot_has_one_form_and_every_other_is_refused(case: tuple[Layout, Ballot], data: st.DataObject) -> None:
    layout, ballot = case
    changed = bytearray(encode(layout, ballot))
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=3)):
        changed[place] = data.draw(st.integers(0, 255))
    try:
        read = decode(layout, bytes(changed))
    except PayloadDamaged:
        return
    assert encode(layout, read) == changed


@given(st.binary(min_size=LAYOUT.size, max_size=LAYOUT.size))
def test_no_bytes_at_all_do_more_than_be_refused(payload: bytes) -> None:
    with suppress(PayloadDamaged):
        assert encode(LAYOUT, decode(LAYOUT, payload)) == payload


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (0, b"\0"),
        (0, b"\2"),
        (3, b"\xfd"),  # -3 is no answer
        (3, b"\x80"),
        (7, b"\0\1\xc3"),  # cut through å
        (7, b"\0\1"),  # shorter than what is written
        (7, b"\0\x15"),  # longer than the field
        (7, b"\xff\xff"),
        (7, b"\0\6abcdef"),  # six characters
        (7, b"\0\3\xed\xa0\x80"),  # half of a pair
        (7, b"\0\2\xc0\x80"),  # zero written long
        (28, b"x"),  # behind the text
        (50, b"x"),
    ],
)
def test_a_damaged_payload_is_refused(place: int, content: bytes) -> None:
    damaged = WRITTEN[:place] + content + WRITTEN[place + len(content) :]
    with pytest.raises(PayloadDamaged):
        decode(LAYOUT, damaged)
    with pytest.raises(PayloadDamaged):
        decode_many(LAYOUT, [WRITTEN] * 50 + [damaged])


@pytest.mark.parametrize("payload", [b"", WRITTEN[:-1], WRITTEN + b"\0", WRITTEN * 2])
def test_a_payload_of_another_length_is_refused(payload: bytes) -> None:
    for payloads in ([payload], [WRITTEN, payload], [payload, WRITTEN]):
        with pytest.raises(PayloadDamaged):
            decode_many(LAYOUT, payloads)


@pytest.mark.parametrize(
    "other",
    [
        {"unit_index": -1},
        {"unit_index": 0x10000},
        {"answers": (1, 2, 3)},
        {"answers": (1, 2, 3, 4, 5)},
        {"answers": (1, 2, 3, -3)},
        {"answers": (1, 2, 3, 128)},
        {"texts": ()},
        {"texts": ("a", "b", "c")},
        {"texts": ("", "abcdef")},
        {"texts": ("\ud800", "")},
    ],
    ids=str,
)
def test_what_does_not_fit_is_not_packed(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of Python's own for half a pair
        encode(LAYOUT, Ballot(**{"unit_index": 1, "answers": BALLOT.answers, "texts": BALLOT.texts, **other}))


@pytest.mark.parametrize("sizes", [(0, 0, 0), (-1, 0, 0), (1, -1, 0), (1, 1, -1), (1, 1, 16384)])
def test_a_layout_has_bounds(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="layout"):
        Layout(*sizes)
    assert Layout(1, 1, 16383).size == 3 + 1 + 2 + 65532


@given(st.integers(1, 30), st.integers(0, 2), st.data())
def test_many_are_read_as_one_is(items: int, text_count: int, data: st.DataObject) -> None:
    layout = Layout(items, text_count, 4)
    answers = st.tuples(*[st.integers(DONT_KNOW, LARGEST_VALUE)] * items)
    texts = st.tuples(*[st.text("aå🙂", max_size=4)] * text_count)
    ballots = data.draw(st.lists(st.builds(Ballot, st.integers(0, 0xFFFF), answers, texts), max_size=5))
    read = decode_many(layout, [encode(layout, ballot) for ballot in ballots])
    assert [read.unit_indexes.dtype, read.answers.dtype] == [np.dtype(np.int32), np.dtype(np.int8)]
    assert read.answers.shape == (len(ballots), items)
    assert read.unit_indexes.tolist() == [ballot.unit_index for ballot in ballots]
    assert read.answers.tolist() == [list(ballot.answers) for ballot in ballots]
    assert read.texts == [ballot.texts for ballot in ballots]


# --- Boxes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locks", [1, 2, 3])
def test_all_boxes_of_a_round_have_one_length(locks: int) -> None:
    layout = Layout(20, 2, 50)
    texts = ["", "a", "a" * 50, "å" * 50, "🙂" * 50, "e\u0301" * 25, "\U0010ffff" * 50, "\0" * 50]
    lengths = {
        len(seal(PUBLIC[:locks], encode(layout, Ballot(unit, (answer,) * 20, (one, other)))))
        for unit, answer in ((0, SKIPPED), (0xFFFF, DONT_KNOW), (7, LARGEST_VALUE))
        for one, other in itertools.product(texts, texts)
    }
    assert lengths == {layout.size + locks * SEAL_BYTES}


@pytest.mark.parametrize("locks", [1, 2, 3])
def test_a_box_opens_with_every_key_in_order_and_in_no_other_way(locks: int) -> None:
    box = seal(PUBLIC[:locks], WRITTEN)
    assert open_box(KEYS[:locks], box) == WRITTEN
    for count in range(1, 4):
        for keys in itertools.product([*KEYS, new_secret()], repeat=count):
            if list(keys) != KEYS[:locks]:
                try:
                    # A lower number of the outer keys opens the outer boxes only.
                    assert len(open_box(keys, box)) > len(WRITTEN)
                except BoxDamaged:
                    continue
                assert list(keys) == KEYS[:locks][-count:]


def test_a_box_with_no_lock_or_one_lock_twice_is_never_made() -> None:
    for keys in ([], [PUBLIC[0], PUBLIC[0]]):
        with pytest.raises(ValueError, match="each of them once"):
            seal(keys, WRITTEN)
    with pytest.raises(ValueError, match="one lock or more"):
        BallotKeys([])


@pytest.mark.parametrize("locks", [1, 2])
def test_a_box_changed_in_any_bit_is_refused(locks: int) -> None:
    box = seal(PUBLIC[:locks], WRITTEN)
    keys = BallotKeys(KEYS[:locks])
    for bit in range(8 * len(box)):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BoxDamaged):
            keys.open(bytes(changed))
    for other in (b"", box[:47], box[:-1], box[1:], box + b"\0", WRITTEN):
        with pytest.raises(BoxDamaged):
            keys.open(other)
    assert keys.open(box) == WRITTEN


def test_a_box_has_nothing_in_common_with_the_invitation_nor_with_its_like() -> None:
    token = token_of_person(INVITATIONS, ROUND, PERSON)
    known = [
        token.encode(), base64.urlsafe_b64decode(token + "="), token_hash(token), ROUND.bytes, PERSON.bytes, WRITTEN,
        INVITATIONS, *PUBLIC, seal(PUBLIC[:1], WRITTEN), seal(PUBLIC[:2], WRITTEN),
    ]  # fmt: skip
    for locks in (1, 2):
        box = seal(PUBLIC[:locks], WRITTEN)
        # Eight bytes in common by chance: less than once in 10^15 runs.
        pieces = {box[start : start + 8] for start in range(len(box) - 7)}
        for each in known:
            assert not any(each[start : start + 8] in pieces for start in range(len(each) - 7))


# --- Words ------------------------------------------------------------------------------------------------------------

LEGAL = "legal winner thank year wave sausage worth useful "
LETTER = "letter advice cage absurd amount doctor acoustic avoid "


@pytest.mark.parametrize(
    ("byte", "words"),
    [
        (0x00, "abandon " * 23 + "art"),
        (0x7F, LEGAL * 2 + LEGAL.replace("useful", "title")),
        (0x80, LETTER * 2 + LETTER.replace("avoid", "bless")),
        (0xFF, "zoo " * 23 + "vote"),
    ],
)
def test_words_are_those_of_the_standard(byte: int, words: str) -> None:
    """The test vectors of BIP 39: whoever must, reads the words with other programs too."""
    assert words_of(bytes([byte] * 32)) == words.split()
    assert secret_from(words) == bytes([byte] * 32)


@given(st.binary(min_size=32, max_size=32))
def test_words_come_back_as_the_key(secret: bytes) -> None:
    words = words_of(secret)
    assert len(words) == 24
    assert secret_from(" ".join(words)) == secret
    assert secret_for(public_key_of(secret), "\n".join(words)) == secret


def test_only_a_key_has_words() -> None:
    for secret in (b"", bytes(16), bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            words_of(secret)


def test_words_are_read_as_people_write_them() -> None:
    words = words_of(KEYS[0])
    wide = {ord(letter): ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyz"}
    plain = " ".join(words)
    for text in (
        plain.upper(), plain.title(), f"\n  {plain}\t\r\n", "   ".join(words), "\r\n".join(words), "\u00a0".join(words),
        "\u2003".join(words), "\n".join(" ".join(words[row : row + 4]) for row in range(0, 24, 4)),
        plain.translate(wide), plain.upper().translate({ord(w.upper()): ord(w.upper()) + 0xFEE0 for w in "abc"}),
        *(unicodedata.normalize(form, plain) for form in ("NFC", "NFD", "NFKC", "NFKD")),
    ):  # fmt: skip
        assert secret_from(text) == KEYS[0], text


def refused(code: Code, words: str, public_key: bytes = PUBLIC[0]) -> None:
    with pytest.raises(Refusal) as caught:
        secret_for(public_key, words)
    assert caught.value.code is code
    assert [field.pointer for field in caught.value.fields] == ["/words"]
    # What was typed is a secret, or nearly: it is in no trace of the refusal.
    assert not set(words.split()) & set(re.findall(r"\w+", f"{caught.value} {caught.value.__cause__}"))


def test_each_kind_of_mistake_is_named() -> None:
    words = words_of(KEYS[0])
    for wrong in ([], words[:-1], [*words, words[0]], words[:12], [*words, *words]):
        refused(Code.KEY_WORDS_MISCOUNTED, " ".join(wrong))
    for typo in (words[5] + "x", words[5][:-1], "lärande", "0", words[5][:2] + "\u200b" + words[5][2:], "6."):
        refused(Code.KEY_WORD_UNKNOWN, " ".join([*words[:5], typo, *words[6:]]))
    refused(Code.KEY_WORDS_MIXED_UP, " ".join(["zoo"] * 24))
    refused(Code.KEY_WORDS_MIXED_UP, " ".join(reversed(words)))
    refused(Code.KEY_WORDS_OF_ANOTHER, " ".join(words_of(KEYS[1])))
    refused(Code.KEY_WORDS_OF_ANOTHER, " ".join(words), PUBLIC[1])


def mistaken(words: list[str]) -> bool:
    """Whether the checksum lets these words pass; in any case they are not the key of `PUBLIC[0]`."""
    with pytest.raises(Refusal) as caught:
        secret_for(PUBLIC[0], " ".join(words))
    assert caught.value.code in {Code.KEY_WORDS_MIXED_UP, Code.KEY_WORDS_OF_ANOTHER}
    return caught.value.code is Code.KEY_WORDS_OF_ANOTHER


@pytest.mark.parametrize("place", [0, 11, 23])
def test_one_word_exchanged_for_another_is_never_taken(place: int) -> None:
    """Every other word in a place, for one key.

    The checksum has 8 bits: of wrong words it lets one in 256 pass, on average. Only of the last word is the number
    certain, since that holds the checksum and three bits of the key: one other word for each other value of the three.
    What passes is stopped by the public key.
    """
    words = words_of(KEYS[0])
    others = [word for word in Mnemonic("english").wordlist if word != words[place]]
    passed = sum(mistaken([*words[:place], other, *words[place + 1 :]]) for other in others)
    if place == 23:
        assert passed == 7


def test_two_words_in_each_others_place_are_never_taken() -> None:
    """Every pair, for one key, of which the checksum may let one in 256 pass and the public key stops the rest."""
    words = words_of(KEYS[0])
    for one, other in itertools.combinations(range(24), 2):
        assert words[one] != words[other]
        exchanged = list(words)
        exchanged[one], exchanged[other] = words[other], words[one]
        mistaken(exchanged)


def test_words_of_another_secret_with_the_same_public_key_open_the_same_boxes() -> None:
    """X25519 looks at 251 of the 256 bits. That is why `secret_for` needs nothing but the public key."""
    like = bytes([KEYS[0][0] ^ 7, *KEYS[0][1:31], KEYS[0][31] ^ 0x80])
    found = secret_for(PUBLIC[0], " ".join(words_of(like)))
    assert found == like
    assert open_box([found], seal(PUBLIC[:1], WRITTEN)) == WRITTEN


# --- Invitations ------------------------------------------------------------------------------------------------------


def test_a_token_is_known_by_its_hash() -> None:
    assert token_hash("A" * 43) == hashlib.sha256(bytes(32)).digest()
    tokens = {new_token() for _ in range(100)}
    assert len({token_hash(token) for token in tokens}) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_a_token_has_one_spelling() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = new_token()
    same = [letter for letter in alphabet if base64.urlsafe_b64decode(token[:-1] + letter + "=") == base64.urlsafe_b64decode(token + "=")]  # noqa: E501  # fmt: skip
    assert len(same) == 4
    spellings = [token[:-1] + letter for letter in same if letter != token[-1]]
    others = [
        "", token[:-1], token + "A", token + "=", token + "\n", " " + token, token[:20] + "\n" + token[20:], "å" * 43,
        "+" * 43, "/" * 43, "\ud800" * 43, "０" * 43, "A" * 100_000, "A" * 42 + "B",
    ]  # fmt: skip
    for other in [*spellings, *others]:
        with pytest.raises(Refusal) as caught:
            token_hash(other)
        assert caught.value.code is Code.SURVEY_TOKEN_UNKNOWN


def test_a_derived_token_is_always_the_same_and_nobody_elses() -> None:
    message = b"larande token\0" + ROUND.bytes + b"person:" + PERSON.bytes
    expected = base64.urlsafe_b64encode(hmac.digest(INVITATIONS, message, "sha256")).decode().rstrip("=")
    assert token_of_person(INVITATIONS, ROUND, PERSON) == expected
    # The bytes of this person's id are an address, too.
    person = UUID(bytes=b"asa.o@example.se")
    tokens = [
        token_of_person(INVITATIONS, ROUND, PERSON), token_of_person(INVITATIONS, ROUND, UUID(int=4)),
        token_of_person(INVITATIONS, OTHER_ROUND, PERSON), token_of_person(KEYS[0], ROUND, PERSON),
        token_of_person(INVITATIONS, ROUND, person), token_of_address(INVITATIONS, ROUND, "asa.o@example.se"),
        token_of_address(INVITATIONS, OTHER_ROUND, "asa.o@example.se"), token_of_address(INVITATIONS, ROUND, ""),
        token_of_address(INVITATIONS, ROUND, "person:asa.o@example.se"),
    ]  # fmt: skip
    assert len({token_hash(token) for token in tokens}) == len(tokens)


def test_an_address_is_invited_once_however_it_is_written() -> None:
    written = ["Åsa@Example.SE", " åsa@example.se\n", "a\u030asa@example.se", "A\u030aSA@EXAMPLE.SE"]
    assert {normal_address(address) for address in written} == {"åsa@example.se"}
    assert len({token_of_address(INVITATIONS, ROUND, address) for address in written}) == 1
    assert normal_address(normal_address("İ@example.se")) == normal_address("İ@example.se")


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_an_invitation_secret_has_its_length(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        token_of_person(secret, ROUND, PERSON)
    with pytest.raises(ValueError, match="32 bytes"):
        seal_for_worker(secret, ROUND, "asa@example.se")


def test_an_address_waits_unreadable_and_says_not_even_how_long_it_is() -> None:
    longest = "å" * 121 + "@example.se" + "x"
    assert len(longest.encode()) == 254
    boxes = {}
    for address in ("a@b.se", "Åsa.Öberg@example.se", longest):
        box = boxes[address] = seal_for_worker(INVITATIONS, ROUND, address)
        assert open_for_worker(INVITATIONS, ROUND, box) == address
        assert box != seal_for_worker(INVITATIONS, ROUND, address)
        assert address.encode() not in box
        for secret, round_id in ((INVITATIONS, OTHER_ROUND), (KEYS[0], ROUND)):
            with pytest.raises(BoxDamaged):
                open_for_worker(secret, round_id, box)
        for damaged in (b"", box[:-1], box + b"\0", bytes([box[0] ^ 1]) + box[1:], box[:-1] + bytes([box[-1] ^ 1])):
            with pytest.raises(BoxDamaged):
                open_for_worker(INVITATIONS, ROUND, damaged)
    assert len({len(box) for box in boxes.values()}) == 1
