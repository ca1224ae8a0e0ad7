"""What endpoints need that let people in: there is no actor yet."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials

from app.api.dependencies import bearer, database_of, now
from app.services.sign_ins import Entrance
from app.services.wall import ENTRANCE


async def entrance(request: Request) -> Entrance:
    database = database_of(request)
    return Entrance(
        partial(database.read, ENTRANCE), partial(database.write, ENTRANCE), request.app.state.token_key, now
    )


In = Annotated[Entrance, Depends(entrance)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
