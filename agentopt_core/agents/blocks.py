"""Python that a model wrote into its reply instead of calling a tool."""

from __future__ import annotations

import re
from textwrap import dedent

LANGUAGES = frozenset({"python", "py", "python3"})
"""Labels of a fence whose block is run. A block without a label is text: it may well be the answer."""

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([^`]*)")


def python_blocks(text: str, cut_off: bool = False) -> tuple[str, ...]:
    """The code of all fenced Python blocks, in order; empty ones are left out.

    A fence that is never closed reaches to the end of the text, as in Markdown, unless the text was `cut_off`: half a
    program is not what the model meant to run.
    """
    blocks: list[str] = []
    fence, is_python, lines = "", False, list[str]()
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.fullmatch(line)
        if not fence:
            if mark:
                fence, is_python, lines = mark[1], _language(mark[2]) in LANGUAGES, []
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            blocks += [_code(lines)] if is_python else []
            fence = ""
        else:
            lines.append(line)
    if fence and is_python and not cut_off:
        blocks.append(_code(lines))
    return tuple(block for block in blocks if block)


def _language(label: str) -> str:
    words = label.strip().strip("{}").lstrip(".").split()
    return words[0].lower() if words else ""


def _code(lines: list[str]) -> str:
    return dedent("\n".join(lines)).strip("\n")
