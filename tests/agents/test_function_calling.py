from __future__ import annotations

import asyncio
import json

import pytest

from agentopt_core.agents import FunctionCallingAgent
from agentopt_core.agents.function_calling import MAX_CALLS_PER_REPLY
from agentopt_core.config import AgentConfig
from agentopt_core.errors import BudgetExhausted, EndpointSetupError, InfrastructureFault, RequestRefused
from agentopt_core.prompts import default_prompts
from agentopt_core.rollouts import ExecutionResult
from agentopt_core.tasks import Question
from agentopt_core.testing import InMemorySandbox, ScriptedModel, tool_message
from agentopt_core.tokens import estimate_tokens
from tests.agents.support import (
    DOUBLE,
    FAIL,
    QUESTION,
    TRIPLE,
    RawModel,
    final,
    function,
    functions,
    offered,
    play,
    tool_texts,
)


def test_final_answer_ends_the_episode() -> None:
    rollout, requests = play([tool_message(("final_answer", {"answer": "42"}))])
    assert rollout.ended == "answered"
    assert (rollout.answer.text, rollout.answer.source) == ("42", "tool")
    assert len(requests) == 1


def test_a_reply_without_calls_and_code_is_the_answer() -> None:
    rollout, _ = play(["The answer is 42."])
    assert rollout.ended == "answered"
    assert (rollout.answer.text, rollout.answer.source) == ("The answer is 42.", "message")


def test_a_learned_function_is_called_and_its_integer_stands_alone_on_its_line() -> None:
    rollout, requests = play([tool_message(("double", {"x": 21})), final("42")], DOUBLE)
    assert requests[1].messages[-1] == {"role": "tool", "content": "42", "tool_call_id": "call_1"}
    assert [(use.tool, use.arguments, use.result.value) for use in rollout.calls] == [("double", {"x": 21}, 42)]


def test_every_name_runs_its_own_code() -> None:
    rollout, _ = play([tool_message(("double", {"x": 5}), ("triple", {"x": 5})), final("x")], DOUBLE, TRIPLE)
    assert tool_texts(rollout)[:2] == ["10", "15"]


def test_removed_functions_are_neither_offered_nor_callable() -> None:
    async def both() -> tuple[list[list[str]], int, str]:
        model = ScriptedModel(
            [
                tool_message(("double", {"x": 1})),
                final("2"),
                tool_message(("double", {"x": 1})),
                final("2"),
            ]
        )
        sandbox = InMemorySandbox()
        agent = FunctionCallingAgent(model, sandbox, AgentConfig(), default_prompts())
        await agent.solve(QUESTION, functions(DOUBLE, TRIPLE), 0)
        without = await agent.solve(QUESTION, functions(DOUBLE, TRIPLE).without("double"), 1)
        return [offered(request) for request in model.requests], len(sandbox.calls), tool_texts(without)[0]

    names, executed, told = asyncio.run(both())
    assert names[0] == ["double", "triple", "python", "final_answer"]
    assert names[2] == ["triple", "python", "final_answer"]
    assert executed == 1
    assert "no tool `double`" in told
    assert "triple, python, final_answer" in told


def test_an_empty_set_offers_the_base_tools() -> None:
    _, requests = play([final("1")])
    assert offered(requests[0]) == ["python", "final_answer"]


def test_a_learned_function_with_the_name_of_a_base_tool_does_not_take_its_place() -> None:
    rogue = function("python", "def python(code):\n    return 'rogue'", code="string")
    rollout, requests = play([tool_message(("python", {"code": "print(1 + 1)"})), final("2")], rogue)
    assert offered(requests[0]) == ["python", "final_answer"]
    assert tool_texts(rollout)[0] == "2"


def test_python_runs_as_a_tool() -> None:
    rollout, _ = play([tool_message(("python", {"code": "print(6 * 7)"})), final("42")])
    assert tool_texts(rollout)[0] == "42"
    assert rollout.calls[0].tool == "python"
    assert rollout.calls[0].arguments == {"code": "print(6 * 7)"}


@pytest.mark.parametrize(
    "arguments", ["print(6 * 7)", "```python\nprint(6 * 7)\n```", '{"code": "```python\\nprint(6 * 7)\\n```"}']
)
def test_code_in_the_place_of_json_and_fenced_code_run_as_python(arguments: str) -> None:
    rollout, requests = play([tool_message(("python", arguments)), final("42")])
    assert tool_texts(rollout)[0] == "42"
    sent = requests[1].messages[-2]["tool_calls"][0]["function"]["arguments"]
    assert "print(6 * 7)" in json.loads(sent)["code"]


