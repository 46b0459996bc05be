"""Two texts side by side with syntax colours, in light and dark. Everything shown is escaped: it is a stranger's text.

It shows at most `LINES` lines of `WIDTH` characters a side and says so; the whole text is in the export.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Token

from agentopt_core.saying import visible

LINES = 400
WIDTH = 1_000
CONTEXT = 5
"""Unchanged lines that are shown around a change."""
_CHARACTERS = 60_000
_WORDWISE = 300
"""Lines up to this length also show which words changed."""
_WORD = re.compile(r"\s+|\w+|[^\w\s]")

_COLORED = frozenset(
    [
        "k",
        "kn",
        "kd",
        "kc",
        "kr",
        "kt",
        "ow",
        "nf",
        "nc",
        "fm",
        "nd",
        "s1",
        "s2",
        "sd",
        "sa",
        "si",
        "se",
        "s",
        "nt",
        "mi",
        "mf",
        "mh",
        "m",
        "c1",
        "c",
        "cm",
        "ch",
        "nb",
        "bp",
        "ne",
    ]
)
"""Syntax classes that have a colour below; the others need no element of their own."""

Language = Literal["python", "json", "bash", "text"]
Kind = Literal["same", "changed", "removed", "added"]
Piece = tuple[str, str]
"""A syntax class and its text."""


class Side(NamedTuple):
    """One cell: line number and pieces, or nothing opposite an added or removed line."""

    number: int
    pieces: list[Piece]
    changed: list[tuple[int, int]]


class Note(NamedTuple):
    """Something said about a line."""

    text: str
    tone: Literal["question", "fixed", "broken"] = "question"


class Row(NamedTuple):
    """One line of the diff."""

    kind: Kind
    left: Side | None
    right: Side | None


def diff_rows(before: str, after: str, language: Language = "python") -> list[Row]:
    """The lines of both texts, paired."""
    old, new = _lines(before), _lines(after)
    old_pieces, new_pieces = _highlighted(old, language), _highlighted(new, language)
    rows: list[Row] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for step in range(max(i2 - i1, j2 - j1)):
            i = i1 + step if i1 + step < i2 else None
            j = j1 + step if j1 + step < j2 else None
            marks: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
            if tag == "replace" and i is not None and j is not None:
                marks = _changed(old[i], new[j])
            left = None if i is None else Side(i + 1, old_pieces[i], marks[0])
            right = None if j is None else Side(j + 1, new_pieces[j], marks[1])
            kind: Kind = "same" if tag == "equal" else "changed" if left and right else "removed" if left else "added"
            rows.append(Row(kind, left, right))
    return rows


def side_by_side(
    before: str,
    after: str,
    heads: tuple[str, str],
    language: Language = "python",
    notes: Mapping[int, Sequence[Note]] | None = None,
) -> str:
    """The diff as HTML that brings its own style, for `st.html`. `notes` stand below lines of `after`, from 1."""
    return f"{STYLE}{diff_table(before, after, heads, language, notes)}"


def diff_table(
    before: str,
    after: str,
    heads: tuple[str, str],
    language: Language = "python",
    notes: Mapping[int, Sequence[Note]] | None = None,
) -> str:
    """The same without the style, for a page that holds `STYLE` once."""
    said = notes or {}
    body = "".join(
        _gap(row) if isinstance(row, int) else _row(row) + _notes(row, said)
        for row in folded(diff_rows(before, after, language), frozenset(said))
    )
    cut = max(len(before), len(after)) > _CHARACTERS or max(before.count("\n"), after.count("\n")) >= LINES
    note = f'<p class="ao-note">Cut to {LINES} lines; the export holds the whole text.</p>' if cut else ""
    left, right = (html.escape(visible(head)) for head in heads)
    return (
        f"<div class='ao-diff' data-testid='diff'><table><colgroup><col class='n'><col class='s'><col>"
        f"<col class='n'><col class='s'><col></colgroup><thead><tr><th colspan='3'>{left}</th>"
        f"<th colspan='3'>{right}</th></tr></thead><tbody>{body}</tbody></table></div>{note}"
    )


def highlighted_html(code: str, language: Language = "python") -> list[str]:
    """The lines of a text with syntax colours, as HTML for inside `.ao-diff`; at most `LINES` of them."""
    lines = _lines(code)
    return [
        "".join(_span(css_class, False, text) for css_class, text in pieces)
        for pieces in _highlighted(lines, language)[: len(lines)]
    ]


def folded(rows: list[Row], shown: frozenset[int] = frozenset()) -> Iterator[Row | int]:
    """The rows, long unchanged stretches as the number of lines left out; `shown` lines of the right side stay."""
    for same, group in groupby(
        rows, key=lambda row: row.kind == "same" and (row.right is None or row.right.number not in shown)
    ):
        stretch = list(group)
        if same and len(stretch) > 3 * CONTEXT:
            yield from stretch[:CONTEXT]
            yield len(stretch) - 2 * CONTEXT
            yield from stretch[-CONTEXT:]
        else:
            yield from stretch


_NOTE_SIGNS = {"question": "?", "fixed": "✓", "broken": "✗"}


def _notes(row: Row, notes: Mapping[int, Sequence[Note]]) -> str:
    """Rows of their own below a line, at its side."""
    said = notes.get(row.right.number, ()) if row.right else ()
    return "".join(
        f"<tr><td class='note' colspan='3'></td><td class='note {note.tone}' colspan='3'>"
        f"<b>{_NOTE_SIGNS[note.tone]}</b> {html.escape(visible(note.text))}</td></tr>"
        for note in said
    )


def _gap(lines: int) -> str:
    return f"<tr><td class='gap' colspan='6'>{lines} unchanged lines</td></tr>"


def _lines(text: str) -> list[str]:
    if not text:  # not one empty line: the side does not exist
        return []
    return [
        line if len(line) <= WIDTH else f"{line[:WIDTH]}… {len(line) - WIDTH} more characters"
        for line in text[:_CHARACTERS].rstrip("\n").split("\n")[:LINES]
    ]


def _highlighted(lines: list[str], language: Language) -> list[list[Piece]]:
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    result: list[list[Piece]] = [[]]
    for kind, value in lex("\n".join(lines), lexer):
        for number, part in enumerate(value.split("\n")):
            if number:
                result.append([])
            if part:
                result[-1].append((_css_class(kind), part))
    return result + [[] for _ in range(len(lines) - len(result))]


def _css_class(kind: object) -> str:
    while kind not in STANDARD_TYPES and kind is not Token:
        kind = kind.parent  # type: ignore[attr-defined]
    css_class = STANDARD_TYPES.get(kind, "")  # type: ignore[call-overload]
    return css_class if css_class in _COLORED else ""


def _changed(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    if max(len(old), len(new)) > _WORDWISE:
        return [], []
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    if matcher.ratio() < 0.5:
        return [], []
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    return (
        [_stretch(old_words, i1, i2) for _, i1, i2, _, _ in blocks if i2 > i1],
        [_stretch(new_words, j1, j2) for _, _, _, j1, j2 in blocks if j2 > j1],
    )


def _stretch(words: list[str], start: int, end: int) -> tuple[int, int]:
    before = sum(map(len, words[:start]))
    return before, before + sum(map(len, words[start:end]))


_SIGNS = {"same": ("", ""), "changed": ("−", "+"), "removed": ("−", ""), "added": ("", "+")}


def _row(row: Row) -> str:
    old, new = _SIGNS[row.kind]
    return f"<tr>{_cell(row.left, old, 'del')}{_cell(row.right, new, 'add')}</tr>"


def _cell(side: Side | None, sign: str, tint: str) -> str:
    if side is None:
        return "<td class='n void'></td><td class='s void'></td><td class='void'></td>"
    css = f" {tint}" if sign else ""
    text = "".join(_span(css_class, hit, text) for css_class, text, hit in _cut_at(side.pieces, side.changed))
    return f"<td class='n{css}'>{side.number}</td><td class='s{css}'>{sign}</td><td class='code{css}'>{text}</td>"


def _span(css_class: str, hit: bool, text: str) -> str:
    escaped = html.escape(visible(text))
    classes = " ".join(filter(None, (css_class, "hit" if hit else "")))
    return f"<span class='{classes}'>{escaped}</span>" if classes else escaped


def _cut_at(pieces: list[Piece], changed: list[tuple[int, int]]) -> Iterator[tuple[str, str, bool]]:
    """The pieces, cut wherever a changed stretch begins or ends."""
    edges = sorted({edge for stretch in changed for edge in stretch})
    at = 0
    for css_class, text in pieces:
        cuts = [0, *(edge - at for edge in edges if at < edge < at + len(text)), len(text)]
        for start, end in pairwise(cuts):
            hit = any(low <= at + start and at + end <= high for low, high in changed)
            yield css_class, text[start:end], hit
        at += len(text)


# `light-dark()` follows the color-scheme that Streamlit sets for its own theme, also when a person switches it.
INK = """
:is(.ao-diff,.ao-code) :is(.k,.kn,.kd,.kc,.kr,.kt,.ow) {color:light-dark(#8A3FB8,#C792EA)}
:is(.ao-diff,.ao-code) :is(.nf,.nc,.fm,.nd) {color:light-dark(#2A55C4,#8FB2FF)}
:is(.ao-diff,.ao-code) :is(.s1,.s2,.sd,.sa,.si,.se,.s,.nt) {color:light-dark(#1C7A4B,#9BD69B)}
:is(.ao-diff,.ao-code) :is(.mi,.mf,.mh,.m) {color:light-dark(#B0570B,#F2A65A)}
:is(.ao-diff,.ao-code) :is(.c1,.c,.cm,.ch) {color:light-dark(#7A8394,#8A93A6); font-style:italic}
:is(.ao-diff,.ao-code) :is(.nb,.bp,.ne) {color:light-dark(#0F7285,#6CC7D9)}
"""
"""The syntax colours, as rules of a style."""
STYLE = (
    f"<style>{INK}"
    + """.ao-diff {overflow-x:auto; border:1px solid light-dark(#E3E6ED,#2A3040); border-radius:8px}
.ao-diff table {border-collapse:collapse; width:100%; min-width:640px; table-layout:fixed; margin:0;
  font:0.8rem/1.55 "Source Code Pro",ui-monospace,Menlo,Consolas,monospace}
.ao-diff col.n {width:2.9em} .ao-diff col.s {width:1.4em}
.ao-diff th {text-align:left; font:600 0.82rem "Source Sans",sans-serif; padding:.45em .8em;
  background:light-dark(#F5F6F9,#181C26); border:0; border-bottom:1px solid light-dark(#E3E6ED,#2A3040)}
.ao-diff th+th, .ao-diff td:nth-child(4) {border-left:1px solid light-dark(#E3E6ED,#2A3040)}
.ao-diff td {border:0; padding:0 .45em; vertical-align:top}
.ao-diff td.code {white-space:pre-wrap; overflow-wrap:anywhere; unicode-bidi:isolate; direction:ltr; padding-right:.8em}
.ao-diff td.n {text-align:right; color:light-dark(#98A2B3,#6B7488); user-select:none}
.ao-diff td.s {text-align:center; padding:0; user-select:none; font-weight:600}
.ao-diff td.void {background:light-dark(#F7F8FA,#141822)}
.ao-diff td.gap {text-align:center; color:light-dark(#98A2B3,#6B7488); background:light-dark(#F7F8FA,#141822)}
.ao-diff td.del {background:light-dark(#FDF0EF,#2B1A1D)} .ao-diff td.add {background:light-dark(#EDF8F1,#13261D)}
.ao-diff td.s.del {color:light-dark(#C23B3B,#F07A7A)} .ao-diff td.s.add {color:light-dark(#1E8A57,#4CC38A)}
.ao-diff .del .hit {background:light-dark(#F8CFCB,#5B2A2E); border-radius:2px}
.ao-diff .add .hit {background:light-dark(#C3EACF,#1F5138); border-radius:2px}
.ao-diff td.note {font:0.82rem/1.5 "Source Sans",sans-serif; padding:.35em .8em; white-space:normal;
  overflow-wrap:anywhere; background:light-dark(#F7F8FA,#141822)}
.ao-diff td.note.question {background:light-dark(#FFF6DF,#2C2413); color:light-dark(#7A5200,#F1C76B)}
.ao-diff td.note.fixed {color:light-dark(#1E8A57,#4CC38A)} .ao-diff td.note.broken {color:light-dark(#C23B3B,#F07A7A)}
.ao-note {font-size:.85rem; opacity:.7}
</style>"""
)
