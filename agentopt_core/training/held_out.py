"""The test split: sealed while the run trains, then measured once with the untrained agent and the chosen set.

Choosing happened on the training split, with many candidates; only tasks that had no part in it tell what was learned.
"""

from __future__ import annotations

from typing import Literal

from agentopt_core.evaluation.compare import paired
from agentopt_core.events import HeldOutMeasured, SplitOpened, StopKind
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink
from agentopt_core.tasks import Task
from agentopt_core.training.evaluator import Evaluator
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.state import TrainState

RULES: frozenset[StopKind] = frozenset({"epochs", "patience", "perfect", "max_evaluations"})
"""Ends that leave nothing to choose any more. A run that a person or a budget ended can go on, so its split stays
sealed."""


class HeldOut:
    """Opens the test split for two function sets and records each opening. What `recorded` holds is not run again."""

    def __init__(self, *, evaluator: Evaluator, tasks: tuple[Task, ...], sink: EventSink, recorded: Recorded) -> None:
        self._evaluator = evaluator
        self._tasks = tasks
        self._sink = sink
        self._recorded = recorded

    async def measure(self, state: TrainState) -> None:
        """Measure the baseline and the chosen set; where training chose the baseline, it is measured once.

        Their evaluations are counted on from those of training. Raises: as `Evaluator.measure`.
        """
        if not self._tasks:
            return
        first = state.evaluations
        before = await self._open(first, "baseline", state.baseline.functions)
        if state.best.functions.digest == state.baseline.functions.digest:
            after = before
        else:
            after = await self._open(first + 1, "chosen", state.best.functions)
        if self._recorded.held_out:
            return
        pair = paired(before, after)
        self._sink.emit(
            HeldOutMeasured(
                baseline=before.result,
                chosen=after.result,
                fixed=pair.fixed,
                broken=pair.broken,
                p_value=pair.p_value,
                candidates=state.evaluations - 1,
            )
        )

    async def _open(self, index: int, subject: Literal["baseline", "chosen"], functions: FunctionSet) -> Evaluation:
        if (finished := self._recorded.evaluation(index, functions, self._tasks, "test")) is not None:
            return finished
        if not self._recorded.was_opened(index):
            digest, n = functions.digest, len(self._tasks)
            self._sink.emit(SplitOpened(evaluation=index, subject=subject, functions_digest=digest, n=n))
        known = self._recorded.rollouts(index, functions)
        return await self._evaluator.measure(index, None, functions, self._tasks, "test", known)
