"""Short ways to say what a test is about."""

from __future__ import annotations

import json
from typing import Any

from agentopt_core.functions import Function, FunctionSet
from agentopt_core.optimizer import ReplyReading, read_reply
from agentopt_core.rollouts import Evaluation, Message, Rollout, Score, ToolCall
from agentopt_core.testing import tool_message
from agentopt_core.words import JsonObject

PACKAGES = ("numpy", "pandas", "scipy", "sympy")
AREA_CODE = 'def area(width, height):\n    """Area of a rectangle."""\n    return width * height\n'
AREA_SCHEMA = {
    "type": "object",
    "properties": {"width": {"type": "number"}, "height": {"type": "number"}},
    "required": ["width", "height"],
}


def fields(**changes: Any) -> dict[str, Any]:
    """The five fields of a good call, some changed; a change to ... leaves a field out."""
    good = {
        "name": "area",
        "description": "Area of a rectangle.",
        "arguments": AREA_SCHEMA,
        "packages": "",
        "code": AREA_CODE,
    }
    return {key: value for key, value in {**good, **changes}.items() if value is not ...}


def add(**changes: Any) -> tuple[str, dict[str, Any]]:
    return ("add_function", fields(**changes))


def function(name: str = "area", code: str | None = None, **changes: Any) -> Function:
    given: dict[str, Any] = {
        "name": name,
        "description": f"What {name} does.",
        "parameters": AREA_SCHEMA,
        "code": code or AREA_CODE.replace("area", name),
        **changes,
    }
    return Function(**given)


def functions(*names: str) -> FunctionSet:
    return FunctionSet(functions=tuple(map(function, names)))


def read(*calls: tuple[str, Any], known: tuple[str, ...] = (), finish: str = "tool_calls", **rest: Any) -> ReplyReading:
    return read_reply(tool_message(*calls), finish, functions(*known), PACKAGES, **rest)


def read_text(content: Any, known: tuple[str, ...] = (), finish: str = "stop", **message: Any) -> ReplyReading:
    return read_reply({"role": "assistant", "content": content, **message}, finish, functions(*known), PACKAGES)


def written(name: str, arguments: dict[str, Any]) -> str:
    return json.dumps({"name": name, "arguments": arguments})


def rollout(task: str, correct: bool, *texts: str, fault: bool = False) -> Rollout:
    """A conversation with one call of `area`; the score's reason holds what must never be shown."""
    messages = (
        Message(role="system", content="SYSTEM PROMPT"),
        Message(role="user", content=f"Question of {task}"),
        Message(role="assistant", tool_calls=(ToolCall(id="c", name="area", arguments='{"width": 2, "height": 3}'),)),
        Message(role="tool", content="6", tool_call_id="c"),
        *(Message(role="assistant", content=text) for text in texts),
    )
    score = Score(correct=correct, method="exact", extracted="6", rule="whole", reason="the gold is GOLD-4711")
    return Rollout(
        task_id=task, messages=messages, ended="fault" if fault else "answered", score=None if fault else score
    )


def evaluation(*rollouts: Rollout, known: tuple[str, ...] = ("area",)) -> Evaluation:
    return Evaluation(index=3, functions=functions(*known), split="train", rollouts=rollouts)


def message_text(message: JsonObject) -> str:
    return str(message.get("content") or "")
