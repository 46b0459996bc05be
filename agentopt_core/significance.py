"""How likely chance alone would change as many tasks, and how far a share could be off."""

from __future__ import annotations

from math import comb, sqrt


def mcnemar_p(fixed: int, broken: int) -> float:
    """The two-sided binomial test of (fixed, broken) against even odds, in exact integers."""
    changed = fixed + broken
    tail = sum(comb(changed, k) for k in range(min(fixed, broken) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def wilson(correct: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of the share correct / n (Wilson 1927), 0 to 1; `n` is above 0."""
    z = 1.959963984540054
    p = correct / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
