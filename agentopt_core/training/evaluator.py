"""What training asks of whoever measures function sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout
from agentopt_core.tasks import Split, Task


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
