"""A model's reply as it came, whatever its shape, and what the agent may rely on instead."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from agentopt_core.agents.arguments import BadArguments, read_arguments
from agentopt_core.chat import ChatReply
from agentopt_core.lenient_json import well_formed
from agentopt_core.rollouts import ToolCall
from agentopt_core.words import JsonObject

_THOUGHT = re.compile(r"<think(?:ing)?>(.*?)(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_WRITTEN_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_ILLEGAL_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")

THOUGHT_FIELDS = ("reasoning_content", "reasoning_details")
"""Fields that some endpoints need to see again beside the tool calls they came with (DeepSeek, OpenRouter)."""
CALL_FIELDS = ("extra_content",)
"""The same inside a tool call (Gemini's thought signatures)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one reply says. Thoughts are apart: they are neither run nor graded."""

    text: str
    reasoning: str
    refusal: str
    calls: tuple[ToolCall, ...]
    """Ids as the endpoint gave them: they may be empty or repeat."""
    finish_reason: str
    kept: JsonObject
    """Fields of the message that the endpoint must see again."""
    kept_of_calls: tuple[JsonObject, ...]
    """The same for each call."""

    @property
    def cut_off(self) -> bool:
        """The reply ran into the limit of completion tokens."""
        return self.finish_reason == "length"


def read_reply(reply: ChatReply, known: Collection[str]) -> Reply:
    """Read content given as text, parts or nothing, thoughts inside or beside it, and calls in their three shapes.

    The shapes: `tool_calls`; the older `function_call`; and calls written as text, in `<tool_call>` tags or as a
    message that is nothing but a JSON object and names a tool that is `known`.
    """
    message = reply.message
    text, thoughts = _apart(_text(message.get("content")))
    beside = next((_text(message[key]) for key in ("reasoning_content", "reasoning") if message.get(key)), "")
    entries = list(_entries(message))
    calls = tuple(call for call, _ in entries)
    if not calls:
        calls, text = _written_calls(text, known)
    return Reply(
        text=text,
        reasoning="\n\n".join(part for part in (beside.strip(), thoughts) if part),
        refusal=_refusal(message),
        calls=calls,
        finish_reason=reply.finish_reason,
        kept=_some(message, THOUGHT_FIELDS) if entries else {},
        kept_of_calls=tuple(kept for _, kept in entries) or ({},) * len(calls),
    )


def _text(content: JsonValue) -> str:
    match content:
        case str():
            return well_formed(content)
        case list():
            return "".join(map(_text_of_part, content))
        case _:
            return ""


def _text_of_part(part: JsonValue) -> str:
    match part:
        case str(text) | {"type": "text" | "output_text", "text": str(text)}:
            return well_formed(text)
        case _:
            return ""


def _refusal(message: JsonObject) -> str:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    found = [message.get("refusal"), *(part.get("refusal") for part in parts if isinstance(part, dict))]
    return " ".join(well_formed(text).strip() for text in found if isinstance(text, str) and text.strip())


def _apart(content: str) -> tuple[str, str]:
    """Text and thoughts. Templates that open the thought themselves leave only its closing tag in the reply."""
    thoughts: list[str] = []
    end = _THOUGHT_END.search(content)
    begin = _THOUGHT.search(content)
    if end and (begin is None or end.start() < begin.start()):
        thoughts.append(content[: end.start()].strip())
        content = content[end.end() :]
    thoughts += [thought.strip() for thought in _THOUGHT.findall(content)]
    return _THOUGHT.sub("", content).strip(), "\n\n".join(thought for thought in thoughts if thought)


def _entries(message: JsonObject) -> Iterator[tuple[ToolCall, JsonObject]]:
    listed = message.get("tool_calls")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("function"), dict):
            identity = entry.get("id")
            yield (
                _call(entry["function"], identity if isinstance(identity, str) else ""),
                _some(entry, CALL_FIELDS),
            )
    if not listed and isinstance(message.get("function_call"), dict):
        yield _call(message["function_call"], ""), {}


def _call(function: JsonValue, identity: str) -> ToolCall:
    assert isinstance(function, dict)
    arguments = function.get("arguments", function.get("parameters"))
    if arguments is None:
        arguments = ""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(id=well_formed(identity), name=_legal_name(function.get("name")), arguments=well_formed(text))


def _legal_name(name: JsonValue) -> str:
    """The name as a request may repeat it: endpoints refuse a whole history for one illegal name in it."""
    legal = _ILLEGAL_IN_NAME.sub("_", name.strip().removeprefix("functions.")) if isinstance(name, str) else ""
    return legal[:64] or "unnamed"


def _written_calls(text: str, known: Collection[str]) -> tuple[tuple[ToolCall, ...], str]:
    """Calls written as text and the text without them; no calls unless each can be read."""
    tagged = _WRITTEN_CALL.findall(text)
    calls: list[ToolCall] = []
    for written in tagged or ([text] if text.startswith(("{", "```")) else []):
        try:
            entry = read_arguments(written, text_after=bool(tagged))
        except BadArguments:
            return (), text
        call = _call(entry, "")
        is_call = isinstance(entry.get("arguments", entry.get("parameters")), dict | str)
        if not is_call or not (tagged or call.name in known):
            return (), text
        calls.append(call)
    return tuple(calls), _WRITTEN_CALL.sub("", text).strip() if tagged else ("" if calls else text)


def _some(source: JsonObject, names: tuple[str, ...]) -> JsonObject:
    return {name: source[name] for name in names if source.get(name)}
