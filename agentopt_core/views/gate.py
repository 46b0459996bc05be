"""What is shown of the evidence gate: the same set against itself, and tasks that were run several times."""

from __future__ import annotations

from typing import Literal

from agentopt_core.config import Acceptance
from agentopt_core.tasks import Split
from agentopt_core.words import Word


class Share(Word):
    """A mean over tasks, 0 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float
    tasks: int


class RuleCount(Word):
    """How often a rule called the same set better than itself."""

    rule: Acceptance
    better: int
    pairs: int
    """Ordered pairs of measurements. They share measurements, so they are not so many independent trials."""


class SameSet(Word):
    """An A/A check: one set measured several times on the same tasks, each time taken for a candidate and for the
    accepted set. Whatever is called better here is a false accept.
    """

    measurements: int
    tasks: int
    """Tasks scored in every measurement."""
    split: Split = "train"
    reruns: int
    """Reruns that the evidence rule could take from the other measurements, of each flipped task under each set."""
    level: float
    """What the evidence rule asked of p: the level of a run's first look."""
    rules: tuple[RuleCount, ...]


class Repeated(Word):
    """A set whose tasks were run k times: solved at least once, and every time."""

    subject: Literal["baseline", "accepted"]
    evaluation: int
    split: Split
    k: int
    once: Share
    """pass@k: the chance that at least one of k runs solves a task."""
    always: Share
    """pass^k: the chance that all k runs do."""
