"""The pages on a real home: a run trained by the real trainer, read through the real Workbench."""

from collections.abc import Iterator

import pytest

from agentopt_core.config import RunConfig
from agentopt_core.workbench import Workbench
from pages.components import say
from scripts.served import train_to_the_end
from tests.pages.conftest import texts


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, str]]:
    home = tmp_path_factory.mktemp("real") / "home"
    bench = Workbench(home, live=False)
    run_id = train_to_the_end(home, RunConfig(name="Real"), bench.task_set("files-and-everyday"))
    yield bench, run_id
    bench.close()


def test_one_number_has_one_source_on_every_page(page, trained_home):
    bench, run_id = trained_home
    result = bench.result(run_id)
    best = say.percent(result["best"]["accuracy"] if isinstance(result["best"], dict) else result["best"])
    overview, train, learned = (page(bench, name, run=run_id) for name in ("overview", "train", "functions"))
    assert f"{overview.dataframe[0].value.iloc[0]['best']:.1f} %" == best
    metric = {one.label.split(" (")[0]: one.value for one in train.metric}
    assert metric["Accuracy"] == best
    assert metric["Held-out test"] == say.percent(result["test"]["best"])
    assert f"{overview.dataframe[0].value.iloc[0]['test']:.1f} %" == metric["Held-out test"]
    assert f"to {best}" in texts(learned)
    assert overview.dataframe[0].value.iloc[0]["cost"] == metric["Cost"]


def test_a_real_run_is_drawn_on_every_page_without_a_fault(page, trained_home):
    bench, run_id = trained_home
    for name in ("overview", "tasks", "train", "functions"):
        at = page(bench, name, run=run_id)
        assert not at.exception
        assert not at.error


def test_every_update_of_a_real_run_leads_to_the_versions_it_made(page, trained_home):
    bench, run_id = trained_home
    for update in bench.updates(run_id):
        for action in update.actions:
            at = page(bench, "functions", run=run_id, name=action.name, step=str(update.step))
            assert at.subheader[0].value.replace("\\", "").startswith(action.name)
            assert f"update {update.step}" in texts(at)
            assert ".ao-diff" in at.html[0].value
