"""Questions and answers of strangers as Markdown in which formulas are set and nothing else is markup."""

from __future__ import annotations

import re
from typing import NamedTuple

from pages.components.say import plain, shorten, visible

MAX_FORMULA = 1_500
"""Characters; a longer formula stays text."""
MAX_TEXT = 4_000
"""Characters; longer text is better read in a box of its own, unset."""

_FORMULA = re.compile(
    r"\$\$(?P<display>[^$]+?)\$\$"
    r"|\\\[(?P<bracket>.+?)\\\]"
    r"|\\\((?P<paren>.+?)\\\)"
    # A dollar sign opens a formula only before, and closes it only after, something that is no space, and never before
    # a digit: "$5 and $6" are prices.
    r"|(?<![\\$])\$(?=\S)(?P<inline>[^$\n]*?[^$\s\\])\$(?![\d$])",
    re.DOTALL,
)
_REFUSED = re.compile(
    r"\\(?:x?def|gdef|edef|let|futurelet|global|newcommand|renewcommand|providecommand|href|url|html\w*|includegraphics"
    r"|rule|kern|mkern|mskip|hskip|hspace|vspace|raisebox|char|catcode|input|include|write|csname|expandafter)"
    r"(?![a-zA-Z])"
)
"""What a formula needs not: definitions, links, files and space without bounds."""
_LATEX = re.compile(r"\\[a-zA-Z]|\^|(?<![a-zA-Z0-9])[a-zA-Z0-9]+_\{?[0-9]+\}?(?![a-zA-Z0-9])")


def with_formulas(text: str) -> str:
    r"""Markdown that shows the text as it is, lines kept, with `$...$`, `$$...$$`, `\(...\)` and `\[...\]` set."""
    text = text[:MAX_TEXT]
    parts: list[str] = []
    at = 0
    for found in _FORMULA.finditer(text):
        formula = next(group for group in found.groups() if group is not None)
        set_formula = formula_of(formula, display=found["display"] is not None or found["bracket"] is not None)
        if not set_formula:
            continue
        parts += [_lines(text[at : found.start()]), set_formula]
        at = found.end()
    return "".join([*parts, _lines(text[at:])])


def answer_with_formulas(answer: str) -> str:
    r"""A gold answer as Markdown: set as a formula where it is LaTeX without dollar signs (`\frac{1}{2}`)."""
    if "$" not in answer and len(answer) <= MAX_FORMULA and _LATEX.search(answer):
        return formula_of(answer) or plain(answer, MAX_TEXT)
    return with_formulas(answer)


def formula_of(latex: str, *, display: bool = False) -> str:
    """The formula between Markdown's dollar signs; "" where it had better stay text."""
    latex = " ".join(latex.split())
    if not latex or len(latex) > MAX_FORMULA or "$" in latex or "`" in latex or _REFUSED.search(latex):
        return ""
    if visible(latex) != latex or latex.count("{") != latex.count("}"):
        return ""
    return f"\n\n$$\n{latex}\n$$\n\n" if display else f"${latex}$"


def _lines(text: str) -> str:
    """Plain text with its line ends: two spaces before an end keep it, an empty line stays one."""
    lines = text.split("\n")
    kept = [_edges(line) for line in lines]
    return "  \n".join(kept)


def _edges(line: str) -> str:
    """The line as text; `plain` takes the space at its ends away, which matters beside a formula."""
    if not line.strip():
        return " " if line else ""
    left = " " if line[0].isspace() else ""
    right = " " if line[-1].isspace() else ""
    return f"{left}{plain(line, MAX_TEXT)}{right}"


class Table(NamedTuple):
    """A table that was written as text."""

    title: str
    header: list[str]
    rows: list[list[str]]


def table_of(context: str) -> Table | None:
    """A table written with `|` between cells, as TabMWP writes them, perhaps under a title; None for any other text."""
    lines = [line for line in context.splitlines() if line.strip()]
    title = lines.pop(0) if lines and "|" not in lines[0] else ""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    if len(rows) < 2 or len(rows[0]) < 2 or len({len(row) for row in rows}) != 1:
        return None
    header = [shorten(cell, 80) or " " * (number + 1) for number, cell in enumerate(rows[0])]
    if len(set(header)) != len(header):
        return None
    body = [row for row in rows[1:] if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    return Table(title, header, [[shorten(cell, 200) for cell in row] for row in body])
