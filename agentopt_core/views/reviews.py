"""What is shown of human approval: the card of a proposal, its trials and its decision."""

from __future__ import annotations

from typing import Literal

from agentopt_core.events import VerdictKind
from agentopt_core.evidence import Evidence
from agentopt_core.reviews import Choice, Finding, ReviewTime
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views.functions import ActionView
from agentopt_core.words import Word


class DecisionView(Word):
    """What somebody decided on a proposal."""

    at: float
    by: str
    """A person's name, or `time limit`."""
    choice: Choice
    reason: str = ""
    only: tuple[str, ...] | None = None
    """Changes that were approved, where that was a part."""
    edited: tuple[str, ...] = ()
    actions: tuple[ActionView, ...] = ()
    """What went on: as proposed, edited or in part. Its `before` is the accepted set's function."""


class DeclinedView(Word):
    """An answer that came too late or was not valid."""

    at: float
    by: str
    command: str
    reason: str


class TrialView(Word):
    """A proposal tried on some tasks."""

    at: float
    by: str
    series: str
    evaluation: int
    before: Proportion
    after: Proportion
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


class ReviewCard(Word):
    """A proposal that waits for a person, or did."""

    run_id: str
    run_name: str
    is_demo: bool
    step: int
    when: ReviewTime
    state: Literal["waiting", "decided", "withdrawn"]
    """`withdrawn`: the run ended (or stands still for good) before anybody decided."""
    asked_at: float
    deadline: float | None
    on_timeout: Choice
    rationale: str
    actions: tuple[ActionView, ...]
    """As the optimizer proposed them."""
    findings: tuple[Finding, ...]
    base_evaluation: int
    evaluation: int | None
    """The candidate's; None before it was run."""
    base: Proportion | None
    """The accepted result it started from."""
    candidate: Proportion | None
    n: int = 0
    """Tasks scored under both sets."""
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    p_value: float | None = None
    """Two-sided exact McNemar test on the tasks scored under both; None before the candidate was run."""
    rule: VerdictKind | None = None
    """What the run's acceptance rule makes of it."""
    rule_reason: str = ""
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one."""
    usage: Usage = Usage()
    """What this step has cost so far: the optimizer, the evaluation, trials."""
    trials: tuple[TrialView, ...] = ()
    trying: bool = False
    """A trial is under way."""
    decision: DecisionView | None = None
    declined: tuple[DeclinedView, ...] = ()
    verdict: VerdictKind | Literal["pending"] = "pending"
    """What became of the update in the end."""
    reason: str = ""
