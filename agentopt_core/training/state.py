"""Where a run stands, and the roll-back arithmetic of Algorithm 2: pure, so that a table can test it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.events import VerdictKind
from agentopt_core.evidence import Evidence
from agentopt_core.rollouts import Evaluation


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a candidate, and why in a sentence."""

    kind: VerdictKind
    reason: str
    improved: bool = False
    """The candidate beat the accepted set by the run's rule. Without roll-back a set can be kept unimproved."""
    by_hand: bool = False
    """A person put it there: it counts as no epoch of training, and training starts afresh from it."""
    upkeep: bool = False
    """A removal for the functions' health: no turn of Algorithm 2, so it counts neither in E nor in C."""
    evidence: Evidence | None = None
    """What the evidence gate found, where the run has one and the candidate came so far."""

    @property
    def provisional(self) -> bool:
        """Kept on weak evidence: training goes on from it, but it is no accepted epoch."""
        return self.kind == "kept" and self.evidence is not None and self.evidence.word == "provisional"


@dataclass(frozen=True, slots=True)
class Judged:
    """An update at the end of its step."""

    update: Update
    """As it was taken: a person may have changed what the optimizer proposed."""
    verdict: Verdict
    candidate: Evaluation | None = None
    """The measurement that counts; None when nothing was measured."""
    made: int = 0
    """Evaluations that the step took."""
    rejected: tuple[Withdrawn, ...] = ()
    """What people rejected of it, for the failure record."""


@dataclass(frozen=True, slots=True)
class TrainState:
    """The accepted set with its histories, and Algorithm 2's counters."""

    best: Evaluation
    """The accepted set, the histories it made and its score: a step starts from here, after a roll-back too."""
    baseline: Evaluation
    """Its results; its histories go when another set is accepted, since nobody reads them any more."""
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
    renewals: int = 0
    """Of these, how many measured an accepted set once more, on the tasks of the next step."""

    @classmethod
    def start(cls, baseline: Evaluation) -> TrainState:
        """Epoch 0."""
        return cls(best=baseline, baseline=baseline)

    def after(self, judged: Judged) -> TrainState:
        """The state after a step: its candidate kept, withdrawn, or none made."""
        state = self._decided(judged.verdict, judged.candidate, judged.made)
        record = sorted((*state.failure_record, *judged.rejected), key=lambda withdrawn: withdrawn.rank)
        return replace(state, failure_record=tuple(record))

    def renewed(self, best: Evaluation) -> TrainState:
        """The state after the accepted set was measured on other tasks: those of the next step."""
        state = self._accepting(best)
        return replace(state, evaluations=self.evaluations + 1, renewals=self.renewals + 1)

    def _accepting(self, best: Evaluation) -> TrainState:
        baseline = self.baseline.without_traces() if self.best is self.baseline else self.baseline
        return replace(self, best=best, baseline=baseline)

    def _decided(self, verdict: Verdict, candidate: Evaluation | None, made: int) -> TrainState:
        state = replace(self, step=self.step + 1, evaluations=self.evaluations + made)
        if verdict.by_hand:
            assert candidate is not None
            return replace(state._accepting(candidate), withdrawn_in_a_row=0, failure_record=())
        turn = 0 if verdict.upkeep else 1
        state = replace(state, withdrawn_in_a_row=0 if verdict.improved else self.withdrawn_in_a_row + turn)
        if candidate is None:
            return state
        if verdict.kind == "kept":
            record = () if verdict.improved else self.failure_record
            accepted = self.epoch + (0 if verdict.provisional else turn)
            return replace(state._accepting(candidate), epoch=accepted, failure_record=record)
        entry = Withdrawn(
            functions=candidate.functions,
            accuracy=candidate.accuracy,
            n=candidate.result.n,
            reason=verdict.reason,
        )
        record = tuple(sorted((*self.failure_record, entry), key=lambda withdrawn: withdrawn.rank))
        return replace(state, failure_record=record)
