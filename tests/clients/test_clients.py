"""Generated clients compile strictly and run the two journeys; where the document or the service lies, they do not."""

import asyncio
import json
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests import contract
from tests.clients import CLIENTS, NODE, PYTHON, TSC, Client, Python, TypeScript, run
from tests.clients.lying import LIES, lying, truth
from tests.program import ROOT, Service, serving
from tests.test_readme import README, read_by

Json = dict[str, Any]
each_client = pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.__name__)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[type[Client], Client]:
    """The clients of the committed document, generated without a warning and compiled."""
    made = {}
    for kind in CLIENTS:
        client = kind(tmp_path_factory.mktemp("clients") / kind.__name__)
        generated = client.generate(contract.DOCUMENT)
        assert generated.code == 0, generated.told
        assert "warning" not in generated.told.lower(), generated.told
        compiled = client.compile()
        assert compiled.code == 0, compiled.told
        made[kind] = client
    return made


@pytest.fixture
async def service(home: Path) -> AsyncIterator[Service]:
    async with serving("--with-demo", LARANDE_HOME=str(home)) as service:
        yield service


@each_client
async def test_a_client_carries_a_group_to_a_final_record_and_a_survey_to_its_result(
    kind: type[Client], made: dict[type[Client], Client], service: Service
) -> None:
    told = await asyncio.to_thread(made[kind].journey, service.url, "dialogue")
    assert told.code == 0, told.told
    dialogue = json.loads(told.told)
    for name in ("katarina.wikmark", "anneli.kettunen"):
        (record,) = await read_by(service, f"{name}@mhv.example", f"/session-records/{dialogue['record']}")
        assert (record["state"], record["contentHash"]) == ("final", dialogue["contentHash"])
    told = await asyncio.to_thread(made[kind].journey, service.url, "survey")
    assert told.code == 0, told.told
    survey = json.loads(told.told)
    path = f"/survey-rounds/{survey['round']}"
    survey_round, result = await read_by(
        service, "anneli.kettunen@mhv.example", path, f"{path}/results/units/{survey['unit']}"
    )
    assert (survey_round["state"], result["content"]["status"]) == ("released", "published")
    assert result["content"]["dimensions"][0]["textAlternative"]["sv"] == survey["said"]


async def test_what_the_readme_shows_compiles_and_approves_a_record(
    made: dict[type[Client], Client], service: Service
) -> None:
    (shown,) = re.findall(r"^```ts\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    client = made[TypeScript]
    shutil.copy(client.place / "schema.ts", client.place / "larande.ts")
    (client.place / "approve.ts").write_text(shown, encoding="utf-8")
    config = json.loads((client.place / "tsconfig.json").read_text(encoding="utf-8")) | {"files": ["approve.ts"]}
    (client.place / "tsconfig.readme.json").write_text(json.dumps(config), encoding="utf-8")
    compiled = await asyncio.to_thread(run, [NODE, TSC, "--project", "tsconfig.readme.json"], client.place)
    assert compiled.code == 0, compiled.told
    told = await asyncio.to_thread(run, [NODE, "compiled/approve.js", service.url], client.place)
    assert (told.code, told.told) == (0, "Samira Tavakoli: approve Vad är kvalitet i ett vattenprov?\n")
    assert told.told.strip() in README


async def test_what_the_readme_says_for_python_makes_the_same_client(
    made: dict[type[Client], Client], service: Service, tmp_path: Path
) -> None:
    """tests/test_readme.py holds its versions and options against ours; here the line itself is said."""
    (line,) = re.findall(r"^    openapi-python-client (generate .+)$", README, re.MULTILINE)
    said = shlex.split(line.replace("$API", service.url).replace("larande_client", str(tmp_path / "larande_client")))
    told = await asyncio.to_thread(run, [PYTHON, "-m", "openapi_python_client", *said], ROOT)
    assert told.code == 0, told.told
    ours = made[Python].place / "larande_client"
    files = sorted(path.relative_to(ours) for path in ours.rglob("*.py"))
    assert len(files) > 500
    assert [
        path for path in files if (tmp_path / "larande_client" / path).read_text() != (ours / path).read_text()
    ] == []


async def test_no_client_gets_through_where_the_service_lies(
    made: dict[type[Client], Client], service: Service
) -> None:
    ended: dict[tuple[str, str], int] = {}
    for lie in (truth, *LIES):
        async with lying(service.url, lie) as url:
            for kind, client in made.items():
                told = await asyncio.to_thread(client.journey, url, "dialogue")
                ended[lie.__name__, kind.__name__] = told.code
                assert lie is not truth or told.code == 0, told.told
    assert {key for key, code in ended.items() if code == 0} == {("truth", kind.__name__) for kind in CLIENTS}


def _body(document: Json, path: str, method: str) -> Json:
    schema = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return _shape(document, schema)


def _answer(document: Json, path: str, method: str, status: str) -> Json:
    response = document["paths"][path][method]["responses"][status]
    return _shape(document, response["content"]["application/json"]["schema"])


def _shape(document: Json, schema: Json) -> Json:
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


APPROVALS = "/session-records/{sessionRecordId}/approvals"
RECORD = "/session-records/{sessionRecordId}"


def operation_gone(document: Json) -> None:
    del document["paths"][APPROVALS]["post"]


def more_demanded(document: Json) -> None:
    shape = _body(document, APPROVALS, "post")
    shape["properties"]["reason"] = {"type": "string", "example": "x"}
    shape["required"].append("reason")


def property_renamed(document: Json) -> None:
    shape = _body(document, "/working-groups/{workingGroupId}/dialogue-sessions", "post")
    shape["properties"]["facilitatorRole"] = shape["properties"].pop("facilitatorFunction")
    shape["required"] = [each.replace("facilitatorFunction", "facilitatorRole") for each in shape["required"]]


def answer_poorer(document: Json) -> None:
    shape = _answer(document, RECORD, "get", "200")
    shape["properties"].pop("contentHash")
    shape["required"].remove("contentHash")


def number_wanted(document: Json) -> None:
    for parameter in document["paths"][APPROVALS]["post"]["parameters"]:
        if parameter["name"] == "If-Match":
            parameter["schema"] = {"type": "integer"}


CHANGES: tuple[Callable[[Json], None], ...] = (
    operation_gone,
    more_demanded,
    property_renamed,
    answer_poorer,
    number_wanted,
)


@each_client
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_journeys_do_not_compile_where_the_document_has_changed(
    kind: type[Client], change: Callable[[Json], None], tmp_path: Path
) -> None:
    changed = deepcopy(contract.document())
    change(changed)
    for item in changed["paths"].values():  # links to what is gone are no part of this
        for operation in item.values():
            for response in operation["responses"].values():
                response.pop("links", None)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
    client = kind(tmp_path / "client")
    generated = client.generate(path)
    assert generated.code == 0, generated.told
    compiled = client.compile(whole=False)
    assert compiled.code != 0
    assert any(line.startswith(("journeys.py:", "journeys.ts(")) for line in compiled.told.splitlines()), compiled.told
