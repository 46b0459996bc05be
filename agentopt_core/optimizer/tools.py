"""The tools the optimizer is offered: its three kinds of action (arXiv 2402.11359, section 3)."""

from __future__ import annotations

import json

from agentopt_core.optimizer.replies import EDIT_TOOLS
from agentopt_core.prompts import PromptBook
from agentopt_core.words import JsonObject

REGENERATE_TOOLS = ("add_function",)
"""Without progressive update a set is written anew, so there is nothing to revise or remove."""

_FIELDS = {
    "name": "The function's name: letters, digits and _, at most 64, the same as in the code.",
    "description": "When to use the function, what it takes and what it returns.",
    "arguments": 'JSON schema of its parameters, as text: {"type": "object", "properties": {...}, "required": [...]}. '
    "Give each property a type, a description and, if possible, examples: the function is called with them as a test.",
    "packages": "Packages the code imports beside the standard library, with commas between; empty if none.",
    "code": "Python source that defines the function by `def`, with the imports it needs.",
}


def written_tools(tools: tuple[JsonObject, ...]) -> str:
    """The same as text, one a line, for an endpoint that takes no tools."""
    return "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)


def edit_tools(prompts: PromptBook, names: tuple[str, ...] = EDIT_TOOLS) -> tuple[JsonObject, ...]:
    """The tools of these names as the chat completions API takes them; what each is for comes from the prompts."""
    return tuple(_tool(name, prompts.fill(f"optimizer_{name}")) for name in names)


def _tool(name: str, description: str) -> JsonObject:
    fields = ["name"] if name == "remove_function" else [*_FIELDS]
    properties: JsonObject = {field: {"type": "string", "description": _FIELDS[field]} for field in fields}
    parameters: JsonObject = {"type": "object", "properties": properties, "required": [*fields]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
