r"""How people and models write what LaTeX has one way of writing: signs, roots, repeating decimals, wrapping."""

from __future__ import annotations

import re

from agentopt_core.grading.latex import without_wrapping

_SIGNS = {
    "\u2212": "-", "\u2013": "-", "π": r"\pi ", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "÷": "/",
    "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ", "∅": r"\emptyset ", "∈": r"\in ",
    ">=": r"\ge ", "<=": r"\le ", "±": r"\pm ", "°": r"^\circ ", "√": r"\sqrt ", "½": r"\frac{1}{2}",
    "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LOWERED = re.compile("[₀-₉]+")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{(.*)\}", re.DOTALL)
_NOTHING = re.compile("\\\\!\\s*|\\\\(?:left|right)\\s*\\.|[\u200b-\u200d\u2060\ufeff]")
"""Negative space, brackets that are only there for their other side, and characters without width."""
_MARKED = re.compile(r"\s*(\*\*|__|`)(.+?)\1\s*", re.DOTALL)
_SPELLINGS = (
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\\mathbb\s*([A-Z])"), r"\\mathbb{\1}"),
    (re.compile(r"(?<![\\a-zA-Z])((?:arc)?(?:sin|cos|tan)|ln|log)(?=\s*[(\\a-z0-9])(?![a-zA-Z])"), r"\\\1 "),
    (re.compile(r"(?<![\\a-zA-Z])(cot|sec|csc|exp)(?=\s*\()"), r"\\\1 "),
    (re.compile(r"\\\{\s*[a-z]\s*(?:\\in\s*\\mathbb\s*\{R\}\s*)?(?:\\mid|\||:)\s*([^{}|]*)\\\}"), r"\1"),
    (
        re.compile(r"([0-9][0-9A-Fa-f]*)\s*\(?\s*(?:in\s+)?base[\s-]*([0-9]{1,2}|two|eight|ten|sixteen)\s*\)?\s*\Z"),
        r"\1_{\2}",
    ),
    (re.compile(r"(?<![\\a-zA-Z])pi(?![a-zA-Z])"), r"\\pi "),
    (re.compile(r"(?<![\\a-zA-Z])inf(?:ini)?ty(?![a-zA-Z])"), r"\\infty "),
    (re.compile(r"(?<![\\a-zA-Z])sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"\\sqrt\s*([0-9]{2,40})"), r"\\sqrt{\1}"),
    (re.compile(r"\\varnothing(?![a-zA-Z])|\\\{\s*\\\}|\\lbrace\s*\\rbrace(?![a-zA-Z])"), r"\\emptyset "),
    (re.compile(r"\\var(?=(?:epsilon|phi|theta|rho|sigma)(?![a-zA-Z]))"), r"\\"),
    (re.compile(r"\\not\s*=|\\neq(?![a-zA-Z])"), r"\\ne "),
    (re.compile(r"\\([lg])eq(?:slant)?(?![a-zA-Z])"), r"\\\1e "),
    (re.compile(r"\ball\s+real(?:\s+number)?s\b", re.IGNORECASE), r"\\mathbb{R}"),
    (re.compile(r"\\log_\s*\{?\s*e\s*\}?(?![a-zA-Z])"), r"\\ln "),
)
"""How people write what LaTeX has a command for."""
_REPEATING = re.compile(r"([0-9]{0,30})\.([0-9]{0,30})\\(?:overline|bar)\s*\{?\s*([0-9]{1,30})\s*\}?")
_GOES_ON = re.compile(
    r"([0-9]{0,30})\.([0-9]{0,30}?)(?:([0-9])\3{2,30}|([0-9]{2,6})\4{1,9})\s*(?:\.{3}|…|\\[lc]?dots(?![a-zA-Z]))"
)
_ROW = "\x1e"
UNIT_NAMES = {"m": "meters", "g": "grams", "s": "seconds", "h": "hours", "l": "liters", "L": "liters"}
_SHORT_UNIT = re.compile(
    r"\\(?:text|textrm|mathrm|mbox|rm)\s*\{\s*([mgshlL])\s*\}(?=\s*(?:\^\s*\{?[23]\}?)?\s*\$?\.?\s*\Z)"
)
"""Units of one letter at the end: unwrapped they would be variables."""


def prepared(text: str) -> str:
    """The answer in one way of writing signs, without wrapping and outer box."""
    text = _RAISED.sub(lambda found: f"^{{{found[0].translate(_SUPERSCRIPTS)}}}", _NOTHING.sub("", unmarked(text)))
    text = _LOWERED.sub(lambda found: f"_{{{found[0].translate(_SUBSCRIPTS)}}}", text)
    for sign, latex in _SIGNS.items():
        text = text.replace(sign, latex)
    text = _SHORT_UNIT.sub(lambda found: f" {UNIT_NAMES[found[1]]}", text)
    text = _unwrapped(text)
    while boxed := _BOXED.fullmatch(text.strip()):
        text = _unwrapped(boxed[1])
    for spelling, latex in _SPELLINGS:
        text = spelling.sub(latex, text)
    text = _GOES_ON.sub(_fraction, _REPEATING.sub(_fraction, text)).strip()
    return text[:-1].rstrip() if text.endswith(".") and not text.endswith("..") else text


def unmarked(text: str) -> str:
    """The answer without Markdown's bold or code around it: there `**` is no power."""
    found = _MARKED.fullmatch(text)
    return found[2] if found else text


def _unwrapped(text: str) -> str:
    r"""Without wrapping, but with the `\\` that parts the rows of a matrix."""
    return without_wrapping(text.replace(r"\\", _ROW)).replace(_ROW, r"\\")


def _fraction(found: re.Match[str]) -> str:
    r"""0.1\overline{6} as the fraction it is."""
    whole, once, again = found[1] or "0", found[2], next(filter(None, found.groups()[2:]))
    bottom = (10 ** len(again) - 1) * 10 ** len(once)
    top = int(whole + once + again) - int(whole + once)
    return rf"\frac{{{top}}}{{{bottom}}}"
