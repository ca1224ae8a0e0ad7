"""What DNS says, asked of a real name server."""

from collections.abc import AsyncIterator

import dns.rcode
import pytest

from app.name_service import NameService
from app.services.email_domains import NameServiceAway
from tests.name_server import NameServer, name_server


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    async with name_server() as server:
        yield server


def service(server: NameServer) -> NameService:
    return NameService(["127.0.0.1"], server.port, within_s=1.0)


async def test_every_text_under_the_name_with_its_parts_joined(server: NameServer) -> None:
    server.texts["_larande-challenge.prov.example"] = ['"v=spf1 -all"', '"larande=" "abc"', '"\\195\\165 \\255"']
    found = await service(server).texts("_larande-challenge.prov.example")
    assert sorted(found) == ["larande=abc", "v=spf1 -all", "å \ufffd"]
    assert server.asked == ["_larande-challenge.prov.example"]


async def test_no_such_name_and_no_text(server: NameServer) -> None:
    assert await service(server).texts("nowhere.example") == []
    server.texts["empty.example"] = []
    assert await service(server).texts("empty.example") == []
    # The name is asked for as it is, and not below a domain of this machine.
    assert set(server.asked) == {"nowhere.example", "empty.example"}


async def test_a_name_server_that_fails_or_says_nothing(server: NameServer) -> None:
    server.rcode = dns.rcode.SERVFAIL
    with pytest.raises(NameServiceAway):
        await service(server).texts("prov.example")
    server.silent = True
    with pytest.raises(NameServiceAway):
        await service(server).texts("prov.example")


async def test_what_was_not_there_is_there_at_once(server: NameServer) -> None:
    asking = service(server)
    assert await asking.texts("prov.example") == []
    server.texts["prov.example"] = ['"now"']
    assert await asking.texts("prov.example") == ["now"]
