from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from agentopt_core.errors import ConfigError, HistoryLocked, ProtocolError
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.live import LiveHistory, open_history, rebuild
from agentopt_core.history.queries import runs
from agentopt_core.history.store import HistoryStore

from .helpers import contents, finished_run, history

KEEP_OPEN = """
import sys
from pathlib import Path
from agentopt_core.history.store import HistoryStore
store = HistoryStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""

FILL_A_SMALL_DISK = """
import resource, sys
from pathlib import Path
from agentopt_core.errors import DiskFull
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.queries import runs
from agentopt_core.history.store import HistoryStore
home, room = Path(sys.argv[1]), int(sys.argv[2])
store = HistoryStore(home)
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
said = 0
for _ in range(2):
    try:
        Ingestor(store, batch_events=7).catch_up()
    except DiskFull as error:
        assert "history.duckdb" in error.message and error.hint
        said += 1
        runs(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
Ingestor(store).catch_up()
store.close()
print(said)
"""


def another_owner(home: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", KEEP_OPEN, str(home)], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_a_history_that_another_process_holds_is_said_with_its_id(tmp_path: Path) -> None:
    other = another_owner(tmp_path)
    try:
        with pytest.raises(HistoryLocked, match=f"process {other.pid}") as caught:
            HistoryStore(tmp_path)
        assert caught.value.hint
        with pytest.raises(HistoryLocked):
            rebuild(tmp_path)
    finally:
        other.communicate()


def test_the_same_answers_come_from_the_journals_while_another_process_holds_the_history(tmp_path: Path) -> None:
    finished_run(tmp_path)
    other = another_owner(tmp_path)
    try:
        store = open_history(tmp_path)
    finally:
        other.communicate()
    assert store.path is None
    with_file = open_history(tmp_path)
    assert with_file.path is not None
    assert runs(store) == runs(with_file)


def test_the_dashboard_waits_for_a_question_of_the_command_line_to_end(tmp_path: Path) -> None:
    other = another_owner(tmp_path)
    ends = threading.Timer(0.3, other.communicate)
    ends.start()
    LiveHistory(tmp_path).close()
    ends.join()


def test_a_history_of_another_version_is_made_anew(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    with duckdb.connect(str(tmp_path / "history.duckdb")) as connection:
        connection.execute("CREATE TABLE meta AS SELECT -1 AS version")
        connection.execute("CREATE TABLE runs AS SELECT 'old' AS run_id")
    store = open_history(tmp_path)
    assert [found.run_id for found in runs(store)] == [run.run_id]


def test_a_file_that_is_no_history_is_put_aside(tmp_path: Path) -> None:
    finished_run(tmp_path)
    (tmp_path / "history.duckdb").write_bytes(b"something else " * 1000)
    assert len(runs(open_history(tmp_path))) == 1
    assert (tmp_path / "history.unreadable").read_bytes().startswith(b"something else")


def cut_short(data: bytes) -> bytes:
    return data[:5000]


def overwritten(data: bytes) -> bytes:
    return data[:5000] + b"x" * 20 + data[5020:]


def overwritten_in_its_rows(data: bytes) -> bytes:
    pieces = (data[i : i + 1000] for i in range(13_000, len(data), 1000))
    return data[:13_000] + b"".join(b"x" * 20 + piece[20:] for piece in pieces)


@pytest.mark.parametrize("damage", [cut_short, overwritten, overwritten_in_its_rows])
def test_a_damaged_history_is_put_aside_or_said_and_rebuilt_from_the_journals(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    for _ in range(2):
        finished_run(tmp_path)
    open_history(tmp_path).close()
    path = tmp_path / "history.duckdb"
    path.write_bytes(damage(path.read_bytes()))
    said = ""
    try:
        store = HistoryStore(tmp_path)
        contents(store)
    except ProtocolError as error:
        said = error.hint
    store.close()
    assert "history rebuild" in said or path.with_suffix(".unreadable").exists()
    rebuild(tmp_path)
    store = HistoryStore(tmp_path)
    assert contents(store) == contents(history(tmp_path))
    store.close()


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigError, match="home"):
        HistoryStore(tmp_path / "home")


@pytest.mark.parametrize("room", [20_000, 500_000])
def test_a_full_disk_is_said_and_nothing_is_lost_or_twice_when_there_is_room_again(tmp_path: Path, room: int) -> None:
    for _ in range(3):
        finished_run(tmp_path)
    expected = contents(history(tmp_path))
    command = [sys.executable, "-c", FILL_A_SMALL_DISK, str(tmp_path), str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    store = HistoryStore(tmp_path)
    assert contents(store) == expected
    store.close()
    if room == 20_000:
        assert int(done.stdout) == 2


def test_threads_get_their_own_rows_while_the_history_is_written_and_deleted(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = HistoryStore(tmp_path)
    Ingestor(store).catch_up()
    wrong: list[object] = []
    ended = threading.Event()

    def ask(number: int) -> None:
        while not ended.is_set():
            try:
                rows = store.rows("SELECT $number AS number, count(*) AS n FROM rollouts", number=number)
                if rows[0]["number"] != number or rows[0]["n"] not in range(14):
                    wrong.append(rows)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            store.clear()
            Ingestor(store, batch_events=20).catch_up()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert [found.run_id for found in runs(store)] == [run.run_id]
    store.close()


def test_a_history_that_is_open_twice_is_not_deleted(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path)
    with pytest.raises(HistoryLocked):
        rebuild(tmp_path)
    store.close()
    assert rebuild(tmp_path) == 0


def test_an_owner_can_rebuild_while_it_follows_the_journals(tmp_path: Path) -> None:
    finished_run(tmp_path)
    live = LiveHistory(tmp_path)
    live.rebuild()
    assert contents(live.store) == contents(history(tmp_path))
    assert live.last_error is None
    live.close()


def test_questions_of_one_snapshot_agree_while_the_journals_are_read(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    whole = run.journal.read_bytes()
    run.journal.write_bytes(whole[: len(whole) // 2])
    store = HistoryStore(tmp_path)
    Ingestor(store).catch_up()
    with store.snapshot():
        before = contents(store)
        run.journal.write_bytes(whole)
        writer = threading.Thread(target=Ingestor(store).catch_up)
        writer.start()
        writer.join()
        assert contents(store) == before
    assert contents(store) == contents(history(tmp_path))
    store.close()
