"""The zygote: imports once, then forks a worker for every socket its host sends, until the host closes."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import resource
import select
import socket
import sys

from . import processes, scratch
from .child import MAX_FDS
from .framing import pack
from .warm import warm
from .watch import Wakeup
from .worker import serve

READY = b"ready"


def main(arguments: list[str]) -> None:
    """`arguments`: the control socket's descriptor, the scratch folder, the modules to import."""
    control = socket.socket(fileno=int(arguments[0]))
    root = arguments[1]
    processes.adopt_orphans()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    warm(arguments[2:])
    os.environ.clear()
    random.seed(0)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MAX_FDS if hard == resource.RLIM_INFINITY else min(MAX_FDS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    # What is here now stays: collecting it would copy every page in every fork.
    gc.collect()
    gc.freeze()
    gc.disable()
    workers: set[int] = set()
    with contextlib.suppress(OSError):
        control.sendall(pack(READY))
        _fork_workers(control, workers, root)
    processes.end_descendants()
    scratch.remove(root)


def _fork_workers(control: socket.socket, workers: set[int], root: str) -> None:
    mapped = _mapped_bytes()
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
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                return
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                control.close()
                wakeup.close()
                serve(socket.socket(fileno=descriptors[0]), root, mapped, zygote)
            workers.add(pid)
            os.close(descriptors[0])


def _bury(workers: set[int]) -> None:
    """Reap workers that ended, and end what they left."""
    for pid in list(workers):
        if os.waitpid(pid, os.WNOHANG)[0]:
            workers.discard(pid)
    processes.end_descendants(keep=workers)


def _mapped_bytes() -> int:
    """Address space of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
