r"""Where in a reply the answer is.

The order: a `final_answer` call; else the later of the last `\boxed{}` and the last marker (`FINAL ANSWER:`,
`Answer:`, `answer is`, `####`); else the whole message where it is short; else, for numbers, the last one; else none.
Reasoning between <think> tags is not searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from agentopt_core.grading.arguments import answer_in, final_answer_of
from agentopt_core.grading.text import normal
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import AnswerType

Rule = Literal["tool", "boxed", "marker", "whole", "last_number", "none"]

MAX_CHARS = 200_000
"""Only the end of a longer message is searched: answers stand at the end."""
WHOLE_CHARS = 60
"""A message that is an answer as a whole has at most so many characters, on one line."""
WHOLE_WORDS = 8
WHOLE_WORDS_OF_NUMBERS = 3
MAX_MARKERS = 50
"""Markers that are tried, from the last."""
MAX_MARKED_CHARS = 4_000
"""Characters after a marker in which its answer must begin and end."""

_THINK = re.compile(r"<(/?)(?:think|thinking|reasoning)>", re.IGNORECASE)
_BRACES = re.compile(r"\\boxed\s*\{|\\boxed\s+(?P<bare>[^\s{}$\\]+)|\\.|[{}]", re.DOTALL)
_MARKER = re.compile(
    # Answer: / final answer: / the answer is / the correct option is
    r"\b(?:answer|(?:correct|right|best)[ \t]+(?:option|choice))\b[*_`\"]*[ \t]*(?:[:：]|is\b[ \t]*[:：]?)"
    r"|(?<!\#)\#{4}(?!\#)"  # GSM8K
    r"|<answer>"  # of models that were trained to answer so
    r"|^[ \t>#*_]*final[ \t]+answer[ \t*_]*$",  # a heading of its own, the answer below it
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE_END = re.compile(r"(?<=[^\s.])[.!?;]\s+(?=[A-Z(])")
_AROUND = (('"', '"'), ("“", "”"), ("$$", "$$"), ("$", "$"), ("\\(", "\\)"))
_LAST_NUMBER = re.compile(
    r"(?:(?<![\w)\]}.])[-\u2212])?"
    r"(?:\\[dt]?frac\{[0-9]{1,40}\}\{[0-9]{1,40}\}"
    r"|(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,4}(?!\w))?(?:/[0-9]+(?![0-9/]|\.[0-9]))?"
    r"|(?<![0-9])\.[0-9]+)"
)


class Extraction(NamedTuple):
    """The answer found, and the rule that found it."""

    text: str
    rule: Rule


NONE = Extraction("", "none")


def extract(answer: Answer, kind: AnswerType, choices: Sequence[str] = ()) -> Extraction:
    """The answer of a rollout. `kind` decides how long a whole message may be and whether a last number counts."""
    match answer.source:
        case "tool":
            text = answer.text.strip()
            return Extraction(text, "tool") if text else NONE
        case "message":
            return _of_text(answer.text, kind, choices)
        case "none":
            return NONE


def answer_of_message(
    content: object, tool_calls: object, kind: AnswerType, options: Sequence[str] | None = None
) -> Extraction:
    """The answer of an assistant message in the shapes of the chat completions API (content: text, parts or None).

    A message that calls other tools has not answered yet. A `final_answer` call without an answer counts as no call.
    """
    calls = tool_calls if isinstance(tool_calls, (list, tuple)) else ()
    names = []
    for call in reversed(calls):
        name, arguments = _name_and_arguments(call)
        names.append(name)
        if name == "final_answer":
            text = final_answer_of(arguments) if isinstance(arguments, str) else answer_in(arguments)
            if text:
                return Extraction(text, "tool")
    if any(name != "final_answer" for name in names):
        return NONE
    return _of_text(_text_of(content), kind, options or ())


def _name_and_arguments(call: object) -> tuple[str, object]:
    function = call.get("function", call) if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        return "", None
    return str(function.get("name") or "").strip().removeprefix("functions."), function.get("arguments")


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, (list, tuple)):
        return "\n".join(
            filter(None, (_text_of(_part(part)) for part in content if not isinstance(part, (list, tuple))))
        )
    return ""


def _part(part: object) -> object:
    """The text of a content part; parts of other types (images, reasoning) have none."""
    if isinstance(part, Mapping):
        return part.get("text") if part.get("type", "text") in ("text", "output_text") else None
    return part


def _of_text(content: str, kind: AnswerType, choices: Sequence[str]) -> Extraction:
    message = without_thoughts(content[-MAX_CHARS:]).strip()
    numbers = kind in ("numeric", "math")
    box_at, box = _last_box(message)
    marker_at, marked = _last_marked(message, numbers)
    if box and box_at >= marker_at:
        return Extraction(box, "boxed")
    if marked:
        return Extraction(marked, "marker")
    whole = clean_line(message)
    if _is_short(message, WHOLE_WORDS_OF_NUMBERS if numbers else WHOLE_WORDS) or _is_choice(whole, choices):
        return Extraction(whole, "whole") if whole else NONE
    if numbers and (found := list(_LAST_NUMBER.finditer(message))):
        return Extraction(found[-1][0], "last_number")
    return NONE


def _is_short(message: str, words: int) -> bool:
    return "\n" not in message and len(message) <= WHOLE_CHARS and len(message.split()) <= words


def _is_choice(whole: str, choices: Sequence[str]) -> bool:
    """A long choice, repeated word by word, is an answer though it is not short."""
    if not whole or len(whole) > 2 * max(map(len, choices), default=0):
        return False
    return normal(whole) in {normal(choice) for choice in choices}


def without_thoughts(text: str) -> str:
    """The text outside <think> tags; an unclosed tag hides all that follows, a lone closing tag all before it."""
    kept: list[str] = []
    start, depth = 0, 0
    for tag in _THINK.finditer(text):
        if tag[1]:
            if depth == 0:
                kept.clear()
            depth = max(0, depth - 1)
        else:
            if depth == 0:
                kept.append(text[start : tag.start()])
            depth += 1
        start = tag.end()
    return "".join(kept) + (text[start:] if depth == 0 else "")


def _last_box(text: str) -> tuple[int, str]:
    r"""Place and content of the last balanced, filled `\boxed{}`; (-1, "") without one. One pass over the text."""
    best = (-1, "")
    opened: list[tuple[int, int] | None] = []
    for token in _BRACES.finditer(text):
        mark = token[0]
        if token["bare"]:
            best = max(best, (token.start(), clean_line(token["bare"])))
        elif mark.startswith("\\boxed"):
            opened.append((token.start(), token.end()))
        elif mark == "{":
            opened.append(None)
        elif mark == "}" and opened and (box := opened.pop()):
            content = text[box[1] : token.start()].strip()
            best = max(best, (box[0], content)) if content else best
    return best


def _last_marked(text: str, numbers: bool) -> tuple[int, str]:
    """Place and answer of the last marker that has one; (-1, "") without."""
    for marker in list(_MARKER.finditer(text))[: -MAX_MARKERS - 1 : -1]:
        after = text[marker.end() : marker.end() + MAX_MARKED_CHARS]
        if marker[0].startswith("<"):
            after = after.partition("</")[0]
        line = _first_line(after.split("\n", 20)[:20])
        if numbers:
            line = clean_line(_SENTENCE_END.split(line, maxsplit=1)[0])
            if marker[0] == "####" and not re.search("[0-9]", line):
                continue  # a Markdown heading
        if line:
            return marker.start(), line
    return -1, ""


def _first_line(lines: Iterable[str]) -> str:
    return next(filter(None, map(clean_line, lines)), "")


def clean_line(text: str) -> str:
    r"""The text without what surrounds an answer: `**`, backticks, quotes, $, \boxed and the final period.

    The period stays where the answer has another one (9:45 A.M.).
    """
    while True:
        before = text
        text = text.strip().strip("*`").strip()
        for left, right in _AROUND:
            inner = text[len(left) : -len(right)]
            if text == left + inner + right and left not in inner:
                text = inner
        if text.startswith("\\boxed") and (boxed := re.fullmatch(r"\\boxed\{([^{}]*)\}", text)):
            text = boxed[1]
        if text.endswith(".") and "." not in text[:-1]:
            text = text[:-1]
        if text == before:
            return text
