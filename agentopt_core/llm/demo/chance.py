"""Chance that depends on what is asked alone: the same seed and words always give the same draw."""

from __future__ import annotations

import hashlib


def roll(seed: int, *words: object) -> float:
    """A number from 0 (included) to 1 (excluded) that is a pure function of its arguments."""
    text = "\x1f".join(map(str, (seed, *words)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64
