"""How far training and unseen tasks have come apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt_core.evaluation.gap import gap
from agentopt_core.rollouts import Proportion


def share(correct: int, n: int) -> Proportion:
    return Proportion(correct=correct, n=n)


shares = st.integers(1, 60).flatmap(lambda n: st.integers(0, n).map(lambda correct: share(correct, n)))


def test_the_gap_grows_by_what_training_gained_more_on_its_own_tasks():
    found = gap(share(8, 20), share(16, 20), share(5, 10), share(6, 10))
    assert found.first == pytest.approx(-0.1)
    assert found.last == pytest.approx(0.2)
    assert found.growth == pytest.approx(0.3)


def test_a_share_that_was_not_measured_leaves_no_gap():
    assert gap(share(1, 2), share(1, 2), share(0, 0), share(1, 2)) is None


@given(shares, shares, shares, shares)
def test_the_interval_holds_the_growth_and_stays_within_what_is_possible(one, two, three, four):
    found = gap(one, two, three, four)
    low, high = found.interval
    assert -2.0 <= low <= found.growth + 1e-9
    assert found.growth - 1e-9 <= high <= 2.0


@given(shares, shares, shares, shares)
def test_what_is_gained_on_one_split_is_lost_where_the_splits_change_places(one, two, three, four):
    there, back = gap(one, two, three, four), gap(three, four, one, two)
    assert there.growth == pytest.approx(-back.growth)
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_four_times_the_tasks_tell_twice_as_exactly():
    few = gap(share(8, 20), share(16, 20), share(8, 20), share(9, 20)).interval
    many = gap(share(32, 80), share(64, 80), share(32, 80), share(36, 80)).interval
    assert (many[1] - many[0]) < 0.6 * (few[1] - few[0])


def test_small_splits_cannot_show_a_gap_that_large_ones_do():
    assert gap(share(8, 20), share(14, 20), share(4, 8), share(4, 8)).interval[0] < 0
    assert gap(share(80, 200), share(140, 200), share(40, 80), share(40, 80)).interval[0] > 0
