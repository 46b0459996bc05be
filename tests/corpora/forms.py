"""The forms in which cases are written: short enough that the cases themselves stay readable."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

Call = dict[str, Any]
Case = dict[str, Any]

_EDIT = re.compile(r"(add|revise|remove) (\w+)(?:\((.*)\))?")


def code(text: str) -> str:
    """Python source as it is written in the case, without the indentation of the case."""
    return dedent(text).strip("\n") + "\n"


def props(**types: Any) -> dict[str, Any]:
    """A flat schema: every parameter with its type, or with its whole schema."""
    return {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in types.items()}


def full(required: Sequence[str] | None = None, **types: Any) -> dict[str, Any]:
    """A full schema; all parameters are required unless told otherwise."""
    return {"type": "object", "properties": props(**types), "required": list(types if required is None else required)}


def raw(tool: str, arguments: Any, **extra: Any) -> Call:
    """A tool call with its arguments exactly as given (a string, or what a careless server sends)."""
    return {"name": tool, "arguments": arguments, **extra}


def fields(name: Any, source: Any, schema: Any, description: Any, packages: Any, **extra: Any) -> dict[str, Any]:
    """The fields of one edit, in the order models write them."""
    return {
        "name": name,
        "description": description,
        "arguments": schema,
        "packages": packages,
        "code": source,
        **extra,
    }


def add(
    name: Any,
    source: Any,
    schema: Any,
    *,
    tool: str = "add_function",
    description: Any = "A helper for the tasks.",
    packages: Any = "",
    without: Sequence[str] = (),
    **extra: Any,
) -> Call:
    """A well-formed call of `add_function`, as far as its fields are."""
    values = fields(name, source, schema, description, packages, **extra)
    return raw(tool, json.dumps({key: value for key, value in values.items() if key not in without}))


def revise(name: Any, source: Any, schema: Any, **more: Any) -> Call:
    """The same for `revise_function`."""
    return add(name, source, schema, tool="revise_function", **more)


def remove(name: Any) -> Call:
    """A call of `remove_function`."""
    return raw("remove_function", json.dumps({"name": name}))


def gives(function: str, result: Any, /, **kwargs: Any) -> dict[str, Any]:
    """What an accepted function must return for these arguments."""
    return {"function": function, "kwargs": kwargs, "result": result}


def has(name: str, **types: Any) -> dict[str, Any]:
    """A function the agent already carries."""
    return {"name": name, "parameters": full(**types)}


def reply(
    kind: str,
    quirk: str,
    why: str,
    *,
    calls: Call | Sequence[Call] | None = None,
    content: Any = None,
    finish: str | None = None,
    given: Sequence[dict[str, Any]] = (),
    becomes: str = "",
    refused: str | None = None,
    each: str = "",
    terminates: bool = False,
    tests: Sequence[dict[str, Any]] = (),
    policy: bool = False,
    sandbox: bool = False,
    **message: Any,
) -> Case:
    """One reply of the optimizer with its label.

    `becomes` lists the usable edits, `add area(width, height?); remove old`, where `?` marks a parameter that is not
    required. `each` gives the verdict of every call, `ok` or a reason code.
    """
    made = [calls] if isinstance(calls, dict) else list(calls or ())
    normalised = [_edit(edit) for edit in becomes.split(";") if edit.strip()]
    sent: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": [], **message}
    if calls is not None:
        sent["tool_calls"] = [_tool_call(number, call) for number, call in enumerate(made, 1)]
    verdicts = each.split()
    if terminates:
        expected = "terminate"
    elif not normalised:
        expected = "reject"
    else:
        expected = "partial" if any(verdict != "ok" for verdict in verdicts) else "accept"
    return {
        "kind": kind,
        "quirk": quirk,
        "situation": {"functions": list(given)},
        "message": sent,
        "finish_reason": finish or ("tool_calls" if made else "stop"),
        "expected": expected,
        "actions": len(normalised),
        "why": why,
        "normalised": normalised,
        "per_call": [_verdict(verdict) for verdict in verdicts] or None,
        "reason_code": refused,
        "detect": "sandbox" if sandbox else "static",
        "policy": policy,
        "tests": list(tests),
    }


def message(
    kind: str,
    why: str,
    content: Any,
    answer: str,
    rule: str,
    *,
    gold: str,
    correct: bool,
    calls: Call | Sequence[Call] | None = None,
    options: Sequence[str] | None = None,
    policy: bool = False,
) -> Case:
    """One last message of an agent, the answer to be read in it, and whether that answers the gold."""
    made = [calls] if isinstance(calls, dict) else list(calls or ())
    return {
        "kind": kind,
        "content": content,
        "tool_calls": [_tool_call(number, call) for number, call in enumerate(made, 1)] or None,
        "gold": gold,
        "options": list(options) if options else None,
        "expected_answer": answer,
        "expected_correct": correct,
        "rule": rule,
        "policy": policy,
        "why": why,
    }


def _edit(text: str) -> dict[str, Any]:
    found = _EDIT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not an edit: {text!r}")
    op, name, signature = found.groups()
    if op == "remove":
        return {"op": op, "function": name}
    names = [part.strip() for part in (signature or "").split(",") if part.strip()]
    return {
        "op": op,
        "function": name,
        "parameters": [part.rstrip("?") for part in names],
        "required": [part for part in names if not part.endswith("?")],
    }


def _verdict(word: str) -> dict[str, str]:
    return {"verdict": "accept"} if word == "ok" else {"verdict": "reject", "reason_code": word}


def _tool_call(number: int, call: Call) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": call["arguments"]}
    extra = {key: value for key, value in call.items() if key not in function}
    return {"id": f"call_{number:02}", "type": "function", "function": function, **extra}
