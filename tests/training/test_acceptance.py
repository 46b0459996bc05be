"""Which candidates are better."""

import pytest

from agentopt_core.config import EvidenceConfig, TrainingConfig
from agentopt_core.training.acceptance import decide, weigh
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


EVIDENCE = EvidenceConfig(least_tasks=6)
PROVISIONAL = EVIDENCE.with_(provisional=True)


def gains(*differences: int) -> dict[str, int]:
    return {f"v{number}": difference for number, difference in enumerate(differences)}


@pytest.mark.parametrize(
    ("differences", "config", "word"),
    [
        ((1, 1, 1, 1, 1, 1), EVIDENCE, "accepted"),
        ((1, 1, 1, 0, 0, 0), EVIDENCE, "indecisive"),
        ((1, 1, 1, 0, 0, 0), PROVISIONAL, "provisional"),
        ((1, 0, 0, 0, 0, 0), PROVISIONAL, "indecisive"),
        ((1, -1, 0, 0, 0, 0), PROVISIONAL, "rejected"),
        ((0, 0, 0, 0, 0, 0), PROVISIONAL, "rejected"),
        ((-1, -1, -1, -1, -1, -1), EVIDENCE, "rejected"),
        ((1, 1, 1, 1, 1), EVIDENCE, "indecisive"),
        ((-1, -1, -1, -1, -1), EVIDENCE, "indecisive"),
    ],
)
def test_the_evidence_rule_has_four_words(differences, config, word):
    assert weigh(gains(*differences), gains(*differences), 0.02, config).word == word


def test_a_gain_is_accepted_exactly_up_to_the_level_of_its_look():
    six = gains(1, 1, 1, 1, 1, 1)
    assert weigh(six, six, 1 / 64, EVIDENCE).word == "accepted"
    assert weigh(six, six, 1 / 65, EVIDENCE).word == "indecisive"


def test_a_protected_task_that_broke_rejects_however_good_the_rest_is():
    nine = gains(*[1] * 9, -1)
    assert weigh(nine, nine, 0.05, PROVISIONAL, protected_broken=("v9",)).word == "rejected"


def test_a_gain_that_only_the_reruns_show_is_not_accepted():
    first = gains(1, 1, -1, -1, 1, 0, 0)
    after = gains(3, 3, 1, 1, 3, 0, 0)
    weighed = weigh(first, after, 0.05, EVIDENCE)
    assert weighed.p_value <= 0.05
    assert weighed.word == "indecisive"
