"""The docs page in a real browser, without internet."""

from tests.browser.watched import Watched


async def test_the_docs_page_opens_without_internet(watched: Watched) -> None:
    await watched.page.goto(f"{watched.service.url}/docs")
    await watched.page.wait_for_selector(".opblock")
    assert watched.complaints == []
    assert watched.hosts == {watched.own_host}
