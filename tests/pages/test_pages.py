"""Every page in every state: empty, running, finished, failed, a bad address, hostile text."""

from types import SimpleNamespace
from typing import get_args

import pytest

from agentopt_core.config import DEMO_LABEL, Endpoint, GraderKind, RunConfig
from agentopt_core.errors import ConfigError, HistoryLocked, NotFound
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Isolation, Proportion
from agentopt_core.views import HeldOut, Progress
from pages.components.function_view import address, addressed
from pages.components.person import who
from pages.components.workbench import provide_workbench
from tests.pages.conftest import log_lines, texts
from tests.pages.fakes import FakeRun, FakeWorkbench, N, curve, function, share, summary, tasks, trained

PAGES = ("overview", "tasks", "train", "functions")
HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** $x^2$ :red[r] :material/home: `c` [l](http://example.test) \u202e "
    + "A" * 100_000
)


def running(**changes: object) -> FakeRun:
    progress = Progress(
        evaluation=2, split="train", done=12, total=N, correct=7, faults=0, started_at=0.0, phase="evaluating"
    )
    run = trained("run-9", "running", best=share(23), best_evaluation=1, evaluations=2, epoch=1, **changes)
    run.progress, run.curve, run.updates = progress, curve(2), run.updates[:1]
    return run


def failed() -> FakeRun:
    return FakeRun(
        summary("run-7", "failed", status_reason="The endpoint refused the key.", hint="Set OPENAI_API_KEY.")
    )


