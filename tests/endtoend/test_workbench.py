"""The facade over real runs: a trainer process of its own, the live history, and what happens when either is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentopt_core.config import AgentConfig, Endpoint, OptimizerConfig, RunConfig, TrainingConfig
from agentopt_core.errors import ConfigError, NotFound, TaskSetError
from agentopt_core.history.journal import read_journal
from agentopt_core.history.store import HistoryStore
from agentopt_core.views import LIVE, RunSummary
from agentopt_core.workbench import SAMPLES, Workbench
from tests.commands import ROOT, agentopt, environ, result_of
from tests.history.helpers import contents, history

QUICK = RunConfig(training=TrainingConfig(epochs=3, patience=2))
PATIENCE_S = 60.0

OWNER = """
import sys
from pathlib import Path
from agentopt_core.workbench import SAMPLES, Workbench
bench = Workbench(Path(sys.argv[1]), SAMPLES)
print("open", flush=True)
sys.stdin.read()
"""


def slow(latency_ms: float) -> RunConfig:
    endpoint = Endpoint(demo_latency_ms=latency_ms)
    return QUICK.with_(agent=AgentConfig(endpoint=endpoint), optimizer=OptimizerConfig(endpoint=endpoint))


@pytest.fixture
def bench(tmp_path):
    opened = Workbench(tmp_path, SAMPLES)
    yield opened
    for run in opened.runs():
        if run.status in LIVE:
            opened.command(run.run_id, "stop", by="test")
            reach(opened, run.run_id, lambda it: it.status not in LIVE)
    opened.close()


def reach(bench: Workbench, run_id: str, wanted: Callable[[RunSummary], bool]) -> RunSummary:
    """Ask again until the run is as wanted; the history follows the journal within a fraction of a second."""
    deadline = time.monotonic() + PATIENCE_S
    turn = threading.Event()
    while not wanted(run := bench.run(run_id)):
        assert time.monotonic() < deadline, run
        turn.wait(0.02)
    return run


def test_a_run_whose_functions_are_to_import_what_is_not_installed_is_refused_before_it_starts(bench):
    config = QUICK.with_(sandbox=QUICK.sandbox.with_(packages=("numpy", "no-such-package-of-ours")))
    with pytest.raises(ConfigError, match="no-such-package-of-ours") as refusal:
        bench.start(config, "number-and-algebra", by="ada")
    assert "or leave it out" in refusal.value.hint
    assert bench.runs() == []


def test_a_started_run_trains_in_a_process_of_its_own_and_every_page_question_is_answered(bench):
    run_id = bench.start(QUICK, "number-and-algebra", by="ada")
    run = reach(bench, run_id, lambda it: it.status == "finished")
    assert run.baseline.n == run.best.n == 20
    assert run.best.correct > run.baseline.correct
    assert run.usage.cost_usd == 0.0
    assert run.level == bench.isolation.level
    assert run.isolation == bench.isolation.sentence
    curve = bench.curve(run_id)
    assert curve[0].verdict == "baseline"
    assert len(curve) == run.evaluations
    assert bench.updates(run_id)
    assert bench.function_versions(run_id)
    assert len(bench.accepted_functions(run_id)) == run.functions
    assert bench.progress(run_id).phase == "idle"
    assert bench.events(run_id, limit=5)[0].at >= bench.events(run_id, limit=5)[-1].at
    assert bench.export_zip(run_id).startswith(b"PK")
    assert (bench.export(run_id) / "functions.py").exists()


def test_one_number_has_one_source(bench):
    run_id = bench.start(QUICK, "files-and-everyday", by="ada")
    run = reach(bench, run_id, lambda it: it.status == "finished")
    result = bench.result(run_id)
    last = bench.curve(run_id)[-1]
    assert result["best"] == run.best.accuracy == last.best.accuracy
    assert result["requests"] == run.usage.requests > last.usage.requests  # the test split came after the curve
    assert result["test"]["best"] == run.held_out.chosen.accuracy
    assert result["test"]["n"] == run.held_out.chosen.n == run.test_tasks == 12
    assert result == result_of(agentopt("show", run_id, "--home", bench.home, "--json"))


def test_a_run_is_paused_resumed_and_stopped_with_its_accepted_set_intact(bench):
    run_id = bench.start(slow(150), "number-and-algebra", by="ada")
    reach(bench, run_id, lambda it: it.status == "running" and it.baseline is not None)
    bench.command(run_id, "pause", by="ada")
    reach(bench, run_id, lambda it: it.status == "paused")
    bench.resume(run_id, by="ada")
    reach(bench, run_id, lambda it: it.status == "running")
    bench.command(run_id, "stop", by="ada")
    run = reach(bench, run_id, lambda it: it.status == "stopped")
    assert "ada" in run.stop_reason
    bench.accepted_functions(run_id)
    with pytest.raises(ConfigError, match="No trainer"):
        bench.command(run_id, "pause", by="ada")


def test_a_stopped_run_goes_on_where_it_was(bench):
    run_id = bench.start(slow(100), "number-and-algebra", by="ada")
    reach(bench, run_id, lambda it: it.baseline is not None)
    bench.command(run_id, "stop", by="ada")
    stopped = reach(bench, run_id, lambda it: it.status == "stopped")
    bench.resume(run_id, by="ada")
    finished = reach(bench, run_id, lambda it: it.status == "finished")
    assert finished.baseline == stopped.baseline
    assert finished.evaluations > stopped.evaluations


def test_a_run_outlives_the_dashboard_and_is_found_again(tmp_path):
    first = Workbench(tmp_path, SAMPLES)
    run_id = first.start(slow(60), "tables-and-business", by="ada")
    reach(first, run_id, lambda it: it.status == "running")
    first.close()
    second = Workbench(tmp_path, SAMPLES)
    try:
        assert reach(second, run_id, lambda it: it.status == "finished").evaluations > 1
    finally:
        second.close()


def test_a_dashboard_killed_at_ten_random_moments_of_a_run_has_each_event_once(tmp_path):
    chance = random.Random(5)
    starter = Workbench(tmp_path, SAMPLES, live=False)
    run_id = starter.start(slow(120), "number-and-algebra", by="ada")
    for _ in range(10):
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(tmp_path)],
            cwd=ROOT,
            env=environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert owner.stdout.readline() == "open\n"
        killer = threading.Timer(chance.uniform(0, 0.6), owner.kill)
        killer.start()
        owner.communicate()
        killer.join()
    last = Workbench(tmp_path, SAMPLES)
    reach(last, run_id, lambda it: it.status == "finished")
    last.close()
    starter.close()
    store = HistoryStore(tmp_path)
    assert contents(store) == contents(history(tmp_path))
    store.close()


def test_a_run_whose_trainer_was_killed_is_called_interrupted_and_says_so(bench):
    run_id = bench.start(slow(150), "number-and-algebra", by="ada")
    reach(bench, run_id, lambda it: it.status == "running" and it.baseline is not None)
    pid = bench.folder(run_id).holder()
    subprocess.run(["kill", "-9", str(pid)], check=True)
    run = reach(bench, run_id, lambda it: it.status == "interrupted")
    assert run.status_reason
    assert "esume" in run.hint
    bench.resume(run_id, by="ada")
    reach(bench, run_id, lambda it: it.status == "finished")


def test_an_upload_is_checked_before_it_is_saved_and_only_its_good_rows_are_kept(bench):
    draft = bench.read_upload([("mine.csv", b"question,answer\nWhat is 1+1?,2\n,3\nWhat is 2+2?,4\n")])
    assert draft.profile.tasks == 2
    assert [issue.row for issue in draft.issues if issue.severity == "error"] == [2]
    assert [one.id for one in bench.task_sets() if not one.is_sample] == []
    saved = bench.save_task_set(draft, "My sums")
    assert bench.task_set(saved).name == "My sums"
    bench.delete_task_set(saved)
    with pytest.raises(NotFound):
        bench.task_set(saved)


def test_a_set_without_training_tasks_cannot_be_trained_on(bench):
    draft = bench.read_upload([("held.csv", b"question,answer,split\nWhat is 1+1?,2,test\n")])
    saved = bench.save_task_set(draft, "Held out")
    with pytest.raises(TaskSetError, match="train"):
        bench.start(QUICK, saved, by="ada")


def test_the_command_line_answers_while_a_dashboard_owns_the_history(bench):
    run_id = bench.start(QUICK, "number-and-algebra", by="ada")
    reach(bench, run_id, lambda it: it.status == "finished")
    assert run_id in agentopt("runs", "--home", bench.home).stdout
    refused = agentopt("history", "rebuild", "--home", bench.home)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_live_run_needs_no_key_and_gets_none_it_was_not_given(tmp_path: Path):
    bench = Workbench(tmp_path, SAMPLES, live=False)
    assert bench.default_endpoint().is_demo
    bench.close()


def test_a_trainer_that_ended_leaves_no_zombie(bench):
    run_id = bench.start(QUICK, "files-and-everyday", by="ada")
    reach(bench, run_id, lambda it: it.status == "finished")
    (pid,) = {event.pid for _, event in read_journal(bench.folder(run_id).journal) if event.kind == "run_started"}
    for thread in threading.enumerate():
        if thread.name == f"trainer {run_id}":
            thread.join(timeout=PATIENCE_S)
    assert not Path(f"/proc/{pid}").exists()
