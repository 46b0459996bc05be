"""Credit, unsolved tasks and the gap to unseen ones on the pages, on a real Workbench, in their states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.config import DEMO_LABEL
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Proportion
from agentopt_core.views import HeldOut, Opening
from agentopt_core.views.health import CreditView
from agentopt_core.views.traces import TraceEvaluation
from agentopt_core.workbench import Workbench
from pages.components.fit import fit_words
from pages.components.function_credit import credit_frame, sign_of
from pages.components.never_solved import unsolved_frame
from pages.components.traces_filter import evaluation_name
from tests.history.helpers import finished_run, new_run, story, write
from tests.pages.conftest import texts
from tests.pages.long_runs import long_run
from tests.test_diagnosis import curve, run, share


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def bench(home: Path) -> Iterator[Workbench]:
    opened = Workbench(home, live=False)
    yield opened
    opened.close()


def going_on(home: Path, kind: str = "verdict_reached", step: int = 1) -> RunFolder:
    """As in `story`, up to the verdict on that step."""
    run = new_run(home)
    events = story(run)
    write(run, events[: next(i for i, e in enumerate(events) if e.kind == kind and e.step == step) + 1])
    return run


def measured(**changes: object) -> CreditView:
    fields = {
        "function": "f", "evaluation": 1, "in_use": True, "used": 10, "control": True,
        "with_function": share(9, 10), "without": share(2, 10), "helped": ("t",) * 7, "interval": (0.2, 0.9),
        "p_value": 0.016, "p_together": 0.016, "at": 0.0,
    }  # fmt: skip
    return CreditView.model_validate({**fields, **changes})


@pytest.mark.parametrize(
    ("interval", "p", "said"),
    [
        ((0.2, 0.9), 0.016, "+ helps"),
        ((0.2, 0.9), 0.25, "+ hint"),
        ((-0.9, -0.2), 0.016, "− harms"),
        ((-0.9, -0.2), 0.25, "− hint"),
        ((-0.1, 0.9), 0.016, "· open"),
        (None, 1.0, "· open"),
    ],
)
def test_credit_says_no_more_than_interval_and_test_bear_together(interval, p, said):
    assert sign_of(measured(interval=interval, p_together=p)) == said


def test_every_figure_of_credit_has_its_n_and_interval():
    row = credit_frame([measured()]).iloc[0]
    assert row["with"] == "90.0 % (9/10; 95 %: 60–98)"
    assert row["without"] == "20.0 % (2/10; 95 %: 6–51)"
    assert row["difference"] == "+70.0 (+20 to +90)"


def test_credit_of_a_run_stands_under_its_evidence_with_what_was_compared(page, bench, home):
    found = finished_run(home)
    at = page(bench, "functions", run=found.run_id, view="Evidence")
    assert not at.exception
    said = texts(at)
    assert "Training tasks that used the function in evaluation 1: a fresh run of the whole set" in said
    assert DEMO_LABEL in said
    table = at.dataframe[1].value
    assert list(table["function"]) == ["double"]
    assert table.iloc[0]["says"] == "· open"


def test_where_credit_was_not_measured_the_page_says_what_it_would_show(page, bench, home):
    at = page(bench, "functions", run=long_run(home, updates=3, tasks=6).run_id, view="Evidence")
    assert "Not measured yet. Credit runs the training tasks that used a function once more without it" in texts(at)


def test_a_live_run_is_asked_for_credit_once_and_the_page_says_that_it_waits(page, bench, home):
    found = going_on(home)
    with found.hold():
        at = page(bench, "functions", run=found.run_id, view="Evidence")
        at.button(key="measure_credit").click().run()
        commands = [command for _, command in found.commands.read_from()]
        assert [command.kind for command in commands] == ["credit"]
        assert "the trainer has not answered yet" in texts(at)
        assert at.button(key="measure_credit").disabled
        assert bench.credit_wait(found.run_id).by == commands[0].by


def test_a_run_that_would_train_on_is_not_resumed_for_credit(page, bench, home):
    found = going_on(home)
    at = page(bench, "functions", run=found.run_id, view="Evidence")
    assert at.button(key="measure_credit").disabled
    assert "Resume it" in at.button(key="measure_credit").help


def test_tasks_that_nothing_solves_are_a_table_with_their_last_try(bench, home):
    found = long_run(home, updates=12, tasks=40)
    unsolved = bench.never_solved(found.run_id)
    frame = unsolved_frame(unsolved)
    assert len(frame) == unsolved.never == bench.task_matrix(found.run_id).never
    assert set(frame["task"]) == set(bench.task_matrix(found.run_id).never_ids)
    assert len(bench.never_solved_csv(found.run_id).splitlines()) == unsolved.never + 1


def test_of_private_tasks_the_file_holds_neither_id_nor_answer(bench, home):
    found = long_run(home, updates=12, tasks=40)
    manifest = found.path / "taskset.json"
    manifest.write_text(
        manifest.read_text().replace('"private":false', '"private":true').replace('"private": false', '"private": true')
    )
    told = Workbench(home, live=False)
    text = told.never_solved_csv(found.run_id).decode()
    unsolved = told.never_solved(found.run_id)
    told.close()
    assert unsolved.tasks
    assert not any(task.task_id in text for task in unsolved.tasks)


LEARNED = curve((10, "baseline", 10), (20, "kept", 11), (18, "rolled_back", 9))


def test_the_gap_and_the_looks_are_told_with_n_and_interval():
    said = fit_words(run(LEARNED), LEARNED, [])
    assert "Training minus validation: -25.0 points at the baseline, -5.0 now" in said
    assert "95 %:" in said
    assert "n = 40 training, 20 validation tasks" in said
    assert "Looks at the validation split: 3 sets measured on it, the baseline included (n = 20)." in said


def test_when_the_test_split_was_opened_is_told():
    looks = [Opening(run_id="r", run_name="", at=0.0, subject=subject, n=12) for subject in ("baseline", "chosen")]
    tested = HeldOut(baseline=Proportion(correct=3, n=12), chosen=Proportion(correct=8, n=12))
    said = fit_words(run(LEARNED, held_out=tested, test_tasks=12), LEARNED, looks)
    assert "The test split was opened once, for the baseline and the chosen set: 01 Jan" in said
    assert "Training minus test" in said


def test_a_sealed_split_and_a_run_without_one_are_told_apart():
    plain = curve((10, "baseline"), (20, "kept"))
    assert "has not been opened" in fit_words(run(plain, test_tasks=12), plain, [])
    assert "fit, no hold-out" in fit_words(run(plain), plain, [])


def test_a_measurement_without_a_function_is_called_so_among_the_conversations():
    one = TraceEvaluation(
        evaluation=6, split="train", series="mask-double", rollouts=5, step=None, epoch=None, verdict=""
    )
    assert evaluation_name(one) == "6 · without double, on the tasks that used it"
    assert evaluation_name(one.with_(series="control")) == "6 · the whole set once more on tasks that used a function"
