"""Removals that the functions' health asks for: proposed like any update, measured and reviewed like any update."""

from __future__ import annotations

from agentopt_core.actions import RemoveFunction, Update, Withdrawn
from agentopt_core.config import HealthConfig
from agentopt_core.evaluation.credit import is_harmful
from agentopt_core.events import CreditMeasured, StepStarted
from agentopt_core.functions import Function
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink
from agentopt_core.training.credit import Credits
from agentopt_core.training.trainer import Optimizer

HEALTH = "the functions’ health"
"""Who asks for these removals, in the log."""


class Pruner:
    """An optimizer that first proposes what should go, then asks the one it stands before.

    A function is proposed for removal once; what was rolled back or rejected is not asked for again, until another
    version of it is written. `proposed`: digests of those an earlier process of the run has proposed.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        *,
        credits: Credits,
        config: HealthConfig,
        sink: EventSink,
        proposed: frozenset[str] = frozenset(),
    ) -> None:
        self._optimizer = optimizer
        self._credits = credits
        self._config = config
        self._sink = sink
        self._proposed = set(proposed)

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """A removal where one is due, else the optimizer's update. Raises: as the optimizer, and `Credits.answer`."""
        await self._credits.answer(accepted)
        if self._config.removal == "propose" and (update := self._removal(accepted)) is not None:
            self._proposed.update(update.prunes)
            self._sink.emit(StepStarted(step=step, accepted_evaluation=accepted.index, by=HEALTH))
            return update
        return await self._optimizer.step(step, accepted, failure_record)

    def _removal(self, accepted: Evaluation) -> Update | None:
        """The most harmful function alone, so that its verdict is its own; else all unused ones."""
        left = [function for function in accepted.functions.each() if function.digest not in self._proposed]
        measured = [(found, function) for function in left if (found := self._credits.of(accepted, function))]
        harmful = [(found, function) for found, function in measured if is_harmful(found.interval)]
        if harmful:
            found, function = min(harmful, key=lambda one: _difference(one[0]))
            return _update([function], _why_harmful(found))
        unused = [function for function in left if self._credits.idle(function) >= self._config.unused_after]
        return _update(unused, _why_unused(unused, self._config.unused_after, accepted)) if unused else None


def _update(functions: list[Function], rationale: str) -> Update:
    return Update(
        actions=tuple(RemoveFunction(name=function.name) for function in functions),
        rationale=rationale,
        prunes=tuple(function.digest for function in functions),
    )


def _difference(found: CreditMeasured) -> float:
    return (len(found.helped) - len(found.hurt)) / found.without.n if found.without.n else 0.0


def _why_harmful(found: CreditMeasured) -> str:
    low, high = found.interval or (0.0, 0.0)
    return (
        f"{found.function} seems to do harm: of {found.with_function.n} training tasks that used it in evaluation "
        f"{found.evaluation}, {found.with_function.correct} are solved with it and {found.without.correct} without it "
        f"({100 * _difference(found):+.1f} points, 95 %: {100 * low:+.1f} to {100 * high:+.1f}; {len(found.helped)} "
        f"helped, {len(found.hurt)} hurt, exact p = {found.p_value:.2g})."
    )


def _why_unused(functions: list[Function], evaluations: int, accepted: Evaluation) -> str:
    names = ", ".join(function.name for function in functions)
    last, each = "the last accepted evaluation", ""
    if evaluations > 1:
        last, each = f"the last {evaluations} accepted evaluations", " each"
    return (
        f"Nothing called {names} in {last} (n = {len(accepted.rollouts)} training tasks{each}): what is never called "
        "cannot help, and its description takes tokens in every request."
    )
