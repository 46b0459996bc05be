import pytest

from agentopt_core.evaluation.power import smallest_gain


@pytest.mark.parametrize(("tasks", "points"), [(10, 44), (30, 26), (100, 14)])
def test_the_smallest_gain_that_tasks_can_show_falls_with_the_root_of_their_number(tasks, points):
    gain = smallest_gain(tasks)
    assert gain is not None
    assert round(100 * gain) == points


@pytest.mark.parametrize("tasks", [0, 1, 5])
def test_fewer_than_six_tasks_can_show_no_gain_at_all(tasks):
    assert smallest_gain(tasks) is None


def test_no_gain_is_larger_than_everything():
    assert smallest_gain(6) <= 1.0
