"""What people were asked and what they decided."""

from __future__ import annotations

from typing import Literal

from agentopt_core.actions import Update
from agentopt_core.events.fact import Fact
from agentopt_core.events.steps import VerdictKind
from agentopt_core.evidence import Evidence
from agentopt_core.reviews import Choice, Finding, ReviewTime
from agentopt_core.rollouts import Proportion


class ReviewRequested(Fact):
    """A proposal waits for a person; the run goes on when somebody decides, or when the time limit does."""

    kind: Literal["review_requested"] = "review_requested"
    step: int
    when: ReviewTime
    evaluation: int | None = None
    """The candidate's; None before it was run."""
    findings: tuple[Finding, ...] = ()
    rule: VerdictKind | None = None
    """What the run's acceptance rule makes of the candidate; None before it was run."""
    rule_reason: str = ""
    deadline: float | None = None
    """Seconds since 1970 at which `on_timeout` is decided; None: it waits for ever."""
    on_timeout: Choice = "reject"
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one."""


class TrialFinished(Fact):
    """A proposal was tried on some tasks before a decision."""

    kind: Literal["trial_finished"] = "trial_finished"
    step: int
    command_id: str = ""
    series: str
    evaluation: int
    by: str
    before: Proportion
    """The accepted set on these tasks."""
    after: Proportion
    fixed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    """Functions that the person had edited for it."""


class ReviewDecided(Fact):
    """Somebody decided on a proposal: who, what and why."""

    kind: Literal["review_decided"] = "review_decided"
    step: int
    when: ReviewTime
    command_id: str = ""
    """Empty when the time limit decided."""
    by: str
    choice: Choice
    reason: str = ""
    only: tuple[str, ...] | None = None
    """Changes that were approved, where that was a part."""
    edited: tuple[str, ...] = ()
    """Functions that the person had edited."""
    update: Update | None = None
    """What goes on, where that is not the proposal as it was."""
