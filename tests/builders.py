"""Small values for tests: functions, tasks, rollouts and evaluations in one line each."""

from __future__ import annotations

from agentopt_core.actions import AddFunction, RemoveFunction, ReviseFunction, Update
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Answer, Evaluation, Rollout, Score
from agentopt_core.tasks import Task, TaskSet

NUMBER = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}


def function(name: str = "double", code: str | None = None, description: str = "") -> Function:
    """A function of one number `x`; by default it doubles it."""
    source = code or f"def {name}(x):\n    return 2 * x\n"
    return Function(name=name, description=description or f"{name} of x.", parameters=NUMBER, code=source)


def functions(*names: str) -> FunctionSet:
    """A set of functions by name."""
    return FunctionSet(functions=tuple(function(name) for name in names))


def adds(*names: str) -> Update:
    """An update that adds functions by name."""
    return Update(actions=tuple(AddFunction(function=function(name)) for name in names))


def revises(name: str, code: str) -> Update:
    """An update that gives a function other code."""
    return Update(actions=(ReviseFunction(function=function(name, code)),))


def removes(*names: str) -> Update:
    """An update that removes functions."""
    return Update(actions=tuple(RemoveFunction(name=name) for name in names))


def tasks(n: int) -> tuple[Task, ...]:
    """`n` tasks with ids t1 ... tn; the answer of tk is k."""
    return tuple(Task(id=f"t{k}", question=f"What is the number {k}?", answer=str(k)) for k in range(1, n + 1))


def task_set(n: int = 4) -> TaskSet:
    """A set of `n` training tasks."""
    return TaskSet(id="numbers", name="Numbers", tasks=tasks(n))


def rollout(task_id: str, correct: bool | None) -> Rollout:
    """A scored rollout; None makes it an infrastructure fault."""
    if correct is None:
        return Rollout(task_id=task_id, ended="fault", note="The endpoint did not answer.")
    score = Score(correct=correct, method="exact", extracted="1", rule="tool", reason="as scripted")
    return Rollout(task_id=task_id, answer=Answer(text="1", source="tool"), score=score)


def evaluation(pattern: str, names: tuple[str, ...] = (), index: int = 0) -> Evaluation:
    """An evaluation from a pattern: `+` solved, `-` failed, `!` fault, one letter a task."""
    marks = {"+": True, "-": False, "!": None}
    rollouts = tuple(rollout(f"t{number}", marks[mark]) for number, mark in enumerate(pattern, 1))
    return Evaluation(index=index, functions=functions(*names), split="train", rollouts=rollouts)
