"""Studies without trainers: runs whose journals are written at the moment they are launched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agentopt_core.config import RunConfig
from agentopt_core.errors import NotFound
from agentopt_core.events import (
    EvaluationFinished,
    EvaluationStarted,
    Event,
    HeldOutMeasured,
    RolloutFinished,
    RunFailed,
    RunFinished,
    RunStarted,
    SplitOpened,
)
from agentopt_core.functions import FunctionSet, Initial
from agentopt_core.history.journal import JournalWriter
from agentopt_core.history.run_folder import RunFolder, find_run
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import CellResult, StudyMade, TaskSetFact
from agentopt_core.studies.making import make_study
from agentopt_core.studies.plan import StudyFile
from agentopt_core.tasks import Split, Task, TaskSet
from tests.builders import functions, rollout

COST = Usage(requests=10, prompt_tokens=900, completion_tokens=100, cost_usd=0.01)
NONE = FunctionSet()


def sums(id: str = "sums", train: int = 4, test: int = 4) -> TaskSet:
    """A set with a test split; sets of other names ask other questions."""
    splits: list[Split] = ["train"] * train + ["test"] * test
    tasks = tuple(
        Task(id=f"t{k}", question=f"{id}: what is {k} + {k}?", answer=str(2 * k), split=split)
        for k, split in enumerate(splits)
    )
    return TaskSet(id=id, name=id.capitalize(), tasks=tasks)


def study(**fields: object) -> StudyFile:
    """A study file; by default a small ablation."""
    return StudyFile.model_validate({"kind": "ablation", "tasks": ("sums",), "seeds": (1, 2), **fields})


def made(file: StudyFile, domain: str = "") -> StudyMade:
    """The first line of a study's journal."""
    facts = {
        one: TaskSetFact(id=one, name=one.capitalize(), train=4, test=4, digest=one, domain=domain)
        for one in file.tasks
    }
    return StudyMade(by="Ada", digest=file.digest, demo=True, task_sets=facts)


def table(marks: str) -> dict[str, int]:
    """`+` solved, `-` failed; tasks t0, t1, ..."""
    return {f"t{k}": int(mark == "+") for k, mark in enumerate(marks) if mark in "+-"}


def measured(before: str, after: str, **fields: object) -> CellResult:
    """A cell's result from patterns of the test tasks."""
    return CellResult.model_validate(
        {"state": "measured", "before": table(before), "after": table(after), "usage": COST, "wall_s": 2.0, **fields}
    )


def finished(folder: RunFolder, before: str = "--++", after: str = "-+++", stop: str = "epochs") -> list[Event]:
    """The journal of a run with its test split, as the real trainer writes it in short."""
    initial = folder.initial()
    first = initial.functions if initial else NONE
    last = first if initial else functions("double")
    tasks = [task.id for task in folder.tasks().of("test")]
    events: list[Event] = [_started(folder, len(tasks))]
    events += _evaluation(0, first, "train", ["t0"], "-")
    patterns = (
        [(1, "baseline", first, before)] if initial else [(1, "baseline", first, before), (2, "chosen", last, after)]
    )
    for index, subject, found, marks in patterns:
        events.append(
            SplitOpened.model_validate(
                {"evaluation": index, "subject": subject, "functions_digest": found.digest, "n": len(tasks)}
            )
        )
        events += _evaluation(index, found, "test", tasks, marks)
    share = Proportion(correct=1, n=4)
    events.append(HeldOutMeasured(baseline=share, chosen=share, p_value=1.0, candidates=1))
    return [*events, _finished(last, stop)]


def failed(folder: RunFolder) -> list[Event]:
    """The journal of a run that could not go on."""
    return [_started(folder, 4), RunFailed(message="The endpoint is down.", hint="Start it.")]


def cut(folder: RunFolder) -> list[Event]:
    """The journal of a run that its budget ended."""
    return [_started(folder, 4), _finished(NONE, "budget")]


def _started(folder: RunFolder, test: int) -> RunStarted:
    return RunStarted(
        run_id=folder.run_id, resumed=False, pid=1, train_tasks=4, test_tasks=test, level="namespaces", environment={}
    )


def _finished(functions: FunctionSet, stop: str) -> RunFinished:
    share = Proportion(correct=1, n=4)
    return RunFinished.model_validate(
        {"stop": stop, "reason": f"Ended by {stop}.", "best_evaluation": 1, "functions": functions, "baseline": share,
         "best": share, "usage": COST, "wall_s": 2.0}
    )  # fmt: skip


def _evaluation(index: int, found: FunctionSet, split: Split, tasks: list[str], marks: str) -> list[Event]:
    events: list[Event] = [EvaluationStarted(evaluation=index, step=None, functions=found, split=split, n=len(tasks))]
    events += [
        RolloutFinished(
            evaluation=index, functions_digest=found.digest, split=split,
            rollout=rollout(task, None if mark == "f" else mark == "+"),
        )
        for task, mark in zip(tasks, marks, strict=True)
    ]  # fmt: skip
    share = Proportion(correct=marks.count("+"), n=len(marks))
    return [
        *events,
        EvaluationFinished(evaluation=index, functions_digest=found.digest, split=split, result=share, wall_s=1.0),
    ]


@dataclass
class Over:
    """A trainer that has ended."""

    def poll(self) -> int | None:
        return 0


@dataclass
class FakeRuns:
    """Makes real run folders; a launch writes the journal that `script` makes for it."""

    home: Path
    sets: Mapping[str, TaskSet]
    script: Callable[[RunFolder], list[Event]] = finished
    launched: list[str] = field(default_factory=list)
    configs: list[RunConfig] = field(default_factory=list)
    initials: list[Initial | None] = field(default_factory=list)

    def resolve_tasks(self, spec: str) -> TaskSet:
        if spec not in self.sets:
            raise NotFound(f"There is no task set '{spec}'.", "")
        return self.sets[spec]

    def folder(self, run_id: str) -> RunFolder:
        return find_run(self.home, run_id)

    def create(self, config: RunConfig, task_set: TaskSet, initial: Initial | None = None) -> RunFolder:
        self.configs.append(config)
        self.initials.append(initial)
        return RunFolder.create(self.home, config, task_set, None, initial)

    def launch(self, folder: RunFolder, by: str) -> Over:
        self.launched.append(folder.run_id)
        with JournalWriter(folder.journal) as journal:
            for event in self.script(folder):
                journal.emit(event)
        return Over()


def runs(home: Path, *ids: str) -> FakeRuns:
    """Runs on sets of these ids."""
    return FakeRuns(home, {id: sums(id) for id in ids or ("sums",)})


def begun(bench: FakeRuns, file: StudyFile) -> StudyFolder:
    """A study that was made and not run."""
    return make_study(bench.home, file, bench.resolve_tasks, "Ada")
