"""What one function is worth: the tasks that used it, with it and without it.

The tasks are those whose rollouts called it, whether they were solved or not, so the choice favours neither side. What
is favoured is the evaluation by which a set was kept, since it was kept for its score: a fresh run of the same set (the
control) is the fairer side to compare with.
"""

from __future__ import annotations

from agentopt_core.evaluation.compare import Paired, paired_tables
from agentopt_core.rollouts import Evaluation


def users(evaluation: Evaluation, name: str) -> tuple[str, ...]:
    """Ids of the tasks whose rollouts called the function, with success or not, in task order; faults left out."""
    return tuple(
        rollout.task_id
        for rollout in evaluation.rollouts
        if not rollout.is_fault and any(call.tool == name for call in rollout.calls)
    )


def credit(with_function: Evaluation, without: Evaluation) -> Paired:
    """The same tasks without the function (before) and with it (after): `fixed` are those it helped, `broken` those it
    hurt, and a positive difference is its gain. Tasks that `without` did not run are left out.
    """
    return paired_tables(without.table(), with_function.table())


def is_harmful(interval: tuple[float, float] | None) -> bool:
    """The whole 95 % interval of the difference lies below zero."""
    return interval is not None and interval[1] < 0
