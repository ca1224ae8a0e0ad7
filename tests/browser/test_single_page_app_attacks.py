"""The single-page app and the doors behind it, asked by thieves and used without care."""

import asyncio
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.dialogue import EMPLOYER, UNION, changed, table
from tests.browser.front_end import FrontEnd
from tests.browser.visitor import Visitor

COOKIE = "__Host-larande-refresh"
MARKUP = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
]


@pytest.mark.parametrize("text", MARKUP)
async def test_what_people_write_is_shown_as_they_wrote_it(visitor: Visitor, text: str) -> None:
    dialogs: list[str] = []
    visitor.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    made = await table(visitor.front_end)
    session = await made.session(text, place=text)
    record = await made.record_under_review(text, shared_picture=text)
    await visitor.sign_in(UNION, f"/protokoll/{record}")
    await visitor.sees(text)
    await expect(visitor.page.locator(".text").nth(1)).to_have_text(text)
    await visitor.goto(f"/samtal/{session}")
    await visitor.sees(text)
    await expect(visitor.page.locator("#plats")).to_have_text(text)
    async with visitor.front_end.as_(EMPLOYER) as employer:
        await changed(employer, f"/dialogue-sessions/{session}", place=f"{text} igen")
    await visitor.page.get_by_label("Ny plats").fill(f"{text} mitt")
    await visitor.press("Spara")
    await expect(visitor.page.locator("#konflikt dd")).to_have_text([f"{text} igen", f"{text} mitt"])
    await visitor.goto("/samtal")
    await expect(visitor.page.get_by_role("link", name=text, exact=True).first).to_be_visible()
    assert await visitor.page.locator("main img, main svg, main script").count() == 0
    assert (dialogs, visitor.complaints) == ([], [])


async def test_a_script_that_got_in_all_the_same_could_not_run(visitor: Visitor) -> None:
    """The content security policy is the second wall; to see it stand, the first one is torn down."""
    await visitor.goto()
    await visitor.sees("Logga in")
    inserted = "text => { document.body.insertAdjacentHTML('beforeend', text); }"
    with pytest.raises(Exception, match="TrustedHTML"):
        await visitor.page.evaluate(inserted, MARKUP[0])
    await visitor.page.evaluate(
        """() => { const script = document.createElement('script'); script.append('window.broken = 1');
        document.body.append(script); }"""
    )
    assert await visitor.page.evaluate("window.broken") is None
    assert any("TrustedScript" in complaint for complaint in visitor.complaints)
    sent = await visitor.page.evaluate(
        "fetch('http://localhost:1/stolen').then(() => 'sent', () => 'stopped')",
    )
    assert sent == "stopped"
    assert any("connect-src" in complaint for complaint in visitor.complaints)


