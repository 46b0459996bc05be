"""Search beyond greedy: several proposals a step."""

from __future__ import annotations

import math
from typing import NamedTuple, Self

from pydantic import ConfigDict, Field, model_validator

from agentopt_core.words import Word


class Round(NamedTuple):
    """One round of successive halving."""

    candidates: int
    """Proposals that are in it."""
    tasks: int
    """Training tasks each of them is measured on, those of earlier rounds among them."""
    keep: int
    """Proposals that go on."""


class SearchConfig(Word):
    """How many proposals a step makes, and how the best of them is found before the whole set is evaluated.

    With one proposal nothing here happens: that is the paper's loop.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    proposals: int = Field(default=1, ge=1, le=16)
    """Proposals a step, asked for in parallel; more than one are screened by successive halving."""
    first_sample: int = Field(default=8, ge=1, le=10_000)
    """Training tasks of the first round of the screening."""
    growth: float = Field(default=2.0, ge=1.1, le=10)
    """Times as many tasks in each further round, up to the whole training set."""
    merge: bool = False
    """In the last round, also try the two best proposals merged function by function."""

    @model_validator(mode="after")
    def _merge_needs_two(self) -> Self:
        if self.merge and self.proposals < 2:
            raise ValueError("merge needs two proposals or more: set search.proposals")
        return self

    def rounds(self, candidates: int, tasks: int) -> tuple[Round, ...]:
        """The rounds for so many different proposals and training tasks: half of them, rounded up, goes on from each.

        The round that reaches the whole training set decides, since no larger sample follows it.
        """
        rounds: list[Round] = []
        sample = min(self.first_sample, tasks)
        while candidates > 1 and sample > 0:
            keep = 1 if sample == tasks else math.ceil(candidates / 2)
            rounds.append(Round(candidates, sample, keep))
            candidates = keep
            sample = min(math.ceil(sample * self.growth), tasks)
        return tuple(rounds)

    def rollouts(self, tasks: int) -> int:
        """Rollouts that the screening of one step takes at most, on so many training tasks."""
        total = known = 0
        rounds = self.rounds(self.proposals, tasks)
        for one in rounds:
            total += one.candidates * (one.tasks - known)
            known = one.tasks
        return total + (rounds[-1].tasks if rounds and self.merge else 0)
