"""A grader that the user wrote: Python that runs in the sandbox, in calls of its own.

The gold answer goes into these calls and into no other: no learned function ever shares a process with it.
"""

from __future__ import annotations

import time

from pydantic import JsonValue

from agentopt_core.errors import ConfigError
from agentopt_core.functions import Function
from agentopt_core.grading.extraction import extract
from agentopt_core.grading.standard import KEPT_CHARS, MAX_ANSWER_CHARS
from agentopt_core.rollouts import Answer, ExecutionResult, Score
from agentopt_core.seams import Sandbox
from agentopt_core.tasks import Task

NAME = "grade"
METHOD = "python"
EXAMPLE = '''def grade(answer, task):
    """True or False, or {"correct": ..., "reason": ...}. `task["answer"]` is the gold."""
    return answer.strip().lower() == task["answer"].strip().lower()
'''
"""What a grader looks like."""
_HINT = f"Write `def {NAME}(answer, task)` that returns True, False or {{'correct': ..., 'reason': ...}}."
_REASON_CHARS = 500


class PythonGrader:
    """Grades by `grade(answer, task)` of some code: `answer` is the extracted text, `task` the task with its gold.

    A call that fails makes the answer wrong, with the error as the reason: the grader must take any text.
    """

    def __init__(self, sandbox: Sandbox, code: str) -> None:
        self._sandbox = sandbox
        self._function = Function(name=NAME, description="", parameters={"type": "object"}, code=code)

    async def check(self, tasks: tuple[Task, ...]) -> None:
        """Try the grader on the gold of the first task with one.

        Raises: ConfigError when it does not load or gives no verdict.
        """
        task = next((task for task in tasks if task.answer is not None), None)
        if task is None:
            return
        result = await self._judge(task, task.answer or "")
        if _verdict(result) is None:
            raise ConfigError(f"The grader cannot be used: {_fault(result)}", _HINT)

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`."""
        started = time.perf_counter()
        found = extract(answer, "text", task.choices)
        if task.answer is None:
            correct, reason = False, "The task has no gold answer, so nothing can be right."
        elif found.rule == "none":
            correct, reason = False, "No answer was given."
        elif len(found.text) > MAX_ANSWER_CHARS:
            correct, reason = False, f"The answer has {len(found.text):,} characters, which is too long to grade."
        else:
            result = await self._judge(task, found.text)
            correct, reason = _verdict(result) or (False, f"The grader failed: {_fault(result)}")
        return Score(
            correct=correct,
            method=METHOD,
            extracted=found.text[:KEPT_CHARS],
            rule=found.rule,
            reason=reason,
            ms=(time.perf_counter() - started) * 1000,
        )

    async def _judge(self, task: Task, answer: str) -> ExecutionResult:
        shown = task.model_dump(mode="json", exclude={"attachments", "split", "group", "source"})
        return await self._sandbox.call(self._function, {"answer": answer, "task": shown})


def _verdict(result: ExecutionResult) -> tuple[bool, str] | None:
    """Right or wrong, and why; None when the call gave neither."""
    value: JsonValue = result.value if result.ok else None
    reason = ""
    if isinstance(value, dict):
        said = value.get("reason")
        reason, value = (said if isinstance(said, str) else ""), value.get("correct")
    if not isinstance(value, bool):
        return None
    return value, reason[:_REASON_CHARS] or f"The grader says it is {'right' if value else 'wrong'}."


def _fault(result: ExecutionResult) -> str:
    if result.error is None:
        return "it returned neither True nor False."
    place = f" (line {result.error.line})" if result.error.line is not None else ""
    return f"{result.error.type}: {result.error.message[:_REASON_CHARS]}{place}"
