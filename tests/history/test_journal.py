from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentopt_core.commands import Command
from agentopt_core.errors import DiskFull, ProtocolError
from agentopt_core.events import Warned
from agentopt_core.history.command_log import CommandLog
from agentopt_core.history.journal import JournalWriter, read_entries, read_journal


def messages(path: Path, offset: int = 0) -> list[str]:
    return [getattr(event, "message", "") for _, event in read_journal(path, offset)]


def test_events_come_back_in_order_from_any_offset(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with JournalWriter(path) as journal:
        for number in range(3):
            journal.emit(Warned(message=f"m{number}"))
    offsets = [offset for offset, _ in read_journal(path)]
    assert messages(path) == ["m0", "m1", "m2"]
    assert messages(path, offsets[0]) == ["m1", "m2"]
    assert messages(path, offsets[-1]) == []
    assert offsets[-1] == path.stat().st_size


def test_a_journal_that_does_not_exist_yet_has_no_events(tmp_path: Path) -> None:
    assert messages(tmp_path / "events.ndjson") == []


def test_an_unfinished_last_line_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with JournalWriter(path) as journal:
        journal.emit(Warned(message="whole"))
    with path.open("ab") as file:
        file.write(b'{"kind": "warned", "mess')
    assert messages(path) == ["whole"]


def test_a_torn_end_is_cut_off_and_said(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with JournalWriter(path) as journal:
        journal.emit(Warned(message="whole"))
    with path.open("ab") as file:
        file.write(b"x" * 3_000_000)
    with JournalWriter(path) as journal:
        journal.emit(Warned(message="next"))
    whole, said, after = messages(path)
    assert (whole, after) == ("whole", "next")
    assert "3000000 bytes" in said


def test_a_journal_of_one_torn_line_is_repaired(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"kind"')
    JournalWriter(path).close()
    assert ["7 bytes" in message for message in messages(path)] == [True]


def test_a_damaged_line_is_named_and_the_others_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with JournalWriter(path) as journal:
        journal.emit(Warned(message="before"))
        size = path.stat().st_size
        with path.open("ab") as file:
            file.write(b"\x00\x00garbage\n" + b"[" * 100_000 + b"\n" + b'{"kind": "warned"}\n')
        journal.emit(Warned(message="after"))
    with pytest.raises(ProtocolError, match=rf"events\.ndjson.* byte {size}"):
        messages(path)
    entries = list(read_entries(path))
    assert [bool(entry.damage) for entry in entries] == [False, True, True, True, False]
    assert [entry.offset for entry in entries[1:]] == [entry.end for entry in entries[:-1]]


def test_a_kind_of_a_newer_version_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"kind": "telepathy", "v": 9}\n')
    assert list(read_journal(path)) == []
    assert [entry.damage for entry in read_entries(path)] == [""]


def test_events_of_many_threads_are_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    with JournalWriter(path) as journal:

        def write(name: int) -> None:
            for number in range(50):
                journal.emit(Warned(message=f"{name}-{number} " + "x" * 5000))

        threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(messages(path))) == 200


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_leaves_the_journal_whole(tmp_path: Path, code: int) -> None:
    path = tmp_path / "events.ndjson"
    room = 200

    def write(fd: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(code, os.strerror(code))
        taken = min(room, len(data))
        room -= taken
        return os.write(fd, data[:taken])

    journal = JournalWriter(path, write)
    journal.emit(Warned(message="fits"))
    with pytest.raises(DiskFull, match=r"events\.ndjson") as caught:
        journal.emit(Warned(message="x" * 500))
    assert caught.value.hint
    assert messages(path) == ["fits"]
    assert path.read_bytes().endswith(b"\n")
    room = 10_000
    journal.emit(Warned(message="again"))
    assert messages(path) == ["fits", "again"]


def test_a_real_file_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    program = f"""
import resource
from pathlib import Path
from agentopt_core.errors import DiskFull
from agentopt_core.events import Warned
from agentopt_core.history.journal import JournalWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
journal = JournalWriter(Path({str(path)!r}))
for number in range(100):
    try:
        journal.emit(Warned(message="x" * 300))
    except DiskFull:
        print(number)
        break
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(run.stdout) == len(messages(path)) == 2


def test_a_trainer_obeys_only_what_was_said_after_its_start(tmp_path: Path) -> None:
    log = CommandLog(tmp_path / "commands.ndjson")
    assert log.pending() == []
    assert log.last_start() is None
    log.append(Command(kind="stop"))
    start = Command(kind="start", by="dashboard")
    pause = Command(kind="pause")
    log.append(start)
    log.append(pause)
    [(offset, pending)] = log.pending()
    assert pending == pause
    assert log.last_start() == start
    log.append(resume := Command(kind="resume"))
    assert [command for _, command in log.read_from(offset)] == [resume]


def test_a_line_that_is_no_command_does_not_hide_the_next(tmp_path: Path) -> None:
    log = CommandLog(tmp_path / "commands.ndjson")
    log.path.write_bytes(b'{"kind": "dance"}\nnonsense\n')
    log.append(stop := Command(kind="stop"))
    assert log.read_from() == [(log.path.stat().st_size, stop)]
