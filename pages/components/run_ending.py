"""What came of a run: on the tasks it was trained on, and on those it never saw."""

from __future__ import annotations

import streamlit as st

from agentopt_core.views import RunSummary
from pages.components.say import accuracy, dropped, held_out, interval, outcome, plain, points, stop_reason
from pages.components.shell import FUNCTIONS, TRAIN


def ending(run: RunSummary) -> None:
    """The result in sentences, why the run ended, and the next moves."""
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(gap="xsmall", width="stretch"):
                st.markdown(plain(outcome(run), 600))
                if run.held_out:
                    st.markdown(f"**{plain(held_out(run), 800)}**")
                    st.caption(plain(stop_reason(run), 300))
                else:
                    st.caption(f"{plain(stop_reason(run), 300)} {held_out(run)}")
                if run.dropped:
                    st.caption(plain(dropped(run), 900))
            if run.held_out:
                st.metric(
                    f"Held-out test (n = {run.held_out.chosen.n})", accuracy(run.held_out.chosen),
                    points(run.held_out.baseline, run.held_out.chosen) if run.best_evaluation else None, width=190,
                    help=f"Test split, sealed until training had ended; 95 % interval {interval(run.held_out.chosen)}.",
                )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                FUNCTIONS, label="See and export what it learned", icon=":material/function:",
                query_params={"run": run.run_id},
            )  # fmt: skip
            if st.button("Train another run", icon=":material/add:", type="tertiary", key="another"):
                st.switch_page(TRAIN)
