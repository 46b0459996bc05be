"""The test split: sealed while the run trains, then measured once with the untrained agent and the chosen set.

Choosing happened on the training split, with many candidates; only tasks that had no part in it tell what was learned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from agentopt_core.evaluation.compare import paired
from agentopt_core.events import FunctionsDropped, HeldOutMeasured, SplitOpened, StopKind
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

    def __init__(
        self,
        *,
        evaluator: Evaluator,
        tasks: tuple[Task, ...],
        sink: EventSink,
        recorded: Recorded,
        drop_unsuccessful: bool = False,
        screened: Callable[[], int] = lambda: 0,
    ) -> None:
        """`screened` tells how many sets were tried on samples of the training tasks and dropped (`Search.dropped`)."""
        self._evaluator = evaluator
        self._tasks = tasks
        self._sink = sink
        self._recorded = recorded
        self._drop_unsuccessful = drop_unsuccessful
        self.dropped: tuple[str, ...] = ()
        """Functions of the accepted set that the chosen set leaves out, once the run has come so far."""
        self._screened = screened

    async def measure(self, state: TrainState) -> None:
        """Measure the baseline and the chosen set; where training chose the baseline, it is measured once.

        Their evaluations are counted on from those of training. Raises: as `Evaluator.measure`.
        """
        chosen = self._chosen(state.best)
        if not self._tasks:
            return
        first = state.evaluations
        before = await self._open(first, "baseline", state.baseline.functions)
        if chosen.digest == state.baseline.functions.digest:
            after = before
        else:
            after = await self._open(first + 1, "chosen", chosen)
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
                candidates=state.evaluations - 1 - state.renewals + self._screened(),
            )
        )

    def _chosen(self, accepted: Evaluation) -> FunctionSet:
        """The accepted set, without what never succeeded in its evaluation where the run asks for that."""
        reasons = unsuccessful(accepted) if self._drop_unsuccessful else {}
        self.dropped = tuple(reasons)
        chosen = accepted.functions
        for name in reasons:
            chosen = chosen.without(name)
        if reasons and not self._recorded.dropped:
            self._sink.emit(FunctionsDropped(evaluation=accepted.index, reasons=reasons, functions=chosen))
        return chosen

    async def _open(self, index: int, subject: Literal["baseline", "chosen"], functions: FunctionSet) -> Evaluation:
        if (finished := self._recorded.evaluation(index, functions, self._tasks, "test")) is not None:
            return finished
        if not self._recorded.was_opened(index):
            digest, n = functions.digest, len(self._tasks)
            self._sink.emit(SplitOpened(evaluation=index, subject=subject, functions_digest=digest, n=n))
        known = self._recorded.rollouts(index, functions)
        return await self._evaluator.measure(index, None, functions, self._tasks, "test", known)


def unsuccessful(accepted: Evaluation) -> dict[str, str]:
    """Functions of a set without a successful call in its evaluation, each with why in words."""
    calls = [call for rollout in accepted.rollouts for call in rollout.calls]
    worked = {call.tool for call in calls if call.result.ok}
    failed = Counter(call.tool for call in calls if not call.result.ok)
    where = f"in evaluation {accepted.index} ({len(accepted.rollouts)} training tasks)"
    return {
        name: f"{failed[name]} call{'s' * (failed[name] > 1)}, none with success, {where}"
        if failed[name]
        else f"never called {where}"
        for name in accepted.functions.names
        if name not in worked
    }
