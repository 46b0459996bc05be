from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError, NotFound, ProtocolError, RunBusy
from agentopt_core.history.run_folder import RunFolder, find_run, runs_in
from agentopt_core.tasks import Task, TaskSet

from .helpers import new_run, task_set

HOLD = """
import sys
from pathlib import Path
from agentopt_core.history.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_in_another_process(run: RunFolder) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(run.path)], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_run_keeps_its_settings_and_a_snapshot_of_its_tasks(tmp_path: Path) -> None:
    config = RunConfig(name="first", seed=7)
    run = RunFolder.create(tmp_path, config, task_set())
    again = RunFolder(run.path)
    assert again.config() == config
    assert again.tasks() == task_set()
    assert again.manifest().train_tasks == 4


def test_a_run_id_begins_with_its_time_and_names_its_task_set(tmp_path: Path) -> None:
    tasks = TaskSet(id="Zahlen & Größen/../x", name="n", tasks=(Task(id="1", question="?"),))
    run = RunFolder.create(tmp_path, RunConfig(), tasks)
    assert re.fullmatch(r"\d{8}-\d{6}-zahlen-gr-en-x-[0-9a-f]{8}", run.run_id)


def test_tasks_with_any_text_come_back_as_they_were(tmp_path: Path) -> None:
    nasty = "line\u2028separator \x85 \r\n and \U0001f600 and \x00"
    tasks = TaskSet(id="x", name="x", tasks=(Task(id="1", question=nasty, answer="ü"),))
    assert RunFolder.create(tmp_path, RunConfig(), tasks).tasks() == tasks


def test_a_half_made_run_is_no_run(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (tmp_path / "runs" / ".new-20990101-000000-x-0000").mkdir()
    assert [found.run_id for found in runs_in(tmp_path)] == [run.run_id]


def test_a_home_without_runs_has_no_runs(tmp_path: Path) -> None:
    assert runs_in(tmp_path / "nowhere") == []


def test_only_one_trainer_holds_a_run_and_the_error_names_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    other = hold_in_another_process(run)
    try:
        assert run.holder() == other.pid
        with pytest.raises(RunBusy, match=str(other.pid)), run.hold():
            pass
    finally:
        other.communicate()
    assert run.holder() is None


def test_a_trainer_waits_for_one_that_is_about_to_end(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    held, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with run.hold():
            held.set()
            may_end.wait()

    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    threading.Timer(0.2, may_end.set).start()
    with run.hold(patience_s=30):
        assert may_end.is_set()
    thread.join()


def test_a_killed_trainer_holds_nothing(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    other = hold_in_another_process(run)
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    assert run.holder() is None
    with run.hold():
        assert run.holder() == os.getpid()
    assert run.holder() is None


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    assert find_run(tmp_path, run.run_id).path == run.path
    assert find_run(tmp_path, run.run_id[:15]).path == run.path


def test_an_unknown_run_is_answered_with_the_latest_ids(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    with pytest.raises(NotFound) as caught:
        find_run(tmp_path, "../" + run.run_id)
    assert run.run_id in caught.value.hint


def test_an_ambiguous_beginning_is_answered_with_the_candidates(tmp_path: Path) -> None:
    runs = [new_run(tmp_path), new_run(tmp_path)]
    with pytest.raises(NotFound) as caught:
        find_run(tmp_path, "2")
    assert all(run.run_id in caught.value.hint for run in runs)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seed": "x"}', "[" * 5000])
def test_damaged_settings_are_named_with_their_file(tmp_path: Path, text: str) -> None:
    run = new_run(tmp_path)
    (run.path / "config.json").write_text(text)
    with pytest.raises((ProtocolError, ConfigError), match=r"config\.json"):
        run.config()


def test_missing_tasks_are_noticed(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    path = run.path / "tasks.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(ProtocolError, match="1 of 4 tasks"):
        run.tasks()


def test_a_damaged_task_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    path = run.path / "tasks.jsonl"
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(ProtocolError, match=r"tasks\.jsonl is damaged, line 5: id: Field required"):
        run.tasks()


def test_the_tail_of_a_long_log_is_its_last_lines(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    assert run.log_tail() == ""
    run.log_path.write_text("".join(f"line {i}\n" for i in range(10_000)))
    assert run.log_tail(2) == "line 9998\nline 9999"
