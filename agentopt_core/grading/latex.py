"""The little LaTeX that answers are wrapped in, taken off without changing what they say."""

from __future__ import annotations

import re

_ANY = re.compile(r"[\\$~{]")
_DELIMITERS = re.compile(r"\\[()\[\]]")
_DOLLAR = re.compile(r"(?<!\\)\$")
_SPACING = re.compile(r"\\[,;:! ]|\\q?quad\b|\\displaystyle\b|~")
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lr]?)(?![a-zA-Z])")
_WRAPPER = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]frac(?![a-zA-Z])")
_LEFT_SIDE = re.compile(r"\s*[a-zA-Z]\s*=\s*(?=[^=]+\Z)")
_SHORT_FRACTION = re.compile(r"\\frac\s*([0-9a-zA-Z])\s*([0-9a-zA-Z])")


def without_wrapping(text: str) -> str:
    r"""The text without math delimiters, spacing, sizes and `\text{...}`; `\dfrac12` becomes `\frac{1}{2}`.

    A dollar sign that was written as currency (`\$5`, or a lone `$5`) stays.
    """
    if not _ANY.search(text):
        return text.strip()
    if len(_DOLLAR.findall(text)) % 2 == 0:  # in pairs they delimit math; a lone one is currency
        text = _DOLLAR.sub("", text)
    text = _DELIMITERS.sub("", text.replace("{,}", ",").replace("\\%", "%").replace("\\$", "$"))
    text = _SIZES.sub("", _SPACING.sub(" ", text))
    text = _FRACTION.sub(r"\\frac", _WRAPPER.sub(r" \1 ", text))
    return _SHORT_FRACTION.sub(r"\\frac{\1}{\2}", text).strip()


def without_left_side(text: str) -> str:
    """`x = 3` as `3`: a single letter before the only equals sign says nothing about the value."""
    text = without_wrapping(text)
    found = _LEFT_SIDE.match(text)
    return text[found.end() :] if found else text
