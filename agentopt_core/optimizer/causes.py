"""Why a rollout failed, told from what the agent did: its calls, their results and its answer. Pure.

Neither the gold answer nor the grader's reason is read, so a cause can be shown to the optimizer. It is told by the
*last* call of a learned function, since what came after a mended error is what decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, get_args

from pydantic import JsonValue

from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Rollout, ToolUse

Cause = Literal[
    "no_function",
    "wrong_function",
    "wrong_arguments",
    "function_error",
    "ignored_result",
    "wrong_reasoning",
    "no_answer",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
MEANING: dict[Cause, str] = {
    "no_function": "no learned function was called",
    "wrong_function": "the answer is what a function returned: it was the wrong one, or computes the wrong thing",
    "wrong_arguments": "the last call of a function was refused for its arguments",
    "function_error": "the last call of a function failed",
    "ignored_result": "a function returned a result that was not used",
    "wrong_reasoning": "the result of a function was used, and what came after it went wrong",
    "no_answer": "it ended without an answer",
}
"""Each cause in words, as the optimizer and people read it."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LEAVES = 50
"""Parts of a returned value that are looked for."""
_READ = 10_000
"""Characters of a text that are searched."""


def cause_of(rollout: Rollout, functions: FunctionSet) -> Cause | None:
    """Why the rollout failed under that set; None where it was solved or could not be scored."""
    if rollout.correct or rollout.is_fault:
        return None
    last = last_learned_call(rollout, functions)
    if last is None:
        return "no_function" if rollout.answer.text.strip() or rollout.calls else "no_answer"
    if not last.result.ok:
        error = last.result.error
        return "wrong_arguments" if error is not None and error.type == "BadArguments" else "function_error"
    if not rollout.answer.text.strip():
        return "no_answer"
    if _holds(rollout.answer.text, last):
        return "wrong_function"
    return "wrong_reasoning" if any(_holds(text, last) for text in _said_after(rollout, last)) else "ignored_result"


def last_learned_call(rollout: Rollout, functions: FunctionSet) -> ToolUse | None:
    """The last call of a learned function, whatever came of it; None where there was none."""
    offered = frozenset(functions.names)
    return next((use for use in reversed(rollout.calls) if use.tool in offered), None)


def _said_after(rollout: Rollout, use: ToolUse) -> Iterator[str]:
    """What the agent wrote after a call, but for its answer: texts, and arguments of later calls."""
    calls = [
        place
        for place, message in enumerate(rollout.messages)
        if any(call.name == use.tool for call in message.tool_calls)
    ]
    for message in rollout.messages[calls[-1] + 1 :] if calls else ():
        if message.role == "assistant":
            yield message.content
            yield from (call.arguments for call in message.tool_calls)


def _holds(said: str, use: ToolUse) -> bool:
    """Whether a text holds what the call returned: a number by its value, a text by its letters."""
    text = said[:_READ].replace(",", "").casefold()
    numbers = [float(found) for found in _NUMBER.findall(text)]
    for leaf in islice(_leaves(use.result.value), _LEAVES):
        if isinstance(leaf, str):
            wanted = leaf.replace(",", "").strip().casefold()
            if wanted and wanted in text:
                return True
        elif isinstance(leaf, bool):
            if str(leaf).casefold() in text:
                return True
        elif any(_near(leaf, number) for number in numbers):
            return True
    return False


def _near(value: float, said: float) -> bool:
    """Equal, or rounded to what was said: two decimals, at most one in a hundred thousand beside it."""
    try:
        return abs(value - said) <= max(0.0051 if said != round(said) else 1e-9, abs(value) * 1e-5)
    except OverflowError:
        return False


def _leaves(value: JsonValue) -> Iterator[str | float | bool]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += reversed(one.values())
        elif isinstance(one, list):
            waiting += reversed(one)
        elif one is not None:
            yield one
