"""The training loop. Saving, progress and cost do not appear here: they listen to the events."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.config import TrainingConfig
from agentopt_core.events import UpdateProposed, VerdictReached
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout
from agentopt_core.seams import EventSink
from agentopt_core.tasks import Split, Task
from agentopt_core.training.acceptance import decide
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.state import TrainState, Verdict
from agentopt_core.training.stopping import StopReason, stop_reason


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
    ) -> Evaluation:
        """Run all tasks but those already recorded, and score them."""
        ...


class Optimizer(Protocol):
    """Proposes an update (`agentopt_core.optimizer.AgentOptimizer`)."""

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """One step of Algorithm 1."""
        ...


@dataclass(frozen=True, slots=True)
class TrainResult:
    """Where the run ended and why."""

    state: TrainState
    reason: StopReason


class Trainer:
    """Algorithm 2. What `recorded` holds of an earlier process is taken over instead of being done again."""

    def __init__(
        self,
        *,
        evaluator: Evaluator,
        optimizer: Optimizer,
        tasks: tuple[Task, ...],
        config: TrainingConfig,
        sink: EventSink,
        control: Control,
        recorded: Recorded,
        initial: FunctionSet | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._optimizer = optimizer
        self._tasks = tasks
        self._config = config
        self._sink = sink
        self._control = control
        self._recorded = recorded
        self._initial = initial or FunctionSet()
        self.state: TrainState | None = None
        """Where the run stands; None until the baseline is measured."""

    async def train(self) -> TrainResult:
        """Train to the end.

        Raises: SetupError, InfrastructureFault or BudgetExhausted; `state` then still holds the accepted set.
        """
        baseline = await self._measure(0, None, self._initial)
        state = self._record(None, baseline, TrainState.start(baseline), Verdict("baseline", "The agent untrained."))
        while (reason := stop_reason(state, self._config) or self._control.stop_after_epoch) is None:
            update = await self._propose(state)
            functions = update.apply(state.best.functions)
            if functions.digest == state.best.functions.digest:
                candidate, verdict = None, Verdict("unchanged", _why_unchanged(update))
            else:
                candidate = await self._measure(state.evaluations, state.step + 1, functions)
                verdict = decide(state.best, candidate, self._config)
            state = self._record(update, candidate, state.after(verdict, candidate), verdict)
        return TrainResult(state, reason)

    async def _propose(self, state: TrainState) -> Update:
        step = state.step + 1
        if (recorded := self._recorded.update(step)) is not None:
            return recorded
        await self._control.wait()
        began = time.monotonic()
        update = await self._optimizer.step(step, state.best, state.failure_record)
        self._sink.emit(UpdateProposed(step=step, update=update, seconds=time.monotonic() - began))
        return update

    async def _measure(self, index: int, step: int | None, functions: FunctionSet) -> Evaluation:
        if (finished := self._recorded.evaluation(index, functions, self._tasks)) is not None:
            return finished
        known = self._recorded.rollouts(index, functions)
        return await self._evaluator.measure(index, step, functions, self._tasks, "train", known)

    def _record(
        self, update: Update | None, candidate: Evaluation | None, state: TrainState, verdict: Verdict
    ) -> TrainState:
        self.state = state
        step = None if update is None else state.step
        if not self._recorded.has_verdict(step):
            self._sink.emit(
                VerdictReached(
                    step=step,
                    evaluation=candidate.index if candidate else None,
                    verdict=verdict.kind,
                    reason=verdict.reason,
                    epoch=state.epoch,
                    withdrawn_in_a_row=state.withdrawn_in_a_row,
                    best=state.best.result,
                    candidate=candidate.result if candidate else None,
                )
            )
        return state


def _why_unchanged(update: Update) -> str:
    if update.actions:
        return "The actions of the step cancel out: the set is as before."
    if update.refusals:
        last = update.refusals[-1]
        return f"No proposal of the step was valid; the last one ({last.name or last.op}): {last.reason}"
    return "The optimizer proposed nothing: it takes the set for the best it can do."
