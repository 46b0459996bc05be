"""What a model is told of an execution. The text is the function's own: data, never an instruction, and bounded."""

from __future__ import annotations

import json

from pydantic import JsonValue

from agentopt_core.lenient_json import well_formed
from agentopt_core.rollouts import ExecutionError, ExecutionResult


def function_text(result: ExecutionResult) -> str:
    """The returned value on lines of its own, then what was printed; or the error, then what was printed before."""
    first = error_text(result.error) if not result.ok else value_text(result.value)
    printed = well_formed(result.stdout).strip("\n")
    return f"{first}\n\nPrinted:\n{printed}" if printed else first


def python_text(result: ExecutionResult) -> str:
    """What a script printed, then the value of its last expression or its error, each on lines of its own."""
    parts = [well_formed(result.stdout).strip("\n")]
    if not result.ok:
        parts.append(error_text(result.error))
    elif result.value is not None:
        parts.append(value_text(result.value))
    return "\n".join(part for part in parts if part) or "(It printed nothing. Print what you want to see.)"


def shell_text(result: ExecutionResult) -> str:
    """What a command line wrote, then how it ended where that was badly."""
    parts = [well_formed(result.stdout).strip("\n"), "" if result.ok else error_text(result.error)]
    return "\n".join(part for part in parts if part) or "(It wrote nothing.)"


def value_text(value: JsonValue) -> str:
    """Text as it is, everything else as JSON."""
    try:
        return well_formed(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "(A number too long to be written out.)"


def error_text(error: ExecutionError | None) -> str:
    """Type, message and line."""
    if error is None:
        return "Error: the call failed without saying why."
    if len(error.lines) > 1:
        place = f" (lines {', '.join(map(str, error.lines[:-1]))}, then {error.lines[-1]})"
    else:
        place = f" (line {error.line})" if error.line is not None else ""
    return well_formed(f"Error: {error.type}: {error.message}{place}")
