"""What is shown before a run: task sets, forecasts, checks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.words import Word


class TaskSetSummary(Word):
    """A row of the task set list."""

    id: str
    name: str
    description: str
    is_sample: bool
    tasks: int
    scorable: int
    splits: dict[str, int]
    """Split -> tasks."""
    problem: str = ""
    """Why the set cannot be used, and what to do; empty for a sound one."""


class Forecast(Word):
    """What a run will take, before it starts; bounds, not promises."""

    train_tasks: int
    test_tasks: int = 0
    """Tasks that are run after training, untrained and with what was chosen."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Tasks with an answer that the agent's model cannot take, by the reason."""
    evaluations_max: int | None
    """None: bounded by E x (C+1) only when both rules are on."""
    rollouts_max: int | None
    requests_per_rollout: str
    """A sentence: between 1 and the turn cap."""
    requests_min: int
    requests_max: int | None


class Check(Word):
    """One finding of `doctor`."""

    name: str
    state: Literal["ok", "warning", "failed", "skipped"]
    detail: str
    hint: str = ""
    """The command or click that mends it."""
