"""The library's storage, on the services that every other request calls too: policy, locks, versions and the trail."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from scim2_models import (
    InvalidValueException,
    Meta,
    NotFoundException,
    NotImplementedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.storage import AsyncScimStorage, SearchPage

from app.api.scim.errors import detail_of, exception_of
from app.api.scim.shapes import ENTERPRISE, PROVIDER, Group
from app.models.columns import Language
from app.models.person import Person
from app.models.service_client import Scope
from app.services import scim_filters, scim_groups, scim_users
from app.services.errors import Code, Refusal
from app.services.scim_users import UserTold
from app.services.work import Work

_NOT_VALID = "validationFailed"
FURTHEST = 2**31
"""Nobody has so many people; the database counts no further than 2**63."""


class Storage(AsyncScimStorage):
    """One request's storage: one organisation, that of the service client."""

    def __init__(self, work: Work, *, writes: bool, met: Callable[[Resource[Any]], None] | None = None) -> None:
        self._work = work
        self._writes = writes
        self._met = met
        """Told of everything that is read by its id."""

    @property
    def _organisation_id(self) -> UUID:
        organisation_id = self._work.actor.organisation_id
        if organisation_id is None:
            raise NotFoundException
        return organisation_id

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        with as_scim():
            row_id = _id(resource_id)
            if resource_type.name == "User":
                found = _user(await scim_users.read(self._work, self._organisation_id, row_id))
            else:
                row = await scim_groups.read(self._work, self._organisation_id, row_id)
                found = _group(row, await self._members([row_id], response_parameters))
        if self._met is not None:
            self._met(found)
        return found

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 - there are no cursors
    ) -> SearchPage:
        if len(resource_types) > 1 and search_request.sort_by is not None:
            raise NotImplementedException(detail="Sort users or groups, one at a time")
        start = min(search_request.start_index_0 or 0, FURTHEST)
        left = 10**6 if search_request.count is None else search_request.count
        total, found = 0, []
        for resource_type in resource_types:
            # Users before groups, as one collection.
            of_type, resources = await self._of_type(
                resource_type, search_request, max(start - total, 0), left, alone=len(resource_types) == 1
            )
            total += of_type
            left -= len(resources)
            found += resources
        return SearchPage(total, found)

    async def _of_type(
        self, resource_type: ResourceType, request: SearchRequest[Any], start: int, count: int, *, alone: bool
    ) -> tuple[int, list[Resource[Any]]]:
        of_users = resource_type.name == "User"
        attributes = scim_users.ATTRIBUTES if of_users else scim_groups.ATTRIBUTES
        if not of_users and not self._sees_people:
            attributes = {name: each for name, each in attributes.items() if name != "members"}
        condition, order, descending = _asked(request, attributes, alone=alone)
        with as_scim():
            search = (scim_users if of_users else scim_groups).search
            total, rows = await search(
                self._work, self._organisation_id, condition, order, start, count, descending=descending
            )
            if of_users:
                return total, [_user(row) for row in rows]
            members = await self._members([row[0].id for row in rows], request)
            return total, [_group(row, members) for row in rows]

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        with as_scim():
            if resource_type.name == "User":
                made = await scim_users.create(self._work, self._organisation_id, _told(resource))
            else:
                made = await scim_groups.create(
                    self._work,
                    self._organisation_id,
                    _text(resource, "display_name"),
                    _maybe(resource, "external_id"),
                    sorted(_member_ids(resource) or ()),
                )
        return await self.get(resource_type, str(made))

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        with as_scim():
            row_id = _id(resource.id or "")
            if resource_type.name == "User":
                version = _version(expected_version)
                await scim_users.update(self._work, self._organisation_id, row_id, version, _told(resource))
            else:
                await scim_groups.update(
                    self._work,
                    self._organisation_id,
                    row_id,
                    expected_version,
                    _text(resource, "display_name"),
                    _maybe(resource, "external_id"),
                    _member_ids(resource) if self._sees_people else None,
                )
        return await self.get(resource_type, str(row_id))

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        with as_scim():
            row_id = _id(resource_id)
            if resource_type.name == "User":
                await scim_users.remove(self._work, self._organisation_id, row_id, _version(expected_version))
            else:
                await scim_groups.close(self._work, self._organisation_id, row_id, expected_version)

    def operation(self) -> AbstractAsyncContextManager[None]:
        """One operation of a bulk that fails leaves the others as they are. Reading has nothing to take back."""
        return self._savepoint() if self._writes else nullcontext()

    @asynccontextmanager
    async def _savepoint(self) -> AsyncIterator[None]:
        async with self._work.session.begin_nested():
            yield

    @property
    def _sees_people(self) -> bool:
        return bool(self._work.actor.granted(Scope.PEOPLE_READ))

    async def _members(self, unit_ids: list[UUID], parameters: ResponseParameters[Any] | None) -> scim_groups.Members:
        """Nobody, where the answer leaves them out: a unit may have thousands."""
        if not self._sees_people or (parameters is not None and _leaves_out_members(parameters)):
            return {unit_id: [] for unit_id in unit_ids}
        return await scim_groups.members_of(self._work, self._organisation_id, unit_ids)


