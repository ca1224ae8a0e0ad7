"""What every row and every shape on the wire has in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

import uuid_utils.compat as uuid_utils
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from sqlalchemy.orm import declared_attr
from sqlmodel import Field as Column
from sqlmodel import SQLModel
from sqlmodel._compat import SQLModelConfig
from typing_extensions import TypeAliasType

from app.models.bounds import LONGEST_LINK, Few, ItemT, VersionNumber, Word
from app.models.columns import UtcDateTime, snake_case

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_identities: ContextVar[Iterator[UUID] | None] = ContextVar("identities", default=None)


def new_id() -> UUID:
    """A fresh uuid7, or the next of a prepared series (see `identities`)."""
    series = _identities.get()
    return next(series) if series is not None else uuid_utils.uuid7()


@contextmanager
def identities(series: Iterator[UUID]) -> Iterator[None]:
    """Give rows made inside the block ids from `series`: the demo agency is the same on every machine."""
    token = _identities.set(series)
    try:
        yield
    finally:
        _identities.reset(token)


class Table(SQLModel):
    """A table named after its class. Rows do not validate when constructed, only when assigned to."""

    model_config = SQLModelConfig(validate_assignment=True)

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805
        return snake_case(cls.__name__)


class Row(Table):
    """A row with an id of its own."""

    id: UUID = Column(default_factory=new_id, primary_key=True)


class VersionedRow(Row):
    """A row that people change: `version` is its ETag, and every change adds one."""

    version: int = Column(default=1)
    created_at: datetime = Column(sa_type=UtcDateTime)


class WireModel(BaseModel):
    """Shapes on the wire are camelCase and know all their fields."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Input(WireModel):
    """What a client sends. Unknown fields are refused; only camelCase names count."""


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null_refused", "Leave the field out instead of sending null.")
    return value


def of_field(name: str, code: LiteralString, words: LiteralString) -> PydanticCustomError:
    """What a rule over several fields has against one of them, which the answer then points at."""
    return PydanticCustomError(code, words, {"field": name})


class _NotNull:
    """Null is nothing a client can say there: only the program sees it, where the field was left out."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_refuse_null, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        given: JsonSchemaValue
        (given,) = [option for option in handler(schema)["anyOf"] if option != {"type": "null"}]
        return given


LeftOut = Annotated[ItemT | None, _NotNull()]
"""A field that may be left out and is then None. Sent as null it is refused."""


def absent(**words: Any) -> Any:
    """A field that may be left out: it shows no default, and null counts only where the type allows it."""
    return Field(default_factory=lambda: None, **words)


class Output(WireModel):
    """What the service answers."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)


class AllowedAction(Output):
    """Whether the caller may do one operation on this resource now, and if not, why."""

    action: Word = Field(description="The operationId.", json_schema_extra={"example": "update_unit"})
    allowed: bool = Field(json_schema_extra={"example": False})
    reason: Word | None = Field(
        default=None, description="Reason code when it is not allowed.", json_schema_extra={"example": "notYourRole"}
    )


Href = Annotated[
    str,
    Field(
        max_length=LONGEST_LINK,
        json_schema_extra={"example": "https://larande.example/larande/v1/me", "format": "uri"},
    ),
]


LinkMethod = TypeAliasType(
    "LinkMethod",
    Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
        Field(description="How a link is asked."),
    ],
)


class Link(Output):
    """A Link Description Object."""

    href: Href
    rel: Word = Field(json_schema_extra={"example": "self"})
    method: LinkMethod = Field(json_schema_extra={"example": "GET"})


# Nothing is left out of an answer because it has the value that it begins with.
ALWAYS_SENT = ConfigDict(json_schema_serialization_defaults_required=True)


class Linked(Output):
    """Something with an address and a version of its own."""

    model_config = ALWAYS_SENT

    version: VersionNumber = Field(description="Counts the changes; the first part of the ETag.")
    links: Few[Link] = Field(default_factory=list, alias="_links", description="Absolute links, `self` first.")


class WithId(Output):
    """Apart from `Resource`, so that the id stands first in every answer."""

    id: UUID = Field(description="Stable identifier.")


class Resource(Linked, WithId):
    """A single thing with an address, a version and what the caller may do with it."""

    allowed_actions: Few[AllowedAction] = Field(default_factory=list, description="What the caller may do here now.")
