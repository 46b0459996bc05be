"""The parts of the optimizer's prompt that grow, each made to fit a number of estimated tokens. Pure, deterministic.

The formats are stable, since programs read them too: a list of functions is a fenced JSON array; a withdrawn set begins
with `### Withdrawn set, success rate 35.0 % (7/20): reason`; a history with `### Task <id>: failed` (or `solved`),
followed by `[user]`, `[assistant]`, `[assistant calls NAME] {...}` and `[tool]` lines with the texts below them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from agentopt_core.actions import Withdrawn
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Evaluation, Message, Rollout
from agentopt_core.tokens import cut_middle, estimate_tokens, fits

_LOOKS_LIKE_OURS = re.compile(r"^(?=#|\[(?:user|assistant|tool)\b)", re.MULTILINE)
_HASH_FIRST = re.compile(r"^(?=#)", re.MULTILINE)
_HISTORY_LIMITS = ((2000, 8000), (1000, 4000), (500, 2000), (250, 1000), (120, 400), (50, 150))
"""Estimated tokens of a message and of a whole history, tried in this order."""
_WORTH_READING = (250, 1000)
"""Rather than cutting all histories below this, fewer are shown."""
_HISTORIES_HEAD = 40
"""Estimated tokens of the line above the histories, on the high side."""
_FEWEST = 3
"""Histories to show before detail is preferred to number."""
_FEWEST_TOKENS = 150
"""Of a withdrawn set; rather than cutting all sets below this, fewer are shown."""
_SHRINKING = (1.0, 0.7, 0.4, 0.2, 0.0)
"""Parts of the room for code that are tried: escaping makes code longer than it was."""
_ENDS = {"turn_cap": "it used up its turns without an answer", "refused": "the endpoint refused a request"}


def functions_section(functions: FunctionSet, tokens: int | None = None) -> str:
    """The set as a JSON array in a fence: first the code is cut, then descriptions, then functions are left out."""
    listed = [*functions.each()]
    text = _json_array(listed)
    if tokens is None or fits(text, tokens):
        return text
    sizes = [estimate_tokens(json.dumps(function.code, ensure_ascii=False)) for function in listed]
    room = tokens - (estimate_tokens(text) - sum(sizes))
    level = _water_level(sizes, room)
    for part in _SHRINKING if room > 0 else ():
        text = _json_array(listed, int(level * part))
        if fits(text, tokens):
            return text
    names = [function.with_(description="", parameters={}) for function in listed]
    return _most(
        lambda n: _json_array(names[:n], 0) + f"\n({n} of {len(names)} functions are shown.)", len(names), tokens
    )


def failures_section(failure_record: tuple[Withdrawn, ...], tokens: int | None = None) -> str:
    """The failure record, ascending by score; when it is too long, functions are cut, then the worst sets left out."""
    entries = sorted(failure_record, key=lambda entry: entry.rank)
    if not entries:
        return "No set has been withdrawn."
    texts = [_withdrawn(entry, None) for entry in entries]
    if tokens is None or fits("\n\n".join(texts), tokens):
        return "\n\n".join(texts)
    n = min(len(entries), max(1, tokens // _FEWEST_TOKENS))
    note = f"({n} of {len(entries)} withdrawn sets are shown, those with the highest success rates.)"
    room = (tokens - estimate_tokens(note)) // n - 2
    shown = [_withdrawn(entry, room) for entry in entries[len(entries) - n :]]
    return cut_middle("\n\n".join([note, *shown]), tokens)


def results_section(evaluation: Evaluation, tokens: int | None = None) -> str:
    """The 0/1 table as one JSON object; when it is too long, failed tasks first and a line with the totals."""
    table = evaluation.table()
    text = json.dumps(table, ensure_ascii=False)
    if tokens is None or fits(text, tokens):
        return text
    ranked = sorted(table.items(), key=lambda entry: entry[1])
    totals = f"({{}} of {len(table)} tasks are shown; {sum(table.values())} of {len(table)} are solved.)"
    return _most(
        lambda n: json.dumps(dict(ranked[:n]), ensure_ascii=False) + "\n" + totals.format(n), len(ranked), tokens
    )


def histories_section(evaluation: Evaluation, tokens: int | None = None) -> str:
    """The conversations, failed tasks first; long messages are cut head and tail, then fewer histories are shown.

    A task that could not be scored (a fault) is neither right nor wrong and is left out.
    """
    scored = [rollout for rollout in evaluation.rollouts if not rollout.is_fault]
    rollouts = sorted(scored, key=lambda rollout: rollout.correct)
    n = len(rollouts)
    if not rollouts:
        return "There are none."
    text = "\n\n".join([f"All {n} histories are shown, failed tasks first.", *map(_history, rollouts)])
    if tokens is None or fits(text, tokens):
        return text
    shown: list[str] = []
    for limits in _HISTORY_LIMITS:
        shown = _as_many_as_fit(rollouts, limits, tokens - _HISTORIES_HEAD)
        if len(shown) == n or (limits <= _WORTH_READING and len(shown) >= _FEWEST):
            break
    head = f"{len(shown)} of {n} histories are shown, failed tasks first; long messages are cut."
    return cut_middle("\n\n".join([head, *shown]), tokens)


def success_rate(correct: int, n: int) -> str:
    """As it is written everywhere in the prompt."""
    return f"{100 * correct / n:.1f} % ({correct}/{n})" if n else "unknown (no task could be scored)"


def _as_many_as_fit(rollouts: list[Rollout], limits: tuple[int, int], tokens: int) -> list[str]:
    shown: list[str] = []
    for rollout in rollouts:
        text = _history(rollout, *limits)
        tokens -= estimate_tokens(text) + 1
        if tokens < 0:
            break
        shown.append(text)
    return shown


def _water_level(sizes: list[int], room: int) -> int:
    """The greatest level to which all sizes can be cut so that they take at most `room` together."""
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > room:
            return max(0, room) // left
        room -= size
        left -= 1
    return max(sizes, default=0)


def _most(shown: Callable[[int], str], most: int, tokens: int) -> str:
    """`shown(n)` for the greatest n up to `most` that takes at most `tokens`."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if fits(shown(middle), tokens):
            low = middle
        else:
            high = middle - 1
    return cut_middle(shown(low), tokens)