class as_scim:  # noqa: N801
    """What a service refuses, as the library's exceptions."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            raise exception_of(error) from None
        if isinstance(error, ValidationError):
            raise InvalidValueException(detail=detail_of(_NOT_VALID)) from None


def _asked(
    request: SearchRequest[Any], attributes: scim_filters.Attributes, *, alone: bool
) -> tuple[Any, list[Any], bool]:
    condition = (
        None if request.filter is None else scim_filters.ToSql(attributes, strict=alone).visit(request.filter.ast)
    )
    if request.sort_by is None:
        return condition, [], False
    descending = request.sort_order == SearchRequest.SortOrder.descending
    return condition, scim_filters.order_of(attributes, str(request.sort_by), descending=descending), descending


def _leaves_out_members(parameters: ResponseParameters[Any]) -> bool:
    excluded = {str(path).rpartition(":")[2].lower() for path in parameters.excluded_attributes or ()}
    included = {str(path).rpartition(":")[2].lower().partition(".")[0] for path in parameters.attributes or ()}
    return "members" in excluded or bool(included and "members" not in included)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundException from None


def _version(tag: str | None) -> int | None:
    return None if tag is None else int(tag.removeprefix('W/"').removesuffix('"'))


def _text(resource: Any, name: str) -> str:
    text: str = getattr(resource, name) or ""
    return text


def _maybe(resource: Any, name: str) -> str | None:
    return getattr(resource, name, None) or None


def _member_ids(resource: Any) -> frozenset[UUID] | None:
    return frozenset(_member_id(member) for member in resource.members or () if member.value)


def _member_id(member: Any) -> UUID:
    try:
        return UUID(member.value)
    except ValueError:
        # As of an id that could be somebody's and is not.
        raise exception_of(Refusal(Code.UNKNOWN_PERSON)) from None


def _told(user: Any) -> UserTold:
    extension = user[_ENTERPRISE_MODEL]
    manager = extension.manager if extension is not None else None
    name = user.name
    language = user.unknown_attributes.get("larande:language")
    email = next((each.value for each in user.emails or () if each.primary), None)
    return UserTold(
        user_name=user.user_name,
        name=user.display_name or user.user_name,
        email=email or next((each.value for each in user.emails or () if each.value), user.user_name),
        active=user.active is not False,
        external_id=user.external_id or None,
        given_name=(name.given_name or None) if name else None,
        family_name=(name.family_name or None) if name else None,
        department=_maybe(extension, "department"),
        employee_number=_maybe(extension, "employee_number"),
        manager=manager.value if manager is not None else None,
        language=Language(language) if language else None,
    )


_USER_TYPE, _GROUP_TYPE = PROVIDER.resource_types
_USER: Any = PROVIDER.model_for(_USER_TYPE)
_ENTERPRISE_MODEL: Any = PROVIDER.model_for(ENTERPRISE)


def _user(row: Any) -> Resource[Any]:
    person: Person = row[0]
    told: dict[str, Any] = {
        "id": str(person.id),
        "externalId": person.external_id,
        "userName": row.user_name,
        "displayName": person.name,
        "active": person.active,
        "emails": [{"value": person.email, "type": "work", "primary": True}],
    }
    if person.given_name or person.family_name:
        told["name"] = {"givenName": person.given_name, "familyName": person.family_name}
    if row.group_id is not None:
        told["groups"] = [{"value": str(row.group_id), "$ref": f"Groups/{row.group_id}", "display": row.group_name}]
    extension: dict[str, Any] = {"employeeNumber": person.employee_number, "department": person.department}
    if row.manager_id is not None:
        extension["manager"] = {"value": str(row.manager_id), "$ref": f"Users/{row.manager_id}"}
    if any(extension.values()):
        told[ENTERPRISE] = extension
    user: Resource[Any] = _USER.model_validate(told)
    user.meta = _meta("User", person.created_at, row.changed_at, f'W/"{person.version}"')
    return user


def _group(row: Any, members: scim_groups.Members) -> Resource[Any]:
    unit = row[0]
    told: dict[str, Any] = {"id": str(unit.id), "externalId": unit.external_id, "displayName": row.name}
    if of_unit := members[unit.id]:
        told["members"] = [
            {"value": str(person_id), "$ref": f"Users/{person_id}", "type": "User"} for person_id in of_unit
        ]
    group: Resource[Any] = Group.model_validate(told)
    group.meta = _meta("Group", unit.created_at, row.changed_at, scim_groups.version_of(row))
    return group


def _meta(resource_type: str, created: Any, last_modified: Any, version: str) -> Meta:
    return Meta(resource_type=resource_type, created=created, last_modified=last_modified, version=version)
