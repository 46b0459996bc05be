"""The demo model as agent: recognises a question, calls a tool that fits, writes some Python, or calculates by head.

It sees the request and nothing else, and it keeps no state: what happened before is read from the messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.llm.demo.chance import roll
from agentopt_core.llm.demo.families import by_head, recognise
from agentopt_core.llm.demo.family import Family, Slots
from agentopt_core.llm.demo.messages import Call, Said, say, spoken
from agentopt_core.llm.demo.tools import BUILT_IN, URGE, best_fit, offered
from agentopt_core.words import JsonObject

INATTENTION = 0.05
"""Chance that a fitting tool is overlooked, unless its description is emphatic."""
PYTHON = 0.3
"""Chance that Python is written where no tool fits."""
TEXT_ANSWER = 0.25
"""Chance that the answer is given as text though `final_answer` is offered."""
ADMISSION = "I am the scripted demo model and know only the kinds of tasks in the sample sets.\nFINAL ANSWER: unknown"


def reply(seed: int, body: Mapping[str, JsonValue]) -> Said:
    """The agent's next message."""
    messages, tools = spoken(body), offered(body)
    question = next((message.text for message in messages if message.role == "user"), "")
    known = recognise(question)
    if known is None:
        return say(ADMISSION)
    family, slots = known
    tried = [call.name for message in messages for call in message.calls]
    if not any(message.role == "assistant" for message in messages):
        return _begin(seed, question, family, slots, tools)
    answer = result_of(messages[-1].text, family) if messages[-1].role in ("tool", "user") else None
    if answer is not None:
        return _finish(seed, question, answer, tools)
    another = best_fit(family, slots, tools, without=tried)
    if another and set(tried) - BUILT_IN:
        return say(f"That did not work; I try {another[0]}.", Call(*another))
    return _finish(seed, question, by_head(seed, question, family, slots), tools)


def _begin(seed: int, question: str, family: Family, slots: Slots, tools: Mapping[str, JsonObject]) -> Said:
    fit = best_fit(family, slots, tools)
    if fit:
        emphatic = URGE in str(tools[fit[0]].get("description"))
        if emphatic or roll(seed, "inattention", question) >= INATTENTION:
            return say(f"This is a case for {fit[0]}." if roll(seed, "aloud", question) < 0.3 else "", Call(*fit))
    if roll(seed, "python", question) < PYTHON:
        code = family.by_python(slots)
        if "python" in tools and roll(seed, "tool", question) < 0.5:
            return say("", Call("python", {"code": code}))
        return say(f"I write a few lines of Python.\n\n```python\n{code}\n```")
    return _finish(seed, question, by_head(seed, question, family, slots), tools)


def _finish(seed: int, question: str, answer: str, tools: Mapping[str, JsonObject]) -> Said:
    if "final_answer" in tools and roll(seed, "text", question) >= TEXT_ANSWER:
        return say("", Call("final_answer", {"answer": answer}))
    if "." in answer:
        return say(f"I have worked it out.\nFINAL ANSWER: {answer}")
    return say(f"The answer is {answer}.")


def result_of(text: str, family: Family) -> str | None:
    """The answer in a tool's output, or None where it shows an error or nothing sensible."""
    if re.search(r"\b\w*(?:Error|Exception)\b|Traceback|\berror\b", text):
        return None
    for line in reversed(text.splitlines()):
        candidate = re.sub(r"^(-?\d+)\.0$", r"\1", line.strip().strip("`'\""))
        if family.sensible(candidate):
            return candidate
    return None
