"""What is kept of a user and of a group: the standard's attributes, and of them only what this service has a use for.

Nothing here can carry union membership, and what is not here is not stored (docs/union-data.md, docs/scim.md).
"""

from typing import Annotated, Any, ClassVar

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models.resources.resource import AnyExtension

MOST_RESULTS = 200
MOST_OPERATIONS = 500
MOST_BYTES = 1024 * 1024

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Text = Annotated[str | None, Field(max_length=200)]


class Name(ComplexAttribute):
    """The parts of a name, as far as it is told in parts."""

    family_name: Text = None
    given_name: Text = None


class Email(ComplexAttribute):
    """The one address to which mail goes. Syncing sets it once; after that the person does."""

    value: Annotated[Text, Mutability.immutable, Required.true] = None
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["work"])
    primary: Annotated[bool | None, Mutability.immutable] = None


class GroupMembership(ComplexAttribute):
    """The unit in which the person works."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[AnyExtension]):
    """Somebody at the workplace."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    external_id: Annotated[Text, Uniqueness.server, CaseExact.true] = None
    user_name: Annotated[Text, Uniqueness.server, Required.true] = None
    name: Name | None = None
    Name: ClassVar[type[ComplexAttribute]] = Name
    display_name: Annotated[Text, Required.true] = None
    active: Annotated[bool | None, Required.true] = None
    emails: Annotated[list[Email] | None, Mutability.immutable, Required.true] = Field(None, max_length=20)
    Emails: ClassVar[type[ComplexAttribute]] = Email
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    Groups: ClassVar[type[ComplexAttribute]] = GroupMembership


class Manager(ComplexAttribute):
    """The person's manager, somebody at the same workplace."""

    value: Annotated[str | None, Required.true, CaseExact.true] = None
    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class EnterpriseUser(Extension):
    """What an employer knows of an employee."""

    __schema__ = URN(ENTERPRISE)

    employee_number: Text = None
    department: Text = None
    manager: Manager | None = None
    Manager: ClassVar[type[ComplexAttribute]] = Manager


class GroupMember(ComplexAttribute):
    """Somebody who works in the unit."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A unit of the organisation."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    external_id: Annotated[Text, Uniqueness.server, CaseExact.true] = None
    display_name: Annotated[Text, Required.true] = None
    members: list[GroupMember] | None = None
    Members: ClassVar[type[ComplexAttribute]] = GroupMember


UserResource: type[Resource[Any]] = User[EnterpriseUser]

PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(UserResource), ResourceType.from_resource(Group)],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=MOST_BYTES),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="OAuth Bearer Token",
                description="A service client's access token from POST /larande/v1/auth/token.",
                primary=True,
            )
        ],
    ),
    # What Entra ID sends is not what the standard says, and attributes that are not kept are dropped.
    policy=ScimPolicy(
        unknown=ScimPolicy.Unknown.ignore,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    ),
)
