from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from agentopt_core.agents import AGENTS, FunctionCallingAgent, ReActAgent, make_agent
from agentopt_core.config import AGENT_KINDS, AgentConfig, parse_word
from agentopt_core.errors import ConfigError
from agentopt_core.prompts import default_prompts
from agentopt_core.testing import InMemorySandbox, ScriptedModel
from tests.agents import own_agent
from tests.agents.support import QUESTION, functions


def made(kind: str):
    return make_agent(ScriptedModel(["forty-two"]), InMemorySandbox(), AgentConfig(kind=kind), default_prompts())


def test_every_kind_that_can_be_named_is_registered() -> None:
    assert set(AGENTS) == set(AGENT_KINDS)
    assert isinstance(made("function_calling"), FunctionCallingAgent)
    assert isinstance(made("react"), ReActAgent)


def test_an_agent_of_ones_own_is_named_by_module_and_object() -> None:
    agent = made("tests.agents.own_agent:OneShot")
    rollout = asyncio.run(agent.solve(QUESTION, functions(), 0))
    assert (rollout.answer.text, rollout.ended) == ("forty-two", "answered")


def test_the_example_of_the_documents_is_an_agent() -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(class OneShot.*?)```", text, re.DOTALL)
    names = dict(vars(own_agent))
    exec(example, names)
    agent = names["OneShot"](ScriptedModel(["forty-two"]), InMemorySandbox(), AgentConfig(), default_prompts(), None)
    rollout = asyncio.run(agent.solve(QUESTION, functions(), 0))
    assert (rollout.answer.text, [message.role for message in rollout.messages]) == ("forty-two", ["user", "assistant"])


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("tests.agents.nowhere:OneShot", "cannot be imported: ModuleNotFoundError"),
        ("tests.agents.own_agent:TwoShots", "has no class or function 'TwoShots'"),
        ("tests.agents.own_agent:NO_FACTORY", "has no class or function 'NO_FACTORY'"),
        ("tests.agents.own_agent:breaks", "cannot be made: ValueError: not today"),
        ("tests.agents.own_agent:gives_nothing", "has no method 'solve'"),
    ],
)
def test_what_is_wrong_with_it_is_said_with_the_next_move(kind: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as raised:
        made(kind)
    assert raised.value.hint


@pytest.mark.parametrize("kind", ["", "reakt", "module", "module:", ":name", "a b:c", "../x:y", "m:f()"])
def test_a_kind_that_names_nothing_is_refused(kind: str) -> None:
    with pytest.raises(ConfigError, match="module:object"):
        parse_word(AgentConfig, {"kind": kind})


def test_the_paper_s_agent_is_the_default() -> None:
    assert AgentConfig().kind == "function_calling"
    assert not AgentConfig().shell
