"""Keeps API keys out of every text that leaves this package's client: errors, events, logs and replies.

The content of images that an endpoint repeats in an error is kept out, too.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden key]"
_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:sk|rk|gsk|xai|nvapi|hf)[-_][\w*.…-]{6,}|(?<=[Bb]earer )[\w*.~+/=-]{4,}")
"""Keys as endpoints echo them, masked or whole (`sk-ab***yz`)."""
_IMAGE = re.compile(r"(data:[\w.+-]+/[\w.+-]+;base64,)[\w+/=-]{16,}")
_IN_ERRORS = 4
_IN_REPLIES = 8
"""Characters a key must have at least to be searched for. Shorter ones in replies are the words people give to servers
that check none (`EMPTY`, `ollama`), and a model may well use those words."""


class Redactor:
    """Hides one endpoint's key, and in errors whatever looks like one. What was encoded on purpose is not found."""

    def __init__(self, key: str | None) -> None:
        self._key = key or ""

    def __repr__(self) -> str:
        return "Redactor()"

    def error(self, text: str) -> str:
        """An error text without keys and images. Call it before cutting, or half a key may stay."""
        if len(self._key) >= _IN_ERRORS:
            text = text.replace(self._key, HIDDEN)
        return _LOOKS_LIKE_A_KEY.sub(HIDDEN, _IMAGE.sub(r"\1...", text))

    def reply(self, text: str) -> str:
        """A reply without this endpoint's own key; nothing else in it is touched."""
        return text.replace(self._key, HIDDEN) if len(self._key) >= _IN_REPLIES else text
