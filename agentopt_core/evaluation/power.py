"""How small a gain a number of tasks can show."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 5 % of a normal distribution."""
Z_80 = 0.8416212335729143
"""80 % power."""
SPREAD = 0.5
"""Standard deviation of one task's change (fixed 1, broken -1, same 0): about a quarter of the tasks change sides."""


def smallest_gain(tasks: int) -> float | None:
    """The gain in accuracy, 0 to 1, that a before-and-after comparison on so many tasks shows in four of five cases.

    Paired comparison, two-sided 5 %: (z.975 + z.80) x 0.5 / sqrt(n): 44 points for 10 tasks, 26 for 30, 14 for 100.
    None where no gain could be shown: of fewer than six tasks even all fixed are no evidence (exact p 0.0625).
    """
    if tasks < 6:
        return None
    return min(1.0, (Z_95 + Z_80) * SPREAD / math.sqrt(tasks))
