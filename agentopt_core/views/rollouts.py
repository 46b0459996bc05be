"""What is shown of rollouts in lists; a whole rollout is fetched apart."""

from __future__ import annotations

from agentopt_core.rollouts import RolloutEnd, Usage
from agentopt_core.tasks import Split
from agentopt_core.words import Word


class RolloutRow(Word):
    """A row of an evaluation's per-task table; the whole rollout is fetched apart."""

    evaluation: int
    split: Split = "train"
    task_id: str
    ended: RolloutEnd
    correct: bool | None
    """None when it was not scored (a fault)."""
    answer: str
    """What the agent ended with, cut to a few hundred characters."""
    extracted: str
    method: str
    reason: str
    """Why it is right, wrong or a fault."""
    turns: int
    """Replies of the model."""
    calls: int
    failed_calls: int
    usage: Usage
    seconds: float
    at: float