STATES = {
    "empty": lambda: FakeWorkbench(),
    "running": lambda: FakeWorkbench((running(),)),
    "finished": lambda: FakeWorkbench((trained(),)),
    "failed": lambda: FakeWorkbench((failed(),)),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn_in_every_state(page, name, state):
    bench = STATES[state]()
    runs = {"run": bench.runs()[0].run_id} if bench.all_runs and name in ("train", "functions") else {}
    at = page(bench, name, **runs)
    assert not at.exception
    assert at.title
    assert "Not drawn" not in texts(at)


# Overview -----------------------------------------------------------------------------------------------------------


def test_an_empty_home_offers_the_sample_sets_and_your_own_tasks(page):
    at = page(FakeWorkbench())
    labels = [button.label for button in at.button]
    assert labels == ["Present", "Train on sample tasks", "Load the sample run", "Start training"]
    assert "Bring your own tasks" in texts(at)
    assert DEMO_LABEL in texts(at)


def test_one_click_starts_a_training_and_shows_it(page):
    bench = FakeWorkbench()
    at = page(bench).button(key="quick_tables").click().run()
    assert [taskset for _, taskset in bench.started] == ["tables"]
    assert at.query_params["run"] == "run-1"
    assert not at.exception


def test_quick_start_with_a_key_says_whom_it_calls_and_is_limited(page):
    class Real(FakeWorkbench):
        def presets(self):
            config = RunConfig().with_(agent=RunConfig().agent.with_(endpoint=self.endpoint))
            config = config.with_(optimizer=config.optimizer.with_(endpoint=self.endpoint))
            return {"paper": SimpleNamespace(name="Paper", explanation="", config=config)}

    bench = Real(endpoint=Endpoint(kind="openai", model="gpt-x"))
    at = page(bench)
    assert "One click calls gpt-x at the OpenAI API and ends after 600 requests at most" in texts(at)
    next(button for button in at.button if button.label == "Start training").click().run()
    ((config, _),) = bench.started
    assert config.budget.requests == 600


def test_the_runs_table_shows_accuracy_before_and_after_with_interval_and_n(page):
    row = page(FakeWorkbench((trained(),))).dataframe[0].value.iloc[0]
    assert (row["baseline"], row["best"], row["interval"], row["n"]) == (35.0, 92.5, "80.1–97.4 %", 40)


def test_an_unknown_cost_is_a_dash_in_table_and_figures(page):
    run = trained(usage=summary().usage.with_(cost_usd=None))
    at = page(FakeWorkbench((run,)))
    assert at.dataframe[0].value.iloc[0]["cost"] == "—"
    assert next(metric for metric in at.metric if metric.label == "Cost").value == "—"


def test_a_live_run_can_be_watched_from_the_overview(page):
    at = page(FakeWorkbench((running(),)))
    assert "Evaluation 2: 12 of 40 tasks" in texts(at)
    assert "Watch" in [link.label for link in at.page_link]


def test_runs_can_be_filtered_and_the_filter_is_in_the_address(page):
    at = page(FakeWorkbench((trained(), failed())), show="Needs attention")
    assert [next(iter(cell)) for cell in at.dataframe[0].value["status"]] == ["Failed"]


def test_a_locked_history_is_said_in_a_sentence_with_the_next_move(page):
    def locked():
        raise HistoryLocked("Process 4711 holds the history.", "Stop it first.")

    at = page(FakeWorkbench())
    provide_workbench(locked)
    at.run()
    assert not at.exception
    assert "Process 4711 holds the history." in texts(at)
    assert "Stop it first." in texts(at)


@pytest.mark.parametrize(("name", "params"), [("overview", {}), ("train", {"run": "run-9"})])
def test_figures_that_may_be_old_say_so_and_why(page, name, params):
    bench = FakeWorkbench((running(),))
    bench.history_problem = "The disk is full."
    said = page(bench, name, **params).warning[0].value
    assert "The disk is full" in said.replace("\\", "")


def test_a_fault_of_ours_ends_in_a_calm_sentence_and_in_the_log(page, caplog):
    class Broken(FakeWorkbench):
        def runs(self):
            raise ZeroDivisionError("secret detail")

    at = page(Broken())
    assert not at.exception
    assert "Something unexpected happened" in texts(at)
    assert "secret detail" not in texts(at)
    assert "secret detail" in caplog.text


# Train --------------------------------------------------------------------------------------------------------------


def test_the_form_starts_a_run_with_what_it_shows(page):
    bench = FakeWorkbench()
    at = page(bench, "train")
    at.number_input(key="form_epochs").set_value(7)
    at.toggle(key="form_roll_back").set_value(False)
    at.run().button(key="start_training").click().run()
    config, taskset = bench.started[0]
    assert (config.training.epochs, config.training.roll_back, taskset) == (7, False, "tables")
    assert at.query_params["run"] == "run-1"


def test_a_preset_fills_the_form_and_explains_itself(page):
    at = page(FakeWorkbench(), "train")
    at.pills(key="form_preset").select("paper").run()
    assert at.number_input(key="form_epochs").value == 10
    assert "As published: E = 10, C = 10." in texts(at)


def test_the_isolation_of_functions_is_told_before_a_start_and_on_the_run(page):
    form = texts(page(FakeWorkbench(), "train"))
    assert "Level 'landlock': files, network, other processes and resources are protected" in form
    assert "'namespaces' is not available: bubblewrap is not installed." in form
    assert "isolated: limits" in texts(page(FakeWorkbench((trained(level="limits"),)), "train", run="run-1"))


def test_a_quick_start_where_functions_would_not_be_isolated_is_refused_with_the_way_out(page):
    bench = FakeWorkbench()
    bench.isolation = Isolation(level="limits", lacking={"namespaces": "bubblewrap is not installed."})
    at = page(bench, "overview")
    at.button(key="quick_tables").click().run()
    assert bench.started == []
    assert "bubblewrap is not installed." in texts(at)
    assert "Weakest isolation" in texts(at)


def test_isolation_weaker_than_asked_for_is_refused_with_the_way_out_and_can_be_accepted_by_name(page):
    bench = FakeWorkbench()
    bench.isolation = Isolation(level="limits", lacking={"namespaces": "bubblewrap is not installed."})
    at = page(bench, "train")
    assert "your files and the network are NOT protected" in texts(at)
    assert "bubblewrap is not installed." in texts(at)
    assert "start_training" not in [button.key for button in at.button]
    at.selectbox(key="form_minimum").select("limits").run()
    assert "start_training" in [button.key for button in at.button]


def test_the_forecast_follows_the_form(page):
    at = page(FakeWorkbench(), "train")
    before = at.table[0].value.to_string()
    at.number_input(key="form_epochs").set_value(9).run()
    assert "400" in at.table[0].value.to_string()
    assert at.table[0].value.to_string() != before


def test_no_field_takes_a_key_and_an_unset_variable_is_explained(page, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    at = page(FakeWorkbench(), "train")
    at.segmented_control(key="form_kind").select("openai").run()
    at.text_input(key="form_api_key_env").set_value("SOME_KEY").run()
    assert "export SOME_KEY=" in texts(at)
    assert not any("sk-" in (box.placeholder or "") for box in at.text_input)


def test_every_grader_can_be_chosen_and_says_in_a_sentence_what_it_does(page):
    at = page(FakeWorkbench(), "train")
    box = at.selectbox(key="form_grader_kind")
    said = {box.set_value(kind).run() and texts(at) for kind in get_args(GraderKind)}
    assert len(said) == len(box.options) == len(get_args(GraderKind))
    assert not at.exception


def test_a_model_as_judge_has_fields_of_its_own_and_plays_demo_where_the_others_do(page):
    at = page(FakeWorkbench(), "train")
    at.selectbox(key="form_grader_kind").set_value("judge").run()
    assert "understands nothing" in texts(at)
    at.segmented_control(key="form_kind").select("openai").run()
    assert at.text_input(key="form_judge_model").placeholder == "as the agent"
    assert "An answer may try to talk it into a verdict" in texts(at)
    at.selectbox(key="form_grader_kind").set_value("auto").run()
    assert "form_judge_model" not in {box.key for box in at.text_input}
    at.toggle(key="form_judge").set_value(True).run()
    at.text_input(key="form_judge_model").set_value("wise").run()
    at.text_input(key="form_agent_model").set_value("m").run()
    at.button(key="check_endpoint").click().run()
    assert "wise at the OpenAI API" in texts(at)
    assert not at.exception


def test_whether_the_model_takes_images_is_filled_in_by_its_name_and_stays_as_it_is_set(page):
    at = page(FakeWorkbench(), "train")
    at.segmented_control(key="form_kind").select("openai").run()
    at.text_input(key="form_agent_model").set_value("gpt-4o-mini").run()
    assert at.checkbox(key="form_vision").value
    at.checkbox(key="form_vision").uncheck().run()
    at.number_input(key="form_epochs").set_value(9).run()
    assert not at.checkbox(key="form_vision").value
    at.text_input(key="form_agent_model").set_value("qwen3").run()
    assert not at.checkbox(key="form_vision").value


def test_the_endpoint_check_shows_findings_and_what_mends_them(page):
    at = page(FakeWorkbench(), "train")
    at.segmented_control(key="form_kind").select("openai").run()
    at.text_input(key="form_agent_model").set_value("m").run()
    at.button(key="check_endpoint").click().run()
    assert "Reachable" in texts(at)
    assert "Start it." in [block.value for block in at.code]


def test_a_prompt_that_lost_a_place_cannot_be_started(page):
    from agentopt_core.prompts import default_prompts

    name = next((name for name, text in default_prompts().texts.items() if "{{" in text), None)
    if name is None:
        pytest.skip("no prompt with a place is installed")
    at = page(FakeWorkbench(), "train")
    at.selectbox(key="chosen_prompt").select(name).run()
    at.text_area(key=f"prompt_{name}").set_value("nothing").run()
    assert "lost {{" in texts(at)
    assert "start_training" not in [button.key for button in at.button]


def test_an_edited_prompt_goes_with_the_run(page):
    from agentopt_core.prompts import default_prompts

    name, text = next(iter(default_prompts().texts.items()))
    bench = FakeWorkbench()
    at = page(bench, "train")
    at.text_area(key=f"prompt_{name}").set_value(text + "\nBe brief.").run()
    at.button(key="start_training").click().run()
    assert bench.started[0][0].prompts.texts[name].endswith("Be brief.")


def test_a_running_run_shows_its_progress_and_can_be_paused(page):
    bench = FakeWorkbench((running(),))
    at = page(bench, "train", run="run-9")
    assert "Evaluation 2: 12 of 40 tasks, 7 right" in texts(at)
    at.button(key="pause").click().run()
    assert bench.asked == [("pause", "run-9", who())]


def test_a_paused_run_can_be_resumed_and_stopped(page):
    run = trained("run-9", "paused")
    bench = FakeWorkbench((run,))
    at = page(bench, "train", run="run-9")
    at.button(key="resume").click().run()
    at.button(key="stop_paused").click().run()
    assert "run-9" in texts(at).split("stops where it is")[0][-20:]
    at.button(key="stop_for_sure").click().run()
    assert bench.asked == [("resume", "run-9", who()), ("stop", "run-9", who())]


def test_a_command_that_cannot_be_obeyed_is_said_on_the_page(page):
    class Gone(FakeWorkbench):
        def command(self, run_id, kind, by):
            raise ConfigError("No trainer works on run-9.", "It has ended, or resume it first.")

    at = page(Gone((running(),)), "train", run="run-9")
    at.button(key="pause").click().run()
    said = at.toast[0].value.replace("\\", "")
    assert said == "No trainer works on run-9. It has ended, or resume it first."


def test_a_finished_run_says_its_result_why_it_ended_and_what_next(page):
    at = page(FakeWorkbench((trained(),)), "train", run="run-1")
    said = texts(at)
    assert "went from 35.0 %" in said
    assert "Every training task is solved" in said
    assert "See and export what it learned" in said
    assert "fit, no hold-out" in said
    assert DEMO_LABEL in said


def test_a_run_with_a_test_split_says_what_its_functions_do_on_unseen_tasks(page):
    unseen = HeldOut(
        baseline=Proportion(correct=3, n=12), chosen=Proportion(correct=10, n=12), p_value=0.016, candidates=4,
        fixed=tuple("abcdefg"),
    )  # fmt: skip
    at = page(FakeWorkbench((trained(test_tasks=12, held_out=unseen),)), "train", run="run-1")
    said = texts(at)
    assert "12 test tasks (opened once)" in said
    assert "On test tasks that training never saw: 25.0 %" in said
    assert "7 fixed, 0 broken, exact p = 0.016 (4 sets were tried in training)" in said
    assert "fit, no hold-out" not in said
    test = next(metric for metric in at.metric if metric.label == "Held-out test (n = 12)")
    assert (test.value, test.delta) == ("83.3 %", "+58.3 points")


def test_a_run_whose_test_split_was_not_measured_to_the_end_says_so_and_can_be_resumed(page):
    bench = FakeWorkbench((trained(test_tasks=12, openings=1),))
    at = page(bench, "train", run="run-1")
    said = texts(at)
    assert "12 test tasks (opened, not measured to the end)" in said
    assert "sealed" not in said
    at.button(key="resume").click().run()
    assert ("resume", "run-1", who()) in bench.asked


def test_the_measurement_on_the_test_split_is_called_so_while_it_goes_on(page):
    run = running(test_tasks=12, openings=1)
    run.progress = run.progress.with_(split="test", total=12)
    assert "Held-out test: 12 of 12 tasks" in texts(page(FakeWorkbench((run,)), "train", run="run-9"))
    assert "Held-out test: 12 of 12 tasks" in texts(page(FakeWorkbench((run,))))


def test_a_sealed_test_split_and_skipped_tasks_are_said(page):
    run = trained(test_tasks=5, sealed=True, skipped={"needs an image": 3})
    said = texts(page(FakeWorkbench((run,)), "train", run="run-1"))
    assert "5 test tasks (sealed)" in said
    assert "3 tasks are skipped, neither right nor wrong: each needs an image." in said


def test_a_failed_run_says_why_and_the_next_move(page):
    at = page(FakeWorkbench((failed(),)), "train", run="run-7")
    assert "The endpoint refused the key." in texts(at)
    assert "Set OPENAI_API_KEY." in texts(at)
    assert at.button(key="resume")


def test_updates_say_what_they_did_and_what_became_of_them(page):
    said = texts(page(FakeWorkbench((trained(),)), "train", run="run-1"))
    assert "**Update 2** add guess: 35.0 % to 50.0 % of 40 training tasks, fixed 0, broke 3" in said
    assert "20 of 40 does not beat 23 of 40." in said


def test_the_event_log_can_be_filtered_by_severity(page):
    at = page(FakeWorkbench((trained(),)), "train", run="run-1", log="Warnings")
    assert log_lines(at) == ["The endpoint was slow."]


def test_an_unknown_run_in_the_address_is_said_and_a_new_one_can_be_started(page):
    at = page(FakeWorkbench(), "train", run="nonsense")
    assert "There is no run 'nonsense'." in texts(at)
    assert at.button(key="start_training")


def test_a_run_so_new_that_the_history_does_not_know_it_is_waited_for(page):
    class Behind(FakeWorkbench):
        def run(self, run_id):
            raise NotFound(f"There is no run '{run_id}' in the history.", "")

    at = page(Behind((running(),)), "train", run="run-9")
    assert "The trainer is getting ready" in texts(at)
    assert not at.error


def test_runs_of_one_name_stay_apart_in_the_list_of_runs(page):
    bench = FakeWorkbench((trained("run-1111"), trained("run-2222")))
    at = page(bench, "train", run="run-2222")
    assert len(set(at.selectbox(key="picked_run_run-2222").options)) == 2
    assert at.selectbox(key="picked_run_run-2222").value == "run-2222"


def test_task_sets_of_one_name_stay_apart(page):
    bench = FakeWorkbench(own=(tasks("other", 3).with_(name="Tables"),))
    at = page(bench, "train", tasks="other")
    assert at.selectbox(key="form_tasks").options == [
        "Tables (tables), 40 training tasks",
        "Tables (other), 3 training tasks",
    ]


def test_settings_of_a_run_can_be_used_again(page):
    run = trained()
    run.config = RunConfig(seed=77)
    at = page(FakeWorkbench((run,)), "train", run="run-1")
    at.session_state["settings"] = True
    at.run()
    next(button for button in at.button if button.label == "Train again with these settings").click().run()
    assert at.number_input(key="form_seed").value == 77


# Functions ----------------------------------------------------------------------------------------------------------


def test_the_newest_kept_version_is_compared_with_the_one_it_replaced(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1")
    assert at.subheader[0].value.replace("\\", "") == "column_sum v2"
    assert "v1 (update 1, kept)" in at.selectbox[1].options
    assert at.selectbox[1].value == "1"


def test_the_address_selects_function_and_step(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1", name="guess", step="2")
    assert at.subheader[0].value == "guess v1"
    assert "rolled back" in texts(at)


def test_any_two_versions_can_be_compared(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1", name="column_sum", step="1", against="3")
    assert [head in at.html[0].value for head in ("<th colspan='3'>v2</th>", "<th colspan='3'>v1</th>")] == [True, True]


def test_description_and_parameters_have_their_own_diff(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1", part="Description and parameters")
    assert "blanks" in at.html[0].value
    assert len(at.html) == 2


def test_versions_can_be_filtered_by_status(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1", status="Refused")
    assert list(at.dataframe[0].value["function"]) == ["broken"]


def test_a_refused_proposal_is_shown_as_it_was_written(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1", name="broken", step="3r1")
    assert "def broken(:" in [block.value for block in at.code]
    assert "Line 1 does not parse." in texts(at)


def test_a_refusal_and_a_version_of_the_same_step_have_their_own_addresses():
    kept = trained().versions[0]
    refused = kept.with_(status="refused", function=None, version=0)
    versions = [refused, refused.with_(reason="Again."), kept]
    assert [address(versions, one) for one in versions] == ["1r1", "1r2", "1"]
    assert addressed(versions, kept.name, "1") == kept
    assert addressed(versions, kept.name, "1r2") == versions[1]


def test_an_unknown_function_in_the_address_is_said(page):
    assert "no function called nothing" in texts(
        page(FakeWorkbench((trained(),)), "functions", run="run-1", name="nothing")
    )


def test_an_unknown_run_on_the_functions_page_is_said(page):
    assert "There is no run 'nonsense'." in texts(page(FakeWorkbench(), "functions", run="nonsense"))


def test_the_export_is_a_zip_or_a_folder_whose_path_is_shown(page):
    at = page(FakeWorkbench((trained(),)), "functions", run="run-1")
    assert at.get("download_button")
    at.button(key="export_folder").click().run()
    assert "/somewhere/exports/run-1" in [block.value for block in at.code]


def test_a_run_without_accepted_functions_has_nothing_to_export(page):
    run = trained()
    run.accepted = FunctionSet()
    at = page(FakeWorkbench((run,)), "functions", run="run-1")
    assert not at.get("download_button")
    assert "nothing to export" in texts(at)


# Hostile text -------------------------------------------------------------------------------------------------------


def hostile() -> FakeWorkbench:
    run = trained(name=HOSTILE[:200], task_set=HOSTILE, agent_model=HOSTILE, is_demo=False, stop_reason=HOSTILE)
    bad = function(f"def f():\n    return '''{HOSTILE}'''", HOSTILE, HOSTILE)
    run.versions = tuple(v.with_(function=v.function and bad, reason=HOSTILE, name=HOSTILE) for v in run.versions)
    run.updates = tuple(u.with_(reason=HOSTILE, rationale=HOSTILE) for u in run.updates)
    run.events = tuple(event.with_(text=HOSTILE) for event in run.events)
    run.curve = tuple(point.with_(reason=HOSTILE, functions=(HOSTILE,)) for point in run.curve)
    run.accepted = FunctionSet(functions=(bad,))
    stopped = FakeRun(summary("run-2", "failed", name=HOSTILE[:200], status_reason=HOSTILE, hint=HOSTILE))
    own = tasks("own", 3, HOSTILE).with_(name=HOSTILE, description=HOSTILE)
    return FakeWorkbench((run, stopped), own=(own,))


ADDRESSES = [
    ("overview", {}),
    ("tasks", {"set": "own"}),
    ("tasks", {"set": HOSTILE[:300]}),
    ("train", {"run": "run-1"}),
    ("train", {"run": "run-2"}),
    ("train", {"run": HOSTILE[:300]}),
    ("functions", {"run": "run-1"}),
    ("functions", {"run": "run-1", "name": HOSTILE[:300]}),
]


@pytest.mark.parametrize(("name", "params"), ADDRESSES, ids=lambda value: str(value)[:40])
def test_hostile_text_stays_text_everywhere(page, name, params):
    at = page(hostile(), name, **params)
    assert not at.exception
    assert "Something unexpected" not in texts(at)
    for element in (*at.title, *at.subheader, *at.markdown, *at.caption, *at.error, *at.warning):
        assert "<img" not in element.value.replace("\\<", "")
        assert "**bold" not in element.value
        assert len(element.value) < 5_000
    for element in at.html:
        assert "<img" not in element.value
