"""`call`: run a function from a file in the sandbox, exactly as a rollout would."""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from agentopt_core.cli.common import Subparsers, add_command, print_json
from agentopt_core.cli.sandbox_options import add_sandbox, limits_from
from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult, Isolation
from agentopt_core.sandbox import find_isolation, open_sandbox
from agentopt_core.words import JsonObject

_TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "list": "array", "dict": "object"}


class _BadUsage(Exception):
    """What the command line asks for cannot be done; the message is a sentence."""


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "call",
        run,
        "Run a function from a Python file in the sandbox, as a rollout would; one JSON object a call.",
        """call functions.py area --args '{"width": 3, "height": 4}'

prints {"ok": true, "value": 12, "stdout": "", "error": null, "ms": 4.1, "level": "namespaces"}
exit codes: 0 every call returned; 1 some call failed; 2 bad usage""",
    )
    parser.add_argument("file", type=Path, metavar="FILE.py", help="Python source that defines the function")
    parser.add_argument("name", metavar="NAME", help="the function's name")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--args", default="{}", metavar="JSON", help="the arguments as a JSON object (default: {})")
    given.add_argument("--args-file", type=Path, metavar="FILE.jsonl", help="one JSON object a line: one call each")
    add_sandbox(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every call returned, 1 when some failed, 2 for bad usage."""
    try:
        function = _function(_read(args.file), args.name)
        calls = _calls(args)
    except _BadUsage as error:
        print(f"agentopt: {error}", file=sys.stderr)
        return 2
    limits = limits_from(args)
    return asyncio.run(_run(function, calls, limits, find_isolation()))


async def _run(function: Function, calls: list[JsonObject], limits: SandboxLimits, isolation: Isolation) -> int:
    sandbox = open_sandbox(limits, isolation, notebooks=0)
    failures = 0
    try:
        for arguments in calls:
            result = await sandbox.call(function, arguments)
            failures += not result.ok
            print_json(_shown(result))
    finally:
        await sandbox.close()
    return 1 if failures else 0


def _shown(result: ExecutionResult) -> JsonObject:
    shown: JsonObject = result.model_dump(include={"ok", "value", "stdout", "error", "ms", "level"})
    return {**shown, "ms": round(result.ms, 2)}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _BadUsage(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise _BadUsage(f"{path} is not UTF-8 text. Save it as UTF-8.") from error


def _calls(args: argparse.Namespace) -> list[JsonObject]:
    if args.args_file is None:
        return [_arguments(args.args, "--args")]
    lines = enumerate(_read(args.args_file).split("\n"), 1)
    calls = [_arguments(line, f"{args.args_file}, line {number}") for number, line in lines if line.strip()]
    if not calls:
        raise _BadUsage(f"{args.args_file} holds no arguments. Write one JSON object a line.")
    return calls


def _arguments(text: str, where: str) -> JsonObject:
    try:
        arguments: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _BadUsage(f"{where} is not JSON: {error}. Write an object such as '{{\"x\": 1}}'.") from error
    if not isinstance(arguments, dict):
        raise _BadUsage(f"{where} is not a JSON object. Write the arguments by name, such as '{{\"x\": 1}}'.")
    return arguments


def _function(code: str, name: str) -> Function:
    return Function(name=name, description="", parameters=parameters_of(code, name), code=code)


def parameters_of(code: str, name: str) -> JsonObject:
    """A schema read off the signature, since a bare file has none. The file is only parsed, never executed here."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):  # the sandbox reports it, with its line
        body = []
    found = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name]
    if not found:
        return {"type": "object", "properties": {}, "required": []}
    signature = found[-1].args
    named = [*signature.posonlyargs, *signature.args]
    required = [arg.arg for arg in named[: len(named) - len(signature.defaults)]]
    required += [arg.arg for arg, value in zip(signature.kwonlyargs, signature.kw_defaults, strict=True) if not value]
    properties = {arg.arg: _schema(arg.annotation) for arg in [*named, *signature.kwonlyargs]}
    return {"type": "object", "properties": dict(properties), "required": list(required)}


def _schema(annotation: ast.expr | None) -> JsonObject:
    """`int` -> integer, `list[float]` -> array; anything else may be any JSON."""
    plain = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return {"type": _TYPES[plain.id]} if isinstance(plain, ast.Name) and plain.id in _TYPES else {}
