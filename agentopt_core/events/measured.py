"""What was measured: evaluations, the test split, what functions are worth."""

from __future__ import annotations

from typing import Literal

from agentopt_core.events.fact import Fact
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Proportion, Rollout
from agentopt_core.tasks import Split


class EvaluationStarted(Fact):
    """A function set is about to be measured on a split."""

    kind: Literal["evaluation_started"] = "evaluation_started"
    evaluation: int
    step: int | None
    """The step that proposed the set; None for the baseline."""
    functions: FunctionSet
    split: Split
    n: int
    series: str = ""
    """Empty for the measurement that counts; the others: `series.series_words`."""


class RolloutFinished(Fact):
    """One rollout ended and was graded (or is a fault)."""

    kind: Literal["rollout_finished"] = "rollout_finished"
    evaluation: int
    functions_digest: str
    split: Split = "train"
    series: str = ""
    rollout: Rollout


class EvaluationFinished(Fact):
    """All tasks of an evaluation were run."""

    kind: Literal["evaluation_finished"] = "evaluation_finished"
    evaluation: int
    functions_digest: str
    split: Split
    series: str = ""
    result: Proportion
    wall_s: float


class SplitOpened(Fact):
    """The test split, sealed in training, is about to be run with one function set: the record of who saw it when."""

    kind: Literal["split_opened"] = "split_opened"
    evaluation: int
    subject: Literal["baseline", "chosen"]
    """The agent untrained, or the set that training chose. Nothing else is ever measured on the test split."""
    functions_digest: str
    n: int


class HeldOutMeasured(Fact):
    """What training brought on tasks that neither agent nor optimizer had seen."""

    kind: Literal["held_out_measured"] = "held_out_measured"
    baseline: Proportion
    chosen: Proportion
    fixed: tuple[str, ...] = ()
    """Ids of test tasks failed untrained and solved by the chosen set."""
    broken: tuple[str, ...] = ()
    p_value: float
    """Two-sided exact McNemar test."""
    candidates: int
    """Function sets that were tried on the training split before this one was chosen."""


class CreditMeasured(Fact):
    """What one function of an accepted set is worth: the tasks that used it, run with it and without it."""

    kind: Literal["credit_measured"] = "credit_measured"
    evaluation: int
    """The accepted set's."""
    function: str
    function_digest: str
    used: int
    """Training tasks whose rollouts in that evaluation called it: all of these were run again."""
    control: bool
    """`with_function` is the same set once more (series `control`), not the evaluation by which it was kept."""
    with_function: Proportion
    """On the tasks that were scored both ways."""
    without: Proportion
    helped: tuple[str, ...] = ()
    """Ids of tasks solved with it and failed without."""
    hurt: tuple[str, ...] = ()
    """Ids of tasks failed with it and solved without."""
    interval: tuple[float, float] | None = None
    """95 % interval of the accuracy with it minus without, -1 to 1; None where no task was scored both ways."""
    p_value: float = 1.0
    """Two-sided exact McNemar test."""


class FunctionsDropped(Fact):
    """Functions of the accepted set that are left out of the set the run ends with (`health.drop_unsuccessful`)."""

    kind: Literal["functions_dropped"] = "functions_dropped"
    evaluation: int
    """The accepted set's."""
    reasons: dict[str, str]
    """Function -> why, with numbers."""
    functions: FunctionSet
    """What is left: the set that is run on the test split and exported."""
