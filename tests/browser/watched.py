"""A browser's window, with all that it complains of and all that it asks for."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page

from tests.program import Service


@dataclass
class Watched:
    page: Page
    service: Service
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, a breach of the content security policy among them, and uncaught errors."""
    requests: list[str] = field(default_factory=list)

    @classmethod
    async def open(cls, context: BrowserContext, service: Service) -> "Watched":
        watched = cls(await context.new_page(), service)
        watched.page.on(
            "console",
            lambda said: watched.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        return watched

    @property
    def hosts(self) -> set[str]:
        """Whom the page has asked for something; what it carries in itself (data:, blob:) has no host."""
        return {urlsplit(url).netloc for url in self.requests} - {""}

    @property
    def own_host(self) -> str:
        return urlsplit(self.service.url).netloc
