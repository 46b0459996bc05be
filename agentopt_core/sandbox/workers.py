"""What a pool needs of its workers, however they are started, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from agentopt_core.words import JsonObject


class WorkerLost(Exception):
    """A worker ended though a call is with it."""


class WorkerStuck(WorkerLost):
    """A worker does not answer: something stopped it."""


@dataclass(frozen=True)
class Reply:
    """What a worker reports of a call; `result` is the function's own message, not to be believed."""

    header: JsonObject
    printed: bytes
    result: bytes


class Bounds(NamedTuple):
    """What an answer may take: seconds, and bytes of output and of result."""

    wall_s: float
    printed: int
    result: int


class Worker(Protocol):
    """Answers one request after another."""

    @property
    def slot(self) -> int:
        """Which of the pool's places it has."""
        ...

    @property
    def is_alive(self) -> bool:
        """It can take a request."""
        ...

    def ask(self, request: bytes, bounds: Bounds) -> Reply:
        """One call. Raises: WorkerLost; InfrastructureFault when its process cannot be started."""
        ...

    def end(self) -> bool:
        """End its call and itself, and see that nothing uses its folder any more; False when that takes too long."""
        ...

    def close(self) -> None:
        """End its call and itself."""
        ...


class Origin(Protocol):
    """Where workers come from."""

    def start_worker(self, slot: int) -> Worker:
        """A new worker. Raises: WorkerLost when none can be started here any more; InfrastructureFault."""
        ...

    def close(self) -> None:
        """End all workers that come from here."""
        ...
