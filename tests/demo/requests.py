"""Requests to the demo model, as the agent and the optimizer send them, in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agentopt_core.functions import Function
from agentopt_core.llm.demo.family import Draft
from agentopt_core.llm.demo.transport import completion
from agentopt_core.words import JsonObject

FIELDS = ("name", "description", "arguments", "packages", "code")


def text_tool(name: str, *parameters: str) -> JsonObject:
    """A tool whose parameters are texts."""
    properties: JsonObject = {parameter: {"type": "string"} for parameter in parameters}
    schema: JsonObject = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": schema}}


BASE_TOOLS = [text_tool("python", "code"), text_tool("final_answer", "answer")]
EDIT_TOOLS = [
    text_tool("add_function", *FIELDS),
    text_tool("revise_function", *FIELDS),
    text_tool("remove_function", "name"),
]


def function_of(draft: Draft) -> Function:
    """The draft as it would be learned."""
    return Function(name=draft.name, description=draft.description, parameters=draft.parameters, code=draft.code)


def ask(question: str, *tools: JsonObject, seed: int = 0, then: Iterable[JsonObject] = ()) -> JsonObject:
    """The agent's message to a question with these tools beside the base tools; `then` follows the question."""
    messages: list[JsonObject] = [{"role": "system", "content": "Solve."}, {"role": "user", "content": question}]
    body: JsonObject = {"model": "demo", "messages": [*messages, *then], "tools": [*tools, *BASE_TOOLS]}
    return completion(seed, body)["choices"][0]["message"]  # type: ignore[call-overload,index,return-value]


def calls_of(message: JsonObject) -> list[tuple[str, JsonObject]]:
    """Names and arguments of a message's calls."""
    calls = message.get("tool_calls") or []
    return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls]  # type: ignore[union-attr,call-overload,index]
