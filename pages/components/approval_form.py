"""The form's part about people: which updates wait for a decision, when, and for how long."""

from __future__ import annotations

import streamlit as st

from pages.components.endpoint_form import KEEP
from pages.components.say import duration

APPROVAL_PATHS = {
    "approval_mode": ("approval", "mode"),
    "approval_when": ("approval", "when"),
    "approval_timeout_s": ("approval", "timeout_s"),
    "approval_on_timeout": ("approval", "on_timeout"),
}
"""Form field -> where its value lives in the configuration."""

MODES = {"automatic": "the rule alone", "risk": "a person, on a risk", "always": "a person, always"}
SAID = {
    "automatic": "The rule of the run keeps or rolls back every update; nobody is asked.",
    "risk": "An update waits for a person when its code reaches for network, files or processes, is long, changes a "
    "function that many tasks rely on, or gained so little that chance could do it. All others go on by the rule.",
    "always": "Every update waits for a person.",
}
WHEN = {"before": "before it runs", "after": "after its evaluation"}
WHY = {
    "before": "It is shown before any of its code runs: nothing is spent on it yet, and there is no figure to go by.",
    "after": "It is measured first, in the sandbox, and shown with what it fixed and broke.",
}
AT_LIMIT = {"reject": "rejected", "approve": "approved"}


def approval_fields() -> None:
    """The fields, with a sentence that says what they come to."""
    st.subheader("Who decides", anchor=False)
    with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
        mode = st.segmented_control(
            "An update is decided by", list(MODES), format_func=MODES.__getitem__, key="form_approval_mode",
            required=True, **KEEP,
        )  # fmt: skip
        when = st.segmented_control(
            "Shown to the person", list(WHEN), format_func=WHEN.__getitem__, key="form_approval_when", required=True,
            disabled=mode == "automatic", **KEEP,
        )  # fmt: skip
    if mode == "automatic":
        st.caption(SAID[mode])
        return
    with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
        limit = st.number_input(
            "Time limit (s)", min_value=1.0, step=60.0, key="form_approval_timeout_s", placeholder="no limit",
            help="Seconds an update waits. Empty: as long as it takes; the run stands still meanwhile.", **KEEP,
        )  # fmt: skip
        then = st.segmented_control(
            "After that it is", list(AT_LIMIT), format_func=AT_LIMIT.__getitem__, key="form_approval_on_timeout",
            required=True, disabled=limit is None, **KEEP,
        )  # fmt: skip
    waits = "It waits as long as it takes." if limit is None else f"After {duration(limit)} it is {AT_LIMIT[then]}."
    st.caption(f"{SAID[mode]} {WHY[when]} {waits}")
