"""Studies: one question over many runs, in every state the page can show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentopt_core.config import DEMO_LABEL
from agentopt_core.errors import ConfigError
from agentopt_core.studies.arms import cells_of
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import CellEnded, CellResult, CellStarted, StudyBegan, StudyEnded, StudyMade
from agentopt_core.studies.plan import StudyFile
from agentopt_core.workbench import Workbench
from pages.components.study_form import form_study
from tests.pages.conftest import texts
from tests.studies.support import made, measured, study


class Unlaunched(Workbench):
    """The real workbench, but that no process is started."""

    started: list[str]

    def _launch_study(self, folder: StudyFolder, by: str) -> None:
        self.started = [*getattr(self, "started", []), folder.study_id]


@pytest.fixture
def bench(tmp_path) -> Iterator[Unlaunched]:
    opened = Unlaunched(tmp_path / "home", live=False)
    yield opened
    opened.close()


def add(bench: Workbench, file: StudyFile | None = None, upto: int | None = None, end: str = "") -> StudyFolder:
    """A study in the home with so many of its cells measured."""
    file = file or study(arms=("full", "neither"))
    folder = StudyFolder.create(bench.home, file, StudyMade.model_validate(made(file).model_dump()))
    folder.write(StudyBegan(pid=1, parallel=2))
    for cell in cells_of(file)[:upto]:
        after = "++++" if cell.arm == "full" else "+---"
        folder.write(CellStarted(cell=cell.key, run_id="20260101-000000-sums-1"))
        folder.write(CellEnded(cell=cell.key, run_id="20260101-000000-sums-1", result=measured("----", after)))
    if end:
        folder.write(StudyEnded.model_validate({"end": end, "reason": "All 4 runs were measured."}))
    return folder


def clean(at) -> None:
    assert not at.exception
    assert not at.error


def test_an_empty_home_offers_an_example_of_every_kind(page, bench):
    at = page(bench, "studies")
    clean(at)
    assert "No study yet" in texts(at)
    assert {f"example_{kind}" for kind in ("ablation", "sweep", "models", "transfer")} <= {b.key for b in at.button}


def test_an_example_is_started_with_one_click_and_opened(page, bench):
    at = page(bench, "studies")
    at.button(key="example_ablation").click().run()
    (folder,) = bench.started
    assert at.query_params["study"] == folder
    assert bench.study(folder).file.kind == "ablation"
    assert "Not begun" in texts(at)


@pytest.mark.parametrize(
    ("kind", "runs"), [("ablation", "15"), ("sweep", "18"), ("transfer", "27")], ids=["ablation", "sweep", "transfer"]
)
def test_the_form_says_what_a_study_will_take_and_starts_it(page, bench, kind, runs):
    at = page(bench, "studies", kind=kind)
    clean(at)
    table = next(one.value for one in at.table if "Runs" in one.value.index or "Runs" in one.value.to_string())
    assert runs in table.to_string()
    at.button(key="start_study").click().run()
    assert bench.study(bench.started[0]).summary.planned == int(runs)


def test_a_form_that_leaves_nothing_to_compare_says_so(page, bench):
    at = page(bench, "studies", kind="transfer")
    at.multiselect[0].set_value(["number-and-algebra"]).run()
    assert "compares nothing" in texts(at)
    assert not [one for one in at.button if one.key == "start_study"]


def test_a_finished_study_shows_answer_table_notes_and_the_demo_label(page, bench):
    folder = add(bench, end="done")
    at = page(bench, "studies", study=folder.study_id)
    clean(at)
    said = texts(at)
    assert "As the mechanism predicts" in said
    assert DEMO_LABEL.split(":")[0] in said
    assert "Holm" in said
    shown = at.dataframe[0].value
    assert list(shown["n"]) == ["8 (4 tasks × 2 seeds)"] * 2
    assert shown["Against the reference"][0] == "reference"
    assert {one.label for one in at.get("download_button")} >= {"Markdown", "CSV", "LaTeX"}


def test_one_number_has_one_source_on_page_and_in_exports(page, bench):
    folder = add(bench, end="done")
    at = page(bench, "studies", study=folder.study_id)
    cell = at.dataframe[0].value["After"][1]
    assert cell in bench.export_study(folder.study_id, "md").decode().replace("\\", "")


def test_the_beginning_of_an_id_opens_its_study(page, bench):
    folder = add(bench)
    assert "Interrupted" in texts(page(bench, "studies", study=folder.study_id[:-2]))


def test_an_interrupted_study_can_be_gone_on_with(page, bench):
    folder = add(bench, upto=2)
    at = page(bench, "studies", study=folder.study_id)
    clean(at)
    assert "2 of 4 runs are measured so far" in texts(at)
    at.button(key="go_on_study").click().run()
    assert bench.started == [folder.study_id]


def test_a_study_at_work_shows_its_arms_and_is_paused_by_a_command(page, bench):
    folder = add(bench, upto=1)
    folder.write(CellStarted(cell="neither | sums | 1", run_id="20260101-000000-sums-2"))
    with folder.hold():
        at = page(bench, "studies", study=folder.study_id)
        clean(at)
        assert "Running" in texts(at)
        assert "Sums, seed 1" in texts(at)
        at.button(key="pause_study").click().run()
    assert [one.kind for _, one in folder.commands.read_from()] == ["pause"]


def test_a_run_that_is_missing_is_named_with_its_reason(page, bench):
    folder = add(bench, upto=3)
    failed = CellResult(state="failed", problem="The endpoint is <b>down</b>.")
    folder.write(CellEnded(cell="neither | sums | 2", run_id="r", result=failed))
    said = texts(page(bench, "studies", study=folder.study_id))
    assert "Missing: Without roll-back and early stop, Sums, seed 2: The endpoint is <b>down</b>." in said


def test_nothing_measured_yet_says_what_to_look_at(page, bench):
    at = page(bench, "studies", study=add(bench, upto=0).study_id)
    clean(at)
    assert "Nothing is measured yet" in texts(at)


def test_a_transfer_study_has_its_grid(page, bench):
    file = study(kind="transfer", tasks=("a", "b"), seeds=(1,))
    at = page(bench, "studies", study=add(bench, file, end="done").study_id)
    clean(at)
    assert len(at.get("plotly_chart")) == 2


def test_a_study_that_does_not_exist_says_so_and_offers_the_form(page, bench):
    at = page(bench, "studies", study="nothing")
    assert "There is no study nothing" in at.error[0].value
    assert [one for one in at.button if one.key == "start_study"]


def test_a_damaged_study_is_listed_with_its_reason(page, bench):
    add(bench, end="done")
    add(bench).journal.write_bytes(b"x\n")
    at = page(bench, "studies")
    clean(at)
    assert "is damaged at byte 0" in texts(at)
    assert list(at.dataframe[0].value["status"]) in (["Done", "Damaged"], ["Damaged", "Done"])


VALUES = {
    "kind": "sweep", "name": "", "tasks": ["sums"], "seeds": 2, "epochs": 3, "patience": 2, "max_evaluations": None,
    "parallel": None, "budget_usd": None, "budget_tokens": 1000, "endpoint": {"kind": "demo"}, "arms": [],
    "sweep": {"training.epochs": "3, 1", "optimizer.strategy": "full, batch", "optimizer.batch_size": ""},
    "grid": False,
}  # fmt: skip


def test_the_fields_of_a_sweep_become_numbers_and_words():
    file = form_study(VALUES)
    assert file.sweep == {"training.epochs": (3, 1), "optimizer.strategy": ("full", "batch")}
    assert (file.seeds, file.budget.tokens) == ((1, 2), 1000)


def test_the_lines_of_the_model_table_become_endpoints():
    line = {"role": "agent", "model": "m", "base_url": "http://127.0.0.1:1/v1", "api_key_env": ""}
    file = form_study({**VALUES, "kind": "models", "endpoints": [line, {"role": "optimizer", "model": "demo"}]})
    assert file.agents[0]["base_url"] == "http://127.0.0.1:1/v1"
    assert file.optimizers == ({"kind": "demo"},)


def test_a_form_without_task_set_says_what_is_missing():
    with pytest.raises(ConfigError, match="No task set"):
        form_study({**VALUES, "tasks": []})