class Elsewhere:
    """A web page of somebody else's, on a port of its own."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Vinn en resa</title>")

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Elsewhere":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


RENEW_FROM_ELSEWHERE = """async ([api, mode, body]) => {
    const response = await fetch(`${api}/auth/token`, {
        method: 'POST', mode, credentials: 'include', headers: {'Content-Type': body.startsWith('{')
            ? 'application/json' : 'application/x-www-form-urlencoded'}, body,
    }).catch(() => null);
    return response && response.type !== 'opaque' ? response.text() : null;
}"""


# A name that leads here too, but belongs to another site; and the same site on a port that is not on the list.
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_another_origin_cannot_renew_or_sign_out(visitor: Visitor, host: str) -> None:
    await visitor.sign_in(EMPLOYER)
    before = await _cookie(visitor)
    sent: list[tuple[int, str]] = []
    with Elsewhere() as elsewhere:
        thief = await Visitor.open(visitor.page.context, visitor.front_end)
        await thief.page.goto(f"http://{host}:{elsewhere.port}/")
        thief.page.on("response", lambda answer: sent.append((answer.status, answer.request.method)))
        for body in ('{"grantType": "refresh_token"}', "grant_type=refresh_token"):
            for mode in ("cors", "no-cors"):
                heard = await thief.page.evaluate(RENEW_FROM_ELSEWHERE, [visitor.front_end.api, mode, body])
                assert heard is None
        # A form is sent without asking first, and goes there as a visit of the whole page.
        await thief.page.evaluate(
            """api => { const form = document.createElement('form'); form.method = 'post';
            form.action = `${api}/auth/token`; const field = document.createElement('input');
            field.name = 'grant_type'; field.value = 'refresh_token'; form.append(field);
            document.body.append(form); form.submit(); }""",
            visitor.front_end.api,
        )
        await expect(thief.page.locator("body")).to_contain_text("code")
        assert "access_token" not in await thief.page.content()
    assert ({status for status, method in sent if method == "POST"}) <= {401, 403}
    assert await _cookie(visitor) == before, "nobody has used the cookie"
    await visitor.page.reload()
    await visitor.sees("Protokoll")


async def test_two_tabs_that_renew_at_once_stay_signed_in(visitor: Visitor, front_end: FrontEnd) -> None:
    await visitor.sign_in(EMPLOYER)
    other = await Visitor.open(visitor.page.context, front_end)
    await other.goto()
    for each in (visitor, other):
        await each.sees("Protokoll")
    for view in ("Samtal", "Protokoll", "Samtal"):
        await front_end.let_tokens_expire()
        for each in (visitor, other):
            each.calls.clear()
        tabs = [each.page.get_by_role("link", name=view, exact=True).click() for each in (visitor, other)]
        await asyncio.gather(*tabs)
        for each in (visitor, other):
            await each.sees(view)
            assert [call for call in each.calls if "/auth/token" in call] == ["POST /auth/token 200"]
        await asyncio.gather(*(each.page.reload() for each in (visitor, other)))
        for each in (visitor, other):
            await each.sees(view)


async def test_a_stolen_cookie_that_was_used_ends_the_sign_in_of_both(visitor: Visitor, front_end: FrontEnd) -> None:
    await visitor.sign_in(EMPLOYER)
    stolen = await _cookie(visitor)
    await visitor.page.reload()
    await visitor.sees("Protokoll")
    await front_end.let_tokens_expire()
    async with front_end.as_(UNION) as thief:
        answer = await thief.post(
            "/auth/token",
            json={"grantType": "refresh_token"},
            headers={"Cookie": f"{COOKIE}={stolen}", "Origin": front_end.url},
        )
        assert answer.status_code == 401
    await visitor.page.get_by_role("link", name="Samtal", exact=True).click()
    await visitor.sees("Logga in")


async def test_no_token_is_in_any_address_or_referrer(visitor: Visitor) -> None:
    seen: list[str] = []
    tokens: list[str] = []
    visitor.page.on("request", lambda request: seen.extend((request.url, request.headers.get("referer", ""))))
    visitor.page.on(
        "request", lambda request: tokens.append(request.headers.get("authorization", "").removeprefix("Bearer "))
    )
    await visitor.sign_in(EMPLOYER)
    await visitor.page.get_by_role("link", name="Samtal", exact=True).click()
    await visitor.sees("Samtal")
    secrets = {token for token in tokens if token} | {await _cookie(visitor)}
    assert len(secrets) >= 2
    assert [text for text in seen for secret in secrets if secret in text] == []
    assert {text for text in seen if text and not text.startswith("http")} <= {"data:,"}


async def test_going_back_after_sign_out_shows_nothing(visitor: Visitor) -> None:
    record = await (await table(visitor.front_end)).record_under_review("Ett protokoll för parterna")
    await visitor.sign_in(EMPLOYER)
    await visitor.goto(f"/protokoll/{record}")
    await visitor.sees("Ett protokoll för parterna")
    await visitor.press("Logga ut")
    await visitor.sees("Logga in")
    for step in (visitor.page.go_back, visitor.page.go_forward):
        await step()
        await visitor.sees("Logga in")
        assert "Ett protokoll för parterna" not in await visitor.page.content()
    # Not by another page in between either, which the browser may keep whole.
    await visitor.page.goto("about:blank")
    await visitor.page.go_back()
    await visitor.sees("Logga in")


async def _cookie(visitor: Visitor) -> str:
    (cookie,) = [each for each in await visitor.page.context.cookies() if each.get("name") == COOKIE]
    return str(cookie.get("value"))
