"""The demo model as optimizer: reads its prompt, and answers with the next action of its plan as a tool call."""

from __future__ import annotations

import json
import re
from collections import Counter
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
BOTH = 0.3
"""Chance that two actions are taken in one reply."""
END = "TERMINATE"


def reply(seed: int, body: Mapping[str, JsonValue]) -> Said:
    """The optimizer's next message."""
    messages, tools = spoken(body), offered(body)
    prompt = read_prompt("\n".join(message.text for message in messages if message.role == "user"))
    proposed = Counter(_key(call) for message in messages for call in message.calls)
    if "revise_function" not in tools:
        moves = [move for move in whole_set(seed, prompt) if not move.done(prompt.list_b) and not proposed[_of(move)]]
        return say("A whole set for the tasks in the histories.", *map(_call, moves)) if moves else say(END)
    moves = [move for move in plan(seed, prompt) if not move.done(prompt.list_b) and proposed[_of(move)] < 2]
    if not moves:
        return say(END)
    first = moves[0]
    if proposed[_of(first)]:
        return say("I mend what was refused.", _call(first))
    if _is_hasty(seed, first) and first.draft:
        return say(first.why, Call(_call(first).name, _call(first).arguments | hasty(first.draft)))
    calm = [move for move in moves if not _is_hasty(seed, move)]
    if len(calm) > 1 and roll(seed, "both", *map(_of, calm)) < BOTH:
        return say("\n".join(move.why for move in calm), *map(_call, calm))
    return say(first.why, _call(first))


def _is_hasty(seed: int, move: Move) -> bool:
    return move.draft is not None and roll(seed, "haste", *_of(move)) < HASTE


def _of(move: Move) -> tuple[str, str]:
    """What tells one action from another: the tool and the function's name."""
    return f"{move.op}_function", move.name


def _key(call: Call) -> tuple[str, str]:
    return call.name, str(call.arguments.get("name"))


def _call(move: Move) -> Call:
    draft = move.draft
    if draft is None:
        return Call(_of(move)[0], {"name": move.name})
    arguments: JsonObject = {
        "name": move.name,
        "description": draft.description,
        "arguments": json.dumps(draft.parameters),
        "packages": "",
        "code": draft.code,
    }
    return Call(_of(move)[0], arguments)


def hasty(draft: Draft) -> JsonObject:
    """The slip of a hasty proposal: a forgotten import, or else a parameter missing in the schema."""
    without = re.sub(r"^(?:import|from) .*\n+", "", draft.code, flags=re.MULTILINE)
    if without != draft.code:
        return {"code": without}
    properties = draft.parameters["properties"]
    names = list(properties) if isinstance(properties, dict) else []
    kept = {name: properties[name] for name in names[1:]} if isinstance(properties, dict) else {}
    return {"arguments": json.dumps({"type": "object", "properties": kept, "required": names[1:]})}
