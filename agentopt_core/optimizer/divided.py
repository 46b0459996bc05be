"""Divide and merge: more failures than one prompt can hold, read in parts at the same time, merged into one update."""

from __future__ import annotations

import asyncio
from typing import Protocol

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.events import ProposalRefused
from agentopt_core.optimizer.joining import Proposed, merge
from agentopt_core.optimizer.parts import Part, divide
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink


class Proposer(Protocol):
    """Proposes from a part of the histories (`AgentOptimizer`)."""

    async def propose(
        self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...], part: Part
    ) -> Update:
        """One step of Algorithm 1 on that part."""
        ...


class DividedOptimizer:
    """Keeps the promise of an optimizer: one step, one update, however many parts it was made from.

    Each part is read under the whole prompt budget and may take `max_actions` actions, so an update has at most parts
    x `max_actions`. The merged update is one fact of the run: a resumed run asks no part again.
    """

    def __init__(self, proposer: Proposer, size: int, sink: EventSink) -> None:
        """`size`: failures of a part (see `parts.divide`)."""
        self._proposer = proposer
        self._size = size
        self._sink = sink

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """The merged update of all parts. Raises: as `AgentOptimizer.step`; the other parts are then cancelled."""
        parts = divide(accepted, self._size)
        if len(parts) == 1:
            return await self._proposer.propose(step, accepted, failure_record, parts[0])
        try:
            async with asyncio.TaskGroup() as group:
                asked = [
                    group.create_task(self._proposer.propose(step, accepted, failure_record, part)) for part in parts
                ]
        except BaseExceptionGroup as failures:  # callers meet the error itself, never a group
            raise _first(failures) from None
        proposed = [
            Proposed(part.number, part.failures, task.result()) for part, task in zip(parts, asked, strict=True)
        ]
        update = merge(proposed, accepted.functions)
        for refusal in update.refusals:
            if refusal.code == "merge_conflict":
                self._sink.emit(ProposalRefused(step=step, refusal=refusal))
        return update


def _first(failure: BaseException) -> BaseException:
    return _first(failure.exceptions[0]) if isinstance(failure, BaseExceptionGroup) else failure
