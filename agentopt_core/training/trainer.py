"""The training loop. Saving, progress and cost do not appear here: they listen to the events."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.config import TrainingConfig
from agentopt_core.events import UpdateProposed, VerdictReached
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink
from agentopt_core.tasks import Task
from agentopt_core.training.approval import Approval
from agentopt_core.training.batches import Batches
from agentopt_core.training.beside import Beside
from agentopt_core.training.by_hand import ByHand
from agentopt_core.training.control import Control
from agentopt_core.training.evaluator import Evaluator
from agentopt_core.training.gate import Gate, Rule
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.state import Judged, TrainState, Verdict
from agentopt_core.training.stopping import StopReason, stop_reason


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
        tasks: tuple[Task, ...] | Batches,
        config: TrainingConfig,
        sink: EventSink,
        control: Control,
        recorded: Recorded,
        initial: FunctionSet | None = None,
        approval: Approval | None = None,
        beside: Beside | None = None,
        rule: Rule | None = None,
        packages: tuple[str, ...] = (),
    ) -> None:
        self._evaluator = evaluator
        self._optimizer = optimizer
        self._batches = tasks if isinstance(tasks, Batches) else Batches(tasks)
        # A batch that is solved to the last task says nothing of the others.
        self._config = config.with_(stop_at_perfect=False) if self._batches.are_parts else config
        self._sink = sink
        self._control = control
        self._recorded = recorded
        self._initial = initial or FunctionSet()
        self._gate = Gate(measure=self._measure, config=self._config, approval=approval, rule=rule)
        self._beside = beside
        self._by_hand = ByHand(control.desk, sink, packages)
        self.state: TrainState | None = None
        """Where the run stands; None until the baseline is measured."""

    async def train(self) -> TrainResult:
        """Train to the end.

        Raises: SetupError, InfrastructureFault or BudgetExhausted; `state` then still holds the accepted set.
        """
        state = await self._start()
        while (reason := self._stop(state)) is None:
            state = await self._renew(state)
            update = await self._propose(state)
            judged = await self._gate.judge(state, update)
            state = state.after(judged)
            self._record(state, judged, state.step)
            if self._beside and judged.candidate:
                await self._beside.candidate(judged.candidate, state.step, judged.verdict.kind == "kept")
        self._control.desk.close()
        return TrainResult(state, reason)

    async def _start(self) -> TrainState:
        baseline = await self._measure(0, None, self._initial)
        first = Judged(Update(), Verdict("baseline", _begins_with(self._initial)), baseline)
        state = self._record(TrainState.start(baseline), first, None)
        if self._beside:
            await self._beside.baseline(baseline)
        return state

    async def _renew(self, state: TrainState) -> TrainState:
        """The accepted set measured on the tasks of the next step, where these are others than the last step's."""
        step = state.step + 1
        if step == 1 or not self._batches.are_parts:
            return state
        measured = await self._measure(state.evaluations, None, state.best.functions, step)
        reason = f"The accepted functions on the {len(measured.rollouts)} tasks of step {step}."
        return self._record(state.renewed(measured), Judged(Update(), Verdict("baseline", reason), measured), None)

    def _stop(self, state: TrainState) -> StopReason | None:
        if self._by_hand.waits or self._recorded.is_by_hand(state.step + 1):
            return None  # what a person changed is measured before the run may end
        return stop_reason(state, self._config) or self._control.stop_after_epoch

    async def _propose(self, state: TrainState) -> Update:
        """The next update: what the journal holds, what a person changed by hand, or the optimizer's."""
        step = state.step + 1
        if (recorded := self._recorded.update(step)) is not None:
            return recorded
        await self._control.wait()
        if (update := self._by_hand.take(step, state)) is not None:
            return update
        began = time.monotonic()
        update = await self._optimizer.step(step, state.best, state.failure_record)
        self._sink.emit(UpdateProposed(step=step, update=update, seconds=time.monotonic() - began))
        return update

    async def _measure(
        self, index: int, step: int | None, functions: FunctionSet, tasks_of: int | None = None
    ) -> Evaluation:
        """Measure on the tasks of the step, or of the step `tasks_of` where no step proposed the set."""
        self._by_hand.note(index, functions)
        tasks = self._batches.of(step or tasks_of or 1)
        if (finished := self._recorded.evaluation(index, functions, tasks)) is not None:
            return finished
        known = self._recorded.rollouts(index, functions)
        return await self._evaluator.measure(index, step, functions, tasks, "train", known)

    def _record(self, state: TrainState, judged: Judged, step: int | None) -> TrainState:
        """Report the verdict of a step; None: a baseline."""
        self.state = state
        evaluation = judged.candidate.index if judged.candidate else None
        if not self._recorded.has_verdict(step, evaluation):
            self._sink.emit(
                VerdictReached(
                    step=step,
                    evaluation=evaluation,
                    verdict=judged.verdict.kind,
                    reason=judged.verdict.reason,
                    epoch=state.epoch,
                    withdrawn_in_a_row=state.withdrawn_in_a_row,
                    best=state.best.result,
                    candidate=judged.candidate.result if judged.candidate and step else None,
                    evidence=judged.verdict.evidence,
                )
            )
        return state


def _begins_with(functions: FunctionSet) -> str:
    if not len(functions):
        return "The agent untrained."
    return f"The agent with the functions the run began with: {', '.join(functions.names)}."
