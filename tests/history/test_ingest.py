from __future__ import annotations

import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentopt_core import events
from agentopt_core.events import RequestFinished, Warned, to_line
from agentopt_core.history.ingest import Ingestor, IngestThread
from agentopt_core.history.live import rebuild
from agentopt_core.history.queries import events as event_log
from agentopt_core.history.queries import run as one_run
from agentopt_core.history.queries import runs
from agentopt_core.history.store import HistoryStore

from .helpers import contents, finished_run, history, new_run, request, story, write
from .searches import searched

INGEST = """
import sys
from pathlib import Path
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.store import HistoryStore
store = HistoryStore(Path(sys.argv[1]))
print("open", flush=True)
Ingestor(store, batch_events=3).catch_up()
print("done", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("seed", range(2))
def test_a_history_filled_in_random_pieces_equals_one_that_was_rebuilt(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    finished = [finished_run(tmp_path), finished_run(tmp_path), searched(tmp_path)]
    whole = {run: run.journal.read_bytes() for run in finished}
    store = HistoryStore(tmp_path)
    written = dict.fromkeys(finished, 0)
    while any(written[run] < len(whole[run]) for run in finished):
        for run in finished:
            written[run] += chance.randrange(9000)
            run.journal.write_bytes(whole[run][: written[run]])
        Ingestor(store, batch_events=chance.randrange(1, 9)).catch_up()
    in_pieces = contents(store)
    store.close()
    rebuild(tmp_path)
    store = HistoryStore(tmp_path)
    assert contents(store) == in_pieces
    store.close()
    assert contents(history(tmp_path)) == in_pieces
    assert all(in_pieces[table] for table in in_pieces if table != "damages")


def test_reading_again_adds_nothing(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    assert ingestor.catch_up() == len(story(run))
    before = contents(store)
    assert ingestor.catch_up() == 0
    assert Ingestor(store).catch_up() == 0
    assert contents(store) == before


def test_two_that_read_at_the_same_time_store_each_event_once(tmp_path: Path) -> None:
    for _ in range(3):
        finished_run(tmp_path)
    store = HistoryStore(tmp_path)
    threads = [threading.Thread(target=Ingestor(store, batch_events=2).catch_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Ingestor(store).catch_up()
    assert contents(store) == contents(history(tmp_path))
    store.close()


def test_an_owner_killed_at_any_moment_has_stored_each_event_once(tmp_path: Path) -> None:
    chance = random.Random(1)
    expected = [finished_run(tmp_path) for _ in range(2)]
    for _ in range(4):
        command = [sys.executable, "-c", INGEST, str(tmp_path)]
        owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        timer = threading.Timer(chance.uniform(0, 0.25), os.kill, (owner.pid, signal.SIGKILL))
        timer.start()
        owner.stdout.read()
        timer.join()
        owner.communicate()
    store = HistoryStore(tmp_path)
    Ingestor(store).catch_up()
    assert contents(store) == contents(history(tmp_path))
    assert len(runs(store)) == len(expected)
    store.close()


def test_a_damaged_line_is_listed_with_the_run_and_hides_nothing_after_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    write(run, [Warned(message="before")])
    with run.journal.open("ab") as file:
        file.write(b"\x00\x00\n")
    write(run, [Warned(message="after")])
    store = history(tmp_path)
    assert one_run(store, run.run_id).status == "damaged"
    assert "events.ndjson is damaged at byte" in one_run(store, run.run_id).status_reason
    assert [line.text for line in event_log(store, run.run_id)] == ["after", "before"]


def test_an_event_that_does_not_fit_the_tables_hides_nothing_either(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    huge = request().with_(attempts=10**30)
    lone = to_line(Warned(message="half a letter: X")).replace(b"X", b"\\ud800")
    write(run, [Warned(message="before"), huge])
    with run.journal.open("ab") as file:
        file.write(lone)
    write(run, [Warned(message="after")])
    store = history(tmp_path)
    assert [line.text for line in event_log(store, run.run_id)] == ["after", "before"]
    assert len(contents(store)["damages"]) == 2
    assert "cannot be stored" in one_run(store, run.run_id).status_reason


def test_a_run_whose_settings_are_damaged_is_listed_with_the_reason(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    (run.path / "config.json").write_text("{")
    (run.path / "taskset.json").unlink()
    [found] = runs(history(tmp_path))
    assert found.status == "damaged"
    assert "config.json" in found.status_reason
    assert "taskset.json" in found.status_reason
    assert found.best is not None


def test_a_run_that_was_mended_is_no_longer_damaged(tmp_path: Path) -> None:
    run = finished_run(tmp_path, name="mine")
    path = run.path / "config.json"
    good = path.read_bytes()
    path.write_text("{")
    store = HistoryStore(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    ingestor.catch_up()
    path.write_bytes(good)
    ingestor.catch_up()
    assert (one_run(store, run.run_id).status, one_run(store, run.run_id).name) == ("finished", "mine")


def test_a_run_whose_folder_is_gone_is_forgotten(tmp_path: Path) -> None:
    gone, kept = finished_run(tmp_path), finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    ingestor.catch_up()
    shutil.rmtree(gone.path)
    ingestor.catch_up()
    assert [found.run_id for found in runs(store)] == [kept.run_id]
    assert contents(store) == contents(history(tmp_path))


def test_a_journal_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path, in_memory=True)
    ingestor = Ingestor(store)
    ingestor.catch_up()
    run.journal.write_bytes(to_line(Warned(message="another")))
    ingestor.catch_up()
    assert [line.text for line in event_log(store, run.run_id)] == ["another"]
    assert contents(store) == contents(history(tmp_path))


def test_events_are_known_by_their_kind_even_after_their_module_was_loaded_again(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    before = contents(history(tmp_path))
    modules = [events.fact, events.steps, events.run, events.measured, events.people, events]
    as_they_were = [dict(vars(module)) for module in modules]
    try:
        for module in modules:
            importlib.reload(module)
        assert events.RequestFinished is not RequestFinished
        assert contents(history(tmp_path)) == before
    finally:
        for module, as_it_was in zip(modules, as_they_were, strict=True):
            vars(module).update(as_it_was)  # other tests hold these classes already
    assert run.journal.exists()


def test_the_thread_follows_the_journals_and_survives_errors(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path, in_memory=True)
    thread = IngestThread(store, every_s=0.01)
    thread.start()
    thread.start()
    (tmp_path / "runs").write_text("no folder")
    until(lambda: thread.last_error is not None)
    (tmp_path / "runs").unlink()
    run = finished_run(tmp_path)
    until(lambda: [found.status for found in runs(store)] == ["finished"])
    write(run, [Warned(message="one more")])
    until(lambda: event_log(store, run.run_id)[0].text == "one more")
    assert thread.last_error is None
    thread.stop()
    assert not thread.is_alive


def until(condition: object) -> None:
    """Wait until something that another thread does has happened."""
    assert callable(condition)
    waiting = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it did not happen in 10 s")
