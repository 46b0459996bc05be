"""What is shown of several runs beside each other: what was measured, task by task, and where settings differ."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.events import VerdictKind
from agentopt_core.rollouts import Proportion
from agentopt_core.tasks import Split
from agentopt_core.views.runs import CurvePoint, RunSummary
from agentopt_core.words import Word

Change = Literal["fixed", "broken", "both", "neither"]
"""A task under two measurements: solved by the second only, by the first only, by both, by neither."""

Subject = Literal["best", "baseline", "test"]
"""Which measurement stands for a run: the accepted set on the training tasks, the untrained agent on them, or the
accepted set on the held-out test tasks."""


Outcome = VerdictKind | Literal["pending"]
"""What became of a candidate, or that it is not decided."""


class Place(Word):
    """Names one measurement: a run's evaluation on one split."""

    run_id: str
    evaluation: int
    split: Split = "train"

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.run_id}~{self.evaluation}~{self.split}"


class Measurement(Word):
    """One finished evaluation that can be compared with another."""

    place: Place
    result: Proportion
    verdict: Outcome = "pending"
    """Of the candidate; on the test split `baseline`, or `kept` for the chosen set."""
    functions: int = 0
    """Size of the set."""
    is_best: bool = False
    """The set that the run has accepted."""


class TaskPair(Word):
    """One task that both measurements scored."""

    task_id: str
    question: str
    """Cut to a few hundred characters; empty where the tasks must not be published."""
    before: bool
    after: bool

    @property
    def change(self) -> Change:
        """What became of it."""
        if self.before == self.after:
            return "both" if self.after else "neither"
        return "fixed" if self.after else "broken"


class Comparison(Word):
    """Two measurements on the tasks that both scored."""

    before: Measurement
    after: Measurement
    n: int
    """Tasks scored in both."""
    fixed: int
    """Failed before, solved after."""
    broken: int
    """Solved before, failed after."""
    both_solved: int
    both_failed: int
    difference: float | None
    """Accuracy after minus before on the common tasks, -1 to 1."""
    interval: tuple[float, float] | None
    """Its 95 % interval (Newcombe 1998, method 10)."""
    p_value: float | None
    """Two-sided exact McNemar test of fixed against broken; None without common tasks."""
    holm: float | None = None
    """The p-value raised for the number of comparisons made together; None for one that stands alone."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """Tasks of either side that could not be paired, by the reason in words."""
    tasks: tuple[TaskPair, ...] = ()
    """The common tasks, in the order of the second run's task set; empty where they were not asked for."""

    @property
    def common_before(self) -> Proportion:
        """The first result on the common tasks."""
        return Proportion(correct=self.both_solved + self.broken, n=self.n)

    @property
    def common_after(self) -> Proportion:
        """The second result on the common tasks."""
        return Proportion(correct=self.both_solved + self.fixed, n=self.n)


class Setting(Word):
    """One field of the configuration in several runs."""

    field: str
    """Its path in config.json."""
    label: str
    """In training terms."""
    values: tuple[str, ...]
    """One for each run, in words."""

    @property
    def differs(self) -> bool:
        """Not the same in all runs."""
        return len(set(self.values)) > 1


class ComparedRun(Word):
    """A run as it stands beside others."""

    run: RunSummary
    seed: int | None
    """None where the configuration cannot be read."""
    rolled_back: int
    """Candidates that were withdrawn by the rule or by a person."""
    measurements: tuple[Measurement, ...]
    curve: tuple[CurvePoint, ...]
    looks: int = 0
    """Looks of any run at the same test tasks; 2 are one measurement: untrained and chosen."""

    def measured(self, subject: Subject) -> Measurement | None:
        """The measurement that stands for the run; None where there is none."""
        for one in self.measurements:
            place = one.place
            if subject == "baseline" and place.split == "train" and place.evaluation == 0:
                return one
            if subject == "best" and place.split == "train" and one.is_best:
                return one
            if subject == "test" and place.split == "test" and one.is_best:
                return one
        return None


class DecisionLine(Word):
    """What somebody decided, or changed by hand, in one line."""

    step: int
    at: float
    by: str
    """A person's name, or `time limit`."""
    choice: str
    """`approve`, `reject`, or `made by hand`."""
    reason: str = ""
    approved: tuple[str, ...] | None = None
    """Changes that were approved, where that was a part."""
    edited: tuple[str, ...] = ()
