"""The budget of a whole study."""

import pytest

from agentopt_core.config import Budget
from agentopt_core.rollouts import Usage
from agentopt_core.studies.purse import Purse

SPENT = Usage(requests=10, prompt_tokens=90, completion_tokens=10, cost_usd=0.5)


def test_without_a_budget_runs_have_none():
    assert Purse(Budget(), [SPENT], []).share(3) == Budget()


def test_the_rest_that_nobody_holds_is_divided_equally():
    purse = Purse(Budget(usd=2.5, tokens=1000, requests=100), [SPENT], [Budget(usd=1.0, tokens=300, requests=30)])
    share = purse.share(3)
    assert share is not None
    assert (share.usd, share.tokens, share.requests) == (pytest.approx(1 / 3), 200, 20)


@pytest.mark.parametrize("budget", [Budget(usd=0.5), Budget(tokens=101), Budget(requests=11)])
def test_where_too_little_is_left_there_is_no_part(budget):
    assert Purse(budget, [SPENT], []).share(2) is None


def test_parts_that_are_all_used_come_to_the_budget_and_no_more():
    budget, spent, runs = Budget(requests=100, tokens=1001, usd=1.0), [], 7
    while runs:
        share = Purse(budget, spent, []).share(runs)
        assert share is not None
        spent.append(Usage(requests=share.requests, prompt_tokens=share.tokens, cost_usd=share.usd))
        runs -= 1
    total = sum(spent, Usage())
    assert (total.requests, total.tokens, total.cost_usd) == (100, 1001, pytest.approx(1.0))
