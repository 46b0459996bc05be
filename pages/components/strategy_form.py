"""The form's part about many tasks: what a step of the optimizer works from, and how much it may read."""

from __future__ import annotations

import streamlit as st

from agentopt_core.optimizer.parts import MOST_PARTS
from pages.components.endpoint_form import KEEP

STRATEGY_PATHS = {
    "strategy": ("optimizer", "strategy"),
    "batch_size": ("optimizer", "batch_size"),
    "prompt_tokens": ("optimizer", "prompt_tokens"),
}
"""Form field -> where its value lives in the configuration."""

STRATEGIES = {"full": "all tasks", "batch": "a random batch", "divide_and_merge": "failures in parts"}
SAID = {
    "full": "As in the paper: every update is measured on all training tasks, and the optimizer reads their failures. "
    "Where not all fit its prompt, they are chosen by cause.",
    "batch": "Each step draws a fresh batch of the training tasks, measures the accepted functions and the update on "
    "it, and compares the two there. Cheap with thousands of tasks. Points of different steps do not compare: judge by "
    "the validation and test splits.",
    "divide_and_merge": "Failures are read in parts, alike ones together, one proposal each at the same time; the "
    "proposals are merged by function name into one update. Reads more failures a step, for more requests.",
}


def strategy_fields() -> None:
    """The fields, with a sentence that says what they come to."""
    with st.expander("Many training tasks"):
        strategy = st.segmented_control(
            "A step works from", list(STRATEGIES), format_func=STRATEGIES.__getitem__, key="form_strategy",
            required=True, **KEEP,
        )  # fmt: skip
        st.caption(SAID[strategy])
        with st.grid(2, min_column_width=200, vertical_alignment="bottom"):
            st.number_input(
                "Failures of a part" if strategy == "divide_and_merge" else "Tasks of a batch",
                min_value=1, max_value=1_000_000, step=5, key="form_batch_size", disabled=strategy == "full",
                help=f"Training tasks of a batch, or failures of a part (at most {MOST_PARTS} parts).", **KEEP,
            )  # fmt: skip
            st.number_input(
                "Prompt budget (tokens)", min_value=2_000, step=1_000, key="form_prompt_tokens",
                help="Estimated tokens that a request to the optimizer may have, at most.", **KEEP,
            )  # fmt: skip
