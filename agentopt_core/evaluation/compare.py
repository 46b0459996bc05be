"""Two evaluations on the same tasks: what was fixed, what was broken, and how likely chance alone would do it."""

from __future__ import annotations

from collections.abc import Mapping

from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.rollouts import Evaluation, Proportion
from agentopt_core.significance import mcnemar_p
from agentopt_core.words import Word


class Paired(Word):
    """Before and after on the tasks that were scored in both; a fault on either side leaves its task out."""

    fixed: tuple[str, ...] = ()
    """Ids of tasks failed before and solved after, in task order."""
    broken: tuple[str, ...] = ()
    """Ids of tasks solved before and failed after, in task order."""
    both_solved: int = 0
    both_failed: int = 0

    @property
    def fixed_count(self) -> int:
        """How many were fixed: b of McNemar's table."""
        return len(self.fixed)

    @property
    def broken_count(self) -> int:
        """How many were broken: c of McNemar's table."""
        return len(self.broken)

    @property
    def n(self) -> int:
        """Tasks scored in both."""
        return self.both_solved + self.both_failed + self.fixed_count + self.broken_count

    @property
    def correct_before(self) -> int:
        """Common tasks solved before."""
        return self.both_solved + self.broken_count

    @property
    def correct_after(self) -> int:
        """Common tasks solved after."""
        return self.both_solved + self.fixed_count

    @property
    def before(self) -> Proportion:
        """The earlier result on the common tasks."""
        return Proportion(correct=self.correct_before, n=self.n)

    @property
    def after(self) -> Proportion:
        """The later result on the common tasks."""
        return Proportion(correct=self.correct_after, n=self.n)

    @property
    def difference(self) -> float | None:
        """Accuracy after minus before on the common tasks, -1 to 1; None when there are none."""
        return (self.fixed_count - self.broken_count) / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the difference (see `paired_interval`); None when there are no common tasks."""
        return paired_interval(self.both_solved, self.fixed_count, self.broken_count, self.both_failed)

    @property
    def p_value(self) -> float:
        """Two-sided exact McNemar test: the chance of so uneven a split if fixing and breaking were equally likely.

        1.0 when no task changed. It takes tasks for independent and knows nothing of how many candidates were tried.
        """
        return mcnemar_p(self.fixed_count, self.broken_count)


def paired(before: Evaluation, after: Evaluation) -> Paired:
    """Compare two evaluations task by task."""
    return paired_tables(before.table(), after.table())


def paired_tables(earlier: Mapping[str, int], later: Mapping[str, int]) -> Paired:
    """The same from tables of task id -> 1 solved, 0 failed; the tasks come in the later one's order."""
    common = [task_id for task_id in later if task_id in earlier]
    return Paired(
        fixed=tuple(task_id for task_id in common if later[task_id] > earlier[task_id]),
        broken=tuple(task_id for task_id in common if later[task_id] < earlier[task_id]),
        both_solved=sum(earlier[task_id] == later[task_id] == 1 for task_id in common),
        both_failed=sum(earlier[task_id] == later[task_id] == 0 for task_id in common),
    )
