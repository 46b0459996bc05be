"""Mental arithmetic: exact while numbers are small and steps are few, then it slips as people do."""

from __future__ import annotations

import random

FREE_DIGITS = 6
"""Numbers of so many digits are kept in mind safely."""
FREE_STEPS = 6
"""So many steps are gone through safely."""
STAMINA = 60
"""After so many steps the count is lost and the calculation ends with what is there."""


class Head:
    """One calculation by head. Every intermediate result goes through `keep`, which may slip.

    The slips are drawn from seed and question, so that the same question is answered alike every time.
    """

    def __init__(self, seed: int, question: str) -> None:
        self._chance = random.Random(f"{seed}:head:{question}")  # noqa: S311 - a simulation, nothing secret
        self.steps = 0

    @property
    def tired(self) -> bool:
        """The count is lost: the calculation ends here."""
        return self.steps >= STAMINA

    def keep(self, value: int) -> int:
        """What is left of a whole number that was just worked out: the number, or one with a digit off by one."""
        self.steps += 1
        digits = len(str(abs(value)))
        risk = 0.01 + 0.12 * max(0, digits - FREE_DIGITS) + 0.06 * max(0, self.steps - FREE_STEPS)
        if not self.slips(min(risk, 0.7)):
            return value
        return value + self._chance.choice((-1, 1)) * int(10 ** self._chance.randrange(digits))

    def slips(self, risk: float) -> bool:
        """A mistake of this risk (0 to 1) happens now."""
        return self._chance.random() < risk

    def guess(self, low: int, high: int) -> int:
        """A whole number out of the blue, both bounds included."""
        return self._chance.randint(low, max(low, high))
