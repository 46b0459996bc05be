"""What only running a proposal tells, in the sandbox that rollouts use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.optimizer import ReplyReading, read_reply_in_sandbox
from agentopt_core.sandbox import find_isolation, open_sandbox
from agentopt_core.testing import tool_message
from tests.optimizer.helpers import AREA_CODE, PACKAGES, add, functions

WITH_EXAMPLES = {
    "width": {"type": "number", "examples": [2]},
    "height": {"type": "number", "example": 3},
}


def in_sandbox(*calls: tuple[str, Any], wall_s: float = 10.0) -> ReplyReading:
    async def run() -> ReplyReading:
        sandbox = open_sandbox(SandboxLimits(wall_s=wall_s), find_isolation())
        try:
            return await read_reply_in_sandbox(tool_message(*calls), "tool_calls", functions(), PACKAGES, sandbox)
        finally:
            await sandbox.close()

    return asyncio.run(run())


def test_proposals_that_run_are_accepted_and_others_refused_with_what_happened() -> None:
    good = AREA_CODE + "\nassert area(2, 3) == 6\n"
    failing = AREA_CODE.replace("area", "a") + "\nassert a(2, 3) == 5\n"
    raising = "def b(width, height):\n    return width['x']\n"
    missing = "from math import no_such_thing\ndef c(width, height):\n    return 1\n"
    deleted = "def d(width, height):\n    return 1\n\ndel d\n"
    reading = in_sandbox(
        add(code=good, arguments=WITH_EXAMPLES),
        add(name="a", code=failing),
        add(name="b", code=raising, arguments=WITH_EXAMPLES),
        add(name="c", code=missing),
        add(name="d", code=deleted),
    )
    codes = [judged.refusal and judged.refusal.code for judged in reading.calls]
    assert codes == [None, "import_failed", "smoke_call_failed", "import_failed", "import_failed"]
    reasons = [refusal.reason for refusal in reading.refusals]
    assert "AssertionError" in reasons[0]
    assert "TypeError" in reasons[1]
    assert "line 2" in reasons[1]


def test_a_function_whose_source_never_ends_is_refused_in_time() -> None:
    reading = in_sandbox(add(code=AREA_CODE + "\nwhile True:\n    pass\n"), wall_s=0.5)
    assert reading.reason_code == "import_timeout"


def test_a_function_that_loops_on_its_examples_is_refused() -> None:
    code = "def area(width, height):\n    while True:\n        pass\n    return 1\n"
    reading = in_sandbox(add(code=code, arguments=WITH_EXAMPLES), wall_s=0.5)
    assert reading.reason_code == "smoke_call_failed"


class Recording:
    """A sandbox that accepts everything and notes what it was asked."""

    level = "limits"

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def answer(function: Any, arguments: Any = None) -> Any:
            from agentopt_core.rollouts import ExecutionResult

            self.asked.append((method, arguments))
            return ExecutionResult(ok=True)

        return answer


@pytest.mark.parametrize(
    ("arguments", "called_with"),
    [
        (WITH_EXAMPLES, {"width": 2, "height": 3}),
        ({"width": {"examples": [2, 5]}, "height": {"type": "number"}}, None),
        ({"width": {"type": "number"}, "height": {"type": "number"}}, None),
        ({"width": {"examples": []}, "height": {"examples": [3]}}, None),
    ],
)
def test_a_smoke_call_is_made_where_every_required_argument_has_an_example(arguments: Any, called_with: Any) -> None:
    sandbox: Any = Recording()
    message = tool_message(add(arguments=arguments))
    asyncio.run(read_reply_in_sandbox(message, "tool_calls", functions(), PACKAGES, sandbox))
    assert sandbox.asked == [("load", None)] + ([("call", called_with)] if called_with else [])


def test_what_is_refused_already_is_never_run() -> None:
    sandbox: Any = Recording()
    message = tool_message(add(code="import os\ndef area(width, height):\n    os.system('x')\n    return 1\n"))
    asyncio.run(read_reply_in_sandbox(message, "tool_calls", functions(), PACKAGES, sandbox))
    assert sandbox.asked == []
