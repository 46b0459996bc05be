"""Rollouts in this process, on this event loop."""

from __future__ import annotations

import asyncio

from agentopt_core.execution.executor import Gate, RolloutSpec
from agentopt_core.rollouts import Rollout
from agentopt_core.seams import Agent


class LocalExecutor:
    """Exactly `max_concurrency` rollouts are in flight while there is enough work. Belongs to one event loop."""

    def __init__(self, agent: Agent, max_concurrency: int, gate: Gate) -> None:
        self._agent = agent
        self._gate = gate
        self._max_concurrency = max_concurrency
        self._slots = asyncio.Semaphore(max_concurrency)

    @property
    def max_concurrency(self) -> int:
        """Rollouts in flight at most."""
        return self._max_concurrency

    async def run(self, spec: RolloutSpec) -> Rollout:
        """Do the rollout as soon as a slot is free and the gate is open. Rollouts in flight are not paused."""
        async with self._slots:
            # The gate is asked last: a rollout that waited for its slot while a pause began must not start.
            await self._gate.wait()
            return await self._agent.solve(spec.question, spec.functions, spec.evaluation)
