"""A study before it begins: every arm's settings and every task set are looked at, and what it is made of is noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentopt_core.errors import AgentOptError, TaskSetError
from agentopt_core.studies.arms import cells_of, config_of
from agentopt_core.studies.folder import StudyFolder, studies_in
from agentopt_core.studies.journal import StudyMade, TaskSetFact
from agentopt_core.studies.paper import domain_of
from agentopt_core.studies.plan import StudyFile
from agentopt_core.tasks import TaskSet
from agentopt_core.words import digest

Resolve = Callable[[str], TaskSet]
"""A task set by the name that a file gives it. Raises: NotFound; TaskSetError."""


def make_study(home: Path, file: StudyFile, resolve: Resolve, by: str) -> StudyFolder:
    """A new study, ready to be run; nothing is started.

    Raises: ConfigError naming the arm and setting that cannot be used; NotFound or TaskSetError for a task set.
    """
    return StudyFolder.create(home, file, checked(file, resolve, by))


def checked(file: StudyFile, resolve: Resolve, by: str) -> StudyMade:
    """The study's first line, after everything that could be wrong was looked at. Raises: as `make_study`."""
    demo = [config_of(file, cell).is_demo for cell in cells_of(file)]
    facts = {spec: fact(resolve(spec)) for spec in file.tasks}
    seen: dict[str, str] = {}
    for spec, one in facts.items():
        if one.digest in seen:
            raise TaskSetError(f"'{seen[one.digest]}' and '{spec}' hold the same tasks.", "Name each set once.")
        seen[one.digest] = spec
        if file.kind == "transfer" and not one.test:
            raise TaskSetError(
                f"Task set '{one.name}' has no test split, and transfer is measured on one.",
                "Draw one on the Tasks page, or choose another set.",
            )
    return StudyMade(by=by, digest=file.digest, demo=any(demo), task_sets=facts)


def fact(task_set: TaskSet) -> TaskSetFact:
    """What a study remembers of a task set."""
    return TaskSetFact(
        id=task_set.id,
        name=task_set.name,
        train=len(task_set.of("train")),
        test=len(task_set.of("test")),
        digest=digest([task.model_dump(mode="json", exclude={"source", "meta"}) for task in task_set.each()], 24),
        domain=domain_of(task_set),
        private=task_set.private,
    )


def same_study(home: Path, file: StudyFile) -> StudyFolder | None:
    """The latest study that asks the same, to go on with it; None when there is none."""
    for folder in studies_in(home):
        try:
            first = folder.lines()[0]
        except AgentOptError:
            continue
        if first.kind == "study_made" and first.digest == file.digest:
            return folder
    return None


def only_test(task_set: TaskSet) -> TaskSet:
    """The set for measuring given functions: its test split, and one training task, since a run needs one."""
    kept = {task.id for task in (*task_set.of("train")[:1], *task_set.of("test"))}
    return task_set.with_(tasks=tuple(task for task in task_set.each() if task.id in kept))
