"""A group is reminded by mail, over a real queue and a real SMTP server, while time passes: each of each thing once."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine

from app import reminding, worker
from app.main import workshop_of
from app.services.calendar import swedish_day
from app.worker import working
from tests import interest_agency, stories
from tests.conftest import settings_for
from tests.mail_server import MailServer, mail_server, text_of
from tests.program import PATIENCE
from tests.world import Someone, World

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WHERE = {
    "group_url": "https://larande.example.se/grupp",
    "unsubscribe_url": "https://larande.example.se/sluta",
    "public_url": "https://api.larande.example.se",
}
TITLE = '<b>Å</b> & "ö" https://ond.example'


@pytest.fixture
async def agency(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(worker, "LOOKED_FOR_EVERY", timedelta(milliseconds=200))
    monkeypatch.setattr(worker, "FIRST_WAIT", timedelta(milliseconds=50))
    monkeypatch.setattr(worker, "LONGEST_WAIT", timedelta(milliseconds=100))
    async with interest_agency.alone(fresh_database_url, tmp_path / "keys") as world:
        yield world


def on(day: int, clock: time = time(9)) -> datetime:
    """So many days after the first Monday from now, in Sweden."""
    today = swedish_day(datetime.now(STOCKHOLM))
    return datetime.combine(today + timedelta(days=7 - today.weekday() + day), clock, STOCKHOLM)


async def rows(world: World, statement: str, **given: Any) -> list[Any]:
    async with world.database.write() as session:
        found: Any = await session.execute(sa.text(statement), given)
        return list(found.all()) if found.returns_rows else []


async def waits(world: World) -> int:
    return len(await rows(world, "SELECT id FROM queue.pgqueuer"))


class Post:
    """Turns of the clock, and the worker that brings what they put in the queue."""

    def __init__(self, world: World, server: MailServer) -> None:
        self.world, self.server = world, server
        settings = settings_for(
            "postgresql://elsewhere", smtp_url=server.url, mail_from="Lärande <x@example.se>", **WHERE
        )
        self.shop = workshop_of(settings, world.database, world.app.state.key_store)

    async def turn(self, moment: datetime, letters: int, mails: int | None = None) -> list[tuple[str, EmailMessage]]:
        """So many letters are put in the queue, and so many mails come of it; some may go on waiting."""
        before = len(self.server.mails)
        wanted = before + (letters if mails is None else mails)
        with time_machine.travel(moment):
            assert await reminding.work(self.world.database, moment) == letters
            async with working(self.shop), asyncio.timeout(PATIENCE):
                while len(self.server.mails) < wanted or (mails is None and await waits(self.world)):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return self.server.mails[before:]


def pages(mail: EmailMessage) -> set[str]:
    """Every address in the HTML part that a reader could follow."""
    return set(re.findall(r'href="([^"]+)"', text_of(mail, "html")))


async def test_a_group_is_reminded_until_somebody_has_had_enough(agency: World) -> None:
    employer, saco, facilitator = agency.employer_rep, agency.saco_rep, agency.facilitator
    everybody = sorted(each.person.email for each in (employer, saco, facilitator))
    await rows(agency, "UPDATE person SET language = 'en' WHERE id = :id", id=saco.person.id)
    async with World(agency.app) as other:
        elsewhere = await stories.started_group(other, name="En annan myndighets grupp")
    group = await stories.started_group(agency)
    with time_machine.travel(on(0)):
        await _hold(agency, group)
        await _hold(other, elsewhere)
    async with mail_server() as server:
        post = Post(agency, server)
        await post.turn(on(1), 0)  # a day after is too soon
        await post.turn(on(2, time(6)), 0)  # and so is a quiet hour
        others = {each.person.email for each in other.people.values()}
        # One mailbox takes nothing at first; the others do not wait for it.
        server.refusals[saco.person.email] = "451 4.3.0 Later"
        came = await post.turn(on(2), 6, mails=5)
        assert saco.person.email not in server.recipients
        assert await waits(agency) == 1
        # A second time on the same day, and two at the same time: nobody is told again.
        assert await reminding.work(agency.database, on(2, time(10))) == 0
        assert await asyncio.gather(*(reminding.work(agency.database, on(2, time(11))) for _ in range(3))) == [0, 0, 0]
        server.refusals.clear()
        came += await post.turn(on(2, time(12)), 0, mails=1)
        await post.turn(on(2, time(13)), 0)
        assert sorted(to for to, _ in came if to not in others) == everybody
        for to, mail in came:
            words = text_of(mail) + text_of(mail, "html")
            assert ("En annan myndighets grupp" in words) is (to in others)
            assert (str(group["id"]) in words) is (to not in others)
        _check_letter(next(mail for to, mail in came if to == employer.person.email), group, "sv")
        _check_letter(next(mail for to, mail in came if to == saco.person.email), group, "en")
        await _unsubscribe(agency, saco, server.to(saco.person.email)[0])
        await _change_settings(facilitator)
        # A week after the session, and the record waits for Saco-S: both sides hear of it, in one letter.
        with time_machine.travel(on(4)):
            await agency.renew_tokens()
            record = await stories.record_under_review(agency, group)
            await stories.decide(employer, f"/session-records/{record['id']}")
        await rows(agency, "UPDATE person SET active = false WHERE id = :id", id=other.employer_rep.person.id)
        came = await post.turn(on(7), 4)
        assert sorted(to for to, _ in came) == sorted(
            each.person.email for each in (employer, facilitator, other.saco_rep, other.facilitator)
        )
        heard = {to: text_of(mail) for to, mail in came}
        # And what was due on Sunday, after that record's session.
        assert heard[employer.person.email].count("\n* ") == 3
        assert "väntar på beslut från Saco-S." in heard[employer.person.email].replace("\n", " ")
        # Whoever leads it has muted what waits for decisions.
        assert "väntar" not in heard[facilitator.person.email]
        assert (
            await rows(agency, "SELECT id FROM reminder WHERE person_id = :id AND told_at IS NULL", id=saco.person.id)
            == []
        )


async def _hold(world: World, group: Any) -> None:
    await world.renew_tokens()
    await stories.held_session(world, group, title=TITLE)


def _check_letter(mail: EmailMessage, group: Any, language: str) -> None:
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == (language, "auto-generated")
    assert mail["Subject"] == {"sv": "En påminnelse", "en": "One reminder"}[language] + " – Lärande i förändring"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain, html = text_of(mail), text_of(mail, "html")
    assert TITLE in plain.replace("\n", " ")
    assert "&lt;b&gt;Å&lt;/b&gt; &amp; &quot;ö&quot;" in html
    assert f'<html lang="{language}">' in html
    assert re.findall("<(h[1-6]|ul|li|script|img|style|b|form)[ >]", html) == ["h1", "h2", "ul", "li"]
    token = mail["List-Unsubscribe"].rpartition("/")[2].rstrip(">")
    assert mail["List-Unsubscribe"] == f"<{WHERE['public_url']}/larande/v1/reminder-unsubscriptions/{token}>"
    # Nothing but the group's own page, behind a sign-in, and the way to end it: nothing that counts readers.
    assert pages(mail) == {f"{WHERE['group_url']}#{group['id']}", f"{WHERE['unsubscribe_url']}#{token}"}
    assert all(page in plain for page in pages(mail))


async def _unsubscribe(world: World, who: Someone, mail: EmailMessage) -> None:
    """As a mail program does it: one POST, without signing in. Looking at the address does nothing."""
    path = urlsplit(mail["List-Unsubscribe"].strip("<>")).path.removeprefix("/larande/v1")
    settings = "/me/reminder-settings"
    await world.renew_tokens()
    assert (await who.client.get(settings))["digest"] == "daily"
    await world.nobody.refused("GET", path, 405, "methodNotAllowed")
    assert (await who.client.get(settings))["digest"] == "daily"
    for address in (path, path, path[:-3] + "AAA"):
        await world.nobody.request("POST", address, expect=204, data={"List-Unsubscribe": "One-Click"})
    ended = await who.client.get(settings)
    assert (ended["digest"], ended["version"]) == ("off", 1)
    (entry,) = [each for each in await stories.trail(who, world) if each["operation"] == "unsubscribe_from_reminders"]
    assert entry["personId"] == who.id
    assert not [each for each in await stories.trail(world.employer_rep, world) if "remind" in each["operation"]]


async def _change_settings(who: Someone) -> None:
    path = "/me/reminder-settings"
    before = await who.client.get(path)
    assert before == before | {
        "version": 0,
        "digest": "daily",
        "mutedKinds": [],
        "quietFrom": "17:00",
        "quietTo": "08:00",
    }
    sent = {"mutedKinds": ["groupQuiet", "approvalAwaited", "groupQuiet"], "quietFrom": "22:00"}
    tag = await who.client.etag(path)
    changed = await who.client.change(path, sent)
    assert changed["mutedKinds"] == ["approvalAwaited", "groupQuiet"]
    await who.client.refused("PATCH", path, 412, "staleVersion", json={"digest": "off"}, etag=tag)
    for wrong in ({"quietTo": "24:00"}, {"digest": None}, {"mutedKinds": ["members"]}, {"email": "x@example.se"}):
        await who.client.refused("PATCH", path, 422, "validationFailed", json=wrong, etag=await who.client.etag(path))
