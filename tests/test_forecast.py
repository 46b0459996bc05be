"""What a run will take is said as a range, and from what it was reckoned."""

import pytest

from agentopt_core.config import AgentConfig, Budget, Endpoint, HealthConfig, OptimizerConfig, RunConfig, TrainingConfig
from agentopt_core.forecast import Workload, forecast, soonest, time_left
from agentopt_core.views import PastRun
from tests.test_diagnosis import curve, run

PRICED = Endpoint(kind="openai", model="gpt-4o-mini")
UNPRICED = Endpoint(kind="openai", model="of-our-own", base_url="http://127.0.0.1:1/v1")
PAST = PastRun(
    run_id="p",
    name="Before",
    rollouts=100,
    requests=3,
    prompt_tokens=1000,
    completion_tokens=100,
    seconds=4.0,
    steps=5,
    step_prompt_tokens=5000,
    step_completion_tokens=500,
    step_seconds=10.0,
)


def config(endpoint: Endpoint = PRICED, **training: object) -> RunConfig:
    settings = {"epochs": 3, "patience": 1, "validation": "off", **training}
    return RunConfig(
        agent=AgentConfig(endpoint=endpoint),
        optimizer=OptimizerConfig(endpoint=endpoint),
        training=TrainingConfig.model_validate(settings),
        concurrency=4,
    )


@pytest.mark.parametrize(
    ("training", "evaluations"),
    [
        ({"epochs": 3, "patience": 5}, 4),
        ({"epochs": 10, "patience": 1}, 3),
        ({"epochs": 10, "patience": 1, "early_stop": False}, 11),
        ({"epochs": 10, "patience": 9, "max_evaluations": 2}, 2),
    ],
)
def test_the_soonest_end_is_by_e_or_by_c(training, evaluations):
    assert soonest(config(**training)) == evaluations


def test_an_earlier_run_on_the_same_tasks_gives_tokens_cost_and_time():
    ahead = forecast(config(), Workload(train=10), [PAST])
    assert ahead.past == (PAST,)
    # 3 evaluations (baseline, two withdrawn) to 7 (the worst case) of 10 tasks, with 2 to 6 steps
    assert ahead.tokens == (30 * 1100 + 2 * 5500, 70 * 1100 + 6 * 5500)
    assert ahead.seconds == (30 * 4 / 4 + 2 * 10, 70 * 4 / 4 + 6 * 10)
    assert ahead.usd[0] == pytest.approx((40_000 * 0.15 + 4_000 * 0.60) / 1e6, rel=0.01)
    assert ahead.usd[1] > ahead.usd[0]


def test_without_an_earlier_run_tokens_come_from_the_questions_and_the_time_is_unknown():
    short, long = (forecast(config(), Workload(train=10, question_tokens=n)) for n in (50, 5000))
    assert short.seconds is None
    assert 0 < short.tokens[0] < short.tokens[1] < long.tokens[1]


def test_an_unknown_price_is_no_amount_and_the_demo_model_is_free():
    assert forecast(config(UNPRICED), Workload(train=10)).usd is None
    assert forecast(config(Endpoint()), Workload(train=10)).usd == (0.0, 0.0)


def test_a_budget_bounds_the_range():
    capped = config().with_(budget=Budget(tokens=1_000, usd=0.001))
    ahead = forecast(capped, Workload(train=100))
    assert ahead.tokens == (1_000, 1_000)
    assert ahead.usd == (0.001, 0.001)


def test_null_edits_and_the_validation_split_are_counted():
    plain = forecast(config(), Workload(train=10, val=5)).rollouts_max
    assert forecast(config(null_edits=2), Workload(train=10, val=5)).rollouts_max == plain + 20
    assert forecast(config(validation="kept"), Workload(train=10, val=5)).rollouts_max == plain + 4 * 5
    assert forecast(config(validation="all"), Workload(train=10, val=5)).rollouts_max == plain + 7 * 5


