"""What this API is, for machines that look around, and whether it is well."""

from datetime import date

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.api.answers import base_url
from app.api.dependencies import Formed, database_of
from app.api.operations import BASE, router_of
from app.models.base import Output
from app.models.bounds import Address, Word
from app.models.columns import DateOnly

VERSION = "1.1.0"
RELEASED = date(2026, 11, 27)

router = router_of("api-info")
health = APIRouter(include_in_schema=False)


class ApiInfo(Output):
    """The API's name, version and status as the national profile asks for them."""

    api_name: Word = Field(json_schema_extra={"example": "larande"})
    api_version: Word = Field(json_schema_extra={"example": VERSION})
    api_released: DateOnly
    api_documentation: Address = Field(json_schema_extra={"example": "https://larande.example/larande/v1/docs"})
    api_status: Word = Field(json_schema_extra={"example": "active"})


@router.get(
    "/api-info",
    response_model=ApiInfo,
    summary="About this API",
    openapi_extra={"security": []},
)
async def read_api_info(request: Request, _formed: Formed) -> Response:
    """Name, version, release day, documentation and status."""
    info = ApiInfo(
        api_name="larande",
        api_version=VERSION,
        api_released=RELEASED,
        api_documentation=f"{base_url(request)}{BASE}/docs",
        api_status="active",
    )
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(info.model_dump_json(by_alias=True), 200, headers, "application/json")


@health.get("/health/live")
async def live() -> dict[str, str]:
    """The process runs."""
    return {"status": "live"}


@health.get("/health/ready")
async def ready(request: Request) -> dict[str, str]:
    """The database answers."""
    await database_of(request).answers()
    return {"status": "ready"}
