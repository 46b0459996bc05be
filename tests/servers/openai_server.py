"""An OpenAI-compatible server on loopback that answers as a test tells it to.

with OpenAIServer([error(429, headers={"retry-after": "2"}), reply("hello")]) as server:
    ...  # base URL: server.base_url; afterwards: server.requests, server.most_in_flight
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HELD_S = 20.0
"""Seconds after which even a held answer ends, so that no test hangs."""


@dataclass(frozen=True)
class Seen:
    """A chat request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: dict


@dataclass(frozen=True)
class Answer:
    """What the server sends. `held` keeps it back until the server closes; `close` cuts the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    held: bool = False
    close: bool = False


def raw(body: str | bytes, status: int = 200, content_type: str = "application/json", **headers: str) -> Answer:
    """Any bytes. Header names are written with `_` for `-`."""
    sent = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Answer(status, body.encode() if isinstance(body, str) else body, sent)


def message_reply(message: dict, usage: dict | None, finish_reason: str) -> Answer:
    """A chat completion with that message; `usage` None leaves it out."""
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    if usage is not None:
        completion["usage"] = usage
    return raw(json.dumps(completion))


USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}


def reply(text: str = "hello", usage: dict | None = USAGE) -> Answer:
    """A reply in text."""
    return message_reply({"role": "assistant", "content": text}, usage, "stop")


def tool_call(name: str, arguments: dict | str, usage: dict | None = USAGE) -> Answer:
    """A reply that calls one tool."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": text}}
    return message_reply({"role": "assistant", "content": None, "tool_calls": [call]}, usage, "tool_calls")


def error(
    status: int,
    message: str = "failed on request",
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An error in OpenAI's form."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": param, "code": code}}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})


def held() -> Answer:
    """No answer while the server runs."""
    return Answer(held=True)


def closing() -> Answer:
    """The connection is cut without an answer."""
    return Answer(close=True)


Script = Iterable[Answer] | Callable[[Seen], Answer]


class OpenAIServer:
    """Answers POST .../chat/completions from a list (its last answer repeats) or by a function of the request.

    `key`: the only key it takes; None takes any. `models`: what GET .../models lists, or an answer to it.
    `together`: chat requests wait until so many are in flight, so that a test can see how many come at once.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        key: str | None = None,
        models: Iterable[str] | Answer = ("test-model",),
        together: int = 1,
    ) -> None:
        self.requests: list[Seen] = []
        self.most_in_flight = 0
        self._script = script if callable(script) else list(script) or [reply()]
        self._key = key
        self._models = models if isinstance(models, Answer) else _model_list(models)
        self._together = together
        self._in_flight = 0
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def base_url(self) -> str:
        """What an endpoint is configured with."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def bodies(self) -> list[dict]:
        """The chat requests' bodies, in order of arrival."""
        return [seen.body for seen in self.requests]

    def wait_for(self, requests: int) -> None:
        """Block until so many chat requests arrived; call it through `asyncio.to_thread` inside an event loop."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= requests, HELD_S)

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one HTTP request; called by the server's threads."""
        if self._key is not None and headers.get("authorization") != f"Bearer {self._key}":
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        if method == "GET" and path.endswith("/models"):
            return self._models
        if method != "POST" or not path.endswith("/chat/completions"):
            return error(404, "not found")
        with self._changed:
            seen = Seen(path, dict(headers), json.loads(body))
            number = len(self.requests)
            self.requests.append(seen)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most_in_flight >= self._together, HELD_S)
        answer = self._script(seen) if callable(self._script) else self._script[min(number, len(self._script) - 1)]
        if answer.held:
            self._closed.wait(HELD_S)
        with self._changed:
            self._in_flight -= 1
        return answer


def _model_list(names: Iterable[str]) -> Answer:
    return raw(json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in names]}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = server.answer(
                method, self.path, {name.lower(): value for name, value in self.headers.items()}, body
            )
            if answer.close or answer.held:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
