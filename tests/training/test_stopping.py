"""When a run ends."""

from dataclasses import replace

import pytest

from agentopt_core.config import TrainingConfig
from agentopt_core.training.state import TrainState
from agentopt_core.training.stopping import stop_reason
from tests.builders import evaluation

START = TrainState.start(evaluation("+---"))
CONFIG = TrainingConfig(epochs=3, patience=2)


@pytest.mark.parametrize(
    ("changes", "config", "kind"),
    [
        ({}, CONFIG, None),
        ({"epoch": 2}, CONFIG, None),
        ({"epoch": 3}, CONFIG, "epochs"),
        ({"withdrawn_in_a_row": 2}, CONFIG, None),
        ({"withdrawn_in_a_row": 3}, CONFIG, "patience"),
        ({"withdrawn_in_a_row": 3}, TrainingConfig(epochs=3, patience=2, early_stop=False), None),
        ({"step": 3}, TrainingConfig(max_evaluations=5), None),
        ({"step": 4}, TrainingConfig(max_evaluations=5), "max_evaluations"),
        ({"best": evaluation("++++")}, CONFIG, "perfect"),
        ({"best": evaluation("+++!")}, CONFIG, None),
        ({"best": evaluation("++++")}, TrainingConfig(stop_at_perfect=False), None),
    ],
)
def test_a_run_ends_exactly_when_a_rule_says_so(changes, config, kind):
    reason = stop_reason(replace(START, **changes), config)
    assert (reason.kind if reason else None) == kind


def test_early_stop_comes_after_more_than_c_withdrawals_not_at_c():
    assert stop_reason(replace(START, withdrawn_in_a_row=10), TrainingConfig(patience=10)) is None
    assert stop_reason(replace(START, withdrawn_in_a_row=11), TrainingConfig(patience=10)) is not None


def test_patience_zero_stops_after_the_first_withdrawal():
    assert stop_reason(replace(START, withdrawn_in_a_row=1), TrainingConfig(patience=0)).kind == "patience"


def test_a_run_without_early_stop_ends_at_the_worst_case_of_algorithm_2():
    config = TrainingConfig(epochs=2, patience=1, early_stop=False)
    assert stop_reason(replace(START, step=3, withdrawn_in_a_row=3), config) is None
    assert stop_reason(replace(START, step=4, withdrawn_in_a_row=4), config).kind == "max_evaluations"
