"""What people read: the docs page, the reading view, the document in their language, and what problems mean.

Everything comes from this server, so it works without internet. None of it is an operation of the API.
"""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse

from app.api.docs import documents, pages, problem_pages
from app.api.docs.frame import DOCS


def install(app: FastAPI) -> None:
    documents.install(app)
    pages.install(app)
    problem_pages.install(app)
    app.add_route("/", _to_the_docs, include_in_schema=False)


async def _to_the_docs(_request: Request) -> RedirectResponse:
    return RedirectResponse(DOCS, 303)
