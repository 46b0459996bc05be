"""The acceptance rule: is the candidate better than the accepted set on the whole training set?"""

from __future__ import annotations

from agentopt_core.config import TrainingConfig
from agentopt_core.evaluation.compare import Paired, paired
from agentopt_core.rollouts import Evaluation
from agentopt_core.training.state import Verdict


def decide(best: Evaluation, candidate: Evaluation, config: TrainingConfig) -> Verdict:
    """Strict improvement by default; a tie is no improvement unless the run asks for the authors' code's rule.

    Both sets are compared on the tasks that were scored under both, so that an infrastructure fault favours neither.
    Without roll-back every candidate is kept, better or not (the paper's ablation).
    """
    pair = paired(best, candidate)
    gain = pair.fixed_count - pair.broken_count
    tie_counts = config.acceptance == "accept_ties"
    improved = pair.n > 0 and (gain > 0 or (gain == 0 and tie_counts))
    sentence = describe(pair)
    if improved:
        return Verdict("kept", f"{sentence}{' A tie is accepted by the run’s rule.' if gain == 0 else ''}", True)
    if not config.roll_back:
        return Verdict("kept", f"{sentence} Kept all the same: roll-back is off.")
    if pair.n == 0:
        return Verdict("rolled_back", "No task was scored under both sets, so nothing shows that it is better.")
    if gain == 0:
        return Verdict("rolled_back", f"{sentence} A tie is no improvement.")
    return Verdict("rolled_back", sentence)


def describe(pair: Paired) -> str:
    """The comparison in one sentence, with n and the chance of as large a difference without any effect."""
    points = 100 * (pair.fixed_count - pair.broken_count) / pair.n if pair.n else 0.0
    before, after = pair.correct_before, pair.correct_after
    word = "better" if points > 0 else "worse" if points < 0 else "the same"
    by = f" by {abs(points):.1f} points" if points else ""
    return (
        f"{after} of {pair.n} training tasks solved, {before} before: {word}{by} "
        f"({pair.fixed_count} fixed, {pair.broken_count} broken, exact p = {pair.p_value:.2g})."
    )
