"""Who judges answers: the grader that fits each task, or Python of the user's own."""

from __future__ import annotations

import streamlit as st

from agentopt_core.grading import EXAMPLE
from pages.components.endpoint_form import KEEP

GRADER_PATHS = {"grader_kind": ("grader", "kind"), "grader_code": ("grader", "code")}
"""Form field -> where its value lives in the configuration."""
_KINDS = {"auto": "chosen by the answer", "python": "your own, in Python"}


def grader_fields() -> None:
    """The fields, in an expander."""
    with st.expander("Grading"):
        kind = st.segmented_control(
            "Grader", list(_KINDS), format_func=_KINDS.__getitem__, key="form_grader_kind", required=True, **KEEP
        )
        if kind != "python":
            st.caption("Numbers, options, formulas and text are each compared as such; the trace says how.")
            return
        st.text_area("Code of the grader", key="form_grader_code", height=220, placeholder=EXAMPLE, **KEEP)
        st.caption(
            "It runs in the sandbox, in calls of its own; nothing else sees the gold answer. It is tried on the first "
            "task's gold before the run starts."
        )
        st.button(
            "Start from an example", icon=":material/code:",
            on_click=lambda: st.session_state.update(form_grader_code=EXAMPLE),
            disabled=bool(st.session_state.get("form_grader_code")),
        )  # fmt: skip
