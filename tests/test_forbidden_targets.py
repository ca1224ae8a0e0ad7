"""Where no webhook goes: not at registration, not at delivery, whatever a name says and whoever answers for it."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpcore2
import pytest
import time_machine

from app.models.webhook_delivery import DeliveryFault
from app.outbound import Outbound
from app.services.webhook_endpoints import TargetUnknown
from app.services.webhook_sending import TargetAway
from tests.machines import Machine, hr_system
from tests.test_delivering import Post, post
from tests.webhook_receiver import receiving
from tests.world import World

assert post  # a fixture

PRIVATE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.1.2.3"),  # noqa: S104
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.192"),
    *("192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.254", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
)
PRIVATE_V6 = (
    *("::", "::1", "fe80::1", "fe80::a9fe:a9fe", "fc00::1", "fd00:ec2::254", "fd12:3456:789a::1", "fec0::1"),
    *("ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "64:ff9b:1::1"),
)


def _numbers(address: str) -> Iterator[str]:
    """The same IPv4 address as programs read it: decimal, hexadecimal, octal, and with fewer parts."""
    whole = int(ipaddress.IPv4Address(address))
    parts = [int(part) for part in address.split(".")]
    yield str(whole)
    yield hex(whole)
    yield f"0{whole:o}"
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(hex(part) for part in parts)
    yield f"{parts[0]}.{whole & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{whole & 0xFFFF}"


def _hidden(address: str) -> Iterator[str]:
    """The same address inside an IPv6 one: mapped, compatible, NAT64, 6to4, Teredo."""
    number = int(ipaddress.IPv4Address(address))
    yield f"::ffff:{address}"
    yield f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"
    yield f"::{number >> 16:x}:{number & 0xFFFF:x}"
    yield f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"
    yield f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"
    yield f"2001:0:{number >> 16:x}:{number & 0xFFFF:x}::1"


WELL_KNOWN = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1")
TARGETS = [
    *PRIVATE,
    *(f"[{address}]" for address in PRIVATE_V6),
    *(each for address in WELL_KNOWN for each in _numbers(address)),
    *(f"[{each}]" for address in WELL_KNOWN for each in _hidden(address)),
    "localhost",
]
NO_TARGETS = [
    *("http://example.se/", "ftp://example.se/", "file:///etc/passwd", "gopher://127.0.0.1/", "https:///x", "https://"),
    *("https://user@example.se/", "https://user:secret@example.se/", "https://example.se@127.0.0.1/"),
    *("https://127.0.0.1#@example.se/", "https://127.0.0.1\\@example.se/", "https://exa mple.se/"),
    *(
        "https://example.se:0x50/",
        "https://example.se:99999/",
        "https://[::1%25eth0]/",
        "https://[::1",
        "https://①②⑦.⓪.⓪.①/",
    ),
    *(
        "https://127。0。0。1/",
        "//example.se/",
        "example.se",
        "javascript:alert(1)",
        "https://EXAMPLE.se/",
        "",
        "https://",
    ),
    "https://example.se/" + "a" * 1000,
]


@pytest.fixture
async def hr(world: World) -> Machine:
    return await hr_system(world)


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    """As an installation that has listed no network."""
    outbound = Outbound((), 2.0)
    yield outbound
    await outbound.close()


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """Each question is answered with the next addresses, the last of them again and again."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_options: Any) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(kinds[ipaddress.ip_address(each).version], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


async def refusal(world: World, it: Machine, url: str) -> str:
    body = {"url": url, "types": ["unit"]}
    answer = await world.administrator.client.request("POST", f"{it.path}/webhook-endpoints", json=body)
    assert answer.status_code == 422, (url, answer.text)
    problem = answer.json()
    (fault,) = problem["errors"]
    assert fault["pointer"] == "/url"
    code: str = problem["code"]
    return code


