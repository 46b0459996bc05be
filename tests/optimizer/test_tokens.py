"""Estimated tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt_core.tokens import cut_middle, estimate_tokens


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("def f(x):\n    return x + 1\n", 12),
        ("3.14159265", 4),
        ("漢字かな", 4),
        ("🙂" * 10, 10),
        ("aGVsbG8gd29ybGQhIFRoaXMgaXMgYmFzZTY0", 20),
        ("0123456789" * 10, 34),
    ],
)
def test_the_estimate_is_rather_high_than_low(text: str, least: int) -> None:
    assert least <= estimate_tokens(text) <= len(text.encode())


def test_nothing_takes_nothing() -> None:
    assert estimate_tokens("") == 0


@given(st.text(max_size=300), st.text(max_size=20))
def test_longer_text_never_counts_for_less(text: str, more: str) -> None:
    assert estimate_tokens(text) <= estimate_tokens(text + more)


@given(st.text(max_size=2000), st.integers(min_value=0, max_value=200))
def test_a_cut_text_keeps_to_its_tokens(text: str, tokens: int) -> None:
    cut = cut_middle(text, tokens)
    assert estimate_tokens(cut) <= tokens
    assert cut == text or estimate_tokens(text) > tokens


def test_a_cut_keeps_head_and_tail_and_says_how_much_is_gone() -> None:
    text = "begin " + "middle " * 1000 + "end"
    cut = cut_middle(text, 60)
    assert cut.startswith("begin middle")
    assert cut.endswith("middle end")
    kept = len(cut.split("\n")[0]) + len(cut.split("\n")[2])
    assert f"[... {len(text) - kept:,} characters cut ...]" in cut
