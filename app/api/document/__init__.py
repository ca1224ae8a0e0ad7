"""Finishes the OpenAPI document: problems, headers, examples and links that FastAPI does not write itself."""

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.api_info import VERSION
from app.api.document.actions import name_actions
from app.api.document.by_hand import read_by_hand
from app.api.document.examples import complete_bodies, example_of, finish_schemas, place_examples
from app.api.document.links import link
from app.api.document.operations import finish_operation
from app.api.document.problems import SHAPES, STATUS_WORDS, problem_response
from app.api.document.recorded import place_operations, place_problems, place_shapes
from app.api.document.shared import Json
from app.api.document.webhooks import finish_webhooks
from app.api.operations import BASE, operations_of

TITLE = "Lärande i förändring"
DESCRIPTION = """
**Svenska.** Ett stöd för lokala parter, arbetsgivare och fackliga organisationer, som vill samtala om lärande i
arbetet: samtalsunderlag, arbetsgrupper, samtal och protokoll som båda sidor godkänner.
*Servicenivå:* tjänsten drivs av den organisation som har installerat den; programmet lovar inga svarstider.
*Begränsningar:* högst 100 rader per sida, antal är exakta upp till 10 000, en begäran är på högst 1 MiB. Hur många
anrop man får göra står i svarens `RateLimit-Policy`; den som gör fler får 429 med `Retry-After`.
*Gemensamt för alla svar:* `X-Content-Type-Options`, `X-Frame-Options`, `Referrer-Policy`, `Permissions-Policy`,
`Content-Security-Policy`, `Cross-Origin-Opener-Policy`, `Cross-Origin-Resource-Policy` och, över HTTPS,
`Strict-Transport-Security` skyddar alla svar och
beskrivs inte vid varje operation. Detsamma gäller `Access-Control-*`, som finns där webbsidor från andra ursprung får
anropa. En metod som en adress inte har ger 405, och `Allow` säger vilka den har.

**English.** Support for local parties, employer and trade unions, who want to talk about learning at work: dialogue
templates, working groups, sessions, and records that both sides approve.
*Service level:* the service is run by the organisation that installed it; the program promises no response times.
*Limitations:* at most 100 rows a page, counts are exact up to 10,000, a request may be at most 1 MiB. How often one may
ask is in the answers' `RateLimit-Policy`; whoever asks more often gets 429 with `Retry-After`.
*Common to all answers:* `X-Content-Type-Options`, `X-Frame-Options`, `Referrer-Policy`, `Permissions-Policy`,
`Content-Security-Policy`, `Cross-Origin-Opener-Policy`, `Cross-Origin-Resource-Policy` and, over HTTPS,
`Strict-Transport-Security` protect every answer and
are not described at each operation. Nor are `Access-Control-*`, which are there where pages of other origins may ask. A
method that an address does not have gives 405, and `Allow` says which it has.
""".strip()

GROWING = ("SubjectType", "Scope", "ChangedType", "ReminderKind", "ReminderSubject")
"""Words in answers that will be more; those of links, actions and refusals say so where they are made."""


def install(app: FastAPI) -> None:
    """Let the app serve the finished document."""

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI) -> Json:
    """The whole document, the same on every machine."""
    made = get_openapi(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        summary="Joint conversations about learning at work",
        description=DESCRIPTION,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        terms_of_service="https://larande.example/terms",
        contact={"name": "Lärande i förändring", "url": "https://larande.example", "email": "api@larande.example"},
        license_info={"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
        servers=[
            {
                "url": "https://{host}" + BASE,
                "description": "The installation at your workplace.",
                "variables": {"host": {"default": "larande.example", "description": "The installation's address."}},
            }
        ],
        tags=_tags(),
    )
    made["externalDocs"] = {"url": "https://larande.example/docs", "description": "Guides in Swedish and English."}
    made["security"] = [{"bearerAuth": []}]
    made["paths"] = {path.removeprefix(BASE): item for path, item in made["paths"].items()}
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= read_by_hand()
    schemas |= SHAPES
    made["components"]["responses"] = {f"Problem{status}": problem_response(status) for status in STATUS_WORDS}
    for path, item in made["paths"].items():
        for method, operation in item.items():
            finish_operation(operation, method, path)
    place_problems(made["components"]["responses"])
    name_actions(made["paths"], schemas, operations_of(app))
    for name in GROWING:
        schemas[name]["x-may-grow"] = True
    finish_schemas(schemas)
    place_shapes(schemas)
    for name, schema in schemas.items():
        if name not in SHAPES:
            schema["example"] = example_of(schema, schemas)
    complete_bodies(made["paths"], schemas)
    place_examples(made["paths"], schemas)
    place_operations(made["paths"], schemas)
    finish_webhooks(made["webhooks"])
    link(made["paths"])
    return made


def _tags() -> list[Json]:
    from app.api.catalogue import TAGS

    return [{"name": name, "description": words} for name, words in TAGS.items()]
