"""The words of a search: what became of each proposal of one step."""

from __future__ import annotations

from typing import Literal, assert_never

from agentopt_core.rollouts import Proportion
from agentopt_core.words import Word

Fate = Literal["chosen", "dropped", "unchanged", "duplicate", "repeated", "invalid"]
"""`unchanged`: it left the accepted set as it was; `duplicate`: it makes the same set as an earlier one; `repeated`: it
makes a set that the failure record holds; `invalid`: a merged set that failed the contract tests."""


class ScreenRound(Word):
    """How a proposal did in one round of the screening, on tasks that were scored under the accepted set too."""

    tasks: int
    """Tasks of the round's sample."""
    before: Proportion
    """The accepted set on the tasks that were scored under both."""
    after: Proportion
    """The proposal on the same tasks."""
    fixed: int
    broken: int
    kept: bool
    """It went on to the next round, or was chosen in the last one."""

    @property
    def tally(self) -> str:
        """`5 of 6 (+2 −1)`: solved of those scored, fixed and broken against the accepted set."""
        return f"{self.after.correct} of {self.after.n} (+{self.fixed} −{self.broken})"


class Screened(Word):
    """One proposal of a step and what became of it."""

    number: int
    """From 1: the one that is asked for as the paper does."""
    merged_of: tuple[int, ...] = ()
    """The two proposals it was merged of; empty for one that the optimizer wrote."""
    changes: tuple[str, ...] = ()
    """What it does, e.g. `add solve_equation`."""
    functions_digest: str
    """Names the set it makes by its content."""
    fate: Fate
    same_as: int | None = None
    """For `duplicate`: the number of the earlier one."""
    note: str = ""
    """In a sentence, what the figures do not say."""
    series: str = ""
    """Of its rollouts in the screening; empty when it was not screened."""
    rounds: tuple[ScreenRound, ...] = ()

    @property
    def outcome(self) -> str:
        """Its fate with a sign: never a colour alone."""
        match self.fate:
            case "chosen":
                return "✓ chosen"
            case "dropped":
                return f"✕ dropped in round {len(self.rounds)}" if self.rounds else "✕ dropped"
            case "unchanged":
                return "· changes nothing"
            case "duplicate":
                return f"· same set as {self.same_as}"
            case "repeated":
                return "· was withdrawn before"
            case "invalid":
                return "! not valid"
            case _:
                assert_never(self.fate)

    @property
    def label(self) -> str:
        """`2`, or `1 + 3 merged`."""
        return f"{' + '.join(map(str, self.merged_of))} merged" if self.merged_of else str(self.number)

    @property
    def name(self) -> str:
        """`proposal 2`, or `proposals 1 and 3 merged`."""
        if not self.merged_of:
            return f"proposal {self.number}"
        return f"proposals {' and '.join(map(str, self.merged_of))} merged"
