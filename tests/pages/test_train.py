"""The Train page on a real home: runs written as their events, read through the real Workbench."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction
from agentopt_core.config import DEMO_LABEL, ApprovalConfig, Budget
from agentopt_core.events import EvaluationFinished, EvaluationStarted, Event, ReviewRequested, RunFailed
from agentopt_core.functions import Function
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import Pace
from agentopt_core.workbench import Workbench
from pages.components.event_log import log_csv
from pages.components.spending import spending_html
from tests.history.helpers import (
    BASELINE,
    DOUBLE,
    FINDING,
    NONE,
    PRICE,
    WITH_DOUBLE,
    began,
    decided,
    finished_run,
    measured,
    new_run,
    proposed,
    rollout,
    share,
    story,
    write,
)
from tests.pages.conftest import Open, log_lines, texts
from tests.pages.fakes import FakeWorkbench

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x^2$ :red[r] \u202e \U0001f600 " + "A" * 100_000


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[[], Workbench]]:
    benches = []

    def opened() -> Workbench:
        benches.append(Workbench(tmp_path, live=False))
        return benches[-1]

    yield opened
    for bench in benches:
        bench.close()


def validated(evaluation: int, correct: int) -> list[Event]:
    result = Proportion(correct=correct, n=20)
    digest = NONE.digest
    return [
        EvaluationStarted(evaluation=evaluation, step=None, functions=NONE, split="val", n=20),
        EvaluationFinished(evaluation=evaluation, functions_digest=digest, split="val", result=result, wall_s=1.0),
    ]


def again(correct: int) -> EvaluationFinished:
    result = Proportion(correct=correct, n=4)
    return EvaluationFinished(
        evaluation=0, functions_digest=NONE.digest, split="train", series="again-1", result=result, wall_s=1.0
    )


def many(run: RunFolder, updates: int, reason: str = "rolled back it is") -> None:
    """A baseline and so many withdrawn updates."""
    lines: list[Event] = [
        began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE))
    ]  # fmt: skip
    for step in range(1, updates + 1):
        lines += proposed(step, 0, AddFunction(function=DOUBLE))
        lines += measured(step, step, WITH_DOUBLE, BASELINE)
        verdict = decided(step, step, "rolled_back", 0, step, share(BASELINE), share(BASELINE))
        lines.append(verdict.with_(reason=reason))
    write(run, lines)


def test_a_finished_run_shows_its_newest_update_beside_the_curve_with_reason_and_decider(page: Open, home, tmp_path):
    run = finished_run(tmp_path)
    said = texts(page(home(), "train", run=run.run_id))
    assert "**Update 3**" in said
    assert "**Reason:** unchanged it is" in said
    assert "**Decided by:** the rule of the run" in said
    assert DEMO_LABEL in said
    assert "Not drawn" not in said


def test_an_update_in_the_address_is_shown_with_its_figures_and_who_decided(page: Open, home, tmp_path):
    run = finished_run(tmp_path)
    at = page(home(), "train", run=run.run_id, update="1")
    said = texts(at)
    assert "25.0 % (95 % interval" in said
    assert "Fixed 2, broke 0, exact p = 0.5." in said
    assert "**Decided by:** Ada approved: sound" in said
    links = {link.label.replace("\\", ""): link.proto.query_string for link in at.page_link}
    assert "update=1" in links["Review"]
    assert "outcome=fixed" in links["2 fixed"]
    assert "evaluation=1" in links["2 fixed"]


@pytest.mark.parametrize("update", ["99", "-1", "x", "9" * 400, "١"])
def test_a_bad_update_in_the_address_shows_the_newest(page: Open, home, tmp_path, update):
    run = finished_run(tmp_path)
    at = page(home(), "train", run=run.run_id, update=update)
    assert not at.exception
    assert "**Update 3**" in texts(at)


def test_a_click_in_the_list_shows_another_update_and_writes_it_into_the_address(page: Open, home, tmp_path):
    run = finished_run(tmp_path)
    at = page(home(), "train", run=run.run_id)
    at.button(key="show_1").click().run()
    assert at.query_params["update"] == ["1"] or at.query_params["update"] == "1"
    assert "Ada approved" in texts(at)


def test_updates_come_eight_to_a_page_with_interval_n_and_p(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    many(run, 10)
    at = page(home(), "train", run=run.run_id)
    assert [button.key for button in at.button if (button.key or "").startswith("show_")] == [
        f"show_{step}" for step in range(10, 2, -1)
    ]
    assert "95 % interval 4.6–69.9 %, n = 4 training tasks, exact p = 1." in texts(at)


def test_updates_that_are_withdrawn_again_and_again_are_named(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    many(run, 5)
    said = texts(page(home(), "train", run=run.run_id))
    assert "No progress on the training tasks" in said
    assert "5 updates in a row were withdrawn" in said
    assert "**Try:**" in said


def test_noise_and_validation_are_said_where_they_were_measured_and_where_they_were_not(page: Open, home, tmp_path):
    plain, both = finished_run(tmp_path), new_run(tmp_path)
    write(both, [*story(both), again(2), *validated(0, 8), *validated(1, 11)])
    bench = home()
    without, with_both = (page(bench, "train", run=run.run_id) for run in (plain, both))
    assert "Noise was not measured" in texts(without)
    assert "Validation" not in {metric.label.split(" (")[0] for metric in without.metric}
    assert "noise, 25.0 points when the baseline was measured again 1 time" in texts(with_both)
    metric = next(one for one in with_both.metric if one.label == "Validation (n = 20)")
    assert (metric.value, metric.delta) == ("55.0 %", "+15.0 points")


def test_a_run_without_a_hold_out_says_fit_under_its_curve(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    many(run, 1)
    assert "training tasks (n = 4, fit, no hold-out)" in texts(page(home(), "train", run=run.run_id))


def test_a_run_without_an_event_says_what_comes_first(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    at = page(home(), "train", run=run.run_id)
    assert not at.exception
    assert "The curve begins with the baseline" in texts(at)
    assert "Resume it" in texts(at)


def test_a_failed_run_says_why_beside_what_it_had_learned(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    many(run, 1)
    write(run, [RunFailed(message="The endpoint refused the key.", hint="Set the variable.")])
    said = texts(page(home(), "train", run=run.run_id))
    assert "The endpoint refused the key." in said
    assert "**Update 1**" in said


def test_a_damaged_run_is_shown_with_its_reason(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    many(run, 1)
    with run.journal.open("ab") as journal:
        journal.write(b'{"kind": "verdict_reached", broken\n')
    at = page(home(), "train", run=run.run_id)
    assert not at.exception
    assert at.warning


def waits(run: RunFolder) -> None:
    write(run, [
        began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE)),
        *proposed(1, 0, AddFunction(function=DOUBLE)), *measured(1, 1, WITH_DOUBLE, BASELINE),
        ReviewRequested(step=1, when="after", evaluation=1, findings=(FINDING,), rule="kept", rule_reason="better"),
    ])  # fmt: skip


def test_a_run_that_waits_for_a_person_leads_to_the_review_page(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    waits(run)
    with run.hold():
        at = page(home(), "train", run=run.run_id)
        assert "An update waits for you." in texts(at)
        link = next(link for link in at.page_link if "Decide on the Review page" in link.label)
        assert f"run={run.run_id}" in link.proto.query_string
        assert "waits for a review" in texts(at)


def test_hostile_text_of_models_and_people_stays_text(page: Open, home, tmp_path):
    run = new_run(tmp_path, name="<b>**x**</b>")
    bad = Function(name="f", description=HOSTILE, parameters=DOUBLE.parameters, code="def f(x):\n    return x\n")
    first = proposed(1, 0, AddFunction(function=bad))
    update = first[-1].update.with_(rationale=HOSTILE, by=HOSTILE[:300])
    write(run, [
        began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE)),
        *first[:-1], first[-1].with_(update=update), *measured(1, 1, WITH_DOUBLE, [rollout("t0", True)]),
        decided(1, 1, "rolled_back", 0, 1, share(BASELINE), share(BASELINE)).with_(reason=HOSTILE),
        RunFailed(message=HOSTILE, hint=HOSTILE),
    ])  # fmt: skip
    at = page(home(), "train", run=run.run_id)
    assert not at.exception
    for element in (*at.markdown, *at.caption, *at.error, *at.title):
        assert "<img" not in element.value.replace("\\<", "")
        assert "**bold" not in element.value
        assert len(element.value) < 5_000
    assert all("<img" not in element.value for element in at.html)


def test_the_log_filters_by_kind_and_by_words_from_the_address(page: Open, home, tmp_path):
    run = finished_run(tmp_path)
    at = page(home(), "train", run=run.run_id, log_kinds="People", log_text="ada")
    lines = log_lines(at)
    assert lines
    assert all("Ada" in line for line in lines)
    assert any("approved" in line for line in lines)


def test_a_page_of_the_log_is_held_while_events_come_in_and_let_go_again(page: Open, home, tmp_path):
    run = new_run(tmp_path)
    waits(run)
    with run.hold():
        at = page(home(), "train", run=run.run_id)
        at.button(key="log_hold").click().run()
        assert "new events do not move this page" in texts(at)
        at.button(key="log_newest").click().run()
        assert "before" not in at.query_params


def test_a_downloaded_log_holds_no_formula(home, tmp_path):
    run = new_run(tmp_path)
    many(run, 1, reason="ok")
    lines = [line.with_(text="=HYPERLINK(1)") for line in home().events(run.run_id, 1)]
    assert b",'=HYPERLINK(1)" in log_csv(lines)


def spent(requests: int, cost: float | None) -> Usage:
    return PRICE.with_(requests=requests, cost_usd=cost)


def test_spending_stands_against_the_cap_by_role():
    html = spending_html({"agent": spent(90, 1.5), "optimizer": spent(10, 0.5)}, Budget(usd=4), Pace())
    assert "width:37.50%" in html
    assert "width:12.50%" in html
    assert "$2.000 of the $4.00 cap, 50 %" in html


def test_spending_beyond_the_cap_shows_where_the_cap_lies():
    html = spending_html({"agent": spent(300, None)}, Budget(requests=200), None)
    assert "300 of the 200 requests cap, 150 %" in html
    assert "left:calc(66.67% - 2px)" in html


def test_spending_without_a_price_is_a_dash_and_without_a_cap_says_so():
    html = spending_html({"agent": spent(1, None), "<img src=x>": spent(1, None)}, Budget(), None)
    assert "—, 220 tokens; no cap is set" in html
    assert "<img" not in html


# The form


def test_who_decides_is_said_in_plain_words_and_goes_with_the_run(page: Open):
    bench = FakeWorkbench()
    at = page(bench, "train")
    assert "nobody is asked" in texts(at)
    at.segmented_control(key="form_approval_mode").set_value("always").run()
    assert "Every update waits for a person." in texts(at)
    assert "It waits as long as it takes." in texts(at)
    at.number_input(key="form_approval_timeout_s").set_value(120.0).run()
    at.segmented_control(key="form_approval_on_timeout").set_value("approve").run()
    at.segmented_control(key="form_approval_when").set_value("before").run()
    assert "before any of its code runs" in texts(at)
    assert "After 2 min 00 s it is approved." in texts(at)
    at.number_input(key="form_null_edits").set_value(2)
    at.segmented_control(key="form_validation").set_value("all")
    at.run().button(key="start_training").click().run()
    ((config, _),) = bench.started
    assert config.approval == ApprovalConfig(mode="always", when="before", timeout_s=120, on_timeout="approve")
    assert (config.training.null_edits, config.training.validation) == (2, "all")


def test_which_agent_solves_the_tasks_is_said_and_goes_with_the_run_whatever_the_preset(page: Open):
    bench = FakeWorkbench()
    at = page(bench, "train")
    assert "must offer function calling" in texts(at)
    assert at.toggle(key="form_agent_shell").disabled
    at.selectbox(key="form_agent_kind").set_value("react").run()
    assert "switch the optimizer's tool calls off there" in texts(at)
    at.toggle(key="form_agent_shell").set_value(True).run()
    at.pills(key="form_preset").set_value("quick").run()
    at.button(key="start_training").click().run()
    ((config, _),) = bench.started
    assert (config.agent.kind, config.agent.shell) == ("react", True)


def test_where_no_shell_can_be_isolated_the_form_says_so(page: Open):
    at = page(FakeWorkbench(), "train")
    at.selectbox(key="form_agent_kind").set_value("react").run()
    at.toggle(key="form_agent_shell").set_value(True).run()
    assert "No shell is offered here" in texts(at)
    assert "bubblewrap is not installed." in texts(at)


def test_a_forecast_says_from_which_run_it_was_reckoned(page: Open, home, tmp_path):
    bench = home()
    first = page(bench, "train", tasks="tables-and-business")
    assert "no earlier run shows the time" in texts(first)
    config = bench.presets()["quick"].config
    run = bench.create(config.with_(name="Before"), bench.task_set("tables-and-business"))
    write(run, measured(0, None, NONE, BASELINE))
    bench_after = home()
    said = texts(page(bench_after, "train", tasks="tables-and-business"))
    assert "Tokens and time as in 'Before': the same models on these tasks, 4 rollouts." in said
    assert "80 % power" in said


def test_each_preset_says_what_it_costs_on_the_chosen_tasks(page: Open, home):
    bench = home()
    at = page(bench, "train", tasks="tables-and-business")
    at.session_state["preset_costs"] = True
    at.run()
    table = at.dataframe[0].value
    assert list(table["Preset"]) == [preset.name for preset in bench.presets().values()]
    assert list(table["Evaluations"])[:2] == ["11 to 111", "4 to 10"]
    assert not at.exception
