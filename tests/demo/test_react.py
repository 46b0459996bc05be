"""The demo model asked in the text protocol: the same skill as with tools, seen through the real agent."""

from __future__ import annotations

import asyncio

import pytest

from agentopt_core.agents import make_agent
from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.config import AgentConfig
from agentopt_core.functions import FunctionSet
from agentopt_core.llm.demo.families import FAMILIES
from agentopt_core.llm.demo.transport import completion
from agentopt_core.prompts import default_prompts
from agentopt_core.rollouts import Rollout, Usage
from agentopt_core.tasks import Question
from agentopt_core.testing import InMemorySandbox

from .requests import function_of

QUESTION = "Find 23^187 mod 1009."
ANSWER = str(pow(23, 187, 1009))


class Demo:
    """The demo model without a wire."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    async def complete(self, request: ChatRequest) -> ChatReply:
        body = {"model": "demo", "messages": list(request.messages)}
        if request.tools:
            body["tools"] = list(request.tools)
        return ChatReply(
            message=completion(self._seed, body)["choices"][0]["message"], finish_reason="stop", usage=Usage()
        )


def solved(kind: str, seed: int, question: str = QUESTION, functions: FunctionSet | None = None) -> Rollout:
    agent = make_agent(Demo(seed), InMemorySandbox(), AgentConfig(kind=kind), default_prompts())
    return asyncio.run(agent.solve(Question(id="t", text=question), functions or FunctionSet(), 0))


def learned() -> FunctionSet:
    family = next(family for family in FAMILIES if family.read(QUESTION) is not None)
    return FunctionSet(functions=(function_of(family.drafts[-1]),))


def test_it_calls_a_learned_function_that_is_listed_and_takes_its_result() -> None:
    rollouts = [solved("react", seed, functions=learned()) for seed in range(20)]
    used = [rollout for rollout in rollouts if rollout.calls]
    assert len(used) >= 17
    assert {rollout.answer.text for rollout in used} == {ANSWER}
    assert all(message.tool_calls or "FINAL ANSWER:" in message.content for message in used[0].messages[2::2])


@pytest.mark.parametrize("functions", [FunctionSet(), learned()], ids=["untrained", "trained"])
def test_both_agents_give_the_same_answers_with_it(functions: FunctionSet) -> None:
    def answers(kind: str) -> list[str]:
        texts = [solved(kind, seed, functions=functions).answer.text for seed in range(20)]
        return [text.rsplit(":", 1)[-1].removeprefix("The answer is ").strip(" .") for text in texts]

    assert answers("react") == answers("function_calling")


def test_a_question_it_does_not_know_is_answered_honestly() -> None:
    rollout = solved("react", 0, "Who wrote the oldest cookbook?")
    assert (rollout.ended, rollout.answer.text) == ("answered", "unknown")


def test_without_the_protocol_in_the_prompt_it_speaks_as_before() -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": QUESTION}]}
    message = completion(0, body)["choices"][0]["message"]
    assert "Action 1:" not in str(message["content"])
