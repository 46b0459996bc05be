"""How many requests are in flight: as many as configured, fewer while the endpoint says it is too many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal


@dataclass
class Slot:
    """The right to have one request in flight. Set `outcome` before leaving it."""

    generation: int
    outcome: Literal["answered", "limited", "other"] = "other"
    """`limited`: the endpoint said too many requests (429)."""


class ConcurrencyLimiter:
    """Additive increase, multiplicative decrease: a 429 halves the limit, answers raise it again up to the maximum.

    While nothing is limited the limit is exactly the maximum. Requests that were in flight together and are refused
    together count as one sign. Whoever waits longest goes first. For use inside one event loop.
    """

    def __init__(self, maximum: int) -> None:
        """`maximum`: requests in flight when nothing is limited."""
        self._maximum = maximum
        self._limit = maximum
        self._in_flight = 0
        self._answered = 0
        self._generation = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return self._limit

    @property
    def in_flight(self) -> int:
        """Requests in flight now."""
        return self._in_flight

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for room, hold it, give it back."""
        await self._enter()
        slot = Slot(self._generation)
        try:
            yield slot
        finally:
            self._in_flight -= 1
            self._learn(slot)
            self._let_in()

    async def _enter(self) -> None:
        if self._in_flight < self._limit and not self._waiting:
            self._in_flight += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):
                    self._waiting.remove(turn)
            else:
                # It was let in and cancelled in the same moment: the room goes to the next one.
                self._in_flight -= 1
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._in_flight < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._in_flight += 1

    def _learn(self, slot: Slot) -> None:
        if slot.outcome == "limited" and slot.generation == self._generation:
            self._limit = max(1, self._limit // 2)
            self._generation += 1
            self._answered = 0
        elif slot.outcome == "answered" and self._limit < self._maximum:
            self._answered += 1
            if self._answered >= self._limit:
                self._limit = min(self._maximum, self._limit + max(1, self._maximum // 16))
                self._answered = 0
