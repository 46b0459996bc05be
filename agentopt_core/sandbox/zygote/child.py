"""Inside the process of one call: take on the limits, run the code, hand back one message, end.

Whatever runs here may be hostile. It owns its result pipe and nothing else, so a function can lie about its own result
and about no other.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import gc
import inspect
import linecache
import math
import os
import random
import resource
import signal
import sys
import tempfile
import types
from collections.abc import Iterator
from typing import Any, NoReturn

from . import processes
from .binding import bind
from .framing import pack
from .jsonable import BadResult, to_json, write_json

RESULT_FD = 3
SOURCE = "<source>"
"""File name of the code in frames; the worker looks for it in the dump of a killed call."""
MAX_FDS = 256
_MAX_FILE = 64 * 1024 * 1024
_SPARE = 32 * 1024 * 1024
"""Address space that is set free after a MemoryError, so that it can still be reported."""


def run(request: dict[str, Any], folder: int, output: int, result: int, mapped: int, worker: int) -> NoReturn:
    """Become the process of a call. `folder`, `output` and `result` are descriptors; `mapped` is in bytes."""
    limits = request["limits"]
    os.setsid()
    processes.die_with(worker)
    _only_these_fds(folder, output, result)
    _limit(limits, mapped)
    faulthandler.enable(RESULT_FD, all_threads=False)
    faulthandler.register(signal.SIGUSR1, RESULT_FD, all_threads=False, chain=False)
    faulthandler.register(signal.SIGXCPU, RESULT_FD, all_threads=False, chain=True)
    _same_randomness()
    tempfile.tempdir = os.getcwd()
    gc.enable()
    _write_all(pack(_outcome(request, limits["result_bytes"])))
    os._exit(0)


def _only_these_fds(folder: int, output: int, result: int) -> None:
    os.fchdir(folder)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # The result's descriptor may be any number, also one that is overwritten here.
    result = os.dup(result) if result < RESULT_FD else result
    os.dup2(result, RESULT_FD)
    os.closerange(RESULT_FD + 1, MAX_FDS + 1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _limit(limits: dict[str, Any], mapped: int) -> None:
    memory = mapped + limits["memory_bytes"]
    seconds = math.ceil(limits["cpu_s"])
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_FSIZE, _MAX_FILE, _MAX_FILE),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, memory, memory + _SPARE),
    ):
        with contextlib.suppress(OSError, ValueError):  # not every system has every limit
            resource.setrlimit(kind, (soft, hard))


def _same_randomness() -> None:
    # Equal calls give equal results, so that a run can be repeated.
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)


def _outcome(request: dict[str, Any], limit: int) -> bytes:
    """The one message: `{"value": ...}` or `{"error": {type, message, line}}`, at most `limit` bytes of value."""
    try:
        text = f'{{"value":{_ACTIONS[request["kind"]](request, limit)}}}'
    except BaseException as error:
        if isinstance(error, MemoryError):
            with contextlib.suppress(OSError, ValueError):
                hard = resource.getrlimit(resource.RLIMIT_AS)[1]
                resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        text = write_json({"error": _describe(error)})
    return text.encode("utf-8", "replace")


def _call(request: dict[str, Any], limit: int) -> str:
    function = _defined(request)
    positional, keywords = bind(function, request["name"], request["arguments"])
    value = function(*positional, **keywords)
    if inspect.iscoroutine(value):
        import asyncio  # few functions need it, and it takes long to import

        value = asyncio.run(value)
    try:
        return to_json(value, limit)
    except BadResult as error:
        # Nothing tells which `return` it was, so the line is the function's first.
        error.line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
        raise


def _load(request: dict[str, Any], limit: int) -> str:
    _defined(request)
    return "null"


def _script(request: dict[str, Any], limit: int) -> str:
    """A notebook cell: run all statements; the value is that of a last expression."""
    module = _module("__main__", request["code"])
    tree = ast.parse(request["code"], SOURCE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, SOURCE, "exec"), module.__dict__)  # noqa: S102 - this process exists to run it
    if not isinstance(last, ast.Expr):
        return "null"
    value = eval(compile(ast.Expression(last.value), SOURCE, "eval"), module.__dict__)  # noqa: S307 - as above
    try:
        return to_json(value, limit)
    except BadResult:
        shown = repr(value)
        return to_json(shown if len(shown) < limit // 8 else shown[: limit // 8] + " …", limit)


_ACTIONS = {"call": _call, "load": _load, "script": _script}


def _defined(request: dict[str, Any]) -> Any:
    name = request["name"]
    module = _module("learned", request["code"])
    exec(compile(request["code"], SOURCE, "exec"), module.__dict__)  # noqa: S102 - this process exists to run it
    function = module.__dict__.get(name)
    if not callable(function):
        others = [key for key, value in module.__dict__.items() if isinstance(value, types.FunctionType)]
        defines = f"it defines {', '.join(others[:10])}" if others else "it defines none"
        raise NameError(f"The code defines no function called '{name}'; {defines}.")
    return function


def _module(name: str, code: str) -> types.ModuleType:
    """A module that can be found by name, as data classes and inspect expect it of any class or function."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    linecache.cache[SOURCE] = (len(code), None, code.splitlines(keepends=True), SOURCE)
    return module


def _describe(error: BaseException) -> dict[str, Any]:
    if isinstance(error, SyntaxError) and error.filename == SOURCE:
        return {"type": type(error).__name__, "message": str(error.msg), "line": error.lineno}
    kind = "MemoryLimit" if isinstance(error, MemoryError) else type(error).__name__
    try:
        message = str(error)
    except BaseException:
        message = "(its message cannot be read)"
    if not isinstance(message, str) or (isinstance(error, MemoryError) and not message):
        message = "More memory is needed than a call may use."
    if isinstance(error, SystemExit):
        message = f"The code called exit({message})."
    line = error.line if isinstance(error, BadResult) else max(enumerate(_own_lines(error)), default=(0, None))[1]
    return {"type": kind[:100], "message": message[:4000], "line": line}


def _own_lines(error: BaseException) -> Iterator[int]:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE:
            yield trace.tb_lineno
        trace = trace.tb_next


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(RESULT_FD, view) :]
