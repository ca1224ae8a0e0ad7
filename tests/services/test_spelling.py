"""What has one spelling is read in that one alone."""

import pytest

from app.services.spelling import base64url, bytes_of, is_canonical, read_json, read_object


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff\xfe", b"abc", bytes(range(256))])
def test_what_is_written_is_read_again(content: bytes) -> None:
    text = base64url(content)
    assert bytes_of(text) == content
    assert is_canonical(text) == bool(content)


@pytest.mark.parametrize("text", ["", "A", "AB", "QUJ", "QUJDRA==", "QU JD", "QUJD\n", "+/8", "QUJDR", "Åland"])
def test_a_second_spelling_is_none(text: str) -> None:
    assert not is_canonical(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b"NaN",
        b'{"a": -Infinity}',
        b"\xff",
        '{"a": "å"}'.encode("utf-16"),
        '{"a": "å"}'.encode("latin-1"),
        b"\xef\xbb\xbf{}",
        b"",
        b"{",
        b"[" * 100_000,
    ],
)
def test_what_two_readers_would_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each reader's own
        read_json(text)


def test_an_object_is_one() -> None:
    assert read_object('{"å": [1, null]}'.encode()) == {"å": [1, None]}
    assert read_json(b"[1]") == [1]
    with pytest.raises(ValueError, match="no object"):
        read_object(b"[1]")
