"""Where a run stands, and the roll-back arithmetic of Algorithm 2: pure, so that a table can test it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentopt_core.actions import Withdrawn
from agentopt_core.events import VerdictKind
from agentopt_core.rollouts import Evaluation


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a candidate, and why in a sentence."""

    kind: VerdictKind
    reason: str
    improved: bool = False
    """The candidate beat the accepted set by the run's rule. Without roll-back a set can be kept unimproved."""


@dataclass(frozen=True, slots=True)
class TrainState:
    """The accepted set with its histories, and Algorithm 2's counters."""

    best: Evaluation
    """The accepted set, the histories it made and its score: a step starts from here, after a roll-back too."""
    baseline: Evaluation
    epoch: int = 0
    """i: accepted epochs."""
    withdrawn_in_a_row: int = 0
    """r: candidates in a row that were no improvement."""
    failure_record: tuple[Withdrawn, ...] = ()
    """Withdrawn since the last improvement, ascending by score."""
    step: int = 0
    """Steps taken."""
    evaluations: int = 1
    """Evaluations made, the baseline included."""

    @classmethod
    def start(cls, baseline: Evaluation) -> TrainState:
        """Epoch 0."""
        return cls(best=baseline, baseline=baseline)

    def after(self, verdict: Verdict, candidate: Evaluation | None) -> TrainState:
        """The state after a step: the candidate kept, rolled back, or none made (`candidate` is None)."""
        state = replace(self, step=self.step + 1, evaluations=self.evaluations + (candidate is not None))
        state = replace(state, withdrawn_in_a_row=0 if verdict.improved else self.withdrawn_in_a_row + 1)
        if candidate is None:
            return state
        if verdict.kind == "kept":
            record = () if verdict.improved else self.failure_record
            return replace(state, best=candidate, epoch=self.epoch + 1, failure_record=record)
        entry = Withdrawn(
            functions=candidate.functions,
            accuracy=candidate.accuracy,
            n=candidate.result.n,
            reason=verdict.reason,
        )
        record = tuple(sorted((*self.failure_record, entry), key=lambda withdrawn: withdrawn.rank))
        return replace(state, failure_record=record)
