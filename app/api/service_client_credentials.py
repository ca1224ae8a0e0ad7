"""The secrets of service clients over HTTP: made, looked after, removed; each shown once."""

from typing import Annotated

from fastapi import Path, Response

from app.api.answers import nothing, single
from app.api.dependencies import Call, Creating, Reading, Version, Writing
from app.api.operations import router_of
from app.api.service_clients import ServiceClientId
from app.models.columns import Id
from app.models.service_client_credential import ServiceClientCredentialCreate, ServiceClientCredentialRead
from app.services import service_client_credentials

router = router_of("service-clients")

ServiceClientCredentialId = Annotated[Id, Path(alias="serviceClientCredentialId", description="The secret's id.")]


def _answer(call: Call, credential: ServiceClientCredentialRead, status: int = 200) -> Response:
    return single(call.request, credential, f"/service-client-credentials/{credential.id}", status=status)


@router.post(
    "/service-clients/{serviceClientId}/credentials",
    response_model=ServiceClientCredentialRead,
    status_code=201,
    summary="Make a secret for a service client",
)
async def create_service_client_credential(
    call: Creating, service_client_id: ServiceClientId, credential: ServiceClientCredentialCreate
) -> Response:
    """The answer holds the secret, and nothing ever will again: when it is lost, make another. At most two count at a
    time: give the program the new one, and remove the old one when it is no longer used."""
    made = await call.once(
        lambda: service_client_credentials.create(call.work, service_client_id, credential),
        service_client_credentials.read,
    )
    return _answer(call, made, 201)


@router.get(
    "/service-client-credentials/{serviceClientCredentialId}",
    response_model=ServiceClientCredentialRead,
    summary="Read about a secret",
)
async def read_service_client_credential(
    call: Reading, service_client_credential_id: ServiceClientCredentialId
) -> Response:
    """When it was made, until when it counts and when it was last used; never the secret itself."""
    return _answer(call, await service_client_credentials.read(call.work, service_client_credential_id))


@router.delete("/service-client-credentials/{serviceClientCredentialId}", status_code=204, summary="Remove a secret")
async def delete_service_client_credential(
    call: Writing, version: Version, service_client_credential_id: ServiceClientCredentialId
) -> Response:
    """From this moment nobody gets in with it, nor with a token that was got with it."""
    await service_client_credentials.delete(call.work, service_client_credential_id, version)
    return nothing()
