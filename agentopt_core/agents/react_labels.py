"""The labelled parts of a ReAct reply: Thought, Action k, Action k Input, Observation k, FINAL ANSWER.

A label stands at the start of a line, behind any of # > * _ ` - and a list's number, in any case, numbered or not, with
an ASCII or a full-width colon. Inside a fence that is opened in an action's part, or that is marked as code, nothing is
a label: `# Final answer` is a comment there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "thought", "action", "input", "observation", "final"]

_SEP = r"[ \t*_`~-]*+"
_NUMBER = r"(?:[#(\[]?\d{1,9}[)\].]?)?+"
_PREFIX = r"(?P<prefix>[\s#>*_`\-•+]*+(?:\d{1,3}[.)][\s*_`]*+)?)"
_INPUT = r"(?:inputs?|arguments?|args|parameters)"
_LABEL = re.compile(
    _PREFIX
    + r"(?:(?P<thought>thoughts?)|(?P<observation>observations?)"
    + rf"|(?P<input>action{_SEP}{_NUMBER}{_SEP}{_INPUT})|(?P<action>action)"
    + rf"|(?P<final>final{_SEP}answer(?:[ \t]+is\b)?)"
    + rf"|(?P<bare>{_INPUT}))"
    + rf"(?P<behind>{_SEP}{_NUMBER}{_SEP}(?:\([^()\n]{{0,60}}\){_SEP})?)(?:(?P<colon>[:：])|(?P<end>\s*$))",
    re.IGNORECASE,
)
_FINAL_WITHOUT_COLON = re.compile(_PREFIX + r"FINAL[ _]ANSWER(?P<behind>[*_`]*+)(?:[ \t]+(?:IS|is)\b)?(?=[ \t])")
_MARKS = re.compile(r"[*_`]+$")
_OPENER = re.compile(r"(`{3,}|~{3,})[ \t]*([\w+.#-]*)[ \t]*$")
_CODE = frozenset({"python", "py", "python3", "bash", "sh", "shell"})
_KINDS: tuple[Kind, ...] = ("thought", "observation", "input", "action", "final")


@dataclass(frozen=True, slots=True)
class Part:
    """What stands behind one label, up to the next one."""

    kind: Kind
    """`text` is what stands before the first label."""
    value: str
    line: int
    """Of the label, counted from 0."""


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: Kind
    value: str
    is_heading: bool


def parts_of(lines: list[str]) -> list[Part]:
    """The parts of a reply, in order; together they hold every line."""
    parts: list[Part] = []
    kind: Kind = "text"
    begin, held, is_heading = 0, list[str](), False
    at = 0
    while at < len(lines):
        mark = _mark(lines[at], kind)
        # A comment in code that is not fenced looks like a heading; a model that writes headings wrote all labels so.
        is_comment = mark is not None and mark.is_heading and kind in ("action", "input") and not is_heading
        if mark is not None and (mark.kind == "input" or not is_comment):
            parts.append(Part(kind, "\n".join(held), begin))
            kind, begin, held, is_heading = mark.kind, at, [mark.value], mark.is_heading
        else:
            held.append(lines[at])
        end = _end_of_fence(lines, at, held[-1], kind)
        held += lines[at + 1 : end]
        at = end
    parts.append(Part(kind, "\n".join(held), begin))
    return parts


def _mark(line: str, within: Kind) -> _Mark | None:
    found = _LABEL.match(line)
    if found is None or (found["colon"] is None and found["final"] and found["behind"].strip()):
        return _final_without_colon(line)
    kind: Kind | None = next((kind for kind in _KINDS if found[kind]), None)
    if found["bare"]:
        kind = "input" if within == "action" else None
    is_heading = "#" in found["prefix"]
    if found["colon"] is None and not (is_heading or "*" in found["prefix"] or _says_so_alone(found, kind)):
        return None
    if kind is None:
        return None
    return _Mark(kind, _unmarked(line[found.end() :], found["prefix"], found[0]), is_heading)


def _says_so_alone(found: re.Match[str], kind: Kind | None) -> bool:
    """Without a colon, a line that is nothing but a label is one where it cannot be a word of a sentence."""
    numbered = any(sign.isdigit() for sign in found["behind"])
    return bool(found["input"]) or (numbered and kind in ("action", "input")) or (found["final"] or "").isupper()


def _final_without_colon(line: str) -> _Mark | None:
    found = _FINAL_WITHOUT_COLON.match(line)
    if found is None:
        return None
    value = line[found.end() :].lstrip().removeprefix("=")
    return _Mark("final", _unmarked(value, found["prefix"], found[0]), "#" in found["prefix"])


def _unmarked(value: str, prefix: str, label: str) -> str:
    """What follows a label, without the end of the emphasis that began before it: `**Action:** x`, `**Action: x**`."""
    marks = _MARKS.search(prefix)
    if marks is None or label[len(prefix) :].count(marks[0][0]) >= len(marks[0]):
        return value
    if value.startswith(marks[0]):
        return value[len(marks[0]) :]
    return value.rstrip().removesuffix(marks[0]) if value.count(marks[0]) % 2 else value


def _end_of_fence(lines: list[str], at: int, shown: str, kind: Kind) -> int:
    """The line behind the fence that is opened in this one; the next line where none is, or where it never closes."""
    opener = _OPENER.search(shown)
    if opener is None or not (kind in ("action", "input") or opener[2].lower() in _CODE):
        return at + 1
    fence = opener[1]
    closer = re.compile(rf"{fence[0]}{{{len(fence)},}}")
    for end in range(at + 1, len(lines)):
        bare = lines[end].strip(" \t>*")
        if closer.fullmatch(bare) or (bare.endswith(fence) and not bare.startswith(fence)):
            return end + 1
        if bare.startswith(fence):  # the next one is opened, so the first was never closed
            return at + 1
    return at + 1
