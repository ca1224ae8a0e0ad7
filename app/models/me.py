"""What signed-in people see of themselves."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.models.base import Output, Resource
from app.models.bounds import Few, Many, Phrase
from app.models.columns import Count, DateOnly, Id, Language, Moment
from app.models.party import Side
from app.models.person import Role
from app.models.service_client import Scope, ServiceClientKind, ServiceClientName


class MyOrganisation(Output):
    """The workplace one belongs to."""

    id: Id
    name: Phrase = Field(json_schema_extra={"example": "Myndigheten för havs- och vattenkunskap"})
    short_name: Phrase | None = Field(description="Null: it has none.", json_schema_extra={"example": "MHV"})


class MyMandate(Output):
    """One's appointment to speak for a party, valid today."""

    id: Id
    organisation_id: Id
    party_id: Id
    party_name: Phrase = Field(json_schema_extra={"example": "Saco-S"})
    side: Side
    function: Phrase = Field(json_schema_extra={"example": "Ordförande"})
    working_group_id: Id | None = Field(description="The only table it counts at; null: everywhere for the party.")
    valid_from: DateOnly
    valid_to: DateOnly | None = Field(description="The last day, inclusive; null: until further notice.")


class MeRead(Resource):
    """Oneself: name, workplace, roles, and the mandates valid today in Sweden."""

    kind: Literal["person"] = Field(description="A person, and no service client.")
    name: Phrase = Field(json_schema_extra={"example": "Anna Berg"})
    email: Phrase = Field(json_schema_extra={"example": "anna.berg@havochvatten.example"})
    language: Language
    roles: Few[Role]
    organisation: MyOrganisation | None = Field(description="Null for those who run the installation.")
    mandates: Many[MyMandate] = Field(description="In the order they were given.")
    facilitated_sessions: Count = Field(
        description="How many dialogue sessions one leads or has led.", json_schema_extra={"example": 2}
    )


class ServiceClientMeRead(Resource):
    """A service client as it sees itself: for whom it works, and what it may do now."""

    name: ServiceClientName
    kind: ServiceClientKind
    organisation: MyOrganisation
    scopes: Few[Scope] = Field(
        description="Those that give something now, as far as the token was asked for them.",
        json_schema_extra={"example": ["records:read"]},
    )
    pending_scopes: Few[Scope] = Field(
        description="Those that wait for the consent of both sides, and give nothing until then.",
        json_schema_extra={"example": []},
    )
    expires_at: Moment


_ME = "#/components/schemas/"
Me = TypeAliasType(
    "Me",
    Annotated[
        MeRead | ServiceClientMeRead,
        Field(
            description="Whoever asks: a person or a service client.",
            # By hand, since `kind` of a service client is one of two words.
            json_schema_extra={
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {
                        "person": f"{_ME}MeRead",
                        **{kind.value: f"{_ME}ServiceClientMeRead" for kind in ServiceClientKind},
                    },
                }
            },
        ),
    ],
)
"""What `read_me` answers."""
