"""Tasks that were run several times: solved at least once, solved every time, and how far a mean could be off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import comb

import numpy as np

from agentopt_core.views.gate import Share

RESAMPLES = 2000
SEED = 20240217
"""The intervals are drawn with a fixed seed: the same runs give the same figure everywhere."""


def pass_at(solved: int, runs: int, k: int) -> float:
    """The chance that at least one of k runs solves the task: 1 - C(n - c, k) / C(n, k), with c of n solved.

    Unbiased for independent runs (Chen et al., arXiv 2107.03374). `k` is at most `runs`.
    """
    return 1.0 - comb(runs - solved, k) / comb(runs, k)


def pass_all(solved: int, runs: int, k: int) -> float:
    """The chance that all of k runs solve the task (pass^k): C(c, k) / C(n, k) (Yao et al., arXiv 2406.12045)."""
    return comb(solved, k) / comb(runs, k)


def shares(counts: Iterable[tuple[int, int]], k: int) -> tuple[Share, Share] | None:
    """pass@k and pass^k over tasks given as (solved, runs): per task first, then the mean.

    Tasks with fewer than k scored runs are left out; None when none is left.
    """
    enough = [(solved, runs) for solved, runs in counts if runs >= k]
    if not enough:
        return None
    once, always = (mean_share([rule(solved, runs, k) for solved, runs in enough]) for rule in (pass_at, pass_all))
    return once, always


def mean_share(values: Sequence[float]) -> Share:
    """The mean of one value a task, with its percentile bootstrap interval over tasks. `values` are not empty."""
    low, high = mean_interval(values)
    return Share(value=float(np.mean(values)), low=low, high=high, tasks=len(values))


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a mean over tasks. Where all values are equal it has no width."""
    numbers = np.asarray(values, dtype=float)
    draws = np.random.default_rng(SEED).integers(len(numbers), size=(RESAMPLES, len(numbers)))
    low, high = np.quantile(numbers[draws].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
