"""What DNS says: the texts under a name, asked of the system's name servers or of others that are named."""

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver

from app.services.email_domains import NameServiceAway

WITHIN_S = 5.0


class NameService:
    """Asks when it is asked, and remembers nothing: a record that was put there just now is seen."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53, within_s: float = WITHIN_S) -> None:
        self._servers = servers
        self._port = port
        self._within_s = within_s

    async def texts(self, name: str) -> list[str]:
        """Every text under the name, its parts joined; none when there is no such name. Raises `NameServiceAway`."""
        try:
            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers = list(self._servers)
                resolver.port = self._port
            # With the last dot: the name itself, and not one below a domain that the machine is in.
            answer = await resolver.resolve(name + ".", "TXT", search=False, lifetime=self._within_s)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NameServiceAway(type(error).__name__) from None
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
