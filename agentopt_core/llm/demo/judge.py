"""The demo model as judge: compares the words of answer and gold, blind to case and punctuation, and says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.grading.text import same_text
from agentopt_core.llm.demo.messages import Said, say, spoken

_TEXT = re.compile(r"^<(gold|answer)-([0-9a-f]{12})>\n(.*?)\n</\1-\2>$", re.MULTILINE | re.DOTALL)
_REASON = "Scripted demo judge, which understands nothing: it compared the words, and they {}."


def verdict(body: Mapping[str, JsonValue]) -> Said | None:
    """What it says of the answer to grade; None when the request asks for no judgement."""
    messages = spoken(body)
    if body.get("tools") or not messages or messages[-1].role != "user":
        return None
    found = _TEXT.findall(messages[-1].text)
    if not found or found[-1][0] != "answer":
        return None
    _, mark, answer = found[-1]  # what looks like an answer above it is a text's own, and has another mark
    correct = any(same_text(text, answer) for name, other, text in found if (name, other) == ("gold", mark))
    return say(json.dumps({"reason": _REASON.format("agree" if correct else "differ"), "correct": correct}))
