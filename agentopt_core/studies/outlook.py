"""What a whole study will take, before it starts: the forecasts of its runs together, within its budget."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.config import Budget
from agentopt_core.views import Forecast
from agentopt_core.words import Word

START_S = 3.0
"""Seconds that a trainer takes to begin and to clear away, beside its rollouts."""


class StudyForecast(Word):
    """Bounds, not promises: each from the soonest end of every run to the worst case of every run."""

    runs: int
    arms: int
    requests: tuple[int, int]
    tokens: tuple[int, int] | None = None
    usd: tuple[float, float] | None = None
    """None where the price of a model is not known."""
    seconds: tuple[float, float] | None = None
    """With so many runs at the same time; None where no earlier run shows how long a rollout takes."""


def together(each: Sequence[Forecast], arms: int, parallel: int, budget: Budget) -> StudyForecast:
    """The sum of the runs' forecasts, cut at the budget of the study. `parallel`: runs at the same time."""
    requests = sum(one.requests_min for one in each), sum(one.requests_max or one.requests_min for one in each)
    tokens = _sum([one.tokens for one in each])
    seconds = _sum([one.seconds for one in each])

    def _at_once(work_s: float) -> float:
        return (work_s + START_S * len(each)) / min(parallel, len(each))

    usd = _capped(_sum([one.usd for one in each]), budget.usd)
    counted = _capped(tokens, budget.tokens)
    asked = _capped(requests, budget.requests)
    assert asked is not None
    return StudyForecast(
        runs=len(each),
        arms=arms,
        requests=(int(asked[0]), int(asked[1])),
        tokens=None if counted is None else (int(counted[0]), int(counted[1])),
        usd=usd,
        seconds=None if seconds is None else (_at_once(seconds[0]), _at_once(seconds[1])),
    )


def _sum(ranges: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [one for one in ranges if one is not None]
    if len(known) < len(ranges):
        return None
    return sum(low for low, _ in known), sum(high for _, high in known)


def _capped(range_: tuple[float, float] | None, cap: float | None) -> tuple[float, float] | None:
    return range_ if range_ is None or cap is None else (min(range_[0], cap), min(range_[1], cap))
