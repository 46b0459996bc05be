"""Search on the pages: the bracket of an update, the form's part, and the merge of two versions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.config import RunConfig
from agentopt_core.workbench import Workbench
from pages.components.run_form import form_values
from pages.components.search_form import said
from scripts.served import train_to_the_end
from tests.history.helpers import finished_run
from tests.history.searches import searched
from tests.pages.conftest import texts

HOSTILE = "<img src=x onerror=alert(1)> **bold** \u202e"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "home", live=False)
    yield opened
    opened.close()


def opened(at):
    """The page with the bracket unfolded."""
    at.session_state["screening"] = True
    return at.run()


def test_the_bracket_of_an_update_tells_each_proposals_rounds_and_fate(page, bench):
    run = searched(bench.home)
    at = opened(page(bench, "train", run=run.run_id, update="1"))
    assert not at.exception
    frame = next(table.value for table in at.dataframe if "fate" in table.value.columns)
    assert list(frame["fate"]) == ["✕ dropped in round 1", "✓ chosen", "· same set as 2"]
    assert list(frame["round_2"])[:2] == ["0 of 2 (+0 −0)", "2 of 2 (+2 −0)"]
    assert frame["link"][0].endswith("evaluation=1&split=train&series=screen-1-1")
    assert "only that counts" in texts(at)
    assert "Add half" in texts(at)


def test_the_rollouts_of_a_dropped_proposal_can_be_read(page, bench):
    run = searched(bench.home)
    at = page(bench, "traces", run=run.run_id, evaluation="1", split="train", series="screen-1-1")
    assert not at.exception
    assert len(at.dataframe[0].value) == 2


def test_an_update_of_one_proposal_has_no_bracket(page, bench):
    at = page(bench, "train", run=finished_run(bench.home).run_id)
    assert not at.exception
    assert not any("Search: update" in one.label for one in at.expander)


def test_what_a_model_wrote_stays_text_in_the_bracket(page, bench):
    run = searched(bench.home, note=HOSTILE)
    at = opened(page(bench, "train", run=run.run_id, update="1"))
    frame = next(table.value for table in at.dataframe if "fate" in table.value.columns)
    assert "\u202e" not in frame["note"][0]
    for element in (*at.markdown, *at.caption, *at.html):
        assert "<img" not in element.value


def test_the_form_asks_for_several_proposals_and_says_what_a_step_then_does(page, bench):
    at = page(bench, "train")
    assert "One proposal a step, as in the paper." in texts(at)
    at.number_input(key="form_search_proposals").set_value(4).run()
    assert "4 on 8 tasks, then 2 on 16 tasks" in texts(at)
    at.toggle(key="form_search_merge").set_value(True).run()
    assert not at.exception
    assert "also tried as one merged set" in texts(at)
    at.number_input(key="form_search_proposals").set_value(1).run()
    assert "merge needs two proposals" in texts(at)
    assert not at.toggle(key="form_search_merge").disabled


def test_the_form_shows_what_a_configuration_holds():
    config = RunConfig(search={"proposals": 3, "first_sample": 5, "growth": 3.0, "merge": True})
    values = form_values(config)
    assert [values[f"search_{name}"] for name in ("proposals", "first_sample", "growth", "merge")] == [3, 5, 3.0, True]
    assert "3 on 5 tasks, then 2 on 15 tasks" in said(3, 5, 3.0, False)


def merging(page, bench, run_id: str, version: str):
    at = page(bench, "functions", run=run_id, view="Lineage", version=version)
    return at.button(key="merge_version").click().run()


def test_a_merge_shows_its_conflicts_and_goes_into_a_run_that_can_go_on(page, bench):
    run = searched(bench.home)
    at = merging(page, bench, run.run_id, "2")
    assert not at.exception
    assert "Both come from update 1" in texts(at)
    frame = next(table.value for table in at.dataframe if "case" in table.value.columns)
    assert list(frame["case"]) == ["! conflict", "+ changed by one"]
    assert any("Conflict" in one.label for one in at.expander)
    assert not at.button(key="merge_into_run").disabled


def test_versions_on_one_line_are_not_offered_for_a_merge(page, bench):
    run = finished_run(bench.home)
    at = merging(page, bench, run.run_id, "1")
    assert "Every other version is on the line of this one" in texts(at)


def test_the_baseline_cannot_be_merged(page, bench):
    run = searched(bench.home)
    at = page(bench, "functions", run=run.run_id, view="Lineage", version="0")
    assert at.button(key="merge_version").disabled


def test_a_merged_set_is_tested_and_then_begins_a_run(page, bench):
    run = searched(bench.home)
    at = merging(page, bench, run.run_id, "2")
    at.button(key="merge_into_fork").click().run()
    assert not at.exception
    assert "It begins with 2: double, half." in texts(at)


def test_a_run_with_search_is_drawn_and_reported_from_the_real_trainer(page, tmp_path):
    home = tmp_path / "real"
    bench = Workbench(home, live=False)
    config = RunConfig(search={"proposals": 3, "first_sample": 4, "merge": True}, training={"epochs": 2, "patience": 0})
    run_id = train_to_the_end(home, config, bench.task_set("number-and-algebra"))
    found = bench.screening(run_id, 1)
    assert found is not None
    assert found.chosen is not None
    at = opened(page(bench, "train", run=run_id, update="1"))
    assert not at.exception
    assert any("Search: update 1 is the best of 3 proposals" in one.label for one in at.expander)
    assert "The best of 3 proposals" in bench.report(run_id)
    bench.close()
