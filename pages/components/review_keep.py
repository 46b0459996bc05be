"""What is typed for a card: it stays while others are looked at, and it never appears on another card."""

from __future__ import annotations

import streamlit as st

from agentopt_core.views.reviews import ReviewCard

_DRAFTS = "review_drafts"


def key_of(card: ReviewCard, name: str) -> str:
    """The key of a control or value of one card: no other card has it."""
    return f"review_{card.run_id}_{card.step}_{name}"


def kept(card: ReviewCard, name: str, start: str, label: str, **how: object) -> str:
    """A text area whose text is remembered when it is not on the page: Streamlit alone would forget it."""
    key = key_of(card, name)
    if key not in st.session_state:
        st.session_state[key] = remembered(card, name, start)
    text = str(st.text_area(label, key=key, **how))  # type: ignore[call-overload]
    st.session_state.setdefault(_DRAFTS, {})[key] = text
    return text


def remembered(card: ReviewCard, name: str, start: str) -> str:
    """The text of a field of a card as it stands on the page, or as it was left; else `start`."""
    key = key_of(card, name)
    return str(st.session_state.get(key, st.session_state.get(_DRAFTS, {}).get(key, start)))


def forget(card: ReviewCard) -> None:
    """Drop what was typed for a card: it was answered."""
    drafts: dict[str, str] = st.session_state.get(_DRAFTS, {})
    for key in [key for key in drafts if key.startswith(key_of(card, ""))]:
        del drafts[key]
    st.session_state[key_of(card, "panel")] = None
