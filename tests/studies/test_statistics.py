"""Tasks are the sample; seeds repeat them."""

from itertools import product

import pytest

from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.rollouts import Proportion
from agentopt_core.significance import mcnemar_p
from agentopt_core.studies.statistics import difference, joined, shared, sign_flip_p
from tests.studies.support import table


def test_with_one_seed_share_interval_and_p_are_those_of_a_single_run():
    found = shared([table("+++++++---")])
    assert (found.share, found.n) == (0.7, 10)
    assert (found.low, found.high) == pytest.approx(Proportion(correct=7, n=10).interval)
    change = difference([(table("--------++"), table("++++++--+-"))])
    assert (change.fixed, change.broken, change.tasks) == (6, 1, 10)
    assert change.p == pytest.approx(mcnemar_p(6, 1))
    assert (change.low, change.high) == pytest.approx(paired_interval(1, 6, 1, 2))


def test_more_seeds_on_the_same_tasks_do_not_narrow_the_interval():
    once, often = shared([table("++--")]), shared([table("++--")] * 20)
    assert (once.low, once.high) == pytest.approx((often.low, often.high))
    assert (once.n, often.n, often.tasks) == (4, 80, 4)
    pair = (table("----"), table("+++-"))
    one, many = difference([pair]), difference([pair] * 20)
    assert (one.p, one.low, one.high) == pytest.approx((many.p, many.low, many.high))


def test_a_task_counts_with_its_mean_over_seeds():
    found = difference([(table("--"), table("+-")), (table("--"), table("--"))])
    assert (found.share, found.fixed, found.broken, found.n) == (0.25, 0.5, 0, 4)
    assert shared([table("+-"), table("--")]).share == 0.25


def test_a_fault_leaves_out_its_task_in_that_seed_alone():
    found = difference([(table("-f"), table("++")), (table("--"), table("-+"))])
    assert (found.tasks, found.n) == (2, 3)
    assert found.share == pytest.approx((0.5 + 1) / 2)


def test_without_common_tasks_there_is_no_difference():
    assert difference([]) is None
    assert difference([({}, {})]) is None
    assert shared([]) is None


@pytest.mark.parametrize(
    ("nets", "p"),
    [
        ([], 1.0),
        ([0, 0], 1.0),
        ([1] * 6, 2 / 64),
        ([1, 1, -1], 1.0),
        ([3, 2], 0.5),
        ([3, 1], 0.5),
        ([3, -1], 1.0),
    ],
)
def test_the_sign_flip_test_counts_all_signs(nets, p):
    assert sign_flip_p(nets) == pytest.approx(p)


def test_very_many_changed_tasks_give_the_normal_law_and_an_answer_in_time():
    assert 0 <= sign_flip_p([3] * 2000 + [-7] * 900) <= 1
    assert sign_flip_p([1] * 1600 + [-1] * 1500) == pytest.approx(mcnemar_p(1600, 1500), abs=0.003)


def test_the_sign_flip_test_agrees_with_counting_every_choice_of_signs():
    nets = [4, -1, 3, 3, -2, 1, 6]
    sums = [sum(size * sign for size, sign in zip(nets, signs, strict=True)) for signs in product((1, -1), repeat=7)]
    assert sign_flip_p(nets) == sum(abs(one) >= abs(sum(nets)) for one in sums) / 128
    assert sign_flip_p([1] * 200 + [-1] * 150) == pytest.approx(mcnemar_p(200, 150))


def test_the_same_id_in_two_sets_is_two_tasks():
    assert len(joined([table("++"), table("--")])) == 4
