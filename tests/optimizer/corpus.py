"""The corpus of optimizer replies beside the repository, and how a reading is compared with its labels."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from agentopt_core.actions import AddFunction, RemoveFunction, ReviseFunction
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.optimizer.reading import ReplyReading

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "replies" / "optimizer_replies_dev.jsonl"
PACKAGES = ("numpy", "pandas", "scipy", "sympy")


def lines() -> list[dict[str, Any]]:
    if not FILE.exists():
        return []
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def function_set(line: dict[str, Any]) -> FunctionSet:
    return FunctionSet(
        functions=tuple(
            Function(name=entry["name"], description="d", parameters=entry["parameters"], code="def f(): return 1")
            for entry in line["situation"]["functions"]
        )
    )


def summary(reading: ReplyReading) -> dict[str, Any]:
    """A reading in the words of the labels."""
    normalised: list[dict[str, Any]] = []
    for action in reading.actions:
        if isinstance(action, RemoveFunction):
            normalised.append({"op": "remove", "function": action.name})
        else:
            parameters = action.function.parameters
            normalised.append(
                {
                    "op": action.op,
                    "function": action.name,
                    "parameters": list(parameters["properties"]),  # type: ignore[arg-type]
                    "required": parameters["required"],
                }
            )
    per_call = [
        {"verdict": "accept"} if judged.refusal is None else {"verdict": "reject", "reason_code": judged.refusal.code}
        for judged in reading.calls
    ]
    return {
        "expected": reading.verdict,
        "reason_code": reading.reason_code,
        "normalised": normalised,
        "per_call": per_call,
    }


def expected(line: dict[str, Any]) -> dict[str, Any]:
    """The labels; `per_call` only where there is one."""
    return {key: line[key] for key in ("expected", "reason_code", "normalised")} | (
        {"per_call": line["per_call"]} if line["per_call"] else {}
    )


def accepted_functions(reading: ReplyReading) -> dict[str, Function]:
    return {
        action.name: action.function for action in reading.actions if isinstance(action, AddFunction | ReviseFunction)
    }


def same(value: Any, wanted: Any) -> bool:
    """Equal as JSON, numbers to 1e-6."""
    if isinstance(wanted, float) and isinstance(value, int | float):
        return math.isclose(value, wanted, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(wanted, dict) and isinstance(value, dict):
        value = {str(key): entry for key, entry in value.items()}
        return set(value) == set(wanted) and all(same(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(value, list | tuple):
        return len(value) == len(wanted) and all(map(same, value, wanted))
    return bool(value == wanted)
