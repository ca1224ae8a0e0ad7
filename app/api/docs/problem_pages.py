"""What each problem means and what helps, at the address that its `type` names: a page or JSON, in both languages."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.api.docs.frame import LANGUAGE, PROBLEM_PAGES, answered, language_of, page
from app.api.docs.words import ADVICE, PROBLEM_WORDS, WORDS
from app.api.document.shared import UUID_EXAMPLE
from app.api.negotiation import JSON, LanguageTag, best_type
from app.api.operations import BASE, Operation
from app.api.problem_texts import FIELD_TEXTS, PROBLEMS
from app.api.problems import MEDIA_TYPE, name_of, problem, type_of
from app.services.agreement import RULES
from app.services.beyond_the_table import BEYOND_THE_TABLE

_HTML = "text/html"
CODES = {name_of(code): code for code in PROBLEMS}


def install(app: FastAPI) -> None:
    app.add_route(PROBLEM_PAGES, read_problems, include_in_schema=False)
    app.add_route(f"{PROBLEM_PAGES}/{{name}}", read_problem, include_in_schema=False)


async def read_problems(request: Request) -> Response:
    """All of them."""
    language = language_of(request)
    wanted = best_type(request, [JSON, _HTML])
    if wanted is None:
        return problem(request, "notAcceptable")
    if wanted == _HTML:
        return page(request, language, f"{PROBLEM_WORDS[language].title} · {WORDS[language].name}", _index(language))
    body = {
        "problems": [_summary(request, code, language) for code in sorted(PROBLEMS)],
        "fieldCodes": [{"code": code, "detail": text} for code, text in _field_codes(language)],
    }
    return answered(request, _written(body), JSON, language, names_host=True)


async def read_problem(request: Request) -> Response:
    """One of them, by its name; who has its code is shown the way."""
    name = request.path_params["name"]
    language = language_of(request)
    if name in PROBLEMS and name not in CODES:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{PROBLEM_PAGES}/{name_of(name)}{query}", 308)
    if name not in CODES:
        return problem(request, "notFound")
    wanted = best_type(request, [JSON, _HTML])
    if wanted is None:
        return problem(request, "notAcceptable")
    told = _told(request, CODES[name], language)
    if wanted == _HTML:
        title = f"{told['title']} · {PROBLEM_WORDS[language].title} · {WORDS[language].name}"
        return page(request, language, title, _article(told, language), names_host=True)
    return answered(request, _written(told), JSON, language, names_host=True)


def _summary(request: Request, code: str, language: LanguageTag) -> dict[str, Any]:
    text = PROBLEMS[code]
    return {"type": type_of(request, code), "code": code, "status": text.status, "title": text.title[language]}


def _told(request: Request, code: str, language: LanguageTag) -> dict[str, Any]:
    text = PROBLEMS[code]
    summary = _summary(request, code, language)
    told = summary | {
        "meaning": text.detail[language],
        "advice": ADVICE[text.status][language],
        "operations": list(_operations(request, code)),
        "example": summary | {"detail": text.detail[language], "instance": f"urn:uuid:{UUID_EXAMPLE}"},
    }
    if code == "validationFailed":
        told["fieldCodes"] = [{"code": each, "detail": words} for each, words in _field_codes(language)]
    return told


def _operations(request: Request, code: str) -> Iterator[dict[str, str]]:
    """Where the agreement gives this reason; the protocol's own and those about the data may come in many places."""
    there: dict[str, Operation] = request.app.state.operations
    for name, rule in RULES.items():
        reasons = {condition.reason.value for condition in rule.while_}
        reasons |= {reason.value for reason in BEYOND_THE_TABLE.get(name, {})}
        if code in reasons and code != "notFound":
            path = there[name].path.removeprefix(BASE)
            yield {"operationId": name, "method": there[name].method, "path": path}


def _field_codes(language: LanguageTag) -> list[tuple[str, str]]:
    return sorted((to_camel(kind), text[language]) for kind, text in FIELD_TEXTS.items())


def _written(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


# --- As pages ------------------------------------------------------------------------------------------------------


def _index(language: LanguageTag) -> str:
    words = PROBLEM_WORDS[language]
    parts = [f'<div class="text"><h1>{escape(words.title)}</h1><p>{escape(words.intro)}</p>']
    for status in sorted({text.status for text in PROBLEMS.values()}):
        parts.append(f"<h2>{status}</h2><p>{escape(ADVICE[status][language])}</p><ul>")
        parts += [
            f'<li><a href="{PROBLEM_PAGES}/{name_of(code)}?{LANGUAGE}={language}">{escape(text.title[language])}</a> '
            f"<code>{escape(code)}</code></li>"
            for code, text in sorted(PROBLEMS.items(), key=lambda each: each[1].title[language])
            if text.status == status
        ]
        parts.append("</ul>")
    return "".join([*parts, _fields(language), "</div>"])


def _fields(language: LanguageTag) -> str:
    words = PROBLEM_WORDS[language]
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(code)}</code></th><td>{escape(text)}</td></tr>'
        for code, text in _field_codes(language)
    )
    return f"<h2>{escape(words.fields)}</h2><p>{escape(words.field_intro)}</p><table><tbody>{rows}</tbody></table>"


def _article(told: dict[str, Any], language: LanguageTag) -> str:
    words = PROBLEM_WORDS[language]
    places = "".join(
        f"<li><code>{escape(each['method'])} {escape(each['path'])}</code></li>" for each in told["operations"]
    )
    example = json.dumps(told["example"], ensure_ascii=False, indent=2)
    return "".join(
        [
            f'<div class="text"><h1>{escape(told["title"])}</h1>',
            f"<p>{escape(words.code)}: <code>{escape(told['code'])}</code>. ",
            f"{escape(words.status)}: {told['status']}.</p>",
            f"<h2>{escape(words.meaning)}</h2><p>{escape(told['meaning'])}</p>",
            f"<h2>{escape(words.what_to_do)}</h2><p>{escape(told['advice'])}</p>",
            f"<h2>{escape(words.where)}</h2>",
            f"<ul>{places}</ul>" if places else f"<p>{escape(words.everywhere)}</p>",
            f'<h2>{escape(words.example)} (<code>{MEDIA_TYPE}</code>)</h2><pre tabindex="0">{escape(example)}</pre>',
            _fields(language) if "fieldCodes" in told else "",
            f'<p><a href="{PROBLEM_PAGES}?{LANGUAGE}={language}">{escape(words.all)}</a></p></div>',
        ]
    )
