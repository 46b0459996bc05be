"""How far a study is, on standard error: a bar in a terminal, a line a run elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from agentopt_core.studies.arms import cells_of
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import Line
from agentopt_core.studies.state import state_of


class StudyProgress:
    """Told each line of the study's journal (`take`)."""

    def __init__(self, folder: StudyFolder, to: TextIO) -> None:
        self._study_id = folder.study_id
        self._planned = len(cells_of(folder.file()))
        results = state_of(folder).results
        self._measured = {key for key, result in results.items() if result.state in ("measured", "cut")}
        self._console = Console(file=to)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        self._task = self._bar.add_task("runs", total=self._planned, completed=len(self._measured))
        self._say(f"Study {self._study_id}: {self._planned} runs, {len(self._measured)} of them measured already.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bar.stop()

    def take(self, line: Line) -> None:
        """Show one more line."""
        if line.kind != "cell_ended":
            return
        self._measured.add(line.cell)
        if self._task is not None:
            self._bar.update(self._task, completed=len(self._measured))
        problem = f": {line.result.problem}" if line.result.problem else ""
        if line.result.state != "measured" or not self._console.is_terminal:
            self._say(f"{len(self._measured)}/{self._planned} {line.cell}: {line.result.state}{problem}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
