"""How a document breaks each rule: one small change of a good one."""

from collections.abc import Callable

from tests.rest_api_profile.rules import Json

BREAKING: dict[str, list[Callable[[Json], object]]] = {
    "DOK.06 DOK.07 DOK.08 DOK.09": [
        lambda document: document["info"].update(description="A service."),
        lambda document: document["info"].pop("contact"),
    ],
    "DOK.11 DOK.12 DOK.19": [lambda document: _units(document)["get"].pop("description")],
    "DOK.13 DOK.20": [
        lambda document: _units(document)["get"]["responses"].pop("500"),
        lambda document: document["components"]["responses"]["Problem404"].pop("description"),
    ],
    "DOK.15": [
        lambda document: (
            document["components"]["schemas"]["UnitRead"].pop("example")
            or [
                response["content"]["application/json"].pop(key, None)
                for item in document["paths"].values()
                for operation in item.values()
                for response in operation["responses"].values()
                if "application/json" in response.get("content", {})
                for key in ("example", "examples")
            ]
        )
    ],
    "DOK.17 DOK.18": [lambda document: document.update(openapi="2.0")],
    "DOK.21 SAK.09 SAK.10 SAK.16": [
        lambda document: document["components"]["securitySchemes"].update(basic={"type": "http", "scheme": "basic"}),
        lambda document: document["components"]["securitySchemes"].update(key={"type": "apiKey", "in": "query"}),
        lambda document: _units(document)["get"].update(security=[{"somethingElse": []}]),
        lambda document: (document.pop("security"), _units(document)["get"].pop("security")),
    ],
    "DOT.02": [
        lambda document: document["components"]["schemas"].update(
            Odd={"type": "string", "format": "date-time", "example": "2026-11-23T13:00:00"}
        ),
        lambda document: document["components"]["schemas"].update(
            Odd={"type": "string", "format": "date", "example": "23/11 2026"}
        ),
    ],
    "RES.02 SAK.15": [lambda document: _ask(document, "personnummer"), lambda document: _ask(document, "apiKey")],
    "RES.06 UFN.07 UFN.08 UFN.09 SAK.30": [
        lambda document: _put(document, "/Units"),
        lambda document: _put(document, "/survey_rounds"),
        lambda document: _put(document, "/get-units"),
        lambda document: _put(document, "/unit/{unitId}"),
        lambda document: _put(document, "/units/{unit_id}"),
    ],
    "UFN.01 VER.05": [
        lambda document: document["servers"][0].update(url="http://{host}/larande/v1"),
        lambda document: document["servers"][0].update(url="https://{host}/larande/v1.0"),
        lambda document: document["servers"].clear(),
    ],
    "UFN.03 MOG.01 MOG.03": [
        lambda document: _units(document)["get"].update(requestBody={}),
        lambda document: _units(document)["post"].update(operationId="search_units"),
    ],
    "AME.01": [lambda document: _units(document)["get"]["responses"]["200"].update(content={"text/csv": {}})],
    "AME.04 AME.05 AME.07": [
        lambda document: document["components"]["schemas"]["UnitRead"]["properties"].update(valid_from={}),
        lambda document: document["components"]["schemas"]["UnitRead"]["properties"].update(lineOne1={}),
    ],
    "ARQ.05": [lambda document: _ask(document, "X-Unit-Name", "header")],
    "ARP.03 ARP.04": [lambda document: _units(document)["post"]["responses"]["201"]["headers"].pop("Location")],
    "FEL.01 FEL.02": [
        lambda document: _units(document)["get"]["responses"].update(
            {"404": {"description": "No.", "content": {"application/json": {}}}}
        ),
        lambda document: document["components"]["schemas"]["Problem"]["properties"].pop("instance"),
    ],
    "VER.04 VER.11 VER.12": [
        lambda document: document["info"].update(version="1.0"),
        lambda document: document["info"].update(version="0.9.0"),
        lambda document: document["info"].update(version="2.0.0"),
    ],
    "VER.06": [lambda document: document["paths"].pop("/api-info")],
    "FNS.01 FNS.03 FNS.06": [lambda document: _ask(document, "valid_from"), lambda document: _ask(document, "1st")],
    "FNS.05": [lambda document: _ask(document, "q", required=True)],
    "FNS.07 FNS.08 FNS.09": [
        lambda document: _page_of(document).update(default=0),
        lambda document: _units(document)["get"].update(parameters=[]),
    ],
    "SPA.02 SPA.04": [
        lambda document: _units(document)["get"]["parameters"].clear(),
        lambda document: _units(document)["get"]["responses"]["200"]["headers"].pop("traceparent"),
    ],
}


def _units(document: Json) -> Json:
    item: Json = document["paths"]["/organisations/{organisationId}/units"]
    return item


def _ask(document: Json, name: str, place: str = "query", *, required: bool = False) -> None:
    parameter = {"name": name, "in": place, "required": required, "schema": {"type": "string"}}
    _units(document)["get"]["parameters"].append(parameter)


def _put(document: Json, path: str) -> None:
    document["paths"][path] = {"get": _units(document)["get"]}


def _page_of(document: Json) -> Json:
    schema: Json = next(each for each in _units(document)["get"]["parameters"] if each["name"] == "page")["schema"]
    return schema
