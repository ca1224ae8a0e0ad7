"""What is sealed opens for its purpose, its owner and this installation alone; link tokens are nobody's to guess."""

from uuid import uuid4

import pytest

from app.services.vault import BoxClosed, Vault

SECRET = b"only-for-tests-only-for-tests-only-for-tests"


def test_what_is_sealed_opens_where_it_belongs() -> None:
    box = Vault(SECRET).seal("purpose", "owner", "Åsa".encode())
    assert Vault(SECRET).open("purpose", "owner", box).decode() == "Åsa"
    assert "Åsa".encode() not in box
    assert Vault(SECRET).seal("purpose", "owner", "Åsa".encode()) != box


@pytest.mark.parametrize(
    ("secret", "purpose", "owner"),
    [(SECRET + b"x", "purpose", "owner"), (SECRET, "purpos", "eowner"), (SECRET, "purpose", "another")],
)
def test_and_nowhere_else(secret: bytes, purpose: str, owner: str) -> None:
    box = Vault(SECRET).seal("purpose", "owner", b"content")
    with pytest.raises(BoxClosed):
        Vault(secret).open(purpose, owner, box)


def test_a_changed_box_stays_closed() -> None:
    vault = Vault(SECRET)
    box = vault.seal("purpose", "owner", b"content")
    for place in range(len(box)):
        changed = bytearray(box)
        changed[place] ^= 1
        with pytest.raises(BoxClosed):
            vault.open("purpose", "owner", bytes(changed))
    for cut in (b"", box[:20], box[:-1], box + b"\x00"):
        with pytest.raises(BoxClosed):
            vault.open("purpose", "owner", cut)


def test_a_links_token_is_the_same_each_time_and_another_for_each_link_and_installation() -> None:
    link, other = uuid4(), uuid4()
    token = Vault(SECRET).link_token(link)
    assert token == Vault(SECRET).link_token(link)
    assert len(token) == 43
    others = (
        Vault(SECRET).link_token(other),
        Vault(SECRET).link_token(link, "another"),
        Vault(SECRET + b"x").link_token(link),
    )
    assert len({token, *others}) == 4


def test_a_short_secret_is_none() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"x" * 31)
