"""The operations as requests to send by hand: HTTP files, as editors and their plugins read them, one for each tag.

They are made from the document: one request for each operation, with its example. What is another in every
installation, or changes from one request to the next, is a variable at the top of the file.
"""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.api.docs.frame import REQUESTS, answered, language_of
from app.api.document.language import in_swedish
from app.api.document.recorded import told_of
from app.api.document.shared import Json
from app.api.negotiation import JSON, LanguageTag
from app.api.operations import BASE

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WRITTEN_ON = (2026, 11, 26, 0, 0, 0)
"""The date of the files, so that the same requests are the same bytes."""

WHENCE: dict[LanguageTag, dict[str, str]] = {
    "sv": {
        "host": "Var tjänsten finns.",
        "token": "accessToken i svaret på POST /auth/token; gäller i fem minuter.",
        "surveyToken": "Det som står efter # i en enkätlänk.",
        "ifMatch": "HTTP-huvudet ETag i svaret när du nyss läste saken, med citattecknen.",
        "contentHash": "contentHash för saken som den nyss lästes: det är exakt det som godkänns.",
        "planHash": "planHash för importen som den nyss lästes.",
        "username": "Din e-postadress; de som finns i demon står i docs/demo.md.",
        "password": "Ditt lösenord.",
    },
    "en": {
        "host": "Where the service is.",
        "token": "accessToken in the answer of POST /auth/token; good for five minutes.",
        "surveyToken": "What stands after # in a survey link.",
        "ifMatch": "The ETag header that reading the thing has just answered, with its quotation marks.",
        "contentHash": "contentHash of the thing as it was just read: what is approved is exactly that.",
        "planHash": "planHash of the import as it was just read.",
        "username": "Your e-mail address; docs/demo.md has those of the demo.",
        "password": "Your password.",
    },
}
_HOST = "https://HOST-OF-THE-REQUEST"
"""In the files as they are kept, in place of the address by which somebody asks for them."""
_OF_AN_ID: dict[LanguageTag, str] = {
    "sv": "Id för en sak: står i listan där den finns, eller i Location i svaret när den skapades.",
    "en": "The id of a thing: in the list it stands in, or in the Location that making it answered.",
}
_UNKNOWN = {name: f"PASTE-{name}-HERE" for name in ("token", "surveyToken", "ifMatch", "contentHash", "planHash")}
_SIGNING_IN = {"username": "katarina.wikmark@mhv.example", "password": "vantar-till-alla-torskar"}


@dataclass
class _File:
    """One tag's requests, and the variables that they need."""

    variables: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def variable(self, name: str, value: str) -> str:
        """What stands for the value; another value of the same name is a variable of its own."""
        number, free = 1, name
        while self.variables.setdefault(free, value) != value:
            number += 1
            free = f"{name}{number}"
        return "{{" + free + "}}"


def files_of(document: Json, language: LanguageTag, host: str) -> dict[str, str]:
    """By name of the file, its text; the document is in that language."""
    words = {tag["name"]: tag["description"] for tag in document["tags"]}
    files: dict[str, _File] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            file = files.setdefault(operation["tags"][0], _File({"host": host}))
            told = told_of(document, operation["operationId"])
            file.requests.append("\n".join(_request(file, path, method, operation, told)))
    return {f"{tag}.http": "\n".join(_text(file, tag, words[tag], language)) for tag, file in files.items()}


def _text(file: _File, tag: str, words: str, language: LanguageTag) -> Iterator[str]:
    yield f"# {tag}: {' '.join(words.split())}"
    for name, value in file.variables.items():
        yield f"\n# {WHENCE[language].get(name, _OF_AN_ID[language])}\n@{name} = {value}"
    for request in file.requests:
        yield f"\n{request}"


def _request(file: _File, path: str, method: str, operation: Json, told: Json) -> Iterator[str]:
    yield f"### {operation['summary']}"
    yield f"# @name {operation['operationId']}"
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            name = parameter["name"]
            path = path.replace("{" + name + "}", file.variable(name, parameter["schema"]["example"]))
    query = f"?{told['query']}" if "query" in told and "cursor" not in told["query"] else ""
    yield f"{method.upper()} {{{{host}}}}{BASE}{path}{query}"
    security = operation["security"]
    if {"bearerAuth": []} in security:
        yield f"Authorization: Bearer {file.variable('token', _UNKNOWN['token'])}"
    if {"surveyToken": []} in security:
        yield f"Authorization: Bearer {file.variable('surveyToken', _UNKNOWN['surveyToken'])}"
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        yield f"If-Match: {file.variable('ifMatch', _UNKNOWN['ifMatch'])}"
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if body is not None:
        yield f"Content-Type: {JSON}"
        yield ""
        signing_in = operation["operationId"] == "create_token"
        yield json.dumps(_varied(file, "", told["sent"][JSON], signing_in), ensure_ascii=False, indent=2)


def _varied(file: _File, name: str, value: Any, signing_in: bool) -> Any:
    """The example's body, with variables for what belongs to one installation or one moment."""
    if isinstance(value, dict):
        return {key: _varied(file, key, each, signing_in) for key, each in value.items()}
    if isinstance(value, list):
        return [_varied(file, name.removesuffix("s"), each, signing_in) for each in value]
    if name in {"contentHash", "planHash"}:
        return file.variable(name, _UNKNOWN[name])
    if signing_in and name in _SIGNING_IN:
        return file.variable(name, _SIGNING_IN[name])
    if isinstance(value, str) and _ID.fullmatch(value):
        return file.variable(name, value)
    return value


def zipped(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(f"larande/{name}", _WRITTEN_ON)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return written.getvalue()


def install(app: FastAPI) -> None:
    """Serve them beside the docs; like those they are no operation of the API."""

    @cache
    def files(language: LanguageTag) -> dict[str, str]:
        document = app.openapi()
        return files_of(in_swedish(document) if language == "sv" else document, language, _HOST)

    def made(language: LanguageTag, host: str) -> bytes:
        return zipped({name: text.replace(_HOST, host) for name, text in files(language).items()})

    async def requests(request: Request) -> Response:
        language = language_of(request)
        # Beside what else is asked: a new host name is no reason for others to wait.
        archive = await asyncio.to_thread(made, language, str(request.base_url).rstrip("/"))
        answer = answered(request, archive, "application/zip", language, names_host=True)
        if answer.status_code == 200:
            answer.headers["Content-Disposition"] = 'attachment; filename="larande-requests.zip"'
        return answer

    app.add_route(REQUESTS, requests, include_in_schema=False)
