"""A real Chromium that knows nobody but this machine, and the service with the demo agency as a process of its own.

`make browser` runs these tests; `make test` leaves them out, for they need a browser that a registry of Python
packages does not have.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser.dialogue import survey_links
from tests.browser.front_end import FrontEnd, front_end_on
from tests.browser.visitor import Visitor
from tests.browser.watched import Watched
from tests.conftest import open_directory
from tests.program import Service, serving

collect_ignore_glob = [] if "LARANDE_TEST_BROWSER" in os.environ else ["test_*.py"]

# Every name but this machine's leads nowhere: what a page fetched from elsewhere would be missing, and be seen.
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"


def chromium() -> str:
    """The system's Chromium: Debian and Ubuntu have it in the package chromium."""
    found = os.environ.get("LARANDE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "make browser needs Chromium: apt-get install chromium, or say where it is in LARANDE_TEST_CHROMIUM"
    return found


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:  # noqa: ARG001
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", NO_INTERNET]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def home_of_the_demo(made_home: Path) -> Iterator[Path]:
    place = open_directory()
    subprocess.run(["cp", "-a", made_home, place / "home"], check=True)
    yield place / "home"
    shutil.rmtree(place)


@pytest.fixture(scope="session")
async def service(home_of_the_demo: Path, anyio_backend: str) -> AsyncIterator[Service]:  # noqa: ARG001
    """`larande serve --with-demo`; its `url` ends with the base path."""
    async with serving("--with-demo", LARANDE_HOME=str(home_of_the_demo)) as service:
        yield service


@pytest.fixture
async def watched(browser: Browser, service: Service) -> AsyncIterator[Watched]:
    """A Swedish visitor's window, watched."""
    async with await browser.new_context(locale="sv-SE") as context:
        yield await Watched.open(context, service)


@pytest.fixture(scope="session")
def place_of_the_front_end(made_home: Path) -> Iterator[Path]:
    place = open_directory()
    subprocess.run(["cp", "-a", made_home, place / "home"], check=True)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
async def front_end(place_of_the_front_end: Path, anyio_backend: str) -> AsyncIterator[FrontEnd]:  # noqa: ARG001
    """The single-page app, and a service of its own whose clock can be moved."""
    async with front_end_on(place_of_the_front_end / "home", place_of_the_front_end / "app") as front_end:
        yield front_end


@pytest.fixture(scope="session")
async def slips(front_end: FrontEnd) -> list[str]:
    """Links to a survey, each good for one answer: take them with `pop`."""
    return await survey_links(front_end)


@pytest.fixture
async def browser_windows(browser: Browser, front_end: FrontEnd) -> AsyncIterator[Callable[[], Awaitable[Visitor]]]:
    """Windows of people who share nothing, each with a browser profile of its own."""
    async with AsyncExitStack() as open_contexts:

        async def window() -> Visitor:
            context = await open_contexts.enter_async_context(await browser.new_context(locale="sv-SE"))
            return await Visitor.open(context, front_end)

        yield window


@pytest.fixture
async def visitor(browser_windows: Callable[[], Awaitable[Visitor]]) -> Visitor:
    """Somebody who uses the single-page app."""
    return await browser_windows()


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        locale="sv-SE", viewport={"width": 360, "height": 640}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    async with context:
        yield context
