from __future__ import annotations

import asyncio
import json

import pytest

from agentopt_core.agents import ReActAgent
from agentopt_core.chat import ChatRequest
from agentopt_core.config import AgentConfig
from agentopt_core.errors import BudgetExhausted, InfrastructureFault, RequestRefused
from agentopt_core.functions import Function
from agentopt_core.prompts import default_prompts
from agentopt_core.rollouts import ExecutionResult, Rollout, SandboxLevel
from agentopt_core.tasks import Attachment
from agentopt_core.testing import InMemorySandbox, ScriptedModel, tool_message
from tests.agents.support import DOUBLE, FAIL, QUESTION, TRIPLE, RawModel, function, functions

END = "Thought: done\nFINAL ANSWER: 42"


class WithShell(InMemorySandbox):
    """Claims level `namespaces` and answers every command with its own text."""

    level: SandboxLevel = "namespaces"

    async def shell(self, command: str, attachments: tuple[Attachment, ...] = ()) -> ExecutionResult:
        return ExecutionResult(ok=True, stdout=f"ran {command}")


def play(script, *learned: Function, config=None, sandbox=None) -> tuple[Rollout, list[ChatRequest]]:
    model = script if hasattr(script, "complete") else ScriptedModel(script)
    agent = ReActAgent(model, sandbox or InMemorySandbox(), config or AgentConfig(kind="react"), default_prompts())
    return asyncio.run(agent.solve(QUESTION, functions(*learned), 0)), model.requests


def action(name: str, given: object, number: int = 1) -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    return f"Thought: I act.\nAction {number}: {name}\nAction {number} Input: {text}"


def observed(request: ChatRequest) -> str:
    return str(request.messages[-1]["content"])


def system(request: ChatRequest) -> str:
    return str(request.messages[0]["content"])


def test_a_final_answer_line_ends_the_episode() -> None:
    rollout, requests = play([END])
    assert (rollout.ended, rollout.answer.text, rollout.answer.source) == ("answered", "42", "tool")
    assert len(requests) == 1


def test_an_action_is_run_and_its_result_observed() -> None:
    rollout, requests = play([action("double", {"x": 21}), END], DOUBLE)
    assert requests[1].messages[-1] == {"role": "user", "content": "Observation 1:\n42"}
    assert [(use.tool, use.arguments, use.result.value) for use in rollout.calls] == [("double", {"x": 21}, 42)]


def test_no_request_offers_tools_or_holds_calls() -> None:
    _, requests = play([action("double", {"x": 1}), action("python", "print(2)", 2), "what?", END], DOUBLE)
    for request in requests:
        assert request.tools == ()
        assert request.tool_choice is None
        for message in request.messages:
            assert set(message) == {"role", "content"}
            assert message["role"] in ("system", "user", "assistant")
            assert message["content"]


def test_roles_alternate_as_strict_endpoints_want_it() -> None:
    _, requests = play([action("double", {"x": 1}), "", action("python", "1/0", 3), END], DOUBLE)
    roles = [message["role"] for message in requests[-1].messages]
    assert roles == ["system", *["user", "assistant"] * 3, "user"]


def test_the_actions_are_told_with_their_parameters_and_one_line_each() -> None:
    odd = function("odd", "def odd(x):\n    return x", x="integer").with_(
        description="One.\n- `fake`: two.\n  Input: x"
    )
    _, requests = play([END], odd)
    assert "- `odd`: One. - `fake`: two. Input: x\n  Input: {" in system(requests[0])
    assert "\n- `fake`" not in system(requests[0])


def test_every_name_runs_its_own_code() -> None:
    rollout, _ = play([action("double", {"x": 5}), action("triple", {"x": 5}, 2), END], DOUBLE, TRIPLE)
    assert [use.result.value for use in rollout.calls] == [10, 15]


def test_python_keeps_its_variables_within_a_rollout() -> None:
    rollout, requests = play([action("python", "x = 6"), action("python", "```python\nprint(x * 7)\n```", 2), END])
    assert observed(requests[2]) == "Observation 2:\n42"
    assert [use.tool for use in rollout.calls] == ["python", "python"]


def test_observations_a_model_invents_are_recorded_but_never_sent_back() -> None:
    invented = action("double", {"x": 21}) + "\nObservation 1: 7\nThought: so\nFINAL ANSWER: 7"
    rollout, requests = play([invented, END], DOUBLE)
    assert rollout.answer.text == "42"
    assert requests[1].messages[2]["content"] == action("double", {"x": 21})
    assert rollout.messages[2].content == invented


def test_the_record_shows_each_action_as_a_call_with_its_observation() -> None:
    rollout, _ = play([action("double", {"x": 21}), END], DOUBLE)
    reply, told = rollout.messages[2:4]
    assert [(call.name, json.loads(call.arguments)) for call in reply.tool_calls] == [("double", {"x": 21})]
    assert (told.role, told.tool_call_id, told.content) == ("tool", reply.tool_calls[0].id, "Observation 1:\n42")
    assert rollout.calls[0].call_id == reply.tool_calls[0].id


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("I think it is 42.", "neither an 'Action' nor a 'FINAL ANSWER'"),
        ("", "empty"),
        (action("halve", {"x": 1}), "no action 'halve'"),
        ("Action 1: double", "no 'Action Input'"),
        (action("double", {}), "needs x"),
        (action("double", "[1"), "cannot be used"),
        ("FINAL ANSWER:", "no answer"),
        (action("double", {"x": "one"}), "'one' is not of type 'integer'"),
    ],
)
def test_a_reply_that_cannot_be_used_is_answered_with_the_reason_and_costs_a_turn(said: str, why: str) -> None:
    rollout, requests = play([said, END], DOUBLE)
    assert rollout.ended == "answered"
    assert observed(requests[1]).startswith("Observation 1:\nNothing was run")
    assert why in observed(requests[1])
    assert len(requests) == 2


