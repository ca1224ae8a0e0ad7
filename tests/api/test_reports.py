"""Records, sessions and results as people read them: as a page and as a PDF, for whoever may read the thing itself."""

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.services import record_reports, survey_reports
from tests import machines
from tests.api.test_survey_result_files import a_large_round
from tests.api.test_survey_results import unit
from tests.archive_stories import SECRET, full_record, register
from tests.ballot_boxes import an_open_round
from tests.client import Client, Response
from tests.printed import looked_at, read_pdf
from tests.retention_stories import final_appendix
from tests.stories import planned_session, record_under_review, started_group
from tests.world import World

HTML, PDF, SVG = "text/html", "application/pdf", "image/svg+xml"
VEGA_LITE = "application/vnd.vegalite.v6+json"


async def ask(
    client: Client, path: str, media_type: str, language: str = "sv", *, expect: int = 200, **headers: str
) -> Response:
    sent = {"Accept": media_type, "Accept-Language": language} | headers
    return await client.request("GET", path, headers=sent, expect=expect)


async def as_text(client: Client, path: str, media_type: str, language: str = "sv") -> str:
    """All that a report says, on one line."""
    response = await ask(client, path, media_type, language)
    assert response.headers["Content-Language"] == language
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Vary"] == "Accept, Accept-Language, Authorization"
    ending = "pdf" if media_type == PDF else "html"
    assert re.fullmatch(rf'attachment; filename="[a-z0-9-]+\.{ending}"', response.headers["Content-Disposition"])
    if media_type == PDF:
        read = read_pdf(response.content)
        assert read.catalog == {
            "language": {"sv": "sv-SE", "en": "en-GB"}[language],
            "marked": True,
            "shows_title": True,
        }
        assert read.declared
        assert read.untagged == []
        assert all(read.fonts.values())
        levels = [int(each.kind[1]) for each in read.root.every() if re.fullmatch("H[1-6]", each.kind)]
        assert levels[0] == 1
        assert all(level <= before + 1 for before, level in itertools.pairwise(levels))
        return read.text
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("sandbox")
    return " ".join(re.sub("<[^>]*>", " ", response.text).split()).replace("&amp;", "&")


# --- Final records ------------------------------------------------------------------------------------------------


async def test_a_final_record_is_told_whole_to_all_who_may_read_it(world: World) -> None:
    record = await full_record(world, with_seko=False)
    path = f"/session-records/{record['id']}"
    before = (await ask(world.saco_rep.client, path, PDF)).headers["ETag"]
    assert "inte diariefört" in await as_text(world.saco_rep.client, path, HTML)
    await register(world, record)
    appendix = await final_appendix(world, record)
    integrator = await machines.consented(world)
    readers = [each.client for each in (world.employer_rep, world.saco_rep, world.facilitator, world.archivist)]
    for media_type in (PDF, HTML):
        files = {(await ask(reader, path, media_type)).content for reader in (*readers, integrator.client)}
        assert len(files) == 1
        for language, parts in (
            (
                "sv",
                (
                    *("Slutligt protokoll från partsgemensamt samtal.", "Det är inte en förhandling", "MHV 2026/0412"),
                    *("Närvaro", "Saco-S (arbetstagarpart)", "Gruppens svar", "Ängelholm, Åmål eller Övertorneå."),
                    *("Den gemensamma bilden", "Tiden för handledning har minskat.", "Parternas uttalanden"),
                    *("Vi bokar tid för det.", "Kvällspassen behöver en till.", "Överenskomna åtgärder"),
                    *("Frågor som lämnas över", "Bemanning under kvällspass.", "MP 2026/17", "Justering"),
                    *("godkänner med", "Skiljaktig mening:", "Vi ser allvarligare på tiden.", "Kontrollsummor"),
                    *(record["contentHash"], "Tillägg", "Rättelse", "Rätt ska vara rätt.", appendix["contentHash"]),
                ),
            ),
            (
                "en",
                (
                    *("Final record of a joint conversation.", "It is not a negotiation", "MHV 2026/0412"),
                    *("The group's answers", "Ängelholm, Åmål eller Övertorneå.", "Statements by the parties"),
                    *("Matters handed over", "negotiation under section 11", "approves with dissent", "Dissent:"),
                    *(record["contentHash"], "Appendices", appendix["contentHash"]),
                ),
            ),
        ):
            text = await as_text(world.employer_rep.client, path, media_type, language)
            places = [text.find(part) for part in parts]
            assert -1 not in places, parts[places.index(-1)]
            assert SECRET not in text
            if media_type == HTML and language == "sv":
                assert places == sorted(places)
    assert (await ask(world.saco_rep.client, path, PDF)).headers["ETag"] != before
    for language in ("sv", "en"):
        looked_at((await ask(world.saco_rep.client, path, PDF, language)).content, f"record-{language}")
    corrected = await as_text(world.saco_rep.client, f"/session-records/{appendix['id']}", PDF)
    assert "Slutligt tillägg" in corrected
    assert record["contentHash"] in corrected
    for stranger in (world.administrator, world.seko_rep):
        await stranger.client.refused("GET", path, 404, "notFound", headers={"Accept": PDF})


