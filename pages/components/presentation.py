"""Presentation: the same pages for people who look on. Fewer columns, larger figures, no technical panels."""

from __future__ import annotations

import streamlit as st

PARAMETER = "present"
_STATE = "presenting"

_LARGE = """<style>
[data-testid="stMetricValue"] { font-size: 2.5rem; line-height: 1.15; }
[data-testid="stMetricLabel"] p { font-size: 1.05rem; }
</style>"""


def presenting() -> bool:
    """Whether this session presents: `?present=1` turned it on, or the button at the top right did.

    A page leaves its technical panels (logs, settings, endpoints) out then: `if not presenting():`.
    """
    if st.query_params.get(PARAMETER) == "1":
        st.session_state[_STATE] = True
    return bool(st.session_state.get(_STATE))


def presentation_switch() -> None:
    """The button; keeps the address in step, so that a copied link presents, too, and enlarges the figures."""
    on = presenting()
    if on and st.query_params.get(PARAMETER) != "1":  # the navigation at the top leaves parameters behind
        st.query_params[PARAMETER] = "1"
    if on:
        st.html(_LARGE)
    st.button(
        "Leave presentation" if on else "Present",
        key="present_switch",
        icon=":material/close_fullscreen:" if on else ":material/slideshow:",
        type="secondary" if on else "tertiary",
        help=None if on else "Fewer columns, larger figures, no technical panels; the address says so, too",
        on_click=_switch,
    )


def _switch() -> None:
    on = not presenting()
    st.session_state[_STATE] = on
    if on:
        st.query_params[PARAMETER] = "1"
    else:
        st.query_params.pop(PARAMETER, None)
