"""The budget of a whole study: what is spent, what runs at work may spend, and the next run's part of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentopt_core.config import Budget
from agentopt_core.rollouts import Usage


class Purse(NamedTuple):
    """A study never spends more than its budget: each run gets an equal part of what nobody holds, as its own budget.

    What a run leaves over goes back, so that later runs get more. As with a run's budget, tokens and dollars may end a
    little above it by the last replies in flight.
    """

    budget: Budget
    ended: Sequence[Usage]
    """What runs that are over have used."""
    working: Sequence[Budget]
    """What runs at work may use, each in all."""

    def share(self, runs: int) -> Budget | None:
        """The budget of the next of so many runs still to be made; None when there is nothing left to give."""
        usd = tokens = requests = None
        if (total := self.budget.usd) is not None:
            # A run whose cost is unknown would have been refused under a limit in USD.
            left = total - sum(use.cost_usd or 0.0 for use in self.ended) - sum(one.usd or 0.0 for one in self.working)
            usd = left / max(1, runs)
            if usd <= 0:
                return None
        if (whole := self.budget.tokens) is not None:
            left = whole - sum(use.tokens for use in self.ended) - sum(one.tokens or 0 for one in self.working)
            tokens = int(left // max(1, runs))
            if tokens < 1:
                return None
        if (whole := self.budget.requests) is not None:
            left = whole - sum(use.requests for use in self.ended) - sum(one.requests or 0 for one in self.working)
            requests = int(left // max(1, runs))
            if requests < 1:
                return None
        return Budget(usd=usd, tokens=tokens, requests=requests)