def test_fenced_python_is_run_and_its_output_stands_alone_on_its_lines() -> None:
    reply = "First:\n```python\nprint(6 * 7)\n```\nthen\n```py\nprint('second')\n```"
    rollout, requests = play([reply, final("42")])
    back = requests[1].messages[-1]
    assert back["role"] == "user"
    assert [line for line in back["content"].splitlines() if line in ("42", "second")] == ["42", "second"]
    assert [use.arguments["code"] for use in rollout.calls] == ["print(6 * 7)", "print('second')"]
    assert rollout.answer.text == "42"


def test_fenced_python_beside_tool_calls_is_not_run() -> None:
    message = tool_message(("double", {"x": 2}), content="```python\nprint('never')\n```")
    rollout, _ = play([message, final("4")], DOUBLE)
    assert [use.tool for use in rollout.calls] == ["double"]


def test_calls_beside_final_answer_are_executed_before_the_episode_ends() -> None:
    rollout, requests = play([tool_message(("final_answer", {"answer": "4"}), ("double", {"x": 2}))], DOUBLE)
    assert rollout.answer.text == "4"
    assert [use.result.value for use in rollout.calls] == [4]
    assert len(requests) == 1
    assert len(tool_texts(rollout)) == 2


def test_of_several_final_answers_the_last_counts() -> None:
    rollout, _ = play([tool_message(("final_answer", {"answer": "Milan"}), ("final_answer", {"answer": "Rome"}))])
    assert rollout.answer.text == "Rome"


def test_a_final_answer_without_an_answer_goes_back_to_the_model() -> None:
    rollout, requests = play([tool_message(("final_answer", {})), final("42")])
    assert len(requests) == 2
    assert "no answer" in tool_texts(rollout)[0]
    assert rollout.answer.text == "42"


def test_parallel_calls_run_at_the_same_time_and_are_answered_in_order() -> None:
    class Rendezvous(InMemorySandbox):
        """The first call ends only after the second one has: without concurrency both would wait for ever."""

        def __init__(self) -> None:
            super().__init__()
            self.second_ended = asyncio.Event()

        async def call(self, function, arguments, attachments=()):  # type: ignore[no-untyped-def]
            if arguments["x"] == 1:
                await self.second_ended.wait()
            result = await super().call(function, arguments)
            if arguments["x"] == 2:
                self.second_ended.set()
            return result

    rollout, requests = play(
        [tool_message(("double", {"x": 1}), ("double", {"x": 2})), final("x")], DOUBLE, sandbox=Rendezvous()
    )
    assert [(m["tool_call_id"], m["content"]) for m in requests[1].messages[-2:]] == [("call_1", "2"), ("call_2", "4")]
    assert [use.call_id for use in rollout.calls] == ["call_1", "call_2"]


def test_every_call_gets_one_answer_whatever_is_wrong_with_it() -> None:
    calls = tool_message(
        ("double", {"x": 1}),
        ("nowhere", {}),
        ("double", "{broken"),
        ("double", {"x": "one"}),
        ("double", {}),
        ("python", {"script": "1"}),
    )
    rollout, requests = play([calls, final("x")], DOUBLE)
    told = tool_texts(rollout)
    assert [m["tool_call_id"] for m in requests[1].messages[-6:]] == [f"call_{n}" for n in range(1, 7)]
    assert told[0] == "2"
    assert "no tool `nowhere`" in told[1]
    assert "not valid JSON" in told[2]
    assert "'one' is not of type 'integer'" in told[3]
    assert "'x' is a required property" in told[4]
    assert "'code' must be a string" in told[5]


def test_calls_with_bad_arguments_are_recorded_as_failed_calls_and_never_executed() -> None:
    sandbox = InMemorySandbox()
    rollout, _ = play([tool_message(("double", {"x": "one"})), final("x")], DOUBLE, sandbox=sandbox)
    assert sandbox.calls == []
    (use,) = rollout.calls
    assert (use.tool, use.arguments, use.result.ok) == ("double", {"x": "one"}, False)
    assert use.result.error is not None
    assert use.result.error.type == "BadArguments"
    assert use.result.error.message == "x: 'one' is not of type 'integer'"


def test_history_sent_back_holds_valid_json_while_the_record_holds_what_the_model_wrote() -> None:
    rollout, requests = play([tool_message(("double", "{broken"), ("double", "{'x': 4}")), final("x")], DOUBLE)
    sent = [call["function"]["arguments"] for call in requests[1].messages[2]["tool_calls"]]
    assert [json.loads(text) for text in sent] == [{}, {"x": 4}]
    assert [call.arguments for call in rollout.messages[2].tool_calls] == ["{broken", "{'x': 4}"]


