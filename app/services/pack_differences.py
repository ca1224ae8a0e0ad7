"""How two versions of a content pack differ, in plain words. Pure."""

from collections.abc import Iterator
from typing import Any

from app.services.pack_reading import Pack

Json = dict[str, Any]

_VERSIONS = ("templateVersion", "instrumentVersion", "itemVersion", "guideVersion", "packVersion")
_SHOWN = 60


def differences(old: Pack, new: Pack) -> list[str]:
    """A line for what is new, gone or changed, and under each changed file one for every place in it."""
    before, after = _said(old), _said(new)
    lines: list[str] = []
    for name in sorted({*before, *after}, key=lambda name: (name != "pack.json", name)):
        if name not in before:
            version = _version(after[name])
            lines.append(f"{name}: is new, {version}" if version else f"{name}: is new")
        elif name not in after:
            lines.append(f"{name}: is no longer in the pack; what is published of it stays")
        elif before[name] != after[name]:
            lines += _changed(name, before[name], after[name])
    return lines


def _said(pack: Pack) -> dict[str, Json]:
    return {name: part.model_dump(mode="json", by_alias=True, exclude_unset=True) for name, part in pack.files.items()}


def _version(said: Json) -> str:
    return str(next((said[each] for each in _VERSIONS if each in said), ""))


def _changed(name: str, before: Json, after: Json) -> Iterator[str]:
    old, new = _version(before) or "1.0.0", _version(after) or "1.0.0"
    if name == "method_texts.json":
        yield f"{name}: is changed"
    elif old == new:
        yield f"{name}: is changed and still called {new}: it cannot be loaded beside the other without a new version"
    else:
        yield f"{name}: {old} becomes {new}"
    yield from (f"  {line}" for line in _places(before, after, ""))


def _places(before: Any, after: Any, pointer: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for step in [*before, *(step for step in after if step not in before)]:
            if step in _VERSIONS and not pointer:
                continue
            yield from _step(before, after, step, step in before, step in after, f"{pointer}/{step}")
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from _step(before, after, place, place < len(before), place < len(after), f"{pointer}/{place}")
    elif before != after:
        yield f"{pointer}: {_shown(before)} becomes {_shown(after)}"


def _step(before: Any, after: Any, step: Any, was: bool, is_: bool, pointer: str) -> Iterator[str]:
    if was and is_:
        yield from _places(before[step], after[step], pointer)
    elif is_:
        yield f"{pointer}: is new: {_shown(after[step])}"
    else:
        yield f"{pointer}: is gone: {_shown(before[step])}"


def _shown(value: Any) -> str:
    """The value on one line, cut where it is long."""
    if isinstance(value, dict):
        value = next((each for each in value.values() if isinstance(each, str)), f"{len(value)} fields")
    if isinstance(value, list):
        return f"{len(value)} of them"
    text = " ".join(str(value).split()) if isinstance(value, str) else repr(value)
    cut = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f"“{cut}”" if isinstance(value, str) else cut
