"""The single-page app for everybody: every view by axe, by keyboard alone, on a narrow screen, for screen readers."""

import pytest
from playwright.async_api import BrowserContext, Route, expect

from tests.browser.dialogue import EMPLOYER, UNION, changed, table
from tests.browser.front_end import PASSWORD, FrontEnd
from tests.browser.visitor import Visitor

QUESTIONNAIRE = "Lärklimat i förändring (LKF-18)"


@pytest.fixture(params=["desktop", "phone"])
async def somebody(request: pytest.FixtureRequest, visitor: Visitor, phone: BrowserContext) -> Visitor:
    return visitor if request.param == "desktop" else await Visitor.open(phone, visitor.front_end)


async def test_axe_finds_nothing_in_any_view(somebody: Visitor, slips: list[str]) -> None:
    made = await table(somebody.front_end)
    session = await made.session("Ett samtal med hög tillgänglighet", place="Fikarummet")
    record = await made.record_under_review("Ett protokoll att läsa")
    link = slips.pop()
    found = {}

    async def look(view: str) -> None:
        found[view] = await somebody.faults()
        found[f"{view}, wider than the window"] = await _what_sticks_out(somebody)

    await somebody.goto()
    await somebody.sees("Logga in")
    await look("sign-in")
    await somebody.page.get_by_label("E-postadress").fill("ingen@mhv.example")
    await somebody.page.get_by_label("Lösenord").fill("fel lösenord, långt nog")
    await somebody.press("Logga in")
    await somebody.is_told("lösenord")
    await look("sign-in refused")
    await somebody.sign_in(UNION)
    await somebody.sees("Protokoll")
    await look("records")
    await somebody.goto(f"/protokoll/{record}")
    await somebody.sees("Ett protokoll att läsa")
    await look("record")
    await somebody.goto("/samtal")
    await somebody.sees("Samtal")
    await look("sessions")
    await somebody.goto(f"/samtal/{session}")
    await somebody.sees("Ett samtal med hög tillgänglighet")
    await look("session")
    async with somebody.front_end.as_(EMPLOYER) as employer:
        await changed(employer, f"/dialogue-sessions/{session}", place="Direktörens rum")
    await somebody.page.get_by_label("Ny plats").fill("Biblioteket")
    await somebody.press("Spara")
    await somebody.is_told("Resursen har ändrats")
    await look("conflict")
    await somebody.goto("/finns/inte")
    await somebody.sees("Sidan finns inte")
    await look("nowhere")
    await somebody.page.goto(link)
    await somebody.sees(QUESTIONNAIRE)
    await look("survey")
    await somebody.press("Skicka svaren")
    await expect(somebody.page.get_by_role("alert")).to_be_in_viewport()
    await look("survey refused")
    await somebody.page.get_by_role("radio").first.check()
    await somebody.press("Skicka svaren")
    await somebody.is_thanked()
    await look("thanks")
    assert {view: faults for view, faults in found.items() if faults} == {}
    assert len(found) == 22


BREAKAGES = {
    "color-contrast": "document.querySelector('h1').style.color = '#cccccc'",
    "label": "document.querySelector('label[for=epost]').remove()",
    "html-has-lang": "document.documentElement.removeAttribute('lang')",
}


@pytest.mark.parametrize("rule", BREAKAGES)
async def test_axe_sees_what_is_broken_on_purpose(visitor: Visitor, rule: str) -> None:
    await visitor.goto()
    await visitor.sees("Logga in")
    assert await visitor.faults() == []
    faults = await visitor.faults(broken_by=BREAKAGES[rule])
    assert {fault.partition(":")[0] for fault in faults} == {rule}


async def test_a_decision_is_made_by_keyboard_alone(visitor: Visitor) -> None:
    record = await (await table(visitor.front_end)).record_under_review("Ett protokoll utan mus")
    keyboard = visitor.page.keyboard
    await visitor.goto(f"/protokoll/{record}")
    await visitor.sees("Logga in")
    await _tab_to(visitor, "forbi")
    for text in (f"{EMPLOYER}@mhv.example", PASSWORD):
        await keyboard.press("Tab")
        await keyboard.type(text)
    await keyboard.press("Enter")
    await visitor.sees("Ett protokoll utan mus")
    await expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
    await _tab_to(visitor, "yttrande")
    await keyboard.press("Tab")
    await expect(visitor.page.get_by_role("button", name="Godkänn", exact=True)).to_be_focused()
    outline = await visitor.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    await keyboard.press("Enter")
    await expect(visitor.page.get_by_role("status")).to_have_text("Ert beslut är sparat.")
    async with visitor.front_end.as_(EMPLOYER) as http:
        assert len((await http.get(f"/session-records/{record}")).json()["approvals"]) == 1


