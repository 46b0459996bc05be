"""When a run ends: the paper's two rules, and two limits beside them."""

from __future__ import annotations

from dataclasses import dataclass

from agentopt_core.config import TrainingConfig
from agentopt_core.events import StopKind
from agentopt_core.training.state import TrainState


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why the run ended, as a word and a sentence."""

    kind: StopKind
    sentence: str


def stop_reason(state: TrainState, config: TrainingConfig) -> StopReason | None:
    """The first rule that ends the run, or None while it goes on.

    Early stop follows Algorithm 2: *more than* C withdrawn candidates in a row (the paper's text says C).
    """
    result = state.best.result
    if config.stop_at_perfect and result.n and result.correct == result.n and not result.faults:
        return StopReason("perfect", f"All {result.n} training tasks are solved: nothing is left to gain on them.")
    if state.epoch >= config.epochs:
        return StopReason("epochs", f"{state.epoch} epochs were accepted, as many as the run may have (E).")
    if config.early_stop and state.withdrawn_in_a_row > config.patience:
        steps = state.withdrawn_in_a_row
        return StopReason(
            "patience", f"{steps} steps in a row brought no improvement, more than {config.patience} (C)."
        )
    # A step without a valid action costs no evaluation but counts here, so that a run without early stop ends too.
    if state.step + 1 >= (limit := config.evaluations_limit):
        return StopReason("max_evaluations", f"The limit of {limit} evaluations (baseline included) is reached.")
    return None
