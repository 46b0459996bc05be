"""The process of a study: starts the runs of its cells, some at a time, and writes down what came of each.

Whatever it knows stands in the study's journal and in the runs' own. Killed and started again it takes over the
trainers that are still at work, goes on with runs that were cut off, and repeats nothing that was measured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agentopt_core.commands import Command
from agentopt_core.config import Budget, RunConfig
from agentopt_core.errors import AgentOptError, NotFound, TaskSetError
from agentopt_core.functions import Initial
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.studies.arms import Cell, cells_of, config_of
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import CellEnded, CellResult, CellStarted, Line, Paused, StudyBegan, StudyEnded
from agentopt_core.studies.making import fact, only_test
from agentopt_core.studies.measured import cell_result, learned
from agentopt_core.studies.plan import StudyFile
from agentopt_core.studies.purse import Purse
from agentopt_core.studies.state import StudyState, state_of
from agentopt_core.tasks import TaskSet

POLL_S = 0.1
"""Seconds between two looks at trainers and commands."""
MOST_FAILURES = 3
"""Runs that fail one after another before the study gives up: the next would fail, too."""


class Trainer(Protocol):
    """The process that trains a run (`subprocess.Popen`)."""

    def poll(self) -> int | None:
        """The exit code; None while it is at work."""
        ...


class Runs(Protocol):
    """Where runs are made and trained (`agentopt_core.workbench.Workbench`)."""

    def resolve_tasks(self, spec: str) -> TaskSet:
        """The tasks that a file names so."""
        ...

    def folder(self, run_id: str) -> RunFolder:
        """A run. Raises: NotFound."""
        ...

    def create(self, config: RunConfig, task_set: TaskSet, initial: Initial | None = None) -> RunFolder:
        """A new run, ready to be trained."""
        ...

    def launch(self, folder: RunFolder, by: str) -> Trainer:
        """A trainer process for the run, which outlives this one."""
        ...


@dataclass(frozen=True)
class _Working:
    """A run under way. `trainer` is None for one that an earlier process of the study launched."""

    cell: Cell
    folder: RunFolder
    budget: Budget
    trainer: Trainer | None = None

    @property
    def is_over(self) -> bool:
        """Nobody trains it any more."""
        return self.folder.holder() is None if self.trainer is None else self.trainer.poll() is not None


class StudyRunner:
    """Runs a study to its end, or until somebody stops it. `listen` is told each line of the journal."""

    def __init__(
        self,
        folder: StudyFolder,
        runs: Runs,
        *,
        parallel: int | None = None,
        listen: Callable[[Line], None] = lambda line: None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._runs = runs
        self._file = folder.file()
        self._cells = cells_of(self._file)
        self._parallel = parallel or usual_parallel(self._file)
        self._listen = listen
        self._wait = wait
        self._task_sets: dict[str, TaskSet] = {}
        self._working: list[_Working] = []
        self._state: StudyState
        self._offset = 0
        self._stopped_by = ""
        self._failures = 0

    def run(self) -> StudyEnded:
        """Work on the study until it ends; what is left then is done when it is run again.

        Raises: RunBusy when another process works on it; DiskFull; ProtocolError when its journal is damaged.
        """
        with self._folder.hold():
            self._state = state_of(self._folder)
            self._folder.commands.append(Command(kind="start", by="study"))  # makes void what was asked earlier
            self._offset = self._folder.commands.read_from()[-1][0]
            self._write(StudyBegan(pid=os.getpid(), parallel=self._parallel))
            self._todo = [cell for cell in self._cells if not self._is_done(cell)]
            self._take_over()
            while (ended := self._end()) is None:
                self._obey()
                self._collect()
                while self._may_start() and self._start_next():
                    pass
                if self._working or self._state.paused:
                    self._wait(POLL_S)
            self._write(ended)
            return ended

    def _is_done(self, cell: Cell) -> bool:
        found = self._state.results.get(cell.key)
        return found is not None and found.state in ("measured", "cut")

    def _take_over(self) -> None:
        """Trainers that an earlier process launched and that are at work."""
        for cell in [*self._todo]:
            folder = self._run_of(cell)
            if folder is not None and folder.holder() is not None:
                self._todo.remove(cell)
                self._working.append(_Working(cell, folder, folder.config().budget))

    def _run_of(self, cell: Cell) -> RunFolder | None:
        run_id = self._state.run_ids.get(cell.key, "")
        try:
            return self._runs.folder(run_id) if run_id else None
        except NotFound:  # somebody deleted it
            return None

    def _end(self) -> StudyEnded | None:
        if self._working:
            return None
        if self._stopped_by:
            return StudyEnded(end="stopped", reason=f"Stopped by {self._stopped_by}; run it again to go on.")
        if self._failures >= MOST_FAILURES:
            reason = f"{self._failures} runs failed one after another; mend what they say and run the study again."
            return StudyEnded(end="failed", reason=reason)
        if not self._todo:
            return StudyEnded(end="done", reason=_outcome(self._cells, self._state))
        if self._purse().share(len(self._todo)) is None:
            left = len(self._todo)
            reason = f"The budget of the study is used up; {left} of {len(self._cells)} runs were not made."
            return StudyEnded(end="budget", reason=reason)
        return None

    def _obey(self) -> None:
        for offset, command in self._folder.commands.read_from(self._offset):
            self._offset = offset
            match command.kind:
                case "pause" | "resume":
                    self._write(Paused(paused=command.kind == "pause", by=command.by))
                case "stop" | "stop_after_epoch":
                    self._stopped_by = command.by
                case _:
                    continue
            for one in self._working:
                one.folder.commands.append(Command(kind=command.kind, by=command.by))

    def _collect(self) -> None:
        """Write down what came of runs that are over."""
        for one in [*self._working]:
            if not one.is_over:
                continue
            self._working.remove(one)
            try:
                result = cell_result(one.folder)
            except AgentOptError as error:
                result = CellResult(state="failed", problem=str(error))
            if result is None:
                said = one.folder.log_tail(lines=3) or "it left no word"
                result = CellResult(state="failed", problem=f"The trainer ended without reporting an end: {said}")
            self._ended(one.cell, one.folder.run_id, result)

    def _ended(self, cell: Cell, run_id: str, result: CellResult) -> None:
        self._write(CellEnded(cell=cell.key, run_id=run_id, result=result))
        self._failures = self._failures + 1 if result.state == "failed" else 0

    def _may_start(self) -> bool:
        return (
            len(self._working) < self._parallel
            and not self._stopped_by
            and not self._state.paused
            and self._failures < MOST_FAILURES
        )

    def _start_next(self) -> bool:
        """Start the first cell that can be; False when none can now."""
        cell = next((one for one in self._todo if self._is_ready(one)), None)
        share = self._purse().share(len(self._todo))
        if cell is None or share is None:
            return False
        self._todo.remove(cell)
        try:
            folder = self._run_of(cell)
            if folder is not None and self._finished_meanwhile(cell, folder):
                return True
            if folder is None:
                folder = self._create(cell, share)
                self._write(CellStarted(cell=cell.key, run_id=folder.run_id))
            trainer = self._runs.launch(folder, "study")
            self._working.append(_Working(cell, folder, folder.config().budget, trainer))
        except AgentOptError as error:
            self._ended(cell, self._state.run_ids.get(cell.key, ""), CellResult(state="failed", problem=str(error)))
        return True

    def _finished_meanwhile(self, cell: Cell, folder: RunFolder) -> bool:
        """The run ended by itself while no process of the study was there, or somebody resumed it by hand."""
        result = cell_result(folder)
        if result is None or result.state not in ("measured", "cut"):
            return False
        self._ended(cell, folder.run_id, result)
        return True

    def _is_ready(self, cell: Cell) -> bool:
        """A cell that measures another's functions waits for it, however that ends."""
        source = cell.begins_with
        waits = {one.key for one in self._todo} | {one.cell.key for one in self._working}
        return not source or source not in waits

    def _create(self, cell: Cell, share: Budget) -> RunFolder:
        config = config_of(self._file, cell)
        config = config.with_(budget=smaller(config.budget, share))
        task_set = self._tasks(cell.tasks)
        if not cell.begins_with:
            return self._runs.create(config, task_set)
        source = self._state.results.get(cell.begins_with)
        if source is None or source.state != "measured":
            why = source.problem if source else "it was not run"
            raise TaskSetError(f"There are no functions to measure: their training was not finished. {why}", "")
        initial = learned(self._runs.folder(self._state.run_ids[cell.begins_with]))
        return self._runs.create(config, only_test(task_set), initial)

    def _tasks(self, spec: str) -> TaskSet:
        if spec not in self._task_sets:
            task_set = self._runs.resolve_tasks(spec)
            if fact(task_set).digest != self._state.made.task_sets[spec].digest:
                raise TaskSetError(
                    f"The tasks of '{spec}' have changed since the study was made, so its runs could not be compared.",
                    "Restore them, or begin a new study.",
                )
            self._task_sets[spec] = task_set
        return self._task_sets[spec]

    def _purse(self) -> Purse:
        at_work = {one.cell.key for one in self._working}  # what a resumed run used before is in its budget
        ended = [result.usage for key, result in self._state.results.items() if key not in at_work]
        return Purse(self._file.budget, ended, [one.budget for one in self._working])

    def _write(self, line: Line) -> None:
        self._folder.write(line)
        self._state = self._state.after(line)
        self._listen(line)


def usual_parallel(file: StudyFile) -> int:
    """Runs at the same time where nobody says otherwise: as the file says, else one per core."""
    return file.parallel or os.cpu_count() or 1


def smaller(one: Budget, other: Budget) -> Budget:
    """The tighter limit of each kind."""
    limits = {}
    for name in ("usd", "tokens", "requests"):
        known = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        limits[name] = min(known) if known else None
    return Budget.model_validate(limits)


def _outcome(cells: tuple[Cell, ...], state: StudyState) -> str:
    measured = sum(result.state == "measured" for result in state.results.values())
    if measured == len(cells):
        return f"All {measured} runs were measured."
    return f"{measured} of {len(cells)} runs were measured; run the study again to go on with those that failed."
