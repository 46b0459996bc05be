"""The form's part about search: several proposals a step, and how the best of them is found."""

from __future__ import annotations

import streamlit as st

from agentopt_core.config import SearchConfig
from pages.components.endpoint_form import KEEP

SEARCH_PATHS = {
    "search_proposals": ("search", "proposals"),
    "search_first_sample": ("search", "first_sample"),
    "search_growth": ("search", "growth"),
    "search_merge": ("search", "merge"),
}
"""Form field -> where its value lives in the configuration."""


def search_fields() -> None:
    """The fields, with a sentence that says what a step then does."""
    with st.expander("Search: several proposals a step"):
        with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
            proposals = st.number_input(
                "Proposals a step", min_value=1, max_value=16, step=1, key="form_search_proposals",
                help="Written in parallel. With one, a step is as in the paper.", **KEEP,
            )  # fmt: skip
            alone = proposals is None or proposals < 2
            first = st.number_input(
                "Tasks of the first round", min_value=1, max_value=10_000, step=1, key="form_search_first_sample",
                help="Training tasks on which all proposals are compared first.", disabled=alone, **KEEP,
            )  # fmt: skip
            growth = st.number_input(
                "Growth", min_value=1.1, max_value=10.0, step=0.5, key="form_search_growth",
                help="Times as many tasks in each further round, for the better half that is left.", disabled=alone,
                **KEEP,
            )  # fmt: skip
            merge = st.toggle(
                "Merge the two best", key="form_search_merge",
                disabled=alone and not st.session_state.get("form_search_merge"),
                help="In the last round, also try the two best proposals merged function by function.", **KEEP,
            )  # fmt: skip
        st.caption(said(proposals, first, growth, merge))


def said(proposals: int | None, first: int | None, growth: float | None, merge: bool) -> str:
    """What a step does with these settings, in a sentence."""
    if not proposals or not first or not growth or proposals < 2:
        return "One proposal a step, as in the paper."
    rounds = SearchConfig(proposals=proposals, first_sample=first, growth=growth).rounds(proposals, 1_000_000)
    steps = ", then ".join(f"{one.candidates} on {one.tasks} tasks" for one in rounds)
    joined = " The two best are also tried as one merged set." if merge else ""
    return (
        f"{proposals} proposals are written in parallel and compared: {steps}, as far as there are tasks. The best one "
        f"is then evaluated on all training tasks, as always.{joined}"
    )
