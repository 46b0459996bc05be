"""The demo model as optimizer: reads its prompt, and answers with the next action of its plan as a tool call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.llm.demo.chance import roll
from agentopt_core.llm.demo.family import Draft
from agentopt_core.llm.demo.messages import Call, Said, say, spoken
from agentopt_core.llm.demo.optimizer_prompt import read_prompt
from agentopt_core.llm.demo.plan import Move, plan, whole_set
from agentopt_core.llm.demo.tools import offered
from agentopt_core.words import JsonObject

HASTE = 0.3
"""Chance that the first proposal of a function cannot be used as it is."""


def reply(seed: int, body: Mapping[str, JsonValue]) -> Said:
    """The optimizer's next message."""
    messages, tools = spoken(body), offered(body)
    prompt = read_prompt("\n".join(message.text for message in messages if message.role == "user"))
    again = any(message.role == "assistant" for message in messages)
    if "revise_function" not in tools:
        moves = [move for move in whole_set(seed, prompt) if not (again and move.done(prompt.list_b))]
        if not moves:
            return say("TERMINATE")
        return say("A whole set for the tasks in the histories.", *(_call(move) for move in moves))
    for move in plan(seed, prompt):
        if move.done(prompt.list_b):
            continue
        refused = sum(
            call.name == _tool(move) and call.arguments.get("name") == move.name for m in messages for call in m.calls
        )
        if refused > 1:
            continue
        call = _call(move)
        if move.draft and not refused and roll(seed, "haste", move.name, move.op) < HASTE:
            call = Call(call.name, call.arguments | hasty(move.draft))
        return say("I mend what was refused." if refused else move.why, call)
    return say("TERMINATE")


def _tool(move: Move) -> str:
    return f"{move.op}_function"


def _call(move: Move) -> Call:
    draft = move.draft
    if draft is None:
        return Call(_tool(move), {"name": move.name})
    arguments: JsonObject = {
        "name": move.name,
        "description": draft.description,
        "arguments": json.dumps(draft.parameters),
        "packages": "",
        "code": draft.code,
    }
    return Call(_tool(move), arguments)


def hasty(draft: Draft) -> JsonObject:
    """The slip of a hasty proposal: a forgotten import, or else a parameter missing in the schema."""
    without = re.sub(r"^(?:import|from) .*\n+", "", draft.code, flags=re.MULTILINE)
    if without != draft.code:
        return {"code": without}
    properties = draft.parameters["properties"]
    names = list(properties) if isinstance(properties, dict) else []
    kept = {name: properties[name] for name in names[:-1]} if isinstance(properties, dict) else {}
    return {"arguments": json.dumps({"type": "object", "properties": kept, "required": names[:-1]})}
