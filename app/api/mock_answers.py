"""What the mock answers: the document's examples, as if the things in them were here and bore the ids asked for."""

import json
import re
from io import BytesIO
from typing import Any

import xlsxwriter
from fastapi import Request, Response
from reportlab.pdfgen.canvas import Canvas

from app.api.document.recorded import named_in, told_of
from app.api.document.shared import Json
from app.api.negotiation import HTML, JSON, XLSX, best_type, is_none_match, version_in
from app.api.operations import BASE, Operation
from app.api.problems import CHALLENGE, FieldProblem, problem
from app.services.errors import Code, Refusal

RECORDED_AT = "https://larande.example" + BASE
RETRY_AFTER_S = "5"
_OF_WHAT_IS_HELD = ("ETag", "Cache-Control")
NO_FILES = b"PK\x05\x06" + bytes(18)
"""An archive with nothing in it."""


def preferred_answer(request: Request, name: str, document: Json) -> Response | None:
    """The refusal that `Prefer: status=409` (RFC 7240) asks for, if it is one that the operation documents."""
    wanted = re.search(r'(?:^|,)\s*status\s*=\s*"?(\d{3})"?\s*(?:[,;]|$)', request.headers.get("prefer", ""))
    if wanted is None:
        return None
    status, applied = wanted[1], {"Preference-Applied": f"status={wanted[1]}"}
    documented = _operation(document, name)["responses"]
    if status not in documented or status < "304":
        return None
    if status == "304":
        held = told_of(document, name).get("headers", {})
        return Response(status_code=304, headers=applied | {each: held[each] for each in _OF_WHAT_IS_HELD})
    told = told_of(document, name).get("refusals", {}).get(status)
    if told is None:
        content = document["components"]["responses"][f"Problem{status}"]["content"]
        told = next(iter(content.values()))["example"]
    fields = [FieldProblem(**each) for each in told.get("errors", ())]
    if status in {"429", "503"}:
        applied["Retry-After"] = RETRY_AFTER_S
    if status == "401":
        applied["WWW-Authenticate"] = CHALLENGE
    return problem(request, told["code"], fields, applied)


def answer_of(request: Request, name: str, document: Json) -> Response:
    """The example of success, once the version that the request is about is the one there is."""
    told = told_of(document, name)
    headers = {header: _here(request, name, told, value) for header, value in told.get("headers", {}).items()}
    if "If-Match" in _parameters(document, name):
        current = _version_now(name, document)
        if current is not None and version_in(request.headers["if-match"]) != current:
            raise Refusal(Code.STALE_VERSION)
    if request.method == "GET" and "ETag" in headers and is_none_match(request, headers["ETag"]):
        return Response(status_code=304, headers={each: headers[each] for each in _OF_WHAT_IS_HELD})
    operation: Operation = request.app.state.operations[name]
    kind = best_type(request, operation.media_types) or JSON
    status = int(told["status"])
    if "answers" not in told:
        return Response(status_code=status, headers=headers)
    if kind != JSON:
        return Response(_file(kind, told["answers"]), status, headers, kind)
    body = json.loads(_here(request, name, told, json.dumps(told["answers"][JSON])))
    if isinstance(body, dict) and "_meta" in body:
        body = _page(request, body)
    return Response(json.dumps(body, ensure_ascii=False), status, headers, JSON)


def _operation(document: Json, name: str) -> Json:
    found: Json = next(
        each for item in document["paths"].values() for each in item.values() if each["operationId"] == name
    )
    return found


def _parameters(document: Json, name: str) -> set[str]:
    return {each["name"] for each in _operation(document, name)["parameters"]}


def _here(request: Request, name: str, told: Json, text: str) -> str:
    """Addresses are those of the mock, and what the address of the request names is what the answer is about."""
    text = text.replace(RECORDED_AT, str(request.base_url).rstrip("/") + BASE)
    operation: Operation = request.app.state.operations[name]
    there = named_in(operation.path.removeprefix(BASE), told["path"])
    for parameter, value in there.items():
        text = text.replace(value, request.path_params[parameter])
    return text


def _version_now(name: str, document: Json) -> int | None:
    """The version that reading the thing shows which the operation changes."""
    own = next(
        path for path, item in document["paths"].items() if name in {each["operationId"] for each in item.values()}
    )
    for path in (own, "/".join(own.split("/")[:3])):
        reading = document["paths"].get(path, {}).get("get")
        if reading is not None and not reading["operationId"].startswith("list_"):
            tag = told_of(document, reading["operationId"]).get("headers", {}).get("ETag")
            return None if tag is None else version_in(tag)
    tag = told_of(document, name).get("ifMatch")
    return None if tag is None else version_in(tag)


def _page(request: Request, body: Json) -> Json:
    """The items of the example are all there are; the links lead through them."""
    page, limit = (int(request.query_params.get(key, default)) for key, default in (("page", 1), ("limit", 20)))
    items: list[Any] = body["items"]
    first = (page - 1) * limit
    shown = items[first : first + limit] if first >= 0 else []
    last = max(1, -(-len(items) // limit))
    pages = {"self": page, "first": 1, "prev": page - 1, "next": page + 1, "last": last}
    links = {
        rel: {"href": str(request.url.include_query_params(page=number)), "rel": rel, "method": "GET"}
        if 1 <= number <= last or rel == "self"
        else None
        for rel, number in pages.items()
    }
    meta = {"totalRecords": len(items), "page": page, "limit": limit, "count": len(shown)}
    return {**body, "items": shown, "_meta": {**body["_meta"], **meta}, "_links": links}


def _file(kind: str, answers: Json) -> bytes:
    """The recorded file; of formats that are no text, one that says that it is an example."""
    if kind in answers:
        told = answers[kind]
        return (told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)).encode()
    if kind == HTML:
        return b'<!DOCTYPE html>\n<html lang="sv"><head><title>Exempel</title></head></html>\n'
    if kind == "application/pdf":
        drawn = BytesIO()
        canvas = Canvas(drawn, invariant=1)
        canvas.drawString(72, 720, "Exempel")
        canvas.save()
        return drawn.getvalue()
    if kind == XLSX:
        written = BytesIO()
        with xlsxwriter.Workbook(written, {"in_memory": True}) as workbook:
            workbook.add_worksheet("Exempel").write_string(0, 0, "Exempel")
        return written.getvalue()
    return NO_FILES
