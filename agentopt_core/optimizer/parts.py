"""The failures of an evaluation in parts, each small enough to be read as a whole (divide and merge). Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from agentopt_core.optimizer.choosing import failures_by_cause
from agentopt_core.rollouts import Evaluation, Rollout

MOST_PARTS = 8
"""Parts of a step, at most: beyond that a part holds more failures than was asked for, and chooses among them."""


class Part(NamedTuple):
    """Histories that one proposal is made from."""

    number: int
    """From 1; 0 for all histories in one."""
    read: tuple[Rollout, ...] | None = None
    """None: all histories of the evaluation."""
    failures: int = 0


WHOLE = Part(0)


def divide(evaluation: Evaluation, size: int) -> tuple[Part, ...]:
    """Parts of about `size` failures, alike ones together, the most frequent cause first; one part where that is all.

    Every part also holds a share of the solved rollouts, so that it can be seen what works.
    """
    groups = failures_by_cause(evaluation.rollouts, evaluation.functions).values()
    failed = [rollout for alike in groups for group in alike for rollout in group]
    solved = [rollout for rollout in evaluation.rollouts if rollout.correct]
    parts = min(MOST_PARTS, -(-len(failed) // size))
    if parts <= 1:
        return (WHOLE,)
    bounds = [len(failed) * number // parts for number in range(parts + 1)]
    return tuple(
        Part(
            number=number + 1,
            read=(*failed[begin:end], *solved[number::parts]),
            failures=end - begin,
        )
        for number, (begin, end) in enumerate(pairwise(bounds))
    )
