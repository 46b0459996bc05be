"""How the demo model behaves as an agent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.llm.demo.transport import completion
from agentopt_core.words import JsonObject

from .requests import ask, calls_of

QUESTION = "Find 23^187 mod 1009."
ANSWER = str(pow(23, 187, 1009))


def tool(name: str, description: str, *parameters: str, kind: str = "integer") -> JsonObject:
    properties: JsonObject = {parameter: {"type": kind} for parameter in parameters}
    schema: JsonObject = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


FITTING = tool("leftover", "What remains of a power after division: the remainder.", "base", "exponent", "mod")


def called(*, result: str) -> list[JsonObject]:
    call: JsonObject = {"id": "c1", "type": "function", "function": {"name": "leftover", "arguments": "{}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": result},
    ]


def answer_of(message: JsonObject) -> str:
    calls = calls_of(message)
    return str(calls[0][1]["answer"]) if calls else str(message["content"])


def test_a_tool_that_fits_by_its_description_is_called_with_arguments_from_the_question() -> None:
    assert calls_of(ask(QUESTION, FITTING)) == [("leftover", {"base": 23, "exponent": 187, "mod": 1009})]


@pytest.mark.parametrize(
    "other",
    [
        tool("leftover", "Plans meals from what is in the fridge.", "base", "exponent", "mod"),
        tool("remainder_of_power", "The remainder of a power.", "base", "exponent", "modulus", "colour"),
        tool("remainder_of_power", "The remainder of a power.", "base", "exponent", "mod", kind="array"),
    ],
    ids=["about something else", "asks for more than the question says", "takes other types"],
)
def test_a_tool_that_does_not_fit_is_left_alone(other: JsonObject) -> None:
    name = other["function"]["name"]  # type: ignore[call-overload,index]
    assert name not in [called for called, _ in calls_of(ask(QUESTION, other))]


def test_a_tools_result_is_taken_over_even_when_it_is_wrong() -> None:
    for seed in range(8):
        assert "4711" in answer_of(ask(QUESTION, FITTING, seed=seed, then=called(result="4711")))


@pytest.mark.parametrize("result", ["Error: ValueError: no such thing (line 3)", "None", "", "nan"])
def test_after_an_error_or_an_absurd_result_the_answer_comes_by_head(result: str) -> None:
    messages = [ask(QUESTION, FITTING, seed=seed, then=called(result=result)) for seed in range(8)]
    answers = {answer_of(message) for message in messages}
    assert all(name == "final_answer" for message in messages for name, _ in calls_of(message))
    assert len(answers) > 1
    assert ANSWER not in answers


def test_after_a_failure_another_tool_that_fits_is_tried() -> None:
    second = tool("power_rest", "Remainder of a power.", "base", "exponent", "divisor")
    message = ask(QUESTION, FITTING, second, then=called(result="Error: ZeroDivisionError: by zero"))
    assert calls_of(message) == [("power_rest", {"base": 23, "exponent": 187, "divisor": 1009})]


def test_without_a_fitting_tool_it_answers_by_tool_or_text_and_writes_python_now_and_then() -> None:
    messages = [ask(QUESTION, seed=seed) for seed in range(40)]
    kinds = {
        calls_of(m)[0][0] if calls_of(m) else ("block" if "```python" in str(m["content"]) else "text")
        for m in messages
    }
    assert kinds == {"final_answer", "text", "python", "block"}


def test_what_python_printed_becomes_the_answer() -> None:
    block: JsonObject = {"role": "assistant", "content": "```python\nprint(5)\n```"}
    printed: JsonObject = {"role": "user", "content": "Output of your Python code:\n5"}
    assert "5" in answer_of(ask(QUESTION, then=[block, printed]))


def test_a_question_of_no_known_kind_is_not_guessed_at() -> None:
    message = ask("Who wrote the Iliad?", FITTING)
    assert not calls_of(message)
    assert "scripted demo model" in str(message["content"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TEXTS = st.text(alphabet="0123456789^*=|-:., \naexumodibsgh()", max_size=120) | st.sampled_from(
    [
        "Find 9^999999999 mod 0.",
        f"Find 7^3 mod {'9' * 5000}.",
        f"Convert {'Z' * 3000}1 from base 36 to base 2.",
        "a(0) = 1 and a(1) = 1, 2 times and 3 times, a(999999999)?",
        "Which date is 9999 business days after 9999-12-01?",
        "Which date is 3 business days after 2024-99-99?",
        f"Nora borrows 1 euros at {'9' * 400} % a year and pays back 1 euros after 99999 payments of the loan",
    ]
)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, junk=JSON, rest=JSON)
def test_any_request_gets_a_reply(text: str, junk: object, rest: object) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": text}, junk], "tools": [FITTING, rest]}
    assert completion(0, body)["choices"]  # type: ignore[arg-type]
