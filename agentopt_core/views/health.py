"""What is shown of the functions' health, and of tasks that nothing solves."""

from __future__ import annotations

from agentopt_core.rollouts import Proportion
from agentopt_core.tasks import Split
from agentopt_core.words import Word


class CreditView(Word):
    """What one function of an accepted set is worth, on the training tasks that used it."""

    function: str
    evaluation: int
    """The accepted set's."""
    in_use: bool
    """Measured in the set that is accepted now."""
    used: int
    """Tasks whose rollouts called it in that evaluation."""
    control: bool
    """Against a fresh run of the whole set; else against the evaluation by which it was kept."""
    with_function: Proportion
    without: Proportion
    helped: tuple[str, ...] = ()
    """Tasks solved with it and failed without."""
    hurt: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    """95 % interval of `difference`."""
    p_value: float
    p_together: float
    """The same, raised for the number of functions that were measured in the set (Holm)."""
    at: float

    @property
    def difference(self) -> float | None:
        """Accuracy with it minus without, -1 to 1; None where no task was scored both ways."""
        n = self.without.n
        return (self.with_function.correct - self.without.correct) / n if n else None


class CreditWait(Word):
    """A person has asked for credit and the trainer has not answered yet."""

    by: str
    at: float


class UnsolvedTask(Word):
    """A task that was scored under some version and solved by none."""

    task_id: str
    scored: int
    """Versions under which it was scored."""
    evaluation: int
    """The last of them."""
    extracted: str
    """The answer that was compared there."""
    calls: int
    """Calls in that rollout."""


class Unsolved(Word):
    """The tasks that no version solved, a page of them, in the order of their ids."""

    split: Split
    never: int
    scored: int
    """Tasks that were scored under some version."""
    tasks: tuple[UnsolvedTask, ...]
