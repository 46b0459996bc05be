"""The messages of a request as they are read, and of a reply as it is said, whatever shape their content has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from agentopt_core.words import JsonObject


@dataclass(frozen=True)
class Call:
    """A tool call: the name and its arguments."""

    name: str
    arguments: JsonObject


@dataclass(frozen=True)
class Said:
    """A reply: text, calls, or both."""

    text: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Heard:
    """A message of the request."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()


def say(text: str, *calls: Call) -> Said:
    """A reply."""
    return Said(text, calls)


def spoken(body: Mapping[str, JsonValue]) -> list[Heard]:
    """The messages of a request, in order; damaged ones are skipped."""
    messages = body.get("messages")
    return [
        Heard(
            str(message.get("role")),
            text_of(message.get("content")),
            _calls(message.get("tool_calls")) or _written_calls(message),
        )
        for message in (messages if isinstance(messages, list) else [])
        if isinstance(message, dict)
    ]


def text_of(content: JsonValue) -> str:
    """The text of a message's content, which may be a text, a list of parts, or nothing. Images are not looked at."""
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if isinstance(part, dict) and part.get("text"))
    return content if isinstance(content, str) else ""


def as_text(said: Said) -> str:
    """A reply with its calls as text, for a request without tools."""
    calls = [
        f"<tool_call>\n{json.dumps({'name': call.name, 'arguments': call.arguments}, ensure_ascii=False)}\n</tool_call>"
        for call in said.calls
    ]
    return "\n".join(filter(None, (said.text, *calls)))


def _written_calls(message: Mapping[str, JsonValue]) -> tuple[Call, ...]:
    if message.get("role") != "assistant":
        return ()
    blocks = re.findall(r"<tool_call>\n(.*?)\n</tool_call>", text_of(message.get("content")), re.DOTALL)
    return _calls([{"function": _as_function(block)} for block in blocks])


def _as_function(block: str) -> JsonObject:
    try:
        call = json.loads(block)
    except ValueError:
        return {}
    return {"name": call.get("name"), "arguments": json.dumps(call.get("arguments"))} if isinstance(call, dict) else {}


def _calls(listed: JsonValue) -> tuple[Call, ...]:
    calls = []
    for call in listed if isinstance(listed, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            try:
                arguments = json.loads(str(function.get("arguments")))
            except ValueError:
                arguments = {}
            calls.append(Call(str(function.get("name")), arguments if isinstance(arguments, dict) else {}))
    return tuple(calls)
