"""The docs page and the reading view in a real browser, without internet: complete, in both languages, and usable."""

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from app.api.document.language import catalogue
from app.demo import story
from tests.browser.watched import Watched
from tests.program import Service

DOCUMENT = json.loads((Path(__file__).parents[2] / "openapi" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()}
SWEDISH = catalogue()
PATIENCE = 180_000
"""Milliseconds; a page with two hundred operations on a busy machine."""


async def test_the_docs_page_shows_every_operation_without_internet(watched: Watched) -> None:
    page = watched.page
    await page.goto(f"{watched.service.url}/docs", timeout=PATIENCE)
    await page.wait_for_selector(".opblock", timeout=PATIENCE)
    shown = await page.eval_on_selector_all(".opblock", "all => all.map(each => each.id)")
    assert {name for name in OPERATIONS if not any(each.endswith(f"-{name}") for each in shown)} == set()
    assert watched.complaints == []
    assert watched.hosts == {watched.own_host}


async def test_the_reading_view_shows_every_operation_without_internet(watched: Watched) -> None:
    page = watched.page
    await page.goto(f"{watched.service.url}/docs/read", timeout=PATIENCE)
    await page.wait_for_selector("[id^='tag/']", timeout=PATIENCE)
    shown = set(await page.eval_on_selector_all("[data-section-id*='/operation/']", "all => all.map(each => each.id)"))
    assert {name for name in OPERATIONS if not any(each.endswith(f"/operation/{name}") for each in shown)} == set()
    # Styles that come without a <style> of text are in force.
    colour = await page.eval_on_selector("[data-section-id*='/operation/']", "each => getComputedStyle(each).padding")
    assert colour != "0px"
    assert watched.complaints == []
    assert watched.hosts == {watched.own_host}


@pytest.mark.parametrize("path", ["/docs", "/docs/read", "/problems", "/problems/stale-version"])
async def test_a_page_speaks_the_readers_language_and_switches(browser: Browser, service: Service, path: str) -> None:
    for locale, language, other in (("sv-SE", "sv", "en"), ("en-GB", "en", "sv")):
        async with await browser.new_context(locale=locale) as context:
            watched = await Watched.open(context, service)
            page = watched.page
            await page.goto(service.url + path, timeout=PATIENCE)
            for tag in (language, other):
                assert await page.get_attribute("html", "lang") == tag
                assert len(await page.title()) > 10
                await expect(page.locator(".languages a[aria-current]")).to_have_attribute("lang", tag)
                summary = {"sv": SWEDISH["Sign in or renew"], "en": "Sign in or renew"}[tag]
                if path.startswith("/docs"):
                    await expect(page.get_by_text(summary).filter(visible=True).first).to_be_visible(timeout=PATIENCE)
                next_tag = other if tag == language else language
                await page.click(f".languages a[lang={next_tag}]")
                await page.wait_for_url(re.compile(f"lang={next_tag}"))
            assert watched.complaints == []
            assert watched.hosts == {watched.own_host}


async def test_somebody_signs_in_and_tries_a_call(watched: Watched) -> None:
    """From the page as it opens to an answer with one's own name in it."""
    page, agency = watched.page, story.agency()
    person = next(each for each in agency.people if each.id == "anneli")
    await page.goto(f"{watched.service.url}/docs", timeout=PATIENCE)
    await page.wait_for_selector(".opblock", timeout=PATIENCE)
    await page.click(".sign-in summary")
    await page.fill("[name=username]", person.email)
    await page.fill("[name=password]", "inte rätt lösenord alls")
    await page.click("#sign-in button[type=submit]")
    await expect(page.locator("#signed-in")).to_contain_text("stämmer inte", timeout=PATIENCE)
    refused, watched.complaints[:] = list(watched.complaints), []
    assert all("401" in each for each in refused)  # Chromium itself notes a refusal in the console
    await page.fill("[name=password]", agency.password)
    await page.press("[name=password]", "Enter")
    await expect(page.locator("#signed-in")).to_contain_text("Du är inloggad", timeout=PATIENCE)
    assert await page.input_value("[name=password]") == ""

    block = page.locator("#operations-me-read_me")
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Try it out").click()
    await block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    await expect(answer.locator(".response-col_status")).to_contain_text("200", timeout=PATIENCE)
    await expect(answer).to_contain_text(person.name)
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert kept == '[{},{},""]'

    await page.click("#sign-out")
    await expect(page.locator("#signed-in")).to_contain_text("Du är utloggad")
    await block.get_by_role("button", name="Execute").click()
    await expect(answer.locator(".response-col_status")).to_contain_text("401", timeout=PATIENCE)
    assert [each for each in watched.complaints if "401" not in each] == []
    assert watched.hosts == {watched.own_host}


async def test_a_sign_out_that_does_not_get_through_is_said(watched: Watched) -> None:
    page, told = watched.page, watched.page.locator("#signed-in")
    await _sign_in(watched)
    sent: list[str] = []

    async def lose(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            await route.abort()
        elif len(sent) == 2:
            await route.fulfill(status=503, content_type="text/html", body="<h1>Service Unavailable</h1>")
        else:
            await route.continue_()

    await page.route("**/auth/sign-out", lose)
    for _ in range(2):
        await page.click("#sign-out")
        await expect(told).to_contain_text("Utloggningen gick inte fram", timeout=PATIENCE)
        await expect(page.locator("#sign-out")).to_be_visible()
    await page.click("#sign-out")
    await expect(told).to_have_text("Du är utloggad.", timeout=PATIENCE)
    await expect(page.locator("#sign-out")).to_be_hidden()
    assert len(sent) == 3
    assert len(set(sent)) == 1, "the token is kept until the service has ended the sign-in"
    async with watched.service.http() as http:
        again = {"grantType": "refresh_token", **json.loads(sent[0])}
        assert (await http.post("/auth/token", json=again)).status_code == 401


async def test_a_renewal_under_way_does_not_undo_a_sign_out(watched: Watched) -> None:
    page, told, held = watched.page, watched.page.locator("#signed-in"), list[Route]()

    async def hold_renewals(route: Route) -> None:
        answer = await route.fetch()
        if "refresh_token" in (route.request.post_data or ""):
            renewed.append(await answer.json())
            held.append(route)
        else:  # a token that is to be renewed at once
            await route.fulfill(response=answer, json={**await answer.json(), "expiresIn": 30})

    renewed: list[dict[str, str]] = []
    await page.route("**/auth/token", hold_renewals)
    async with page.expect_request(lambda request: "refresh_token" in (request.post_data or ""), timeout=PATIENCE):
        await _sign_in(watched)
    async with page.expect_response("**/auth/sign-out", timeout=PATIENCE):
        await page.click("#sign-out")
    await expect(told).to_have_text("Du är utloggad.", timeout=PATIENCE)
    while not held:
        await page.wait_for_timeout(50)
    async with page.expect_response("**/auth/token", timeout=PATIENCE) as late:
        await held[0].fulfill(json={**renewed[0], "accessToken": "late", "refreshToken": "late", "expiresIn": 300})
    await (await late.value).finished()
    await page.evaluate("new Promise(done => setTimeout(done, 200))")  # what the answer leads to has happened
    await expect(told).to_have_text("Du är utloggad.")
    await expect(page.locator("#sign-out")).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "words"), [("sv", "Tjänsten svarar inte."), ("en", "The service does not answer.")]
)
async def test_an_answer_that_is_not_the_services_is_said_plainly(watched: Watched, language: str, words: str) -> None:
    page = watched.page
    html = "<!doctype html><title>502</title>Bad Gateway"
    await page.route("**/auth/token", lambda route: route.fulfill(status=502, content_type="text/html", body=html))
    await _sign_in(watched, language=language, told=words)
    assert [each for each in watched.complaints if "502" not in each] == []


