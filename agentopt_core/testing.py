"""Fakes that keep the promises of seams.py, for this project's tests and for yours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from pydantic import JsonValue

from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.events import Event
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionError, ExecutionResult, SandboxLevel, Usage
from agentopt_core.tasks import Attachment
from agentopt_core.words import JsonObject

Reply = str | JsonObject | Exception
"""Text, a whole assistant message, or an error to raise."""


def tool_message(*calls: tuple[str, Mapping[str, JsonValue] | str], content: str = "") -> JsonObject:
    """An assistant message that calls tools: pairs of name and arguments (an object, or the raw text)."""
    return {
        "role": "assistant",
        "content": content or None,
        "tool_calls": [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for number, (name, given) in enumerate(calls, 1)
        ],
    }


class ScriptedModel:
    """A model that answers from a list, in order, or by a function of the request. Keeps all requests."""

    def __init__(self, script: Iterable[Reply] | Callable[[ChatRequest], Reply]) -> None:
        self.requests: list[ChatRequest] = []
        if callable(script):
            self._answer = script
        else:
            replies = iter(script)
            self._answer = lambda _request: next(replies)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The next reply."""
        self.requests.append(request)
        reply = self._answer(request)
        if isinstance(reply, Exception):
            raise reply
        message: JsonObject = {"role": "assistant", "content": reply} if isinstance(reply, str) else reply
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        usage = Usage(requests=1, prompt_tokens=10, completion_tokens=5, cost_usd=0.0)
        return ChatReply(message=message, finish_reason=finish, usage=usage, model="scripted")


class InMemorySandbox:
    """Runs trusted test code in this process. It isolates nothing: never give it a model's code."""

    level: SandboxLevel = "limits"

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, JsonValue]]] = []

    async def call(
        self, function: Function, arguments: Mapping[str, JsonValue], attachments: tuple[Attachment, ...] = ()
    ) -> ExecutionResult:
        """Execute the code and call the function."""
        self.calls.append((function.name, dict(arguments)))
        names: dict[str, object] = {}
        try:
            exec(function.code, names)  # noqa: S102 - test code only, see the class
            value = names[function.name](**arguments)  # type: ignore[operator]
        except Exception as error:
            return ExecutionResult(ok=False, error=ExecutionError(type=type(error).__name__, message=str(error)))
        return ExecutionResult(ok=True, value=value)

    async def load(self, function: Function) -> ExecutionResult:
        """Execute the code."""
        names: dict[str, object] = {}
        try:
            exec(function.code, names)  # noqa: S102 - test code only, see the class
        except Exception as error:
            return ExecutionResult(ok=False, error=ExecutionError(type=type(error).__name__, message=str(error)))
        return ExecutionResult(ok=callable(names.get(function.name)))

    async def shell(self, command: str, attachments: tuple[Attachment, ...] = ()) -> ExecutionResult:
        """There is no shell at this level."""
        return ExecutionResult(ok=False, error=ExecutionError(type="Unavailable", message="There is no shell here."))

    def notebook(self, attachments: tuple[Attachment, ...] = ()) -> InMemoryNotebook:
        """A namespace in this process."""
        return InMemoryNotebook()

    async def close(self) -> None:
        """Nothing to end."""


class InMemoryNotebook:
    """Blocks of trusted test code that share their variables; what one prints is its output."""

    def __init__(self) -> None:
        self._names: dict[str, object] = {}

    async def run(self, code: str) -> ExecutionResult:
        """Execute a block."""
        printed: list[str] = []
        self._names["print"] = lambda *words: printed.append(" ".join(map(str, words)))
        try:
            exec(code, self._names)  # noqa: S102 - test code only, see the class
        except Exception as error:
            failure = ExecutionError(type=type(error).__name__, message=str(error))
            return ExecutionResult(ok=False, stdout="\n".join(printed), error=failure)
        return ExecutionResult(ok=True, stdout="\n".join(printed))

    async def close(self) -> None:
        """Forget all."""
        self._names.clear()


class ListSink:
    """Keeps events in a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Append the event."""
        self.events.append(event)
