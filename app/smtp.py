"""Hands mails to an SMTP server: the `Mailer` of an installation."""

from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.services.mail import MailAway, MailRefused

ANSWER_TIMEOUT_S = 15
"""A server that has not answered a command by then is away."""
_PORTS = {"smtp": 587, "smtps": 465}
# Replies about one recipient that no later try changes: no such mailbox, not allowed, too long a name.
_NO_SUCH_RECIPIENT = {550, 551, 553, 556}


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. Each message has a connection of its own: nothing is kept that could be half dead."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    """TLS from the first byte. Otherwise STARTTLS where the server offers it, and always before a password."""

    async def send(self, message: EmailMessage) -> None:
        """Raises `MailAway` or `MailRefused`; neither they nor their causes say whom the mail was for."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.tls,
            start_tls=True if self.user is not None and not self.tls else None,
            timeout=ANSWER_TIMEOUT_S,
            local_hostname="localhost",  # this machine's name is nobody's business
        )
        try:
            await client.connect()
            await client.send_message(message)
            # The server has the mail now. However it takes its leave, it is not sent again.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise (MailRefused() if code in _NO_SUCH_RECIPIENT else MailAway(f"recipient refused, {code}")) from None
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused from None  # the address needs SMTPUTF8
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailAway(f"{type(error).__name__} {getattr(error, 'code', '')}".strip()) from None
        finally:
            client.close()


def server_at(url: str) -> SmtpServer:
    """smtp://user:password@host:port or smtps://…; raises ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("an address is needed, as in smtp://user:password@mail.example.se:587 or smtps://…")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        tls=parts.scheme == "smtps",
    )
