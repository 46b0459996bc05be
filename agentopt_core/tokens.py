"""How much of a model's context a text takes, estimated without a network or a model's own tokenizer.

The estimate is meant to be high rather than low: prompts that keep to a budget by it should fit by the real
tokenizers of today's models, which differ. It is deterministic, and longer text never counts for less.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)|(?P<blank>[^\S\n]+)|(?P<lines>\n+)|(?P<ascii>[\x00-\x7f])|(?P<other>[^\x00-\x7f]+)"
)
_LONG_WORD = 16
"""Letters; a longer run is hardly language (base64, hashes), and tokenizers cut it into pairs."""
_MAX_CHARACTERS_PER_TOKEN = 16


def estimate_tokens(text: str) -> int:
    """Estimated tokens of a text; 0 for the empty one.

    Four letters of a word, one digit, one sign or two bytes outside ASCII count as one token; one blank before a word
    is free, longer runs count one per 16.
    """
    total = 0
    for piece in _PIECE.finditer(text):
        length = piece.end() - piece.start()
        kind = piece.lastgroup
        if kind == "word":
            total += (length + 3) // 4 if length <= _LONG_WORD else (length + 1) // 2
        elif kind == "ascii":
            total += 1
        elif kind == "blank":
            total += 0 if length == 1 else (length + 15) // 16
        elif kind == "lines":
            total += (length + 15) // 16
        else:
            total += (len(piece[0].encode("utf-8", "surrogatepass")) + 1) // 2
    return total


def cut_middle(text: str, tokens: int) -> str:
    """The text if it takes at most `tokens` estimated tokens, else its head and tail with a note of what was cut.

    The result never takes more than `tokens`; where not even the note fits, it is the head alone.
    """
    if len(text) <= tokens or estimate_tokens(text) <= tokens:
        return text
    best = _head_within(text, tokens)
    low, high = 1, min(len(text) // 2, tokens * _MAX_CHARACTERS_PER_TOKEN)
    while low <= high:
        half = (low + high) // 2
        cut = len(text) - 2 * half
        shortened = f"{text[:half]}\n[... {cut:,} characters cut ...]\n{text[len(text) - half :]}"
        if cut > 0 and estimate_tokens(shortened) <= tokens:
            best, low = shortened, half + 1
        else:
            high = half - 1
    return best


def _head_within(text: str, tokens: int) -> str:
    low, high = 0, min(len(text), max(0, tokens) * _MAX_CHARACTERS_PER_TOKEN)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    return text[:low]
