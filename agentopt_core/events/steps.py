"""A step of the optimizer: what it read, what it proposed, what became of it."""

from __future__ import annotations

from typing import Literal

from agentopt_core.actions import Refusal, Update
from agentopt_core.events.fact import Fact
from agentopt_core.evidence import Evidence
from agentopt_core.proposals import Screened
from agentopt_core.rollouts import Proportion
from agentopt_core.seen import CauseCount

VerdictKind = Literal["baseline", "kept", "rolled_back", "rejected", "unchanged"]
"""`unchanged`: the step ended with no valid action, so nothing was evaluated; it counts like a withdrawn candidate.
`rejected`: a person withdrew it, before or after it was evaluated."""


class StepStarted(Fact):
    """The optimizer was asked for an update, or a person made one."""

    kind: Literal["step_started"] = "step_started"
    step: int
    """Counts all steps of the run from 1."""
    accepted_evaluation: int
    """The evaluation whose set and histories it works from."""
    prompt_tokens: int = 0
    """Estimated tokens of its prompt."""
    by: str = ""
    """Who changes the set by hand in this step; empty for the optimizer."""


class OptimizerAsked(Fact):
    """What the optimizer is about to read: one request, exactly as it is sent."""

    kind: Literal["optimizer_asked"] = "optimizer_asked"
    step: int
    part: int = 0
    """Which part of the failures it is about, from 1; 0: all of them."""
    request: int
    """Counts the requests of the step (of its part) from 1."""
    tokens: int
    """Estimated, of the whole request."""
    budget: int
    """Estimated tokens it may have."""
    causes: tuple[CauseCount, ...] = ()
    """Failures by cause, and solved tasks: how many of their histories are shown, and of how many."""
    packed: str = ""
    """The text (see seen.py)."""


class ProposalRefused(Fact):
    """Validation refused a proposal; the reason went back to the optimizer."""

    kind: Literal["proposal_refused"] = "proposal_refused"
    step: int
    refusal: Refusal


class UpdateProposed(Fact):
    """A step ended."""

    kind: Literal["update_proposed"] = "update_proposed"
    step: int
    update: Update
    seconds: float


class ProposalMade(Fact):
    """One of several proposals of a step is written; which of them goes on is not known yet."""

    kind: Literal["proposal_made"] = "proposal_made"
    step: int
    number: int
    """From 1."""
    update: Update
    seconds: float


class ProposalsScreened(Fact):
    """The proposals of a step were compared on samples of the training tasks, and one of them goes on.

    The screening decides nothing else: the winner is evaluated afresh on the whole training set, as any candidate.
    """

    kind: Literal["proposals_screened"] = "proposals_screened"
    step: int
    accepted_evaluation: int
    """The evaluation they were compared with."""
    evaluation: int
    """The winner's number to be; the screening's rollouts stand under it, each proposal's in a series of its own."""
    proposals: tuple[Screened, ...]
    chosen: int | None = None
    """The winner's number; None when no proposal changes anything."""

    @property
    def dropped(self) -> int:
        """Sets that were run on training tasks and not chosen."""
        return sum(bool(one.rounds) and one.fate == "dropped" for one in self.proposals)


class VerdictReached(Fact):
    """The candidate was kept or withdrawn (or was the baseline)."""

    kind: Literal["verdict_reached"] = "verdict_reached"
    step: int | None
    evaluation: int | None
    """None when nothing was evaluated."""
    verdict: VerdictKind
    reason: str
    epoch: int
    """Accepted epochs after it: i of Algorithm 2."""
    withdrawn_in_a_row: int
    """r of Algorithm 2, after it."""
    best: Proportion
    candidate: Proportion | None
    evidence: Evidence | None = None
    """What the evidence gate found; None in runs without it, and where it had nothing to judge."""
