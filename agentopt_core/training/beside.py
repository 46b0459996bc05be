"""What is measured beside training and decides nothing: validation, the baseline once more, functions' credit.

Validation shows whether what was learned holds on tasks that the optimizer never read. The baseline measured again
without any change (a null edit) shows what noise alone does to the accuracy.
"""

from __future__ import annotations

from agentopt_core.config import TrainingConfig
from agentopt_core.rollouts import Evaluation
from agentopt_core.tasks import Split, Task
from agentopt_core.training.credit import Credits
from agentopt_core.training.evaluator import Evaluator, measured
from agentopt_core.training.recorded import Recorded


class Beside:
    """Measures what the run's settings ask for. What `recorded` holds is not run again."""

    def __init__(
        self,
        *,
        evaluator: Evaluator,
        tasks: tuple[Task, ...],
        validation: tuple[Task, ...],
        config: TrainingConfig,
        recorded: Recorded,
        credits: Credits | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._tasks = tasks
        self._validation = validation if config.validation != "off" else ()
        self._all = config.validation == "all"
        self._null_edits = config.null_edits
        self._recorded = recorded
        self._credits = credits

    async def baseline(self, baseline: Evaluation) -> None:
        """The null edits, and the baseline on the validation split. Raises: as `Evaluator.measure`."""
        for number in range(1, self._null_edits + 1):
            await self._measure(baseline, None, self._tasks, "train", f"again-{number}")
        await self._measure(baseline, None, self._validation, "val", "")
        if self._credits:
            await self._credits.accepted(baseline)

    async def candidate(self, candidate: Evaluation, step: int, kept: bool) -> None:
        """A candidate on the validation split, after the verdict on it. Raises: as `Evaluator.measure`."""
        if kept or self._all:
            await self._measure(candidate, step, self._validation, "val", "")
        if kept and self._credits:
            await self._credits.accepted(candidate)

    async def _measure(
        self, of: Evaluation, step: int | None, tasks: tuple[Task, ...], split: Split, series: str
    ) -> None:
        if tasks:
            await measured(self._evaluator, self._recorded, of, step, tasks, split, series)
