"""The false-accept budget of a run."""

import pytest

from agentopt_core.training.alpha import AlphaBudget


def test_the_levels_of_ever_so_many_looks_never_add_up_to_more_than_the_budget():
    alpha = AlphaBudget(0.05)
    for _ in range(5000):
        alpha = alpha.looked()
    assert 0.0499 < alpha.spent <= 0.05


def test_the_first_look_is_judged_most_mildly():
    first = AlphaBudget(0.05)
    assert first.level == pytest.approx(0.0304, abs=1e-4)
    assert first.looked().level == pytest.approx(first.level / 4)


def test_an_acceptance_gives_its_level_back_and_what_is_left_is_dealt_out_anew():
    spent_once = AlphaBudget(0.05).looked()
    accepted = spent_once.looked().anew(returned=spent_once.level)
    assert accepted.spent == pytest.approx(spent_once.spent)
    assert accepted.level == pytest.approx((0.05 - spent_once.spent) * 6 / 3.14159265**2, rel=1e-6)


def test_a_set_that_a_person_put_there_gives_nothing_back():
    spent = AlphaBudget(0.05).looked().looked()
    assert spent.anew().spent == spent.spent


def test_with_acceptances_between_the_looks_the_budget_is_never_exceeded():
    alpha = AlphaBudget(0.05)
    for look in range(1000):
        level = alpha.level
        alpha = alpha.looked()
        if look % 3 == 2:
            alpha = alpha.anew(returned=level)
        assert alpha.spent <= 0.05
