"""The acceptance rule of removals that the functions' health asks for."""

from __future__ import annotations

from agentopt_core.config import TrainingConfig
from agentopt_core.evaluation.compare import paired
from agentopt_core.rollouts import Evaluation
from agentopt_core.training.acceptance import describe
from agentopt_core.training.state import Verdict


def removal_verdict(best: Evaluation, candidate: Evaluation, config: TrainingConfig) -> Verdict:
    """The rule for these removals alone: a tie is enough, since the set has become smaller and nothing was lost.

    Algorithm 2's rule stands for all that the optimizer proposes. Compared on the tasks scored under both sets; with
    none of them nothing is shown, and without roll-back the removal is kept all the same.
    """
    pair = paired(best, candidate)
    sentence = describe(pair)
    gain = pair.fixed_count - pair.broken_count
    if pair.n and gain > 0:
        return Verdict("kept", sentence, improved=True)
    if pair.n and gain == 0:
        gone = len(best.functions) - len(candidate.functions)
        fewer = f"{gone} function{'s' * (gone != 1)} fewer"
        return Verdict("kept", f"{sentence} A tie is enough for a removal: nothing is lost, {fewer}.")
    if not config.roll_back:
        return Verdict("kept", f"{sentence} Kept all the same: roll-back is off.")
    if not pair.n:
        return Verdict("rolled_back", "No task was scored under both sets, so nothing shows that it is no worse.")
    return Verdict("rolled_back", sentence)
