"""A run in batches on every page: no figure compares what was measured on different tasks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentopt_core.config import OptimizerConfig, RunConfig
from agentopt_core.workbench import Workbench
from pages.components.compare_charts import curves_table
from pages.components.curve import curve_table
from scripts.served import train_to_the_end
from tests.pages.conftest import texts


@pytest.fixture(scope="module")
def batched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, str]]:
    home = tmp_path_factory.mktemp("batches") / "home"
    bench = Workbench(home, live=False)
    config = RunConfig(optimizer=OptimizerConfig(strategy="batch", batch_size=5))
    config = config.with_(training=config.training.with_(epochs=2, patience=3))
    run_id = train_to_the_end(home, config, bench.task_set("number-and-algebra"))
    yield bench, run_id
    bench.close()


@pytest.mark.parametrize("name", ["overview", "train", "functions", "review", "traces"])
def test_a_run_in_batches_is_drawn_without_a_fault(page, batched, name):
    bench, run_id = batched
    at = page(bench, name, run=run_id)
    assert not at.exception
    assert not at.error


def test_it_can_be_compared_with_itself(page, batched):
    bench, run_id = batched
    at = page(bench, "compare", runs=f"{run_id},{run_id}")
    assert not at.exception


def test_the_train_page_says_that_batches_do_not_compare_and_claims_no_gain(page, batched):
    bench, run_id = batched
    at = page(bench, "train", run=run_id)
    said = texts(at)
    assert "Trained in batches of different tasks" in said
    assert "points of different steps do not compare" in said
    accuracy = next(one for one in at.metric if one.label.startswith("Accuracy"))
    assert accuracy.label == "Accuracy (train, n = 5)"
    assert not accuracy.delta


def test_no_line_joins_points_of_different_tasks(batched):
    bench, run_id = batched
    assert curve_table(bench.curve(run_id), bench.signs(run_id))["best"].isna().all()


def test_every_update_is_compared_on_tasks_of_its_own(batched):
    bench, run_id = batched
    for update in bench.updates(run_id):
        if update.candidate and update.base:
            assert update.base.n == update.candidate.n == 5


def test_the_report_tells_no_gain(batched):
    bench, run_id = batched
    report = bench.report([run_id])
    assert "Trained in batches of different tasks" in report


def test_the_held_out_test_counts_candidates_and_not_the_accepted_set_measured_again(batched):
    bench, run_id = batched
    held_out = bench.run(run_id).held_out
    assert held_out is not None
    assert held_out.candidates == sum(update.evaluation is not None for update in bench.updates(run_id))


def test_neither_report_nor_comparison_joins_points_of_different_tasks(batched):
    bench, run_id = batched
    assert "class='step " not in bench.report([run_id])
    compared = bench.compared([run_id])
    assert curves_table(compared).best.isna().all()