def _json_array(functions: list[Function], code_tokens: int | None = None) -> str:
    """One key a line, so that a set takes few tokens and `"name": "x"` is written just so."""
    return "```json\n[" + ",\n".join(f"{{{_members(function, code_tokens)}}}" for function in functions) + "]\n```"


def _members(function: Function, code_tokens: int | None) -> str:
    code = function.code
    if code_tokens is not None:
        code = cut_middle(code, code_tokens) or "[... not shown ...]"
    members = {
        "name": function.name,
        "description": function.description,
        "arguments": function.parameters,
        "packages": ", ".join(function.packages),
        "code": code,
    }
    return ",\n".join(f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in members.items())


def _withdrawn(entry: Withdrawn, tokens: int | None) -> str:
    measured = "success rate unknown (not run)"
    if entry.accuracy is not None:
        measured = f"success rate {success_rate(round(entry.accuracy * entry.n), entry.n)}"
    reason = cut_middle(" ".join(entry.reason.split()), 60).replace("\n", " ")
    head = f"### Withdrawn set, {measured}: {reason}"
    rest = None if tokens is None else max(0, tokens - estimate_tokens(head))
    return f"{head}\n{functions_section(entry.functions, rest)}"


def _history(rollout: Rollout, message_tokens: int | None = None, history_tokens: int | None = None) -> str:
    task = cut_middle(" ".join(rollout.task_id.split()), 40).replace("\n", " ")
    lines = [line for message in rollout.messages for line in _message(message, message_tokens)]
    if rollout.ended in _ENDS:
        lines.append(f"[end] {_ENDS[rollout.ended]}")
    text = "\n".join(lines)
    if history_tokens is not None:
        text = _HASH_FIRST.sub(" ", cut_middle(text, history_tokens))  # a cut may bring a # to the front
    return f"### Task {task}: {'solved' if rollout.correct else 'failed'}\n{text}"


def _message(message: Message, tokens: int | None) -> list[str]:
    """A message as lines. The system prompt is the same for all tasks and left out."""
    if message.role == "system":
        return []

    def cut(text: str) -> str:
        return text if tokens is None else cut_middle(text, tokens)

    lines = [f"[{message.role}]", _escaped(cut(message.content))] if message.content or not message.tool_calls else []
    for call in message.tool_calls:
        lines.append(f"[assistant calls {' '.join(call.name.split())[:64]}] {_escaped(cut(call.arguments))}")
    return lines


def _escaped(text: str) -> str:
    """Lines that look like this prompt's own headings are moved by a blank, so that none can be forged."""
    return _LOOKS_LIKE_OURS.sub(" ", text)