async def test_at_registration(world: World, hr: Machine) -> None:
    assert len(TARGETS) >= 100
    for target in TARGETS:
        for url in (f"https://{target}/larande", f"https://{target}:8443/"):
            assert await refusal(world, hr, url) == "targetRefused", url
    for url in NO_TARGETS:
        assert await refusal(world, hr, url) == "validationFailed", url
    for url in ("http://127.0.0.1:80/", "http://localhost/", "http://[::1]/"):
        assert await refusal(world, hr, url) == "targetRefused"
    page = await world.administrator.client.get(f"{hr.path}/webhook-endpoints")
    assert page["items"] == []


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where anything would have been connected to, had it got so far: nothing leaves the machine."""
    addresses: list[str] = []

    async def connect_tcp(_backend: object, host: str, *_: Any, **_options: Any) -> Any:
        addresses.append(host)
        raise httpcore2.ConnectError

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    return addresses


async def test_at_delivery(outbound: Outbound, connected: list[str]) -> None:
    """Asked straight, as if the registration had let it through: nothing is connected to."""
    faults = {}
    for target in TARGETS:
        with pytest.raises(TargetAway) as away:
            await outbound.tell(f"https://{target}:9/", {}, b"{}")
        faults[target] = away.value.fault
    assert connected == []
    assert {each for each, fault in faults.items() if fault is not DeliveryFault.REFUSED_ADDRESS} == set()


async def test_a_door_that_stands_open_would_be_seen(connected: list[str]) -> None:
    """With every network listed, each of them would be connected to: it is the list that keeps them out."""
    wide_open = Outbound(("0.0.0.0/0", "::/0"), 2.0)
    for target in TARGETS:
        before = len(connected)
        with pytest.raises(TargetAway) as away:
            await wide_open.tell(f"https://{target}:9/", {}, b"{}")
        assert (away.value.fault, len(connected) > before) == (DeliveryFault.UNREACHABLE, True), target
    await wide_open.close()


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("2001:4860:4860::8888", "fe80::1")])
async def test_a_name_that_also_leads_inside_is_not_registered(
    world: World, hr: Machine, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    resolving(monkeypatch, addresses)
    assert await refusal(world, hr, "https://mottagare.example/larande") == "targetRefused"


async def test_a_name_that_leads_nowhere(world: World, hr: Machine, outbound: Outbound) -> None:
    assert await refusal(world, hr, "https://finns-inte.invalid/larande") == "targetUnknown"
    with pytest.raises(TargetUnknown):
        await outbound.may_tell("https://finns-inte.invalid/")


async def test_a_name_that_leads_elsewhere_later(
    world: World, hr: Machine, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when it is registered, the machine itself when it is called. It is looked at each time."""
    async with receiving() as inside:
        port = inside.url.split(":")[2].split("/")[0]
        asked = resolving(monkeypatch, ("8.8.8.8",), ("127.0.0.1",))
        url = f"https://mottagare.example:{port}/larande"
        body = {"url": url, "types": ["unit"]}
        await world.administrator.client.post(f"{hr.path}/webhook-endpoints", body)
        with pytest.raises(TargetAway) as away:
            await outbound.tell(url, {}, b"{}")
        assert away.value.fault is DeliveryFault.REFUSED_ADDRESS
        assert asked == ["mottagare.example"] * 2
        assert inside.got == []


async def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and connecting nobody is asked again."""
    outbound = Outbound(("127.0.0.0/8",), 2.0)
    async with receiving() as listed:
        port = listed.url.split(":")[2].split("/")[0]
        asked = resolving(monkeypatch, ("127.0.0.1",), ("10.0.0.1",))
        assert await outbound.tell(f"http://mottagare.example:{port}/larande", {}, b"{}") == 204
        assert len(asked) == 1
    await outbound.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(post: Post, status: int) -> None:
    async with receiving() as elsewhere:
        post.receiver.more = f"Location: {elsewhere.url}\r\n".encode()
        post.receiver.answer = lambda _said: status
        await post.change()
        await post.work()
        assert elsewhere.got == []
    (sent,) = await post.log()
    assert (sent["state"], sent["lastStatus"], sent["lastFault"]) == ("pending", status, "redirected")


async def test_an_endpoint_whose_network_is_listed_no_more(post: Post) -> None:
    """The list is asked at each delivery, too: the messages wait."""
    await post.change()
    post.outbound = Outbound(("10.0.0.0/8",), 2.0)
    await post.work()
    assert post.receiver.got == []
    (sent,) = await post.log()
    assert (sent["state"], sent["lastStatus"], sent["lastFault"]) == ("pending", None, "refusedAddress")
    await post.outbound.close()


async def test_slow_silent_and_endless_receivers(post: Post) -> None:
    post.outbound = Outbound(("127.0.0.0/8",), 0.3)
    post.receiver.delay = 2.0
    await post.change()
    await post.work()
    assert [each["lastFault"] for each in await post.log()] == ["tooSlow"]

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100_000)
        await writer.drain()
        writer.close()

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        writer.close()

    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
        assert await post.outbound.tell(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}") == 200
    async with await asyncio.start_server(garbage, "127.0.0.1", 0) as server:
        with pytest.raises(TargetAway) as away:
            await post.outbound.tell(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
        assert away.value.fault is DeliveryFault.UNREACHABLE
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=30), tick=True):
        post.receiver.delay = 0.0
        await post.work()
    assert [each["state"] for each in await post.log()] == ["delivered"]
    await post.outbound.close()
