"""The A/A check: the same set measured several times."""

import random

from agentopt_core.config import EvidenceConfig
from agentopt_core.training.same_set import same_set


def counts(found):
    return {rule.rule: (rule.better, rule.pairs) for rule in found.rules}


def test_one_measurement_cannot_be_checked():
    assert same_set([{"a": 1}], EvidenceConfig()) is None


def test_a_set_that_answers_alike_every_time_ties_with_itself():
    found = same_set([{"a": 1, "b": 0}] * 3, EvidenceConfig(least_tasks=1))
    assert counts(found) == {"strict": (0, 6), "accept_ties": (6, 6), "evidence": (0, 6)}
    assert found.tasks == 2


def test_of_two_unequal_measurements_one_order_is_called_better():
    found = same_set([{"a": 1, "b": 0}, {"a": 0, "b": 0}], EvidenceConfig(least_tasks=1))
    assert counts(found) == {"strict": (1, 2), "accept_ties": (1, 2), "evidence": (0, 2)}
    assert found.reruns == 0


def test_the_evidence_rule_takes_as_many_reruns_as_the_other_measurements_allow():
    tables = [{"a": number % 2} for number in range(7)]
    assert same_set(tables, EvidenceConfig(reruns=2)).reruns == 2
    assert same_set(tables, EvidenceConfig(reruns=9)).reruns == 2


def test_noise_alone_often_passes_a_bare_comparison_and_rarely_the_evidence_rule():
    coin = random.Random(3)
    tables = [{f"t{task}": int(coin.random() < 0.5) for task in range(60)} for _ in range(12)]
    found = counts(same_set(tables, EvidenceConfig()))
    assert found["strict"][0] > 50
    assert found["evidence"][0] <= 0.05 * found["evidence"][1]


def test_a_task_that_could_not_be_scored_is_left_out_of_its_pairs_only():
    found = same_set([{"a": 1, "b": 0}, {"b": 0}, {"a": 0, "b": 1}], EvidenceConfig(least_tasks=1))
    assert found.tasks == 1
    assert counts(found)["strict"] == (1, 6)
