"""Inside the process of one call: take on the limits, run the code, hand back one message, end.

Whatever runs here may be hostile. It owns its result pipe and nothing else, so a function can lie about its own result
and about no other.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import faulthandler
import fcntl
import gc
import inspect
import json
import linecache
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from . import landlock, processes
from .binding import bind
from .confinement import Confinement
from .framing import MAX_REQUEST, FrameError, pack, receive_from
from .jsonable import BadResult, to_json, write_json

RESULT_FD = 3
REQUESTS_FD = 4
TROUBLE_FD = 5
RULESET_FD = 6
SOURCE = "<source>"
"""File name of the code in frames; the worker looks for it in the dump of a killed call."""
MAX_FDS = 256
MAX_FRAMES = 20
"""Lines of the code that an error names, at most: the innermost ones."""
_MAX_TROUBLE = 400
_SPARE = 32 * 1024 * 1024
"""Address space that is set free after a MemoryError, so that it can still be reported."""


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
        _write_all(pack(_outcome(request, _ACTIONS[request["kind"]])))
    else:
        _cells(request)
    os._exit(0)


def _get_ready(request: dict[str, Any], place: Place) -> None:
    """Whatever comes before hostile code. A process that fails here runs none of it."""
    os.setsid()
    processes.die_with(place.worker)
    if place.ruleset is not None:
        landlock.restrict(RULESET_FD)
        os.close(RULESET_FD)
    _limit(request["limits"], place)
    faulthandler.enable(RESULT_FD, all_threads=False)
    faulthandler.register(signal.SIGUSR1, RESULT_FD, all_threads=False, chain=False)
    faulthandler.register(signal.SIGXCPU, RESULT_FD, all_threads=False, chain=True)
    _same_randomness()
    tempfile.tempdir = os.getcwd()
    gc.enable()
    place.confinement.filter()


def used_cpu_s(pid: int) -> float:
    """CPU seconds of a process that runs; 0 where the system does not tell (macOS), or when it has ended."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the process's own clock, as clock_getcpuclockid(3) numbers it
    except OSError:
        return 0.0


def allow_cpu(pid: int, seconds: float) -> None:
    """Let a process that has used CPU time use so many seconds more. For the worker; without effect on macOS."""
    if hasattr(resource, "prlimit"):
        resource.prlimit(pid, resource.RLIMIT_CPU, (math.ceil(used_cpu_s(pid) + seconds), resource.RLIM_INFINITY))


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
    os.closerange(RULESET_FD + 1, MAX_FDS + 1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _limit(limits: dict[str, Any], place: Place) -> None:
    memory = place.mapped + limits["memory_bytes"]
    seconds = math.ceil(limits["cpu_s"])
    most = seconds + 1 if place.requests is None else resource.RLIM_INFINITY  # a notebook's grows by the cell
    bounds = [
        (resource.RLIMIT_CPU, seconds, most),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, memory, memory + _SPARE),
    ]
    if place.tasks is not None:
        bounds.append((resource.RLIMIT_NPROC, place.tasks, place.tasks))
    for kind, soft, hard in bounds:
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(kind, (soft, hard))


def _same_randomness() -> None:
    # Equal calls give equal results, so that a run can be repeated.
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)


def _outcome(request: dict[str, Any], action: Callable[[dict[str, Any]], str]) -> bytes:
    """The one message: `{"value": ...}` or `{"error": {type, message, line, lines}}`, of bounded length."""
    try:
        text = f'{{"value":{action(request)}}}'
    except BaseException as error:
        if isinstance(error, MemoryError):
            with contextlib.suppress(OSError, ValueError):
                hard = resource.getrlimit(resource.RLIMIT_AS)[1]
                resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        text = write_json({"error": _describe(error, request["source"])})
    return text.encode("utf-8", "replace")


def _cells(request: dict[str, Any]) -> None:
    """A notebook: one cell after another in one namespace, until the worker says no more."""
    names = _module("__main__").__dict__
    while True:
        message = _outcome(request, lambda cell: _cell(cell, names))
        # What is still buffered belongs to the cell that printed it.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        _write_all(pack(message))
        try:
            received = receive_from(REQUESTS_FD, MAX_REQUEST)
        except (OSError, FrameError):
            return
        if received is None:
            return
        request = json.loads(received)


def _call(request: dict[str, Any]) -> str:
    function = _defined(request)
    positional, keywords = bind(function, request["name"], request["arguments"])
    value = function(*positional, **keywords)
    if inspect.iscoroutine(value):
        import asyncio  # few functions need it, and it takes long to import

        value = asyncio.run(value)
    try:
        return to_json(value, request["limits"]["result_bytes"])
    except BadResult as error:
        # Nothing tells which `return` it was, so the line is the function's first.
        error.line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
        raise


def _load(request: dict[str, Any]) -> str:
    _defined(request)
    return "null"


def _cell(request: dict[str, Any], names: dict[str, Any]) -> str:
    """Run all statements; the value is that of a last expression."""
    code, source, limit = request["code"], request["source"], request["limits"]["result_bytes"]
    _remember(source, code)
    tree = ast.parse(code, source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, source, "exec"), names)  # noqa: S102 - this process exists to run it
    if not isinstance(last, ast.Expr):
        return "null"
    value = eval(compile(ast.Expression(last.value), source, "eval"), names)  # noqa: S307 - as above
    try:
        return to_json(value, limit)
    except BadResult:
        shown = repr(value)
        return to_json(shown if len(shown) < limit // 8 else shown[: limit // 8] + " …", limit)


_ACTIONS = {"call": _call, "load": _load}


def _defined(request: dict[str, Any]) -> Any:
    name = request["name"]
    module = _module("learned")
    _remember(SOURCE, request["code"])
    exec(compile(request["code"], SOURCE, "exec"), module.__dict__)  # noqa: S102 - this process exists to run it
    function = module.__dict__.get(name)
    if not callable(function):
        others = [key for key, value in module.__dict__.items() if isinstance(value, types.FunctionType)]
        defines = f"it defines {', '.join(others[:10])}" if others else "it defines none"
        raise NameError(f"The code defines no function called '{name}'; {defines}.")
    return function


def _module(name: str) -> types.ModuleType:
    """A module that can be found by name, as data classes and inspect expect it of any class or function."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module


def _remember(source: str, code: str) -> None:
    """Let tracebacks and inspect find the lines."""
    linecache.cache[source] = (len(code), None, code.splitlines(keepends=True), source)


def _describe(error: BaseException, source: str) -> dict[str, Any]:
    if isinstance(error, SyntaxError) and error.filename == source:
        return {"type": type(error).__name__, "message": str(error.msg), "line": error.lineno, "lines": []}
    kind = "MemoryLimit" if isinstance(error, MemoryError) else type(error).__name__
    try:
        message = str(error)
    except BaseException:
        message = "(its message cannot be read)"
    if not isinstance(message, str) or (isinstance(error, MemoryError) and not message):
        message = "More memory is needed than a call may use."
    if isinstance(error, SystemExit):
        message = f"The code called exit({message})."
    lines = [error.line] if isinstance(error, BadResult) else list(_own_lines(error, source))
    line = lines[-1] if lines else None
    return {"type": kind[:100], "message": message[:4000], "line": line, "lines": lines[-MAX_FRAMES:]}


def _own_lines(error: BaseException, source: str) -> Iterator[int]:
    """The lines of the code that led to the error, outermost first."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == source:
            yield trace.tb_lineno
        trace = trace.tb_next


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(RESULT_FD, view) :]
