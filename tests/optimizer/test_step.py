"""One step of Algorithm 1."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.chat import ChatRequest
from agentopt_core.config import OptimizerConfig
from agentopt_core.errors import ConfigError, InfrastructureFault, RequestRefused
from agentopt_core.events import ProposalRefused, StepStarted
from agentopt_core.optimizer import AgentOptimizer
from agentopt_core.optimizer.conversation import request_tokens
from agentopt_core.prompts import PromptBook, default_prompts
from agentopt_core.rollouts import Evaluation
from agentopt_core.testing import InMemorySandbox, ListSink, Reply, ScriptedModel, tool_message
from agentopt_core.words import JsonObject
from tests.optimizer.helpers import AREA_CODE, PACKAGES, add, evaluation, fields, functions, message_text, rollout

ACCEPTED = evaluation(rollout("t1", True), rollout("t2", False))
BROKEN = add(name="side", code="def side(width, height)\n    return 1\n")


def good(name: str) -> tuple[str, dict[str, Any]]:
    return add(name=name, code=AREA_CODE.replace("area", name))


def one(call: tuple[str, Any]) -> JsonObject:
    return tool_message(call)


class Run:
    """A step against a scripted model, and all there is to see of it."""

    def __init__(
        self,
        *script: Reply,
        accepted: Evaluation = ACCEPTED,
        record: tuple[Withdrawn, ...] = (),
        prompts: PromptBook | None = None,
        **config: Any,
    ) -> None:
        self.model = ScriptedModel(script)
        self.sink = ListSink()
        optimizer = AgentOptimizer(
            self.model, InMemorySandbox(), OptimizerConfig(**config), prompts or default_prompts(), self.sink, PACKAGES
        )
        self.update: Update = asyncio.run(optimizer.step(7, accepted, record))

    @property
    def names(self) -> list[str]:
        return [f"{action.op} {action.name}" for action in self.update.actions]

    @property
    def refused(self) -> list[tuple[str, int]]:
        return [(refusal.code, refusal.attempt) for refusal in self.update.refusals]

    def prompt(self, number: int) -> str:
        return message_text(self.model.requests[number].messages[1])

    def after(self, number: int) -> list[JsonObject]:
        return list(self.model.requests[number].messages[2:])


def test_a_step_takes_at_most_max_actions_one_request_each() -> None:
    run = Run(*(one(good(name)) for name in "abc"), max_actions=3)
    assert run.names == ["add a", "add b", "add c"]
    assert run.update.ended == "max_actions"
    assert len(run.model.requests) == 3
    assert run.update.apply(ACCEPTED.functions).names == ("area", "a", "b", "c")


def test_each_request_shows_list_b_with_the_actions_taken_so_far() -> None:
    run = Run(one(good("a")), one(("remove_function", {"name": "area"})), "TERMINATE")
    assert [f"{k} taken, {3 - k} left." in run.prompt(k) for k in range(3)] == [True, True, True]
    lists = [text.split("## List B")[1].split("## Success")[0] for text in map(run.prompt, range(3))]
    assert [('"name": "area"' in text, '"name": "a"' in text) for text in lists] == [
        (True, False),
        (True, True),
        (False, True),
    ]
    assert all('"name": "area"' in run.prompt(k).split("## List B")[0] for k in range(3))
    assert run.after(1) == run.after(2) == []


def test_several_calls_in_one_reply_are_several_actions_cut_at_the_limit() -> None:
    run = Run(tool_message(*(good(name) for name in "abcd")), max_actions=3)
    assert run.names == ["add a", "add b", "add c"]
    assert run.refused == [("too_many_actions", 1)]
    assert len(run.model.requests) == 1


def test_terminate_ends_the_step_at_once() -> None:
    run = Run(one(good("a")), "TERMINATE")
    assert run.names == ["add a"]
    assert run.update.ended == "terminate"
    assert Run("TERMINATE").update == Update(ended="terminate", rationale="TERMINATE")


def test_what_the_optimizer_wrote_beside_its_calls_is_kept() -> None:
    run = Run(tool_message(good("a"), content="t2 needs a."), "All is well. TERMINATE")
    assert run.update.rationale == "t2 needs a.\n\nAll is well. TERMINATE"


def test_the_tools_are_three_with_five_strings() -> None:
    request = Run("TERMINATE").model.requests[0]
    tools: Any = {tool["function"]["name"]: tool["function"]["parameters"] for tool in request.tools}  # type: ignore[index,call-overload]
    assert list(tools) == ["add_function", "revise_function", "remove_function"]
    five = ["name", "description", "arguments", "packages", "code"]
    assert tools["add_function"]["required"] == tools["revise_function"]["required"] == five
    assert {entry["type"] for entry in tools["add_function"]["properties"].values()} == {"string"}
    assert tools["remove_function"]["required"] == ["name"]
    assert (request.purpose.role, request.purpose.step) == ("optimizer", 7)


def test_the_system_prompt_names_the_packages_that_can_be_imported() -> None:
    assert "scipy, sympy" in message_text(Run("TERMINATE").model.requests[0].messages[0])


def test_a_refused_call_goes_back_with_its_reason_and_the_retry_counts() -> None:
    run = Run(one(BROKEN), one(good("side")), "TERMINATE")
    assert run.names == ["add side"]
    assert run.refused == [("syntax_error", 1)]
    reply, answer = run.after(1)
    assert reply["tool_calls"][0]["function"]["name"] == "add_function"  # type: ignore[index,call-overload]
    assert answer["role"] == "tool"
    assert answer["tool_call_id"] == reply["tool_calls"][0]["id"]  # type: ignore[index,call-overload]
    assert "syntax_error" in message_text(answer)
    assert "line 1" in message_text(answer)
    assert run.after(2) == []


def test_each_call_of_a_reply_gets_its_own_answer() -> None:
    run = Run(tool_message(good("a"), BROKEN, good("b")), one(good("side")))
    assert run.names == ["add a", "add b", "add side"]
    answers = [message_text(message) for message in run.after(1)[1:]]
    assert [text.split()[0] for text in answers] == ["Accepted:", "Refused", "Accepted:"]


def test_a_reply_without_a_call_is_answered_by_a_plain_message() -> None:
    run = Run("I would add a function.", one(good("a")), "TERMINATE")
    assert run.refused == [("no_action", 1)]
    assert [message["role"] for message in run.after(1)] == ["assistant", "user"]
    assert "TERMINATE" in message_text(run.after(1)[1])


def test_a_call_written_as_text_is_answered_by_a_plain_message() -> None:
    written = f"```json\n{json.dumps({'name': 'add_function', 'arguments': BROKEN[1]})}\n```"
    run = Run(written, one(good("side")), "TERMINATE")
    assert [message["role"] for message in run.after(1)] == ["assistant", "user"]
    assert "syntax_error" in message_text(run.after(1)[1])


def test_an_action_is_given_up_after_its_retries_and_the_step_goes_on() -> None:
    run = Run(*[one(BROKEN)] * 3, one(good("a")), max_actions=2, retries=2)
    assert run.names == ["add a"]
    assert run.refused == [("syntax_error", 1), ("syntax_error", 2), ("syntax_error", 3)]
    assert run.update.ended == "max_actions"


def test_a_step_without_a_valid_action_ends_visibly() -> None:
    run = Run(*[one(BROKEN)] * 4, max_actions=2, retries=1)
    assert run.update.ended == "no_valid_action"
    assert run.refused == [("syntax_error", 1), ("syntax_error", 2)] * 2
    assert run.update.apply(ACCEPTED.functions) == ACCEPTED.functions


def test_a_model_that_never_calls_a_tool_is_not_asked_for_every_action() -> None:
    run = Run(*["Let me think."] * 3, retries=2)
    assert run.update.ended == "no_valid_action"
    assert len(run.model.requests) == 3


def test_a_model_that_stops_calling_tools_ends_the_step_with_what_it_did() -> None:
    run = Run(one(good("a")), *["That is all."] * 3, retries=2)
    assert run.names == ["add a"]
    assert run.update.ended == "terminate"


def test_every_refusal_is_an_event_and_the_step_begins_with_one() -> None:
    run = Run(one(BROKEN), "Hm.", one(good("a")), "TERMINATE")
    started, *refused = run.sink.events
    assert isinstance(started, StepStarted)
    assert (started.step, started.accepted_evaluation) == (7, ACCEPTED.index)
    assert started.prompt_tokens == request_tokens(run.model.requests[0])
    assert [event.refusal for event in refused if isinstance(event, ProposalRefused)] == list(run.update.refusals)
    assert [event.step for event in refused if isinstance(event, ProposalRefused)] == [7, 7]


def test_the_failure_record_is_shown() -> None:
    record = (Withdrawn(functions=functions("harmful"), accuracy=0.25, n=8, reason="worse than 4/8"),)
    assert "success rate 25.0 % (2/8): worse than 4/8" in Run("TERMINATE", record=record).prompt(0)


def test_a_request_the_endpoint_refuses_is_tried_again_with_a_shorter_prompt() -> None:
    long = evaluation(*(rollout(f"t{i}", False, "words " * 3000) for i in range(30)))
    run = Run(RequestRefused("The prompt is too long."), one(good("a")), "TERMINATE", accepted=long)
    assert run.names == ["add a"]
    assert run.refused == [("request_refused", 1)]
    sizes = [request_tokens(request) for request in run.model.requests]
    assert sizes[0] > 15_000
    assert sizes[1] <= 12_000


def test_an_endpoint_that_is_down_is_not_the_optimizers_fault() -> None:
    with pytest.raises(InfrastructureFault):
        Run(InfrastructureFault("down"))


@pytest.mark.parametrize("budget", [2_500, 10_000])
def test_no_request_exceeds_the_budget_whatever_the_conversation_holds(budget: int) -> None:
    huge = add(name="side", code="def side(width, height)\n" + "    x = 'some long text'\n" * 1000)
    wide = tool_message(*[huge] * 30, content="thinking " * 20_000)
    long = evaluation(*(rollout(f"t{i}", i % 2 == 0, "words " * 2000) for i in range(60)))
    script = [wide, one(("x" * 500, "{" * 50_000)), "words " * 20_000, wide, one(huge), wide, "TERMINATE"]
    run = Run(*script, accepted=long, prompt_tokens=budget, retries=10, max_actions=20)
    assert len(run.model.requests) == 7
    assert all(request_tokens(request) <= budget for request in run.model.requests)


def test_the_default_prompts_fit_the_smallest_budget_that_can_be_set() -> None:
    for progressive in (True, False):
        assert Run("TERMINATE", prompt_tokens=2_000, progressive=progressive).update.ended == "terminate"


def test_prompt_texts_beyond_the_budget_are_a_setup_error() -> None:
    prompts = default_prompts()
    longer = prompts.changed({"optimizer_system": "long " * 3000 + "{{packages}}"})
    with pytest.raises(ConfigError, match="prompt_tokens"):
        Run("TERMINATE", prompts=longer, prompt_tokens=2_000)


def test_calls_go_back_as_json_under_legal_names_whatever_was_written() -> None:
    run = Run(one(("functions.no such/tool", "{broken")), "TERMINATE")
    function: Any = run.after(1)[0]["tool_calls"][0]["function"]  # type: ignore[index,call-overload]
    assert function["name"].replace("_", "").isalnum()
    assert json.loads(function["arguments"]) == {"unreadable": "{broken"}


def test_repeated_call_ids_are_told_apart() -> None:
    message: Any = tool_message(BROKEN, BROKEN)
    for call in message["tool_calls"]:
        call["id"] = "same"
    reply, *answers = Run(message, "TERMINATE").after(1)
    ids = [call["id"] for call in reply["tool_calls"]]  # type: ignore[union-attr,index,call-overload]
    assert len(set(ids)) == 2  # type: ignore[arg-type]
    assert [answer["tool_call_id"] for answer in answers] == ids


class TestWithoutProgressiveUpdate:
    """The paper's ablation: each step returns a whole new set."""

    def test_the_set_is_written_anew_in_one_reply(self) -> None:
        run = Run(tool_message(good("a"), good("b")), progressive=False)
        assert run.update.from_scratch
        assert run.update.ended == "complete_set"
        assert run.update.apply(ACCEPTED.functions).names == ("a", "b")
        assert len(run.model.requests) == 1

    def test_only_adding_is_offered_and_list_b_starts_empty(self) -> None:
        run = Run(one(good("a")), "TERMINATE", progressive=False)
        request = run.model.requests[0]
        assert [tool["function"]["name"] for tool in request.tools] == ["add_function"]  # type: ignore[index,call-overload]
        assert '"name"' not in run.prompt(0).split("## List B")[1].split("## Success")[0]
        assert '"name": "area"' in run.prompt(0)
        assert run.update.apply(ACCEPTED.functions).names == ("a",)

    def test_a_function_of_list_a_may_be_written_again(self) -> None:
        assert Run(one(add()), "TERMINATE", progressive=False).names == ["add area"]

    def test_revising_is_refused(self) -> None:
        run = Run(one(("revise_function", fields())), "TERMINATE", progressive=False)
        assert run.refused == [("unknown_tool", 1)]

    def test_the_number_of_functions_is_bounded(self) -> None:
        run = Run(tool_message(*(good(f"f{i}") for i in range(25))), progressive=False)
        assert len(run.update.actions) == 20
        assert run.update.ended == "complete_set"

    def test_a_refused_function_can_be_corrected(self) -> None:
        run = Run(tool_message(good("a"), BROKEN), one(good("side")), "TERMINATE", progressive=False)
        assert run.names == ["add a", "add side"]
        assert run.update.ended == "complete_set"

    def test_without_a_valid_function_the_accepted_set_stays(self) -> None:
        run = Run(*[one(BROKEN)] * 2, progressive=False, retries=1)
        assert run.update.ended == "no_valid_action"
        assert run.update.apply(ACCEPTED.functions) == ACCEPTED.functions


def test_steps_are_deterministic() -> None:
    def requests() -> list[ChatRequest]:
        return Run(one(BROKEN), one(good("a")), "TERMINATE").model.requests

    assert requests() == requests()
