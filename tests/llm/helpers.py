"""A client against a loopback server, with pauses that take no time and are written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import Budget, Endpoint
from agentopt_core.events import RequestFinished, Warned
from agentopt_core.llm.budget import BudgetMeter
from agentopt_core.llm.client import OpenAIChatModel
from agentopt_core.llm.limits import ConcurrencyLimiter
from agentopt_core.testing import ListSink

T = TypeVar("T")
KEY = "sk-test-0123456789abcdef"
TOOL = {"type": "function", "function": {"name": "double", "parameters": {"type": "object", "properties": {}}}}
QUESTION = ChatRequest(purpose=Purpose(role="agent"), messages=({"role": "user", "content": "2 + 2?"},))
WITH_TOOL = QUESTION.with_(tools=(TOOL,), tool_choice="auto", parallel_tool_calls=True)


class Client:
    """An `OpenAIChatModel` and everything it tells."""

    def __init__(self, base_url: str, *, budget: Budget | None = None, concurrency: int = 8, **settings: Any) -> None:
        self.pauses: list[float] = []
        self.sink = ListSink()
        self.meter = BudgetMeter(budget or Budget())
        self.limiter = ConcurrencyLimiter(concurrency)
        key = settings.pop("api_key", KEY)
        client = {name: settings.pop(name) for name in ("seed", "policy", "memory", "now") if name in settings}
        endpoint = Endpoint(**{"kind": "openai", "model": "test-model", "base_url": base_url, **settings})
        self.model = OpenAIChatModel(
            endpoint, key, self.sink, self.meter, self.limiter, sleep=self._pause, random=lambda: 1.0, **client
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @property
    def finished(self) -> list[RequestFinished]:
        return [event for event in self.sink.events if isinstance(event, RequestFinished)]

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.sink.events if isinstance(event, Warned)]


def using(base_url: str, work: Callable[[Client], Awaitable[T]], **settings: Any) -> tuple[T, Client]:
    """Run some work with a client inside an event loop, close it, and return what it gave and the client."""

    async def session() -> tuple[T, Client]:
        client = Client(base_url, **settings)
        try:
            return await work(client), client
        finally:
            await client.model.close()

    return asyncio.run(session())


def ask(base_url: str, request: ChatRequest = QUESTION, times: int = 1, **settings: Any) -> tuple[Any, Client]:
    """Ask one after the other. Each outcome is a reply or the error that was raised; alone where `times` is 1."""

    async def work(client: Client) -> Any:
        outcomes = [await outcome_of(client, request) for _ in range(times)]
        return outcomes[0] if times == 1 else outcomes

    return using(base_url, work, **settings)


async def outcome_of(client: Client, request: ChatRequest = QUESTION) -> Any:
    try:
        return await client.model.complete(request)
    except Exception as error:
        return error
