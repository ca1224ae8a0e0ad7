"""What the front-end guide shows stands in the example's source, word for word: it has been compiled and run."""

import re
from pathlib import Path

from app.settings import Settings
from tests.program import ROOT

GUIDE = (ROOT / "docs" / "frontend-guide.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "tests" / "browser" / "single_page_app"
BLOCK = re.compile(r"^```ts\n(.*?)^```$", re.MULTILINE | re.DOTALL)
A_PAGE = 3_500
"""Characters."""


def sources() -> dict[Path, str]:
    written = [path for path in EXAMPLE.glob("src/**/*.ts") if path.name != "api.d.ts"]
    return {path: path.read_text(encoding="utf-8") for path in written}


def test_every_snippet_stands_in_the_example() -> None:
    snippets = BLOCK.findall(GUIDE)
    assert len(snippets) >= 12
    texts = sources().values()
    assert [snippet for snippet in snippets if not any(snippet in text for text in texts)] == []


def test_no_part_is_longer_than_a_page() -> None:
    titles, parts = zip(*re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL), strict=True)
    assert {"Sign-in", "ETags", "Errors and translation", "Paging", "Dates and zones", "Accessibility"} <= set(titles)
    assert {title: len(part) for title, part in zip(titles, parts, strict=True) if len(part) > A_PAGE} == {}


def test_the_settings_it_names_exist() -> None:
    named = set(re.findall(r"LARANDE_([A-Z_]+)", GUIDE))
    assert named
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_the_example_never_makes_markup_of_text() -> None:
    dangerous = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|localStorage|sessionStorage"
    )
    assert {path.name: found for path, text in sources().items() if (found := dangerous.findall(text))} == {}


def test_its_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (EXAMPLE / "package-lock.json").read_text(encoding="utf-8")
