"""The first process of a shell's jail: starts one command line, waits for it, and ends all with it.

Its end is the end of the whole process namespace, so nothing that the command started outlives it. It ends by itself
when the command does, at a limit, or when its host closes standard input.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import Any, NoReturn

from . import kernel, limits, seccomp

_LOOK_MS = 20
_NOT_STARTED = 127
SHELL = "/bin/sh"


def main(arguments: list[str]) -> NoReturn:
    """`arguments`: the set-up as JSON, see `shell.run_command` on the host's side. Reports `{reason, exit}`."""
    setup = json.loads(arguments[0])
    report = int(setup["report"])
    os.set_inheritable(report, False)
    os.environ.clear()
    limits.bound_files()
    disk = os.open(setup["folder"], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.fchdir(disk)
    if setup["uid"] is not None:
        kernel.become(setup["uid"], read_anywhere=False)
    command = os.fork()
    if command == 0:
        _become_command(setup)
    os.close(1)
    os.close(2)
    reason, status = _watch(command, disk, setup["limits"]["wall_s"])
    os.write(report, json.dumps({"reason": reason, "exit": status}).encode())
    os._exit(0)


def _become_command(setup: dict[str, Any]) -> NoReturn:
    """Take on the limits and the filter, then be the shell. What fails here runs nothing."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.closerange(3, limits.MAX_FDS + 1)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        limits.take_on(setup["limits"], 0, setup["tasks"], stays=False)
        filtered = seccomp.program(may_open=True, may_change=True, may_start=True)
        seccomp.apply(seccomp.of_process(filtered, os.getpid()))
        os.execve(SHELL, ["sh", "-c", setup["command"]], setup["environment"])  # noqa: S606 - this jail is for it
    except BaseException as error:
        os.write(2, f"The shell did not start: {type(error).__name__}: {error}\n".encode(errors="replace"))
    os._exit(_NOT_STARTED)


def _watch(command: int, disk: int, wall_s: float) -> tuple[str, int]:
    """Why it ended (`exit`, `wall`, `files`, `abandoned`) and its exit status, negative for a signal."""
    poll = select.poll()
    poll.register(sys.stdin.fileno(), select.POLLIN)
    deadline = time.monotonic() + wall_s
    while time.monotonic() < deadline:
        if poll.poll(_LOOK_MS):
            return "abandoned", 0
        usage = os.fstatvfs(disk)
        if usage.f_files - usage.f_ffree > limits.MAX_FILES:
            return "files", 0
        while True:  # orphans of the command come to this process
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == command:
                return "exit", os.waitstatus_to_exitcode(status)
            if pid == 0:
                break
    return "wall", 0
