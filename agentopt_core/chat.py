"""One request to a model and its reply, in the shapes of the chat completions API."""

from __future__ import annotations

from typing import Literal

from agentopt_core.rollouts import Usage
from agentopt_core.words import JsonObject, Word

Role = Literal["agent", "optimizer", "judge", "check"]
"""Whose request it is; cost is kept per role."""


class Purpose(Word):
    """What a request is made for, so that its cost can be booked."""

    role: Role
    evaluation: int | None = None
    task_id: str | None = None
    step: int | None = None


class ChatRequest(Word):
    """One request. `messages` and `tools` are as the API takes them. None leaves a parameter out."""

    purpose: Purpose
    messages: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...] = ()
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None


class ChatReply(Word):
    """The first choice of the reply. `message` is the JSON object as it came: content may be text, parts or None."""

    message: JsonObject
    finish_reason: str
    usage: Usage
    model: str = ""
    ms: float = 0.0
    attempts: int = 1
