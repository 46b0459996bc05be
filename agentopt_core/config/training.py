"""The training loop."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.words import Word

Acceptance = Literal["strict", "accept_ties", "evidence"]


class TrainingConfig(Word):
    """Algorithm 2."""

    epochs: int = Field(default=10, ge=1, le=1000)
    """E: accepted epochs, at most."""
    patience: int = Field(default=10, ge=0, le=1000)
    """C: the run stops after more than C withdrawn candidates in a row."""
    acceptance: Acceptance = "strict"
    """`strict`: a tie is no improvement (Algorithm 2); `accept_ties`: the authors' code; `evidence`: judged on the
    validation split by an exact test, see `EvidenceConfig`."""
    roll_back: bool = True
    """Withdraw a candidate that is not better; without it every candidate is kept (the paper's ablation)."""
    early_stop: bool = True
    """Stop by patience; without it the run goes on to E epochs or the limit on evaluations."""
    max_evaluations: int | None = Field(default=None, ge=1)
    """Evaluations of the training set, baseline included, at most; None: the worst case of Algorithm 2."""
    open_test: bool = True
    """When a rule has ended training, measure the baseline and the chosen set on the test split, once."""
    validation: Literal["off", "kept", "all"] = "kept"
    """Which candidates are also measured on the validation split: none, those that are kept, or all. It shows
    whether what was learned holds on tasks that the optimizer has not seen, and decides nothing; but with `evidence` it
    decides, and whatever passes on the training tasks is measured on it."""
    null_edits: int = Field(default=0, ge=0, le=20)
    """Times the baseline is measured again without any change: what noise alone does to the accuracy."""
    stop_at_perfect: bool = True
    """End the run when every training task is solved: nothing is left to gain."""

    @property
    def evaluations_limit(self) -> int:
        """Evaluations after which the run ends in any case: the configured limit, or 1 + E x (C + 1).

        That is Algorithm 2's worst case, which it cannot pass; without early stop it is what bounds the run.
        """
        return self.max_evaluations or 1 + self.epochs * (self.patience + 1)
