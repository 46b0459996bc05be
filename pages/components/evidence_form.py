"""The form's part about the evidence gate; it counts only where updates are kept for evidence."""

from __future__ import annotations

import streamlit as st

from pages.components.endpoint_form import KEEP

EVIDENCE_PATHS = {
    "evidence_budget": ("evidence", "budget"),
    "evidence_reruns": ("evidence", "reruns"),
    "evidence_repeats": ("evidence", "repeats"),
    "evidence_least_tasks": ("evidence", "least_tasks"),
    "evidence_protected": ("evidence", "protected"),
    "evidence_provisional": ("evidence", "provisional"),
}
"""Form field -> where its value lives in the configuration."""
SAID = (
    "An update that gains on the training tasks is judged on the validation split, on the same tasks as the accepted "
    "set: tasks that flip are run again under both sets, and an exact test decides within the run's budget for false "
    "accepts. It costs rollouts: the forecast counts them."
)


def evidence_fields() -> None:
    """The fields in an expander, where the gate is chosen."""
    if st.session_state.get("form_acceptance") != "evidence":
        return
    with st.expander("Evidence: what an update must show on the validation split", expanded=True):
        st.caption(SAID)
        with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
            st.number_input(
                "False accepts a run", key="form_evidence_budget", min_value=0.001, max_value=0.5, step=0.01,
                format="%.3f", help="Chance, over all updates of the run together, that one is accepted that is no "
                "better. Every look at the validation split spends a part of it.", **KEEP,
            )  # fmt: skip
            _number("Reruns of a flip (r)", "reruns", "Runs more of a task that flipped, under both sets.", 0, 20)
            _number("Runs of a task (k)", "repeats", "Of every validation task at the first look; pass@k and pass^k "
                    "are shown from 2 on.", 1, 20)  # fmt: skip
            _number("Least scored tasks", "least_tasks", "Validation tasks; with fewer nothing is decided.", 1, 100_000)
        with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
            offered: list[str] = st.session_state.get("form_evidence_protected") or []
            st.multiselect(
                "Protected tasks", offered, key="form_evidence_protected", accept_new_options=True,
                placeholder="Type a task's id", help="Training or validation tasks that no kept update may break, "
                "reruns included. Protect what is solved reliably: a task that comes and goes breaks by chance.",
                **KEEP,
            )  # fmt: skip
            st.toggle(
                "Go on from likely gains", key="form_evidence_provisional",
                help="A gain that is likely (one-sided p up to 0.2) but not shown is kept provisionally: the next "
                "update builds on it and is judged against the accepted set. It does not count as accepted.", **KEEP,
            )  # fmt: skip


def _number(label: str, name: str, why: str, low: int, high: int) -> None:
    st.number_input(label, key=f"form_evidence_{name}", help=why, min_value=low, max_value=high, step=1, **KEEP)
