"""Which action an Action line names, in the forms that models write: a name, a call, a JSON object, a name in marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from agentopt_core.agents.react_input import CALL_KEYS, Schema, as_text, object_in
from agentopt_core.lenient_json import NotJson, read_json, unfenced

_MARKS = " \t*`\"'“”‘’<>"
_NAME = re.compile(
    r"[*`\"'“‘<\[]{0,4}(?:functions?\.|tools?\.)?([A-Za-z_][\w-]{0,100})[*`\"'”’>\]]{0,4}(.*)", re.DOTALL
)
_INLINE_INPUT = re.compile(r"[\s,;|*_`-]*\b(?:action[\s_]*\d*[\s_]*)?input[\s_]*\d*\s*[*_`]*\s*[:：]\s*", re.IGNORECASE)
_CODE_FENCE = re.compile(r"(?:`{3}|~{3})[ \t]*(?:python3?|py)\b", re.IGNORECASE)
_NAME_KEYS = ("name", "action", "tool", "function", "tool_name", "action_name")


class Named(NamedTuple):
    """The name, and what stands behind it in the same part."""

    name: str
    """As it is offered; as it is written where it is not offered."""
    rest: str = ""
    is_call: bool = False
    """`rest` is what stands between the parentheses of a call."""


def named(value: str, actions: Mapping[str, Schema]) -> Named:
    """The action that the part behind an Action label names."""
    text = value.strip()
    if "python" in actions and _CODE_FENCE.match(text):  # the code in the name's place
        return Named("python", text)
    if unfenced(text).startswith("{") and (given := _of_object(unfenced(text), actions)) is not None:
        return given
    line, _, below = text.partition("\n")
    if (inline := _INLINE_INPUT.search(line)) is not None and inline.start() > 0:
        line, below = line[: inline.start()], f"{line[inline.end() :]}\n{below}"
    found = _NAME.match(line.strip())
    if found is not None and (name := _offered(found[1], actions)) is not None:
        return _with_rest(name, found[2].strip(), f"{found[2]}\n{below}", below, actions) or Named(_short(line))
    name = _offered(line.strip(_MARKS + ".:,()[]"), actions)
    return Named(name, below) if name is not None else Named(_short(line), f"{found[2] if found else ''}\n{below}")


def _with_rest(name: str, rest: str, whole: str, below: str, actions: Mapping[str, Schema]) -> Named | None:
    """The name with what follows it on its line; None where the line speaks of another action, too."""
    inner = _between(whole.lstrip(_MARKS), "()") or _between(whole.lstrip(_MARKS), "[]")
    if inner is not None:
        return Named(name, inner, is_call=True)
    told = rest.lstrip(_MARKS + ":,-=|.")
    if told.startswith(("{", "```", "~~~", "[")) or (rest.startswith(":") and told):
        return Named(name, f"{told}\n{below}")
    if any(re.search(rf"\b{re.escape(other)}\b", told) for other in actions if other != name):
        return None
    return Named(name, below)


def _between(text: str, pair: str) -> str | None:
    """What the brackets at the beginning of a text hold; None where there are none."""
    if not text.startswith(pair[0]):
        return None
    end = text.rfind(pair[1])
    return text[1:end] if end > 0 else None


def _offered(name: str, actions: Mapping[str, Schema]) -> str | None:
    if name in actions:
        return name
    plain = _plain(name)
    alike = [one for one in actions if _plain(one) == plain]
    return alike[0] if len(alike) == 1 else None


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).casefold()


def _of_object(text: str, actions: Mapping[str, Schema]) -> Named | None:
    """A whole call as one JSON object: {"action": "f", "action_input": {...}}."""
    try:
        given = read_json(text)
    except NotJson:
        return None
    if not isinstance(given, dict):
        return None
    name = next((_offered(str(given[key]), actions) for key in _NAME_KEYS if isinstance(given.get(key), str)), None)
    inside = object_in(given, CALL_KEYS)
    if name is None:
        return None
    return Named(name, as_text(inside) if inside is not None else "")


def _short(line: str) -> str:
    return line.strip(_MARKS)
