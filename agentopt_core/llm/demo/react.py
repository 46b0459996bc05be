"""The demo model in the text protocol: the same agent with the same skill, that reads actions and writes them.

It sees the request and nothing else: the actions are read from the system prompt, what happened from the messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.llm.demo import agent
from agentopt_core.llm.demo.messages import Call, Said, say, spoken
from agentopt_core.llm.demo.tools import offered
from agentopt_core.words import JsonObject

_PROTOCOL = re.compile(r"^Action 1 Input:", re.MULTILINE)
_ACTION = re.compile(r"^- `([A-Za-z_]\w*)`: (.*)\n  Input: (.*)$", re.MULTILINE)
_TAKEN = re.compile(r"^Action \d+: (\w+)\nAction \d+ Input:", re.MULTILINE)
_OBSERVATION = re.compile(r"\AObservation \d+:\n?")
_CODE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
_ANSWER = re.compile(r"^FINAL ANSWER: (.+)$|^The answer is (.+)\.$", re.MULTILINE)


def is_asked(body: Mapping[str, JsonValue]) -> bool:
    """The request offers no tools, and its system prompt shows the protocol."""
    system = next((message.text for message in spoken(body) if message.role == "system"), "")
    return not offered(body) and _PROTOCOL.search(system) is not None


def reply(seed: int, body: Mapping[str, JsonValue]) -> Said:
    """The agent's next message, as text."""
    told = spoken(body)
    system = next(message.text for message in told if message.role == "system")
    as_called: JsonObject = {"tools": _tools(system), "messages": _messages(body)}
    said = agent.reply(seed, as_called)
    number = 1 + sum(message.role == "assistant" for message in told)
    return _written(said, number)


def _tools(system: str) -> list[JsonValue]:
    tools: list[JsonValue] = [{"type": "function", "function": {"name": "final_answer"}}]
    for name, description, given in _ACTION.findall(system):
        try:
            parameters = json.loads(given)
        except ValueError:  # an action that takes raw text
            parameters = {}
        function = {"name": name, "description": description, "parameters": parameters}
        tools.append({"type": "function", "function": function})
    return tools


def _messages(body: Mapping[str, JsonValue]) -> list[JsonValue]:
    """What was said, with actions as calls and observations as their results."""
    messages: list[JsonValue] = []
    for message in spoken(body):
        if message.role == "assistant":
            calls: list[JsonValue] = [
                {"function": {"name": name, "arguments": "{}"}} for name in _TAKEN.findall(message.text)
            ]
            messages.append({"role": "assistant", "content": message.text, "tool_calls": calls})
        elif message.role == "user" and _OBSERVATION.match(message.text):
            messages.append({"role": "tool", "content": _OBSERVATION.sub("", message.text)})
        else:
            messages.append({"role": message.role, "content": message.text})
    return messages


def _written(said: Said, number: int) -> Said:
    """The same reply in the protocol."""
    match said.calls:
        case (Call("final_answer", {"answer": answer}), *_):
            return _ends(str(answer))
        case (Call("python", {"code": code}), *_):
            return _acts(said.text or "I write a few lines of Python.", number, "python", f"\n```python\n{code}\n```")
        case (Call(name, arguments), *_):
            given = json.dumps(arguments, ensure_ascii=False)
            return _acts(said.text or f"{name} does that.", number, name, f" {given}")
    if (block := _CODE.search(said.text)) is not None:
        return _acts("I write a few lines of Python.", number, "python", f"\n{block[0]}")
    found = _ANSWER.search(said.text)
    return _ends(found[1] or found[2]) if found else said


def _acts(thought: str, number: int, name: str, given: str) -> Said:
    return say(f"Thought: {thought}\nAction {number}: {name}\nAction {number} Input:{given}")


def _ends(answer: str) -> Said:
    return say(f"Thought: I know the answer.\nFINAL ANSWER: {answer}")
