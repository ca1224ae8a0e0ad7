"""What endpoints need that let people in: there is no actor yet."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials

from app.api.dependencies import bearer, database_of, now
from app.services.sign_ins import Entrance


async def entrance(request: Request) -> Entrance:
    database = database_of(request)
    return Entrance(database.read, database.write, request.app.state.token_key, now)


In = Annotated[Entrance, Depends(entrance)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
