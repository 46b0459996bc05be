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
_MOST_CHARACTERS = 17
"""A token stands for so many characters at most: 16 line ends and a blank."""
_USUAL_CHARACTERS = 4
"""Characters of a token in prose."""
_MOST_TOKENS = 2
"""A character takes so many tokens at most: four bytes of UTF-8."""


def estimate_tokens(text: str) -> int:
    """Estimated tokens of a text; 0 for the empty one.

    Four letters of a word, one digit, one sign or two bytes outside ASCII count as one token; one blank before a word
    is free, longer runs count one per 16.
    """
    return sum(_cost(piece.lastgroup, piece[0]) for piece in _PIECE.finditer(text))


def fits(text: str, tokens: int) -> bool:
    """The text takes at most `tokens`. Reads no more of it than is needed to tell."""
    if len(text) * _MOST_TOKENS <= tokens:
        return True
    return len(text) <= (tokens + 1) * _MOST_CHARACTERS and _prefix(text, tokens) == len(text)


def cut_middle(text: str, tokens: int) -> str:
    """The text if it takes at most `tokens` estimated tokens, else its head and tail with a note of what was cut.

    The result never takes more than `tokens`; where not even the note fits, it is the head alone.
    """
    if fits(text, tokens):
        return text
    spare = tokens - estimate_tokens(_note(len(text)))
    if spare < 2:
        return text[: _prefix(text, tokens)]
    head = _prefix(text, spare // 2)
    tail = _suffix(text, spare // 2)
    return text[:head] + _note(len(text) - head - tail) + text[len(text) - tail :]


def _note(characters: int) -> str:
    return f"\n[... {characters:,} characters cut ...]\n"


def _cost(kind: str | None, piece: str) -> int:
    length = len(piece)
    if kind == "word":
        return (length + 3) // 4 if length <= _LONG_WORD else (length + 1) // 2
    if kind == "ascii":
        return 1
    if kind == "blank":
        return 0 if length == 1 else (length + 15) // 16
    if kind == "lines":
        return (length + 15) // 16
    return (len(piece.encode("utf-8", "surrogatepass")) + 1) // 2


def _prefix(text: str, tokens: int) -> int:
    """Length of the longest beginning that takes at most `tokens`."""
    text = text[: (max(0, tokens) + 1) * _MOST_CHARACTERS]
    for piece in _PIECE.finditer(text):
        cost = _cost(piece.lastgroup, piece[0])
        if cost > tokens:
            return piece.start() + _part_of(piece.lastgroup, piece[0], tokens)
        tokens -= cost
    return len(text)


def _suffix(text: str, tokens: int) -> int:
    """Length of an end, near the longest, that takes at most `tokens`."""
    reach = (tokens + 1) * _USUAL_CHARACTERS
    while (length := _suffix_within(text[-reach:], tokens)) == reach < len(text):
        reach *= 2
    return length


def _suffix_within(text: str, tokens: int) -> int:
    kept = 0
    for piece in reversed(list(_PIECE.finditer(text))):
        cost = _cost(piece.lastgroup, piece[0])
        if cost > tokens:
            return kept + _part_of(piece.lastgroup, piece[0][::-1], tokens)
        tokens -= cost
        kept += len(piece[0])
    return kept


def _part_of(kind: str | None, piece: str, tokens: int) -> int:
    """Length of the longest beginning of one piece that takes at most `tokens`."""
    low, high = 0, len(piece)
    while low < high:
        middle = (low + high + 1) // 2
        if _cost(kind, piece[:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    return low
