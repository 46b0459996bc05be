"""What training asks of whoever measures function sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout
from agentopt_core.tasks import Split, Task
from agentopt_core.training.recorded import Recorded


class Evaluator(Protocol):
    """Measures a function set (`agentopt_core.evaluation.Evaluator`)."""

    async def measure(
        self,
        index: int,
        step: int | None,
        functions: FunctionSet,
        tasks: tuple[Task, ...],
        split: Split,
        recorded: Mapping[str, Rollout],
        series: str = "",
    ) -> Evaluation:
        """Run all tasks but those already recorded, and score them. `series`: see `events.EvaluationStarted`."""
        ...


async def measured(
    evaluator: Evaluator,
    recorded: Recorded,
    of: Evaluation,
    step: int | None,
    tasks: tuple[Task, ...],
    split: Split,
    series: str,
) -> Evaluation:
    """The set of an evaluation on other tasks, or once more on the same; what `recorded` holds is not run again.

    Raises: as `Evaluator.measure`.
    """
    if (finished := recorded.evaluation(of.index, of.functions, tasks, split, series)) is not None:
        return finished
    known = recorded.rollouts(of.index, of.functions, series)
    return await evaluator.measure(of.index, step, of.functions, tasks, split, known, series)
