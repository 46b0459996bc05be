"""The zygote: imports once, then forks a worker for every socket its host sends, until the host closes."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import select
import socket
import sys
from typing import Any

from . import kernel, limits, processes, scratch
from .framing import ORDER, pack
from .offered import offer
from .warm import warm
from .watch import Wakeup
from .worker import serve

READY = b"ready"


def main(arguments: list[str]) -> None:
    """`arguments`: the set-up as JSON, see `jail.Jail.make_plan` on the host's side."""
    setup = json.loads(arguments[0])
    control = socket.socket(fileno=setup["control"])
    processes.adopt_orphans()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    offer(setup["offered"])
    warm(setup["modules"])
    os.environ.clear()
    random.seed(0)
    limits.bound_files()
    if setup["uid"] is not None:
        kernel.become(setup["uid"], read_anywhere=setup["read_anywhere"])
    # What is here now stays: collecting it would copy every page in every fork.
    gc.collect()
    gc.freeze()
    gc.disable()
    workers: dict[int, int] = {}
    with contextlib.suppress(OSError):
        control.sendall(pack(READY))
        _fork_workers(control, setup, workers)
    for worker in workers.values():
        processes.end_group(worker)
    processes.end_descendants()
    scratch.remove(setup["scratch"])


def _fork_workers(control: socket.socket, setup: dict[str, Any], workers: dict[int, int]) -> None:
    """`workers`: the process that has each slot."""
    wakeup = Wakeup()
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wakeup.fd, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == wakeup.fd:
                wakeup.clear()
                _bury(workers)
                continue
            message, descriptors, _, _ = socket.recv_fds(control, ORDER.size, 1)
            if not message:
                return
            mapped, slot = ORDER.unpack(message)
            _free(slot, workers)
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                control.close()
                wakeup.close()
                serve(socket.socket(fileno=descriptors[0]), setup, slot, mapped, zygote)
            workers[slot] = pid
            os.close(descriptors[0])


def _free(slot: int, workers: dict[int, int]) -> None:
    """End the worker that had the slot: it may still be emptying the folder that is the next one's now."""
    pid = workers.pop(slot, None)
    if pid is not None:
        processes.end_group(pid)
        os.waitpid(pid, 0)
        processes.end_descendants(keep=set(workers.values()))


def _bury(workers: dict[int, int]) -> None:
    """Reap workers that ended, and end what they left."""
    for slot, pid in list(workers.items()):
        if os.waitpid(pid, os.WNOHANG)[0]:
            del workers[slot]
    processes.end_descendants(keep=set(workers.values()))
