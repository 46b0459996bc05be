"""What the optimizer saw."""

from __future__ import annotations

from agentopt_core.seen import CauseCount
from agentopt_core.words import Word


class SeenStep(Word):
    """A step by what its requests took: a row of the list."""

    step: int
    requests: int
    parts: int
    """Parts that the failures were divided into; 1 where they were not."""
    most_tokens: int
    """Estimated tokens of its largest request."""
    budget: int
    """What that one might have."""


class SeenRequest(Word):
    """One request of a step, without its text."""

    step: int
    part: int
    """From 1; 0: all failures in one."""
    request: int
    tokens: int
    """Estimated, of the whole request."""
    budget: int
    causes: tuple[CauseCount, ...]
    """Failures by cause, and solved tasks: how many of their histories are shown, and of how many."""
    at: float

    @property
    def name(self) -> str:
        """What it is called on screen and in files."""
        return f"part {self.part}, request {self.request}" if self.part else f"request {self.request}"
