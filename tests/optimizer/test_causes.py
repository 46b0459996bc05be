"""Why a rollout failed, told by what the agent did."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.causes import CAUSES, MEANING, cause_of
from agentopt_core.rollouts import (
    Answer,
    ExecutionError,
    ExecutionResult,
    Message,
    Rollout,
    Score,
    ToolCall,
    ToolUse,
)
from tests.optimizer.helpers import functions

AREA = functions("area")


def use(tool: str, value: Any = None, error: str = "") -> ToolUse:
    result = ExecutionResult(
        ok=not error, value=value, error=ExecutionError(type=error, message="no") if error else None
    )
    return ToolUse(call_id="c", tool=tool, arguments={}, result=result)


def failed(*calls: ToolUse, answer: str = "41", said: str = "", correct: bool = False, **changes: Any) -> Rollout:
    asked = tuple(
        Message(role="assistant", tool_calls=(ToolCall(id="c", name=call.tool, arguments="{}"),)) for call in calls
    )
    score = Score(correct=correct, method="exact", extracted=answer, rule="tool", reason="the gold is 42")
    return Rollout(
        task_id="t1",
        messages=(Message(role="user", content="What?"), *asked, Message(role="assistant", content=said)),
        calls=calls,
        answer=Answer(text=answer, source="tool" if answer else "none"),
        score=score,
        **changes,
    )


def cause(rollout: Rollout, known: FunctionSet = AREA) -> str | None:
    return cause_of(rollout, known)


def test_a_solved_rollout_and_a_fault_have_no_cause() -> None:
    assert cause(failed(correct=True)) is None
    assert cause(Rollout(task_id="t1", ended="fault")) is None


def test_without_a_call_of_a_learned_function_there_was_no_function() -> None:
    assert cause(failed()) == "no_function"
    assert cause(failed(use("python", 41))) == "no_function"
    assert cause(failed(use("area", 41)), FunctionSet()) == "no_function"


def test_arguments_that_were_refused_are_told_from_a_function_that_failed() -> None:
    assert cause(failed(use("area", error="BadArguments"))) == "wrong_arguments"
    assert cause(failed(use("area", error="ZeroDivisionError"))) == "function_error"


def test_an_error_that_was_mended_is_no_cause() -> None:
    assert cause(failed(use("area", error="BadArguments"), use("area", 41))) == "wrong_function"


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (41, "The answer is 41."),
        (1234.5678, "1,234.57"),
        ("Monday", "It is a monday"),
        ({"total": [7, 8]}, "8"),
        (True, "True"),
    ],
)
def test_an_answer_that_holds_the_result_shows_a_wrong_function(value: Any, answer: str) -> None:
    assert cause(failed(use("area", value), answer=answer)) == "wrong_function"


def test_a_result_that_was_used_on_the_way_shows_wrong_reasoning() -> None:
    assert cause(failed(use("area", 40), said="The area is 40, and 40 + 1 is 41.")) == "wrong_reasoning"


def test_a_result_that_nobody_used_was_ignored() -> None:
    assert cause(failed(use("area", 40), said="I know better.")) == "ignored_result"


def test_a_rollout_without_an_answer_says_so_unless_a_call_failed() -> None:
    assert cause(failed(use("area", 40), answer="", ended="turn_cap")) == "no_answer"
    assert cause(failed(use("area", error="KeyError"), answer="", ended="turn_cap")) == "function_error"


def test_the_grader_s_reason_decides_nothing() -> None:
    one = failed(use("area", 40))
    assert one.score is not None
    other = one.with_(score=one.score.with_(reason="the gold is 40"))
    assert cause(one) == cause(other)


@pytest.mark.parametrize("value", [10**400, "x" * 100_000, [[[]]], {}, float("1e308"), ["", None]])
def test_whatever_a_function_returned_a_cause_is_told(value: Any) -> None:
    assert cause(failed(use("area", value), answer="9" * 500 + " 1e999")) in CAUSES


def test_every_cause_is_explained() -> None:
    assert set(MEANING) == set(CAUSES)
