"""Small runs for the tests of the history."""

from __future__ import annotations

from pathlib import Path

from agentopt_core.config import RunConfig
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.tasks import Task, TaskSet


def task_set(n: int = 4) -> TaskSet:
    tasks = tuple(Task(id=f"t{i}", question=f"What is {i} + {i}?", answer=str(2 * i)) for i in range(n))
    return TaskSet(id="sums", name="Sums", tasks=tasks)


def new_run(home: Path, n: int = 4, **config: object) -> RunFolder:
    return RunFolder.create(home, RunConfig.model_validate(config), task_set(n))
