"""The functions' health: what each is worth, which should go, how many there may be."""

from __future__ import annotations

import streamlit as st

from pages.components.endpoint_form import KEEP

HEALTH_PATHS = {
    name: ("health", name)
    for name in ("max_functions", "credit", "control", "min_users", "removal", "unused_after", "drop_unsuccessful")
}
"""Form field -> where its value lives in the configuration."""
CREDIT = {"off": "never", "kept": "for every kept set", "end": "at the end"}
REMOVAL = {"off": "nobody", "propose": "a rule, by measurements"}


def health_fields() -> None:
    """The fields, in an expander."""
    with st.expander("Functions' health: credit, removal, cap"):
        with st.grid(2, min_column_width=300, vertical_alignment="bottom"):
            credit = st.segmented_control(
                "Credit is measured", list(CREDIT), format_func=CREDIT.__getitem__, key="form_credit", required=True,
                help="The training tasks that used a function are run again without it. It decides nothing by itself.",
                **KEEP,
            )  # fmt: skip
            removal = st.segmented_control(
                "Beside the optimizer, removals are proposed by", list(REMOVAL), format_func=REMOVAL.__getitem__,
                key="form_removal", required=True, help="A function that nothing calls, or whose credit is negative "
                "beyond its 95 % interval. Measured and reviewed like any update; a tie is enough to keep it.", **KEEP,
            )  # fmt: skip
        with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
            st.toggle(
                "Fresh control", key="form_control", disabled=credit == "off", help="Run the whole set once more on "
                "the same tasks, too: the evaluation by which it was kept was chosen for its score.", **KEEP,
            )  # fmt: skip
            st.number_input(
                "Tasks that used it, at least", 1, 100_000, key="form_min_users", disabled=credit == "off",
                help="Credit of functions that fewer tasks used is not measured: it would show little.", **KEEP,
            )  # fmt: skip
            st.number_input(
                "Unused after", 1, 1000, key="form_unused_after", disabled=removal == "off",
                help="Accepted evaluations in a row without a call.", **KEEP,
            )  # fmt: skip
            st.number_input(
                "Functions, at most", 1, 1000, key="form_max_functions", placeholder="no cap",
                help="A proposal to add one more is refused, and the optimizer told to revise or remove.", **KEEP,
            )  # fmt: skip
        st.toggle(
            "Leave functions without a successful call out of the test run", key="form_drop_unsuccessful",
            help="Of the last accepted training evaluation, as the authors' code does. It is recorded with the run, "
            "and the export leaves them out, too.", **KEEP,
        )  # fmt: skip
