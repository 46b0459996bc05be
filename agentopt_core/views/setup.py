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


class PastRun(Word):
    """What an earlier run of the same model on the same task set took, on average."""

    run_id: str
    name: str
    rollouts: int
    requests: float
    """Per rollout, like the next three."""
    prompt_tokens: float
    completion_tokens: float
    seconds: float
    steps: int
    """Of the optimizer; 0 where none was recorded."""
    step_prompt_tokens: float = 0.0
    """Per step, like the next two."""
    step_completion_tokens: float = 0.0
    step_seconds: float = 0.0


class Forecast(Word):
    """What a run will take, before it starts; bounds, not promises."""

    train_tasks: int
    step_tasks: int = 0
    """Training tasks of one evaluation: fewer than `train_tasks` where the run trains in batches."""
    val_tasks: int = 0
    """Tasks that are measured beside training and decide nothing."""
    test_tasks: int = 0
    """Tasks that are run after training, untrained and with what was chosen."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Tasks with an answer that the agent's model cannot take, by the reason."""
    evaluations_min: int = 1
    """Evaluations of the soonest end by E or C."""
    evaluations_max: int | None
    """None: bounded by E x (C+1) only when both rules are on."""
    rollouts_max: int | None
    requests_per_rollout: str
    """A sentence: between 1 and the turn cap."""
    requests_min: int
    requests_max: int | None
    tokens: tuple[int, int] | None = None
    """From the soonest end by E or C to the worst case of Algorithm 2, like the next two."""
    usd: tuple[float, float] | None = None
    """None where the price of a model is not known."""
    seconds: tuple[float, float] | None = None
    """None where no earlier run shows how long a rollout takes."""
    past: tuple[PastRun, ...] = ()
    """What tokens and time were reckoned from; empty: from the length of the questions."""


class Check(Word):
    """One finding of `doctor`."""

    name: str
    state: Literal["ok", "warning", "failed", "skipped"]
    detail: str
    hint: str = ""
    """The command or click that mends it."""
