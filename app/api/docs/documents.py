"""The OpenAPI document as it is asked for: in English, which is the committed one, or in Swedish."""

import json

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.api.docs.frame import DOCS, answered, language_of
from app.api.docs.words import WORDS
from app.api.document.language import in_swedish
from app.api.document.shared import Json
from app.api.negotiation import LanguageTag, preferred_language
from app.api.operations import BASE

# The document names an installation in general; the pages try things out on the one that serves them.
HERE = f"{DOCS}/openapi.json"


class Documents:
    """Both documents, and both as the pages show them; each made when somebody first asks for it."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.made: dict[tuple[LanguageTag, bool], bytes] = {}

    def written(self, language: LanguageTag, *, here: bool) -> bytes:
        if (language, here) not in self.made:
            document = self.app.openapi()
            if language == "sv":
                document = in_swedish(document)
            if here:
                document = document | {"servers": [{"url": BASE, "description": WORDS[language].here}]}
            self.made[language, here] = _written(document)
        return self.made[language, here]

    async def document(self, request: Request) -> Response:
        """Tools that say nothing of languages get what is committed; people's browsers say what they read."""
        return self._answer(request, preferred_language(request, otherwise="en"), here=False)

    async def document_of_this_installation(self, request: Request) -> Response:
        return self._answer(request, language_of(request), here=True)

    def _answer(self, request: Request, language: LanguageTag, *, here: bool) -> Response:
        return answered(request, self.written(language, here=here), "application/json", language)


def _written(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def install(app: FastAPI) -> None:
    documents = Documents(app)
    app.add_route(f"{BASE}/openapi.json", documents.document, include_in_schema=False)
    app.add_route(HERE, documents.document_of_this_installation, include_in_schema=False)
