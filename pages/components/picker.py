"""Choosing a run: the same control on every page that shows one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from agentopt_core.views import RunSummary
from pages.components.say import moment, title


def run_picker(runs: Mapping[str, RunSummary], run_id: str | None, page: str) -> None:
    """A list of all runs, newest first; choosing one opens `page` for it."""

    def open_run() -> None:
        if st.session_state["picked_run"]:
            st.switch_page(page, query_params={"run": st.session_state["picked_run"]})

    st.selectbox(
        "Run",
        list(runs),
        index=list(runs).index(run_id) if run_id in runs else None,
        # nothing that changes while the run goes on: the control keeps the words it was opened with
        format_func=lambda one: f"{title(runs[one])} · {moment(runs[one].created_at)}",
        placeholder="Open a run",
        label_visibility="collapsed",
        key="picked_run",
        on_change=open_run,
        width=300,
    )
