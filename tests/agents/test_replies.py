from __future__ import annotations

import json

import pytest

from agentopt_core.agents.replies import Reply, read_reply
from agentopt_core.chat import ChatReply
from agentopt_core.rollouts import Usage
from agentopt_core.words import JsonObject
from tests.agents.support import DOUBLE, FAIL, final, play, tool_texts

TOOLS = ("double", "python", "final_answer")


def read(message: JsonObject) -> Reply:
    return read_reply(ChatReply(message=message, finish_reason="stop", usage=Usage()), TOOLS)


def calls(message: JsonObject) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for call in read(message).calls]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("words", "words"),
        (None, ""),
        ([{"type": "text", "text": "one "}, {"type": "image_url"}, {"type": "text", "text": "two"}], "one two"),
        (["one ", "two"], "one two"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "two"}], "two"),
        (17, ""),
        ("half \ud800 character", "half ? character"),
    ],
)
def test_content_is_read_whatever_its_shape(content: object, text: str) -> None:
    assert read({"role": "assistant", "content": content}).text == text


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>hm</think>\n42", "42", "hm"),
        ("<THINKING>hm</THINKING> 42", "42", "hm"),
        ("hm</think>42", "42", "hm"),
        ("<think>a</think>4<think>b</think>2", "42", "a\n\nb"),
        ("<think>never ends", "", "never ends"),
        ("<think></think>42", "42", ""),
    ],
)
def test_thoughts_are_taken_apart_from_the_text(content: str, text: str, reasoning: str) -> None:
    reply = read({"content": content})
    assert (reply.text, reply.reasoning) == (text, reasoning)


def test_thoughts_beside_the_content_are_read() -> None:
    assert read({"content": "42", "reasoning_content": "hm"}).reasoning == "hm"
    assert read({"content": "42", "reasoning": "hm"}).reasoning == "hm"


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"id": "a", "function": {"name": "double", "arguments": '{"x": 1}'}}]},
        {"tool_calls": [{"id": "a", "function": {"name": "functions.double", "arguments": {"x": 1}}}]},
        {"tool_calls": [None, 3, {}, {"function": {"name": "double", "arguments": '{"x": 1}'}}]},
        {"function_call": {"name": "double", "arguments": '{"x": 1}'}},
        {"content": '<tool_call>\n{"name": "double", "arguments": {"x": 1}}\n</tool_call>'},
        {"content": '{"name": "double", "parameters": {"x": 1}}'},
        {"content": '```json\n{"name": "double", "arguments": {"x": 1}}\n```'},
    ],
)
def test_calls_are_found_in_each_of_their_shapes(message: JsonObject) -> None:
    assert calls(message) == [("double", '{"x": 1}')]


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "Ada", "age": 36}',
        '{"name": "nowhere", "arguments": {"x": 1}}',
        '{"name": "double"}',
        'I would call {"name": "double", "arguments": {"x": 1}} here.',
        "{1, 2}",
    ],
)
def test_json_that_is_no_call_stays_text(content: str) -> None:
    reply = read({"content": content})
    assert (reply.calls, reply.text) == ((), content)


def test_a_written_call_of_a_withdrawn_or_unknown_function_is_answered_and_does_not_end_the_rollout() -> None:
    failing = '{"name": "fail", "arguments": {"x": 1}}'
    unknown = '<tool_call>{"name": "nowhere", "arguments": {}}</tool_call>'
    rollout, _ = play([failing, failing, failing, failing, unknown, final("42")], FAIL)
    assert rollout.answer.text == "42"
    assert "no tool `fail`" in tool_texts(rollout)[3]
    assert "no tool `nowhere`" in tool_texts(rollout)[4]


def test_text_around_written_calls_stays() -> None:
    reply = read({"content": 'First <tool_call>{"name": "double", "arguments": {"x": 1}}</tool_call>'})
    assert (reply.text, len(reply.calls)) == ("First", 1)


def test_an_untagged_call_with_words_after_it_stays_text() -> None:
    written = '{"name": "double", "arguments": {"x": 1}}'
    assert [call.name for call in read({"content": written}).calls] == ["double"]
    assert read({"content": f"{written} is how to call it."}).calls == ()


@pytest.mark.parametrize(
    ("name", "legal"), [("a b!", "a_b_"), (None, "unnamed"), ("", "unnamed"), ("n" * 99, "n" * 64)]
)
def test_names_are_made_such_that_a_request_may_repeat_them(name: object, legal: str) -> None:
    assert calls({"tool_calls": [{"id": "a", "function": {"name": name, "arguments": "{}"}}]}) == [(legal, "{}")]


@pytest.mark.parametrize(
    "message", [{"refusal": "No."}, {"content": [{"type": "refusal", "refusal": "No."}], "refusal": None}]
)
def test_a_refusal_is_read(message: JsonObject) -> None:
    assert read(message).refusal == "No."


def test_what_endpoints_must_see_again_goes_back_beside_the_calls() -> None:
    signed = {
        "role": "assistant",
        "content": None,
        "reasoning_content": "hm",
        "tool_calls": [
            {
                "id": "a",
                "type": "function",
                "function": {"name": "double", "arguments": '{"x": 1}'},
                "extra_content": {"google": {"thought_signature": "abc"}},
            }
        ],
    }
    rollout, requests = play([signed, final("2")], DOUBLE)
    sent = requests[1].messages[2]
    assert sent["reasoning_content"] == "hm"
    assert sent["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "abc"}}
    assert rollout.messages[2].reasoning == "hm"


def test_thoughts_beside_plain_text_do_not_go_back() -> None:
    thought = {"role": "assistant", "content": "```python\nprint(1)\n```", "reasoning_content": "hm"}
    _, requests = play([thought, final("2")])
    assert "hm" not in json.dumps(requests[1].messages[2:])
