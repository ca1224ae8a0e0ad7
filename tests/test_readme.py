"""What the README shows does what it says when its blocks are pasted, in order, into one bash."""

import asyncio
import hashlib
import json
import os
import re
import shlex
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import rfc8785

from app.demo import story
from tests.clients import HERE as CLIENTS
from tests.clients import PYTHON_OPTIONS, TYPESCRIPT_OPTIONS
from tests.program import PATIENCE, ROOT, Service, serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("\n## The first dialogue in ten calls\n")[1].split("\n## ")[0]
SURVEY_SECTION = README.split("\n## A survey from draft to result\n")[1].split("\n## ")[0]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PREPARATION, *CALLS, READING = BLOCK.findall(SECTION)
SURVEY = BLOCK.findall(SURVEY_SECTION)
STATUSES = ["201", "201", "201", "201", "200", "201", "200", "201", "201", "201"]
"""What the document promises for them: attendance and answers are changes, all else is created."""

# Tells the status of every answer beside what the reader sees.
TELLING = """set -euo pipefail
curl() { command curl "$@" --write-out '%{stderr}%{http_code}\\n'; }
"""
STOP = "echo -- >&2\n"


@dataclass(frozen=True)
class Pasted:
    code: int
    shown: str
    statuses: list[list[str]]
    """Block by block what curl was answered, and any complaint."""


def _said(start: str) -> list[str]:
    (line,) = (line for line in README.splitlines() if line.startswith(f"    {start}"))
    return shlex.split(line)


