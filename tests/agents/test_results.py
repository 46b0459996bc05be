from __future__ import annotations

import pytest

from agentopt_core.agents.results import function_text, python_text
from agentopt_core.rollouts import ExecutionError, ExecutionResult

FAILURE = ExecutionError(type="ValueError", message="no such base", line=3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (42, "42"),
        ("plain words", "plain words"),
        (None, "null"),
        (True, "true"),
        ([1, "é"], '[1, "é"]'),
        ({"a": 0.5}, '{"a": 0.5}'),
        ("half \ud800", "half ?"),
    ],
)
def test_a_value_is_told_as_json_and_text_as_it_is(value: object, text: str) -> None:
    assert function_text(ExecutionResult(ok=True, value=value)) == text


def test_what_a_function_printed_follows_its_value() -> None:
    lines = function_text(ExecutionResult(ok=True, value=42, stdout="trace\n")).splitlines()
    assert lines == ["42", "", "Printed:", "trace"]


def test_an_error_is_told_by_type_message_and_line() -> None:
    told = function_text(ExecutionResult(ok=False, error=FAILURE, stdout="before"))
    assert told.startswith("Error: ValueError: no such base (line 3)")
    assert told.endswith("before")


def test_a_script_tells_what_it_printed_then_its_last_value_or_error() -> None:
    assert python_text(ExecutionResult(ok=True, stdout="1\n2\n")) == "1\n2"
    assert python_text(ExecutionResult(ok=True, stdout="1\n", value=7)) == "1\n7"
    assert python_text(ExecutionResult(ok=False, stdout="1\n", error=FAILURE)).splitlines()[0] == "1"


def test_a_script_that_printed_nothing_says_so() -> None:
    assert "Print" in python_text(ExecutionResult(ok=True))


def test_a_number_too_long_to_be_written_out_is_told_as_such() -> None:
    assert "too long" in function_text(ExecutionResult(ok=True, value=10**5000))
