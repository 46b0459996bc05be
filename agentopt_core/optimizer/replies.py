"""What a reply of the optimizer says: the calls in it, however they were written, its text, or why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal

from pydantic import JsonValue

from agentopt_core.lenient_json import NotJson, read_json, well_formed
from agentopt_core.words import JsonObject, Word

EDIT_TOOLS = ("add_function", "revise_function", "remove_function")
TERMINATE = "TERMINATE"

_THOUGHT = re.compile(r"<(think|thinking|thought)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_TAIL = re.compile(r"\A.*?</(?:think|thinking|thought)>", re.DOTALL | re.IGNORECASE)
_TOOL_CALL_TAG = re.compile(r"<(tool_call|function_call)>\s*(.*?)\s*(?:</\1>|\Z)", re.DOTALL)
_FUNCTION_TAG = re.compile(r"<function=([\w.]+)>\s*(.*?)\s*(?:</function>|\Z)", re.DOTALL)
_PARAMETER_TAG = re.compile(r"<parameter=(\w+)>\n?(.*?)(?:\n?</parameter>|(?=<parameter=)|\Z)", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_MARKS = " \t\r\n*_`\"'.!~#<>[]()"
_WORD = re.compile(rf"\b{TERMINATE}\b")
_NEGATION = re.compile(
    r"(?:\bnot|n't|n\u2019t|\bnever|\bcannot|\bno)(?: +(?:yet|to|say|answer|reply|a|the|need|ready|time))*[ *_`\"']*\Z",
    re.IGNORECASE,
)
_BEFORE = 60
"""Characters before the word in which a negation is looked for."""
_NAME_KEYS = ("name", "tool", "tool_name", "function_name", "action", "recipient_name")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "action_input")

Problem = Literal["no_action", "refused", "empty_reply", "content_filter", "truncated"]


class ProposedCall(Word):
    """A tool call as far as it could be read. `arguments` is None when they are no JSON object; `fault` says why."""

    id: str = ""
    """The call's id in the reply; empty when it was not made through the API."""
    tool: str
    arguments: JsonObject | None
    written: str
    """The arguments as the model wrote them."""
    fault: str = ""


class Reply(Word):
    """A reply, read: calls in order, or the word TERMINATE, or the problem that left nothing to act on."""

    calls: tuple[ProposedCall, ...] = ()
    text: str = ""
    """What it says beside its calls, without its thinking."""
    terminate: bool = False
    cut_off: bool = False
    """It ended at the token limit, so its last call may be broken for that."""
    problem: Problem | None = None


def read_message(message: JsonObject, finish_reason: str) -> Reply:
    """Read an assistant message of the chat completions API. Pure; never raises for what the message holds."""
    text = _text(message.get("content"))
    calls = tuple(_api_calls(message)) or tuple(_written_calls(text))
    wants_end = any(call.tool.upper() == TERMINATE for call in calls)
    calls = tuple(call for call in calls if call.tool.upper() != TERMINATE)
    cut_off = finish_reason == "length"
    if calls:
        return Reply(calls=calls, text=text, cut_off=cut_off)
    if wants_end or says_terminate(text):
        return Reply(text=text, terminate=True)
    return Reply(text=text, cut_off=cut_off, problem=_problem(message, text, finish_reason))


def says_terminate(text: str) -> bool:
    """The whole text is the word, in any case and dress, or it holds the word in capitals, not negated just before."""
    lines = [line for line in text.strip().splitlines() if not line.strip().startswith(("```", "~~~"))]
    if "\n".join(lines).strip(_MARKS).upper() == TERMINATE:
        return True
    return any(
        not _NEGATION.search(text[max(0, found.start() - _BEFORE) : found.start()]) for found in _WORD.finditer(text)
    )


def _problem(message: JsonObject, text: str, finish_reason: str) -> Problem:
    if finish_reason == "content_filter":
        return "content_filter"
    if message.get("refusal") or _has_refusal_part(message.get("content")):
        return "refused"
    if finish_reason == "length":
        return "truncated"
    return "no_action" if text.strip() else "empty_reply"


def _has_refusal_part(content: JsonValue) -> bool:
    parts = content if isinstance(content, list) else []
    return any(isinstance(part, dict) and bool(part.get("refusal")) for part in parts)