async def test_a_reader_who_has_it_is_not_sent_it_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each form in each language is another thing. What was read as a page can be changed with its ETag."""
    record = await full_record(world, with_seko=False)
    path, client = f"/session-records/{record['id']}", world.saco_rep.client
    forms = [(media_type, language) for media_type in ("application/json", PDF, HTML) for language in ("sv", "en")]
    tags = [(await ask(client, path, *form)).headers["ETag"] for form in forms]
    assert len(set(tags)) == 5  # JSON is the same in both
    assert {tag.split("-")[0] for tag in tags} == {f'"{record["version"]}'}

    def never(*_given: Any) -> bytes:
        raise AssertionError("made in vain")

    monkeypatch.setattr("app.api.report_files.as_pdf", never)
    for form, tag in zip(forms, tags, strict=True):
        again = await ask(client, path, *form, expect=304, **{"If-None-Match": tag})
        assert (again.content, again.headers["ETag"]) == (b"", tag)


async def test_what_is_not_final_has_no_report(world: World) -> None:
    record = await record_under_review(world, await started_group(world))
    path = f"/session-records/{record['id']}"
    for media_type in (PDF, HTML):
        for who in (world.employer_rep, world.saco_rep, world.facilitator):
            await who.client.refused("GET", path, 406, "notAcceptable", headers={"Accept": media_type})
    # Somebody who cannot see it is told no more than that.
    await world.archivist.client.refused("GET", path, 404, "notFound", headers={"Accept": PDF})
    # Who takes JSON as well gets that, of any state.
    both = await ask(world.saco_rep.client, path, "text/html;q=0.1, application/json")
    assert both.json()["state"] == "underReview"


async def test_too_much_to_read_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await full_record(world, with_seko=False)
    await final_appendix(world, record)
    path, client = f"/session-records/{record['id']}", world.saco_rep.client
    monkeypatch.setattr("app.api.report_files.MOST_WEIGHT", 1_000)
    await client.refused("GET", path, 422, "selectionTooLarge", headers={"Accept": PDF})
    monkeypatch.undo()
    monkeypatch.setattr(record_reports, "MOST_APPENDICES", 0)
    await client.refused("GET", path, 422, "selectionTooLarge", headers={"Accept": HTML})


# --- Scripts ------------------------------------------------------------------------------------------------------


async def test_a_sessions_script_says_what_is_asked_and_when(world: World) -> None:
    group = await started_group(world)
    # The night when Swedish clocks are put back: the second 02.30 is an hour after the first.
    starts = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(days=364)
    session = await planned_session(world, group, startsAt=starts.isoformat(), title="Kväll på <i>Ålen</i> #x")
    path = f"/dialogue-sessions/{session['id']}"
    template = (await world.saco_rep.client.get(f"/dialogue-templates/{session['dialogueTemplateId']}"))["content"]
    for media_type in (PDF, HTML):
        text = await as_text(world.facilitator.client, path, media_type)
        assert "Körschema för samtalsledaren" in text
        assert "Det är inte en förhandling enligt medbestämmandelagen" in text
        assert template["openingWords"]["sv"] in text
        for step in template["steps"]:
            assert step["title"]["sv"] in text
            assert all(question["text"]["sv"] in text for question in step["questions"])
        if media_type == PDF:
            looked_at((await ask(world.facilitator.client, path, PDF)).content, "script-sv")
        english = await as_text(world.saco_rep.client, path, media_type, "en")
        assert "Script for the facilitator" in english
        assert template["openingWords"]["en"] in english
    page = await ask(world.employer_rep.client, path, HTML)
    assert "Kväll på &lt;i&gt;Ålen&lt;/i&gt; #x" in page.text
    clock = starts.astimezone(UTC)
    minutes = 0
    for step in template["steps"]:
        begins = record_time(clock + timedelta(minutes=minutes))
        minutes += step["minutes"]
        assert f"{begins}–{record_time(clock + timedelta(minutes=minutes))}" in page.text
    for stranger in (world.archivist, world.seko_rep, world.administrator):
        await stranger.client.refused("GET", path, 404, "notFound", headers={"Accept": PDF})
    await world.saco_rep.client.step(f"{path}/transitions", {"to": "cancelled", "reason": "Flera är sjuka."})
    assert "Samtalet är inställt." in await as_text(world.saco_rep.client, path, PDF)


def record_time(moment: datetime) -> str:
    """In Sweden, worked out without the program."""
    return moment.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%H.%M")


# --- Results ------------------------------------------------------------------------------------------------------


def numbers_in(node: Any) -> set[int]:
    if isinstance(node, dict):
        return set().union(*(numbers_in(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(numbers_in(value) for value in node))
    return {node} if isinstance(node, int) and not isinstance(node, bool) else set()


async def test_a_result_is_the_same_report_for_all_and_says_what_is_released(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await a_large_round(world)
    integrator = await machines.consented(world)
    readers = [world.employer_rep.client, world.saco_rep.client, integrator.client]
    whole = await world.saco_rep.client.get(f"{box.path}/results")
    contents = {name: (await world.saco_rep.client.get(unit(box, name)))["content"] for name in box.units}
    for media_type in (PDF, HTML):
        for path in (f"{box.path}/results", unit(box, "a"), unit(box, "b")):
            answers = [await ask(reader, path, media_type) for reader in readers]
            assert len({each.content for each in answers}) == 1
            assert len({each.headers["ETag"] for each in answers}) == 1
        for language in ("sv", "en"):
            text = await as_text(world.saco_rep.client, f"{box.path}/results", media_type, language)
            assert whole["contentHash"] in text
            assert whole["content"]["validation"]["text"][language] in text
            # On paper a line may end within a span of numbers.
            told = [each["textAlternative"] for each in contents.values()]
            for name in ("rot", "a"):
                told.append(contents[name]["total"]["textAlternative"])
                told.append(contents[name]["benchmark"]["others"]["textAlternative"])
            assert all("".join(each[language].split()) in "".join(text.split()) for each in told)
    # In the order of the tree, whatever the figures are.
    page = (await ask(world.saco_rep.client, f"{box.path}/results", HTML)).text
    headings = re.findall("<h2>([^<]*)</h2>", page)
    assert headings == [*box.units, "Kontrollsumma (SHA-256)"]
    for language in ("sv", "en"):
        shown = await ask(world.saco_rep.client, f"{box.path}/results", PDF, language)
        looked_at(shown.content, f"results-{language}")
    drawn = read_pdf((await ask(world.saco_rep.client, unit(box, "a"), PDF)).content)
    figures = [each.alternative for each in drawn.root.every("Figure") if each.alternative]
    in_words = " ".join(each["textAlternative"]["sv"] for each in contents["a"]["dimensions"])
    assert figures == [in_words, in_words]
    # Of a suppressed unit there is a sentence, and no figure but those of the whole round.
    suppressed = await as_text(world.saco_rep.client, unit(box, "b"), HTML)
    assert contents["b"]["textAlternative"]["sv"] in suppressed
    assert "Dimensionerna" not in suppressed
    for stranger in (world.seko_rep, world.archivist, world.administrator):
        await stranger.client.refused("GET", unit(box, "a"), 404, "notFound", headers={"Accept": PDF})
    monkeypatch.setattr(survey_reports, "MOST_UNITS", 3)
    await readers[0].refused("GET", f"{box.path}/results", 422, "selectionTooLarge", headers={"Accept": PDF})
    assert (await ask(readers[0], unit(box, "a"), PDF)).content.startswith(b"%PDF")


async def test_a_units_charts_show_what_is_released_and_nothing_else(world: World) -> None:
    box = await a_large_round(world)
    readers = [world.employer_rep.client, world.saco_rep.client]
    for name in ("a", "b"):
        path = unit(box, name)
        read = await readers[0].get(path)
        for chart in ("", "?chart=indexes", "?chart=shares"):
            for media_type in (SVG, VEGA_LITE):
                answers = [await ask(reader, path + chart, media_type, "en") for reader in readers]
                assert answers[0].content == answers[1].content
                again = await ask(
                    readers[0],
                    path + chart,
                    media_type,
                    "en",
                    expect=304,
                    **{"If-None-Match": answers[0].headers["ETag"]},
                )
                assert again.headers["Vary"] == "Accept, Accept-Language, Authorization"
            specification = json.loads(answers[0].content)
            assert specification["usermeta"]["contentHash"] == read["contentHash"]
            values = specification["data"]["values"]
            shown = {"dimensions": read["content"].get("dimensions", [])}
            assert {each.get(part) for each in values for part in ("percent", "low", "high")} - {None} <= numbers_in(
                shown
            )
            assert ("percent" in values[0]) == (name == "a")
        first = [(await ask(readers[0], path + chart, SVG)).content for chart in ("", "?chart=indexes")]
        assert first[0] == first[1]
    for media_type in ("application/json", PDF, HTML):
        sent = {"Accept": media_type}
        await readers[0].refused("GET", f"{unit(box, 'a')}?chart=shares", 422, "notForThisFormat", headers=sent)
    await readers[0].refused("GET", f"{unit(box, 'a')}?chart=ranking", 422, "validationFailed", headers={"Accept": SVG})
    await world.seko_rep.client.refused("GET", unit(box, "a"), 404, "notFound", headers={"Accept": SVG})


async def test_before_its_release_a_result_has_no_report(world: World) -> None:
    box = await an_open_round(world, await started_group(world))
    for media_type in (PDF, HTML):
        for path in (f"{box.path}/results", unit(box, "a")):
            await world.saco_rep.client.refused("GET", path, 409, "resultsNotReleased", headers={"Accept": media_type})
    for media_type in (SVG, VEGA_LITE):
        sent = {"Accept": media_type}
        await world.saco_rep.client.refused("GET", unit(box, "a"), 409, "resultsNotReleased", headers=sent)
