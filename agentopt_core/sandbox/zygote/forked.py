"""How a fork becomes the process of a call: its descriptors, its limits, what confines it."""

from __future__ import annotations

import dataclasses
import faulthandler
import fcntl
import gc
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from typing import Any, NoReturn

from . import child, landlock, limits, processes
from .child import REQUESTS_FD, RESULT_FD
from .confinement import Confinement
from .framing import MAX_REQUEST, FrameError, receive_from

TROUBLE_FD = 5
RULESET_FD = 6
_MAX_TROUBLE = 400


@dataclasses.dataclass(frozen=True)
class Place:
    """What a call's process is given by its worker: descriptors, and what confines it."""

    folder: int
    output: int
    result: int
    requests: int | None
    """Where a notebook reads its further cells; None for a call that ends with its result."""
    trouble: int
    """Where it says why it cannot begin; closed before hostile code runs, which therefore cannot say so."""
    ruleset: int | None
    """What Landlock allows, where the level has it."""
    mapped: int
    """Bytes of address space that the process maps before it begins."""
    worker: int
    tasks: int | None
    """Threads and processes its user may have in the jail; None where that user has others, outside."""
    confinement: Confinement


def run(request: dict[str, Any], place: Place) -> NoReturn:
    """Become the process of a call."""
    _only_these_fds(place)
    try:
        _get_ready(request, place)
    except BaseException as error:
        os.write(TROUBLE_FD, f"{type(error).__name__}: {error}"[:_MAX_TROUBLE].encode("utf-8", "replace"))
        os._exit(1)
    os.close(TROUBLE_FD)
    if place.requests is None:
        child.answer(request)
    else:
        child.cells(_cells(request), printed=lambda: None)
    os._exit(0)


def _get_ready(request: dict[str, Any], place: Place) -> None:
    """Whatever comes before hostile code. A process that fails here runs none of it."""
    os.setsid()
    processes.die_with(place.worker)
    if place.ruleset is not None:
        landlock.restrict(RULESET_FD)
        os.close(RULESET_FD)
    limits.take_on(request["limits"], place.mapped, place.tasks, stays=place.requests is not None)
    faulthandler.enable(RESULT_FD, all_threads=False)
    faulthandler.register(signal.SIGUSR1, RESULT_FD, all_threads=False, chain=False)
    faulthandler.register(signal.SIGXCPU, RESULT_FD, all_threads=False, chain=True)
    child.same_randomness()
    tempfile.tempdir = os.getcwd()
    gc.enable()
    place.confinement.filter()


def _only_these_fds(place: Place) -> None:
    os.fchdir(place.folder)
    os.dup2(place.output, 1)
    os.dup2(place.output, 2)
    wanted = {
        RESULT_FD: place.result,
        REQUESTS_FD: place.requests,
        TROUBLE_FD: place.trouble,
        RULESET_FD: place.ruleset,
    }
    # The descriptors may be any numbers, also ones that are overwritten here.
    given = {number: fcntl.fcntl(fd, fcntl.F_DUPFD, RULESET_FD + 1) for number, fd in wanted.items() if fd is not None}
    os.closerange(RESULT_FD, RULESET_FD + 1)
    for number, descriptor in given.items():
        os.dup2(descriptor, number, inheritable=False)
    os.closerange(RULESET_FD + 1, limits.MAX_FDS + 1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _cells(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells of a notebook, until the worker says no more."""
    while True:
        yield request
        try:
            received = receive_from(REQUESTS_FD, MAX_REQUEST)
        except (OSError, FrameError):
            return
        if received is None:
            return
        request = json.loads(received)
        if not limits.can_be_raised_from_outside():
            limits.allow_own_cpu(request["limits"]["cpu_s"])
