"""What endpoints need that let people in: there is no actor yet."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials

from app.api.dependencies import address_of, bearer, database_of, now
from app.services.places import Place
from app.services.sign_ins import Entrance
from app.services.wall import ENTRANCE

DEVICE_COOKIE = "__Host-larande-device"


async def entrance(request: Request) -> Entrance:
    database = database_of(request)
    return Entrance(
        partial(database.read, ENTRANCE), partial(database.write, ENTRANCE), request.app.state.token_key, now
    )


def place_of(request: Request, idempotency_key: str | None = None) -> Place:
    return Place(address_of(request), request.cookies.get(DEVICE_COOKIE), idempotency_key)


In = Annotated[Entrance, Depends(entrance)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
