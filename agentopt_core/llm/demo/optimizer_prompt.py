"""What the demo optimizer reads in its prompt: the two lists, the failure record and the histories.

Histories may be shortened or left out under a token budget; whatever cannot be read is passed over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from agentopt_core.words import JsonObject

_HEADINGS = (
    "List A",
    "List B",
    "Success rate of list A",
    "Actions taken in this step",
    "Failure record",
    "Results per task",
    "Histories",
)
_HEADING = re.compile(rf"^## ({'|'.join(map(re.escape, _HEADINGS))})\b.*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,})json[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
_HISTORY = re.compile(r"^### Task (.+): (failed|solved)\b.*$", re.MULTILINE)
_WITHDRAWN = re.compile(r"^### Withdrawn set\b.*$", re.MULTILINE)
_PROPOSAL = re.compile(r"^## This proposal\n\nThis is proposal (\d{1,3}) of \d+", re.MULTILINE)
_TURN = re.compile(r"^\[(user|assistant calls ([^\]\s]+)|assistant|tool[^\]]*)\]", re.MULTILINE)

Listed = dict[str, JsonObject]
"""Name -> function as the prompt shows it."""


@dataclass(frozen=True)
class History:
    """One rollout as the prompt tells it."""

    task: str
    solved: bool
    question: str
    calls: tuple[tuple[str, str], ...]
    """Name and output of every call, in order."""


@dataclass(frozen=True)
class Prompt:
    """An optimizer prompt, read."""

    list_a: Listed
    list_b: Listed
    withdrawn: tuple[Listed, ...]
    histories: tuple[History, ...]
    proposal: int = 1
    """Which of several proposals of the step is asked for."""


def read_prompt(text: str) -> Prompt:
    """The parts of an optimizer's prompt; what is missing is empty."""
    told = _PROPOSAL.search(text)
    text = text[: told.start()] if told else text
    parts = dict.fromkeys(_HEADINGS, "")
    for heading, body in _sections(_HEADING, text):
        if heading[1] == "Histories":  # the last part: what looks like a heading in it is a message's own
            parts["Histories"] = text[heading.end() :]
            break
        parts[heading[1]] = parts[heading[1]] or body
    return Prompt(
        list_a=_functions(parts["List A"]),
        list_b=_functions(parts["List B"]),
        withdrawn=tuple(_functions(entry) for _, entry in _sections(_WITHDRAWN, parts["Failure record"])),
        histories=tuple(_history(heading, body) for heading, body in _sections(_HISTORY, parts["Histories"])),
        proposal=max(1, int(told[1])) if told else 1,
    )


def _sections(heading: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    found = list(heading.finditer(text))
    starts = [*(match.start() for match in found), len(text)]
    return [(match, text[match.end() : starts[place + 1]]) for place, match in enumerate(found)]


def _functions(text: str) -> Listed:
    fence = _FENCE.search(text)
    try:
        listed: JsonValue = json.loads(fence[2]) if fence else []
    except ValueError:
        listed = []
    entries = listed if isinstance(listed, list) else []
    return {str(entry["name"]): entry for entry in entries if isinstance(entry, dict) and "name" in entry}


def _history(heading: re.Match[str], body: str) -> History:
    question: list[str] = []
    calls: list[tuple[str, str]] = []
    waiting: list[str] = []
    for turn, text in _sections(_TURN, body):
        if turn[1] == "user" and not question:
            question.append(text.strip())
        elif turn[2]:
            waiting.append(turn[2])
        elif turn[1].startswith("tool") and waiting:
            calls.append((waiting.pop(0), text.strip()))
    calls += [(name, "") for name in waiting]
    return History(heading[1].strip(), heading[2] == "solved", "".join(question), tuple(calls))
