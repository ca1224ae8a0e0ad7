"""From what a service refuses to what SCIM calls it. The words are the problem table's own, in English."""

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    SCIMException,
    UnauthorizedException,
    UniquenessException,
)

from app.api.problem_texts import PROBLEMS
from app.services.errors import Code, Refusal


def exception_of(refusal: Refusal) -> SCIMException:
    detail = detail_of(refusal.code)
    if refusal.code in {Code.EMAIL_TAKEN, Code.EXTERNAL_ID_TAKEN}:
        return UniquenessException(detail=detail)
    by_status: dict[int, type[SCIMException]] = {
        401: UnauthorizedException,
        403: ForbiddenException,
        404: NotFoundException,
        409: ConflictException,
        412: PreconditionFailedException,
    }
    return by_status.get(PROBLEMS[refusal.code].status, InvalidValueException)(detail=detail)


def detail_of(code: str) -> str:
    return PROBLEMS[code].detail["en"]