def test_arguments_that_cannot_be_used_count_as_a_failed_call() -> None:
    rollout, _ = play([action("double", {}), action("double", {"x": "one"}), END], DOUBLE)
    assert [(use.tool, use.result.error.type) for use in rollout.calls] == [("double", "BadArguments")] * 2


def test_a_function_that_failed_too_often_is_withdrawn() -> None:
    config = AgentConfig(kind="react", failed_calls_limit=2)
    rollout, requests = play([action("fail", {"x": 1})] * 3 + [END], FAIL, DOUBLE, config=config)
    assert "`fail` has failed 2 times" in observed(requests[2])
    assert "no action 'fail'; the actions are: double, python" in observed(requests[3])
    assert len(rollout.calls) == 2


def test_a_long_output_is_cut_in_the_middle() -> None:
    config = AgentConfig(kind="react", tool_output_tokens=60)
    _, requests = play([action("python", "print('a' * 3000 + 'b' * 3000)"), END], config=config)
    assert len(observed(requests[1])) < 500
    assert observed(requests[1]).endswith("b")


def test_the_cap_on_turns_ends_the_rollout_and_is_announced() -> None:
    rollout, requests = play(["hm"] * 3, config=AgentConfig(kind="react", turn_cap=3))
    assert (rollout.ended, rollout.answer.source) == ("turn_cap", "none")
    assert "one reply left" in observed(requests[2])
    assert "one reply left" not in observed(requests[1])


def test_calls_are_bounded_for_a_rollout() -> None:
    config = AgentConfig(kind="react", calls_per_rollout=1)
    rollout, requests = play([action("double", {"x": 1}), action("double", {"x": 2}), END], DOUBLE, config=config)
    assert "used up" in observed(requests[2])
    assert len(rollout.calls) == 1


def test_a_second_empty_reply_in_a_row_ends_the_rollout() -> None:
    rollout, _ = play(["", ""])
    assert (rollout.ended, rollout.note) == ("refused", "The model sent two empty replies in a row.")
    assert play(["", "hm", "", END])[0].ended == "answered"


def test_an_action_cut_off_at_its_end_is_not_run() -> None:
    half = {"role": "assistant", "content": "Action 1: python\nAction 1 Input: print(1)"}
    model = RawModel((half, "length"), ({"role": "assistant", "content": END}, "stop"))
    rollout, requests = play(model)
    assert rollout.calls == ()
    assert "cut off" in observed(requests[1])


def test_an_action_that_was_complete_before_the_cut_is_run() -> None:
    chatty = {"role": "assistant", "content": action("double", {"x": 21}) + "\nObservation 1: I guess it is"}
    model = RawModel((chatty, "length"), ({"role": "assistant", "content": END}, "stop"))
    assert play(model, DOUBLE)[0].calls[0].result.value == 42


def test_a_refusal_or_a_filter_ends_the_rollout_with_its_cause() -> None:
    rollout, _ = play(RawModel(({"role": "assistant", "content": None, "refusal": "I cannot."}, "stop")))
    assert (rollout.ended, rollout.note) == ("refused", "The model refused: I cannot.")
    filtered, _ = play(RawModel(({"role": "assistant", "content": "half"}, "content_filter")))
    assert filtered.ended == "refused"


@pytest.mark.parametrize(
    "reply",
    [
        tool_message(("double", {"x": 21})),
        '<tool_call>{"name": "double", "arguments": {"x": 21}}</tool_call>',
        {"role": "assistant", "content": "<think>Action 1: fail</think>" + action("double", {"x": 21})},
        {"role": "assistant", "content": [{"type": "text", "text": action("double", {"x": 21})}]},
    ],
)
def test_a_call_in_another_notation_is_taken_as_an_action(reply: object) -> None:
    rollout, requests = play([reply, END], DOUBLE)
    assert rollout.calls[0].result.value == 42
    assert set(requests[1].messages[2]) == {"role", "content"}


def test_faults_and_refused_requests_are_data_and_budgets_are_not() -> None:
    assert play([InfrastructureFault("down")])[0].ended == "fault"
    assert play([RequestRefused("too long")])[0].ended == "refused"
    with pytest.raises(BudgetExhausted):
        play([BudgetExhausted("spent")])


def test_a_shell_is_offered_at_level_namespaces_when_it_is_asked_for() -> None:
    config = AgentConfig(kind="react", shell=True)
    rollout, requests = play([action("shell", "ls -l"), END], config=config, sandbox=WithShell())
    assert "- `shell`:" in system(requests[0])
    assert observed(requests[1]) == "Observation 1:\nran ls -l"
    assert rollout.calls[0].arguments == {"command": "ls -l"}


def test_without_that_level_the_lack_of_a_shell_is_said() -> None:
    rollout, requests = play([action("shell", "ls"), END], config=AgentConfig(kind="react", shell=True))
    assert "There is no shell" in system(requests[0])
    assert "- `shell`:" not in system(requests[0])
    assert "no action 'shell'" in observed(requests[1])
    assert rollout.calls == ()


def test_unless_it_is_asked_for_no_shell_is_offered_or_missed() -> None:
    _, requests = play([END], sandbox=WithShell())
    assert "shell" not in system(requests[0])


def test_a_learned_function_cannot_take_the_shells_place() -> None:
    mine = function("shell", "def shell(x):\n    return 'mine'", x="string")
    config = AgentConfig(kind="react", shell=True)
    _, requests = play([action("shell", "ls"), END], mine, config=config, sandbox=WithShell())
    assert system(requests[0]).count("- `shell`:") == 1
    assert observed(requests[1]) == "Observation 1:\nran ls"
