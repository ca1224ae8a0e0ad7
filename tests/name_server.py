"""A real name server on loopback that holds the texts a test gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Address = tuple[str, int]


@dataclass
class NameServer(asyncio.DatagramProtocol):
    port: int = 0
    texts: dict[str, list[str]] = field(default_factory=dict)
    """By name; in the form of a zone file, so that one text may be of several parts."""
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, content: bytes, sender: Address) -> None:
        question = dns.message.from_wire(content)
        name = question.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        if self.silent:
            return
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        answer.set_rcode(self.rcode)
        if self.rcode == dns.rcode.NOERROR and name not in self.texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts := self.texts.get(name):
            answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "TXT", *texts))
        assert self.transport is not None
        self.transport.sendto(answer.to_wire(), sender)


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