async def _sign_in(watched: Watched, *, language: str = "sv", told: str = "Du är inloggad") -> None:
    page: Page = watched.page
    agency = story.agency()
    await page.goto(f"{watched.service.url}/docs?lang={language}", timeout=PATIENCE)
    await page.wait_for_selector(".opblock", timeout=PATIENCE)
    await page.click(".sign-in summary")
    await page.fill("[name=username]", agency.people[0].email)
    await page.fill("[name=password]", agency.password)
    await page.press("[name=password]", "Enter")
    await expect(page.locator("#signed-in")).to_contain_text(told, timeout=PATIENCE)


async def test_a_token_can_be_given_by_hand(watched: Watched) -> None:
    """As an integrator does who has got one with `larande` or curl."""
    page, agency = watched.page, story.agency()
    grant = {"grantType": "password", "username": agency.people[1].email, "password": agency.password}
    async with watched.service.http() as http:
        token = (await http.post("/auth/token", json=grant)).json()["accessToken"]
    await page.goto(f"{watched.service.url}/docs?lang=en", timeout=PATIENCE)
    await page.wait_for_selector(".opblock", timeout=PATIENCE)
    await page.locator(".scheme-container .authorize").click()
    scheme = page.locator(".modal-ux .auth-container", has_text="bearerAuth")
    await scheme.locator("input").fill(token)
    await scheme.get_by_role("button", name="Apply credentials").click()
    await scheme.get_by_role("button", name="Close").click()
    block = page.locator("#operations-me-read_me")
    await block.locator(".opblock-summary-control").click()
    await block.get_by_role("button", name="Try it out").click()
    await block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    await expect(answer).to_contain_text(agency.people[1].name, timeout=PATIENCE)
    assert watched.complaints == []


async def test_the_docs_page_is_worked_without_a_mouse(watched: Watched) -> None:
    page = watched.page
    await page.goto(f"{watched.service.url}/docs", timeout=PATIENCE)
    await page.wait_for_selector(".opblock", timeout=PATIENCE)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator(".sign-in summary")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=username]")).to_be_visible()
    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.className + '/' + document.activeElement.name"))
    assert any("/username" in each for each in reached)
    assert any("opblock-summary-control" in each for each in reached)
    assert any("authorize" in each for each in reached)


async def test_a_problem_page_is_read_without_scripts(browser: Browser, service: Service) -> None:
    async with await browser.new_context(locale="sv-SE", java_script_enabled=False) as context:
        watched = await Watched.open(context, service)
        await watched.page.goto(f"{service.url}/problems")
        await watched.page.get_by_role("link", name="Någon annan hann före").click()
        await expect(watched.page.get_by_role("heading", level=1)).to_have_text("Någon annan hann före")
        assert watched.complaints == []
        assert watched.hosts == {watched.own_host}
