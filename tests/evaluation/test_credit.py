"""Who used a function, and what it was worth to them."""

import pytest

from agentopt_core.evaluation.credit import credit, is_harmful, users
from agentopt_core.rollouts import ExecutionResult, ToolUse
from tests.builders import evaluation


def using(found, *numbers, name="f", ok=True):
    """These rollouts (from 0) called the function."""
    use = ToolUse(call_id="1", tool=name, arguments={}, result=ExecutionResult(ok=ok))
    rollouts = [r.with_(calls=(use,)) if i in numbers else r for i, r in enumerate(found.rollouts)]
    return found.with_(rollouts=tuple(rollouts))


def test_users_are_the_tasks_that_called_it_whether_it_worked_and_whether_they_were_solved():
    assert users(using(evaluation("+-+-", ("f",)), 0, 1, ok=False), "f") == ("t1", "t2")
    assert users(using(evaluation("+-", ("f",)), 0, name="python"), "f") == ()


def test_a_fault_is_no_user():
    assert users(using(evaluation("!+", ("f",)), 0, 1), "f") == ("t2",)


def test_a_gain_is_what_is_solved_with_it_and_not_without_it_on_common_tasks():
    pair = credit(evaluation("++-+", ("f",)), evaluation("--+!"))
    assert (pair.fixed, pair.broken, pair.n) == (("t1", "t2"), ("t3",), 3)
    assert pair.difference == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("interval", "harmful"), [((-0.9, -0.1), True), ((-0.9, 0.0), False), ((-0.5, 0.5), False), (None, False)]
)
def test_harm_is_a_whole_interval_below_zero(interval, harmful):
    assert is_harmful(interval) is harmful
