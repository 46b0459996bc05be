"""The evidence gate on the pages: the panel of the Train page, the Review card, and the form of a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.config import EvidenceConfig, RunConfig, TrainingConfig
from agentopt_core.workbench import Workbench
from pages.components.evidence_panel import looks_chart, looks_table
from tests.history.helpers import finished_run, new_run, write
from tests.pages.conftest import Open, texts
from tests.pages.test_run_form import described
from tests.workbench.test_gate import FOUND, NONE, began, gated, runs

GATE = {"training": {"acceptance": "evidence"}}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    bench = Workbench(tmp_path, live=False)
    yield bench
    bench.close()


def test_the_train_page_shows_each_look_and_what_is_spent_of_the_budget(page: Open, bench, tmp_path):
    run = gated(tmp_path, found=FOUND.with_(word="indecisive", spent=0.03), verdict="rolled_back", **GATE)
    at = page(bench, "train", run=run.run_id)
    said = texts(at)
    assert not at.exception
    assert "False-accept budget: 3.00 of 5.00 % spent, 1 look at the validation split." in said
    assert "indecisive" in said
    assert "on which the evidence gate judges" not in said  # nothing was drawn on validation here
    (table,) = [frame.value for frame in at.dataframe if "Needed" in frame.value]
    row = table.iloc[0]
    assert (row["Found"], row["Gain"], row["n"], row["p"]) == ("? indecisive", "+10.0 (+1.0 to +20.0)", "20", "0.01")


def test_an_update_that_the_training_tasks_settled_shows_dashes_and_no_zeros(page: Open, bench, tmp_path):
    settled = FOUND.with_(
        word="rejected", looked=False, n=0, fixed=(), broken=(), p_value=None, difference=None, interval=None, looks=0
    )
    run = gated(tmp_path, found=settled, verdict="rolled_back", **GATE)
    at = page(bench, "train", run=run.run_id)
    (table,) = [frame.value for frame in at.dataframe if "Needed" in frame.value]
    assert table.iloc[0]["Found"] == "✗ rejected, on training"
    assert set(table.iloc[0][["Gain", "n", "Fixed", "p", "Needed"]]) == {"—"}


def test_a_provisional_set_is_never_called_accepted(page: Open, bench, tmp_path):
    run = gated(tmp_path, found=FOUND.with_(word="provisional"), **GATE)
    said = texts(page(bench, "train", run=run.run_id))
    assert "The set that the run holds is provisional: update 1 was kept on weak evidence" in said
    assert "provisional" in said


def test_before_the_first_update_the_panel_says_what_comes(page: Open, bench, tmp_path):
    run = new_run(tmp_path, **GATE)
    write(run, [began(run)])
    assert "No update has been judged yet." in texts(page(bench, "train", run=run.run_id))


def test_a_run_without_the_gate_has_no_panel(page: Open, bench, tmp_path):
    run = finished_run(tmp_path)
    at = page(bench, "train", run=run.run_id)
    assert "Evidence" not in [one.value for one in at.subheader]
    assert "How noisy are these measurements?" not in [one.label for one in at.expander]


def test_the_noise_of_null_edits_is_offered_in_any_run_that_has_some(page: Open, bench, tmp_path):
    run = new_run(tmp_path, training={"null_edits": 1})
    write(run, [began(run), *runs(0, NONE, "train", "", "+-+-"), *runs(0, NONE, "train", "again-1", "++--")])
    at = page(bench, "train", run=run.run_id)
    assert "How noisy are these measurements?" in [one.label for one in at.expander]


def test_the_review_card_shows_the_validation_tasks_that_changed(page: Open, bench, tmp_path):
    run = gated(tmp_path, **GATE)
    at = page(bench, "review", run=run.run_id, update="1")
    said = texts(at)
    assert "On the validation split (20 tasks, against evaluation 0):" in said
    assert "Fixed, validation 2" in said
    links = [link.proto.query_string for link in at.page_link]
    assert any("task=v3" in link and "split=val" in link for link in links)


def test_ids_of_tasks_stay_text(page: Open, bench, tmp_path):
    hostile = "<img src=x onerror=alert(1)> :red[r] " + "A" * 5_000
    found = FOUND.with_(word="rejected", protected_broken=(hostile,), fixed=(hostile,))
    run = gated(tmp_path, found=found, verdict="rolled_back", **GATE)
    for name in ("train", "review"):
        at = page(bench, name, run=run.run_id, update="1")
        assert not at.exception
        assert "<img" not in "".join(element.value for element in at.markdown)


def test_every_look_of_the_figure_says_n_interval_and_p(bench, tmp_path):
    run = gated(tmp_path, **GATE)
    update = bench.updates(run.run_id)[0]
    [look] = looks_table([(update, update.evidence)]).to_dict("records")
    assert look["found"] == "✓ accepted"
    assert look["high"] - look["gain"] == pytest.approx(10.0)
    assert f"{update.evidence.n} validation tasks" in look["paired"]
    assert look["interval"].endswith("points")
    assert "needed" in look["p"]
    *_, points = looks_chart()["layer"]
    assert {tip["field"] for tip in points["encoding"]["tooltip"]} >= {"paired", "interval", "p"}


def test_the_form_gives_back_the_gate_it_was_filled_with():
    gate = EvidenceConfig(budget=0.1, reruns=4, repeats=2, least_tasks=12, protected=("v1", "t2"), provisional=True)
    config = RunConfig(training=TrainingConfig(acceptance="evidence"), evidence=gate)
    assert described(config) == config


def test_the_form_refuses_the_gate_for_a_task_set_with_too_few_validation_tasks(page: Open, bench):
    at = page(bench, "train")
    at.session_state["form_acceptance"] = "evidence"
    at.session_state["form_evidence_least_tasks"] = 9
    said = texts(at.run())
    assert "the validation split, which has 8 tasks; it needs 9" in said
    assert "Divide the task set anew on the Tasks page" in said
    assert "False accepts a run" in [field.label for field in at.number_input]
