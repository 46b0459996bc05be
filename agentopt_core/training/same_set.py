"""The A/A check: how often each acceptance rule calls a set better than itself, on the user's own tasks and model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from agentopt_core.config import EvidenceConfig
from agentopt_core.evaluation.compare import paired_tables
from agentopt_core.evaluation.paired_runs import Table, net
from agentopt_core.training.acceptance import better, weigh
from agentopt_core.training.alpha import AlphaBudget
from agentopt_core.views.gate import RuleCount, SameSet


def same_set(measurements: Sequence[Table], config: EvidenceConfig) -> SameSet | None:
    """Every ordered pair of measurements of one set, judged by every rule; None for fewer than two measurements.

    The evidence rule takes its reruns from the measurements that are not of the pair, half of them for each side, as
    far as there are enough: with r reruns a full check needs 2 + 2 r measurements.
    """
    if len(measurements) < 2:
        return None
    reruns = min(config.reruns, (len(measurements) - 2) // 2)
    level = AlphaBudget(config.budget).level
    pairs = list(permutations(range(len(measurements)), 2))
    strict = ties = evidence = 0
    for before, after in pairs:
        pair = paired_tables(measurements[before], measurements[after])
        strict += better(pair, ties=False)
        ties += better(pair, ties=True)
        others = [table for place, table in enumerate(measurements) if place not in (before, after)]
        flipped = {*pair.fixed, *pair.broken}
        again = [
            (_only(others[2 * number], flipped), _only(others[2 * number + 1], flipped)) for number in range(reruns)
        ]
        look = (measurements[before], measurements[after])
        evidence += weigh(net([look]), net([look, *again]), level, config).word == "accepted"
    return SameSet(
        measurements=len(measurements),
        tasks=len(set.intersection(*(set(table) for table in measurements))),
        reruns=reruns,
        level=level,
        rules=(
            RuleCount(rule="strict", better=strict, pairs=len(pairs)),
            RuleCount(rule="accept_ties", better=ties, pairs=len(pairs)),
            RuleCount(rule="evidence", better=evidence, pairs=len(pairs)),
        ),
    )


def _only(table: Table, task_ids: set[str]) -> Table:
    return {task_id: solved for task_id, solved in table.items() if task_id in task_ids}