def test_calls_beyond_the_limit_of_one_reply_are_answered_but_not_executed() -> None:
    many = MAX_CALLS_PER_REPLY + 3
    sandbox = InMemorySandbox()
    calls = tool_message(*(("double", {"x": n}) for n in range(many)), ("final_answer", {"answer": "done"}))
    rollout, _ = play([calls], DOUBLE, sandbox=sandbox)
    assert len(sandbox.calls) == MAX_CALLS_PER_REPLY
    assert len(tool_texts(rollout)) == many + 1
    assert "at most 16 calls" in tool_texts(rollout)[MAX_CALLS_PER_REPLY]
    assert rollout.answer.text == "done"


def test_code_blocks_beyond_the_limit_of_one_reply_are_not_executed() -> None:
    reply = "\n".join(f"```python\nprint({n})\n```" for n in range(MAX_CALLS_PER_REPLY + 3))
    rollout, requests = play([reply, final("x")])
    assert len(rollout.calls) == MAX_CALLS_PER_REPLY
    assert "at most 16 calls" in requests[1].messages[-1]["content"]


def test_after_three_failed_calls_a_function_is_no_longer_offered_and_the_agent_is_told() -> None:
    script = [tool_message(("fail", {"x": n})) for n in range(4)]
    rollout, requests = play([*script, final("x")], FAIL, DOUBLE)
    told = tool_texts(rollout)
    assert ["fail" in offered(request) for request in requests] == [True, True, True, False, False]
    assert ["Go on without it" in text for text in told[:4]] == [False, False, True, False]
    assert "ValueError: no 2" in told[2]
    assert "no tool `fail`" in told[3]
    assert len(rollout.calls) == 3


def test_failed_calls_of_one_reply_count_one_by_one_and_the_note_is_given_once() -> None:
    rollout, requests = play([tool_message(*(("fail", {"x": n}) for n in range(5))), final("x")], FAIL)
    assert ["Go on without it" in text for text in tool_texts(rollout)[:5]] == [False, False, True, False, False]
    assert "fail" not in offered(requests[1])


def test_arguments_that_cannot_be_used_count_as_failed_calls() -> None:
    _, requests = play([tool_message(("double", "{"), ("double", {}), ("double", {"x": "a"})), final("x")], DOUBLE)
    assert "double" not in offered(requests[1])


def test_a_successful_call_in_between_does_not_clear_the_count() -> None:
    half = function("half", "def half(x):\n    assert x % 2 == 0, 'odd'\n    return x // 2", x="integer")
    _, requests = play([tool_message(*(("half", {"x": n}) for n in (1, 3, 4, 5))), final("x")], half)
    assert "half" not in offered(requests[1])


def test_python_is_never_withdrawn() -> None:
    failing = tool_message(*(("python", {"code": "1 / 0"}) for _ in range(5)))
    rollout, requests = play([failing, final("x")])
    assert "python" in offered(requests[1])
    assert all("ZeroDivisionError" in text for text in tool_texts(rollout)[:5])


def test_withdrawal_lasts_for_one_rollout_only() -> None:
    failing = [tool_message(*(("fail", {"x": n}) for n in range(3))), final("x")]
    model = ScriptedModel([*failing, final("y")])

    async def two() -> None:
        agent = FunctionCallingAgent(model, InMemorySandbox(), AgentConfig(), default_prompts())
        await agent.solve(QUESTION, functions(FAIL), 0)
        await agent.solve(QUESTION, functions(FAIL), 0)

    asyncio.run(two())
    assert ["fail" in offered(request) for request in model.requests] == [True, False, True]


def test_the_rollout_ends_at_the_turn_cap_without_an_answer_and_the_last_turn_is_announced() -> None:
    rollout, requests = play(
        lambda _request: tool_message(("double", {"x": 1})), DOUBLE, config=AgentConfig(turn_cap=3)
    )
    assert rollout.ended == "turn_cap"
    assert rollout.answer.source == "none"
    assert len(requests) == 3
    warned = ["one reply left" in str(request.messages[-1]["content"]) for request in requests]
    assert warned == [False, False, True]
    assert requests[2].messages[-1]["content"].splitlines()[0] == "2"


