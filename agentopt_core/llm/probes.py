"""The questions a model is asked before it is trusted with a training: call a function, look at a picture."""

from __future__ import annotations

import base64
import struct
import zlib

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import Endpoint
from agentopt_core.llm.capabilities import OPTIONAL, Capabilities, refused_parameter
from agentopt_core.llm.connection import Connection
from agentopt_core.llm.failures import Failure
from agentopt_core.llm.wire import Reply, compose, read_reply
from agentopt_core.words import JsonObject

_PURPOSE = Purpose(role="check")


class Prober:
    """Asks one model over an open connection, without retries but for parameters it refuses."""

    def __init__(self, connection: Connection, endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._capabilities = Capabilities()

    async def call(self) -> tuple[Reply | Failure, bool]:
        """The reply to a request for a function call, and whether the model had to be forced to it."""
        reply = await self._ask(_CALL_REQUEST)
        if isinstance(reply, Failure) or calls_in(reply):
            return reply, False
        forced = await self._ask(_CALL_REQUEST.with_(tool_choice="required"))
        return (reply, False) if isinstance(forced, Failure) else (forced, True)

    async def picture(self) -> Reply | Failure:
        """The reply to the question for the colour of a red square."""
        return await self._ask(_PICTURE_REQUEST)

    async def _ask(self, request: ChatRequest) -> Reply | Failure:
        wanted = compose(request, self._endpoint, seed=0)
        for _ in range(len(OPTIONAL) + 1):
            body = self._capabilities.adapt(wanted)
            data = await self._connection.chat(body)
            reply = data if isinstance(data, Failure) else read_reply(data)
            parameter = refused_parameter(reply, body) if isinstance(reply, Failure) else None
            if parameter is None:
                break
            self._capabilities.learn(parameter)
        return reply


def calls_in(reply: Reply) -> list[str]:
    """The arguments of the calls of the function it was asked to call, as the model wrote them."""
    calls = reply.message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return [
        str(function.get("arguments"))
        for function in functions
        if isinstance(function, dict) and function.get("name") == "add_function"
    ]


_CALL_TOOL: JsonObject = {
    "type": "function",
    "function": {
        "name": "add_function",
        "description": "Add a Python function to the agent.",
        "parameters": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "Name of the function."},
                "code": {"type": "string", "description": "Python source of the function."},
            },
            "required": ["name", "code"],
        },
    },
}
_CALL_REQUEST = ChatRequest(
    purpose=_PURPOSE,
    messages=({"role": "user", "content": "Call add_function with a Python function `double` that doubles a number."},),
    tools=(_CALL_TOOL,),
)
"""The kind of call that training lives on: code as an argument."""


def _red_square(side: int = 64) -> bytes:
    """A PNG of `side` x `side` red pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xff\x00\x00" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


_PICTURE_URL = "data:image/png;base64," + base64.b64encode(_red_square()).decode()
_PICTURE_MESSAGE: JsonObject = {
    "role": "user",
    "content": [
        {"type": "text", "text": "Which colour is this square? Answer with one word."},
        {"type": "image_url", "image_url": {"url": _PICTURE_URL}},
    ],
}
_PICTURE_REQUEST = ChatRequest(purpose=_PURPOSE, messages=(_PICTURE_MESSAGE,))
