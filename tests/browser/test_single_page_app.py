"""The single-page app at work: another origin than the API's, a real Chromium, the service as people run it."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.dialogue import EMPLOYER, FACILITATOR, UNION, changed, table
from tests.browser.front_end import FrontEnd
from tests.browser.visitor import Visitor

QUESTIONNAIRE = "Lärklimat i förändring (LKF-18)"
COOKIE = "__Host-larande-refresh"

KEPT_BY_SCRIPTS = """async () => ({
    local: {...localStorage}, session: {...sessionStorage}, cookies: document.cookie,
    databases: await indexedDB.databases(), caches: await caches.keys(), address: location.href, state: history.state,
})"""


async def test_sign_in_leaves_no_token_where_a_script_could_find_it(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    await visitor.sees("Protokoll")
    assert await visitor.page.evaluate(KEPT_BY_SCRIPTS) == {
        **{"local": {}, "session": {}, "cookies": "", "databases": [], "caches": []},
        **{"address": f"{visitor.front_end.url}/", "state": None},
    }
    (cookie,) = [each for each in await visitor.page.context.cookies() if each["name"] == COOKIE]
    flags = {"httpOnly": True, "secure": True, "sameSite": "Strict", "path": "/", "domain": "localhost"}
    assert {name: cookie.get(name) for name in flags} == flags
    assert visitor.complaints == []


async def test_a_wrong_password_is_said_and_the_right_one_lets_in(visitor: Visitor) -> None:
    await visitor.goto()
    await visitor.page.get_by_label("E-postadress").fill(f"{EMPLOYER}@mhv.example")
    await visitor.page.get_by_label("Lösenord").fill("fel lösenord, långt nog")
    await visitor.press("Logga in")
    await visitor.is_told("lösenord")
    await visitor.sign_in(EMPLOYER)
    await expect(visitor.page.get_by_role("alert")).to_be_empty()


async def test_the_cookie_renews_an_expired_access_token(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    await visitor.sees("Protokoll")
    await visitor.front_end.let_tokens_expire()
    visitor.calls.clear()
    await visitor.page.get_by_role("link", name="Samtal", exact=True).click()
    await visitor.sees("Samtal")
    assert visitor.calls[:3] == ["GET /me 401", "POST /auth/token 200", "GET /me 200"]
    # Several calls were made with the new token, and none of them had to renew again.
    assert len([call for call in visitor.calls if "/auth/token" in call]) == 1
    # A page that begins anew has no access token at all.
    visitor.calls.clear()
    await visitor.page.reload()
    await visitor.sees("Samtal")
    assert visitor.calls[0] == "POST /auth/token 200"


async def test_many_calls_that_find_the_token_expired_renew_it_once(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    await visitor.sees("Protokoll")
    async with visitor.front_end.as_(EMPLOYER) as http:
        me = (await http.get("/me")).json()
    await visitor.front_end.let_tokens_expire()
    # The organisation is known without asking, so that the lists of all groups meet the expired token at once.
    allowed = {"Access-Control-Allow-Origin": visitor.front_end.url}
    await visitor.page.route("**/larande/v1/me", lambda route: route.fulfill(json=me, headers=allowed))
    await visitor.page.route(re.compile(r"/working-groups\?"), _with_any_token(visitor))
    visitor.calls.clear()
    await visitor.page.get_by_role("link", name="Samtal", exact=True).click()
    await expect(visitor.page.get_by_role("heading", name="Lärgruppen på Provtagningsenheten")).to_be_visible()
    refused = [call for call in visitor.calls if call.endswith("/dialogue-sessions 401")]
    assert len(refused) > 1
    assert [call for call in visitor.calls if "/auth/token" in call] == ["POST /auth/token 200"]


async def test_sign_out_ends_it_here_and_in_the_other_tab(visitor: Visitor, front_end: FrontEnd) -> None:
    await visitor.sign_in(EMPLOYER)
    other = await Visitor.open(visitor.page.context, front_end)
    await other.goto("/samtal")
    await other.sees("Samtal")
    await visitor.press("Logga ut")
    await visitor.sees("Logga in")
    await other.sees("Logga in")
    assert COOKIE not in {each["name"] for each in await visitor.page.context.cookies()}
    await visitor.page.reload()
    await visitor.sees("Logga in")


async def test_a_list_is_walked_page_by_page_and_back(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    await visitor.sees("Protokoll")
    titles = await _titles(visitor.page)
    assert len(titles) == 4
    await expect(visitor.page.get_by_role("button", name="Föregående sida")).to_have_count(0)
    await visitor.press("Nästa sida")
    await visitor.sees("Protokoll, sida 2")
    second = await _titles(visitor.page)
    assert len(second) == 4
    assert not set(titles) & set(second)
    await visitor.page.reload()
    await visitor.sees("Protokoll, sida 2")
    assert await _titles(visitor.page) == second
    await visitor.page.go_back()
    await visitor.sees("Protokoll")
    assert await _titles(visitor.page) == titles


async def test_a_change_is_shown_at_once_and_taken_back_when_it_is_refused(visitor: Visitor) -> None:
    session = await (await table(visitor.front_end)).session("Ett samtal att flytta")
    await visitor.sign_in(UNION, f"/samtal/{session}")
    place = visitor.page.locator("#plats")
    held: list[Route] = []

    async def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            held.append(route)
        else:
            await route.continue_()

    await visitor.page.route(f"**/dialogue-sessions/{session}", hold)
    await visitor.page.get_by_label("Ny plats").fill("Biblioteket")
    await visitor.press("Spara")
    await expect(place).to_have_text("Biblioteket")
    assert len(held) == 1, "nothing is answered yet"
    await held.pop().continue_()
    await expect(visitor.page.get_by_role("status")).to_have_text("Platsen är sparad.")

    await visitor.page.get_by_label("Ny plats").fill("Hamnen")
    await visitor.press("Spara")
    await expect(place).to_have_text("Hamnen")
    await held.pop().abort()
    await visitor.is_told("Tjänsten går inte att nå")
    await expect(place).to_have_text("Biblioteket")


async def test_a_conflict_is_shown_and_either_text_can_be_chosen(visitor: Visitor) -> None:
    session = await (await table(visitor.front_end)).session("Ett samtal som två ändrar", place="Fikarummet")
    await visitor.sign_in(UNION, f"/samtal/{session}")
    place, new_place = visitor.page.locator("#plats"), visitor.page.get_by_label("Ny plats")
    async with visitor.front_end.as_(EMPLOYER) as employer:
        await changed(employer, f"/dialogue-sessions/{session}", place="Direktörens rum")
        await new_place.fill("Biblioteket")
        visitor.calls.clear()
        await visitor.press("Spara")
        await visitor.is_told("Resursen har ändrats")
        conflict = visitor.page.locator("#konflikt")
        await expect(conflict.get_by_role("heading")).to_be_focused()
        await expect(conflict.get_by_role("definition")).to_have_text(["Direktörens rum", "Biblioteket"])
        await expect(place).to_have_text("Direktörens rum")
        path = f"/dialogue-sessions/{session}"
        assert visitor.calls == [f"PATCH {path} 412", f"GET {path} 200"]
        await visitor.press("Behåll det som står där nu")
        await expect(conflict).to_be_empty()
        await expect(new_place).to_have_value("Direktörens rum")

        await changed(employer, f"/dialogue-sessions/{session}", place="Matsalen")
        await new_place.fill("Biblioteket")
        await visitor.press("Spara")
        await visitor.press("Spara min ändring ändå")
        await expect(visitor.page.get_by_role("status")).to_have_text("Platsen är sparad.")
        await expect(place).to_have_text("Biblioteket")
        assert (await employer.get(path)).json()["place"] == "Biblioteket"


async def test_a_refused_place_is_taken_back_even_if_it_cannot_be_read_again(visitor: Visitor) -> None:
    session = await (await table(visitor.front_end)).session("Ett samtal i tunneln", place="Fikarummet")
    await visitor.sign_in(UNION, f"/samtal/{session}")
    place = visitor.page.locator("#plats")
    await expect(place).to_have_text("Fikarummet")
    async with visitor.front_end.as_(EMPLOYER) as employer:
        await changed(employer, f"/dialogue-sessions/{session}", place="Matsalen")

    async def lose_reads(route: Route) -> None:
        await (route.abort() if route.request.method == "GET" else route.continue_())

    await visitor.page.route(f"**/dialogue-sessions/{session}", lose_reads)
    visitor.calls.clear()
    await visitor.page.get_by_label("Ny plats").fill("Biblioteket")
    await visitor.press("Spara")
    await visitor.is_told("Tjänsten går inte att nå")
    assert visitor.calls == [f"PATCH /dialogue-sessions/{session} 412"]
    await expect(place).to_have_text("Fikarummet")


async def test_a_record_is_approved_by_those_who_may(browser_windows: Callable[[], Awaitable[Visitor]]) -> None:
    employer, union, facilitator = [await browser_windows() for _ in range(3)]
    record = await (await table(employer.front_end)).record_under_review("Protokollet att besluta om")
    address = f"/protokoll/{record}"
    await facilitator.sign_in(FACILITATOR, address)
    await facilitator.sees("Protokollet att besluta om")
    await expect(facilitator.page.get_by_text("Bara parternas företrädare")).to_be_visible()
    await expect(facilitator.page.get_by_role("button", name="Godkänn")).to_have_count(0)

    await employer.sign_in(EMPLOYER, address)
    await employer.press("Godkänn")
    await expect(employer.page.get_by_role("status")).to_have_text("Ert beslut är sparat.")
    await expect(employer.page.get_by_text("Din part har redan beslutat")).to_be_visible()
    await expect(employer.page.get_by_role("button", name="Godkänn")).to_have_count(0)

    await union.sign_in(UNION, address)
    await union.press("Godkänn med avvikande mening")
    await union.is_told("Uppgifterna stämmer inte")
    statement = union.page.get_by_label("Avvikande mening eller önskad ändring")
    await expect(statement).to_be_focused()
    await expect(statement).to_have_accessible_description("Skriv vad som skiljer eller vad som bör ändras.")
    await statement.fill("Vi ser tiden annorlunda.")
    await union.press("Godkänn med avvikande mening")
    await expect(union.page.get_by_text("Fastställt", exact=True)).to_be_visible()
    await expect(union.page.get_by_text("Godkänt med avvikande mening")).to_be_visible()
    async with union.front_end.as_(EMPLOYER) as http:
        assert (await http.get(f"/session-records/{record}")).json()["state"] == "final"


async def test_a_decision_whose_answer_is_lost_is_made_once(visitor: Visitor) -> None:
    record = await (await table(visitor.front_end)).record_under_review("Protokollet på tåget")
    lost: list[int] = []

    async def lose_the_first(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append((await route.fetch()).status)
            await route.abort()
        else:
            await route.continue_()

    await visitor.sign_in(EMPLOYER, f"/protokoll/{record}")
    await visitor.page.route(f"**/session-records/{record}/approvals", lose_the_first)
    await visitor.press("Godkänn")
    await expect(visitor.page.get_by_role("status")).to_have_text("Ert beslut är sparat.")
    assert lost == [201]
    async with visitor.front_end.as_(EMPLOYER) as http:
        assert len((await http.get(f"/session-records/{record}/approvals")).json()["items"]) == 1


async def test_nobody_approves_what_changed_after_it_was_read(visitor: Visitor) -> None:
    record = await (await table(visitor.front_end)).record_under_review("Protokollet som ändras")
    await visitor.sign_in(EMPLOYER, f"/protokoll/{record}")
    await expect(visitor.page.get_by_role("button", name="Godkänn", exact=True)).to_be_visible()
    async with visitor.front_end.as_(FACILITATOR) as facilitator:
        await changed(facilitator, f"/session-records/{record}", sharedPicture="Något helt annat.")
    await visitor.press("Godkänn")
    await visitor.is_told("Resursen har ändrats")
    await expect(visitor.page.get_by_text("Något helt annat.")).to_be_visible()
    await expect(visitor.page.get_by_text("Protokollet är inte under granskning.")).to_be_visible()
    async with visitor.front_end.as_(EMPLOYER) as http:
        assert (await http.get(f"/session-records/{record}")).json()["approvals"] == []


async def test_a_survey_is_answered_on_a_phone(phone: BrowserContext, front_end: FrontEnd, slips: list[str]) -> None:
    link = slips.pop()
    visitor = await Visitor.open(phone, front_end)
    sent: list[dict[str, str]] = []
    visitor.page.on("request", lambda request: sent.append(request.headers))
    await visitor.page.goto(link)
    await visitor.sees(QUESTIONNAIRE)
    fields = visitor.page.get_by_role("group")
    assert await fields.count() == 19, "18 items of the dimensions, and one that stands alone"
    for number in range(18):  # the last one is skipped
        await fields.nth(number).get_by_role("radio").nth(number % 5).check()
    await visitor.press("Skicka svaren")
    await visitor.is_thanked()
    assert visitor.calls == ["GET /survey-forms/current 200", "POST /survey-responses 201"]
    assert visitor.page.url == f"{front_end.url}/svara", "the used token is out of the address"
    token = link.partition("#")[2]
    assert await phone.cookies() == []
    assert [each for each in sent if token in each.get("referer", "")] == []
    # The link is good for one answer.
    await visitor.goto("/samtal")
    await visitor.page.goto(link)
    await visitor.page.get_by_role("radio").first.check()
    await visitor.press("Skicka svaren")
    await visitor.is_told("Länken är redan använd")


async def test_a_link_to_no_survey_says_so(visitor: Visitor) -> None:
    await visitor.goto("/svara#XuoPL7_t3cQJAvXBVdSaV1YDy86oO1a-d6KUhGCQHXU")
    await visitor.sees("Något gick fel")
    await visitor.is_told("Länken leder inte till någon enkät")


async def _titles(page: Page) -> list[str]:
    return await page.locator(".cards a").all_text_contents()


def _with_any_token(visitor: Visitor) -> Callable[[Route], Awaitable[None]]:
    """Answers the list of groups to whoever asks, in the words of the service."""

    async def answer(route: Route) -> None:
        if route.request.method != "GET":
            await route.continue_()
            return
        async with visitor.front_end.as_(EMPLOYER) as http:
            heard = await http.get(route.request.url)
        await route.fulfill(
            body=heard.text,
            content_type="application/json",
            headers={"Access-Control-Allow-Origin": visitor.front_end.url},
        )

    return answer
