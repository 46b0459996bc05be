"""Measure a function set: one rollout a task, graded and recorded as it ends (the forward pass)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentopt_core.agents.together import together
from agentopt_core.errors import InfrastructureFault
from agentopt_core.events import EvaluationFinished, EvaluationStarted, RolloutFinished
from agentopt_core.execution.executor import Executor, RolloutSpec
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout
from agentopt_core.seams import EventSink, Grader
from agentopt_core.tasks import Split, Task

TASKS_PER_FAULT = 5
"""One task in so many may stay a fault; beyond that an accuracy over the rest would mislead."""

FAULTS_IN_A_ROW = 3
"""So many faults, and at least as many as are in flight, with nothing between them: the endpoint is down for all."""
RESUME_HINT = "Mend the cause and resume the run: finished rollouts are kept, the others are run again."


class _Place(NamedTuple):
    """Which measurement a rollout belongs to."""

    evaluation: int
    functions: FunctionSet
    split: Split
    series: str


class Evaluator:
    """Runs evaluations through an executor, grades with a grader, tells a sink."""

    def __init__(self, executor: Executor, grader: Grader, sink: EventSink) -> None:
        self._executor = executor
        self._grader = grader
        self._sink = sink
        self._faults_in_a_row = 0

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
        """Evaluate a function set on tasks; the rollouts come back in task order, whichever ended first.

        `recorded` holds rollouts of this evaluation from an earlier process, by task id: they are taken over and not
        reported again, but for faults, which are run again. A fault is tried once more after all other tasks; what
        stays a fault is counted apart. Each attempt is reported as it ends, so of two reports on one task the later
        counts.

        Raises: InfrastructureFault when more than a fifth of the tasks stay faults, or as soon as nothing but faults
        comes back; SetupError and BudgetExhausted as
        they come, with the rollouts in flight cancelled. Whatever ended before is already with the sink.
        """
        began = time.monotonic()
        self._faults_in_a_row = 0
        place = _Place(index, functions, split, series)
        self._sink.emit(
            EvaluationStarted(
                evaluation=index, step=step, functions=functions, split=split, n=len(tasks), series=series
            )
        )
        measured = {task.id: recorded[task.id] for task in tasks if task.id in recorded}
        await self._run([task for task in tasks if task.id not in measured], place, measured)
        await self._run([task for task in tasks if measured[task.id].is_fault], place, measured)
        evaluation = Evaluation(
            index=index, functions=functions, split=split, rollouts=tuple(measured[task.id] for task in tasks)
        )
        _refuse_if_mostly_faults(evaluation)
        self._sink.emit(
            EvaluationFinished(
                evaluation=index,
                functions_digest=functions.digest,
                split=split,
                series=series,
                result=evaluation.result,
                wall_s=time.monotonic() - began,
            )
        )
        return evaluation

    async def try_on(
        self, index: int, step: int, functions: FunctionSet, tasks: tuple[Task, ...], series: str
    ) -> Evaluation:
        """Run a proposal on a few training tasks, before anybody decided on it. Raises: as `measure`."""
        return await self.measure(index, step, functions, tasks, "train", {}, series)

    async def _run(self, tasks: list[Task], place: _Place, measured: dict[str, Rollout]) -> None:
        # As many workers as rollouts can be in flight pull from one iterator: ten thousand tasks make no more
        # asyncio tasks than ten do.
        left = iter(tasks)
        workers = min(len(tasks), self._executor.max_concurrency)
        await together(self._work(left, place, measured) for _ in range(workers))

    async def _work(self, left: Iterator[Task], place: _Place, measured: dict[str, Rollout]) -> None:
        for task in left:
            spec = RolloutSpec(question=task.for_agent(), functions=place.functions, evaluation=place.evaluation)
            rollout = await self._executor.run(spec)
            if not rollout.is_fault:
                rollout = await self._graded(task, rollout)
            self._sink.emit(
                RolloutFinished(
                    evaluation=place.evaluation,
                    functions_digest=place.functions.digest,
                    split=place.split,
                    series=place.series,
                    rollout=rollout,
                )
            )
            measured[task.id] = rollout
            self._faults_in_a_row = self._faults_in_a_row + 1 if rollout.is_fault else 0
            if self._faults_in_a_row >= max(FAULTS_IN_A_ROW, self._executor.max_concurrency):
                raise InfrastructureFault(
                    f"Evaluation {place.evaluation}: {self._faults_in_a_row} rollouts in a row could not be completed. "
                    f"The last cause: {rollout.note}",
                    RESUME_HINT,
                )

    async def _graded(self, task: Task, rollout: Rollout) -> Rollout:
        try:
            return rollout.with_(score=await self._grader.grade(task, rollout.answer))
        except InfrastructureFault as fault:
            return rollout.with_(ended="fault", note=f"The answer could not be graded: {fault}")


def _refuse_if_mostly_faults(evaluation: Evaluation) -> None:
    faults = [rollout for rollout in evaluation.rollouts if rollout.is_fault]
    if len(faults) * TASKS_PER_FAULT > len(evaluation.rollouts):
        raise InfrastructureFault(
            f"Evaluation {evaluation.index}: {len(faults)} of {len(evaluation.rollouts)} rollouts could not be "
            f"completed, so its accuracy would mean nothing. The last cause: {faults[-1].note}",
            RESUME_HINT,
        )
