"""Two sets run several times on the same tasks."""

import itertools

import pytest

from agentopt_core.evaluation.paired_runs import better_p, net


def test_net_gains_add_up_the_runs_that_were_scored_under_both_sets():
    runs = [({"a": 0, "b": 1}, {"a": 1, "b": 1}), ({"a": 0, "b": 1}, {"a": 1, "b": 0})]
    assert net(runs) == {"a": 2, "b": -1}


def test_a_fault_on_either_side_leaves_that_run_of_the_task_out():
    assert net([({"a": 0}, {"b": 1}), ({"b": 0}, {"b": 1})]) == {"b": 1}


@pytest.mark.parametrize(
    ("differences", "p"),
    [([], 1.0), ([0, 0], 1.0), ([1], 0.5), ([-1], 1.0), ([1] * 5, 1 / 32), ([1] * 8 + [-1], 10 / 512), ([3, 3], 0.25)],
)
def test_p_is_the_share_of_sign_patterns_with_as_great_a_sum(differences, p):
    assert better_p(differences) == pytest.approx(p)


def test_p_agrees_with_counting_all_sign_patterns():
    differences = [3, -1, 2, 2, 1, -3, 1, 0]
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in itertools.product((1, -1), repeat=8)
    ]
    assert better_p(differences) == pytest.approx(sum(each >= sum(differences) for each in sums) / len(sums))


def test_no_gain_in_sum_is_never_evidence():
    assert better_p([1, -1]) >= 0.5
    assert better_p([2, -1, -1]) >= 0.5


def test_thousands_of_flipped_tasks_are_counted_exactly_enough():
    assert 0 < better_p([1] * 1100 + [-1] * 900) < 1e-4
