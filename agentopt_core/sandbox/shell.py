"""One command line in a jail of its own: for the agent's `shell`, never for functions, which may start no program.

Like a function's jail it has namespaces of its own, no network, no home, nothing of the disk but programs, libraries
and the task's files, all read-only, one folder in memory, an empty environment and a filter on system calls. Unlike it,
processes and programs can be started, so there is one jail for each command and nothing of value inside. What it does
not guard: the kernel is shared, and programs under /usr/bin can be read and run.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.rollouts import ExecutionResult
from agentopt_core.sandbox.bubblewrap import SCRATCH, bubblewrap
from agentopt_core.sandbox.jail import FREE_UIDS, MAX_THREADS, ZYGOTE, environment, is_root, python
from agentopt_core.sandbox.paths import Readable, readable_paths
from agentopt_core.sandbox.requests import in_bytes
from agentopt_core.sandbox.results import failed
from agentopt_core.sandbox.streams import Stream
from agentopt_core.sandbox.zygote import processes
from agentopt_core.sandbox.zygote.child import ATTACHMENTS
from agentopt_core.words import JsonObject

MAX_COMMAND = 100_000
"""Bytes of a command line; the kernel takes no longer argument than 128 KiB."""
_PROGRAMS = (
    Readable("/bin", "read"),
    Readable("/usr/bin", "read"),
    Readable("/etc/alternatives", "read"),  # awk is a link that leads there
    Readable("/dev/zero", "write"),
)
_FOLDER = f"{SCRATCH}/0"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": _FOLDER, "TMPDIR": _FOLDER, "LANG": "C.UTF-8"}
_START_S = 30.0
"""Seconds a jail may take to start and to end, on a busy machine."""
_LOOK_S = 0.05
_REPORT = 4096


def run_command(
    command: str, limits: SandboxLimits, root: Path | None, files: Mapping[str, str], closing: threading.Event
) -> ExecutionResult:
    """Run one command line at level `namespaces`; blocks until it has ended. `files`: name -> path below `root`;
    `closing` ends it early.

    Raises: InfrastructureFault when its jail does not start, or when it was ended early.
    """
    if "\0" in command or len(command.encode("utf-8", "replace")) > MAX_COMMAND:
        return failed("BadArguments", f"A command is text of at most {MAX_COMMAND} bytes.", "namespaces")
    report, report_end = os.pipe()
    info, info_end = os.pipe()
    changed = threading.Condition()
    setup = {
        "command": command.encode("utf-8", "replace").decode(),
        "environment": _ENVIRONMENT,
        "folder": _FOLDER,
        "limits": in_bytes(limits),
        "report": report_end,
        "tasks": MAX_THREADS,
        "uid": secrets.choice(FREE_UIDS) if is_root() else None,
    }
    shown = {f"{_FOLDER}/{ATTACHMENTS}/{name}": str((root or Path()) / path) for name, path in files.items()}
    readable = [*readable_paths(()), *(one for one in _PROGRAMS if os.path.lexists(one.path))]
    wrapped = bubblewrap(readable, ZYGOTE, None, 1, max(1, limits.scratch_mb), info_end, shown)
    with os.fdopen(report, "rb", 0) as reported, os.fdopen(info, "rb", 0):
        try:
            process = subprocess.Popen(
                wrapped + python("shell", setup),
                env=environment(os.environ, os.name),
                cwd="/",
                bufsize=0,
                pass_fds=(report_end, info_end),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InfrastructureFault(f"The shell's jail did not start: {error}.", "Check free memory.") from error
        finally:
            os.close(report_end)
            os.close(info_end)
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            output = Stream(process.stdout, changed, limits.output_kb << 10)
            try:
                reason = _await(process, limits, closing)
            finally:
                _end(process)
        with changed:
            changed.wait_for(lambda: output.has_ended, _START_S)
            printed, count = bytes(output.kept), output.count
        os.set_blocking(reported.fileno(), False)
        ended = _read_report(reported.read(_REPORT))
    return _as_result(reason, ended, printed, count, limits)


def _await(process: subprocess.Popen[bytes], limits: SandboxLimits, closing: threading.Event) -> str:
    """`ended`, or why it must be: `memory` of all its processes together, or `wall` when its first process is stuck."""
    deadline = time.monotonic() + limits.wall_s + _START_S
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return "ended"
        if closing.is_set():
            raise InfrastructureFault("The sandbox is closed.", "Start a new one.")
        if processes.memory_below(process.pid) > (limits.memory_mb + limits.scratch_mb) << 20:
            return "memory"
    return "wall"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the jail's first process, and with it all others."""
    if process.poll() is None:
        for pid in processes.below(process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, 9)
        process.kill()
        process.wait()


def _read_report(data: bytes | None) -> JsonObject | None:
    with suppress(ValueError):
        report = json.loads(data or b"")
        if isinstance(report, dict):
            return report
    return None


def _as_result(
    reason: str, ended: JsonObject | None, printed: bytes, count: int, limits: SandboxLimits
) -> ExecutionResult:
    text = printed.decode("utf-8", "replace")
    if reason == "memory":
        return failed("MemoryLimit", "More memory is needed than a call may use.", "namespaces", stdout=text)
    if ended is None and reason == "ended":
        said = text.strip().splitlines()[-1:] or ["it said nothing"]
        raise InfrastructureFault(f"The shell's jail did not start: {said[0][:500]}.", "Check free memory and disk.")
    if count > len(printed):
        text += f"\n[{count - len(printed)} more bytes of output were cut: {limits.output_kb} KiB are kept]"
    match (ended or {}).get("reason"):
        case "exit" if ended is not None and ended["exit"] == 0:
            return ExecutionResult(ok=True, stdout=text, level="namespaces")
        case "exit" if ended is not None:
            return failed("ExitStatus", f"The command ended with status {ended['exit']}.", "namespaces", stdout=text)
        case "files":
            return failed("Killed", "It made too many files and was ended.", "namespaces", stdout=text)
        case _:
            told = f"It ran longer than {limits.wall_s:g} s and was ended."
            return failed("Timeout", told, "namespaces", stdout=text)
