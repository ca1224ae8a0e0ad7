"""Bodies that endpoints read or write by themselves: their shapes become components like all others."""

from typing import Any

from pydantic import TypeAdapter

from app.api.document.shared import Json
from app.models.import_rows import ImportRows
from app.models.survey_release import VegaLite
from app.models.survey_response import SurveyResponseCreate
from app.models.token_request import OAuthTokenRequest, TokenRequest

_COMPONENT = "#/components/schemas/{model}"


def read_by_hand() -> Json:
    """The components, by name."""
    return _of(TokenRequest) | _of(OAuthTokenRequest) | _of(SurveyResponseCreate) | _of(ImportRows) | _of(VegaLite)


def _of(shape: Any) -> Json:
    made = TypeAdapter(shape).json_schema(ref_template=_COMPONENT)
    parts: Json = made.pop("$defs", {})
    return parts if "$ref" in made else parts | {shape.__name__: made}
