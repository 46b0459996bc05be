"""LaTeX in one way of writing it: what is the same after that needs no algebra."""

from __future__ import annotations

import re

from agentopt_core.grading.latex import without_wrapping

_NAMES = {
    "\u2212": "-",
    "π": r"\pi",
    "×": r"\times",
    "·": r"\cdot",
    "∞": r"\infty",
    "°": "",
    r"^\circ": "",
    r"^{\circ}": "",
}
_APART, _GAP = re.compile(r"(?<=[0-9])\s+(?=[0-9])"), "\u2063"
"""1 2 is not 12."""
_LEFT_SIDE = re.compile(r"[a-zA-Z](?:=|\\in(?![a-zA-Z]))")
_SINGLE = re.compile(r"([_^])\{([0-9a-zA-Z])\}")
_SHORT_ROOT = re.compile(r"\\sqrt([0-9a-zA-Z])")
_SLASH = re.compile(r"(?<![0-9a-zA-Z}])([0-9]+|\\pi|[a-z])/([0-9]+)(?![0-9a-zA-Z./])")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def clean(text: str) -> str:
    """The LaTeX in one way of writing it."""
    text = without_wrapping(text)
    for name, latex in _NAMES.items():
        text = text.replace(name, latex)
    text = re.sub(r"\s+", "", _APART.sub(_GAP, text)).rstrip(".")
    if found := _LEFT_SIDE.match(text):
        text = text[found.end() :] if "=" not in text[found.end() :] and "," not in _outside(text) else text
    text = _SHORT_ROOT.sub(r"\\sqrt{\1}", _SINGLE.sub(r"\1\2", text))
    text = _SLASH.sub(r"\\frac{\1}{\2}", text)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return text.casefold() if len(text) > 2 and text.isalpha() else text


def _outside(text: str) -> str:
    """The text without what stands in brackets: a comma there belongs to a tuple or interval."""
    return re.sub(r"[\[(][^\[\]()]*[\])]", "", text)
