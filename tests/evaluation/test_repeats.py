"""pass@k and pass^k."""

import itertools

import pytest

from agentopt_core.evaluation.repeats import mean_interval, pass_all, pass_at, shares


@pytest.mark.parametrize("solved", range(6))
@pytest.mark.parametrize("k", range(1, 6))
def test_both_are_what_all_choices_of_k_runs_out_of_n_give(solved, k):
    runs = [1] * solved + [0] * (5 - solved)
    chosen = list(itertools.combinations(runs, k))
    assert pass_at(solved, 5, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    assert pass_all(solved, 5, k) == pytest.approx(sum(map(all, chosen)) / len(chosen))


def test_each_task_counts_once_however_often_it_was_run():
    once, always = shares([(1, 2), (4, 4)], k=2)
    assert (once.value, always.value) == (1.0, 0.5)
    assert once.tasks == 2


def test_a_task_with_too_few_scored_runs_is_left_out():
    once, _ = shares([(1, 1), (0, 3)], k=3)
    assert (once.value, once.tasks) == (0.0, 1)
    assert shares([(1, 1)], k=2) is None


def test_the_interval_holds_the_mean_and_is_the_same_every_time():
    values = [0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 1.0]
    low, high = mean_interval(values)
    assert low < sum(values) / len(values) < high
    assert mean_interval(values) == (low, high)
