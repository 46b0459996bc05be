"""The false-accept budget of a run: each look at the validation split spends a part, and the parts never exceed it.

If every look is judged at its own level, the chance that any candidate which is no better is accepted is at most the
sum of the levels (Bonferroni). A look that ends in an acceptance gives its level back: either it was right, and no
error was made, or it was wrong, and the error is counted already (the fallback principle: Wiens, 2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FIRST_SHARE = 6 / math.pi**2
"""1 / (1 + 1/4 + 1/9 + ...): the first look's share of what is left; the i-th has this, divided by i squared."""


@dataclass(frozen=True, slots=True)
class AlphaBudget:
    """What is left of the budget, and which look comes next."""

    budget: float
    spent: float = 0.0
    """Levels of all looks so far but those that were returned; never more than `budget`."""
    looks: int = 0
    """Since there is something new to be better than."""
    share_of: float | None = None
    """What was left of the budget at that time; None: all of it."""

    @property
    def level(self) -> float:
        """What the p-value of the next look has to reach."""
        left = self.budget if self.share_of is None else self.share_of
        return left * FIRST_SHARE / (self.looks + 1) ** 2

    def looked(self) -> AlphaBudget:
        """After a look at that level."""
        return replace(self, spent=self.spent + self.level, looks=self.looks + 1)

    def anew(self, returned: float = 0.0) -> AlphaBudget:
        """With a new set to be better than: what is left is dealt out again from the first look's share on.

        `returned` is the level of the look that accepted it; 0 where a person put it there.
        """
        spent = max(0.0, self.spent - returned)
        return AlphaBudget(self.budget, spent=spent, share_of=self.budget - spent)