def test_the_rest_of_a_run_is_reckoned_by_its_own_pace_from_the_soonest_end_to_the_worst_case():
    points = [
        point.with_(at=60.0 * point.evaluation) for point in curve((10, "baseline"), (20, "kept"), (9, "rolled_back"))
    ]
    # two epochs are left of 3; one of C = 2 is spent, so two more withdrawn updates end it
    assert time_left(run(points, max_epochs=3, patience=2), points, 100) == (120.0, 300.0)
    assert time_left(run(points, max_epochs=3, patience=2), points, 4) == (60.0, 60.0)
    assert time_left(run(points), points[:1], 100) is None


def test_several_proposals_a_step_are_counted_with_their_screening():
    alone = forecast(config(), Workload(train=40))
    searched = forecast(config().with_(search={"proposals": 3, "first_sample": 8}), Workload(train=40))
    steps = alone.evaluations_max - 1
    assert searched.evaluations_max == alone.evaluations_max
    assert searched.rollouts_max == alone.rollouts_max + steps * (3 * 8 + 2 * 8)
    assert searched.requests_max > alone.requests_max
    assert searched.tokens[0] > alone.tokens[0]


def test_credit_counts_a_pass_for_each_function_and_the_control_at_most():
    plain = forecast(config(), Workload(train=10)).rollouts_max
    health = {"credit": "end", "max_functions": 2}
    kept = config().training.epochs
    ends = config().with_(health=HealthConfig(**health))
    assert forecast(ends, Workload(train=10)).rollouts_max == plain + 10 * (2 + 1)
    every = config().with_(health=HealthConfig(**{**health, "credit": "kept", "control": False}))
    assert forecast(every, Workload(train=10)).rollouts_max == plain + 10 * 2 * kept


def test_the_evidence_gate_is_forecast_with_every_rerun_it_may_ask_for():
    gate = {"acceptance": "evidence", "validation": "kept", "open_test": False}
    strict, gated = config(validation="off", open_test=False), config(**gate)
    work = Workload(train=10, val=20)
    more = forecast(gated, work).rollouts_max - forecast(strict, work).rollouts_max
    # 7 evaluations, 3 kept: a look at each, a fresh one at each that was kept, and 2 reruns of all tasks under both
    # sets for each of the 6 candidates
    assert more == 20 * ((7 + 3) + 2 * 2 * 6)
    repeated = gated.with_(evidence=gated.evidence.with_(repeats=3, reruns=0))
    assert forecast(repeated, work).rollouts_max - forecast(strict, work).rollouts_max == 20 * 3 * 10


def by(strategy: str, size: int, **training: object) -> RunConfig:
    plain = config(**training)
    return plain.with_(optimizer=plain.optimizer.with_(strategy=strategy, batch_size=size))


def test_in_batches_the_baseline_runs_one_batch_and_a_step_two_sets_on_its_own():
    ahead = forecast(by("batch", 10, epochs=1, patience=0, open_test=False), Workload(train=1000))
    assert ahead.evaluations_max == 2
    assert ahead.rollouts_max == 20  # the baseline is measured on the first step's batch
    assert (ahead.train_tasks, ahead.step_tasks) == (1000, 10)
    longer = forecast(by("batch", 10, epochs=3, patience=0, open_test=False), Workload(train=1000))
    assert longer.rollouts_max == 20 + 2 * 20


def test_a_batch_as_large_as_the_tasks_costs_what_the_paper_s_loop_costs():
    whole = forecast(config(epochs=1, patience=0), Workload(train=8))
    assert forecast(by("batch", 50, epochs=1, patience=0), Workload(train=8)).rollouts_max == whole.rollouts_max


def test_divided_a_step_asks_once_for_each_part_up_to_the_most_parts():
    def requests(strategy: str, size: int) -> int:
        found = forecast(by(strategy, size, epochs=1, patience=0), Workload(train=100)).requests_max
        assert found is not None
        return found

    full, four, most = requests("full", 1), requests("divide_and_merge", 25), requests("divide_and_merge", 1)
    step = 3 * (1 + 3)  # actions, each with its retries
    assert four - full == 3 * step
    assert most - full == 7 * step
