"""The service on loopback, in a thread of its own, for what asks it as anybody would and knows no event loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from fastapi import FastAPI

from app.serving import server_for
from app.settings import Settings


@contextmanager
def on_loopback(app: FastAPI, settings: Settings, listener: socket) -> Iterator[str]:
    """The address of its root, while it is served as the program serves it, but for what works beside requests.

    Who listens goes on listening, for the next.
    """
    server = server_for(app, settings)
    server.config.lifespan = "off"

    async def serve() -> None:
        await server.serve(sockets=[listener.dup()])
        await app.state.ballot_box.close()
        await app.state.database.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join()


def address_of(listener: socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
