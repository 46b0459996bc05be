"""The functions' health: what each is worth, which should go, and how many there may be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.words import Word


class HealthConfig(Word):
    """Upkeep of the function set beside Algorithm 2; all of it is off unless asked for."""

    max_functions: int | None = Field(default=None, ge=1, le=1000)
    """Functions the set may have: a proposal to add one more is refused with the reason. None: no cap."""
    credit: Literal["off", "kept", "end"] = "off"
    """When a function's credit is measured, by running the tasks that used it once more without it: never, for every
    set that is kept, or for the set the run ends with."""
    control: bool = True
    """Measure credit against the same tasks run once more with the whole set, instead of the evaluation by which the
    set was kept: that one was chosen for its score, so a part of it is luck."""
    min_users: int = Field(default=1, ge=1, le=100_000)
    """Tasks that must have used a function before its credit is measured: few of them show little."""
    removal: Literal["off", "propose"] = "off"
    """Propose the removal of functions that nothing calls, or whose credit is negative beyond its 95 % interval."""
    unused_after: int = Field(default=2, ge=1, le=1000)
    """Accepted evaluations in a row without a call after which a function counts as unused."""
    drop_unsuccessful: bool = False
    """Leave functions without a successful call in the last accepted training evaluation out of the test run, as the
    authors' code does."""
