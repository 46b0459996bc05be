"""Two sets run several times on the same tasks: which tasks lean which way, and how likely chance would do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import comb

import numpy as np

Table = Mapping[str, int]
"""Task id -> 1 solved, 0 failed, as `Evaluation.table`; what could not be scored is left out."""
Runs = Sequence[tuple[Table, Table]]
"""(before, after) for each time the tasks were run; not every time needs to hold every task."""


def net(runs: Runs) -> dict[str, int]:
    """Task id -> how many more of its runs were solved after than before.

    A run counts where it was scored under both sets, so that an infrastructure fault favours neither; a task without
    such a run is left out.
    """
    found: dict[str, int] = {}
    for earlier, later in runs:
        for task_id in later:
            if task_id in earlier:
                found[task_id] = found.get(task_id, 0) + later[task_id] - earlier[task_id]
    return found


def better_p(differences: Iterable[int]) -> float:
    """The one-sided exact sign-flip test: the chance of so great a sum if each difference could as well be negative.

    `differences` are the tasks' net gains; zeros say nothing. If no task is solved more often after than before, and
    both sets were run equally often, exchanging the two changes nothing, so each sign is a fair coin whatever the
    tasks' own chances are. With single runs this is the one-sided exact McNemar test. 1.0 when no task changed.
    """
    changed = [difference for difference in differences if difference]
    sizes = Counter(abs(difference) for difference in changed)
    chances = np.ones(1)
    for size, number in sizes.items():
        coins = np.zeros(size * number + 1)
        coins[::size] = [comb(number, heads) / (1 << number) for heads in range(number + 1)]
        chances = np.convolve(chances, coins)
    heads = (sum(changed) + sum(abs(difference) for difference in changed)) // 2
    return min(1.0, float(chances[heads:].sum()))
