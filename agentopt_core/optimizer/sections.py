"""The parts of the optimizer's prompt that grow, each made to fit a number of estimated tokens. Pure, deterministic.

The formats are stable, since programs read them too: a list of functions is a fenced JSON array; a withdrawn set begins
with `### Withdrawn set, success rate 35.0 % (7/20): reason`. The histories stand in histories.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from agentopt_core.actions import Withdrawn
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.tokens import cut_middle, estimate_tokens, fits

_FEWEST_TOKENS = 150
"""Of a withdrawn set; rather than cutting all sets below this, fewer are shown."""
_SHRINKING = (1.0, 0.7, 0.4, 0.2, 0.0)
"""Parts of the room for code that are tried: escaping makes code longer than it was."""


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


def success_rate(correct: int, n: int) -> str:
    """As it is written everywhere in the prompt."""
    return f"{100 * correct / n:.1f} % ({correct}/{n})" if n else "unknown (no task could be scored)"


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
