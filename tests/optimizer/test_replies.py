"""What a reply says, however it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentopt_core.optimizer import read_reply
from agentopt_core.testing import tool_message
from tests.optimizer.helpers import PACKAGES, add, fields, functions, read, read_text, written

CALL = written("add_function", fields())
PYTHON_CALL = repr({"name": "add_function", "arguments": fields()})


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{CALL}\n```",
        f"I add a function.\n\n```\n{CALL}\n```\nThat should help.",
        f"<tool_call>\n{CALL}\n</tool_call>",
        f"<tool_call>{CALL}",
        CALL,
        f"Here it is:\n{CALL}",
        f"```json\n[{CALL}]\n```",
        f"```json\n{json.dumps({'tool_calls': [{'type': 'function', 'function': json.loads(CALL)}]})}\n```",
        f"```json\n{json.dumps({'tool': 'functions.add_function', 'parameters': fields()})}\n```",
        f"```python\n{PYTHON_CALL}\n```",
        f"```json\n{json.dumps({'action': 'add_function', **fields()})}\n```",
        f"<function=add_function>{json.dumps(fields())}</function>",
        "<function=add_function>"
        + "".join(
            f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>"
            for key, value in fields().items()
        )
        + "</function>",
        f"<think>Shall I TERMINATE? No.</think>\n```json\n{CALL}\n```",
        [{"type": "text", "text": f"```json\n{CALL}\n```"}],
        f"TERMINATE is not due yet.\n```json\n{CALL}\n```",
    ],
)
def test_a_call_written_as_text_is_a_call(content: Any) -> None:
    reading = read_text(content)
    assert reading.verdict == "accept"
    assert [action.name for action in reading.actions] == ["area"]


def test_several_calls_written_as_text_are_several_actions() -> None:
    second = written("add_function", fields(name="area2", code="def area2(width, height):\n    return 1\n"))
    reading = read_text(f"<tool_call>{CALL}</tool_call>\n<tool_call>{second}</tool_call>")
    assert [action.name for action in reading.actions] == ["area", "area2"]


def test_a_legacy_function_call_is_a_call() -> None:
    legacy = {"name": "add_function", "arguments": json.dumps(fields())}
    assert read_text(None, function_call=legacy, finish="function_call").verdict == "accept"


def test_the_parallel_wrapper_is_unfolded() -> None:
    uses = [{"recipient_name": "functions.add_function", "parameters": fields()}]
    reading = read(("multi_tool_use.parallel", {"tool_uses": uses}))
    assert [action.name for action in reading.actions] == ["area"]


def test_an_example_of_an_unknown_tool_in_the_text_is_no_call() -> None:
    assert read_text(f"```json\n{written('area', {'width': 1})}\n```").reason_code == "no_action"


def test_text_beside_calls_of_the_api_is_never_read_as_calls() -> None:
    message = tool_message(add(), content=f"```json\n{CALL}\n```")
    assert len(read_reply(message, "tool_calls", functions(), PACKAGES).calls) == 1


@pytest.mark.parametrize(
    "content",
    [
        "TERMINATE",
        "terminate",
        "  Terminate.  ",
        "**TERMINATE**",
        "`TERMINATE`",
        '"TERMINATE"',
        "```\nTERMINATE\n```",
        "```text\nterminate\n```",
        "Nothing is left to do. TERMINATE",
        "The list is optimal.\n\nTERMINATE",
        "<think>Not yet? I should not TERMINATE ... well.</think>TERMINATE",
        "I did not want to add more, so: TERMINATE",
        [{"type": "text", "text": "TERMINATE"}],
    ],
)
def test_terminate_ends_the_step_in_whatever_dress(content: Any) -> None:
    assert read_text(content, known=("area",)).verdict == "terminate"


def test_a_call_of_a_tool_named_terminate_ends_the_step() -> None:
    assert read(("TERMINATE", {})).verdict == "terminate"


@pytest.mark.parametrize(
    "content",
    [
        "We should not TERMINATE yet.",
        "I will not yet say TERMINATE because three tasks fail.",
        "We can't TERMINATE now.",
        "Never TERMINATE early!",
        "The run terminated with an error; I would fix it.",
        "I would terminate the loop in area().",
    ],
)
def test_a_negated_or_casual_terminate_is_no_end(content: str) -> None:
    assert read_text(content).reason_code == "no_action"


def test_a_call_wins_over_the_word_terminate() -> None:
    message = tool_message(add(), content="TERMINATE")
    assert read_reply(message, "tool_calls", functions(), PACKAGES).verdict == "accept"


@pytest.mark.parametrize(
    ("content", "finish", "message", "code"),
    [
        ("I suggest adding a function.", "stop", {}, "no_action"),
        ("```python\ndef area(w, h):\n    return w * h\n```", "stop", {}, "no_action"),
        ("", "stop", {}, "empty_reply"),
        (None, "stop", {"tool_calls": []}, "empty_reply"),
        ("   \n", "stop", {}, "empty_reply"),
        ("<think>Hm, all is well", "stop", {}, "empty_reply"),
        (None, "content_filter", {}, "content_filter"),
        (None, "stop", {"refusal": "I cannot help with that."}, "refused"),
        ([{"type": "refusal", "refusal": "I cannot help with that."}], "stop", {}, "refused"),
        ("First I look at task 1, then", "length", {}, "truncated"),
        (None, "length", {}, "truncated"),
        (7, "stop", {}, "empty_reply"),
    ],
)
def test_a_reply_without_action_is_refused_with_its_cause(
    content: Any, finish: str, message: dict[str, Any], code: str
) -> None:
    reading = read_text(content, finish=finish, **message)
    assert (reading.verdict, reading.reason_code) == ("reject", code)


WHOLE = json.dumps(fields())


@pytest.mark.parametrize(
    "arguments",
    [
        WHOLE,
        json.dumps(WHOLE),
        json.dumps(json.dumps(WHOLE)),
        repr(fields()),
        f"```json\n{WHOLE}\n```",
        WHOLE + "}",
        WHOLE + "\n\nThis adds the function.",
        WHOLE[:-1] + ",}",
        WHOLE[:-1] + " // the end\n}",
        "\ufeff " + WHOLE,
        WHOLE.replace("\\n", "\n"),
        repr(fields(packages=None)).replace("None", "null"),
    ],
)
def test_arguments_are_read_in_every_usual_spelling(arguments: str) -> None:
    assert read(("add_function", arguments)).verdict == "accept"


def test_arguments_that_are_an_object_already_are_taken_as_they_are() -> None:
    message = {"tool_calls": [{"id": "1", "function": {"name": "add_function", "arguments": fields()}}]}
    assert read_reply(message, "tool_calls", functions(), PACKAGES).verdict == "accept"


@pytest.mark.parametrize(
    ("arguments", "finish", "code"),
    [
        (WHOLE[:-20], "length", "truncated"),
        (WHOLE[:-20], "tool_calls", "bad_json"),
        ("name=area, code=def area(): return 1", "tool_calls", "bad_json"),
        ("[1, 2]", "tool_calls", "bad_json"),
        ("3", "tool_calls", "bad_json"),
        ("", "tool_calls", "missing_field"),
        ("{}", "tool_calls", "missing_field"),
        ("null", "tool_calls", "missing_field"),
        ("[" * 100_000, "tool_calls", "bad_json"),
        ("{" + '"a":{' * 50_000, "tool_calls", "bad_json"),
    ],
)
def test_arguments_that_are_no_object_are_refused(arguments: str, finish: str, code: str) -> None:
    assert read(("add_function", arguments), finish=finish).reason_code == code


def test_only_the_last_call_of_a_cut_off_reply_is_called_truncated() -> None:
    reading = read(add(), ("add_function", WHOLE[:30]), ("add_function", WHOLE[:40]), finish="length")
    assert [judged.refusal and judged.refusal.code for judged in reading.calls] == [None, "bad_json", "truncated"]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"content": {"a": 1}},
        {"tool_calls": "x"},
        {"tool_calls": [None, 3, {}]},
        {"tool_calls": [{"function": {"name": 3, "arguments": 4}}]},
        {"tool_calls": [{"function": None}]},
        {"function_call": []},
        {"content": [None, 1, {"type": "text", "text": None}]},
        {"tool_calls": [{"id": 1, "function": {"name": "add_function", "arguments": {"name": {"a": 1}}}}]},
    ],
)
def test_a_malformed_message_is_refused_and_never_raises(message: dict[str, Any]) -> None:
    assert read_reply(message, "stop", functions(), PACKAGES).verdict == "reject"


def test_half_characters_and_control_signs_do_not_reach_a_refusal_or_a_description() -> None:
    refused = read(("add_\ud800\x00x", fields())).refusals[0]
    assert refused.op.isprintable()
    refused.model_dump_json()
    accepted = read(add(description="Area\ud800 of\x1b a rectangle")).actions[0]
    accepted.model_dump_json()


def test_what_was_proposed_is_kept_in_bounds() -> None:
    refused = read(("add_function", "x" * 100_000)).refusals[0]
    assert 0 < len(refused.proposal) < 20_000
