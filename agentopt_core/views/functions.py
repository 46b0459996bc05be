"""What is shown of functions: updates, and the versions they made."""

from __future__ import annotations

from typing import Literal

from agentopt_core.actions import Refusal
from agentopt_core.events import VerdictKind
from agentopt_core.evidence import Evidence
from agentopt_core.functions import Function
from agentopt_core.rollouts import Proportion
from agentopt_core.words import Word


class ActionView(Word):
    """One change of a function: before and after."""

    op: Literal["add", "revise", "remove"]
    name: str
    before: Function | None
    after: Function | None


class UpdateView(Word):
    """One optimizer step and what became of it."""

    step: int
    evaluation: int | None
    verdict: VerdictKind | Literal["pending"]
    reason: str
    actions: tuple[ActionView, ...]
    refusals: tuple[Refusal, ...]
    rationale: str
    by: str = ""
    """Who made it by hand; empty for the optimizer."""
    base: Proportion | None
    """The accepted result it started from."""
    candidate: Proportion | None
    fixed: tuple[str, ...] = ()
    """Tasks failed before and solved by the candidate."""
    broken: tuple[str, ...] = ()
    at: float = 0.0
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one."""


class FunctionVersion(Word):
    """One version of one function in a run."""

    name: str
    version: int
    """1 is the first version of that name in the run."""
    op: Literal["add", "revise", "remove"]
    status: VerdictKind | Literal["pending", "refused"]
    step: int
    evaluation: int | None
    function: Function | None
    """None for a removal."""
    reason: str
    by: str = ""
    """Who wrote it by hand; empty for the optimizer."""
    calls: int = 0
    """Calls in the evaluation of its candidate."""
    succeeded: int = 0
