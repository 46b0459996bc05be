"""What is sent to a worker: code, arguments and limits as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.config import SandboxLimits
from agentopt_core.sandbox.workers import Bounds
from agentopt_core.sandbox.zygote.framing import MAX_REQUEST

_SLACK = 1 << 16
"""Bytes an answer may be longer than its result: an error's text, the JSON around a value."""


class Unsendable(Exception):
    """The request is no JSON, or too large; the message is a sentence."""


def request(
    limits: SandboxLimits,
    kind: str,
    code: str,
    source: str,
    name: str = "",
    arguments: Mapping[str, JsonValue] | None = None,
    files: Mapping[str, str] | None = None,
) -> bytes:
    """`kind` is `call`, `load` or `cell`; `source` is the code's file name in tracebacks. Raises: Unsendable."""
    try:
        data = json.dumps(
            {
                "kind": kind,
                "name": name,
                "code": code,
                "source": source,
                "arguments": dict(arguments or {}),
                "files": dict(files or {}),
                "limits": in_bytes(limits),
            }
        ).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise Unsendable(f"The arguments are no JSON: {str(error)[:200]}.") from error
    if len(data) > MAX_REQUEST:
        raise Unsendable(f"The arguments are larger than {MAX_REQUEST >> 20} MiB.")
    return data


def bounds(limits: SandboxLimits) -> Bounds:
    """What an answer may take."""
    return Bounds(limits.wall_s, limits.output_kb << 10, (limits.result_kb << 10) + _SLACK)


def in_bytes(limits: SandboxLimits) -> dict[str, float]:
    """The limits of one call, in seconds and bytes."""
    return {
        "wall_s": limits.wall_s,
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_mb << 20,
        "output_bytes": limits.output_kb << 10,
        "result_bytes": limits.result_kb << 10,
        "file_bytes": limits.file_mb << 20,
    }
