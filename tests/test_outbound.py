"""The door out: where it leads, how long and how much, and who may not be reached through it."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.outbound import Outbound
from app.services.relying_party import Answer, ProviderAway
from tests.hostile_provider import HostileProvider, hostile_provider

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
async def provider() -> AsyncIterator[HostileProvider]:
    async with hostile_provider() as provider:
        provider.body["/"] = b"hello"
        yield provider


async def ask(url: str, networks: tuple[str, ...] = LOOPBACK, most_bytes: int = 1000, within_s: float = 2.0) -> Answer:
    outbound = Outbound(networks, within_s)
    try:
        return await outbound.call("GET", url, {"Accept": "application/json"}, None, most_bytes)
    finally:
        await outbound.close()


async def refused(url: str, networks: tuple[str, ...] = (), **options: Any) -> str:
    with pytest.raises(ProviderAway) as away:
        await ask(url, networks, **options)
    return str(away.value)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name is at these addresses."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_options: Any) -> list[Any]:
        asked.append(host)
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (kinds[ipaddress.ip_address(each).version], socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses
        ]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::"),
    ],
)
async def test_addresses_that_nobody_has_listed(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Whatever a name says: the machine's own services, its network's, and a cloud's metadata are not for asking."""
    resolving(monkeypatch, address)
    assert await refused("https://op.example/") == "its address is in no listed network"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "https://0x7f000001/", "https://2130706433/"],
)
async def test_loopback_by_any_name(url: str) -> None:
    assert "listed" in await refused(url) or "reached" in await refused(url)
    assert await refused(url) != ""


async def test_a_listed_network_is_open(provider: HostileProvider) -> None:
    assert await ask(f"{provider.issuer}/") == Answer(200, b"hello")
    assert await refused(f"{provider.issuer}/", ("10.0.0.0/8",)) == "its address is in no listed network"
    assert provider.asked == ["/"]


async def test_what_was_looked_at_is_what_is_connected_to(
    provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is somewhere else the second time (DNS rebinding) is asked for once only."""
    asked = resolving(monkeypatch, "10.9.9.9", "127.0.0.1")
    port = provider.issuer.rpartition(":")[2]
    assert await ask(f"http://op.example:{port}/", ("127.0.0.0/8",)) == Answer(200, b"hello")
    assert asked == ["op.example"]


async def test_another_address_is_tried_when_the_first_is_shut(
    provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1")
    port = provider.issuer.rpartition(":")[2]
    assert await ask(f"http://op.example:{port}/") == Answer(200, b"hello")


async def test_too_much_too_slow_and_not_there(provider: HostileProvider) -> None:
    provider.body["/"] = b"x" * 1001
    assert await refused(f"{provider.issuer}/", LOOPBACK) == "it answered too much"
    provider.body["/"] = b"x" * 1000
    assert len((await ask(f"{provider.issuer}/")).body) == 1000
    provider.delay["/"] = 30.0
    assert await refused(f"{provider.issuer}/", LOOPBACK, within_s=0.2) == "it took too long"
    assert await refused("http://127.0.0.1:1/", LOOPBACK) == "it cannot be reached (ConnectError)"
    assert "cannot be reached" in await refused("https://nowhere.invalid/", LOOPBACK)


async def test_drops_do_not_add_up(provider: HostileProvider) -> None:
    """The time is that of the whole answer: bytes that come one by one do not make it longer."""

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(dripping, "127.0.0.1", 0)
    began = asyncio.get_running_loop().time()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    assert await refused(url, LOOPBACK, within_s=0.5) == "it took too long"
    assert asyncio.get_running_loop().time() - began < 2
    server.close()
    assert provider.asked == []


async def test_redirects_and_the_environments_proxy_are_not_followed(
    provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile_provider() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.issuer)
        provider.status["/"], provider.headers["Location"] = 302, elsewhere.issuer
        assert (await ask(f"{provider.issuer}/")).status == 302
        assert elsewhere.asked == []


# --- TLS -------------------------------------------------------------------------------------------------


def certificate_for(name: str, directory: Path) -> ssl.SSLContext:
    """A server's context with a certificate of its own making; ca.pem in the directory trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "ca.pem", directory / "key.pem")
    return context


async def test_a_certificate_must_be_trusted_and_name_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = HostileProvider(body={"/": b"hello"})
    context = certificate_for("op.example", tmp_path)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    resolving(monkeypatch, "127.0.0.1")
    assert "cannot be reached" in await refused(f"https://op.example:{port}/", LOOPBACK)
    # An agency's own authority, as OpenSSL takes it everywhere.
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert await ask(f"https://op.example:{port}/") == Answer(200, b"hello")
    assert "cannot be reached" in await refused(f"https://other.example:{port}/", LOOPBACK)
    server.close()
