"""The run's limit on USD, tokens and requests, over all roles, with what is in flight."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from agentopt_core.config import Budget
from agentopt_core.errors import BudgetExhausted, ConfigError
from agentopt_core.rollouts import Usage

_HINT = "The accepted functions are kept and can be exported; a new run can have a larger budget."


class BudgetMeter:
    """Counts what was spent and what requests in flight may spend, and lets no request begin that would go beyond.

    A reservation is an estimate, so the tokens and dollars of the last replies may end a little above the limit; the
    number of requests never does. For use inside one event loop.
    """

    def __init__(self, budget: Budget, spent: Usage | None = None) -> None:
        """`spent`: what the run used before, when it is resumed.

        Raises: ConfigError when there is a limit in USD and what was spent before has no known cost.
        """
        self._spent = Usage() if spent is None else spent
        if budget.usd is not None and self._spent.cost_usd is None:
            raise ConfigError(
                "A limit in USD cannot be kept: the cost of what the run used so far is unknown.",
                "Limit tokens or requests instead.",
            )
        self._budget = budget
        self._reserved: dict[int, Usage] = {}
        self._numbers = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def spent(self) -> Usage:
        """What the run has used, without what is in flight."""
        return self._spent

    @property
    def in_flight(self) -> Usage:
        """What requests in flight may use, as estimated."""
        return sum(self._reserved.values(), Usage())

    async def reserve(self, estimate: Usage) -> Reservation:
        """Set aside what a request may use.

        Where only requests in flight are in the way it waits, since they often use less than was set aside.

        Raises: BudgetExhausted when what was spent leaves too little even with nothing in flight.
        """
        while self._beyond(self._spent + self.in_flight + estimate):
            if beyond := self._beyond(self._spent + estimate):
                raise BudgetExhausted(beyond, _HINT)
            await self._a_settlement()
        self._numbers += 1
        self._reserved[self._numbers] = estimate
        return Reservation(self, self._numbers)

    def _settle(self, number: int, used: Usage) -> None:
        if self._reserved.pop(number, None) is None:
            return
        self._spent += used
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def _a_settlement(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _beyond(self, usage: Usage) -> str:
        """Which limit a usage would exceed, in a sentence; empty when none."""
        budget, spent = self._budget, self._spent
        if budget.requests is not None and usage.requests > budget.requests:
            return f"The budget of {budget.requests:,} requests is used up: {spent.requests:,} were sent."
        if budget.tokens is not None and usage.tokens > budget.tokens:
            left = max(0, budget.tokens - spent.tokens)
            return (
                f"The budget of {budget.tokens:,} tokens is used up: {spent.tokens:,} were used and the next request "
                f"may need more than the {left:,} that are left."
            )
        if budget.usd is not None and (usage.cost_usd is None or usage.cost_usd > budget.usd):
            if usage.cost_usd is None:
                return "The budget in USD cannot be kept any longer: the cost of a request is unknown."
            return (
                f"The budget of ${budget.usd:,.2f} is used up: ${spent.cost_usd or 0.0:,.4f} were spent and the next "
                "request may cost more than what is left."
            )
        return ""


class Reservation:
    """What one request may use until it is settled.

    As a context manager it is settled with nothing used at the end, unless it was settled inside.
    """

    def __init__(self, meter: BudgetMeter, number: int) -> None:
        self._meter = meter
        self._number = number

    def settle(self, used: Usage) -> None:
        """Replace the estimate by what was used; only the first time counts."""
        self._meter._settle(self._number, used)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle(Usage())