def test_tool_output_is_cut_head_and_tail_to_its_token_budget() -> None:
    long = function("long", "def long():\n    return 'HEAD ' + 'word ' * 5000 + 'TAIL'")
    rollout, _ = play([tool_message(("long", {})), final("x")], long, config=AgentConfig(tool_output_tokens=100))
    told = tool_texts(rollout)[0]
    assert estimate_tokens(told) <= 100
    assert told.startswith("HEAD")
    assert told.endswith("TAIL")


def test_output_of_fenced_python_is_cut_too() -> None:
    _, requests = play(["```python\nprint('a b ' * 9000)\n```", final("x")], config=AgentConfig(tool_output_tokens=100))
    assert estimate_tokens(requests[1].messages[-1]["content"]) < 150


def test_an_empty_reply_is_asked_again_and_the_second_in_a_row_ends_the_rollout() -> None:
    rollout, requests = play(["", ""])
    assert len(requests) == 2
    assert "empty" in requests[1].messages[-1]["content"]
    assert all(message["content"] for message in requests[1].messages)
    assert (rollout.ended, rollout.answer.source) == ("refused", "none")
    assert "empty replies" in rollout.note


def test_an_empty_reply_between_others_does_not_end_the_rollout() -> None:
    rollout, _ = play(["", tool_message(("double", {"x": 21})), "", final("42")], DOUBLE)
    assert rollout.answer.text == "42"


def test_a_reply_that_was_cut_off_is_no_answer_until_it_happens_again() -> None:
    cut = {"role": "assistant", "content": "Let me think about 6 and 7 and"}
    rollout, requests = play(RawModel((cut, "length"), (final("42"), "tool_calls")))
    assert "cut off" in requests[1].messages[-1]["content"]
    assert rollout.answer.text == "42"
    again, _ = play(RawModel((cut, "length"), ({"role": "assistant", "content": "FINAL ANSWER: 42 bec"}, "length")))
    assert (again.ended, again.answer.text) == ("answered", "FINAL ANSWER: 42 bec")


def test_replies_cut_off_before_a_word_say_what_to_change() -> None:
    silent = {"role": "assistant", "content": "<think>and on and on"}
    rollout, _ = play(RawModel((silent, "length"), (silent, "length")))
    assert rollout.ended == "refused"
    assert "completion tokens" in rollout.note


def test_half_a_program_is_not_run_when_the_reply_was_cut_off() -> None:
    half = {"role": "assistant", "content": "```python\nprint('half')"}
    rollout, _ = play(RawModel((half, "length"), (final("x"), "tool_calls")))
    assert rollout.calls == ()


def test_a_refusal_ends_the_rollout_with_its_words() -> None:
    rollout, _ = play([{"role": "assistant", "content": None, "refusal": "I can't help with that."}])
    assert (rollout.ended, rollout.answer.source) == ("refused", "none")
    assert "I can't help with that." in rollout.note
    assert rollout.messages[-1].content == "I can't help with that."


def test_a_filtered_reply_ends_the_rollout_as_refused() -> None:
    rollout, _ = play(RawModel(({"role": "assistant", "content": None}, "content_filter")))
    assert rollout.ended == "refused"
    assert "content filter" in rollout.note


def test_thoughts_are_kept_for_the_reader_but_neither_run_nor_graded_nor_sent_back() -> None:
    thought = "<think>maybe\n```python\nprint('never')\n```\nor 7</think>\n"
    rollout, requests = play([thought + "```python\nprint(42)\n```", thought + "The answer is 42."])
    assert [use.arguments["code"] for use in rollout.calls] == ["print(42)"]
    assert rollout.answer.text == "The answer is 42."
    assert "maybe" not in json.dumps(requests[1].messages)
    assert rollout.messages[2].reasoning.startswith("maybe")
    assert "maybe" not in rollout.messages[2].content


def test_the_record_holds_all_messages_and_the_usage_of_all_requests() -> None:
    rollout, requests = play([tool_message(("double", {"x": 21}), content="Calling."), final("42")], DOUBLE)
    assert [message.role for message in rollout.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]
    assert rollout.messages[0].content == default_prompts().fill("agent_system")
    assert QUESTION.text in rollout.messages[1].content
    assert rollout.messages[2].content == "Calling."
    assert rollout.usage.requests == len(requests) == 2
    assert rollout.usage.prompt_tokens == 20
    assert rollout.task_id == "t1"
    assert rollout.score is None


def test_requests_say_what_they_are_made_for() -> None:
    _, requests = play([final("1")])
    purpose = requests[0].purpose
    assert (purpose.role, purpose.evaluation, purpose.task_id) == ("agent", 0, "t1")


