"""What the integrator's guide shows does what it says when its blocks are pasted, in order, into one bash."""

import re
from pathlib import Path

from tests.program import ROOT, serving
from tests.test_readme import BLOCK, paste

GUIDE = (ROOT / "docs/integrators-guide.md").read_text(encoding="utf-8")
REGISTERING, TOKEN, SYNC, LEAVER, PLAN, APPLY, RECONCILE = BLOCK.findall(GUIDE)
(SHOWN,) = re.findall(r"^```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
REFUSED_ROW = "[{'row': 5, 'code': 'cellInvalid', 'field': 'email'}]"
LONGEST = 140
"""One page: whoever adds a line takes one away."""


def test_it_is_one_page() -> None:
    assert len(GUIDE.splitlines()) <= LONGEST


async def test_a_client_comes_to_its_first_sync_and_to_a_report(home: Path, tmp_path: Path) -> None:
    blocks = [REGISTERING, TOKEN, SYNC, SYNC, SYNC, LEAVER, PLAN, APPLY, PLAN, RECONCILE]
    async with serving("--with-demo", LARANDE_HOME=str(home)) as service:
        pasted = await paste(service.url, *blocks, cwd=tmp_path)
    assert pasted.code == 0, pasted
    planned = ["200", "200", "201"]
    assert pasted.statuses == [
        ["200", "200", "201", "201"],
        ["200"],
        *[["200", "201"] * 4, ["200", "200"] * 4, ["200", "200"] * 4],
        ["200", "200"],
        *[planned, ["201"], planned, ["201"]],
    ]
    shown = pasted.shown.splitlines()
    first, second, third, (version, active), rest = shown[:4], shown[4:8], shown[8:12], shown[12:14], shown[14:]
    assert first != second == third, "the same again changes nothing, once membership has been counted"
    assert (version not in third, active) == (True, "False")
    counts, errors, applied, again, still = rest[:5]
    assert "'created': 1, 'changed': 1, 'moved': 0," in counts
    assert "'unchanged': 1, 'refused': 1," in counts
    assert (errors, applied, still) == (REFUSED_ROW, "applied", REFUSED_ROW)
    assert "'created': 0, 'changed': 0, 'moved': 0, 'deactivated': 0, 'returned': 0, 'unchanged': 3," in again
    assert "\n".join(rest[5:]) + "\n" == SHOWN, "the report in the guide is the one that comes"
