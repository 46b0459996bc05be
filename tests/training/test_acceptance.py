"""Which candidates are better."""

import pytest

from agentopt_core.config import TrainingConfig
from agentopt_core.training.acceptance import decide
from tests.builders import evaluation

STRICT = TrainingConfig()
TIES = TrainingConfig(acceptance="accept_ties")
NO_ROLL_BACK = TrainingConfig(roll_back=False)


@pytest.mark.parametrize(
    ("before", "after", "config", "kind", "improved"),
    [
        ("+---", "++--", STRICT, "kept", True),
        ("+---", "-+--", STRICT, "rolled_back", False),
        ("++--", "+---", STRICT, "rolled_back", False),
        ("+---", "-+--", TIES, "kept", True),
        ("++--", "+---", TIES, "rolled_back", False),
        ("++--", "+---", NO_ROLL_BACK, "kept", False),
        ("+---", "++--", NO_ROLL_BACK, "kept", True),
    ],
)
def test_a_candidate_is_kept_exactly_when_the_rule_says_so(before, after, config, kind, improved):
    verdict = decide(evaluation(before), evaluation(after), config)
    assert (verdict.kind, verdict.improved) == (kind, improved)


def test_tasks_lost_to_the_infrastructure_count_neither_for_nor_against_a_candidate():
    assert decide(evaluation("+-+-"), evaluation("+-!!"), STRICT).kind == "rolled_back"
    assert decide(evaluation("+-+-"), evaluation("++!!"), STRICT).kind == "kept"


def test_a_candidate_is_not_kept_when_no_task_could_be_scored():
    verdict = decide(evaluation("+-"), evaluation("!!"), TIES)
    assert verdict.kind == "rolled_back"
    assert "No task was scored" in verdict.reason


def test_the_reason_carries_n_fixed_broken_and_the_chance_of_it():
    reason = decide(evaluation("+-----"), evaluation("-+++++"), STRICT).reason
    assert (
        reason == "5 of 6 training tasks solved, 1 before: better by 66.7 points (5 fixed, 1 broken, exact p = 0.22)."
    )


def test_a_withdrawn_tie_says_that_a_tie_is_no_improvement():
    assert decide(evaluation("+-"), evaluation("-+"), STRICT).reason.endswith("A tie is no improvement.")
