"""What the pages for integrators show does what they say when their blocks are pasted, in order, into one bash."""

import os
import re
import socket
import sys
from pathlib import Path

import pytest

from app.models.group_reminder import ReminderSubject
from app.models.reminder import ReminderKind
from tests.program import ROOT, serving
from tests.test_readme import BLOCK, paste

GUIDE = (ROOT / "docs/integrators-guide.md").read_text(encoding="utf-8")
HEARING = (ROOT / "docs/hearing-of-changes.md").read_text(encoding="utf-8")
REGISTERING, TOKEN, SYNC, LEAVER, PLAN, APPLY, RECONCILE = BLOCK.findall(GUIDE)
FEED, WEBHOOK, LOG, DUE = BLOCK.findall(HEARING)
(REPORT,) = re.findall(r"^```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
(RECEIVER,) = re.findall(r"^```python\n(.*?)^```$", HEARING, re.MULTILINE | re.DOTALL)
REFUSED_ROW = "[{'row': 5, 'code': 'cellInvalid', 'field': 'email'}]"
LONGEST = 140
"""One page: whoever adds a line takes one away."""


def test_the_guide_is_one_page() -> None:
    assert len(GUIDE.splitlines()) <= LONGEST


@pytest.mark.drill
async def test_a_client_comes_to_its_first_sync_and_hears_of_changes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The receiver's library is where this Python is.
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    (tmp_path / "receiver.py").write_text(RECEIVER, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    blocks = [REGISTERING, TOKEN, SYNC, SYNC, SYNC, LEAVER, PLAN, APPLY, PLAN, RECONCILE, FEED, WEBHOOK, LOG, DUE]
    async with serving("--with-demo", LARANDE_HOME=str(home), LARANDE_WEBHOOK_NETWORKS="127.0.0.1") as service:
        pasted = await paste(service.url, *(block.replace("8099", port) for block in blocks), cwd=tmp_path)
    assert pasted.code == 0, pasted
    statuses = [[line for line in told if line.isdigit()] for told in pasted.statuses]
    planned, replaced = ["200", "200", "201"], ["200", "200"]
    *statuses, log, due = statuses
    assert due == ["201", "201", *["200", "200", "201"] * 4, "200", "200", "200"]
    assert [status for status in log if status != "200"] == ["201", "201"], "the replay and the new secret"
    assert statuses == [
        ["200", "200", "201", "201"],
        ["200"],
        *[["200", "201"] * 4, replaced * 4, replaced * 4, replaced],
        *[planned, ["201"], planned, ["201"]],
        *[["200", "200", *replaced, "200", "200"], ["201", "201", *replaced]],
    ]
    told = re.compile(r"^[0-9a-f-]{36} (\S+) [0-9a-f-]{36}$")
    shown = [line for line in pasted.shown.splitlines() if not told.match(line)]
    first, second, third, (version, active) = shown[:4], shown[4:8], shown[8:12], shown[12:14]
    assert first != second == third, "the same again changes nothing, once membership has been counted"
    assert (version not in third, active) == (True, "False")
    counts, errors, applied, again, still = shown[14:19]
    assert "'created': 1, 'changed': 1, 'moved': 0," in counts
    assert "'unchanged': 1, 'refused': 1," in counts
    assert (errors, applied, still) == (REFUSED_ROW, "applied", REFUSED_ROW)
    assert "'created': 0, 'changed': 0, 'moved': 0, 'deactivated': 0, 'returned': 0, 'unchanged': 3," in again
    assert "\n".join(shown[19:22]) + "\n" == REPORT, "the report in the guide is the one that comes"
    # How many there are, the new version, and what the feed said.
    assert shown[22].isdigit()
    assert shown[24:27] == ["person", "updated", "Märta Öberg-Ek"]
    said = [shown[28:31], shown[31:34], shown[34:37]]
    assert said == [[event, "delivered", "204"] for event in ("endpoint.test", "person.updated", "person.updated")]
    kind, subject = shown[-2:]
    assert (kind in set(ReminderKind), subject in set(ReminderSubject)) == (True, True), (kind, subject)
    messages = [line for line in pasted.shown.splitlines() if told.match(line)]
    assert sorted(messages.count(line) for line in set(messages)) == [1, 2], "a replay is the same message"
