"""Inside the process of one call: run the code, hand back one message. `forked` and `once` make such a process.

Whatever runs here may be hostile. It owns its result pipe and nothing else, so a function can lie about its own result
and about no other.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import os
import random
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import limits
from .binding import bind
from .framing import pack
from .jsonable import BadResult, to_json, write_json

RESULT_FD = 3
REQUESTS_FD = 4
SOURCE = "<source>"
"""File name of the code in frames; the worker looks for it in the dump of a killed call."""
ATTACHMENTS = "attachments"
"""The folder, in a call's own folder, in which the task's files are found."""
MAX_FRAMES = 20
"""Lines of the code that an error names, at most: the innermost ones."""


def same_randomness() -> None:
    """Equal calls give equal results, so that a run can be repeated."""
    random.seed(0)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(0)


def answer(request: dict[str, Any]) -> None:
    """Run a call or load a source, and send its message."""
    _write_all(pack(_outcome(request, _ACTIONS[request["kind"]])))


def _outcome(request: dict[str, Any], action: Callable[[dict[str, Any]], str]) -> bytes:
    """The one message: `{"value": ...}` or `{"error": {type, message, line, lines}}`, of bounded length."""
    try:
        text = f'{{"value":{action(request)}}}'
    except BaseException as error:
        if isinstance(error, MemoryError):
            limits.free_spare_memory()
        text = write_json({"error": _describe(error, request["source"])})
    return text.encode("utf-8", "replace")


def cells(requests: Iterable[dict[str, Any]], printed: Callable[[], None]) -> None:
    """A notebook: one cell after another in one namespace. `printed` is called when a cell's output is complete."""
    names = _module("__main__").__dict__
    for request in requests:
        message = _outcome(request, lambda cell: _cell(cell, names))
        # What is still buffered belongs to the cell that printed it.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        printed()
        _write_all(pack(message))


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