def test_every_place_of_every_prompt_is_filled() -> None:
    script = [
        tool_message(*(("fail", {"x": n}) for n in range(20)), ("double", "{"), ("nowhere", {}), ("final_answer", {})),
        "```python\nprint(1)\n```",
        "",
        final("x"),
    ]
    _, requests = play(script, FAIL, DOUBLE, config=AgentConfig(turn_cap=4))
    assert "{{" not in json.dumps([requests[-1].messages, requests[-1].tools])


def test_two_equal_episodes_send_equal_requests() -> None:
    script = [
        tool_message(("double", {"x": 1})),
        "```python\nprint(1)\n```",
        tool_message(("double", {"x": 1})),
        "",
        final("x"),
    ]
    first, second = play(script, DOUBLE), play(script, DOUBLE)
    assert [r.messages for r in first[1]] == [r.messages for r in second[1]]


def test_call_ids_are_the_models_own_but_for_missing_and_repeated_ones() -> None:
    nameless = tool_message(("double", {"x": 1}), ("double", {"x": 2}))
    for call in nameless["tool_calls"]:
        call["id"] = ""
    rollout, requests = play(
        [tool_message(("double", {"x": 3})), nameless, tool_message(("double", {"x": 4})), final("x")], DOUBLE
    )
    ids = [use.call_id for use in rollout.calls]
    assert ids[0] == "call_1"
    assert len(set(ids)) == 4
    answered = [m["tool_call_id"] for m in requests[3].messages if m["role"] == "tool"]
    called = [c["id"] for m in requests[3].messages for c in m.get("tool_calls", [])]
    assert answered == called == ids


def test_the_task_is_put_with_its_context_options_and_unit() -> None:
    question = Question(id="q", text="Which?", context="a | b\n1 | 2", choices=("one", "two"), unit="cm")
    _, requests = play([final("one")], question=question)
    text = requests[0].messages[1]["content"]
    assert all(part in text for part in ("Which?", "a | b\n1 | 2", "- one\n- two", "cm"))


def test_places_written_into_a_task_are_not_filled() -> None:
    _, requests = play([final("1")], question=Question(id="q", text="What is {{task}} and {{tool}}?"))
    assert requests[0].messages[1]["content"] == "What is {{task}} and {{tool}}?"


def test_a_fault_of_the_endpoint_makes_the_rollout_a_fault_with_what_happened_so_far() -> None:
    rollout, _ = play([tool_message(("double", {"x": 1})), InfrastructureFault("The endpoint is down.")], DOUBLE)
    assert rollout.is_fault
    assert "The endpoint is down." in rollout.note
    assert [use.tool for use in rollout.calls] == ["double"]
    assert rollout.usage.requests == 1


def test_a_lost_worker_makes_the_rollout_a_fault() -> None:
    class Lost(InMemorySandbox):
        async def call(self, function, arguments, attachments=()):  # type: ignore[no-untyped-def]
            raise InfrastructureFault("The worker is lost.")

    rollout, _ = play([tool_message(("double", {"x": 1}), ("double", {"x": 2}))], DOUBLE, sandbox=Lost())
    assert rollout.is_fault
    assert rollout.note == "The worker is lost."


def test_a_refused_request_fails_the_rollout_and_is_no_fault() -> None:
    rollout, _ = play([RequestRefused("The request is too long.")])
    assert rollout.ended == "refused"
    assert not rollout.is_fault
    assert rollout.note == "The request is too long."


@pytest.mark.parametrize("error", [EndpointSetupError("Wrong key."), BudgetExhausted("1 USD is spent.")])
def test_what_must_end_the_run_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        play([error])


def test_cancelling_a_rollout_cancels_the_calls_in_flight() -> None:
    class Stuck(InMemorySandbox):
        def __init__(self) -> None:
            super().__init__()
            self.started, self.cancelled = asyncio.Event(), 0

        async def call(self, function, arguments, attachments=()) -> ExecutionResult:  # type: ignore[no-untyped-def]
            self.started.set()
            try:
                return await asyncio.Future()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise

    async def run() -> int:
        sandbox = Stuck()
        model = ScriptedModel([tool_message(("double", {"x": 1}), ("double", {"x": 2}))])
        agent = FunctionCallingAgent(model, sandbox, AgentConfig(), default_prompts())
        rollout = asyncio.create_task(agent.solve(QUESTION, functions(DOUBLE), 0))
        await sandbox.started.wait()
        rollout.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rollout
        return sandbox.cancelled

    assert asyncio.run(run()) == 2
