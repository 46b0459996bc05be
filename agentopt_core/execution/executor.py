"""What every executor promises: a specification of a rollout goes in, the rollout comes out; both are plain JSON."""

from __future__ import annotations

from typing import Protocol

from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Rollout
from agentopt_core.tasks import Question
from agentopt_core.words import Word


class RolloutSpec(Word):
    """One rollout to be done. It holds the question alone: no gold answer can reach an agent through it."""

    question: Question
    functions: FunctionSet
    evaluation: int
    """Index of the evaluation the rollout belongs to."""


class Gate(Protocol):
    """Says when work may start."""

    async def wait(self) -> None:
        """Return when work may start; at once unless the run is paused."""
        ...


class Executor(Protocol):
    """Runs rollouts, here or elsewhere."""

    @property
    def max_concurrency(self) -> int:
        """Rollouts in flight at most; more calls of `run` than these only wait."""
        ...

    async def run(self, spec: RolloutSpec) -> Rollout:
        """Do one rollout, unscored; a bad rollout is data.

        Raises: SetupError and BudgetExhausted, which end the run. Cancelling the call cancels the rollout.
        """
        ...
