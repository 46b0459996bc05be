"""What goes back to the optimizer when something was refused: its own reply and an answer to each call of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pydantic import JsonValue

from agentopt_core.chat import ChatRequest
from agentopt_core.optimizer.reading import JudgedCall, ReplyReading
from agentopt_core.prompts import PromptBook
from agentopt_core.tokens import cut_middle, estimate_tokens, fits
from agentopt_core.words import JsonObject

_LEAST = 60
"""Estimated tokens of one text of an exchange, at least; below it only the answers go back."""
_PER_MESSAGE = 6
"""Tokens an endpoint adds for each message and call, on the high side."""
_MOST_FIELDS = 10
"""Of a call's arguments; the tools have five."""
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]")


def feedback(readings: Sequence[ReplyReading], prompts: PromptBook, tokens: int) -> list[JsonObject]:
    """The conversation since the last clean reply, in at most `tokens`; the oldest exchanges are left out first."""
    messages: list[JsonObject] = []
    for reading in reversed(readings):
        exchange = _exchange_within(reading, prompts, tokens - conversation_tokens(messages))
        if exchange is None:
            break
        messages = [*exchange, *messages]
    return messages


def conversation_tokens(messages: Sequence[JsonObject]) -> int:
    """Estimated tokens of messages, calls included."""
    total = 0
    for message in messages:
        total += _PER_MESSAGE + estimate_tokens(str(message.get("content") or ""))
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            total += _PER_MESSAGE + estimate_tokens(json.dumps(call, ensure_ascii=False))
    return total


def request_tokens(request: ChatRequest) -> int:
    """Estimated tokens of a whole request: messages and tools."""
    tools = estimate_tokens(json.dumps(list(request.tools), ensure_ascii=False))
    return conversation_tokens(request.messages) + tools


def request_text(request: ChatRequest) -> str:
    """A request for people to read: every message under its role, then the tools. No key is part of a request."""
    lines = []
    for message in request.messages:
        lines.append(f"===== {message.get('role')}")
        lines += [str(message["content"])] if message.get("content") else []
        lines += [json.dumps(message["tool_calls"], ensure_ascii=False)] if message.get("tool_calls") else []
    lines += ["===== tools", json.dumps(list(request.tools), ensure_ascii=False, indent=1)]
    return "\n\n".join(lines)


def _exchange_within(reading: ReplyReading, prompts: PromptBook, tokens: int) -> list[JsonObject] | None:
    limit = max(tokens, _LEAST)
    while limit >= _LEAST:
        messages = _exchange(reading, prompts, limit)
        if conversation_tokens(messages) <= tokens:
            return messages
        limit //= 3
    answers = "\n".join(_answer(judged, prompts) for judged in reading.calls) or _problem(reading, prompts)
    room = tokens - _PER_MESSAGE
    return [{"role": "user", "content": cut_middle(answers, room)}] if room >= _LEAST else None


def _exchange(reading: ReplyReading, prompts: PromptBook, limit: int) -> list[JsonObject]:
    """The reply and its answer: tool messages for calls made through the API, else a user message."""
    if not reading.calls:
        said = cut_middle(reading.text, limit) or "(empty)"
        return [{"role": "assistant", "content": said}, {"role": "user", "content": _problem(reading, prompts)}]
    if not all(judged.call.id for judged in reading.calls):
        told = "\n".join(f"{judged.call.tool}: {_answer(judged, prompts)}" for judged in reading.calls)
        written = reading.text or "\n".join(judged.call.written for judged in reading.calls)
        return [{"role": "assistant", "content": cut_middle(written, limit)}, {"role": "user", "content": told}]
    ids = _unique_ids(reading.calls)
    calls: list[JsonValue] = [
        {"id": call_id, "type": "function", "function": _as_called(judged, limit)}
        for call_id, judged in zip(ids, reading.calls, strict=True)
    ]
    reply: JsonObject = {"role": "assistant", "content": cut_middle(reading.text, limit) or None, "tool_calls": calls}
    answers: list[JsonObject] = [
        {"role": "tool", "tool_call_id": call_id, "content": _answer(judged, prompts)}
        for call_id, judged in zip(ids, reading.calls, strict=True)
    ]
    return [reply, *answers]


def _as_called(judged: JudgedCall, limit: int) -> JsonObject:
    """The call as it goes back, always with JSON as arguments and a legal name, whatever the model wrote.

    Some endpoints refuse a whole conversation for one broken call in it.
    """
    call = judged.call
    arguments: JsonObject = {"unreadable": cut_middle(call.written, limit)}
    if call.arguments is not None:
        arguments = {key[:64]: _shortened(value, limit) for key, value in list(call.arguments.items())[:_MOST_FIELDS]}
    name = _NOT_IN_A_NAME.sub("_", call.tool)[:64] or "unknown"
    return {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}


def _shortened(value: JsonValue, limit: int) -> JsonValue:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if fits(text, limit) else cut_middle(text, limit)


def _unique_ids(calls: Sequence[JudgedCall]) -> list[str]:
    """The calls' own ids; a repeated or overlong one gets another of nine signs, which every endpoint takes."""
    ids: list[str] = []
    for number, judged in enumerate(calls):
        own = judged.call.id
        ids.append(own if own not in ids and len(own) <= 64 else f"again{number:04d}")
    return ids


def _answer(judged: JudgedCall, prompts: PromptBook) -> str:
    if judged.refusal is None:
        op = judged.call.tool
        name = judged.action.name if judged.action else ""
        return prompts.fill("optimizer_accepted", action=f"{op} {name}")
    return prompts.fill("optimizer_refused", code=judged.refusal.code, reason=judged.refusal.reason)


def _problem(reading: ReplyReading, prompts: PromptBook) -> str:
    problem = reading.problem
    return prompts.fill("optimizer_no_call", code=problem.code, reason=problem.reason) if problem else ""
