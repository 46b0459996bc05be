r"""What no parser is given: answers that are cheap to write and endless to evaluate (`9^{9^{9^9}}`, `(10^9)!`)."""

from __future__ import annotations

import re

MAX_CHARS = 600
MAX_BRACES = 60
MAX_NESTING = 25

_DIGITS = re.compile(r"[0-9]{60}")
_BIG_POWER = re.compile(r"(?:\^|\*\*)\s*\{?\s*[-+(]*\s*[0-9]{4}")
_SQUARED = re.compile(r"(?<![0-9a-zA-Z}])[a-z]\^\{?[0-9]\}?(?!\^)")
_FACTORIAL = re.compile(r"[0-9]{4}\s*[)\]}]*\s*!|!\s*[)\]}]*\s*!")
_BINOMIAL = re.compile(r"\\[dt]?binom\s*(?:\{[^{}]*\}\s*)?\{[^{}]*(?:[0-9]{4}|[\^{])")
_MANY_TERMS = re.compile(r"\\(?:choose|prod|sum)(?![a-zA-Z])")
_BIG_NUMBER = re.compile(r"[0-9]{4}|\^")
_WORDS = re.compile(r"__|\\(?:write|input|include|openout|catcode|def)(?![a-zA-Z])")


def why_too_complex(text: str) -> str:
    """Why an answer is compared by its letters only, in a few words; "" for one that may be evaluated.

    Guards against the bombs we know; the limits of the process that evaluates answers stop the others.
    """
    if len(text) > MAX_CHARS:
        return f"more than {MAX_CHARS} characters"
    if text.count("{") > MAX_BRACES or _depth(text) > MAX_NESTING:
        return "too many brackets"
    if _DIGITS.search(text):
        return "a number of 60 digits"
    if _BIG_POWER.search(text) or _has_nested_power(text):
        return "a power too large or within a power"
    if _FACTORIAL.search(text):
        return "a factorial too large"
    if _BINOMIAL.search(text) or (_MANY_TERMS.search(text) and _BIG_NUMBER.search(text)):
        return "a binomial, sum or product too large"
    if _WORDS.search(text):
        return "not mathematics"
    return ""


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}])":
            depth = max(0, depth - 1)
    return deepest


def _has_nested_power(text: str) -> bool:
    """A `^` inside the exponent of another, or straight after it: x^{2^3}, 9^9^9, 9**9**9."""
    text = (
        re.sub(r"\s+|\\(?:left|right)(?![a-zA-Z])", "", text)
        .replace("**", "^")
        .replace("^\\circ", "")
        .replace("^{\\circ}", "")
    )
    at = text.find("^")
    while at != -1:
        end = _end_of_exponent(text, at + 1)
        # e^{x^2} is harmless; towers of numbers, and a power of a power of a power, are not
        if "^" in _SQUARED.sub("", text[at + 1 : end]) or text[end : end + 1] == "^":
            return True
        at = text.find("^", end)
    return False


def _end_of_exponent(text: str, start: int) -> int:
    if start >= len(text):
        return start
    if text[start] not in "{(":
        found = re.compile(r"[-+]?(?:[0-9.]+|\\[a-zA-Z]+|.)").match(text, start)
        return found.end() if found else start + 1
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "{(") - (text[place] in ")}")
        if depth == 0:
            return place + 1
    return len(text)
