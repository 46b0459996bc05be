"""Training in batches: which tasks a step works on. Pure, by the run's seed, the same for a resumed run."""

from __future__ import annotations

import random

from agentopt_core.tasks import Task


class Batches:
    """The training tasks in random batches: every task once before any comes again.

    The last batch of a round may be smaller. With `size` None every step works on all tasks, in their order.
    """

    def __init__(self, tasks: tuple[Task, ...], size: int | None = None, seed: int = 0) -> None:
        self._tasks = tasks
        self._size = None if size is None or size >= len(tasks) else size
        self._seed = seed
        self._round: tuple[int, tuple[Task, ...]] = (-1, ())

    @property
    def are_parts(self) -> bool:
        """Steps work on different tasks, so that their accuracies cannot be compared with each other."""
        return self._size is not None

    def of(self, step: int) -> tuple[Task, ...]:
        """The tasks of a step, counted from 1. The baseline is measured on those of the first step."""
        if self._size is None:
            return self._tasks
        a_round = -(-len(self._tasks) // self._size)
        number, place = divmod(max(1, step) - 1, a_round)
        return self._order(number)[place * self._size : (place + 1) * self._size]

    def _order(self, number: int) -> tuple[Task, ...]:
        if self._round[0] != number:
            order = list(self._tasks)
            random.Random(f"{self._seed}/{number}").shuffle(order)  # noqa: S311 - which tasks come first is no secret
            self._round = (number, tuple(order))
        return self._round[1]