def _text(content: JsonValue) -> str:
    """The text of a content, which may be a list of parts; what the model thought aloud is left out."""
    if isinstance(content, list):
        content = "\n".join(
            part if isinstance(part, str) else str(part.get("text") or "")
            for part in content
            if isinstance(part, str) or (isinstance(part, dict) and part.get("type") in ("text", "output_text"))
        )
    text = well_formed(content) if isinstance(content, str) else ""
    text = _THOUGHT.sub("", text)
    return _THOUGHT_TAIL.sub("", text).strip()


def _api_calls(message: JsonObject) -> Iterator[ProposedCall]:
    """The calls in the message's own fields, today's and the legacy one, wrappers unfolded."""
    listed = message.get("tool_calls")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict):
            function = entry.get("function")
            fields = function if isinstance(function, dict) else entry
            yield from _unfold(str(entry.get("id") or ""), fields.get("name"), fields.get("arguments"))
    legacy = message.get("function_call")
    if not listed and isinstance(legacy, dict):
        yield from _unfold("", legacy.get("name"), legacy.get("arguments"))


def _unfold(call_id: str, name: JsonValue, arguments: JsonValue) -> Iterator[ProposedCall]:
    """One call, or those inside the wrapper `multi_tool_use.parallel`, which leaks now and then."""
    call = _call(call_id, name, arguments)
    uses = call.arguments.get("tool_uses") if call.tool == "multi_tool_use.parallel" and call.arguments else None
    if not isinstance(uses, list):
        yield call
        return
    for use in uses:
        if isinstance(use, dict):
            yield from _from_object(use, call_id, any_tool=True)


def _call(call_id: str, name: JsonValue, arguments: JsonValue) -> ProposedCall:
    call_id = well_formed(call_id)
    tool = well_formed(name).strip().removeprefix("functions.") if isinstance(name, str) else ""
    written = well_formed(arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False))
    if arguments is None or (isinstance(arguments, str) and not arguments.strip()):
        return ProposedCall(id=call_id, tool=tool, arguments={}, written=written)
    try:
        read = read_json(arguments)
    except NotJson as error:
        return ProposedCall(id=call_id, tool=tool, arguments=None, written=written, fault=str(error))
    if read is None:
        read = {}
    if not isinstance(read, dict):
        fault = f"they are a {type(read).__name__}, not an object"
        return ProposedCall(id=call_id, tool=tool, arguments=None, written=written, fault=fault)
    return ProposedCall(id=call_id, tool=tool, arguments=read, written=written)


def _written_calls(text: str) -> Iterator[ProposedCall]:
    """Calls written as text: tagged, fenced, or the whole text; only of tools that exist, so that no example counts."""
    if named := _FUNCTION_TAG.findall(text):
        for tool, body in named:
            call = _call("", tool, dict(_PARAMETER_TAG.findall(body)) or body)
            if _is_known(call.tool):
                yield call
        return
    tagged = [found[2] for found in _TOOL_CALL_TAG.finditer(text)]
    fenced = [found[2] for found in _FENCE.finditer(text)]
    bare = text[max(0, ("\n" + text).find("\n{")) :]
    for block in tagged or fenced or [bare]:
        try:
            yield from _from_value(read_json(block))
        except NotJson:
            continue


def _from_value(value: JsonValue) -> Iterator[ProposedCall]:
    if isinstance(value, list):
        for entry in value:
            yield from _from_value(entry)
    elif isinstance(value, dict):
        yield from _from_object(value, "", any_tool=False)


def _from_object(value: JsonObject, call_id: str, *, any_tool: bool) -> Iterator[ProposedCall]:
    """The call an object describes, in the spellings models use for its two parts."""
    listed = value.get("tool_calls")
    if isinstance(listed, list):
        yield from _from_value(listed)
        return
    inner = value.get("function")
    if isinstance(inner, dict):
        yield from _from_object(inner, call_id, any_tool=any_tool)
        return
    names = [str(value[key]) for key in _NAME_KEYS if isinstance(value.get(key), str)]
    key = next((key for key in _NAME_KEYS if str(value.get(key)) in EDIT_TOOLS), None)
    if key not in (None, "name") and "name" in value:  # the five fields lie beside the tool's name
        call = _call(call_id, value[str(key)], {field: entry for field, entry in value.items() if field != key})
    else:
        arguments = next((value[key] for key in _ARGUMENT_KEYS if key in value), None)
        call = _call(call_id, names[0] if names else inner, arguments)
    if any_tool or _is_known(call.tool):
        yield call


def _is_known(tool: str) -> bool:
    return tool in EDIT_TOOLS or tool == TERMINATE
