"""What a worker reports, as an ExecutionResult. The function's own message is hostile: parsed strictly, bounded."""

from __future__ import annotations

import json
import signal
from typing import Any, NoReturn

from pydantic import ValidationError

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.rollouts import ExecutionError, ExecutionResult, SandboxLevel
from agentopt_core.sandbox.workers import Reply

_GARBAGE = "It wrote into the sandbox's own pipe, so its result cannot be read. Return the result instead."
MESSAGE_CHARS = 4000
"""Characters of an error's message that are kept."""
MAX_LINES = 20
"""Lines on the way to an error that are kept."""


def failed(
    kind: str, message: str, level: SandboxLevel, line: int | None = None, stdout: str = "", lines: tuple[int, ...] = ()
) -> ExecutionResult:
    """A call that gave no value."""
    error = ExecutionError(type=kind, message=message[:MESSAGE_CHARS], line=line, lines=lines)
    return ExecutionResult(ok=False, stdout=stdout, error=error, level=level)


def as_result(reply: Reply, limits: SandboxLimits, lines: int, level: SandboxLevel) -> ExecutionResult:
    """The result of a call whose source has that many lines.

    Raises: InfrastructureFault when the call could not be started at all.
    """
    header = reply.header
    if "fault" in header:
        raise InfrastructureFault(
            f"A function could not be started: {header['fault']}.", "Check free memory, processes and disk."
        )
    stdout = _output(reply, limits)
    line = _line(header.get("line"), lines)
    ended = _ended(header, limits)
    if ended is not None:
        return failed(*ended, level, line, stdout)
    try:
        return _believed(_parse(reply.result), stdout, lines, level)
    except (ValueError, RecursionError, ValidationError):
        return failed("BadResult", _GARBAGE, level, None, stdout)


def _ended(header: dict[str, Any], limits: SandboxLimits) -> tuple[str, str] | None:
    """Type and message of an end without a result; None when there is one."""
    match header["reason"]:
        case "result":
            return None
        case "wall":
            return "Timeout", f"It ran longer than {limits.wall_s:g} s and was ended."
        case "cpu":
            return "Timeout", f"It used more than {limits.cpu_s:g} s of CPU and was ended."
        case "memory":
            return "MemoryLimit", "More memory is needed than a call may use."
        case "files":
            return "Killed", "It made too many files and was ended."
        case "processes":
            return "Killed", "It started too many processes or threads and was ended."
        case "garbage":
            return "BadResult", _GARBAGE
        case "oversize":
            return "BadResult", f"The result is larger than {limits.result_kb} KiB of JSON. Return less."
        case "exit" if header["exit"] < 0:
            return "Killed", f"Its process was ended by {_signal(-header['exit'])}."
        case _:
            return "Killed", f"It ended its process (exit code {header['exit']}) before it returned."


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _output(reply: Reply, limits: SandboxLimits) -> str:
    text = reply.printed.decode("utf-8", "replace")
    cut = int(str(reply.header.get("printed", 0))) - len(reply.printed)
    return text if cut <= 0 else f"{text}\n[{cut} more bytes of output were cut: {limits.output_kb} KiB are kept]"


def _parse(data: bytes) -> dict[str, Any]:
    message = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    # Half characters (lone surrogates) can hide in escapes, and no file could hold them.
    json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return message


def _believed(message: dict[str, Any], stdout: str, lines: int, level: SandboxLevel) -> ExecutionResult:
    if message.keys() == {"value"}:
        return ExecutionResult(ok=True, value=message["value"], stdout=stdout, level=level)
    error = message["error"] if message.keys() == {"error"} else None
    if not isinstance(error, dict) or error.keys() != {"type", "message", "line", "lines"}:
        raise ValueError("neither a value nor an error")
    if not isinstance(error["type"], str) or not isinstance(error["message"], str):
        raise ValueError("an error that is no text")
    if not isinstance(error["lines"], list):
        raise ValueError("lines that are no list")
    own = tuple(line for line in error["lines"][:MAX_LINES] if _line(line, lines) is not None)
    return failed(error["type"][:100], error["message"], level, _line(error["line"], lines), stdout, own)


def _line(line: object, lines: int) -> int | None:
    return line if isinstance(line, int) and not isinstance(line, bool) and 1 <= line <= lines else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
