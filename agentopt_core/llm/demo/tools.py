"""Does an offered tool fit a problem? Judged by its words and parameters, as a model would read them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from agentopt_core.llm.demo.family import Family, Slots
from agentopt_core.llm.demo.messages import spoken
from agentopt_core.words import JsonObject

BUILT_IN = frozenset({"python", "final_answer"})
URGE = "Always use it for such tasks"
"""A tool whose description says so is never overlooked."""
ENOUGH_TOPICS = 2
"""A tool whose text holds fewer of a family's topics is not taken for one that fits."""


def offered(body: Mapping[str, JsonValue]) -> dict[str, JsonObject]:
    """Name -> function of every tool in the request."""
    tools: dict[str, JsonObject] = {}
    listed = body.get("tools")
    for tool in listed if isinstance(listed, list) else _written(body):
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            tools[str(function["name"])] = function
    return tools


def _written(body: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The tools that the instructions describe as text, one a line."""
    told = "\n".join(message.text for message in spoken(body) if message.role == "system")
    block = re.search(r"^<tools>$(.*?)^</tools>$", told, re.DOTALL | re.MULTILINE)
    tools: list[JsonValue] = []
    for line in block[1].splitlines() if block else []:
        try:
            tools.append({"function": json.loads(line)})
        except ValueError:
            continue
    return tools


def best_fit(
    family: Family, slots: Slots, tools: Mapping[str, JsonObject], without: Sequence[str] = ()
) -> tuple[str, JsonObject] | None:
    """The tool that speaks most of the family's topics and whose required parameters can be filled, with arguments."""
    fits = []
    for place, (name, function) in enumerate(tools.items()):
        if name in BUILT_IN or name in without:
            continue
        topics = _topics(family, function)
        arguments = fill(family, slots, function.get("parameters"))
        if topics >= ENOUGH_TOPICS and arguments is not None:
            fits.append((topics, place, name, arguments))
    if not fits:
        return None
    _, _, name, arguments = max(fits, key=lambda fit: fit[:2])
    return name, arguments


def _topics(family: Family, function: JsonObject) -> int:
    words = re.findall(r"[a-zà-ÿ]+", f"{function.get('name')} {function.get('description')}".lower())
    return sum(any(word.startswith(topic) for word in words) for topic in family.topics)


def fill(family: Family, slots: Slots, schema: JsonValue) -> JsonObject | None:
    """Arguments by parameter names and types; None when a required one cannot be filled."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return None
    properties, required = schema["properties"], schema.get("required")
    arguments: JsonObject = {}
    for name, described in properties.items() if isinstance(properties, dict) else ():
        kind = described.get("type") if isinstance(described, dict) else None
        words = re.findall(r"[a-z]+", name.lower())
        values = [
            slots[slot] for slot, aliases in family.aliases.items() if slot in slots and set(words) & set(aliases)
        ]
        fitting = [value for value in values if _is(value, kind)] or [str(v) for v in values if kind == "string"]
        if fitting:
            arguments[name] = fitting[0]
        elif isinstance(required, list) and name in required:
            return None
    return arguments or None


def _is(value: JsonValue, kind: JsonValue) -> bool:
    match kind:
        case "integer":
            return isinstance(value, int)
        case "number":
            return isinstance(value, int | float)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case _:
            return True
