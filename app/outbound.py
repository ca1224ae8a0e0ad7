"""Requests to identity providers: to public addresses and to listed networks, short, small, and never redirected."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import httpcore2

from app.services.relying_party import Answer, ProviderAway

WITHIN_S = 5.0
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Each holds an IPv4 address in which a private one could hide: NAT64, 6to4, Teredo.
_TRANSLATED = tuple(ipaddress.IPv6Network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class Outbound:
    """The one door out. A provider's name is looked up once, and what was looked at is what is connected to."""

    def __init__(self, networks: Sequence[str], within_s: float = WITHIN_S) -> None:
        self._within_s = within_s
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_trust(),
            max_connections=100,
            # A connection that outlives a request would have to be looked after, for one request a sign-in.
            max_keepalive_connections=0,
            network_backend=_Listed(networks),
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

    async def close(self) -> None:
        await self._pool.aclose()


class NotListed(Exception):
    """An address that nobody has said identity providers may be at."""


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
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ipaddress.ip_address(each[4][0]) for each in found))
        listed = [address for address in addresses if self._is_listed(address)]
        if not listed:
            raise NotListed
        for address in listed[:-1]:
            with suppress(httpcore2.NetworkError, httpcore2.TimeoutException):
                return await self._inner.connect_tcp(str(address), port, 2.0, local_address, socket_options)
        return await self._inner.connect_tcp(str(listed[-1]), port, timeout, local_address, socket_options)

    def _is_listed(self, address: Address) -> bool:
        address = getattr(address, "ipv4_mapped", None) or address
        if any(address in network for network in self._networks):
            return True
        hidden = isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _TRANSLATED)
        return address.is_global and not address.is_multicast and not hidden


def _trust() -> ssl.SSLContext:
    """The system's certificates; OpenSSL's own SSL_CERT_FILE names an agency's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _authority(url: httpcore2.URL) -> str:
    host = url.host.decode("ascii")
    default = {b"http": 80, b"https": 443}[url.scheme]
    return host if url.port in {None, default} else f"{host}:{url.port}"