async def test_the_first_stop_leads_past_the_menu(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    await visitor.sees("Protokoll")
    await visitor.page.reload()
    await visitor.sees("Protokoll")
    await visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Hoppa till innehållet")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("main")).to_be_focused()
    await visitor.sees("Protokoll")


async def test_past_the_menu_of_a_survey_its_link_still_counts(visitor: Visitor, slips: list[str]) -> None:
    link = slips.pop()
    await visitor.page.goto(link)
    await visitor.sees(QUESTIONNAIRE)
    await visitor.page.get_by_role("radio").first.check()
    await visitor.page.get_by_role("link", name="Hoppa till innehållet").focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("main")).to_be_focused()
    assert visitor.page.url == link
    await expect(visitor.page.get_by_role("radio").first).to_be_checked()
    await visitor.press("Skicka svaren")
    await visitor.is_thanked()


async def test_a_new_view_has_the_focus_and_a_title_of_its_own(visitor: Visitor) -> None:
    await visitor.sign_in(EMPLOYER)
    for press, heading in (("Samtal", "Samtal"), ("Protokoll", "Protokoll")):
        await visitor.page.get_by_role("link", name=press, exact=True).click()
        await visitor.sees(heading)
        await expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
        await expect(visitor.page).to_have_title(f"{heading} – Lärande i förändring")
        await expect(visitor.page.locator("[aria-current=page]")).to_have_text(heading)


async def test_page_and_questionnaire_say_their_language(visitor: Visitor, slips: list[str]) -> None:
    link = slips.pop()
    form = visitor.page.locator("form")
    await visitor.page.goto(link)
    await expect(form).to_have_attribute("lang", "sv")
    assert await visitor.page.evaluate("document.documentElement.lang") == "sv"

    # Somebody whose service answers in English: the questionnaire is in that, the page around it stays Swedish.
    async def in_english(route: Route) -> None:
        await route.continue_(headers=await route.request.all_headers() | {"accept-language": "en"})

    await visitor.page.route("**/survey-forms/current", in_english)
    await visitor.page.reload()
    await expect(form).to_have_attribute("lang", "en")
    await expect(form.locator("[lang=sv]").first).to_contain_text("Svara senast")


async def test_nothing_moves_for_those_who_asked_for_that(visitor: Visitor) -> None:
    button = "getComputedStyle(document.querySelector('form button')).transitionDuration"
    await visitor.goto()
    await visitor.sees("Logga in")
    assert await visitor.page.evaluate(button) == "0.2s"
    await visitor.page.emulate_media(reduced_motion="reduce")
    assert await visitor.page.evaluate(button) == "0s"


async def test_nothing_to_press_is_smaller_than_a_finger(
    phone: BrowserContext, front_end: FrontEnd, slips: list[str]
) -> None:
    visitor = await Visitor.open(phone, front_end)
    await visitor.page.goto(slips.pop())
    await visitor.sees(QUESTIONNAIRE)
    heights = await visitor.page.evaluate(
        "[...document.querySelectorAll('button, .choice')].map(each => each.getBoundingClientRect().height)"
    )
    assert len(heights) > 18 * 5
    assert min(heights) >= 44


async def _what_sticks_out(visitor: Visitor) -> list[str]:
    """Nobody has to scroll sideways (WCAG 1.4.10)."""
    found: list[str] = await visitor.page.evaluate(
        """() => [...document.querySelectorAll('body *:not(.skip)')]
            .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .map(each => each.outerHTML.slice(0, 100))"""
    )
    return found


async def _tab_to(visitor: Visitor, id_: str) -> None:
    for _ in range(20):
        await visitor.page.keyboard.press("Tab")
        if await visitor.page.evaluate("document.activeElement.id") == id_:
            return
    raise AssertionError(f"the keyboard does not reach {id_}")
