"""The library's protocol for one request: who may do what by which scope, and nothing that could tell membership."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from scim2_models import (
    BulkOperation,
    Context,
    Error,
    ForbiddenException,
    InvalidValueException,
    PatchOp,
    Resource,
    ResourceType,
    SCIMException,
)
from scim2_server.bulk import BulkPlan
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from app.api.scim import bodies, tolerance
from app.api.scim.errors import detail_of, is_ours, without_echo
from app.api.scim.shapes import MOST_BYTES, PROVIDER
from app.models.service_client import Scope
from app.services import union_data
from app.services.actor import Actor
from app.services.errors import Code

_READS = {Operation.query, Operation.search, Operation.search_with_body}
_SCOPES = {
    ("User", True): Scope.PEOPLE_READ,
    ("User", False): Scope.PEOPLE_WRITE,
    ("Group", True): Scope.UNITS_READ,
    ("Group", False): Scope.UNITS_WRITE,
}


class Service(ScimService):
    """One request's. It counts what was refused because it looked like union membership, and keeps nothing of it."""

    def __init__(self) -> None:
        super().__init__(PROVIDER)
        self.union_data_refusals = 0
        self._here: frozenset[str] = frozenset()
        """What the thing that is replaced says already."""
        self._refused_operations: set[int] = set()

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        actor: Actor = request.subject
        scope = _SCOPES[str(resource_type.name), target.operation in _READS]
        if not actor.granted(scope):
            raise ForbiddenException(detail=f"This takes the scope {scope.value}")

    def meet(self, resource: Resource[Any]) -> None:
        """What is here was let in by somebody. Said again, it must not keep a leaver's news from arriving."""
        self._here = frozenset(bodies.texts_in(resource.model_dump()))

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Nothing of what was sent is said back."""
        error: Error = ScimService.error_of(exception)
        return error if is_ours(exception) else without_echo(error)

    # --- Bodies: read once more carefully than the library does, screened, and made standard

    def read_creation(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        content = self._screened(resource_type, body, content_type)
        made = tolerance.as_standard(content, self.endpoint_of(resource_type), replaces=False)
        return _addressed(super().read_creation(resource_type, bodies.written(made), content_type))

    def read_replacement(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        content = self._screened(resource_type, body, content_type, self._here)
        made = tolerance.as_standard(content, self.endpoint_of(resource_type), replaces=True)
        return super().read_replacement(resource_type, bodies.written(made), content_type)

    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> "PatchOp[Any]":
        content = self._screened(resource_type, body, content_type)
        return super().read_patch(resource_type, bodies.written(tolerance.patch_as_standard(content)), content_type)

    def read_bulk(self, body: bytes, content_type: str | None) -> BulkPlan:
        self.ensure_bulk_payload_size(len(body))
        content = self._decoded(body, content_type)
        operations = bodies.operations_of(content)
        refused = []
        for place, operation in enumerate(operations):
            endpoint = str(operation.get("path", "")).strip("/").partition("/")[0]
            rest = {name: value for name, value in operation.items() if name != "data"}
            if self._tells_membership(endpoint, operation.get("data")) or union_data.found_in(rest):
                # It fails by itself, as it would alone; the others are carried out. The answer names it by these.
                named = {name: rest[name] for name in ("method", "path", "bulkId") if name in rest}
                operations[place] = {} if union_data.found_in(named) else named | {"data": {}}
                refused.append(place)
            elif str(operation.get("method", "")).upper() == "PATCH":
                operation["data"] = tolerance.patch_as_standard(operation.get("data"))
            elif "data" in operation:
                replaces = str(operation.get("method", "")).upper() == "PUT"
                operation["data"] = tolerance.as_standard(operation["data"], endpoint, replaces=replaces)
        plan = super().read_bulk(bodies.written(content), content_type)
        self._refused_operations = {id(plan.operations[place]) for place in refused}
        return plan

    def route_bulk_operation(self, operation: BulkOperation[Resource[Any]]) -> ResourceType | None:
        if id(operation) in self._refused_operations:
            raise self._refusal()
        resource_type = super().route_bulk_operation(operation)
        if str(getattr(operation.method, "value", "")) == "POST" and isinstance(operation.data, Resource):
            _addressed(operation.data)
        return resource_type

    def bulk_failure(self, outcome: dict[str, Any], exception: Exception) -> dict[str, Any]:
        """A fault of ours, or a database that is away, is the whole request's."""
        if not isinstance(exception, SCIMException):
            raise exception
        return super().bulk_failure(outcome, exception)

    @staticmethod
    def bulk_validation_failure(
        operation: BulkOperation[Resource[Any]], outcome: dict[str, Any]
    ) -> dict[str, Any] | None:
        failure = ScimService.bulk_validation_failure(operation, outcome)
        if failure is not None:
            failure["response"] = without_echo(failure["response"])
        return failure

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """A search's, which the library reads itself."""
        return self._decoded(body, content_type)

    def _screened(
        self, resource_type: ResourceType, body: bytes, content_type: str | None, here: frozenset[str] = frozenset()
    ) -> Any:
        content = self._decoded(body, content_type)
        if self._tells_membership(self.endpoint_of(resource_type), content, here):
            raise self._refusal()
        return content

    def _decoded(self, body: bytes, content_type: str | None) -> Any:
        self.ensure_json(content_type)
        if len(body) > MOST_BYTES:
            raise self.payload_too_large(MOST_BYTES)
        return bodies.read(body)

    def _tells_membership(self, endpoint: str, content: Any, here: frozenset[str] = frozenset()) -> bool:
        named = tolerance.people_named_by(endpoint)
        return any(union_data.found_in(each, people_named_by=named, here=here) for each in tolerance.told(content))

    def _refusal(self) -> InvalidValueException:
        self.union_data_refusals += 1
        return InvalidValueException(detail=detail_of(Code.UNION_DATA_REFUSED))

    # --- Changes

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        new, old = cast("Any", replacement), cast("Any", current)
        if new.unknown_attributes.get(tolerance.NOT_SAID):
            new.active = old.active
        if hasattr(new, "emails"):
            # Set once (see shapes.py). Refused, a new address would keep a leaver's `active: false` from arriving.
            new.emails = old.emails
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        user = cast("Any", current)
        before = None
        if hasattr(user, "emails"):
            if not _drop_addresses(patch_op):
                self.check_preconditions(current, "PATCH", conditions)
                return None
            before = (user.display_name, _composed(user))
        patched = super().apply_patch(current, patch_op, conditions)
        # Whoever never said a name for display has one that is made of its parts.
        if before is not None and before[0] == before[1] and user.display_name == before[0]:
            user.display_name = _composed(user) or user.display_name
        return patched

    def patch_response(self, base_url: str, resource: Resource[Any], response_parameters: Any) -> ScimResponse:
        """With the resource: Okta wants to see it, and Entra does not mind."""
        return self.resource_response(
            self.publish(base_url, resource),
            Context.RESOURCE_REPLACEMENT_RESPONSE,
            response_parameters,
            HTTPStatus.OK,
        )


def _addressed(resource: Resource[Any]) -> Resource[Any]:
    """Somebody who is taken in can be written to."""
    emails = getattr(resource, "emails", None)
    if emails is not None and not all(tolerance.is_address(each.value or "") for each in emails):
        raise InvalidValueException(detail="An e-mail address does not have the form of one.")
    return resource


def _drop_addresses(patch_op: "PatchOp[Any]") -> bool:
    """The address is set once: what is said of it later changes nothing, and the answer shows what is kept.

    Whether anything else is said.
    """
    kept = []
    for operation in patch_op.operations or []:
        path = str(operation.path or "")
        if path.rpartition(":")[2].lower().startswith("emails") or path.lower().startswith("emails"):
            continue
        if not path and isinstance(operation.value, Mapping):
            rest = {
                name: value for name, value in operation.value.items() if not str(name).lower().startswith("emails")
            }
            if not rest:
                continue
            operation.value = rest
        kept.append(operation)
    if kept:
        patch_op.operations = kept  # the library knows no PATCH that says nothing
    return bool(kept)


def _composed(user: Any) -> str | None:
    name = user.name
    return " ".join(part for part in (name.given_name, name.family_name) if part) or None if name else None
