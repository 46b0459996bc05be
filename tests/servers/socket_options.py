"""An ASGI application that says whether the connections of its server send small packets at once."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers "yes" where every accepted TCP connection has TCP_NODELAY, "no" where one has not; its health is "ok"."""
    if scope["type"] == "http":
        answer = "ok" if scope["path"] == "/_stcore/health" else "yes" if all(accepted()) else "no"
        await PlainTextResponse(answer)(scope, receive, send)


def accepted() -> list[bool]:
    """TCP_NODELAY of each connection that this process accepted."""
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError), socket.socket(fileno=os.dup(number)) as one:
            listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if one.family == socket.AF_INET and one.type == socket.SOCK_STREAM and not listens:
                found.append(bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
    assert found, "no connection was found: the answer would say nothing"
    return found
