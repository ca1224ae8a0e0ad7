"""A piece of inspiration and a guide, as their files say them, to change in tests."""

import json
from pathlib import Path
from typing import Any

from app.services.pack_reading import shipped


def texts_of(sv: str, en: str) -> dict[str, str]:
    return {"sv": sv, "en": en}


def a_piece(**more: Any) -> dict[str, Any]:
    said = {
        "key": "lyssna-forst",
        "kind": "article",
        "title": texts_of("Lyssna först", "Listen first"),
        "summary": texts_of("Varför den som frågar lär sig mest.", "Why those who ask learn the most."),
        "body": texts_of("## Börja\n\nFråga.\n\n- en sak\n- en till", "## Begin\n\nAsk.\n\n- one thing\n- one more"),
        "readingMinutes": 3,
        "source": texts_of("Skriven för testerna.", "Written for the tests."),
        "licence": "CC0-1.0",
        "templates": ["val-utfort-arbete"],
        "dimensions": ["B"],
        "phases": ["lookTogether"],
    }
    return said | more


def a_guide(**more: Any) -> dict[str, Any]:
    said = {
        "key": "kort-vag",
        "title": texts_of("En kort väg", "A short way"),
        "summary": texts_of("Två steg.", "Two steps."),
        "forWhom": texts_of("Den som har bråttom.", "Those in a hurry."),
        "months": 2,
        "phases": [a_phase("anchor"), a_phase("try")],
    }
    return said | more


def a_phase(key: str, **more: Any) -> dict[str, Any]:
    some = [texts_of("Gör detta.", "Do this.")]
    said = {
        "key": key,
        "title": texts_of("Början", "The beginning"),
        "weeks": 4,
        "aims": some,
        "steps": [
            {"title": texts_of("Träffas", "Meet"), "text": texts_of("Sätt er ner.", "Sit down."), "minutes": 60},
            {"title": texts_of("Vänta", "Wait"), "text": texts_of("Låt det ta tid.", "Let it take time.")},
        ],
        "leadershipSupport": {"does": some, "gives": some, "mustNot": some},
        "partySupport": some,
        "templates": ["val-utfort-arbete"],
        "inspiration": ["lyssna-forst"],
        "readySigns": some,
        "selfRating": {
            "question": texts_of("Hur långt har ni kommit?", "How far are you?"),
            "levels": [texts_of(f"Steg {each}", f"Level {each}") for each in range(1, 5)],
        },
    }
    return said | more


def pack_of(directory: Path, *, version: str = "1.2.0", **parts: list[dict[str, Any]]) -> Path:
    """The shipped pack with some pieces (`inspiration`) and `guides` instead of its own, in a directory."""
    for part in ("templates", "instruments"):
        (directory / part).mkdir(parents=True)
        for file in (shipped() / part).iterdir():
            (directory / part / file.name).write_bytes(file.read_bytes())
    (directory / "method_texts.json").write_bytes((shipped() / "method_texts.json").read_bytes())
    manifest = json.loads((shipped() / "pack.json").read_text(encoding="utf-8")) | {"packVersion": version}
    for part in ("inspiration", "guides"):
        manifest[part] = [said["key"] for said in parts.get(part, [])]
        (directory / part).mkdir()
        for said in parts.get(part, []):
            (directory / part / f"{said['key']}.json").write_text(json.dumps(said), encoding="utf-8")
    (directory / "pack.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory
