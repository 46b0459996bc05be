"""What a ReAct reply asks for: one action with its input, the final answer, or a reason why it says neither.

A pure function of the text and the actions that are offered. The first Action or FINAL ANSWER decides, and whatever
comes after it is the model's invention: observations, further actions, an answer that no observation backs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentopt_core.agents.react_action import Named, named
from agentopt_core.agents.react_input import BadInput, Reason, Schema, input_of
from agentopt_core.agents.react_labels import Part, parts_of
from agentopt_core.grading.arguments import final_answer_of
from agentopt_core.grading.extraction import clean_line, without_thoughts
from agentopt_core.lenient_json import well_formed
from agentopt_core.words import JsonObject

_FINISH = re.compile(
    r"[\s*`\"'\[]*(?:final[\s_-]*answer|finish)[*`\"'\]]*\s*(?:$|[:：\[(](.*))", re.IGNORECASE | re.DOTALL
)
_SAID = 80
"""Characters of a model's own words in what it is told."""
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*[\w+.-]*\s*")
_TAGGED = re.compile(r"<(\w{1,40})>(.*)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Act:
    """Do this action."""

    name: str
    input: JsonObject | str
    """The arguments; for an action that takes raw text (`python`, `shell`) the text."""
    said: str
    """The reply up to the end of the action: what the model is held to have said."""


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """End with this answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """Neither; the model is told why."""

    reason: Reason
    told: str
    """In words a model can act on."""
    action: str = ""
    """The action that was meant, where it is one that is offered."""
    said: str = ""


Turn = Act | FinalAnswer | Invalid


def read_turn(text: str, actions: Mapping[str, Schema]) -> Turn:
    """What the reply asks for. `actions`: name -> JSON schema of the arguments, or None where it takes raw text."""
    text = without_thoughts(well_formed(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\ufeff\u200b-\u200d\u2060]", "", text).strip()
    if not text:
        return Invalid("empty", "the reply was empty")
    lines = text.split("\n")
    parts = parts_of(lines)
    at = next((at for at, part in enumerate(parts) if part.kind in ("action", "final")), None)
    if at is None:
        return Invalid("no_label", "the reply has neither an 'Action' nor a 'FINAL ANSWER' line", said=text)
    if parts[at].kind == "final":
        return _answered(_last_answer(parts, at), text)
    return _acted(lines, parts, at, actions)


def _last_answer(parts: Sequence[Part], first: int) -> str:
    answer = parts[first].value
    for part in parts[first:]:
        if part.kind in ("action", "observation"):
            break
        answer = part.value if part.kind == "final" and clean_answer(part.value) else answer
    return answer


def _answered(value: str, said: str) -> Turn:
    answer = clean_answer(value)
    if not answer:
        return Invalid("empty_answer", "there is no answer behind 'FINAL ANSWER:'", said=said)
    return FinalAnswer(answer)


def clean_answer(value: str) -> str:
    r"""The first line that says something, without what surrounds an answer: `**`, backticks, quotes, $, \boxed."""
    for line in value.split("\n"):
        cleaned = "" if _FENCE.fullmatch(line) or line.strip() in ("\\[", "\\]") else _bare(line)
        if cleaned:
            return cleaned
    return ""


def _bare(line: str) -> str:
    while True:
        before = line
        if line.strip().startswith("**") and line.count("**") % 2 == 0:  # **42** cups
            line = line.replace("**", "")
        line = clean_line(line)
        if line.startswith("\\[") and line.endswith("\\]"):
            line = line[2:-2]
        if (tagged := _TAGGED.fullmatch(line)) is not None:
            line = tagged[2]
        if (boxed := re.match(r"\\(?:boxed|fbox)\s*\{", line)) and _closes_at_the_end(line, boxed.end()):
            line = line[boxed.end() : -1]
        if line == before:
            return line


def _closes_at_the_end(text: str, begin: int) -> bool:
    depth = 1
    for at in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0) if text[at - 1] != "\\" else 0
        if depth == 0:
            return at == len(text) - 1
    return False


def _acted(lines: list[str], parts: Sequence[Part], at: int, actions: Mapping[str, Schema]) -> Turn:
    after = parts[at + 1] if at + 1 < len(parts) else None
    before = parts[at - 1]
    given = after.value if after is not None and after.kind == "input" else None
    last = at + 1 if given is not None else at
    said = "\n".join(lines[: parts[last + 1].line] if last + 1 < len(parts) else lines).rstrip()
    if given is None and before.kind == "input":  # the two lines the other way round
        given = before.value
    found = named(parts[at].value, actions)
    if found.name not in actions:
        finish = _FINISH.match(parts[at].value)
        if finish is not None:
            return _answered(_answer_in(given if given is not None else (finish[1] or "").rstrip("])")), said)
        return _unknown(found, actions, said)
    try:
        value = input_of(found.name, actions[found.name], given, found.rest, is_call=found.is_call)
    except BadInput as problem:
        return Invalid(problem.reason, str(problem), found.name, said)
    return Act(found.name, value, said)


def _answer_in(given: str) -> str:
    """The answer in the input of an action that is called like the label of the answer."""
    return final_answer_of(given) or ""


def _unknown(found: Named, actions: Mapping[str, Schema], said: str) -> Invalid:
    offered = ", ".join(actions)
    name = found.name if len(found.name) <= _SAID else f"{found.name[:_SAID]} ..."
    what = f"there is no action '{name}'" if name else "the 'Action' line names no action"
    return Invalid("unknown_action", f"{what}; the actions are: {offered}", said=said)
