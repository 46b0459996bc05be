"""What the tests of the agent share: functions, a question, one call that plays an episode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from agentopt_core.agents import FunctionCallingAgent
from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.config import AgentConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.prompts import default_prompts
from agentopt_core.rollouts import Rollout, Usage
from agentopt_core.seams import ChatModel, Sandbox
from agentopt_core.tasks import Question
from agentopt_core.testing import InMemorySandbox, Reply, ScriptedModel
from agentopt_core.words import JsonObject

QUESTION = Question(id="t1", text="How much is 6 times 7?")


def function(name: str, source: str, /, **properties: str) -> Function:
    """A function whose parameters are all required; keyword -> JSON type."""
    return Function(
        name=name,
        description=f"Does {name}.",
        parameters={
            "type": "object",
            "properties": {key: {"type": kind} for key, kind in properties.items()},
            "required": list(properties),
        },
        code=source,
    )


DOUBLE = function("double", "def double(x):\n    return 2 * x", x="integer")
TRIPLE = function("triple", "def triple(x):\n    return 3 * x", x="integer")
FAIL = function("fail", "def fail(x):\n    raise ValueError(f'no {x}')", x="integer")


def functions(*learned: Function) -> FunctionSet:
    return FunctionSet(functions=learned)


def play(
    script: Iterable[Reply] | Callable[[ChatRequest], Reply] | ChatModel,
    *learned: Function,
    config: AgentConfig | None = None,
    sandbox: Sandbox | None = None,
    question: Question = QUESTION,
) -> tuple[Rollout, list[ChatRequest]]:
    """One episode against a scripted model, and the requests it made."""
    model = script if hasattr(script, "complete") else ScriptedModel(script)
    agent = FunctionCallingAgent(model, sandbox or InMemorySandbox(), config or AgentConfig(), default_prompts())
    rollout = asyncio.run(agent.solve(question, functions(*learned), 0))
    return rollout, model.requests


class RawModel:
    """Answers with whole replies in order, so that a test can choose the finish_reason."""

    def __init__(self, *replies: tuple[JsonObject, str]) -> None:
        self.requests: list[ChatRequest] = []
        self._replies = iter(replies)

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        message, finish_reason = next(self._replies)
        return ChatReply(message=message, finish_reason=finish_reason, usage=Usage(requests=1))


def tool_texts(rollout: Rollout) -> list[str]:
    return [message.content for message in rollout.messages if message.role == "tool"]


def offered(request: ChatRequest) -> list[str]:
    return [tool["function"]["name"] for tool in request.tools]


def final(answer: str) -> JsonObject:
    """The reply that ends an episode."""
    call = {"id": "call_end", "type": "function"}
    call["function"] = {"name": "final_answer", "arguments": f'{{"answer": "{answer}"}}'}
    return {"role": "assistant", "content": None, "tool_calls": [call]}
