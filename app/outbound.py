"""Requests to identity providers and receivers of webhooks: to public addresses and to listed networks, short, small,
and never redirected."""

import asyncio
import ipaddress
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache

import httpcore2

from app.models.webhook_delivery import DeliveryFault
from app.services.relying_party import Answer, ProviderAway
from app.services.webhook_endpoints import TargetUnknown
from app.services.webhook_sending import TargetAway

WITHIN_S = 5.0
WEBHOOK_WITHIN_S = 10.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        # Each holds an IPv4 address in which a private one could hide: NAT64, 6to4, Teredo, IPv4-compatible.
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"),
        # What Python takes for global, or did once: site-local, documentation, segment routing, relays of 6to4.
        *("fec0::/10", "3fff::/20", "5f00::/16", "192.88.99.0/24"),
        # Metadata services of clouds: Azure's has an address of the public internet, and what Python knows of the other
        # network, where Oracle's is, depends on its version.
        *("168.63.129.16/32", "192.0.0.0/24"),
    )
)


class Outbound:
    """The one door out. A provider's name is looked up once, and what was looked at is what is connected to."""

    def __init__(self, networks: Sequence[str], within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._network = _Listed(networks)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_trust(),
            max_connections=100,
            # A connection that outlives a request would have to be looked after, for one request a sign-in.
            max_keepalive_connections=0,
            network_backend=self._network,
        )

    async def call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most_bytes: int
    ) -> Answer:
        """One request. Raises `ProviderAway`, and says what the matter was without the address's own parts."""
        sent = [*headers.items(), ("Accept-Encoding", "identity"), ("User-Agent", "larande-i-forandring")]
        if body is not None:
            sent.append(("Content-Length", str(len(body))))
        try:
            async with asyncio.timeout(self._within_s), self._stream(method, url, sent, body) as response:
                content = b""
                async for part in response.aiter_stream():
                    content += part
                    if len(content) > most_bytes:
                        raise ProviderAway("it answered too much")
                return Answer(response.status, content)
        except NotListed:
            raise ProviderAway("its address is in no listed network") from None
        except TimeoutError:
            raise ProviderAway("it took too long") from None
        except (OSError, UnicodeError) as error:
            raise ProviderAway(f"it cannot be reached ({type(error).__name__})") from None
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            raise ProviderAway(f"it cannot be reached ({type(error).__name__})") from None

    @asynccontextmanager
    async def _stream(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes | None
    ) -> AsyncIterator[httpcore2.Response]:
        host = httpcore2.URL(url)
        named = [("Host", _authority(host)), *headers]
        async with self._pool.stream(method, host, headers=named, content=body) as response:
            yield response

    async def tell(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that a receiver of webhooks answers with; what else it says is not read. Raises `TargetAway`."""
        sent = [*headers.items(), ("User-Agent", "larande-i-forandring"), ("Content-Length", str(len(body)))]
        try:
            async with asyncio.timeout(self._within_s), self._stream("POST", url, sent, body) as response:
                return response.status
        except NotListed:
            raise TargetAway(DeliveryFault.REFUSED_ADDRESS) from None
        except (TimeoutError, httpcore2.TimeoutException):
            raise TargetAway(DeliveryFault.TOO_SLOW) from None
        except (OSError, UnicodeError, httpcore2.NetworkError, httpcore2.ProtocolError):
            raise TargetAway(DeliveryFault.UNREACHABLE) from None

    async def may_tell(self, url: str) -> bool:
        """Whether all that the address's name leads to may be called. Raises `TargetUnknown` when it leads nowhere."""
        host = httpcore2.URL(url)
        try:
            async with asyncio.timeout(self._within_s):
                found = await _addresses(host.host.decode("ascii").strip("[]"), host.port or 443)
        except (OSError, UnicodeError, TimeoutError):
            raise TargetUnknown from None
        return all(self._network.is_listed(address) for address in found)

    async def close(self) -> None:
        await self._pool.aclose()


class NotListed(Exception):
    """An address that nobody has said may be called."""


class _Listed(httpcore2.AsyncNetworkBackend):
    """Connects to addresses of the public internet and of listed networks, whatever name they go by."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        listed = [address for address in await _addresses(host, port) if self.is_listed(address)]
        if not listed:
            raise NotListed
        for address in listed[:-1]:
            with suppress(httpcore2.NetworkError, httpcore2.TimeoutException):
                return await self._inner.connect_tcp(str(address), port, 2.0, local_address, socket_options)
        return await self._inner.connect_tcp(str(listed[-1]), port, timeout, local_address, socket_options)

    def is_listed(self, address: Address) -> bool:
        address = getattr(address, "ipv4_mapped", None) or address
        if any(address in network for network in self._networks):
            return True
        hidden = any(address in network for network in _NOT_PUBLIC)
        return address.is_global and not address.is_multicast and not hidden


async def _addresses(host: str, port: int) -> list[Address]:
    """What the name leads to now, each once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(each[4][0]) for each in found))


def _trust() -> ssl.SSLContext:
    """The system's certificates; OpenSSL's own SSL_CERT_FILE names an agency's."""
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusting(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    """Read once for all doors: OpenSSL looks there by itself, and the system's are more than a hundred."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _authority(url: httpcore2.URL) -> str:
    host = url.host.decode("ascii")
    default = {b"http": 80, b"https": 443}[url.scheme]
    return host if url.port in {None, default} else f"{host}:{url.port}"
