"""The evidence gate: what a candidate must show on the validation split before it is kept."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from agentopt_core.words import Word


class EvidenceConfig(Word):
    """How candidates are judged with `training.acceptance = evidence`; without it, nothing here has any effect."""

    model_config = ConfigDict(allow_inf_nan=False)

    budget: float = Field(default=0.05, gt=0, le=0.5)
    """Chance, over all candidates of the run together, that one is accepted that is no better than what it replaces."""
    reruns: int = Field(default=2, ge=0, le=20)
    """r: times a task that flipped is run again, under both sets, before it counts."""
    repeats: int = Field(default=1, ge=1, le=20)
    """k: times every validation task is run under a set at its first look."""
    least_tasks: int = Field(default=8, ge=1, le=100_000)
    """Validation tasks that must be scored under both sets; with fewer nothing is decided."""
    protected: tuple[str, ...] = Field(default=(), max_length=1000)
    """Ids of training or validation tasks that no accepted candidate may break."""
    provisional: bool = False
    """Go on from a candidate whose gain is likely but not shown; what follows is judged against the accepted set."""
    provisional_p: float = Field(default=0.2, gt=0, lt=0.5)
    """One-sided p up to which a gain counts as likely."""
