"""Somebody who uses the single-page app in a window of Chromium."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.front_end import HERE, PASSWORD, FrontEnd
from tests.program import PATIENCE

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EXPECTED = "Failed to load resource: the server responded with a status of 4"
"""How Chromium notes every refusal in its console, those that the app shows and solves among them."""

expect.set_options(timeout=PATIENCE * 1000)


@dataclass
class Visitor:
    page: Page
    front_end: FrontEnd
    calls: list[str]
    """What was asked of the API and answered, in order: method, path without ids, status."""
    complaints: list[str]

    @classmethod
    async def open(cls, context: BrowserContext, front_end: FrontEnd) -> "Visitor":
        """A new window, or one more in the same browser."""
        visitor = cls(await context.new_page(), front_end, [], [])
        visitor.page.on("response", lambda answer: visitor._note(answer.request.method, answer.url, answer.status))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.on(
            "console",
            lambda said: (
                visitor.complaints.append(said.text)
                if said.type in {"error", "warning"} and not said.text.startswith(EXPECTED)
                else None
            ),
        )
        return visitor

    def _note(self, method: str, url: str, status: int) -> None:
        if url.startswith(self.front_end.api) and method != "OPTIONS":
            self.calls.append(f"{method} {url.removeprefix(self.front_end.api).partition('?')[0]} {status}")

    async def goto(self, path: str = "/") -> None:
        await self.page.goto(self.front_end.url + path)

    async def sign_in(self, name: str, path: str = "/") -> None:
        await self.goto(path)
        await self.sees("Logga in")
        await self.page.get_by_label("E-postadress").fill(f"{name}@mhv.example")
        await self.page.get_by_label("Lösenord").fill(PASSWORD)
        await self.press("Logga in")
        await expect(self.page.get_by_role("button", name="Logga ut")).to_be_visible()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def sees(self, heading: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    async def is_thanked(self) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text("Tack! Ditt svar är sparat.")

    async def is_told(self, words: str) -> None:
        await expect(self.page.get_by_role("alert")).to_contain_text(words)

    async def faults(self, *, broken_by: str | None = None) -> list[str]:
        """What axe finds on the page as it stands."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        if broken_by is not None:
            await self.page.evaluate(broken_by)
        found: dict[str, Any] = await self.page.evaluate("tags => axe.run({runOnly: tags})", RULES)
        assert found["passes"], "axe looked at nothing"
        return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]
