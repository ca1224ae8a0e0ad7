"""A real SMTP server on loopback that keeps what it is given, and can be told to refuse."""

import asyncio
import email
import email.policy
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass
class MailServer:
    """Mails by arrival. `refusals` answers RCPT for some addresses with a reply of its own."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    rude: bool = False
    """Whether it ends each conversation with a refusal."""
    slow: asyncio.Event | None = None
    """Set: DATA is answered only when the event is."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return sorted(recipient for recipient, _ in self.mails)

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for to, mail in self.mails if to == recipient]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Envelope) -> str:  # noqa: N802
        return "221 Bye" if not self.rude else "421 Never mind"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos[0], mail))
        if self.slow is not None:
            await self.slow.wait()
        return "250 OK"


@asynccontextmanager
async def mail_server(
    port: int = 0, *, utf8: bool = True, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """With `tls` it speaks TLS from the first byte; with `starttls` it offers to begin."""
    mails = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mails, enable_SMTPUTF8=utf8, hostname="localhost", loop=loop, tls_context=starttls),
        "127.0.0.1",
        port,
        ssl=tls,
    )
    mails.port = server.sockets[0].getsockname()[1]
    try:
        yield mails
    finally:
        server.close()
        await server.wait_closed()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """What the reader of the plain or the HTML part sees."""
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def token_in(mail: EmailMessage) -> str:
    (token,) = set(re.findall(r"#([A-Za-z0-9_-]{43})\s", text_of(mail)))
    assert f"#{token}" in text_of(mail, "html")
    return str(token)
