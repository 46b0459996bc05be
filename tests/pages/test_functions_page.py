"""The Functions page on a real Workbench whose runs are written from events, in every state."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction, Update
from agentopt_core.events import (
    EvaluationStarted,
    RolloutFinished,
    RunFailed,
    StepStarted,
    UpdateProposed,
    VerdictReached,
)
from agentopt_core.functions import FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Proportion
from agentopt_core.views import FunctionEvidence, LineageNode
from agentopt_core.workbench import Workbench
from pages.components.function_evidence import evidence_line
from pages.components.lineage import AT_ONCE, lineage_figure
from pages.components.matrix import TOTALS, matrix_frame
from tests.history.helpers import (
    BASELINE,
    DOUBLE,
    NONE,
    began,
    decided,
    finished_run,
    measured,
    new_run,
    rollout,
    share,
    story,
    write,
)  # fmt: skip
from tests.pages.conftest import texts
from tests.pages.long_runs import long_run

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x^2$ :red[r] :material/home: `c` \u202e \U0001f600 "
VIEWS = ("Functions", "Lineage", "Tasks", "Evidence")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def bench(home: Path) -> Iterator[Workbench]:
    opened = Workbench(home, live=False)
    yield opened
    opened.close()


def interrupted(home: Path) -> RunFolder:
    """As in `story`, but the trainer is gone after update 1: the run can be resumed."""
    run = new_run(home)
    events = story(run)
    write(run, events[: next(i for i, e in enumerate(events) if e.kind == "verdict_reached" and e.step == 1) + 1])
    return run


def waiting(home: Path) -> RunFolder:
    run = new_run(home)
    events = story(run)
    write(run, events[: next(i for i, e in enumerate(events) if e.kind == "review_requested") + 1])
    return run


def baseline_only(home: Path) -> RunFolder:
    run = new_run(home)
    write(run, [began(run), *measured(0, None, NONE, BASELINE[:2], finished=False)])
    return run


def failed(home: Path) -> RunFolder:
    run = interrupted(home)
    write(run, [RunFailed(message="The key is wrong.", hint="Set the right one.")])
    return run


def damaged(home: Path) -> RunFolder:
    run = finished_run(home)
    (run.path / "config.json").write_text("{")
    return run


def hostile(home: Path) -> RunFolder:
    run = new_run(home)
    name = HOSTILE + "A" * 100_000
    function = DOUBLE.with_(
        name=name, description=name, code=f"def f(x):\n    '''{HOSTILE}'''\n    return x\n" + "#" * 100_000
    )
    task = HOSTILE + "T" * 5_000
    events = [
        began(run),
        *measured(0, None, NONE, (rollout(task, False),)),
        decided(None, 0, "baseline", 0, 0, Proportion(correct=0, n=1)),
        StepStarted(step=1, accepted_evaluation=0),
        UpdateProposed(step=1, update=Update(actions=(AddFunction(function=function),), by=HOSTILE), seconds=1.0),
        *measured(1, 1, FunctionSet(functions=(function,)), (rollout(task, True),)),
        VerdictReached(
            step=1, evaluation=1, verdict="kept", reason=name, epoch=1, withdrawn_in_a_row=0,
            best=Proportion(correct=1, n=1), candidate=Proportion(correct=1, n=1),
        ),
    ]  # fmt: skip
    write(run, events)
    return run


STATES = (finished_run, interrupted, waiting, baseline_only, failed, damaged, hostile)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_view_is_drawn_in_every_state_and_hostile_text_stays_text(page, bench, home, state, view):
    run = state(home)
    at = page(bench, "functions", run=run.run_id, view=view)
    assert not at.exception
    assert "Something unexpected" not in texts(at)
    for element in (*at.title, *at.subheader, *at.markdown, *at.caption, *at.error, *at.warning):
        assert "<img" not in element.value.replace("\\<", "")
        assert "**bold" not in element.value
    for element in at.html:
        assert "<img" not in element.value


# Lineage -------------------------------------------------------------------------------------------------------------


def test_the_version_in_the_address_is_shown_with_its_reason_and_n(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id, version="2")
    assert at.subheader[0].value == "Set of update 2"
    assert "66.7 % (95 % interval 20.8–93.9 %, n = 3, 1 not scored)" in texts(at)
    assert "rolled_back it is" in texts(at)


def test_a_version_that_does_not_exist_is_said(page, bench, home):
    run = finished_run(home)
    assert "This run has no evaluation 77." in texts(page(bench, "functions", run=run.run_id, version="77"))


def test_any_two_whole_sets_can_be_compared(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id, version="2", set_against="nothing")
    said = texts(at)
    assert "**double** added" in said
    assert "**half** added" in said
    at = page(bench, "functions", run=run.run_id, version="2")
    assert "**double** revised" in texts(at)


def node(step: int, verdict: str, reason: str = "", by: str = "") -> LineageNode:
    return LineageNode(
        step=step, evaluation=step, parent=0, verdict=verdict, reason=reason, by=by, result=Proportion(correct=3, n=4)
    )


def test_each_verdict_has_its_own_shape_lane_and_word():
    verdicts = ("baseline", "kept", "rolled_back", "rejected", "unchanged")
    figure = lineage_figure([node(step, verdict) for step, verdict in enumerate(verdicts)])
    marks = [trace for trace in figure.data if trace.name]
    assert {trace.name for trace in marks} == {"baseline", "kept", "rolled back", "rejected", "unchanged"}
    assert len({trace.marker.symbol for trace in marks}) == 5
    assert list(figure.layout.yaxis.ticktext) == ["kept", "rolled back", "rejected", "unchanged"]
    assert "75.0 %" in marks[1].text[0]
    assert "n = 4" in marks[1].text[0]


def test_a_hover_tells_reason_and_hand_as_text():
    figure = lineage_figure([node(0, "baseline"), node(1, "kept", HOSTILE, "Ada <b>")])
    hover = next(trace for trace in figure.data if trace.name == "kept").hovertext[0]
    assert "by hand: Ada &lt;b&gt;" in hover
    assert "<img" not in hover


def test_a_long_lineage_fits_at_once_up_to_a_hundred_updates_and_has_a_slider_beyond():
    nodes = [node(step, "kept" if step % 3 else "rolled_back") for step in range(101)]
    assert not lineage_figure(nodes).layout.xaxis.rangeslider.visible
    labels = [text for trace in lineage_figure(nodes).data if trace.name == "kept" for text in trace.text if text]
    assert 20 <= len(labels) <= 50  # two rows of labels that do not overlap
    more = [node(step, "kept") for step in range(AT_ONCE + 20)]
    figure = lineage_figure(more, more[3])
    assert figure.layout.xaxis.rangeslider.visible
    assert figure.layout.xaxis.range[0] < 3 < figure.layout.xaxis.range[1]


# Tasks x versions ----------------------------------------------------------------------------------------------------


def test_the_matrix_tells_four_states_by_sign_with_totals_and_n(page, bench, home):
    run = new_run(home)
    first = measured(0, None, NONE, BASELINE[:4])
    digest = FunctionSet(functions=(DOUBLE,))
    second = [
        StepStarted(step=1, accepted_evaluation=0),
        UpdateProposed(step=1, update=Update(actions=(AddFunction(function=DOUBLE),)), seconds=1.0),
        EvaluationStarted(evaluation=1, step=1, functions=digest, split="train", n=4),
        RolloutFinished(evaluation=1, functions_digest=digest.digest, rollout=rollout("t1", True)),
    ]
    write(run, [began(run), *first, decided(None, 0, "baseline", 0, 0, share(BASELINE)), *second])
    at = page(bench, "functions", run=run.run_id, view="Tasks")
    frame = at.dataframe[0].value.set_index("task")
    assert [frame.loc[total, "0"] for total in TOTALS] == [["1"], ["3"]]
    assert {task: (*frame.loc[task, "0"], *frame.loc[task, "1"]) for task in ("t0", "t1", "t2", "t3")} == {
        "t0": ("✓", "·"), "t1": ("✕", "✓"), "t2": ("?", "·"), "t3": ("✕", "·"),
    }  # fmt: skip
    assert frame.loc["t1", "solved"] == "1 of 2"
    for word in ("solved", "failed", "not scored", "not evaluated"):
        assert word in texts(at)


def test_ceiling_never_solved_and_churn_are_told_with_their_numbers(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id, view="Tasks")
    assert "Ceiling: 100.0 % (95 % interval 51.0–100.0 %, n = 4) of the tasks were solved by some version" in texts(at)
    long = long_run(home, updates=12, tasks=40)
    at = page(bench, "functions", run=long.run_id, view="Tasks")
    matrix = bench.task_matrix(long.run_id)
    assert matrix.never
    assert f"never solved: {matrix.never}" in texts(at)
    assert any(f"({matrix.never} of {matrix.scored} scored tasks)" in one.label for one in at.expander)
    for one in sorted(matrix.churn, key=lambda one: -(one.fixed + one.broken))[:1]:
        assert f"Update {one.step}" in at.warning[0].value
        assert f"{one.fixed} fixed, {one.broken} broken, n = {one.n}" in at.warning[0].value


def test_more_tasks_than_a_page_are_paged_by_the_history(page, bench, home):
    run = long_run(home, updates=2, tasks=170)
    at = page(bench, "functions", run=run.run_id, view="Tasks", tasks_page="2")
    assert len(at.dataframe[0].value) == 20 + len(TOTALS)
    assert at.number_input(key="matrix_page").value == 2


def test_a_hundred_versions_on_a_page_of_tasks_are_few_rows(bench, home):
    run = long_run(home)
    frame = matrix_frame(bench.task_matrix(run.run_id, limit=150))
    assert frame.shape[0] == 150 + len(TOTALS)
    assert frame.shape[1] >= 80


# What functions did --------------------------------------------------------------------------------------------------


def test_each_function_has_its_figures_and_its_roll_backs_verbatim(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id, view="Evidence")
    row = at.dataframe[0].value.set_index("function").loc["double"]
    assert (row["calls"], row["success"], row["median"], row["tasks"]) == (5, 80.0, 1.5, 3)
    assert (row["fixed"], row["broken"], row["complexity"], row["lines"]) == (2, 0, 1, 2)
    assert "rolled_back it is" in texts(at)


def test_a_function_without_calls_has_no_figures_made_up():
    assert evidence_line(None) == "Never called in a measured evaluation."
    assert "—" in evidence_line(FunctionEvidence(name="f", in_use=True, versions=1, calls=2, succeeded=1))


def test_blame_links_each_line_to_its_update_and_the_tasks_it_fixed(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id, name="double", step="2", part="Blame")
    shown = at.html[0].value
    assert f"?run={run.run_id}&amp;name=double&amp;step=1" in shown
    assert f"traces?run={run.run_id}&amp;task=t1&amp;evaluation=1" in shown
    assert "update 2" in shown


# By hand -------------------------------------------------------------------------------------------------------------


def commands(run: RunFolder) -> list[dict]:
    return [json.loads(line) for line in (run.path / "commands.ndjson").read_text().splitlines()]


def test_what_is_wrong_with_a_function_stands_at_its_field_and_nothing_can_be_sent(page, bench, home):
    run = interrupted(home)
    at = page(bench, "functions", run=run.run_id)
    at.button(key="edit_function").click().run()
    code = next(area for area in at.text_area if area.label == "Code")
    code.set_value("import socket\ndef double(x):\n    return x\n").run()
    assert "It imports socket, but functions have no network." in texts(at)
    assert at.button(key="into_run").disabled
    assert at.button(key="into_fork").disabled
    assert commands(run) == []


def test_a_finished_run_takes_no_change_but_a_fork_is_offered(page, bench, home):
    run = finished_run(home)
    at = page(bench, "functions", run=run.run_id)
    at.button(key="edit_function").click().run()
    assert at.button(key="into_run").disabled
    at.button(key="into_fork").click().run()
    assert "Forked from run" in texts(at)
    assert at.text_input(key="fork_name").value.endswith(", forked")


def test_a_change_by_hand_is_written_beside_the_run_with_name_and_reason(page, home):
    run = interrupted(home)
    bench = Asked(home, live=False)
    at = page(bench, "functions", run=run.run_id)
    at.button(key="edit_function").click().run()
    area = next(area for area in at.text_area if area.label == "Code")
    area.set_value("def double(x):\n    return x + x\n").run()
    at.session_state["person"] = "Ada"
    at.text_input(key="why").set_value("Simpler.").run()
    at.button(key="into_run").click().run()
    change = next(one["change"] for one in commands(run) if one["kind"] == "change")
    assert change["functions"][0]["code"] == "def double(x):\n    return x + x\n"
    assert change["reason"] == "Simpler."
    assert next(one["by"] for one in commands(run) if one["kind"] == "change") == "Ada"
    bench.close()


def test_a_roll_back_names_the_version_it_goes_back_to(page, home):
    run = interrupted(home)
    bench = Asked(home, live=False)
    at = page(bench, "functions", run=run.run_id, version="0")
    at.button(key="roll_back").click().run()
    assert "The run goes on from the baseline" in texts(at)
    at.button(key="into_run").click().run()
    assert [one["change"]["evaluation"] for one in commands(run) if one["kind"] == "change"] == [0]
    bench.close()


class Asked(Workbench):
    """A Workbench that launches no trainer."""

    def _launch(self, folder: RunFolder, by: str) -> None:
        pass


def test_a_fork_begins_with_the_set_on_the_tasks_of_its_parent(page, home):
    run = finished_run(home)
    bench = Asked(home, live=False)
    at = page(bench, "functions", run=run.run_id, version="1")
    at.button(key="fork_version").click().run()
    at.session_state["person"] = "Ada"
    at.button(key="fork_start").click().run()
    forked = next(one for one in bench.runs() if one.run_id != run.run_id)
    initial = bench.folder(forked.run_id).initial()
    assert initial.functions == FunctionSet(functions=(DOUBLE,))
    assert forked.origin == f"Forked from run {run.run_id}, evaluation 1, by Ada."
    assert [task.id for task in bench.folder(forked.run_id).tasks().each()] == ["t0", "t1", "t2", "t3"]
    bench.close()


def test_without_a_run_a_file_can_still_be_uploaded(page, bench):
    at = page(bench, "functions")
    assert "No run yet" in texts(at)
    assert at.button(key="upload_source")
