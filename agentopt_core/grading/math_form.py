r"""The outer form of a mathematical answer: a list, a set, a tuple or interval, a union, a matrix, or one expression.

Answers are compared form by form, so that (2,1) is not (1,2), [1,2] is not (1,2), and the solutions 3, -3 are the same
as x = -3 or x = 3. Only single expressions are left to algebra. Whatever decides these is handed in (`Same`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from agentopt_core.grading.numbers import parse_number

MAX_ITEMS = 40
"""Longer lists are compared by their letters only."""

Same = Callable[[str, str], bool]
"""`same(gold, answer)`: whether two single expressions are equal."""


class Group(NamedTuple):
    """Several expressions in a form that says whether their order counts."""

    kind: Literal["list", "set", "tuple", "union", "matrix"]
    items: tuple[Form, ...]
    marks: str = ""
    """For tuples and intervals the brackets, for matrices the width of each row."""


Form = str | Group

_RIGHT_SIDE = re.compile(r"([^=<>]*[^=<>\s\\!])\s*=\s*[a-zA-Z]\s*")
_LEFT_SIDE = re.compile(
    r"\s*(?:[a-zA-Z]|\(\s*[a-zA-Z](?:\s*,\s*[a-zA-Z])+\s*\)|\\[a-zA-Z]+(?:\s*\{[a-zA-Z]\})?)(?:_\{?[0-9a-zA-Z]\}?)?(?:\([a-zA-Z]\))?\s*(?:=|\\in(?![a-zA-Z]))\s*"
)
_SEPARATOR = re.compile(
    r"[,;]\s*(?:and|or)\b|[,;]|\b(?:and|or)\b|\\(?:quad|qquad)(?![a-zA-Z])|\\(?:lor|land|vee)(?![a-zA-Z])"
)
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9]|,[0-9])")
_UNION = re.compile(r"\\(?:cup|bigcup)(?![a-zA-Z])|(?<=[)\]}])\s*[uU]\s*(?=[(\[])")
_MATRIX = re.compile(
    r"\\begin\s*\{([pbBvV]?)(?:small)?(matrix|array|cases)\}(?:\s*\{[lcr|]*\})?(.*)\\end\s*\{\1(?:small)?\2\}",
    re.DOTALL,
)
_CONDITION = re.compile(r"\s*(?:if|when|for|where)\b")
_OPENING = re.compile(r"\\(?:langle|lbrace)(?![a-zA-Z])|\\\{")
_CLOSING = re.compile(r"\\(?:rangle|rbrace)(?![a-zA-Z])|\\\}")
_PLUS_MINUS = re.compile(r"\\pm(?![a-zA-Z])|\\mp(?![a-zA-Z])")


def form_of(text: str) -> Form:
    """The form of a prepared answer."""
    text = text.strip()
    if parse_number(text) is not None:  # the comma of 1,234 parts nothing
        return text
    if len(parts := _split(text, _UNION)) > 1:
        return Group("union", tuple(form_of(part) for part in parts))
    if ", " in text and not re.search(r"[(\[{]", text):  # in 1,000, 2,000 only a comma with a space parts anything
        text = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)
    if len(parts := _split(text, _SEPARATOR)) > 1:
        return Group("list", tuple(form_of(part) for part in parts if part.strip()))
    bare = without_left(text)
    if bare != text:
        inner = form_of(bare)
        return inner if isinstance(inner, Group) else text
    if len(_PLUS_MINUS.findall(text)) == 1:
        return Group("list", tuple(_PLUS_MINUS.sub(sign, text) for sign in ("+", "-")))
    if matrix := _MATRIX.fullmatch(text):
        return _matrix(matrix)
    return _bracketed(text) or text


def same_form(gold: Form, answer: Form, same: Same) -> bool:
    """Whether two answers are equal; `same` is asked about single expressions only as far as their forms agree."""
    if isinstance(gold, Group) and isinstance(answer, Group):
        return _same_group(gold, answer, same)
    if isinstance(gold, str) and isinstance(answer, str):
        return same(gold, answer)
    group, single = (gold, answer) if isinstance(gold, Group) else (answer, gold)
    assert isinstance(group, Group)
    if group.kind == "set" and len(group.items) == 1:  # the only solution, or the set of it
        return same_form(group.items[0], single, same)
    if group.kind in ("tuple", "union") or (group.kind == "list" and _is_inequality(gold, answer)):
        # an interval may be answered by an inequality: for algebra to decide
        return same(written(gold), written(answer))
    return False


def written(form: Form) -> str:
    """The form as LaTeX again."""
    if isinstance(form, str):
        return form
    items = [written(item) for item in form.items]
    match form.kind:
        case "tuple":
            return f"{form.marks[0]}{', '.join(items)}{form.marks[1]}"
        case "set":
            return rf"\{{{', '.join(items)}\}}"
        case "union":
            return r" \cup ".join(items)
        case "matrix" | "list":
            return ", ".join(items)


def without_left(text: str) -> str:
    r"""`x = 3` as `3`, `x \in [1,2]` as `[1,2]`: what stands before a single sign says nothing about the value."""
    found = _LEFT_SIDE.match(text)
    rest = text[found.end() :] if found else text
    if not found and (turned := _RIGHT_SIDE.fullmatch(text)):  # 3 = x
        return turned[1]
    return rest if rest and not re.search(r"=|\\in(?![a-zA-Z])", rest) else text


def _same_group(gold: Group, answer: Group, same: Same) -> bool:
    kinds = {gold.kind, answer.kind}
    if kinds <= {"union", "tuple"} and "union" in kinds and len(gold.items) != len(answer.items):
        return same(written(gold), written(answer))  # [0,1] and [1,2] together are [0,2]
    if kinds == {"union", "tuple"}:
        return same(written(gold), written(answer))
    if len(gold.items) != len(answer.items) or len(gold.items) > MAX_ITEMS:
        return False
    if kinds == {"list"} and (names := _names(gold)):
        # x = 1, y = 2 is no y = 1, x = 2; without the names, their order is the gold's
        theirs = _names(answer)
        if set(theirs) == set(names):
            answer = Group("list", tuple(answer.items[theirs.index(name)] for name in names))
        return not (theirs and set(theirs) != set(names)) and _in_order(gold, answer, same)
    if kinds <= {"list", "set"} or kinds in ({"union"}, {"union", "list"}):
        return _in_any_order(gold.items, answer.items, same)
    if kinds == {"matrix", "tuple"}:  # a column or row may be written as a point
        column, point = (gold, answer) if gold.kind == "matrix" else (answer, gold)
        is_line = set(column.marks) <= set("1,") or column.marks == str(len(column.items))
        return is_line and point.marks == "()" and _in_order(gold, answer, same)
    # A tuple whose brackets were left out is still in order; an interval without them is none.
    if kinds == {"tuple", "list"} and "[" in gold.marks + answer.marks:
        return False
    if kinds in ({"tuple"}, {"matrix"}) and gold.marks != answer.marks:
        return False
    if kinds in ({"tuple"}, {"matrix"}, {"tuple", "list"}):
        return _in_order(gold, answer, same)
    return False


def _in_order(gold: Group, answer: Group, same: Same) -> bool:
    return all(same_form(one, other, same) for one, other in zip(gold.items, answer.items, strict=True))


def _names(group: Group) -> list[str]:
    """What the items are called, for a list that gives each a name of its own (x = 1, y = 2); else nothing."""
    found = [_LEFT_SIDE.match(item) if isinstance(item, str) else None for item in group.items]
    names = ["".join(one[0].split()) for one in found if one]
    return names if len(set(names)) == len(group.items) and all(name.endswith("=") for name in names) else []


def _in_any_order(golds: Sequence[Form], answers: Sequence[Form], same: Same) -> bool:
    left = list(answers)
    for gold in golds:
        # what is written alike is taken first: it needs no algebra
        left.sort(key=lambda answer: written(answer) != written(gold))
        found = next((place for place, answer in enumerate(left) if same_form(gold, answer, same)), None)
        if found is None:
            return False
        del left[found]
    return True


def _is_inequality(gold: Form, answer: Form) -> bool:
    return any(isinstance(one, str) and re.search(r"[<>]|\\[lg]eq?(?![a-zA-Z])", one) for one in (gold, answer))


def _split(text: str, at: re.Pattern[str]) -> list[str]:
    """The parts between separators that stand outside all brackets."""
    parts, start, depth = [], 0, 0
    place = 0
    while place < len(text):
        if text.startswith((r"\begin", r"\langle", r"\{", r"\lbrace"), place) or text[place] in "([{":
            depth += 1
        elif text.startswith((r"\end", r"\rangle", r"\}", r"\rbrace"), place) or text[place] in ")]}":
            depth -= 1
        if depth <= 0 and (found := at.match(text, place)) and found.end() > place:
            parts.append(text[start:place])
            place = start = found.end()
            continue
        place += 2 if text.startswith((r"\{", r"\}"), place) else 1
    return [*parts, text[start:]]


def _bracketed(text: str) -> Group | None:
    r"""A tuple, interval or set: brackets around two or more items, or `\{...\}` around any number."""
    opening = _OPENING.match(text)
    first = opening[0] if opening else text[:1]
    if first not in ("(", "[", "{") and not opening:
        return None
    closing = next((found for found in _CLOSING.finditer(text) if found.end() == len(text)), None)
    last = closing[0] if closing else text[-1:]
    if last not in (")", "]", "}") and not closing:
        return None
    inner = text[len(first) : len(text) - len(last)].strip()
    if matrix := _MATRIX.fullmatch(inner):
        found = _matrix(matrix)
        return found if isinstance(found, Group) else None
    if not _is_balanced(inner):
        return None
    items = tuple(form_of(part) for part in _split(inner, re.compile(r"[,;]")))
    if first in (r"\{", r"\lbrace") or (first == "{" and len(items) > 1):
        return Group("set", tuple({written(item): item for item in items}.values()) if inner.strip() else ())
    if first == "{" or len(items) < 2:
        return None
    if rows := _rows(first, items):
        return rows
    marks = {"\\langle": "("}.get(first, first) + {"\\rangle": ")"}.get(last, last)
    return Group("tuple", items, marks)


def _rows(first: str, items: tuple[Form, ...]) -> Group | None:
    """[[1,2],[3,4]] as the matrix it is in programs."""
    rows = [item for item in items if isinstance(item, Group) and item.marks == "[]"]
    if first != "[" or len(rows) != len(items) or len({len(row.items) for row in rows}) != 1:
        return None
    return Group(
        "matrix", tuple(cell for row in rows for cell in row.items), ",".join(str(len(row.items)) for row in rows)
    )


def _is_balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return False
    return depth == 0


def _matrix(found: re.Match[str]) -> Form:
    if found[1] in ("v", "V"):  # a determinant is a number
        return found[0]
    rows = [row.split("&") for row in re.split(r"\\\\", found[3]) if row.strip()]
    widths = ",".join(str(len(row)) for row in rows)
    if found[2] == "cases":  # a function in pieces: only the values and conditions count
        rows = [[_CONDITION.sub("", cell).rstrip(" ,;.") for cell in row] for row in rows]
        widths = f"cases {widths}"
    return Group("matrix", tuple(form_of(cell) for row in rows for cell in row), widths)
