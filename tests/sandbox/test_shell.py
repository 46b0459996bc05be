"""The agent's shell: one command line, in a jail of its own. What it must not reach is a canary made for the test."""

import asyncio
import os
import select
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.levels import find_isolation
from agentopt_core.tasks import Attachment
from tests.sandbox.conftest import descendants, function, wait_for_end

pytestmark = pytest.mark.skipif(
    find_isolation().level != "namespaces", reason="a shell needs level 'namespaces', which this machine cannot give"
)
LIMITS = {"wall_s": 20, "cpu_s": 20, "memory_mb": 256, "output_kb": 16}


def shell(command, files=None, attachments=(), **limits):
    async def run():
        sandbox = ProcessSandbox(SandboxLimits(**{**LIMITS, **limits}), "namespaces", files)
        try:
            return await sandbox.shell(command, attachments)
        finally:
            await sandbox.close()

    return asyncio.run(run())


def test_programs_work_together_and_both_outputs_come_back_in_order():
    result = shell("seq 3 | awk '{s += $1} END {print s}'; echo problem >&2; echo after")
    assert (result.ok, result.stdout, result.level) == (True, "6\nproblem\nafter\n", "namespaces")


def test_files_can_be_made_in_its_folder_and_are_gone_for_the_next_command():
    assert shell("echo x > a; cp a b; chmod 600 b; mv b c; ls").stdout == "a\nc\n"
    assert shell("ls -A").stdout == ""


def test_an_exit_status_is_a_failed_result_with_what_was_written():
    result = shell("echo half; exit 3")
    assert not result.ok
    assert (result.error.type, result.stdout) == ("ExitStatus", "half\n")
    assert "3" in result.error.message


def test_a_task_s_own_files_are_there_to_read_and_no_others(tmp_path):
    (tmp_path / "mine.txt").write_text("own\n")
    (tmp_path / "other.txt").write_text("canary of another task\n")
    tmp_path.chmod(0o755)
    mine = Attachment(path="mine.txt", media_type="text/plain", bytes=4, sha256="0" * 64)
    told = shell(
        "cat attachments/*; echo x > attachments/mine.txt; find / -name other.txt 2>/dev/null", tmp_path, (mine,)
    )
    assert told.stdout.startswith("own\n")
    assert "canary" not in told.stdout
    assert "other.txt" not in told.stdout
    assert (tmp_path / "mine.txt").read_text() == "own\n"


def test_it_finds_neither_home_nor_environment_nor_other_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("CANARY_KEY", "canary-key")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "canary").write_text("canary-file")
    tmp_path.chmod(0o777)
    told = shell(f"env; cat {tmp_path}/canary; ls {tmp_path}; ls /proc; cat /etc/shadow; echo done")
    assert "done" in told.stdout
    assert "canary-key" not in told.stdout
    assert "canary-file" not in told.stdout
    assert "self" not in told.stdout


def test_it_writes_nowhere_but_in_its_folder(tmp_path):
    tmp_path.chmod(0o777)
    shell(f"mkdir -p {tmp_path}; touch {tmp_path}/made; touch /usr/made /made /bin/made")
    assert list(tmp_path.iterdir()) == []
    assert not os.path.exists("/usr/made")


def test_it_has_no_network():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        port = listening.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        assert not shell(f'python3 -c "{code}"').ok
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_namespaces_tracing_and_rights_are_refused():
    told = shell("unshare -U true; echo user $?; unshare -m true; echo mount $?; id -u")
    assert "user 0" not in told.stdout
    assert "mount 0" not in told.stdout
    assert told.stdout.strip().splitlines()[-1] != "0"


def test_what_it_leaves_running_ends_with_it():
    before = descendants(os.getpid())
    assert shell("sleep 300 & sleep 300 & echo started").stdout == "started\n"
    assert descendants(os.getpid()) <= before


def test_an_endless_command_is_ended_at_its_time():
    result = shell("echo first; sleep 300", wall_s=0.5)
    assert (result.error.type, result.stdout) == ("Timeout", "first\n")


def test_endless_output_is_cut_and_its_rest_counted():
    result = shell("head -c 100000 /dev/zero | tr '\\0' x")
    assert result.ok
    assert len(result.stdout) < 17_000
    assert "more bytes of output were cut" in result.stdout


def test_memory_and_processes_are_bounded():
    assert "MemoryError" in shell("python3 -c 'x = bytearray(10**9)'").stdout
    result = shell("i=0; while [ $i -lt 300 ]; do sleep 300 & i=$((i+1)); done; echo all", wall_s=10)
    assert "all" not in result.stdout


def test_a_function_still_starts_no_program():
    async def run():
        sandbox = ProcessSandbox(SandboxLimits(**LIMITS), "namespaces")
        try:
            await sandbox.shell("true")
            code = "import subprocess\n\ndef f():\n    return subprocess.run(['/bin/sh', '-c', 'echo x']).returncode"
            return await sandbox.call(function(code), {})
        finally:
            await sandbox.close()

    result = asyncio.run(run())
    assert not result.ok
    assert result.error.type == "PermissionError"


def test_below_namespaces_there_is_no_shell(make_sandbox):
    result = asyncio.run(make_sandbox("limits").shell("echo x"))
    assert (result.ok, result.error.type, result.stdout) == (False, "Unavailable", "")


def test_a_command_that_is_no_argument_is_refused():
    assert shell("echo \0").error.type == "BadArguments"
    assert shell("x" * 200_000).error.type == "BadArguments"


def test_closing_the_sandbox_ends_a_command_that_runs():
    async def run():
        sandbox = ProcessSandbox(SandboxLimits(**{**LIMITS, "wall_s": 300}), "namespaces")
        running = asyncio.create_task(sandbox.shell("sleep 299"))
        await asyncio.sleep(0)  # it is handed to a thread
        await sandbox.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await running

    asyncio.run(run())
    assert not [pid for pid in descendants(os.getpid()) if _command(pid).startswith("sleep\0299")]


_HOST = """
import asyncio
from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import ProcessSandbox
asyncio.run(ProcessSandbox(SandboxLimits(wall_s=300), "namespaces").shell("sleep 299"))
"""


def test_it_ends_when_its_host_is_killed():
    host = subprocess.Popen([sys.executable, "-c", _HOST], cwd=Path(__file__).parents[2])
    try:
        poll, started = select.poll(), set()
        while host.poll() is None and not any(_command(pid).startswith("sleep\0") for pid in started):
            poll.poll(20)  # nothing is registered: it only lets the others work
            started = descendants(host.pid)
    finally:
        host.kill()
        host.wait()
    assert started
    assert wait_for_end(started) == set()


def _command(pid):
    with suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
        return file.read()
    return ""


def test_nothing_of_it_is_left_when_it_is_done():
    shell("true")
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
    assert "agentopt_zygote.shell" not in listed
