"""The demo model's endpoint inside this process: the chat completions API as an httpx2 transport."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx2
from pydantic import JsonValue

from agentopt_core.config import DEMO_MODEL
from agentopt_core.llm.demo import agent, judge, optimizer, react
from agentopt_core.llm.demo.messages import Said, as_text
from agentopt_core.llm.demo.tools import offered
from agentopt_core.words import JsonObject, digest

CREATED = 1_700_000_000
"""The time in every reply, in seconds since 1970: a reply depends on the request alone."""
CHARACTERS_PER_TOKEN = 4
TOKENS_PER_IMAGE = 1000
_IMAGE = re.compile(r"data:image/[\w.+-]+;base64,[\w+/=]*")


@dataclass(frozen=True)
class Fault:
    """An answer as a faulty endpoint gives it: a status with a message, a body that is no JSON, or no answer at all."""

    status: int = 500
    message: str = "The demo endpoint fails, as asked."
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """Sent as it is in place of an error object."""
    raises: type[httpx2.TransportError] | None = None
    """Raised in place of any answer."""


FAULTS = {
    "demo-401": Fault(401, "Incorrect API key provided.", "invalid_api_key"),
    "demo-404": Fault(404, "The model `demo-404` does not exist.", "model_not_found", "model"),
    "demo-429": Fault(429, "Rate limit reached.", "rate_limit_exceeded", headers={"Retry-After": "0.05"}),
    "demo-quota": Fault(429, "You exceeded your current quota.", "insufficient_quota"),
    "demo-500": Fault(500, "The server had an error."),
    "demo-503": Fault(503, "The server is overloaded."),
    "demo-too-long": Fault(
        400, "This model's maximum context length is 8 tokens.", "context_length_exceeded", "messages"
    ),
    "demo-no-json": Fault(200, body="<html><body>It works!</body></html>"),
    "demo-timeout": Fault(raises=httpx2.ReadTimeout),
    "demo-down": Fault(raises=httpx2.ConnectError),
}
"""Models that fail every time, by name."""


class DemoTransport(httpx2.AsyncBaseTransport):
    """Answers POST .../chat/completions and GET .../models as an OpenAI-compatible endpoint does.

    A reply is a pure function of seed and request: the same run killed and resumed gets the same replies, in whatever
    order it asks. `latency_ms` is the time one reply takes, in milliseconds. `faults` are for tests: they are used up
    one per chat request, None standing for a good answer; a model named in `FAULTS` fails every time.
    """

    def __init__(self, seed: int = 0, latency_ms: float = 0.0, faults: Iterable[Fault | None] = ()) -> None:
        self._seed = seed
        self._latency_s = latency_ms / 1000
        self._faults: Iterator[Fault | None] = iter(faults)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request.

        Raises: an httpx2.TransportError where a fault asks for it.
        """
        raw = await request.aread()
        path = request.url.path.rstrip("/")
        if request.method == "GET" and path.endswith("/models"):
            model = {"id": DEMO_MODEL, "object": "model", "created": CREATED, "owned_by": "agentopt"}
            return httpx2.Response(200, json={"object": "list", "data": [model]}, request=request)
        if request.method != "POST" or not path.endswith("/chat/completions"):
            return _failed(Fault(404, f"Unknown request: {request.method} {path}."), request)
        await asyncio.sleep(self._latency_s)
        return self._chat(raw, request)

    def _chat(self, raw: bytes, request: httpx2.Request) -> httpx2.Response:
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            return _failed(Fault(400, "The body must be a JSON object with messages.", param="messages"), request)
        model = str(body.get("model"))
        fault = next(self._faults, None) or FAULTS.get(model)
        if fault is None and model != DEMO_MODEL:
            fault = Fault(404, f"The model `{model}` does not exist.", "model_not_found", "model")
        if fault is None and body.get("stream"):
            fault = Fault(400, "The demo model does not stream.", "unsupported_value", "stream")
        if fault is not None:
            return _failed(fault, request)
        return httpx2.Response(200, json=completion(self._seed, body), request=request)


def completion(seed: int, body: JsonObject) -> JsonObject:
    """The reply to a chat request, in the JSON of the API."""
    plays = optimizer if "add_function" in offered(body) else react if react.is_asked(body) else agent
    said = judge.verdict(body) or plays.reply(seed, body)
    key = digest([seed, body], 24)
    if not body.get("tools"):
        said = Said(as_text(said))
    message: JsonObject = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.calls:
        message["tool_calls"] = _tool_calls(said, key)
    prompt, written = _tokens(body.get("messages")) + _tokens(body.get("tools")), _tokens(message)
    return {
        "id": f"chatcmpl-{key}",
        "object": "chat.completion",
        "created": CREATED,
        "model": DEMO_MODEL,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": "tool_calls" if said.calls else "stop",
            }
        ],
        "usage": {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written},
    }


def _tool_calls(said: Said, key: str) -> list[JsonValue]:
    return [
        {
            "id": f"call_{digest([key, place], 20)}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for place, call in enumerate(said.calls)
    ]


def _tokens(value: JsonValue) -> int:
    if not value:
        return 0
    text, images = _IMAGE.subn("", json.dumps(value, ensure_ascii=False))
    return -(-len(text) // CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE


def _failed(fault: Fault, request: httpx2.Request) -> httpx2.Response:
    if fault.raises:
        raise fault.raises(fault.message, request=request)
    if fault.body is not None:
        return httpx2.Response(fault.status, text=fault.body, headers=fault.headers, request=request)
    kind = "invalid_request_error" if fault.status < 500 else "server_error"
    error = {"message": fault.message, "type": kind, "param": fault.param, "code": fault.code}
    return httpx2.Response(fault.status, json={"error": error}, headers=fault.headers, request=request)