def test_the_lines_that_make_clients_say_what_make_clients_does() -> None:
    """Versions as they are locked, and the same options; all else is where from and where to."""
    locked = re.search(r"^(openapi-python-client==\S+)", (ROOT / "requirements/clients.txt").read_text(), re.MULTILINE)
    assert locked is not None
    assert _said("pip install")[2:] == [locked[1]]
    where = {"--url", "$API/openapi.json", "--output-path", "larande_client"}
    said = _said("openapi-python-client generate")[2:]
    assert [each for each in said if each not in where] == list(PYTHON_OPTIONS)
    assert where < set(said)
    package = json.loads((CLIENTS / "typescript" / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    for name in _said("npm install"):
        if (pinned := re.fullmatch(r"(@?[a-z/-]+)@(\d+)", name)) is not None:
            assert wanted.pop(pinned[1]).partition(".")[0] == pinned[2]
    assert wanted.keys() == {"openapi-fetch"}
    assert _said("npx openapi-typescript")[2:] == ["$API/openapi.json", *TYPESCRIPT_OPTIONS, "-o", "larande.ts"]


async def paste(api: str, *blocks: str, cwd: Path = ROOT) -> Pasted:
    bash = await asyncio.create_subprocess_exec(
        *("bash", "-c", TELLING + STOP.join(blocks)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "NO_PROXY": "*", "API": api},
        cwd=cwd,
    )
    # Dozens of programs one after the other, on a machine that may have much else to do.
    async with asyncio.timeout(5 * PATIENCE):
        shown, told = await bash.communicate()
    assert bash.returncode is not None
    return Pasted(bash.returncode, shown.decode(), [part.split("\n")[:-1] for part in told.decode().split("--\n")])


async def read_by(service: Service, email: str, *paths: str) -> list[Any]:
    """What somebody reads at these addresses, asked without the README's help."""
    grant = {"grantType": "password", "username": email, "password": story.agency().password}
    async with service.http() as http:
        token = (await http.post("/auth/token", json=grant)).json()["accessToken"]
    async with service.http(token) as http:
        return [_ok(await http.get(path)) for path in paths]


def _ok(response: httpx2.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def test_there_are_ten_numbered_calls_after_one_preparation() -> None:
    assert len(CALLS) == 10
    assert [len(re.findall(r"\bcurl\b", call)) for call in CALLS] == [1] * 10
    assert "curl" not in READING
    numbered = re.findall(r"^\*\*(\d+)\.\*\* .*?^```sh$", SECTION, re.MULTILINE | re.DOTALL)
    assert numbered == [str(number) for number in range(1, 11)]
    assert PREPARATION.splitlines()[0] == "API=${API:-http://127.0.0.1:8000/larande/v1}"


@pytest.mark.drill
async def test_the_calls_carry_a_group_to_a_final_record_each_time_and_a_survey_to_its_result(
    home: Path, tmp_path: Path
) -> None:
    async with serving("--with-demo", LARANDE_HOME=str(home)) as service:
        made = [await _first_dialogue(service) for _ in range(2)]
        await _first_survey(service, tmp_path)
        await _tells_a_refusal(service)
    assert made[0]["id"] != made[1]["id"]
    assert made[0]["workingGroupId"] != made[1]["workingGroupId"]


async def _first_dialogue(service: Service) -> Any:
    pasted = await paste(service.url, PREPARATION, *CALLS, READING, 'echo "$RECORD"\n')
    prepared, *called, read, told = pasted.statuses
    assert (pasted.code, set(prepared), read, told) == (0, {"200"}, ["200"], []), pasted
    assert called == [[status] for status in STATUSES]
    for word in ("forming\n", "Det väl utförda arbetet\n", "held\n", "underReview\n", '"state": "final"'):
        assert word in pasted.shown
    path = f"/session-records/{pasted.shown.splitlines()[-1]}"
    employer, union, facilitator = [
        await read_by(service, f"{name}@mhv.example", path, f"{path}/approvals")
        for name in ("katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom")
    ]
    record = employer[0]
    (group,) = await read_by(service, "anneli.kettunen@mhv.example", f"/working-groups/{record['workingGroupId']}")
    assert (group["state"], record["state"]) == ("active", "final")
    assert record["content"] == union[0]["content"] == facilitator[0]["content"]
    assert hashlib.sha256(rfc8785.dumps(record["content"])).hexdigest() == record["contentHash"]
    sides = {seat["id"]: seat["side"] for seat in group["parties"]}
    approvals = [(sides[each["partyId"]], each["decision"], each["contentHash"]) for each in union[1]["items"]]
    assert sorted(approvals) == [(side, "approve", record["contentHash"]) for side in ("employer", "union")]
    assert set(record["content"]["answers"]) == {"q2", "q3", "q4"}
    assert "våga säga till när något är oklart" in record["content"]["answers"]["q4"]
    return record


async def _first_survey(service: Service, place: Path) -> None:
    pasted = await paste(service.url, PREPARATION, *CALLS[:3], *SURVEY, 'echo "$ROUND $TEAM"\n', cwd=place)
    assert pasted.code == 0, pasted
    *calls, closing, told = pasted.statuses[4:]
    assert {status for statuses in calls for status in statuses} == {"200", "201"}, "not one of them is refused"
    # Until it is released the result is refused, however often it is asked for.
    assert closing[:3] == ["201"] * 3
    assert (set(closing[3:-1]) <= {"409"}, closing[-1], told) == (True, "200", [])
    assert "shown\n" in pasted.shown
    assert pasted.shown.count("Tack!") == 10
    assert (place / "slips.pdf").read_bytes().startswith(b"%PDF-")
    round_id, team = pasted.shown.split()[-2:]
    path = f"/survey-rounds/{round_id}"
    heard = [
        await read_by(service, f"{name}@mhv.example", path, f"{path}/results/units/{team}")
        for name in ("katarina.wikmark", "anneli.kettunen")
    ]
    assert heard[0][0]["state"] == "released"
    assert heard[0][1] == heard[1][1]
    content = heard[0][1]["content"]
    assert content["status"] == "published"
    assert content["dimensions"][0]["textAlternative"]["sv"] in pasted.shown


async def _tells_a_refusal(service: Service) -> None:
    """A reader who slips sees what the service says, and nothing goes on."""
    pasted = await paste(service.url, PREPARATION, CALLS[0], CALLS[1].replace('"1"', '"7"'), CALLS[2])
    assert (pasted.code, pasted.shown, len(pasted.statuses)) == (1, "forming\n", 3)
    status, complaint = pasted.statuses[2]
    assert status == "412"
    assert complaint.startswith("412: Resursen har ändrats")
