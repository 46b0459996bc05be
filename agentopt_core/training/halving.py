"""Successive halving: the proposals of a step on a growing sample of the training tasks, the worse half dropped each
time (Jamieson and Talwalkar 2016).

Each is compared with the accepted set on the same tasks; the accepted set's rollouts are there already. The winner of a
comparison looks better than it is, so what is measured here only ranks the proposals: it counts as no evaluation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from agentopt_core.actions import Update
from agentopt_core.config import SearchConfig
from agentopt_core.evaluation.compare import Paired, paired
from agentopt_core.functions import FunctionSet
from agentopt_core.proposals import ScreenRound
from agentopt_core.rollouts import Evaluation
from agentopt_core.tasks import Task


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal in the screening."""

    number: int
    update: Update
    functions: FunctionSet
    merged_of: tuple[int, ...] = ()
    note: str = ""
    measured: Evaluation | None = None
    """On the largest sample so far."""
    rounds: tuple[ScreenRound, ...] = ()


Measure = Callable[[Candidate, tuple[Task, ...]], Awaitable[Evaluation]]
"""Measures a candidate on tasks; what an earlier round measured is not run again."""
Join = Callable[[Candidate, Candidate], Awaitable[Candidate | None]]
"""The two best candidates merged, the better one first; None when there is nothing to add to the last round."""


async def halve(
    candidates: tuple[Candidate, ...],
    accepted: Evaluation,
    sample: tuple[Task, ...],
    config: SearchConfig,
    measure: Measure,
    join: Join | None = None,
) -> tuple[Candidate, ...]:
    """All candidates with their rounds, the best one first, then the others by how far they came.

    `sample` are the tasks in the order in which they are drawn. With `join`, the two best of the last round are merged
    and the result is measured on that round's tasks too. One candidate alone is not measured.
    Raises: what `measure` and `join` raise.
    """
    standing, dropped = candidates, tuple[Candidate, ...]()
    rounds = config.rounds(len(candidates), len(sample))
    for one in rounds:
        tasks = sample[: one.tasks]
        standing = tuple([replace(each, measured=await measure(each, tasks)) for each in standing])
        standing = tuple(sorted(standing, key=lambda each: _merit(each, accepted)))
        if join and one is rounds[-1] and (merged := await join(standing[0], standing[1])):
            standing = (*standing, replace(merged, measured=await measure(merged, tasks)))
            standing = tuple(sorted(standing, key=lambda each: _merit(each, accepted)))
        standing = tuple(
            replace(each, rounds=(*each.rounds, _round(each, accepted, len(tasks), place < one.keep)))
            for place, each in enumerate(standing)
        )
        standing, dropped = standing[: one.keep], (*standing[one.keep :], *dropped)
    return (*standing, *dropped)


def _merit(candidate: Candidate, accepted: Evaluation) -> tuple[float, int]:
    """What candidates are sorted by: the gain over the accepted set, greatest first; of equals the earlier one.

    What could not be scored on any common task comes last.
    """
    difference = _pair(candidate, accepted).difference
    return (-difference if difference is not None else 2.0), candidate.number


def _round(candidate: Candidate, accepted: Evaluation, tasks: int, kept: bool) -> ScreenRound:
    pair = _pair(candidate, accepted)
    return ScreenRound(
        tasks=tasks,
        before=pair.before,
        after=pair.after,
        fixed=pair.fixed_count,
        broken=pair.broken_count,
        kept=kept,
    )


def _pair(candidate: Candidate, accepted: Evaluation) -> Paired:
    assert candidate.measured is not None
    return paired(accepted, candidate.measured)
