"""A long run for the Functions page: a hundred updates on many tasks, each verdict, a change by hand."""

from __future__ import annotations

import random
from pathlib import Path

from agentopt_core.actions import Action, AddFunction, ReviseFunction, Update
from agentopt_core.config import RunConfig
from agentopt_core.events import (
    EvaluationFinished,
    EvaluationStarted,
    Event,
    RolloutFinished,
    StepStarted,
    UpdateProposed,
)
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Rollout
from agentopt_core.tasks import Task, TaskSet
from tests.history.helpers import began, call, decided, fault, rollout, share, write

BODY = "def {name}(x: float) -> float:\n    # version {version}\n    y = x * {version}\n    return y + {version}\n"
SCHEMA = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}


def learned(name: str, version: int) -> Function:
    return Function(
        name=name,
        description=f"Computes {name}.",
        parameters=SCHEMA,
        code=BODY.format(name=name, version=version),
    )


def long_run(home: Path, updates: int = 100, tasks: int = 150, name: str = "Long") -> RunFolder:
    """A run of so many updates: every fourth is kept, the others are rolled back, rejected or without a change."""
    chance = random.Random(7)
    ids = [f"task-{number:03}" for number in range(tasks)]
    task_set = TaskSet(
        id="long", name="Long", tasks=tuple(Task(id=id, question=f"What is {id}?", answer="7") for id in ids)
    )
    run = RunFolder.create(home, RunConfig(name=name), task_set)
    hard = {id: chance.random() for id in ids}
    accepted, skill, best = FunctionSet(), 0.3, 0

    def rollouts(functions: FunctionSet, skill: float) -> list[Rollout]:
        found = []
        for id in ids:
            if chance.random() < 0.01:
                found.append(fault(id))
                continue
            names = [name for name in functions.names if chance.random() < 0.5]
            calls = [call(name, 1.0, 2.0, "odd" if chance.random() < 0.1 else "") for name in names]
            found.append(rollout(id, hard[id] < skill + chance.uniform(-0.1, 0.1), calls))
        return found

    def measured(evaluation: int, step: int | None, functions: FunctionSet, done: list[Rollout]) -> list[Event]:
        started = EvaluationStarted(evaluation=evaluation, step=step, functions=functions, split="train", n=tasks)
        ended = [RolloutFinished(evaluation=evaluation, functions_digest=functions.digest, rollout=one) for one in done]
        finished = EvaluationFinished(
            evaluation=evaluation, functions_digest=functions.digest, split="train", result=share(done), wall_s=9.0
        )
        return [started, *ended, finished]

    first = rollouts(accepted, skill)
    result = share(first)
    events: list[Event] = [began(run), *measured(0, None, accepted, first), decided(None, 0, "baseline", 0, 0, result)]
    evaluation, epoch, row = 0, 0, 0
    for step in range(1, updates + 1):
        verdict = ("kept", "rolled_back", "rolled_back", "rejected" if step % 8 == 4 else "unchanged")[step % 4 - 1]
        events.append(StepStarted(step=step, accepted_evaluation=best))
        function = learned(f"function_{step % 9}", step)
        action: Action = (ReviseFunction if function.name in accepted else AddFunction)(function=function)
        actions = () if verdict == "unchanged" else (action,)
        by = "Ada" if step % 20 == 1 else ""
        events.append(UpdateProposed(step=step, update=Update(actions=actions, by=by), seconds=1.0))
        if verdict == "unchanged":
            row += 1
            events.append(decided(step, None, "unchanged", epoch, row, result))
            continue
        evaluation += 1
        candidate = accepted.including(function)
        done = rollouts(candidate, skill + (0.02 if verdict == "kept" else -0.1))
        events += measured(evaluation, step, candidate, done)
        if verdict == "kept":
            accepted, skill, best, result, epoch, row = candidate, skill + 0.02, evaluation, share(done), epoch + 1, 0
        events.append(decided(step, evaluation, verdict, epoch, row, result, share(done)))
    write(run, events)
    return run
