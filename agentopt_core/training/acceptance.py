"""The acceptance rules: is the candidate better than the accepted set? Pure, so that a table can test them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentopt_core.config import EvidenceConfig, TrainingConfig
from agentopt_core.evaluation.compare import Paired, paired
from agentopt_core.evaluation.paired_runs import better_p
from agentopt_core.evidence import EvidenceWord
from agentopt_core.rollouts import Evaluation
from agentopt_core.training.state import Verdict


def decide(best: Evaluation, candidate: Evaluation, config: TrainingConfig) -> Verdict:
    """Strict improvement by default; a tie is no improvement unless the run asks for the authors' code's rule.

    Both sets are compared on the tasks that were scored under both, so that an infrastructure fault favours neither.
    Without roll-back every candidate is kept, better or not (the paper's ablation).
    """
    pair = paired(best, candidate)
    gain = pair.fixed_count - pair.broken_count
    improved = better(pair, ties=config.acceptance == "accept_ties")
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


def better(pair: Paired, *, ties: bool) -> bool:
    """More common tasks are solved after than before; with `ties`, or as many."""
    gain = pair.fixed_count - pair.broken_count
    return pair.n > 0 and (gain > 0 or (gain == 0 and ties))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the runs of two sets on the same tasks come to."""

    word: EvidenceWord
    p_value: float
    """One-sided, over all runs: the chance of so great a gain if the candidate were no better on any task."""
    first_p: float
    """The same of the first look alone, at which every task was run equally often."""


FIRST_LOOK_P = 0.1
"""What the first look alone has to reach. Reruns go where tasks flipped, and a task with a great effect flips more
surely than one with a small effect: a candidate that gains much on few tasks and loses a little on many would profit
from them. The first look weighs all tasks alike."""


def weigh(
    first: Mapping[str, int],
    differences: Mapping[str, int],
    level: float,
    config: EvidenceConfig,
    protected_broken: tuple[str, ...] = (),
) -> Weighed:
    """The evidence rule. Task -> net gain at the first look, and over all its runs; of every task scored under both.

    A protected task that broke rejects, whatever the rest. Too few tasks are indecisive. No gain in sum rejects. A gain
    is accepted when its p is at most `level` and that of the first look at most `FIRST_LOOK_P`; else it is provisional
    where the run goes on from likely gains and p is at most `provisional_p`, and else indecisive.
    """
    p_value, first_p = better_p(differences.values()), better_p(first.values())
    if protected_broken:
        word: EvidenceWord = "rejected"
    elif len(differences) < config.least_tasks:
        word = "indecisive"
    elif sum(differences.values()) <= 0:
        word = "rejected"
    elif p_value <= level and first_p <= FIRST_LOOK_P:
        word = "accepted"
    elif config.provisional and p_value <= config.provisional_p:
        word = "provisional"
    else:
        word = "indecisive"
    return Weighed(word, p_value, first_p)


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
